"""What readers choose on a page: which lists, quiet for a while, and a language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from typing import Any

from publisher.audience import preferences
from publisher.audience.preferences import Change, Reader, mask
from publisher.audience.signup import Wanted
from publisher.errors import UsageError
from publisher.model.project import MailingList
from publisher.web.forms import Form
from publisher.web.readers import Readers
from publisher.web.wording import Words

WEEKS = (1, 2, 4)  # pauses that are offered
LONGEST_PAUSE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Offer:
    """A list on the page."""

    list: MailingList
    is_on: bool


class Choices:
    """The form of a reader's choices: shown, and understood when it comes back."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._app = readers.app

    def say(self, reader: Reader) -> Words:
        """Return the words in the language that a reader chose, or that of their only list."""
        own = {self._readers.list_named(name).language for name in reader.on}
        return self._readers.words(reader.person.language, own.pop() if len(own) == 1 else "")

    def shown(self, reader: Reader, say: Words) -> dict[str, Any]:
        """Return what the form is made of."""
        offers, until = self._offers(reader), reader.person.paused_until
        is_paused = until is not None and until > self._app.store.now()
        return {
            "offers": offers,
            "asked": self._digest(offers, say),
            "promise": self._readers.promise(say),
            "masked": mask(reader.person.email),
            "paused": say.day(until) if until and is_paused else "",
            "weeks": [(number, say.plural("pause_weeks", number)) for number in WEEKS],
            "first_day": self._day(1).isoformat(),
            "last_day": self._day(LONGEST_PAUSE.days).isoformat(),
            "languages": self._readers.languages(),
            "own_language": reader.person.language,
            "stopped": say("stopped", self._readers.post_box) if reader.is_stopped else "",
        }

    def take(self, form: Form | None, reader: Reader, *, how: str) -> tuple[Reader | None, str]:
        """Do what a form wants. Return the reader as they are then, None for nobody any more, and what was wrong.

        :param how: by which link, in words; it is kept beside what they chose.
        """
        if form is None:
            return reader, ""
        try:
            wish = self._change(form, reader, self.say(reader))
        except UsageError as wrong:
            return reader, str(wrong)
        return preferences.change(self._app.store, reader.person.id, wish, how=how, now=self._app.clock()), ""

    def _change(self, form: Form, reader: Reader, say: Words) -> Change:
        """Return what a form wants otherwise than its page had shown: what others changed since then stays.

        :raises UsageError: the name of the words that say why it can't be done.
        """
        offers = {each.list.name: each for each in self._offers(reader)}
        ticked, was = set(form.all("list")), set(form.all("was"))
        join = [each for name, each in offers.items() if name in ticked - was and each.list.is_open]
        if join and form.get("asked") != self._digest(list(offers.values()), say):
            raise UsageError("join_changed")
        language = form.get("language")
        return Change(
            [self._wanted(each, say) for each in join],
            [name for name in offers if name in was - ticked],
            language if language == "" or self._readers.chosen(language) else None,
            self._quiet_until(form.get("pause"), form.get("day")),
            form.get("pause") == "end",
        )

    def _offers(self, reader: Reader) -> list[Offer]:
        """Return the lists that they are on, and those that anybody may join."""
        names = dict.fromkeys([*(each.name for each in self._readers.lists()), *sorted(reader.on)])
        return [Offer(self._readers.list_named(name), name in reader.on) for name in names]

    def _wanted(self, offer: Offer, say: Words) -> Wanted:
        return self._readers.wanted(offer.list, say)

    def _digest(self, offers: Sequence[Offer], say: Words) -> str:
        """Return by what the words of the lists that anybody may join are known."""
        words = "\n\n".join(self._wanted(each, say).words for each in offers if each.list.is_open)
        return sha256(f"{say.language}\n{words}".encode()).hexdigest()[:32]

    def _quiet_until(self, said: str, day: str) -> datetime | None:
        """Return until when there is to be quiet: the first moment of a day where the newspaper is."""
        if said in map(str, WEEKS):
            return self._begins(self._day(7 * int(said)))
        if said != "day":
            return None
        try:
            chosen = date.fromisoformat(day)
        except ValueError:
            raise UsageError("pause_bad") from None
        if not self._day(1) <= chosen <= self._day(LONGEST_PAUSE.days):
            raise UsageError("pause_bad")
        return self._begins(chosen)

    def _day(self, after: int) -> date:
        return self._app.store.now().astimezone(self._app.zone).date() + timedelta(days=after)

    def _begins(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._app.zone)
