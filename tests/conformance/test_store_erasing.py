"""Nobody who was erased is named anywhere, on both engines: the tables themselves say where to look."""

from __future__ import annotations

import zlib
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import JSON, BigInteger, Boolean, Column, Integer, LargeBinary, Table, insert, select, true, update
from sqlalchemy import Text as AnyText

from publisher.audience import erasing, imports, moving
from publisher.model.call import Answer, Outcome, Verdict
from publisher.model.event import Event, EventKind
from publisher.model.subscriber import SubscriptionState
from publisher.pipeline import dispatch, hear
from publisher.pipeline.dispatch.answer import record_answer
from publisher.store import calls, erasures, staff, subscribers, suppressions, tables
from publisher.store.journal_file import JournalFile
from publisher.store.tables import Moment, Text, update_row
from tests.ledger import HASH_KEY, NOW, Clock, add_edition, add_send, books, desk, subscribe
from tests.unit.audience.people import find, hash_of

ADDRESS, FORMER, NAME = "canary.bird@aviary.example", "canary.old@cage.example", "Canary Featherstone"
SIGNS = ("canary.bird", "canary.old", "featherstone")
WORDS = f"550 <{ADDRESS.upper()}>, before {FORMER}: no"
KEPT_AS = (AnyText, JSON, LargeBinary, Text)

# Texts of the letters to somebody, and what is known of them: taken out by their rows.
THEIRS = {
    "subscribers": {"email", "address_hash", "name", "attributes", "language"},
    "changes": {"what", "words", "actor"},
    "subscriptions": {"state", "basis", "actor"},
    "suppressions": {"address_hash", "scope", "reason", "actor"},
    "deliveries": {"state", "reason"},
    "outcomes": {"outcome", "scope", "reason", "provider_id"},
    "events": {"channel", "event_key", "type", "words"},
    "tries": {"how", "outcome", "reason", "words"},
    "calls": {
        *("channel", "key", "state", "members", "journal", "body_hash"),
        *("outcome", "reason", "provider_id", "url", "words"),
    },
}  # fmt: skip
# What the newsroom wrote, what machines are called, and digests: of no reader. Whoever adds a column says here, or in
# `erasures.SWEPT`, what may come into it.
OURS = {
    *("articles", "article_aliases", "article_revisions", "article_history", "looks", "source_links"),
    *("edition_articles", "messages", "media", "notes", "approvals", "tracked_links", "trial_clicks"),
    *("lists", "domains", "wordings", "recipients", "project_versions", "processes", "sealed_totals"),
    *("limits", "credentials", "staff", "sessions", "api_tokens", "templates"),
}
OURS_OF = {
    "actions": {"actor"},
    "alerts": {"cause", "channel"},
    "channels": {"name"},
    "editions": {"schedule", "slot", "language", "state", "actor", "practice", "changes"},
    "erasures": {"actor", "counted"},
    "facts": {"name"},
    "hook_messages": {"key", "kind", "state"},
    "hooks": {
        *("address", "description", "kinds", "key_id", "sealed", "old_key_id", "old_sealed"),
        *("made_by", "paused_by", "ended_by"),
    },
    "schedules": {"name", "actor"},
    "sends": {"entry", "kind", "channel", "audience", "state", "actor", "on_unknown", "archive", "trial", "selection"},
    "sources": {"name", "title", "etag", "last_modified", "place", "actor", "moved_to"},
}  # fmt: skip


def test_of_every_text_of_the_ledger_it_is_said_who_may_come_into_it():
    swept = {table.name: set(columns) for table, columns in erasures.SWEPT.items()}
    for table in tables.metadata.sorted_tables:
        said = THEIRS.get(table.name, set()) | swept.get(table.name, set()) | OURS_OF.get(table.name, set())
        texts = {column.name for column in table.columns if isinstance(column.type, KEPT_AS)}
        if table.name in OURS:
            assert not said, f"{table.name} is said twice"
        else:
            assert texts == said, f"{table.name}: who may come into {texts ^ said}?"


