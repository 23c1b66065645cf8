"""Two subjects that are tried, in words: what a plan foresees, and how a trial stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from publisher.config.values import duration_text
from publisher.model.message import Mail, fill
from publisher.model.trial import VARIANTS, Trial
from publisher.pipeline.produce import Produced, preview_values
from publisher.speech.phrases import _
from publisher.store import Connection, messages, trials


def foreseen(trial: Trial, readers: int) -> str:
    """Return who would get which of two subjects, and when."""
    first, second, rest = trial.sizes(readers)
    if trial.is_too_small(first + second):
        return _("%(why)s: everybody would get subject A", why=trial.too_few(first, second))
    return _(
        "%(first)s get subject A, %(second)s B; %(wait)s later the other %(rest)s get the one that is followed more",
        first=first,
        second=second,
        rest=rest,
        wait=duration_text(trial.wait),
    )


def subjects_of(product: Produced) -> tuple[str, ...]:
    """Return the two subjects that a message has, as a made-up reader gets them; none where it has but one."""
    if not isinstance(product.message, Mail) or not isinstance(product.second, Mail):
        return ()
    return tuple(fill(mail.subject, preview_values()) for mail in (product.message, product.second))


@dataclass(frozen=True, slots=True)
class TrialNow:
    """How the trial of a send's subjects stands."""

    send_id: int
    entry: str
    trial: Trial
    subjects: dict[str, str]  # by variant
    sent: dict[str, int]  # by now, or when it was decided
    clicks: dict[str, int]
    ends_at: datetime | None  # None: it has not begun, or is over

    def lines(self, zone: tzinfo) -> list[str]:
        """Return it for people."""
        said = [f"{self.entry}: subject {name.upper()}: {self.subjects[name]}" for name in VARIANTS]
        return [*said, f"{self.entry}: {self.words(zone)}"]

    def words(self, zone: tzinfo) -> str:
        """Return what came of it, or what there is so far."""
        if self.trial.winner:
            what = self.trial.words()
            if self.trial.decided_at is None:
                return _("decided: %(what)s", what=what)
            return _("decided at %(moment)s: %(what)s", moment=_moment(self.trial.decided_at, zone), what=what)
        what = Trial.counted(self.sent, self.clicks)
        if self.ends_at is None:
            return _("not decided: %(what)s", what=what)
        return _("tried until %(moment)s: %(what)s", moment=_moment(self.ends_at, zone), what=what)


def _moment(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def trial_now(conn: Connection, send: Any) -> TrialNow | None:
    """Return how the trial of a send stands; None where it has but one subject."""
    trial = trials.of(send)
    if trial is None:
        return None
    found = trials.figures(conn, send["id"])
    is_open = send["started_at"] and not trial.winner and send["state"] in trials.TRIED_IN
    return TrialNow(
        send["id"],
        send["entry"],
        trial,
        {name: _subject(conn, number) for name, number in messages.by_variant(conn, send["id"]).items() if name},
        dict(trial.sent or found.sent),
        dict(trial.clicks or found.clicks),
        trial.ends_at(send["started_at"]) if is_open else None,
    )


def _subject(conn: Connection, message_id: int) -> str:
    mail = messages.get(conn, message_id)
    return fill(mail.subject, preview_values()) if isinstance(mail, Mail) else ""


def plain(found: TrialNow) -> dict[str, Any]:
    """Return it as JSON shows it."""
    return {
        "entry": found.entry,
        "subjects": found.subjects,
        "sent": found.sent,
        "clicks": found.clicks,
        "winner": found.trial.winner or None,
        "why": found.trial.why,
        "decided_at": found.trial.decided_at,
        "ends_at": found.ends_at,
    }
