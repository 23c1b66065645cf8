"""A ledger of every schema there was, with rows in it, is brought up to this one: the books balance, nothing is lost.

Rows are written in plain SQL into the tables as they were then; a table that a migration adds wants a row here too.
"""

from __future__ import annotations

import json
import shutil
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, inspect, text

from publisher.store import Store, audit, migrate
from publisher.store.address import parse

NUMBERS = sorted(script.revision for script in migrate.scripts().walk_revisions())
AT = 1_764_000_000_000_000  # microseconds
NOT_KEPT = {"looks"}  # hints, found anew
NOT_OURS = ("procrastinate_", "alembic_")

Row = tuple[str, dict[str, Any]]


def rows_of(number: int) -> list[Row]:
    """Return a row of each table and more, whose ids and names are those of one schema; as the tables are today."""
    i = number * 100
    call = {"send_id": i, "message_id": i, "channel": "letters", "process_id": i, "lease_until": AT, "opened_at": AT}
    counters = {"pending": 0, "taken": 0, "unknown": 0, "excluded": 0, "cancelled": 0}
    counters |= {"candidates": 4, "sent": 2, "failed": 1, "suppressed": 1}
    states = ["sent", "sent", "failed", "suppressed"]
    people = range(i, i + len(states))
    hook = {"address": "https://example.org", "description": "", "kinds": "edition.closed", "allow_private": True}
    article = {"source_id": i, "title": "Ferry", "summary": "“é”", "html": "<p>", "text": "x", "authors": ["A"]}
    article |= {"categories": [], "image": {"url": "https://example.org/a.png"}, "notes": [], "first_seen_at": AT}
    article |= {
        "revision": 1,
        "standing": "new",
        "reason": "new",
        "fingerprint": f"f{i}",
        "held_for": "",
        "gone_at": AT,
    }
    edition = {"schedule": f"s{i}", "slot": "2026-11-24T07:00", "language": "en", "due_at": AT, "state": "closed"}
    edition |= {"reason": "", "made_at": AT, "project_version_id": i, "revision": 1, "actor": "ada", "changes": {}}
    send = {"edition_id": i, "entry": "letters:daily", "kind": "regular", "number": 1, "channel": "letters"}
    send |= {"audience": ["daily"], "priority": 2, "state": "done", "reasons": [], "made_at": AT, "actor": "ada"}
    return [
        ("domains", {"id": i, "name": f"{i}.example"}),
        ("facts", {"name": f"f{i}", "value": "kept"}),
        ("lists", {"id": i, "name": f"daily{i}"}),
        ("processes", {"id": i, "host": "here", "pid": 7, "command": "run", "started_at": AT, "ended_at": AT}),
        ("templates", {"digest": f"d{i}", "text": "words"}),
        ("project_versions", {"id": i, "digest": f"d{i}", "text": "version: 1", "accepted_at": AT, "actor": "ada"}
            | {"templates": {"email/digest.html": f"d{i}"}, "templates_at": AT}),
        ("schedules", {"id": i, "name": f"s{i}", "added_at": AT, "considered_until": AT, "reason": "asked"}),
        ("sources", {"id": i, "name": f"site{i}", "title": "Site", "baseline_at": AT, "backfilled": 3}),
        ("source_links", {"source_id": i, "link": "x", "done": True, "tries": 1, "reason": "", "seen_at": AT}),
        ("suppressions", {"address_hash": f"h{i}", "scope": "all", "reason": "left", "made_at": AT, "actor": "ada"}),
        ("articles", {"id": i, **article}),
        ("article_aliases", {"source_id": i, "kind": "guid", "value": f"g{i}", "article_id": i}),
        ("article_revisions", {"id": i, "article_id": i, "revision": 1, "title": "Ferry", "summary": "", "html": ""}
            | {"seen_at": AT}),
        ("article_history", {"id": i, "article_id": i, "at": AT, "event": "seen", "reason": "new"}),
        ("looks", {"schedule": f"s{i}", "wanted": "x", "sources": [], "since": AT, "through": i, "freed": 0}
            | {"waiting": []}),
        ("editions", {"id": i, **edition}),
        ("edition_articles", {"edition_id": i, "article_id": i, "position": 1, "revision": 1, "reason": "new"}),
        ("approvals", {"id": i, "edition_id": i, "version": "v", "actor": "ada", "made_at": AT}),
        ("notes", {"id": i, "schedule": f"s{i}", "language": "en", "text": "Good morning", "made_at": AT}
            | {"actor": "ada", "edition_id": i}),
        ("wordings", {"id": i, "digest": f"d{i}", "language": "en", "text": "I want it", "first_shown_at": AT}),
        *(("subscribers", {"id": n, "email": f"r{n}@example.org", "address_hash": f"h{n}", "domain_id": i, "name": "R"}
            | {"attributes": {"city": "Porto"}, "made_at": AT, "language": "pt"}) for n in people),
        *(("subscriptions", {"list_id": i, "subscriber_id": n, "state": "confirmed", "basis": "test", "since": AT}
            | {"actor": "ada", "wording_id": i}) for n in people),
        ("changes", {"id": i, "subscriber_id": i, "list_id": i, "what": "state", "words": "left", "since": AT}
            | {"until": AT, "actor": "ada"}),
        *(("recipients", {"id": n, "subscriber_id": n}) for n in people),
        ("sends", {"id": i, **send, **counters}),
        ("messages", {"id": i, "send_id": i, "revision": 1, "variant": "", "kind": "mail", "content": {"a": 1}}
            | {"digest": "d", "made_at": AT}),
        ("sealed_totals", {"message_id": i, "send_id": i, "counted": {}, "calls": 0, "sealed_at": AT, "seal": "x"}),
        ("erasures", {"id": i, "subscriber_id": i, "at": AT, "actor": "ada", "why": "asked", "counted": {}}),
        ("calls", {"id": i, **call, "key": f"k{i}", "state": "answered", "size": 3, "members": b"\x00\xff"}
            | {"outcome": "sent", "closed_at": AT, "journal": {"step": 1}}),
        *(("deliveries", {"id": n, "send_id": i, "recipient_id": n, "message_id": i, "list_id": i, "domain_id": i}
            | {"state": state, "due_at": AT, "attempts": 1, "call_id": None if state == "suppressed" else i})
            for n, state in zip(people, states, strict=True)),
        ("outcomes", {"call_id": i, "delivery_id": i + 2, "outcome": "failed", "scope": "recipient", "reason": "no"}),
        ("tries", {"call_id": i, "number": 1, "how": "first", "outcome": "unknown", "reason": "", "words": ""}),
        ("events", {"id": i, "channel": "letters", "event_key": f"e{i}", "type": "delivered", "delivery_id": i}
            | {"happened_at": AT, "received_at": AT, "words": "", "counts": True}),
        ("tracked_links", {"id": i, "send_id": i, "url": "https://example.org"}),
        ("clicks", {"link_id": i, "hour": AT, "count": 5}),
        ("trial_clicks", {"send_id": i, "variant": "a", "count": 5}),
        ("limits", {"name": f"l{i}", "day": "2026-11-24", "used": 3}),
        ("channels", {"name": f"c{i}", "failures": 0, "paused_at": AT, "reason": "no KEY"}),
        ("credentials", {"channel": f"c{i}", "name": "token", "version": 1, "sealed": b"\x01"}),
        ("alerts", {"id": i, "cause": f"a{i}", "what": "x", "affected": "", "command": "", "urgent": True}
            | {"raised_at": AT}),
        ("media", {"digest": f"m{i}", "type": "image/png", "content": b"\x89PNG", "made_at": AT}),
        ("staff", {"id": i, "name": f"ada{i}", "role": "admin", "made_at": AT, "made_by": "cli:ada"}),
        ("sessions", {"digest": f"d{i}", "staff_id": i, "made_at": AT, "seen_at": AT, "until": AT}),
        ("actions", {"id": i, "at": AT, "actor": "ada", "what": "looked", "about": "x"}),
        ("api_tokens", {"id": i, "staff_id": i, "name": "t", "digest": f"d{i}", "scopes": ["read"], "made_at": AT}),
        ("hooks", {"id": i, **hook, "made_at": AT, "made_by": "ada", "failures": 0}),
        ("hook_messages", {"id": i, "hook_id": i, "key": f"k{i}", "kind": "edition.closed", "data": "{}"}
            | {"made_at": AT, "state": "waiting", "due_at": AT, "tries": 0}),
        ("hook_tries", {"id": i, "message_id": i, "at": AT, "took": 1, "trouble": "", "words": ""}),
    ]  # fmt: skip