def test_nobody_who_was_erased_is_named_anywhere(store, tmp_path):
    store.journal = JournalFile(tmp_path / "publisher.journal")
    subscribe(store, 2)
    person_id = _bring_in(store)
    sent, unknown = _write_to_all(store)
    _complain(store, person_id)
    _fill_what_is_swept(store)
    assert [sign for sign in SIGNS if sign not in _whole(store)] == []
    receipt = _erase(store, person_id)
    assert [(sign, line) for line in _whole(store).splitlines() for sign in SIGNS if sign in line] == []
    assert [sign for sign in SIGNS if sign in store.journal.path.read_text().casefold()] == []
    assert "reader2@example.org" in _whole(store)
    assert books(store, sent) == {"sent": 2, "failed": 1} and books(store, unknown) == {"unknown": 3}
    assert {"subscribers": 2, "deliveries": 2, "calls": 3, "alerts": 1, "sends": 2}.items() <= receipt.counted.items()
    assert "(erased)" in receipt.why
    with store.read() as conn:
        assert erasures.receipts(conn, 1) == [receipt] and erasures.receipt(conn, receipt.number) == receipt
        assert staff.done(conn)[0]["what"] == f"erased a subscriber (receipt {receipt.number})"


def _bring_in(store) -> int:
    """Let somebody join with all that may be known of them, move, leave and come back; return who."""
    imports.add_one(store, FORMER, "daily", name=NAME, hash_key=HASH_KEY, now=NOW, actor="cli:ada")
    person = find(store, FORMER)
    with store.write() as conn:
        list_id = subscribers.ensure_list(conn, "daily")
        for state in (SubscriptionState.LEFT, SubscriptionState.CONFIRMED):
            basis = f"left: {NAME} <{FORMER}> rang"
            subscribers.set_subscription(conn, person.id, list_id, state, basis=basis, now=NOW, actor="cli:ada")
        conn.execute(
            update(tables.subscribers).where(tables.subscribers.c.id == person.id).values(attributes={NAME: ADDRESS})
        )
        new = subscribers.ensure_person(conn, ADDRESS, hash_of(ADDRESS), NOW)
    moving.move(store, person.id, new, now=NOW, actor="subscriber", why=f"{NAME} asked")
    return person.id


def _write_to_all(store) -> tuple[int, int]:
    """Send an edition that arrives, and another of which nobody knows."""
    mine, made = desk(store, Clock()), []
    for slot, verdict in (("a", Verdict(Outcome.SENT, reason=WORDS)), ("b", Verdict(Outcome.UNKNOWN, reason=WORDS))):
        made.append(add_send(store, add_edition(store, slot)))
        claimed = dispatch.claim(store, mine, "letters", 3)
        assert dispatch.begin(store, mine, claimed)
        record_answer(store, mine, claimed, Answer(verdict, words=WORDS))
    with store.write() as conn:
        conn.execute(
            update(tables.calls).values(words=WORDS, journal={"said": [WORDS]}, url=f"https://x.example/{ADDRESS}")
        )
        assert ADDRESS in str(
            calls.thaw(
                conn.execute(select(tables.calls.c.members).where(tables.calls.c.members.is_not(None))).scalar_one()
            )
        )
    return made[0], made[1]


def _complain(store, person_id: int) -> None:
    with store.read() as conn:
        query = select(tables.deliveries.c.id).join(tables.recipients)
        ids = (
            conn.execute(query.where(tables.recipients.c.subscriber_id == person_id).order_by(tables.deliveries.c.id))
            .scalars()
            .all()
        )
    bounce = Event(EventKind.HARD_BOUNCE, "k1", NOW, words=f"{WORDS} {NAME}")
    assert hear.record(store, "letters", [(ids[0], bounce)], now=NOW) == ["new"]
    with store.write() as conn:
        conn.execute(
            update(tables.deliveries).where(tables.deliveries.c.id == ids[1]).values(reason=f"{NAME}: {WORDS}")
        )
        suppressions.lift(conn, hash_of(ADDRESS), why=f"{NAME} rang", now=NOW, actor="cli:ada")


