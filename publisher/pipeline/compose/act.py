"""The edition written down, with its articles, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from publisher.model.article import LedgerArticle
from publisher.model.project import Schedule
from publisher.model.states import EditionState
from publisher.pipeline.compose.choice import Choice, Wishes
from publisher.pipeline.compose.gather import wishes_of
from publisher.store import Connection, Store, candidates, desk, editions, held
from publisher.store.candidates import Look


@dataclass(frozen=True, slots=True)
class Composed:
    """The edition that was written, or None where this slot had fired before.

    ``is_stale``: nothing was written, because another edition of the schedule took one of the articles meanwhile, or a
    person discarded it.
    """

    edition_id: int | None
    choice: Choice
    is_stale: bool = False


def record(
    store: Store,
    schedule: Schedule,
    choice: Choice,
    *,
    slot: str,
    language: str,
    due_at: datetime,
    now: datetime,
    version_id: int,
    actor: str,
    as_draft: bool = False,
    is_practice: bool = False,
    look: Look | None = None,
    seen: Wishes | None = None,
    opens: bool = False,
) -> Composed:
    """Write down the edition with its articles in one transaction; the slot is taken by whoever comes first.

    A draft of the slot is composed anew; nothing to send makes no draft, unless a person opens it.

    :param look: where the schedule's candidates were, which spares the next one a long search.
    :param seen: what people wanted when it was chosen: where that has changed, nothing is written.
    :param opens: a person wants the draft, whatever is in it.
    """
    state = EditionState.DRAFT if as_draft else EditionState.SKIPPED if choice.skipped else EditionState.LOCKED
    what: dict[str, Any] = {"due_at": due_at, "now": now, "state": state, "reason": choice.skipped or choice.held}
    what |= {"version_id": version_id, "places": _places(choice), "is_practice": is_practice}
    with store.write() as conn:
        chosen = [candidate.id for candidate, _ in choice.picked]
        picked = [each for each in chosen if each not in choice.again and each not in choice.by_hand]
        taken = candidates.carried(conn, schedule.name, picked, choice.again)
        if taken or held.discarded_among(conn, chosen) or not _is_still(conn, schedule, slot, language, seen):
            return Composed(None, choice, is_stale=True)
        if look is not None and look.is_worth_it:
            candidates.keep_look(conn, schedule.name, look)
        edition_id = editions.draft_of(conn, schedule.name, slot, language)
        if edition_id is not None:
            edition_id = edition_id if editions.rewrite_draft(conn, edition_id, **what) else None
        elif not as_draft or not choice.skipped or opens:
            edition_id = editions.add(conn, schedule=schedule.name, slot=slot, language=language, actor=actor, **what)
        if edition_id is not None and choice.note is not None and state is EditionState.LOCKED:
            desk.use_note(conn, choice.note.id, edition_id)
    return Composed(edition_id, choice)


def _is_still(conn: Connection, schedule: Schedule, slot: str, language: str, seen: Wishes | None) -> bool:
    """Say whether people want the same as when it was chosen. `candidates.carried` keeps them from changing it now."""
    if seen is None:
        return True
    now = wishes_of(conn, schedule, slot, language)
    return _marks(now) == _marks(seen)


def _marks(wishes: Wishes) -> tuple[object, ...]:
    return wishes.draft_id, wishes.changes.version, wishes.note, wishes.dropped_beside


def _places(choice: Choice) -> list[editions.Place]:
    """Return every candidate with its place; what is dropped is used up once the edition is a draft no more."""
    placed = [
        editions.Place(candidate.id, candidate.revision, number, reason, as_update=_again(candidate, choice))
        for number, (candidate, reason) in enumerate(choice.picked, start=1)
    ]
    placed += [
        editions.Place(candidate.id, candidate.revision, None, reason, as_update="note")
        for candidate, reason in choice.noted
    ]
    return placed + [
        editions.Place(candidate.id, candidate.revision, None, reason, dropped=candidate.id in choice.dropped)
        for candidate, reason in choice.left
    ]


def _again(candidate: LedgerArticle, choice: Choice) -> str:
    return "repost" if candidate.id in choice.again else ""
