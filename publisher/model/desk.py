"""What people do to an edition before it goes: stories dropped, added and put in order, words of their own, a note."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

MEDIA = "media:"  # begins the address, in Markdown, of a picture that people added
FILE = "file"  # who wrote a note that is the file of `write:`
MOST_SAID = 50  # changes that are remembered with who made them; what they made stays in any case


@dataclass(frozen=True, slots=True)
class Words:
    """Words of people's own for one entry of `send:`, each in the place of what its schedule says; empty: that."""

    subject: str = ""  # as `subject:` in schedules.yaml, blanks and all
    preheader: str = ""
    text: str = ""  # of a post, whole

    def over(self, other: Words) -> Words:
        """Return these words, and the other's where there are none."""
        return Words(self.subject or other.subject, self.preheader or other.preheader, self.text or other.text)


NO_WORDS = Words()


@dataclass(frozen=True, slots=True)
class Said:
    """One change: who made it, when, and what it was."""

    at: str  # ISO 8601
    actor: str
    what: str


@dataclass(frozen=True, slots=True)
class Changes:
    """Everything that people changed in an edition. It is composed anew until it is locked; these hold each time.

    :param version: counts the changes: who changes an edition may say which one they saw.
    :param dropped: articles that must not be in it, and that are used up; with who said so.
    :param later: articles that must not be in it, and wait for the next.
    :param added: articles that must be in it, whatever the schedule picks; in order.
    :param order: articles that come first, in this order; the others follow as they are.
    :param words: by the entry's key.
    """

    version: int = 0
    dropped: Mapping[int, str] = field(default_factory=dict)
    later: Mapping[int, str] = field(default_factory=dict)
    added: Mapping[int, str] = field(default_factory=dict)
    order: tuple[int, ...] = ()
    words: Mapping[str, Words] = field(default_factory=dict)
    said: tuple[Said, ...] = ()

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> Changes:
        """Return what an edition's row keeps."""
        if not kept:
            return cls()
        return cls(
            kept["version"],
            _by_id(kept["dropped"]),
            _by_id(kept["later"]),
            dict(kept["added"]),
            tuple(kept["order"]),
            {entry: Words(**words) for entry, words in kept["words"].items()},
            tuple(Said(**said) for said in kept["said"]),
        )

    @property
    def kept(self) -> dict[str, Any] | None:
        """What an edition's row keeps; None where nobody changed anything."""
        if not self.version:
            return None
        # JSON has text for keys, and PostgreSQL's keeps no order of them.
        return asdict(self) | {"added": [[number, who] for number, who in self.added.items()]}

    @property
    def hold(self) -> bool:
        """Whether any of them still makes a difference: what was taken back is only remembered."""
        return any((self.dropped, self.later, self.added, self.order, self.words))

    def drop(self, number: int, actor: str) -> Changes:
        """Leave an article out, for good."""
        return replace(self._without(number), dropped={**_less(self.dropped, number), number: actor})

    def put_off(self, number: int, actor: str) -> Changes:
        """Leave an article out of this edition; the next may have it."""
        return replace(self._without(number), later={**_less(self.later, number), number: actor})

    def add(self, number: int, actor: str) -> Changes:
        """Let an article be in it."""
        return replace(self._without(number), added={**_less(self.added, number), number: actor})

    def put_back(self, number: int) -> Changes:
        """Let the schedule decide about an article again."""
        return replace(self._without(number), order=tuple(each for each in self.order if each != number))

    def arrange(self, order: tuple[int, ...]) -> Changes:
        """Let these articles come first, in this order."""
        return replace(self, order=tuple(dict.fromkeys(order)))

    def word(self, entry: str, words: Words) -> Changes:
        """Let an entry have words of people's own; what is empty stays as it is."""
        return replace(self, words={**self.words, entry: words.over(self.words.get(entry, NO_WORDS))})

    def unword(self, entry: str) -> Changes:
        """Let an entry have the words that its schedule says."""
        return replace(self, words={name: words for name, words in self.words.items() if name != entry})

    def signed(self, actor: str, now: datetime, what: str) -> Changes:
        """Return these as one more change, with who made it."""
        said = (*self.said, Said(now.isoformat(timespec="seconds"), actor, what))[-MOST_SAID:]
        return replace(self, version=self.version + 1, said=said)

    def _without(self, number: int) -> Changes:
        return replace(
            self,
            dropped=_less(self.dropped, number),
            later=_less(self.later, number),
            added=_less(self.added, number),
        )


def names(text: str, picture: str) -> bool:
    """Say whether a text shows a picture that people added, by its name."""
    return re.search(rf"{re.escape(MEDIA + picture)}(?![a-z0-9._-]*[a-z0-9])", text, re.IGNORECASE) is not None


def _by_id(kept: Mapping[str, str]) -> dict[int, str]:
    return {int(number): who for number, who in kept.items()}


def _less(known: Mapping[int, str], number: int) -> dict[int, str]:
    return {each: who for each, who in known.items() if each != number}


@dataclass(frozen=True, slots=True)
class Note:
    """A word of the editors that stands on top of an edition."""

    id: int
    schedule: str
    text: str  # Markdown
    made_at: datetime
    actor: str
    language: str = ""  # of the editions that it is for; empty: any
    edition_id: int | None = None  # that carries it; None: it waits for the next
