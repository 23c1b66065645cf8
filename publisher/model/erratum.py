"""What an editor says of what was wrong in an edition that has gone out, or is on its way."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Erratum:
    """Words that hold for every mail of an edition from its correction on; empty: there are none.

    :param note: Markdown, set on top as a correction.
    :param subject: in the place of any other, as `subject:` in schedules.yaml.
    """

    note: str = ""
    subject: str = ""

    def over(self, note: str | None, subject: str | None) -> Erratum:
        """Return this with other words where some are said; None leaves them as they are."""
        return Erratum(self.note if note is None else note, self.subject if subject is None else subject)


NO_ERRATUM = Erratum()
