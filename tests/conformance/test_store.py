"""What every ledger does, on SQLite and on PostgreSQL: the same tests over both."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256

import pytest
from sqlalchemy import func, insert, select, text, update

from publisher.errors import StoreError
from publisher.model.article import Article, Reading, Standing
from publisher.model.message import Correction, Upload
from publisher.model.project import Source
from publisher.model.segment import Selection
from publisher.model.states import CallState, DeliveryState, EditionState, SendState
from publisher.pipeline import address, collect, settle
from publisher.pipeline.operate import stopping
from publisher.store import (
    Store,
    arrivals,
    articles,
    audience,
    calls,
    candidates,
    deliveries,
    edition_lists,
    editions,
    identity,
    media,
    messages,
    processes,
    project_versions,
    sends,
    sources,
)
from publisher.store import subscribers as people
from publisher.store.sql import count_anew
from publisher.store.tables import deliveries as rows
from publisher.store.tables import facts, recipients, schedules, subscribers, subscriptions
from publisher.store.tables import media as pictures
from publisher.store.tables import sends as sends_table
from tests.ledger import MAIL, NOW, POST, add_article, add_edition, add_send, books, subscribe

D = DeliveryState


@pytest.fixture
def process(store):
    """A process that is at work, without its lock."""
    values = {"host": "here", "pid": 1, "command": "test", "started_at": NOW}
    with store.write() as conn:
        return processes.insert_row(conn, processes.processes, **values)


def claim(store: Store, process_id: int, key: str, limit: int = 3) -> list[int]:
    """Claim as the dispatcher does, and move the books."""
    with store.write() as conn:
        due = deliveries.next_due(conn, "letters", NOW)
        if due is None:
            return []
        send = sends.lock(conn, due.send_id)
        if send["state"] not in (SendState.ADDRESSED, SendState.SENDING):
            return []
        taken = take(conn, due, process_id, key, limit)
        sends.post_to_books(conn, due.send_id, {"pending": -len(taken), "taken": len(taken)})
        return taken


def take(conn, due: deliveries.Due, process_id: int, key: str, limit: int) -> list[int]:
    """Take due deliveries under a call of their own; the send is locked."""
    chosen = deliveries.choose(conn, due, limit=limit, now=NOW)
    said = {"send_id": due.send_id, "message_id": due.message_id, "channel": "letters", "process_id": process_id}
    (call,) = calls.open_calls(conn, [calls.Fresh(key, ())], lease_until=NOW, now=NOW, **said)
    deliveries.take(conn, {call: chosen}, due.message_id)
    return chosen


# --- transactions -----------------------------------------------------------------------------------------------------


def test_a_write_that_raises_leaves_nothing_behind(store):
    with pytest.raises(RuntimeError), store.write() as conn:
        conn.execute(insert(facts).values(name="half", value="done"))
        raise RuntimeError
    assert fact(store, "half") is None


def test_a_rehearsal_finds_what_it_wrote_and_leaves_nothing_behind(store):
    with store.rehearsal() as conn:
        conn.execute(insert(facts).values(name="tried", value="once"))
        assert conn.execute(select(facts.c.value).where(facts.c.name == "tried")).scalar_one() == "once"
    assert fact(store, "tried") is None
    with pytest.raises(RuntimeError, match="no rehearsal"), store.rehearsal():
        raise RuntimeError("no rehearsal")


def fact(store: Store, name: str) -> str | None:
    with store.read() as conn:
        return conn.execute(select(facts.c.value).where(facts.c.name == name)).scalar_one_or_none()


def test_a_write_within_a_write_is_refused_at_once(store):
    with pytest.raises(RuntimeError, match="a write within a write"), store.write(), store.write():
        pass
    with store.write() as conn:  # and afterwards all is well
        conn.execute(insert(facts).values(name="a", value="b"))


def test_a_read_is_one_picture_whatever_is_written_meanwhile(store):
    with store.read() as conn:
        before = conn.execute(select(facts.c.name)).all()
        with store.write() as other:
            other.execute(insert(facts).values(name="new", value="x"))
        assert conn.execute(select(facts.c.name)).all() == before


def test_a_naive_time_is_refused(store):
    naive = datetime(2026, 11, 24, 7, 0)  # noqa: DTZ001 -- the point of the test
    with pytest.raises(Exception, match="without a zone"), store.write() as conn:
        conn.execute(insert(schedules).values(name="morning", added_at=naive, considered_until=naive))


def test_times_come_back_aware_to_the_microsecond(store):
    for moment in (datetime(2026, 11, 24, 7, 0, 0, 123456, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)):
        with store.write() as conn:
            conn.execute(insert(schedules).values(name=str(moment), added_at=moment, considered_until=moment))
            read = conn.execute(select(schedules.c.added_at).where(schedules.c.name == str(moment))).scalar_one()
        assert (read, read.utcoffset()) == (moment, timedelta(0))


def test_the_clock_of_the_store_is_aware_and_goes_on(store):
    first = store.now()
    with store.write() as conn:
        second = store.now(conn)
    assert first.utcoffset() == timedelta(0)
    assert first <= second


def test_what_the_database_refuses_says_no_values(store):
    subscribe(store, 1)
    with pytest.raises(Exception, match=r"(?i)unique") as refused, store.write() as conn:
        row = {"email": "secret@example.org", "address_hash": "x", "name": "", "attributes": {}, "made_at": NOW}
        domain = people.ensure_domain(conn, "example.org")
        for _ in range(2):
            conn.execute(insert(people.subscribers).values(**row, domain_id=domain))
    assert "secret" not in str(refused.value)


# --- text -------------------------------------------------------------------------------------------------------------


def test_text_comes_back_as_it_was_written(store):
    words = "Ærøskøbing, 東京, \U0001f468\u200d\U0001f469\u200d\U0001f467, e\u0301, \u202eright to left, ' \" \\ %s :x"
    with store.write() as conn:
        conn.execute(insert(facts).values(name=words, value=words))
    assert fact(store, words) == words


def test_a_post_comes_back_with_its_picture_and_an_older_one_without(store):
    post = replace(POST, upload=Upload("0" * 64, "A ferry", 320, 180, in_card=True, is_needed=True))
    older = {name: value for name, value in messages.encode(POST).items() if name != "upload"}
    with store.write() as conn:
        send = send_row(conn, add_edition_in(conn))
        assert messages.get(conn, messages.add(conn, send, post, NOW)) == post
    assert messages.decode("post", older) == POST


def test_a_correction_comes_back_with_the_new_words_and_what_was_noted(store):
    post = replace(POST, upload=Upload("0" * 64, "A ferry", 320, 180, in_card=False))
    noted = {"picture": {"id": "220002", "ready": True}}
    correction = Correction(("m1", "m2"), post, "https://news.example/m1", "d1", {"chat": "0a1b"}, noted)
    with store.write() as conn:
        send = send_row(conn, add_edition_in(conn))
        assert messages.get(conn, messages.add(conn, send, correction, NOW)) == correction


def test_a_nul_is_marked_as_lost_before_it_reaches_the_database(store):
    mail = replace(MAIL, subject=("NUL \0 and \\u0000",))
    with store.write() as conn:
        conn.execute(insert(facts).values(name="a\0b", value="\0"))
        send = send_row(conn, add_edition_in(conn))
        message = messages.add(conn, send, mail, NOW)
        assert messages.get(conn, message).subject == ("NUL \ufffd and \\u0000",)
    assert fact(store, "a\ufffdb") == "\ufffd"


def test_an_article_of_many_scripts_is_the_same_when_it_is_seen_again(store):
    article = Article("Ζάγκρεμπ \0", url="https://h.example/1", text="ا\u0644", authors=("Þór",))
    with store.write() as conn:
        source = sources.ensure(conn, "site")
        number = add_article(conn, source["id"], article)
        assert articles.get(conn, number).article == replace(article, title="Ζάγκρεμπ \ufffd")
        assert articles.get(conn, number).article == articles.as_kept(article)


# --- conditional moves ------------------------------------------------------------------------------------------------


def test_a_call_moves_only_from_a_state_that_allows_it(store, process):
    subscribe(store, 1)
    add_send(store, add_edition(store))
    claim(store, process, "k")
    with store.write() as conn:
        call = calls.open_ones(conn)[0]["id"]
        assert not calls.move(conn, call, CallState.ANSWERED)
        assert calls.move(conn, call, CallState.SENDING)
        assert not calls.move(conn, call, CallState.GIVEN_BACK)
        assert calls.move(conn, call, CallState.ANSWERED)
        assert not calls.move(conn, call, CallState.ANSWERED)
        assert calls.open_ones(conn) == []


def test_a_delivery_moves_only_under_the_call_that_holds_it(store, process):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    taken = claim(store, process, "k")
    with store.write() as conn:
        sends.lock(conn, send)
        call = calls.open_ones(conn)[0]["id"]
        assert deliveries.move(conn, taken, call_id=call + 1, origin=D.TAKEN, to=D.SENT) == 0
        assert deliveries.move(conn, taken[:2], call_id=call, origin=D.TAKEN, to=D.SENT) == 2
        assert deliveries.move(conn, taken, call_id=call, origin=D.TAKEN, to=D.FAILED) == 1
        sends.post_to_books(conn, send, {"taken": -3, "sent": 2, "failed": 1})
    assert books(store, send) == {"sent": 2, "failed": 1}


def test_of_many_who_move_an_edition_one_succeeds(store):
    edition = add_edition(store)

    def cancel(_: int) -> bool:
        with store.write() as conn:
            return editions.move(conn, edition, EditionState.CANCELLED, NOW)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(cancel, range(8))) == 1


def test_a_slot_is_taken_by_whoever_comes_first(store):
    with store.write() as conn:
        version = project_versions.accept(conn, "digest", "text", NOW, "test")

    def fire(_: int) -> int | None:
        with store.write() as conn:
            return add_edition_in(conn, version)

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(fire, range(16)))
    assert len([edition for edition in made if edition is not None]) == 1


def add_edition_in(conn, version: int | None = None) -> int | None:
    version = version or project_versions.accept(conn, "digest", "text", NOW, "test")
    said = {"schedule": "morning", "slot": "2026-11-24T07:00", "language": "en", "reason": "", "actor": "test"}
    said |= {"due_at": NOW, "now": NOW, "state": EditionState.LOCKED, "places": [], "version_id": version}
    return editions.add(conn, **said)


def send_row(conn, edition_id: int | None) -> int:
    said = {"entry": "letters", "kind": "regular", "number": 1, "channel": "letters", "audience": ["daily"]}
    said |= {"priority": 2, "state": SendState.READY, "reasons": [], "made_at": NOW, "actor": "test"}
    return sends.add(conn, edition_id=edition_id, **said)


def test_one_version_of_the_file_is_written_down_once_by_many(store):
    def accept(_: int) -> int:
        with store.write() as conn:
            return project_versions.accept(conn, "digest", "text", NOW, "test")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(accept, range(16)))) == 1


# --- the audience and the books ---------------------------------------------------------------------------------------


def meanwhile(store: Store, first, second):
    """Do the first in a write, and the second from another thread before the first is committed; return both."""
    with ThreadPoolExecutor(1) as pool:
        with store.write() as conn:
            done = first(conn)
            other = pool.submit(second)
            time.sleep(0.3)
        return done, other.result(20)


def test_a_reader_of_two_lists_is_counted_once_by_two_sends_that_are_addressed_at_once(store):
    subscribe(store, 40, "daily")
    subscribe(store, 40, "weekend")
    add_send(store, add_edition(store, "yesterday"))  # all are known as recipients
    edition = add_edition(store)
    with store.write() as conn:
        first, second = (two_sends(conn, edition, name) for name in ("daily", "weekend"))

    def freeze(conn) -> None:
        said = {"edition_id": edition, "list_id": people.ensure_list(conn, "daily"), "due_at": NOW}
        said |= {"selection": Selection(), "now": NOW}
        message, _ = messages.of_send(conn, first)
        counted = audience.freeze_readers(conn, send_id=first, message_id=message, **said)
        sends.post_to_books(conn, first, counted, candidates=counted.total())

    meanwhile(store, freeze, lambda: address.record(store, second, now=NOW))
    assert [books(store, first), books(store, second)] == [{"pending": 40}, {"excluded": 40}]


def two_sends(conn, edition: int, name: str) -> int:
    said = {"entry": name, "kind": "regular", "number": 1, "channel": "letters", "audience": [name], "priority": 2}
    said |= {"state": SendState.READY, "reasons": [], "made_at": NOW, "actor": "test"}
    send = sends.add(conn, edition_id=edition, **said)
    messages.add(conn, send, MAIL, NOW)
    return send


def test_who_joins_later_is_not_in_a_frozen_audience(store):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    subscribe(store, 5)
    with store.read() as conn:
        assert sends.count_in_full(conn, send)["pending"] == 3


def test_the_same_people_in_many_editions_are_recipients_once(store):
    subscribe(store, 20)
    added = [add_edition(store, f"2026-11-{day}T07:00") for day in range(10, 14)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda edition: add_send(store, edition), added))
    assert [books(store, send) for send in made] == [{"pending": 20}] * 4
    with store.read() as conn:
        assert len(conn.execute(select(recipients.c.id)).all()) == 20


def test_books_that_would_not_balance_are_refused_and_nothing_moves(store):
    subscribe(store, 2)
    send = add_send(store, add_edition(store))
    for wrong in ({"pending": -1}, {"pending": -3, "sent": 3}):
        with pytest.raises(StoreError, match="would not balance"), store.write() as conn:
            sends.post_to_books(conn, send, wrong)
    assert books(store, send) == {"pending": 2}


# --- claims -----------------------------------------------------------------------------------------------------------


def test_many_who_claim_at_once_never_take_a_row_twice(store, process):
    subscribe(store, 200)
    send = add_send(store, add_edition(store))

    def claim_all(worker: int) -> list[int]:
        taken: list[int] = []
        while batch := claim(store, process, f"{worker}-{len(taken)}", limit=7):
            taken += batch
        return taken

    with ThreadPoolExecutor(8) as pool:
        taken = [number for batch in pool.map(claim_all, range(8)) for number in batch]
    assert len(taken) == len(set(taken)) == 200
    assert books(store, send) == {"taken": 200}


def test_a_claim_takes_no_more_than_its_limit_and_what_is_due_first(store, process):
    subscribe(store, 9)
    send = add_send(store, add_edition(store))
    with store.write() as conn:
        mine = conn.execute(select(rows.c.id).where(rows.c.send_id == send).order_by(rows.c.id)).scalars().all()
        conn.execute(update(rows).where(rows.c.id == mine[8]).values(due_at=NOW - timedelta(hours=1)))
        conn.execute(update(rows).where(rows.c.id == mine[0]).values(due_at=NOW + timedelta(hours=1)))
    assert claim(store, process, "k", limit=4) == [*mine[1:4], mine[8]]


def test_who_cancels_and_who_claims_never_wait_in_a_circle(store, process):
    subscribe(store, 60)
    made = [add_send(store, add_edition(store, f"2026-11-{day}T07:00")) for day in range(10, 16)]
    editions_of = {}
    with store.read() as conn:
        editions_of = {send: sends.get(conn, send)["edition_id"] for send in made}
    start = threading.Barrier(5)

    def keep_claiming(worker: int) -> int:
        start.wait()
        taken = 0
        while batch := claim(store, process, f"{worker}-{taken}", limit=2):
            taken += len(batch)
        return taken

    def cancel_all() -> int:
        start.wait()
        return sum(stopping.cancel_edition(store, editions_of[send], reason="enough", now=NOW) for send in made)

    with ThreadPoolExecutor(5) as pool:
        claimed = [pool.submit(keep_claiming, worker) for worker in range(4)]
        stopped = pool.submit(cancel_all).result()
    assert sum(each.result() for each in claimed) + stopped == 360
    for send in made:
        assert set(books(store, send)) <= {"taken", "cancelled"}


def test_after_a_cancellation_nothing_more_is_claimed(store, process):
    subscribe(store, 5)
    edition = add_edition(store)
    add_send(store, edition)
    assert len(claim(store, process, "before")) == 3
    assert stopping.cancel_edition(store, edition, reason="enough", now=NOW) == 2
    assert claim(store, process, "after") == []


CROWD = """
    INSERT INTO subscribers (email, address_hash, domain_id, name, attributes, made_at)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :most)
    SELECT 'r' || i || '@example.org', CAST(i AS TEXT), :domain, '', '{}', 0 FROM n
