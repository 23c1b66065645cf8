"""What the first page and open pages ask the ledger, on both engines: the same answers, and few questions."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from publisher.model.states import EditionState, SendState
from publisher.store import Store, edition_lists, editions, processes, progress, send_reasons, sends
from publisher.store import tables as t
from publisher.store.tables import insert_row
from tests.ledger import NOW, add_edition, add_send, subscribe


def begun(store: Store, edition: int, **said: object) -> int:
    send = add_send(store, edition)
    with store.write() as conn:
        conn.execute(update(t.sends).where(t.sends.c.id == send).values(state="sending", started_at=NOW, **said))
    return send


def called(store: Store, send: int, opened_at) -> None:
    with store.write() as conn:
        process = insert_row(conn, processes.processes, host="here", pid=1, command="test", started_at=NOW)
        said = {"channel": "letters", "key": f"{send}", "state": "answered", "outcome": "sent", "size": 7}
        times = {"opened_at": opened_at, "closed_at": opened_at, "lease_until": NOW}
        message = conn.execute(t.messages.select().where(t.messages.c.send_id == send)).mappings().one()["id"]
        insert_row(conn, t.calls, send_id=send, message_id=message, process_id=process, **times, **said)


def test_one_question_tells_what_is_under_way_and_what_is_watched_with_its_pace(store):
    subscribe(store, 3)
    first, second = add_edition(store, "2026-11-24T06:00"), add_edition(store, "2026-11-24T07:00")
    ended, going = begun(store, first), begun(store, second)
    with store.write() as conn:
        sends.move(conn, ended, SendState.DONE, done_at=NOW)
    called(store, going, NOW - timedelta(seconds=10))
    with store.read() as conn:
        seen = progress.seen(conn, NOW, [first], is_all=True)
        assert {row["id"]: row["readers_lately"] for row in seen} == {ended: None, going: 7}
        assert next(row["since"] for row in seen if row["id"] == going) == NOW - timedelta(seconds=10)
        assert [row["id"] for row in progress.seen(conn, NOW, [], is_all=True)] == [going]
        assert [row["id"] for row in progress.under_way(conn, NOW, limit=5)] == [going]
        assert [row["schedule"] for row in progress.of_sends(conn, {ended}, NOW)] == ["morning"]
        assert [row["id"] for row in progress.of_editions(conn, [first], NOW)] == [ended]
        assert progress.of_sends(conn, [], NOW) == progress.seen(conn, NOW, [], is_all=False) == []


def test_what_needs_a_person_is_found_by_its_state_its_doubts_and_its_mark_newest_first(store):
    subscribe(store, 3)
    each = [begun(store, add_edition(store, f"2026-11-24T0{hour}:00")) for hour in range(5)]
    held, doubtful, marked, ended, _ = each
    with store.write() as conn:
        sends.move(conn, held, SendState.PAUSED)
        sends.post_to_books(conn, doubtful, {"pending": -1, "unknown": 1})
        sends.add_reasons(conn, marked, [send_reasons.out_of_balance("one too many")])
        sends.add_reasons(conn, ended, [send_reasons.out_of_balance("one too few")])
        sends.move(conn, ended, SendState.CANCELLED, done_at=NOW)
    with store.read() as conn:
        assert [row["id"] for row in sends.needing_a_person(conn, 10)] == [marked, doubtful, held]
        assert [row["id"] for row in sends.needing_a_person(conn, 2)] == [marked, doubtful]


def test_editions_are_found_by_the_day_they_were_due_and_by_their_slots(store):
    today = add_edition(store, "2026-11-24T07:00")
    before, draft, given_up = (add_edition(store, f"2026-11-2{day}T07:00") for day in (3, 5, 6))
    later = NOW + timedelta(days=1)
    told = {before: ("closed", NOW - timedelta(days=1)), draft: ("draft", NOW), given_up: ("cancelled", later)}
    with store.write() as conn:
        for number, (state, due_at) in told.items():
            conn.execute(update(t.editions).where(t.editions.c.id == number).values(state=state, due_at=due_at))
    with store.read() as conn:
        assert [row["id"] for row in edition_lists.due_since(conn, NOW, NOW, limit=5)] == [today]
        assert [row["id"] for row in edition_lists.latest(conn, limit=2)] == [given_up, draft]
        assert edition_lists.given_up_after(conn, NOW) == {("morning", "2026-11-26T07:00", "en")}
        slots = [("morning", "2026-11-24T07:00"), ("evening", "2026-11-25T07:00")]
        found = edition_lists.of_slots(conn, slots)
        assert [(key, [row["id"] for row in rows]) for key, rows in found.items()] == [(slots[0], [today])]
        assert edition_lists.of_slots(conn, []) == {}
        assert editions.get(conn, draft)["state"] == EditionState.DRAFT
