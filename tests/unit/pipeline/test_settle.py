"""Call to closed books."""

from __future__ import annotations

from publisher.pipeline import settle
from publisher.store import sends
from tests.ledger import NOW, add_edition, add_send, subscribe


def test_a_send_that_ended_meanwhile_is_not_said_to_wait_for_a_lost_channel(store, monkeypatch):
    subscribe(store, 1)
    send = add_send(store, add_edition(store))
    found = sends.in_state

    def ends_after_the_look(conn, *states):
        rows = found(conn, *states)
        conn.rollback()
        with store.write() as other:
            sends.move(other, send, sends.SendState.CANCELLED, done_at=NOW)
        return rows

    monkeypatch.setattr(sends, "in_state", ends_after_the_look)
    settle.pause_without_channel(store, ["another"])
    with store.read() as conn:
        assert (sends.get(conn, send)["state"], sends.get(conn, send)["reasons"]) == ("cancelled", [])