"""
ALL_ON_A_LIST = """
    INSERT INTO subscriptions (list_id, subscriber_id, state, basis, since, actor)
    SELECT :list, id, 'confirmed', 'test', 0, 'test' FROM subscribers
"""


def test_a_claim_of_fifty_thousand_is_one_claim(store, process):
    audience = 50_000
    with store.write() as conn:
        domain, daily = people.ensure_domain(conn, "example.org"), people.ensure_list(conn, "daily")
        conn.execute(text(CROWD), {"most": audience, "domain": domain})
        conn.execute(text(ALL_ON_A_LIST), {"list": daily})
        count_anew(conn, subscribers, subscriptions)  # as an import does
        known = people.by_hash(conn, [str(number) for number in range(1, audience + 1)])
        assert len(people.states_on(conn, daily, [reader.id for reader in known.values()])) == audience
    send = add_send(store, add_edition(store))
    taken = claim(store, process, "k", limit=audience)
    assert len(taken) == audience
    with store.write() as conn:
        sends.lock(conn, send)
        call = calls.open_ones(conn)[0]["id"]
        assert deliveries.attempts_of(conn, taken) == 1
        assert len(deliveries.members(conn, taken, NOW)) == audience
        assert deliveries.move(conn, taken, call_id=call, origin=D.TAKEN, to=D.SENT) == audience
        sends.post_to_books(conn, send, {"taken": -audience, "sent": audience})
    assert books(store, send) == {"sent": audience}


def test_what_is_claimed_before_a_cancellation_is_committed_is_not_cancelled_as_well(store, process):
    subscribe(store, 5)
    edition = add_edition(store)
    send = add_send(store, edition)

    def take_three(conn) -> list[int]:
        due = deliveries.next_due(conn, "letters", NOW)
        sends.lock(conn, send)
        taken = take(conn, due, process, "k", 3)
        sends.post_to_books(conn, send, {"pending": -3, "taken": 3})
        return taken

    cancel = partial(stopping.cancel_edition, store, edition, reason="enough", now=NOW)
    taken, stopped = meanwhile(store, take_three, cancel)
    assert (len(taken), stopped) == (3, 2)
    assert books(store, send) == {"taken": 3, "cancelled": 2}


def test_a_send_that_is_stopped_meanwhile_is_seen_as_stopped_by_who_locks_it(store):
    subscribe(store, 2)
    send = add_send(store, add_edition(store))

    def state() -> str:
        with store.write() as conn:
            return sends.lock(conn, send)["state"]

    moved, seen = meanwhile(store, lambda conn: sends.move(conn, send, SendState.PAUSED), state)
    assert (moved, seen) == (True, SendState.PAUSED)


def test_two_sends_that_end_at_once_close_their_edition(store):
    edition = add_edition(store)
    with store.write() as conn:
        first, second = (two_sends(conn, edition, name) for name in ("daily", "weekend"))
        for send in (first, second):
            sends.move(conn, send, SendState.ADDRESSED)

    def end(conn) -> None:
        sends.lock_with_edition(conn, first)
        sends.move(conn, first, SendState.DONE, done_at=NOW)
        settle.close_edition(conn, edition, NOW)

    def end_other() -> None:
        with store.write() as conn:
            sends.lock_with_edition(conn, second)
            sends.move(conn, second, SendState.DONE, done_at=NOW)
            settle.close_edition(conn, edition, NOW)

    meanwhile(store, end, end_other)
    with store.read() as conn:
        assert editions.get(conn, edition)["state"] == EditionState.CLOSED


def test_two_who_collect_one_source_at_once_keep_each_article_once(store):
    reading = Reading((Article("Ferry", url="https://h.example/1", guid="1", text="After two years."),))
    source = Source("site", "feed", "https://h.example/feed")
    collect.record(store, source, Reading(()), NOW)

    def seen(conn) -> None:
        row = sources.ensure(conn, "site")
        number = add_article(conn, row["id"], reading.articles[0])
        identity.add_aliases(conn, row["id"], [(number, ("guid", "1")), (number, ("link", "//h.example/1"))])

    meanwhile(store, seen, lambda: collect.record(store, source, reading, NOW))
    with store.read() as conn:
        assert len(articles.latest(conn, limit=10)) == 1


def test_one_story_that_two_sources_bring_at_once_is_one_story(store):
    story = Article("Ferry", url="https://h.example/1", text="After two years.")
    site, culture = (Source(name, "feed", f"https://h.example/{name}") for name in ("site", "culture"))
    for source in (site, culture):
        collect.record(store, source, Reading(()), NOW)

    def seen(conn) -> None:
        collect.record_in(conn, collect.Sighting.of(site, Reading((story,))), NOW)

    meanwhile(store, seen, lambda: collect.record(store, culture, Reading((story,)), NOW))
    with store.read() as conn:
        assert {each.story_id for each in articles.latest(conn, limit=10)} == {1}


def test_two_who_compose_for_one_schedule_at_once_carry_no_article_twice(store):
    edition = add_edition(store, "manual")
    with store.read() as conn:
        carried = articles.of_edition(conn, edition)[0][1].id
    with store.write() as conn:
        version = project_versions.accept(conn, "digest", "text", NOW, "test")

    def compose(conn, slot: str) -> bool:
        if candidates.carried(conn, "evening", [carried]):
            return False
        said = {"schedule": "evening", "slot": slot, "language": "en", "reason": "", "actor": "test"}
        said |= {"due_at": NOW, "now": NOW, "state": EditionState.LOCKED, "version_id": version}
        editions.add(conn, places=[editions.Place(carried, 1, 1, "new")], **said)
        return True

    def other() -> bool:
        with store.write() as conn:
            return compose(conn, "second")

    assert meanwhile(store, lambda conn: compose(conn, "first"), other) == (True, False)


def test_practice_that_is_over_gives_its_articles_and_their_slots_back(store):
    ids = {}
    with store.write() as conn:
        version = project_versions.accept(conn, "digest", "text", NOW, "test")
    for slot, age in (("manual", 0), ("article:1", 1), ("article:2", 48)):
        carried = articles_of(store, add_edition(store, f"seed {slot}", schedule="seed"))
        said = {"schedule": "evening", "slot": slot, "language": "en", "reason": "", "actor": "test", "now": NOW}
        said |= {"due_at": NOW - timedelta(hours=age), "state": EditionState.CLOSED, "version_id": version}
        with store.write() as conn:
            places = [editions.Place(carried[0], 1, 1, "new")]
            ids[slot] = (editions.add(conn, places=places, is_practice=True, **said), carried[0])
    wanted = [article for _, article in ids.values()]
    with store.write() as conn:
        assert candidates.carried(conn, "evening", wanted) == wanted
        editions.end_practice(conn, articles_since=NOW - timedelta(days=1))
        editions.end_practice(conn, articles_since=NOW - timedelta(days=1))
    with store.write() as conn:
        assert candidates.carried(conn, "evening", wanted) == [ids["article:2"][1]]
        assert candidates.in_editions_of(conn, ["evening"], wanted) == {ids["article:2"][1]: "evening"}
        assert edition_lists.slots_had(conn, "evening", list(ids)) == {"manual", "article:2"}
        assert [editions.get(conn, each)["practice"] for each, _ in ids.values()] == ["over", "over", "kept"]


def test_what_another_schedule_carries_is_the_story_from_whatever_source(store):
    (carried,) = articles_of(store, add_edition(store, "breaking:1", schedule="breaking"))
    with store.write() as conn:
        press = sources.ensure(conn, "press")["id"]
        twin, other = (add_article(conn, press, Article(title)) for title in ("The same", "Another"))
        identity.join_story(conn, twin, carried)
        wanted = [carried, twin, other]
        assert candidates.in_editions_of(conn, ["breaking"], wanted) == dict.fromkeys([carried, twin], "breaking")
        assert candidates.in_editions_of(conn, ["morning"], wanted) == {}
        assert identity.same_story(conn, twin, carried) == [carried, twin]
        assert identity.same_story(conn, other, None) == [other]


def test_a_page_is_found_in_the_ledger_the_one_first_that_may_still_go(store):
    link = ("link", "//harbor.example/1")
    with store.write() as conn:
        ids = []
        for name, standing in (("a", Standing.DISCARDED), ("b", Standing.NEW), ("c", Standing.NEW)):
            source = sources.ensure(conn, name)["id"]
            ids.append(add_article(conn, source, Article(name), standing))
            identity.add_aliases(conn, source, [(ids[-1], link)])
        assert identity.find_links(conn, [link[1], "//harbor.example/2"]) == {link[1]: ids[1]}
        arrivals.set_gone(conn, [ids[1]], NOW)
        assert identity.find_links(conn, [link[1]]) == {link[1]: ids[2]}


def articles_of(store, edition: int) -> list[int]:
    with store.read() as conn:
        return [known.id for _, known in articles.of_edition(conn, edition)]


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_a_picture_is_kept_byte_for_byte_and_once(store):
    content = bytes(range(256)) * 300
    picture = media.Kept("image/png", content)
    with store.write() as conn:
        digest = media.keep(conn, picture, now=NOW)
    with store.write() as conn:
        assert media.keep(conn, picture, now=NOW + timedelta(days=1)) == digest
        other = media.keep(conn, media.Kept("image/png", content + b"!"), now=NOW)
    assert digest == sha256(content).hexdigest() != other
    with store.read() as conn:
        assert media.get(conn, digest) == picture
        assert media.get(conn, "0" * 64) is None
        assert conn.execute(select(func.count()).select_from(pictures)).scalar_one() == 2


OLD = NOW + timedelta(days=1)


def upload(store, content: bytes, *, card: bool = False) -> int:
    """Keep a picture with the post that shows it, and return its send."""
    shown = Upload(media.digest_of(content), "", 320, 180, in_card=False, is_needed=False)
    send = add_send(store, add_edition(store, content.decode()), lists=(), message=replace(POST, upload=shown))
    with store.write() as conn:
        media.keep(conn, media.Kept("image/png", content), now=NOW, only_uploaded=True)
        if card:
            media.keep(conn, media.Kept("image/png", content), now=NOW)
    return send


def kept_of(store, *contents: bytes) -> list[bytes]:
    with store.read() as conn:
        return [content for content in contents if media.get(conn, media.digest_of(content))]


@pytest.mark.parametrize(
    ("state", "counts", "stays"),
    [
        ("done", {"sent": 1}, False),
        ("cancelled", {"cancelled": 1}, False),
        ("ready", {"pending": 1}, True),
        ("held", {}, True),
        ("done", {"unknown": 1}, True),
        ("cancelled", {"unknown": 1}, True),
        ("done", {"failed": 1}, True),  # a person may resend it
    ],
)
def test_an_uploaded_picture_goes_when_its_post_can_not_be_said_any_more(store, state, counts, stays):
    send = upload(store, b"ferry")
    with store.write() as conn:
        said = {"pending": 0, **counts}
        conn.execute(update(sends_table).where(sends_table.c.id == send).values(state=state, **said))
        assert media.forget_uploads(conn, before=NOW) == 0  # it is not old yet
    with store.write() as conn:
        assert media.forget_uploads(conn, before=OLD) == (0 if stays else 1)
    assert kept_of(store, b"ferry") == ([b"ferry"] if stays else [])


def test_a_picture_that_is_served_stays_for_ever_also_where_it_was_uploaded(store):
    send = upload(store, b"ferry", card=True)
    with store.write() as conn:
        media.keep(conn, media.Kept("image/png", b"card"), now=NOW)
        media.keep(conn, media.Kept("image/png", b"card"), now=NOW, only_uploaded=True)
        conn.execute(update(sends_table).where(sends_table.c.id == send).values(state="cancelled"))
    with store.write() as conn:
        assert media.forget_uploads(conn, before=OLD) == 0
    assert kept_of(store, b"ferry", b"card") == [b"ferry", b"card"]


def test_a_picture_that_two_posts_show_stays_until_both_stand(store):
    first, second = upload(store, b"ferry"), upload(store, b"ferry ")
    shown = Upload(media.digest_of(b"ferry"), "", 320, 180, in_card=False, is_needed=False)
    with store.write() as conn:
        messages.add(conn, second, replace(POST, upload=shown), NOW, revision=2)
        conn.execute(update(sends_table).where(sends_table.c.id == first).values(state="cancelled"))
        assert media.forget_uploads(conn, before=OLD) == 0
        conn.execute(update(sends_table).values(state="cancelled"))
        assert media.forget_uploads(conn, before=OLD) == 2


def test_a_picture_that_is_kept_again_as_it_would_go_stays(store):
    upload(store, b"ferry")
    with store.write() as conn:
        conn.execute(update(sends_table).values(state="cancelled"))

    def forget() -> int:
        with store.write() as conn:
            return media.forget_uploads(conn, before=OLD)

    shown = Upload(media.digest_of(b"ferry"), "", 320, 180, in_card=False, is_needed=False)
    again = add_send(store, add_edition(store, "again"), lists=())
    with ThreadPoolExecutor(1) as pool:
        with store.write() as conn:
            media.keep(conn, media.Kept("image/png", b"ferry"), now=NOW, only_uploaded=True)
            messages.add(conn, again, replace(POST, upload=shown), NOW, revision=2)
            forgetting = pool.submit(forget)
            time.sleep(0.3)
        assert forgetting.result() == 0
    assert kept_of(store, b"ferry") == [b"ferry"]


@pytest.mark.parametrize("first", ["forget", "keep"])
def test_a_card_that_is_kept_as_its_upload_goes_is_there(store, first):
    upload(store, b"ferry")
    with store.write() as conn:
        conn.execute(update(sends_table).values(state="cancelled"))
    steps = {
        "forget": lambda conn: media.forget_uploads(conn, before=OLD),
        "keep": lambda conn: media.keep(conn, media.Kept("image/png", b"ferry"), now=NOW),
    }

    def second() -> None:
        with store.write() as conn:
            steps["keep" if first == "forget" else "forget"](conn)

    with ThreadPoolExecutor(1) as pool:
        with store.write() as conn:
            steps[first](conn)
            other = pool.submit(second)
            time.sleep(0.3)
        other.result()
    assert kept_of(store, b"ferry") == [b"ferry"]
    with store.write() as conn:
        assert media.forget_uploads(conn, before=OLD) == 0


def test_two_that_keep_one_picture_at_once_both_go_on(store):
    def keep(_) -> str:
        with store.write() as conn:
            return media.keep(conn, media.Kept("image/png", b"one"), now=NOW)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(keep, range(8)))) == 1
