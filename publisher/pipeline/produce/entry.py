"""One entry of `send:` to its message, checked before anyone gets it."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from publisher.errors import PublisherError, TemplateError
from publisher.model.article import Article, Image
from publisher.model.desk import NO_WORDS, Words
from publisher.model.erratum import NO_ERRATUM, Erratum
from publisher.model.message import Brief, Finding, Message, Post, PostRules
from publisher.model.project import Channel, Entry, Project, Schedule
from publisher.model.trial import FIRST, SECOND, Trial
from publisher.pipeline.produce import reach
from publisher.pipeline.produce.brief import brief_of
from publisher.pipeline.produce.cards import rules_for, with_picture
from publisher.pipeline.produce.doors import Doors
from publisher.pipeline.produce.shelf import Shelf, subject_of
from publisher.pipeline.produce.uploads import Fetch, Uploads, missed_by_fallbacks, without_path
from publisher.render import Renderer
from publisher.senders.base import Sender
from publisher.store import media, send_reasons


@dataclass(frozen=True, slots=True)
class Produced:
    """One entry's message with what the checks say; no message where the template failed."""

    entry: Entry
    message: Message | None
    findings: tuple[Finding, ...]
    card: media.Kept | None = None  # the picture that we made for its card: kept with it
    upload: media.Kept | None = None  # the picture that a sender uploads with it: kept with it
    attached: Image | None = None  # the article's, which stands under the post where its entry attaches pictures
    archive: str | None = None  # the list in whose archive it belongs, if that has one; None: in none
    doors: Doors = field(default_factory=Doors)  # to our own pages, which take the number of its send
    second: Message | None = None  # the same mail with subject B, where two are tried

    @property
    def variants(self) -> dict[str, Message]:
        """Its messages by variant: an empty text where it has but one, none where a template failed."""
        if self.message is None:
            return {}
        return {FIRST: self.message, SECOND: self.second} if self.second is not None else {"": self.message}

    @property
    def trial(self) -> Trial | None:
        """How its two subjects are tried; None where it has but one."""
        return self.entry.trial if self.second is not None else None

    @property
    def is_held(self) -> bool:
        return self.message is None or any(finding.blocks for finding in self.findings)

    @property
    def posts(self) -> int:
        """How many posts it is for each of its readers, or its account: a thread is several."""
        return len(self.message.parts) if isinstance(self.message, Post) else 1


@dataclass(frozen=True, slots=True)
class Studio:
    """What messages are made with."""

    renderer: Renderer
    sender_class: Callable[[str], type[Sender]]  # by the sender's name
    practice: bool = False  # nothing reaches a real reader: the public address may be missing
    fetch: Fetch | None = None  # gets the pictures that senders upload
    doors: Doors = field(default_factory=Doors)
    shelf: Shelf = field(default_factory=Shelf)

    def uploads(self, source: str) -> Uploads:
        """Return what gets the pictures of an edition ready whose lead came from this source; not in practice."""
        return Uploads(self.renderer, None if self.practice else self.fetch, source)

    def rules_of(self, channel: Channel) -> PostRules | None:
        """Return how a channel counts its posts; None where it has none, or can't be used at all."""
        try:
            return self.sender_class(channel.sender).rules_of(channel.options)
        except PublisherError:
            return None

    def get_ready(self, channels: Iterable[Channel]) -> None:
        """Load senders and renderer, so that the first edition is made as fast as the next."""
        found = [self.sender_class(channel.sender).rules_of(channel.options) for channel in channels]
        self.renderer.get_ready([rules for rules in found if rules])


def produce_all(
    studio: Studio,
    project: Project,
    schedule: Schedule,
    entries: Iterable[Entry],
    *,
    chosen: Sequence[Article],
    note: str = "",
    words: Mapping[str, Words] = {},
    **what: Any,
) -> list[Produced]:
    """Render and check an edition's entries; without an article its note goes to readers alone, and no post says it.

    :param note: Markdown, as an editor wrote it.
    :param words: of people's own, by the entry's key.
    """
    what |= {"chosen": chosen, "note": note}
    return [
        produce_entry(studio, project, schedule, entry, words=words.get(entry.key, NO_WORDS), **what)
        for entry in entries
        if chosen or entry.to
    ]


