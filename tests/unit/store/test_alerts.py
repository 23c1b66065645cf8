"""One row for each time that a cause began."""

from __future__ import annotations

from datetime import timedelta

from publisher.store import alerts
from tests.ledger import NOW

LATER = NOW + timedelta(hours=1)


def begin(conn, cause="unknown:1", what="2 may or may not have arrived", urgent=False):
    return alerts.raise_alert(
        conn, cause=cause, what=what, affected="2 readers", command="publisher unknown list", urgent=urgent, now=NOW
    )


def test_a_cause_that_goes_on_is_one_alert(store):
    with store.write() as conn:
        assert begin(conn)
        assert not begin(conn, what="3 may or may not have arrived")
        [row] = alerts.open_ones(conn)
        assert row["what"] == "2 may or may not have arrived"


def test_a_cause_that_comes_back_is_an_alert_of_its_own(store):
    with store.write() as conn:
        begin(conn)
        assert alerts.clear(conn, "unknown:1", LATER)
        assert not alerts.clear(conn, "unknown:1", LATER)
        assert alerts.open_ones(conn) == []
        assert begin(conn)
        assert len(alerts.latest(conn, 10)) == 2


def test_the_urgent_come_first(store):
    with store.write() as conn:
        begin(conn, "late:1")
        begin(conn, "late:2", urgent=True)
        assert [row["cause"] for row in alerts.open_ones(conn)] == ["late:2", "late:1"]


def test_what_was_told_is_told_once_more_when_it_is_over(store):
    with store.write() as conn:
        begin(conn)
        [row] = alerts.to_tell(conn)
        alerts.note_hearing(conn, row["id"], "ops", alerts.HEARD, NOW, is_over=False)
        alerts.note_hearing(conn, row["id"], "ada@harbor.example", "refused: no", LATER, is_over=False)
        assert alerts.hearing(conn, row["id"]) == {"ops": "heard", "ada@harbor.example": "refused: no"}
        assert alerts.open_ones(conn)[0]["told_at"] == NOW
        alerts.clear(conn, "unknown:1", LATER)
        [row] = alerts.to_tell(conn)
        assert row["cleared_at"] == LATER
        alerts.record_told_clear(conn, row["id"], LATER)
        assert alerts.to_tell(conn) == []
        assert alerts.hearing(conn, row["id"]) == {}


def test_what_was_over_before_anyone_heard_of_it_is_not_told(store):
    with store.write() as conn:
        begin(conn)
        [row] = alerts.to_tell(conn)
        alerts.note_hearing(conn, row["id"], "ops", "refused: no", NOW, is_over=False)
        alerts.clear(conn, "unknown:1", LATER)
        assert alerts.to_tell(conn) == []
        assert alerts.hearing(conn, row["id"]) == {}
