"""Ways to our own pages in a mail, which take the number of its send: its place in the archive, and counted links.

A mail is rendered before its send has a number. So it names its page by a word in the number's place, and its links
lead straight to where they lead; what is recorded has the rest. `plan` and `preview` count nothing and leave the word.
"""

from __future__ import annotations

import html as html_escapes
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from publisher.model.message import Mail, Message, Slot, Text
from publisher.model.post_size import urls_in
from publisher.model.project import MailingList
from publisher.model.trial import FIRST, SECOND
from publisher.store import Connection, clicks

HERE = "this-edition"  # stands for the send's own name until it has one
# Kinds of wire ids: of a past edition, of a counted link, of one in subject B's.
PAST, LINK, SECOND_LINK = "a", "l", "m"
LINKS = {LINK: FIRST, SECOND_LINK: SECOND}  # kinds of counted links, by the variant of the mail that has them

# Whole addresses in links alone, and in what Outlook takes for one: pictures and styles are not followed.
_LINK = re.compile(r"""(<(?:a|area|v:\w+)\b[^>]*?\shref=)(["'])(https?://[^"'<>]*)\2""", re.IGNORECASE)


def _no_name(kind: str, number: int) -> str:
    return HERE


@dataclass(frozen=True, slots=True)
class Doors:
    """Where readers reach us, and the names by which what is ours is known there."""

    base: Callable[[], str] = lambda: ""  # without a slash at its end
    name: Callable[[str, int], str] = _no_name  # an opaque one, of a row
    counts: bool = False  # links lead to other pages by a door of ours that counts
    shows_past: bool = True  # a mail to a list with an archive names its page there

    def archive_url(self, mailing_list: MailingList | None) -> str:
        """Return where a mail to a list can be read on the web, before it has a name; empty: nowhere."""
        is_there = self.shows_past and mailing_list is not None and mailing_list.has_archive
        return f"{self.base()}/archive/{mailing_list.name}/{HERE}" if is_there and mailing_list else ""

    def opened(
        self, conn: Connection, message: Message, send_id: int, variant: str = "", *, place: int | None = None
    ) -> Message:
        """Return a message with what takes the number of its send; where its links lead is written down.

        :param variant: which of two mails with different subjects it is: the names of its links say so, and no more.
        :param place: the send in whose place in the archive it stands; None: its own.
        """
        if not isinstance(message, Mail):
            return message
        named = self._named(message, place or send_id)
        return self._counted(conn, named, send_id, SECOND_LINK if variant == SECOND else LINK) if self.counts else named

    def without_base(self, message: Message) -> Message:
        """Return a message without where readers reach us: in practice each process has a page of its own."""
        if not (isinstance(message, Mail) and self.base()):
            return message
        return _changed(message, lambda part: part.replace(f"{self.base()}/archive/", "/archive/"))

    def _named(self, mail: Mail, send_id: int) -> Mail:
        place = re.compile(rf"({re.escape(self.base())}/archive/[^/\s\"'<>]+/){HERE}\b")
        name = self.name(PAST, send_id)
        return _changed(mail, lambda part: place.sub(lambda found: found[1] + name, part))

    def _counted(self, conn: Connection, mail: Mail, send_id: int, kind: str) -> Mail:
        base = self.base()
        links = clicks.ensure(conn, send_id, [url for url in _links(mail) if not url.startswith(f"{base}/")])
        return _relinked(mail, {url: f"{base}/{LINK}/{self.name(kind, link_id)}" for url, link_id in links.items()})


def uncounted(mail: Mail, targets: Mapping[int, str], number_of: Callable[[str], int | None]) -> Mail:
    """Return a mail as it was before its links were counted: for everyone who looks at it and is no reader of it.

    :param number_of: the number that a name of a link stands for; None for any other text.
    """
    counted = {url: url for url in _links(mail)}
    for url in counted:
        name = url.rpartition(f"/{LINK}/")[2]
        counted[url] = targets.get(number_of(name) or 0, url)
    return _relinked(mail, counted)


def _relinked(mail: Mail, by_url: Mapping[str, str]) -> Mail:
    def in_html(found: re.Match[str]) -> str:
        url = html_escapes.unescape(found[3])
        return f"{found[1]}{found[2]}{html_escapes.escape(by_url[url])}{found[2]}" if url in by_url else found[0]

    html = tuple(part if isinstance(part, Slot) else _LINK.sub(in_html, part) for part in mail.html)
    return replace(mail, html=html, text=tuple(_relinked_text(mail.text, by_url)))


def _relinked_text(text: Text, by_url: Mapping[str, str]) -> Iterator[str | Slot]:
    for part, places in _places(text):
        if isinstance(part, Slot):
            yield part
            continue
        pieces, end = [], 0
        for start, stop in places:
            url = part[start:stop]
            pieces += [part[end:start], by_url.get(url, url)]
            end = stop
        yield "".join([*pieces, part[end:]])


def _links(mail: Mail) -> Iterator[str]:
    for part in mail.html:
        if isinstance(part, str):
            yield from (html_escapes.unescape(found[3]) for found in _LINK.finditer(part))
    for part, places in _places(mail.text):
        if isinstance(part, str):
            yield from (part[start:stop] for start, stop in places)


def _places(text: Text) -> Iterator[tuple[str | Slot, list[tuple[int, int]]]]:
    """Yield each part with the places of its whole web addresses: one that a reader's value continues is none."""
    for part, following in zip(text, (*text, "")[1:], strict=True):
        if isinstance(part, Slot):
            yield part, []
        else:
            found = [
                (start, end) for start, end in urls_in(part) if part[start:end].startswith(("https://", "http://"))
            ]
            yield part, [(start, end) for start, end in found if end < len(part) or not isinstance(following, Slot)]


def _changed(mail: Mail, change: Callable[[str], str]) -> Mail:
    def changed(text: Text) -> Text:
        return tuple(part if isinstance(part, Slot) else change(part) for part in text)

    return replace(mail, html=changed(mail.html), text=changed(mail.text))
