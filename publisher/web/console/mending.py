"""Where something that needs a person is mended, and by which button, where there is one and their role reaches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from publisher.app.trouble import Trouble
from publisher.model.staff import May
from publisher.speech.phrases import _
from publisher.web.acts import Acts


@dataclass(frozen=True, slots=True)
class Button:
    """What a command at the terminal does, as a form of the console."""

    address: str
    words: str
    about: str  # what it is pressed for, where the words alone don't say
    may: May


# What is typed, the address that does the same, and the words on its button.
_COMMANDS = (
    (re.compile(r"publisher release --all\b"), "/sending/release", _("Let sending go on")),
    (re.compile(r"publisher release --channel (\S+)"), "/channels/{}/release", _("Let it go on")),
    (re.compile(r"publisher release (\d+)"), "/editions/{}/release", _("Let it go on")),
    (re.compile(r"publisher resume (\S+)"), "/schedules/{}/resume", _("Resume")),
    (re.compile(r"publisher hooks resume (\d+)"), "/hooks/{}/resume", _("Tell it again")),
    (re.compile(r"publisher sources --start (\S+)"), "/sources/{}/look", _("Look at it now")),
)
_PAGES = {
    "channel": "/channels",
    "token": "/channels",
    "fallback": "/channels",
    "slot": "/schedules",
    "schedules-refused": "/schedules/edit",
    "source": "/sources",
    "flood": "/articles",
    "article": "/articles",
}


class Mending:
    """Knows what else of the console does something about a trouble.

    :param acts: what is done at which address, once all rooms have said so.
    """

    def __init__(self, acts: Acts) -> None:
        self._acts = acts

    def button(self, command: str) -> Button | None:
        """Return the button that does what a command does; None where there is none."""
        return next(self._buttons(command), None)

    def _buttons(self, command: str) -> Iterator[Button]:
        there = {re.sub(r"\{\w+\}", "{}", address): may for address, may in self._acts.needed.items()}
        for typed, address, words in _COMMANDS:
            found = typed.search(command)
            if found and address in there:
                about = found[1].rstrip(";,.") if found.groups() else ""
                yield Button(address.format(quote(about, safe="")), words, about, there[address])

    def page(self, trouble: Trouble) -> str:
        """Return the address of the page where it is mended; empty where there is none."""
        if trouble.edition_id is not None:
            return f"/editions/{trouble.edition_id}"
        if trouble.kind == "hook":
            return f"/hooks/{trouble.cause.partition(':')[2]}"
        return _PAGES.get(trouble.kind, "")
