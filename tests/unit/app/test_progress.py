"""How quickly a send goes, and when it would be through."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.app.progress import Outlook, of_edition, progress_of, under_way
from publisher.app.waits import Wait
from publisher.model.states import SendState
from publisher.store import processes, sends
from publisher.store.tables import calls, insert_row
from tests.ledger import NOW, Clock, add_edition, add_send, subscribe
from tests.unit.app.project import open_app


@pytest.fixture
def app(tmp_path):
    app = open_app(tmp_path, Clock(NOW))
    subscribe(app.store, 170)
    return app


def begun(app, edition: int) -> int:
    send = add_send(app.store, edition)
    with app.store.write() as conn:
        sends.move(conn, send, SendState.SENDING, started_at=NOW - timedelta(minutes=5))
    return send


def called(app, send: int, size: int, ago: float, outcome: str = "sent") -> None:
    """Write down a call that was opened so many seconds ago and took one."""
    opened_at = NOW - timedelta(seconds=ago)
    with app.store.write() as conn:
        process = insert_row(conn, processes.processes, host="here", pid=1, command="test", started_at=NOW)
        times = {"opened_at": opened_at, "closed_at": opened_at + timedelta(seconds=1), "lease_until": NOW}
        said = {"channel": "letters", "key": f"{send}-{ago}", "state": "answered", "outcome": outcome}
        insert_row(conn, calls, send_id=send, message_id=1, process_id=process, size=size, **times, **said)


def now_of(app):
    with app.store.read() as conn:
        return under_way(app, conn, NOW)


def test_the_rate_is_that_of_the_last_minute_and_of_what_is_done_with(app):
    send = begun(app, add_edition(app.store))
    called(app, send, 1_000, 120)  # too long ago
    called(app, send, 40, 40)
    called(app, send, 40, 20)
    called(app, send, 500, 10, "deferred")  # it is tried again
    (found,) = now_of(app)
    assert (found.per_second, found.left) == (2.0, 170)
    assert found.ends_at == NOW + timedelta(seconds=85)


def test_what_has_not_begun_has_neither_rate_nor_end(app):
    add_send(app.store, add_edition(app.store))
    (found,) = now_of(app)
    assert (found.per_second, found.ends_at, found.wait) == (0.0, None, None)


def test_a_channels_limits_put_the_end_off_and_what_goes_before_it_too(app):
    letters = replace(app.project.channels["letters"], rate_per_second=1.0)
    app.project = replace(app.project, channels={**app.project.channels, "letters": letters})
    first, second = (begun(app, add_edition(app.store, f"2026-11-24T0{hour}:00")) for hour in (6, 7))
    for send in (first, second):
        called(app, send, 100, 10)
    ends = {each.row["id"]: (each.ends_at - NOW) / timedelta(seconds=1) for each in now_of(app)}
    assert ends[first] == pytest.approx(170, abs=3)
    assert ends[second] == pytest.approx(340, abs=6)


def test_an_editions_sends_are_known_also_when_they_have_ended(app):
    edition = add_edition(app.store)
    send = begun(app, edition)
    with app.store.write() as conn:
        sends.post_to_books(conn, send, {"pending": -170, "sent": 170})
        sends.move(conn, send, SendState.DONE, done_at=NOW)
    with app.store.read() as conn:
        found = of_edition(app, conn, edition, NOW)
    assert list(found) == [send] and found[send].ends_at is None and not found[send].left
    assert now_of(app) == []


def test_a_wait_that_is_over_is_not_spoken_of(app):
    begun(app, add_edition(app.store))
    row = now_of(app)[0].row
    over, comes = (Wait(row["id"], "letters", NOW + timedelta(seconds=each), "rest") for each in (-1, 1))
    assert progress_of(row, NOW, Outlook(wait=over)).wait is None
    assert progress_of(row, NOW, Outlook(wait=comes)).wait is comes
