"""Whatever a filter of the send log asks for, its pages together hold exactly that, each delivery once and in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import cycle, product

import pytest
from sqlalchemy import text

from publisher.audience import imports
from publisher.model.call import Recipient
from publisher.model.states import DeliveryState
from publisher.store import Store, calls, deliveries, events, log, log_search, processes
from publisher.store.log import Filter, Place
from publisher.store.tables import COUNTED
from tests.ledger import HASH_KEY, NOW, POST, add_edition, add_send
from tests.stores import ENGINES, overheard

READERS = [
    f"r{number}@{'few' if number in (4, 9) else 'odd' if number % 3 else 'many'}.example" for number in range(24)
]
# By which ways things are looked up: as usual; none of them few; all looked through, three at a time.
WAYS = {
    "as usual": {},
    "in each send": {"HANDFUL": 1, "FEW": 12, "FEW_PENDING": 0, "STRETCH": 3},
    "looked through": {"HANDFUL": 0, "FEW": 0, "FEW_PENDING": 4, "STRETCH": 2, "SENDS": 1},
}


@pytest.fixture(scope="module", params=ENGINES)
def filled(request, tmp_path_factory):
    """Three editions of three days with mails in every state, a test send beside one, and posts; only looked at."""
    is_file = request.param == "sqlite"
    folder = tmp_path_factory.mktemp("log-search")
    store = Store.open(
        folder / "publisher.db" if is_file else request.getfixturevalue("postgresql").create("log_search")
    )
    for email in READERS:
        imports.add_one(store, email, "daily", name="", hash_key=HASH_KEY, now=NOW, actor="test")
    states = cycle(COUNTED)
    for day in range(3):
        edition = add_edition(store, f"day-{day}")
        for channel in ("letters", "backup"):
            mail = add_send(store, edition, channel=channel)
            settle(store, mail, states, NOW + timedelta(days=day))
        add_send(store, edition, channel="mastodon", lists=(), message=POST)
    yield store
    store.close()


def settle(store, send: int, states, began) -> None:
    """Give each delivery of a send a state, and count them; what is taken is so by a call."""
    with store.write() as conn:
        ids = (
            conn.execute(text("SELECT id FROM deliveries WHERE send_id = :s ORDER BY id"), {"s": send}).scalars().all()
        )
        given = dict(zip(ids, states, strict=False))
        for number, state in given.items():
            conn.execute(text("UPDATE deliveries SET state = :t WHERE id = :i"), {"t": state, "i": number})
        counted = ", ".join(f"{state} = {list(given.values()).count(state)}" for state in COUNTED)
        at = (began - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        conn.execute(text(f"UPDATE sends SET started_at = {at}, {counted} WHERE id = {send}"))
        process = processes.insert_row(conn, processes.processes, host="h", pid=1, command="t", started_at=NOW)
        taken = [number for number, state in given.items() if state == DeliveryState.TAKEN]
        members = tuple(Recipient(number, f"d{number}", "someone@example.org") for number in taken)
        said = {"message_id": send, "channel": "letters", "process_id": process, "lease_until": NOW, "now": NOW}
        calls.open_calls(conn, [calls.Fresh(f"key-{send}", members)], send_id=send, **said)


def every_page(store, wanted: Filter, patience: float | None = None) -> list:
    found, pages = [], 0
    while True:
        with store.read() as conn:
            page = log.look(conn, wanted, patience)
        found += page.rows
        pages += 1
        assert pages < 200
        if page.goes_on is None:
            return found
        wanted = replace(wanted, after=page.goes_on)


def expected(rows, wanted: Filter) -> list[int]:
    """Return what a filter should find, by looking at each."""
    began = {f"day-{day}": NOW + timedelta(days=day) for day in range(3)}
    fit = [
        row
        for row in rows
        if wanted.edition_id in (None, row["edition_id"])
        and wanted.channel in ("", row["channel"])
        and wanted.state in ("", row["state"])
        and wanted.domain in ("", row["to"].rpartition("@")[2])
        and (wanted.since is None or (row["kind"] != "post" and began[row["slot"]] >= wanted.since))
        and (wanted.before is None or began[row["slot"]] < wanted.before)
    ]
    sign = -1 if wanted.state == "pending" else 1
    return [row["id"] for row in sorted(fit, key=lambda row: (-row["send_id"], sign * row["subscriber_id"]))]


SCOPES = [{}, {"edition_id": 2}, {"since": NOW + timedelta(hours=1), "channel": "letters"}, {"channel": "backup"}]


@pytest.mark.parametrize("way", WAYS)
def test_the_pages_of_a_filter_hold_exactly_what_it_asks_for(filled, monkeypatch, way):
    with filled.read() as conn:
        rows = [row for row in log.find(conn, Filter(limit=1_000)) if row["subscriber_id"]]
    assert len(rows) == 6 * len(READERS)
    for name, value in WAYS[way].items():
        monkeypatch.setattr(log_search, name, value)
    scopes = cycle(SCOPES)
    for state, domain in product(("", *COUNTED), ("few.example", "odd.example", "many.example", "none.example")):
        wanted = Filter(**next(scopes), state=state, domain=domain, limit=5)
        assert [row["id"] for row in every_page(filled, wanted)] == expected(rows, wanted), wanted
    for state, scope in product(("", *COUNTED), SCOPES[1:]):
        wanted = Filter(**scope, state=state, limit=7)
        found = [row["id"] for row in every_page(filled, wanted) if row["subscriber_id"]]
        assert found == expected(rows, wanted), wanted


def test_who_has_no_time_is_told_where_to_go_on_and_misses_nothing(filled, monkeypatch):
    monkeypatch.setattr(log_search, "STRETCH", 4)
    wanted = Filter(state="sent", limit=50)
    with filled.read() as conn:
        page = log.look(conn, wanted, patience=-1)
        whole = [row["id"] for row in log.find(conn, wanted)]
    assert (page.is_cut_short, list(page.rows)) == (True, [])
    # Each page begins where the one before ended, however little it had found.
    ticks = cycle([0.0, 0.0, 5.0])
    monkeypatch.setattr(log_search, "monotonic", lambda: next(ticks))
    assert [row["id"] for row in every_page(filled, wanted, patience=1)] == whole


def test_everything_to_one_person_comes_newest_send_first(filled):
    with filled.read() as conn:
        found = log.find(conn, Filter(subscriber_id=5))
        assert [row["send_id"] for row in found] == [8, 7, 5, 4, 2, 1]
        assert log.find(conn, Filter(subscriber_id=5, after=Place(5, found[2]["subscriber_id"]))) == found[3:]
        assert log.find(conn, Filter(subscriber_id=2**63 - 1)) == []


@pytest.mark.parametrize("domain", ["%", "few%", "_ew.example", "*.example", "few.example'--", "", "FEW.example\0"])
def test_a_domain_is_no_pattern(filled, domain):
    with filled.read() as conn:
        found = log.find(conn, Filter(domain=domain, limit=1_000))
    assert len(found) == (0 if domain else 6 * len(READERS) + 3)


@pytest.mark.parametrize(
    ("since", "before", "found"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC), 147),
        (datetime(9999, 12, 31, tzinfo=UTC), None, 0),
        (None, datetime(1, 1, 1, tzinfo=UTC), 0),
        (NOW + timedelta(days=1), NOW + timedelta(days=1, seconds=1), 48),
    ],
)
def test_times_are_about_when_a_send_began_or_was_made(filled, since, before, found):
    with filled.read() as conn:
        assert len(log.find(conn, Filter(since=since, before=before, limit=1_000))) == found


def test_a_rare_state_is_found_by_its_own_index(filled):
    with filled.read() as conn, overheard(conn) as asked:
        log.find(conn, Filter(edition_id=1, state="failed"))
        said = [(sql, values) for sql, values in asked if "deliveries.state" in sql]
        if conn.dialect.name == "sqlite":
            plans = [row[3] for sql, one in said for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", one)]
            assert any("ix_deliveries_rare" in line for line in plans), plans


def test_events_and_ids_beyond_all_numbers_find_nothing(filled):
    with filled.read() as conn:
        assert log.get(conn, 2**63 - 1) is None
        assert log.find(conn, Filter(after=Place(2**63 - 1, 2**63 - 1), edition_id=1)) != []
        assert log.find(conn, Filter(after=Place(0))) == []
        assert events.of_delivery(conn, 2**63 - 1) == []
        assert deliveries.first_of_send(conn, 2**63 - 1) is None