def produce_entry(
    studio: Studio,
    project: Project,
    schedule: Schedule,
    entry: Entry,
    *,
    slot: str,
    due_at: datetime,
    chosen: Sequence[Article],
    updates: Sequence[Article] = (),
    uploads: Uploads | None = None,
    note: str = "",
    words: Words = NO_WORDS,
    erratum: Erratum = NO_ERRATUM,
    corrects: bool = False,
) -> Produced:
    """Render and check one entry. Writes nothing: `plan`, `preview` and the send all come here.

    :param updates: articles that were sent before and have changed since, to be named.
    :param note: Markdown, as an editor wrote it.
    :param words: of people's own, in the place of what the entry says.
    :param erratum: what an editor says of what was wrong.
    :param corrects: it puts right what its readers have.
    :param uploads: gets the picture that goes up with a post; None: it is not fetched.
    """
    what: dict[str, Any] = {"slot": slot, "due_at": due_at, "chosen": chosen, "updates": updates}
    what |= {"note": note, "words": words, "erratum": erratum, "corrects": corrects}
    inserts, wrong = studio.shelf.blocks(project, schedule, entry, due_at)
    wrong += studio.shelf.findings_of_note(schedule, note) if entry.to else ()
    what |= {"inserts": inserts, "pictures": studio.shelf.picture}
    brief = brief_of(project, schedule, entry, **what, practice=studio.practice, doors=studio.doors)
    tried = () if words.subject or subject_of(note) else entry.subjects  # a person's own subject is the only one
    # A corrected subject takes the place of both: a trial under way goes on with what there is to choose from.
    briefs = [replace(brief, subject=erratum.subject or subject) for subject in tried] or [brief]
    each = [_made(studio, project, entry, one, uploads or Uploads(studio.renderer)) for one in briefs]
    made = _tried(*each) if tried else each[0]
    made = replace(made, findings=tuple(sorted((*wrong, *made.findings), key=lambda finding: not finding.blocks)))
    archive = entry.to[0] if entry.to and not studio.practice else None
    return replace(made, archive=archive, doors=replace(studio.doors, counts=schedule.measure == "clicks"))


def _tried(first: Produced, second: Produced) -> Produced:
    """Return both mails as one product; what the checks say of one of them alone is said of it."""
    both = [each for each in first.findings if each in second.findings]
    alone = (
        replace(finding, what=f"subject {name}: {finding.what}")
        for name, made in (("A", first), ("B", second))
        for finding in made.findings
        if finding not in both
    )
    whole = first.message is not None and second.message is not None  # else neither is kept: nobody gets half a trial
    message, other = (first.message, second.message) if whole else (None, None)
    return replace(first, message=message, second=other, findings=(*both, *alone))


def _made(studio: Studio, project: Project, entry: Entry, brief: Brief, uploads: Uploads) -> Produced:
    channel = project.channels[entry.via]
    try:
        rules = studio.sender_class(channel.sender).rules_of(channel.options)
        if entry.to:
            message: Message = studio.renderer.mail(brief)
            made = Produced(entry, message, studio.renderer.check(message, brief))
        elif rules is None:
            raise TemplateError(f"{entry.via} sends mail: it needs `to:` with a list", where=entry.where)
        else:
            made = _post(studio, project, entry, brief, rules_for(entry, rules), uploads)
    except PublisherError as error:
        return Produced(entry, None, (failed(error),))
    except Exception as error:  # noqa: BLE001 -- ours, or a sender's package: it holds its own entry, and no other
        return Produced(entry, None, (_fault(error),))
    return replace(made, findings=made.findings + reach.check_links(project, entry, practice=studio.practice))


def _post(studio: Studio, project: Project, entry: Entry, brief: Brief, rules: PostRules, uploads: Uploads) -> Produced:
    """Render and check a post, with its pictures: of its card, where that is ours, and what is uploaded."""
    post = studio.renderer.post(brief, rules)
    drawn: media.Kept | None = None
    notes: tuple[Finding, ...] = ()
    if rules.shows_card and entry.picture == "card":
        base = "" if rules.uploads else reach.pictures_at(project, practice=studio.practice)
        is_uploaded = rules.uploads is not None and post.card is not None and uploads.gets(post.card.image)
        what: dict[str, Any] = {"base": base, "is_uploaded": is_uploaded, "is_needed": entry.needs_picture}
        post, drawn, notes = with_picture(post, brief, studio.renderer, **what)
        notes += () if rules.uploads else reach.check_picture(project, drawn)
    post, upload, more = uploads.ready(post, brief, entry, rules, drawn)
    more += (*missed_by_fallbacks(project, entry, studio.rules_of),)
    attached = studio.renderer.picture(brief) if entry.picture == "attach" else None
    findings = studio.renderer.check(post, brief, rules) + notes + more
    return Produced(entry, without_path(post), findings, drawn, upload, attached)


def failed(error: PublisherError) -> Finding:
    """Return the finding of a message that could not be made."""
    check = "template" if isinstance(error, TemplateError) else send_reasons.CHANNEL
    what = f"{error.where}: {error.what}" if error.where else error.what
    return Finding(check, True, what, error.remedy or "Mend it")  # a held send's command is said beside it


def _fault(error: Exception) -> Finding:
    """Say where the fault is: whoever mends it has only this line."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    said = " ".join(f"{type(error).__name__} {error}".split())[:200]
    what = f"it can't be made: {said} ({Path(place.filename).name}:{place.lineno})"
    return Finding("fault", True, what, "This is a fault of Publisher or of an installed sender: report it there")