def _fill_what_is_swept(store) -> None:
    """Put the address into every text that may hold anybody's, in words and in JSON."""
    with store.write() as conn:
        for table, columns in erasures.SWEPT.items():
            if table is tables.facts or conn.execute(select(table).limit(1)).first() is None:
                _put(conn, table)
            said = {
                name: [{"check": "x", "what": WORDS}] if isinstance(table.c[name].type, JSON) else WORDS
                for name in columns
            }
            ours = table.c.name != "epoch" if table is tables.facts else true()
            conn.execute(update(table).where(ours).values(said))


def _put(conn, table: Table) -> int:
    """Write down some row of a table, and whatever it refers to."""
    values = {
        column.name: _some(conn, column) for column in table.columns if not column.nullable and column.name != "id"
    }
    return conn.execute(insert(table).values(values).returning(*table.primary_key)).first()[0]


def _some(conn, column: Column):
    if column.foreign_keys:
        return _put(conn, next(iter(column.foreign_keys)).column.table)
    kinds = ((Moment, NOW), (Boolean, False), (BigInteger, 1), (Integer, 1), (JSON, {}), (LargeBinary, b""))
    return next((value for kind, value in kinds if isinstance(column.type, kind)), "x")


def _erase(store, person_id: int):
    said = {"hash_of": hash_of, "why": f"{NAME} <{FORMER}> wrote", "now": NOW + timedelta(days=1), "actor": "cli:bo"}
    receipt = erasing.erase(store, person_id, **said)
    assert receipt is not None and erasing.erase(store, person_id, **said) is None
    return receipt


def _whole(store) -> str:
    """Return every row of every table as text; what is compressed, unpacked."""
    with store.read() as conn:
        rows = [(table.name, *row) for table in tables.metadata.sorted_tables for row in conn.execute(select(table))]
    return "\n".join(" | ".join(map(_plain, row)) for row in rows).casefold()


