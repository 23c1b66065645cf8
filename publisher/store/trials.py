"""Two subjects of a send: who is tried on which, how often their links were followed, and the rest that waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, func, literal_column, null, select, update

from publisher.model.states import DeliveryState, SendState
from publisher.model.trial import VARIANTS, Trial
from publisher.store.sends import get, lock
from publisher.store.sql import among, upsert
from publisher.store.tables import deliveries, messages, sends, trial_clicks, update_row

D = DeliveryState
BATCH = 5_000  # rows of one transaction: others write in between
# When the rest is due as long as nothing is decided: a moment that no clock and no retry comes to.
UNDECIDED = datetime(9000, 1, 1, tzinfo=UTC)
WAITS = "waits until two subjects were tried"
TRIED_IN = (SendState.SENDING, SendState.PAUSED)


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of both subjects so far, by variant."""

    sent: dict[str, int]
    clicks: dict[str, int]


def of(send: RowMapping) -> Trial | None:
    """Return the trial that a row of `sends` keeps; None where it has but one subject."""
    return Trial.of(send["trial"])


def shown_variant() -> ColumnElement[str]:
    """Return in SQL which variant of its message stands for a send; empty text where it has but one."""
    return func.coalesce(sends.c.trial["shown"].as_string(), "")


def keep(conn: Connection, send_id: int, trial: Trial | None) -> None:
    update_row(conn, sends, send_id, {"trial": trial.kept if trial else null()})


def under_way(conn: Connection) -> list[RowMapping]:
    """Return the sends with two subjects that have begun and not ended."""
    query = select(sends).where(sends.c.state.in_(TRIED_IN), sends.c.trial.is_not(None), sends.c.pending > 0)
    return list(conn.execute(query.order_by(sends.c.id)).mappings())


def change(conn: Connection, send_id: int, known: Trial, trial: Trial) -> bool:
    """Write down how a trial goes on, unless somebody else has decided it or its send has ended; say whether we did."""
    send = lock(conn, send_id)
    if send["state"] not in TRIED_IN or of(send) != known or known.winner:
        return False
    keep(conn, send_id, trial)
    return True


def figures(conn: Connection, send_id: int) -> Figures:
    """Count how many got each subject, and how often links of each were followed."""
    sent = (
        select(messages.c.variant, func.count())
        .join(deliveries, deliveries.c.message_id == messages.c.id)
        .where(messages.c.send_id == send_id, deliveries.c.send_id == send_id, deliveries.c.state == D.SENT)
        .group_by(messages.c.variant)
    )
    followed = select(trial_clicks.c.variant, trial_clicks.c.count).where(trial_clicks.c.send_id == send_id)
    zero = dict.fromkeys(VARIANTS, 0)
    return Figures(zero | _by_variant(conn.execute(sent).all()), zero | _by_variant(conn.execute(followed).all()))


def _by_variant(rows: Sequence[tuple[str, int]]) -> dict[str, int]:
    return {str(variant): int(count) for variant, count in rows if variant in VARIANTS}


def count_click(conn: Connection, send_id: int, variant: str) -> None:
    """Count that a link of a variant was followed, while it is tried."""
    trial = of(get(conn, send_id))
    if trial is None or trial.winner:
        return
    made = upsert(conn, trial_clicks).values(send_id=send_id, variant=variant, count=1)
    key = [trial_clicks.c.send_id, trial_clicks.c.variant]
    conn.execute(made.on_conflict_do_update(index_elements=key, set_={"count": trial_clicks.c.count + 1}))


# In the words of the partial index: a parameter would not match it.
_PENDING = deliveries.c.state == literal_column(f"'{D.PENDING}'")
_IN_A_HALF = and_(_PENDING, deliveries.c.due_at < UNDECIDED)
_IN_THE_REST = and_(_PENDING, deliveries.c.due_at >= UNDECIDED)


def count_tried(conn: Connection, send_id: int) -> int:
    """Return how many of a frozen audience are in the two halves."""
    query = select(func.count()).where(deliveries.c.send_id == send_id, _IN_A_HALF)
    return int(conn.execute(query).scalar_one())


def has_untried(conn: Connection, send_id: int) -> bool:
    """Say whether somebody of the two halves was not written to even once."""
    return _is_there(conn, _first(send_id, _IN_A_HALF).where(deliveries.c.attempts == 0))


def has_waiting(conn: Connection, send_id: int) -> bool:
    """Say whether somebody waits for the decision, or for its being carried out."""
    return _is_there(conn, _first(send_id, _IN_THE_REST))


def _first(send_id: int, which: ColumnElement[bool]) -> Select[tuple[int]]:
    query = select(deliveries.c.id).where(deliveries.c.send_id == send_id, which)
    return query.order_by(deliveries.c.due_at, deliveries.c.id).limit(1)


def _is_there(conn: Connection, query: Select[tuple[int]]) -> bool:
    return conn.execute(query).first() is not None


def give_up(conn: Connection, send_id: int, message_id: int, due_at: datetime) -> None:
    """Let everybody of a small audience have one message, all at the same time."""
    everybody = update(deliveries).where(deliveries.c.send_id == send_id, _PENDING)
    conn.execute(everybody.values(message_id=message_id, due_at=due_at, reason=None))


def let_go(conn: Connection, send_id: int, message_id: int, now: datetime) -> int:
    """Let the next of those who wait for the decision have the message that won; return how many. 0: nobody waits."""
    ids = list(conn.execute(_first(send_id, _IN_THE_REST).limit(BATCH)).scalars())
    if ids:
        theirs = update(deliveries).where(among(deliveries.c.id, ids), _PENDING)
        conn.execute(theirs.values(message_id=message_id, due_at=now, reason=None))
    return len(ids)
