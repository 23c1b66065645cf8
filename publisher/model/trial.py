"""Two subjects of one mail, tried against each other: on a part of its readers first, the rest gets the better one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from publisher.speech.phrases import _, joined, ngettext

FIRST, SECOND = VARIANTS = ("a", "b")
# Of a hundred readers two to five follow a link. Of two hundred that is four to ten; of fewer it is luck who is ahead.
LEAST = 200  # readers of each half
HUNDRED = 100
Counts = Mapping[str, int]  # by variant


@dataclass(frozen=True, slots=True)
class Trial:
    """How two subjects of a send are tried, and what came of it."""

    share: int = 20  # percent of the readers, both halves together
    wait: timedelta = timedelta(hours=1)  # after the first of them was written to
    since: datetime | None = None  # from when the time is counted anew: the halves were not out when it had passed
    winner: str = ""  # a, b; empty: not decided
    decided_at: datetime | None = None
    why: str = ""
    sent: Counts | None = None  # how many had got each when it was decided
    clicks: Counts | None = None  # how often links of each had been followed

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> Trial | None:
        """Return what a send's row keeps; None where there is but one subject."""
        if not kept:
            return None
        values = {name: value for name, value in kept.items() if name != "shown"}
        moments = {name: _read(values[name]) for name in ("since", "decided_at")}
        return cls(**{**values, **moments, "wait": timedelta(seconds=values["wait"])})

    @property
    def kept(self) -> dict[str, Any]:
        """What a send's row keeps; `shown` is asked for in SQL."""
        moments = {name: _written(getattr(self, name)) for name in ("since", "decided_at")}
        return {**asdict(self), **moments, "wait": int(self.wait.total_seconds()), "shown": self.shown}

    @property
    def shown(self) -> str:
        """Which one stands for the mail where there is room for one: in the archive, in the console."""
        return self.winner or FIRST

    def sizes(self, readers: int) -> tuple[int, int, int]:
        """Return how many of so many readers get the first, the second, and the better one: give or take one."""
        tried = readers * self.share // HUNDRED
        return tried - tried // 2, tried // 2, readers - tried

    def is_too_small(self, tried: int) -> bool:
        """Say whether so many readers, both halves together, measure nothing."""
        return tried < 2 * LEAST

    def ends_at(self, started_at: datetime) -> datetime:
        """Return when it is decided, where its halves are out by then."""
        return (self.since or started_at) + self.wait

    def decided(self, sent: Counts, clicks: Counts, now: datetime) -> Trial:
        """Return the trial with the better one: whose links were followed more often for each mail that was sent."""
        of_first = clicks[FIRST] * sent[SECOND]  # both shares over the same denominator
        of_second = clicks[SECOND] * sent[FIRST]
        winner, why = (FIRST, "A's links were followed more often")
        if of_second > of_first:
            winner, why = (SECOND, "B's links were followed more often")
        elif not any(clicks.values()):
            why = "no link of either was followed"
        elif of_first == of_second:
            why = "the links of both were followed as often"
        return replace(self, winner=winner, why=why, sent=dict(sent), clicks=dict(clicks), decided_at=now)

    def chosen(self, variant: str, why: str, sent: Counts, clicks: Counts, now: datetime) -> Trial:
        """Return the trial as somebody ended it."""
        return replace(self, winner=variant, why=why, sent=dict(sent), clicks=dict(clicks), decided_at=now)

    def too_small(self, tried: int, now: datetime) -> Trial:
        """Return the trial as one that is not made: everybody gets the first."""
        return replace(self, winner=FIRST, why=self.too_few(tried - tried // 2, tried // 2), decided_at=now)

    @staticmethod
    def too_few(first: int, second: int) -> str:
        """Say that so many readers measure nothing."""
        halves = f"{first:,} and {second:,}" if first != second else f"twice {first:,}"
        return f"too few readers to try two subjects: {halves}, and fewer than {LEAST} in a half are no measure"

    def words(self) -> str:
        """Say what came of it; empty: it is not decided."""
        if not self.winner:
            return ""
        said = _("subject %(letter)s: %(why)s", letter=self.winner.upper(), why=self.why)
        if not (self.sent and self.clicks):
            return said
        return joined([said, joined(["(", self.counted(self.sent, self.clicks), ")"], "")])

    @staticmethod
    def counted(sent: Counts, clicks: Counts) -> str:
        """Return the figures of both."""
        return joined([_of_one(name, sent[name], clicks[name]) for name in VARIANTS], ", ")


def _of_one(name: str, sent: int, clicks: int) -> str:
    mails = ngettext("%(count)s mail", "%(count)s mails", sent)
    return ngettext(
        "%(letter)s %(count)s click of %(mails)s",
        "%(letter)s %(count)s clicks of %(mails)s",
        clicks,
        letter=name.upper(),
        mails=mails,
    )


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _read(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None