def _plain(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        value = bytes(value)
        with suppress(zlib.error):
            value = zlib.decompress(value)
        return value.decode("utf-8", "replace")
    return str(value)


def test_a_call_in_doubt_is_not_said_again_once_somebody_in_it_was_erased(store):
    from publisher.pipeline.dispatch.again import is_as_it_was

    subscribe(store, 2)
    send = add_send(store, add_edition(store))
    mine = desk(store, Clock())
    claimed = dispatch.claim(store, mine, "letters", 2)
    assert dispatch.begin(store, mine, claimed)
    record_answer(store, mine, claimed, Answer(Verdict(Outcome.UNKNOWN, reason="no answer")))
    with store.write() as conn:
        conn.execute(update(tables.calls).values(retry_at=NOW))
    said = {"hash_of": hash_of, "why": "wrote", "now": NOW, "actor": "cli:bo"}
    for left in (1, 0):
        with store.write() as conn:
            call = calls.get(conn, claimed.call.id)
            assert is_as_it_was(conn, call, calls.thaw(call["members"]), NOW) == (left == 1)
        assert erasing.erase(store, find(store, f"reader{2 - left}@example.org").id, **said)
        with store.read() as conn:
            call = calls.get(conn, claimed.call.id)
            assert [bool(each.address) for each in calls.thaw(call["members"])].count(True) == left
            assert (call["retry_at"] is None) == (left == 0)
    assert books(store, send) == {"unknown": 2}


def test_whoever_is_erased_in_a_call_whose_process_died_is_given_back_with_the_others(store):
    subscribe(store, 2)
    send = add_send(store, add_edition(store))
    assert dispatch.claim(store, desk(store, Clock()), "letters", 2)
    said = {"hash_of": hash_of, "why": "wrote", "now": NOW, "actor": "cli:bo"}
    assert erasing.erase(store, find(store, "reader1@example.org").id, **said)
    assert dispatch.take_over(store, lambda call: False, now=NOW) == (2, 0)
    assert books(store, send) == {"pending": 2}


def test_an_address_ends_where_no_other_goes_on():
    names = erasures.Names(["an@x.org"])
    for text in ("jean@x.org", "an@x.org.uk", "a.an@x.org", "an@x.organic", "x-an@x.org"):
        assert names.out_of(text) == text
    for text in ("<an@x.org>", "an@x.org.", "to an@x.org, and", "AN@X.ORG"):
        assert "x.org" not in names.out_of(text).lower()


def test_a_name_of_anybody_strikes_nothing_out_of_the_newsrooms_records(store):
    subscribe(store, 1)
    with store.write() as conn:
        staff.write_down(conn, "cli:ada", "held all sending", now=NOW)
        conn.execute(update(tables.subscribers).values(name="held all sending"))
    assert erasing.erase(
        store, find(store, "reader1@example.org").id, hash_of=hash_of, why="x", now=NOW, actor="subscriber"
    )
    with store.read() as conn:
        assert [row["what"] for row in staff.done(conn)][-1] == "held all sending"


class Ended(BaseException):
    """What ends a process."""


def test_an_erasure_that_is_cut_short_is_finished_later_and_its_receipt_is_whole(store, monkeypatch):
    subscribe(store, 2)
    for slot in "abc":
        add_send(store, add_edition(store, slot))
    person_id, steps = find(store, "reader1@example.org").id, iter([None, Ended, None, Ended])
    with store.write() as conn:
        update_row(conn, tables.subscribers, person_id, {"email": ADDRESS})
        for letter in erasures.letters_to(conn, [person_id]):
            update_row(conn, tables.deliveries, letter.id, {"reason": f"550 {ADDRESS}: no"})
    said = {"hash_of": hash_of, "why": f"{ADDRESS} wrote", "now": NOW, "actor": "cli:bo"}
    unname = erasures.unname

    def cut_short(*given):
        if ends := next(steps, None):
            raise ends
        return unname(*given)

    monkeypatch.setattr(erasing, "BATCH", 1)
    monkeypatch.setattr(erasures, "unname", cut_short)
    with suppress(Ended):
        erasing.erase(store, person_id, **said)
    with store.read() as conn:
        assert subscribers.get(conn, person_id) is None and erasures.receipts(conn, 1) == []
    for _ in range(2):
        with suppress(Ended):
            erasing.finish_all(store)
    assert "canary" not in _whole(store)
    with store.read() as conn:
        [receipt] = erasures.receipts(conn, 2)
        assert erasures.unfinished(conn) == []
    assert {"deliveries": 3, "subscribers": 1, "subscriptions": 1}.items() <= receipt.counted.items()
    assert (receipt.at, receipt.actor, receipt.why) == (NOW, "cli:bo", "(erased) wrote")
    assert erasing.finish_all(store) == []


def test_whoever_has_the_address_next_and_is_erased_first_takes_it_from_no_erasure_under_way(store):
    subscribe(store, 2)
    add_send(store, add_edition(store))
    first, second = (find(store, f"reader{number}@example.org").id for number in (1, 2))
    with store.write() as conn:
        update_row(conn, tables.subscribers, first, {"email": ADDRESS})
        for letter in erasures.letters_to(conn, [first]):
            update_row(conn, tables.deliveries, letter.id, {"reason": f"550 {ADDRESS}: no"})
    said = {"hash_of": hash_of, "why": "wrote", "now": NOW, "actor": "cli:bo"}
    with store.write() as conn:  # as far as it comes before their letters
        erasing._begin(conn, subscribers.lock(conn, first), **said, besides={})
    with store.write() as conn:
        update_row(conn, tables.subscribers, second, {"email": ADDRESS})
    assert erasing.erase(store, second, **said)
    assert ADDRESS in _whole(store)
    erasing.finish_all(store)
    assert "canary" not in _whole(store)
