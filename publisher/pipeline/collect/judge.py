"""What becomes of articles that the ledger doesn't know: taken, part of the baseline, or held for a person. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from publisher.model.article import Standing
from publisher.pipeline.collect.match import Decision

FLOOD = 20  # new articles in one poll that are never too many
TIMES_USUAL = 5
OLD = timedelta(days=30)  # behind the newest that the source has had
AHEAD = timedelta(days=30)  # a date further ahead is no plan but a mistake
OUTAGE = timedelta(hours=1)  # a shorter gap between good polls explains no flood
SLACK = timedelta(hours=1)  # a source's clock may be wrong, and an article comes some time after its date


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known of a source when it is read."""

    now: datetime
    first_poll: bool = False  # there is no baseline yet: what is there now was there before us
    backfill: int = 0
    good_at: datetime | None = None  # the last good poll
    usual_per_hour: float = 0.0  # new articles
    flood: int | None = None  # the source's own limit
    newest: datetime | None = None  # date of the newest article that the source has had


def decide(decisions: Sequence[Decision], situation: Situation) -> tuple[Decision, ...]:
    """Say for each article that the ledger doesn't know whether it is taken, and why.

    :param decisions: as `match` gives them.
    """
    if situation.first_poll:
        return _baseline(decisions, situation)
    told = [_judge_twin(each, situation) for each in decisions]
    dated = [_judge_date(each, situation) if _is_taken(each) else each for each in told]
    return tuple(_guard(dated, situation))


def _is_taken(decision: Decision) -> bool:
    return decision.known_id is None and decision.standing is Standing.NEW


def _baseline(decisions: Sequence[Decision], situation: Situation) -> tuple[Decision, ...]:
    unknown = [place for place, each in enumerate(decisions) if each.known_id is None]
    by_age = sorted(unknown, key=lambda place: (decisions[place].article.age, -place), reverse=True)
    fresh = frozenset(by_age[: situation.backfill])
    taken = f"among the newest {len(fresh)} when the source was first polled (backfill)"
    there = "was already there when the source was first polled"
    return tuple(
        each
        if each.known_id is not None
        else _judge_date(replace(each, standing=Standing.NEW, reason=_beside(taken, each), held_for=""), situation)
        if place in fresh
        else replace(each, standing=Standing.BASELINE, reason=there, held_for="")
        for place, each in enumerate(decisions)
    )


def _beside(reason: str, decision: Decision) -> str:
    return f"{reason}; {decision.reason}" if decision.story is not None else reason


def _hold(decision: Decision, kind: str, why: str) -> Decision:
    return replace(decision, standing=Standing.HELD, held_for=kind, reason=why)


def _judge_twin(decision: Decision, situation: Situation) -> Decision:
    """What another source had before us is new here where it is dated after the last look at this one."""
    date, since = decision.article.published_at, situation.good_at
    is_old_elsewhere = decision.known_id is None and decision.standing is Standing.BASELINE
    if not is_old_elsewhere or date is None or since is None or not since < date <= situation.now + SLACK:
        return decision
    return replace(decision, standing=Standing.NEW, reason=f"{decision.reason}; it came here since the last look")


def _judge_date(decision: Decision, situation: Situation) -> Decision:
    date = decision.article.published_at
    if date is None:
        return decision
    if date - situation.now > AHEAD:
        return _hold(decision, "future", f"dated {date:%Y-%m-%d}, more than {AHEAD.days} days ahead")
    if situation.newest is not None and situation.newest - date > OLD:
        why = f"dated {date:%Y-%m-%d}, more than {OLD.days} days before the newest article of its source"
        return _hold(decision, "old", why)
    return decision


def _guard(decisions: list[Decision], situation: Situation) -> list[Decision]:
    """Hold what is too much at once: ids that were all made anew mail no archive."""
    counted = [place for place, each in enumerate(decisions) if _is_taken(each) and not _in_gap(each, situation)]
    most = limit_of(situation)
    if len(counted) <= most:
        return decisions
    judged = list(decisions)
    for place in counted:
        why = f"one of {len(counted):,} new articles in one poll, where {most:,} are the most (flood)"
        judged[place] = _hold(decisions[place], "flood", why)
    return judged


def limit_of(situation: Situation) -> int:
    """Return how many new articles one poll may bring: the source's own limit, or by what is usual."""
    if situation.flood is not None:
        return situation.flood
    gap = situation.now - situation.good_at if situation.good_at else timedelta()
    hours = max(gap / timedelta(hours=1), 1.0)
    return max(FLOOD, int(TIMES_USUAL * situation.usual_per_hour * hours))


def _in_gap(decision: Decision, situation: Situation) -> bool:
    """Say whether it was published while the source could not be read: the more of those, the longer the outage."""
    date, since = decision.article.published_at, situation.good_at
    if date is None or since is None or situation.now - since < OUTAGE:
        return False
    return since - SLACK <= date <= situation.now + SLACK