def fill(engine: Engine, number: str) -> list[Row]:
    """Write rows into the tables as they are, and return what was written."""
    seen = inspect(engine)
    columns = {name: {each["name"] for each in seen.get_columns(name)} for name in seen.get_table_names()}
    rows = [
        (table, {name: value for name, value in row.items() if name in columns[table]})
        for table, row in rows_of(int(number))
        if table in columns
    ]
    missing = {name for name in columns if not name.startswith(NOT_OURS)} - {table for table, _ in rows}
    assert not missing, f"schema {number} has tables of which no row is tried: {missing}"
    with engine.begin() as conn:
        for table, row in rows:
            names = ", ".join(row)
            values = ", ".join(f":{name}" for name in row)
            conn.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), {n: put(v) for n, v in row.items()})
    return rows


def put(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value


def assert_whole(target, rows: list[Row]) -> None:
    """Count the books, and find every row as it was written."""
    store = Store.open(target)
    with store.read() as conn:
        sends = audit.send_ids(conn)
        assert (len(sends) > 0, [audit.faults(conn, send) for send in sends if audit.faults(conn, send)]) == (True, [])
        for table, row in rows:
            if table in NOT_KEPT:
                continue
            told = {name: value for name, value in row.items() if not isinstance(value, list | dict | type(None))}
            where = " AND ".join(f"{name} = :{name}" for name in told)
            found = conn.execute(text(f"SELECT {', '.join(row)} FROM {table} WHERE {where}"), told).all()
            assert len(found) == 1, (table, row)
            assert dict(zip(row, map(got, found[0], row.values()), strict=True)) == row
    store.close()


def got(value: Any, wanted: Any) -> Any:
    return json.loads(value) if isinstance(wanted, list | dict) and isinstance(value, str) else value


def written_under_each(engine: Engine, after=lambda number, rows: None) -> list[Row]:
    """Bring an empty database up schema by schema, with rows written under each; return all of them.

    :param after: called with each schema, and what was written so far.
    """
    written: list[Row] = []
    for number in NUMBERS:
        migrate.migrate_to(engine, number)
        written += fill(engine, number)
        after(number, list(written))
    engine.dispose()
    return written


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A ledger in a file of each schema, with rows of that time in it, and what those are."""
    folder = tmp_path_factory.mktemp("schemas")
    found = {}

    def copy(number: str, rows: list[Row]) -> None:
        found[number] = (folder / f"{number}.db", rows)
        shutil.copy(folder / "ledger.db", folder / f"{number}.db")

    written_under_each(create_engine(f"sqlite:///{folder / 'ledger.db'}"), copy)
    return found


@pytest.mark.parametrize("number", NUMBERS)
def test_a_ledger_in_a_file_of_each_schema_is_brought_up(files, number):
    path, written = files[number]
    store = Store.open(path, to_upgrade=True)
    steps = store.upgrade()
    store.close()
    assert [step.number for step in steps] == NUMBERS[NUMBERS.index(number) + 1 :]
    assert all(step.words for step in steps)
    assert_whole(path, written)


def test_on_postgresql_what_was_written_under_each_schema_is_there_after_all_that_followed(postgresql):
    target = postgresql.create("upgrades")
    assert_whole(target, written_under_each(create_engine(parse(target))))
