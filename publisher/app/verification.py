"""The books counted in full, send by send; what doesn't balance is an alert until it is counted right again."""

from __future__ import annotations

from dataclasses import dataclass

from publisher.app import alerts
from publisher.clock import Clock
from publisher.store import Store, audit, send_reasons, sends
from publisher.store.seals import Sealer


@dataclass(frozen=True, slots=True)
class Count:
    """What was found of one send."""

    send_id: int
    edition_id: int | None
    channel: str
    candidates: int
    wrong: tuple[str, ...]  # each thing in one line; empty: the books balance

    @property
    def plain(self) -> dict[str, object]:
        return {"send": self.send_id, "edition": self.edition_id, "channel": self.channel, "wrong": list(self.wrong)}


def verify_books(
    store: Store, clock: Clock, edition_id: int | None = None, sealer: Sealer | None = None
) -> list[Count]:
    """Count every send, or those of one edition. Each is counted by itself, from one consistent picture.

    :param sealer: knows whether totals of what was let go are as they were sealed; None: nobody does.
    """
    with store.read() as conn:
        wanted = audit.send_ids(conn, edition_id)
    return [_verify(store, clock, send_id, sealer) for send_id in wanted]


def _verify(store: Store, clock: Clock, send_id: int, sealer: Sealer | None) -> Count:
    with store.read() as conn:
        row = sends.get(conn, send_id)
        wrong = audit.faults(conn, send_id, sealer)
    if wrong:
        say_wrong(store, clock, send_id, wrong[0])
    else:
        _forget(store, send_id, is_marked=sends.is_out_of_balance(row))
        alerts.end(store, clock, alerts.books_cause(send_id))
    return Count(send_id, row["edition_id"], row["channel"], row["candidates"], tuple(wrong))


def say_wrong(store: Store, clock: Clock, send_id: int, wrong: str) -> None:
    """Raise the alert that the books of a send don't balance; it ends when they are counted right again."""
    with store.read() as conn:
        row = sends.get(conn, send_id)
    affected = f"send {send_id} of edition {row['edition_id']} through {row['channel']}"
    what = f"the books don't balance: {wrong}"
    command = f"publisher verify {row['edition_id'] or ''}".strip()
    alerts.begin(store, clock, alerts.books_cause(send_id), what=what, affected=affected, command=command, urgent=True)


def _forget(store: Store, send_id: int, *, is_marked: bool) -> None:
    """Let a send that was found wrong before, and is right now, be closed like any other."""
    if is_marked:
        with store.write() as conn:
            row = sends.lock(conn, send_id)
            sends.set_reasons(conn, send_id, [r for r in row["reasons"] if r["check"] != send_reasons.BOOKS])
