"""What is let go, on both engines: only what is final, in any order, and the books balance all the way."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from publisher.app import keeping
from publisher.config.schedules import parse_project
from publisher.model.article import Article, Standing
from publisher.model.call import Answer, Outcome, Scope, Verdict
from publisher.model.event import Event, EventKind
from publisher.model.retention import Retention
from publisher.model.states import EditionState
from publisher.model.subscriber import SubscriptionState
from publisher.model.tokens import address_hash
from publisher.pipeline import dispatch, hear, settle
from publisher.pipeline.dispatch.answer import record_answer
from publisher.store import (
    alerts,
    articles,
    audit,
    editions,
    schedules,
    sends,
    sources,
    subscribers,
    suppressions,
    tables,
)
from publisher.store.seals import Sealer
from tests.ledger import HASH_KEY, NOW, POST, Clock, add_article, add_edition, add_send, desk, subscribe
from tests.unit.config.project_text import BASE

K = EventKind
DAY = timedelta(days=1)
KEPT = Retention()
SEALER = Sealer((b"s" * 32,))
SENT = Verdict(Outcome.SENT)
NO = Verdict(Outcome.REFUSED, Scope.RECIPIENT, "no such mailbox")
_KEYS = count(1)


def hash_of(email: str) -> str:
    return address_hash(email, HASH_KEY)


def say(store, delivery_id: int, kind: K, at=NOW, *, address: str = "", words: str = "") -> str:
    event = Event(kind, f"e{next(_KEYS)}", at, address=address, words=words)
    return hear.record(store, "letters", [(delivery_id, event)], now=at, hash_of=hash_of)[0]


def sent_to(store, readers: int, *, refused: int = 0, slot: str = "2026-11-24T07:00", per_call: int = 2):
    """Send an edition to so many readers, and end it; return the send and the ids of its deliveries."""
    subscribe(store, readers)
    send = add_send(store, add_edition(store, slot))
    mine, ids = desk(store, Clock()), []
    while claimed := dispatch.claim(store, mine, "letters", per_call):
        assert dispatch.begin(store, mine, claimed)
        told = [each.delivery_id for each in claimed.call.recipients]
        named = {each: NO for place, each in enumerate(told, start=len(ids)) if place < refused}
        record_answer(store, mine, claimed, Answer(SENT, named))
        ids += told
    settle.settle_finished(store, now=NOW)
    return send, ids


def number_of(store, *names: str) -> list[int]:
    """Return how many rows there are of each table."""
    with store.read() as conn:
        counted = [select(func.count()).select_from(tables.metadata.tables[name]) for name in names]
        return [conn.execute(query).scalar_one() for query in counted]


def faults(store, send: int, sealer: Sealer = SEALER) -> list[str]:
    with store.read() as conn:
        return audit.faults(conn, send, sealer)


def prune(store, at, **how) -> dict[str, int]:
    return {name: n for name, n in keeping.prune(store, KEPT, (), SEALER, at, **how).plain.items() if n}


def test_calls_go_first_then_deliveries_and_verify_balances_all_the_way(store):
    send, ids = sent_to(store, 5, refused=1)
    say(store, ids[1], K.DELIVERED)
    assert prune(store, NOW + 29 * DAY) == {}
    assert prune(store, NOW + 31 * DAY) == {"events": 1}
    assert prune(store, NOW + 179 * DAY) == {}
    assert prune(store, NOW + 181 * DAY) == {"calls": 3}
    assert number_of(store, "calls", "outcomes", "deliveries") == [0, 0, 5]
    assert faults(store, send) == []
    assert prune(store, NOW + 729 * DAY) == {"articles": 1}
    assert prune(store, NOW + 731 * DAY) == {"deliveries": 5}
    assert number_of(store, "deliveries", "events", "sealed_totals") == [0, 0, 1]
    assert faults(store, send) == []
    with store.read() as conn:
        row = sends.get(conn, send)
        assert (row["candidates"], row["sent"], row["failed"]) == (5, 4, 1)
        assert sends.imbalance(conn, send) == ""
    assert prune(store, NOW + 2000 * DAY) == {}


def test_what_would_go_is_counted_before(store):
    sent_to(store, 5, refused=1)
    at = NOW + 800 * DAY
    said = keeping.count(store, KEPT, (), at).plain
    assert said == {"events": 0, "words": 0, "calls": 3, "deliveries": 5, "articles": 1}
    assert number_of(store, "calls", "deliveries") == [3, 5]
    assert prune(store, at) == {name: number for name, number in said.items() if number}


@pytest.mark.parametrize("batch", [1, 2, 7])
def test_after_each_batch_the_books_balance_and_a_stop_loses_nothing(store, monkeypatch, batch):
    monkeypatch.setattr(keeping, "BATCH", batch)
    send, _ = sent_to(store, 5, refused=2)
    at = NOW + 800 * DAY
    for step in range(40):
        left = iter([True] * 1 + [False])
        gone = keeping.prune(store, KEPT, (), SEALER, at, may_go_on=lambda left=left: next(left))
        assert faults(store, send) == [], step
        if gone == keeping.Gone(is_whole=False) and number_of(store, "deliveries") == [0]:
            break
    assert number_of(store, "deliveries", "calls") == [0, 0]


def test_what_was_sealed_can_not_be_changed_unseen(store):
    send, _ = sent_to(store, 4)
    prune(store, NOW + 800 * DAY)
    totals = tables.sealed_totals
    with store.write() as conn:
        conn.execute(update(totals).values(counted={"sent": 3, "failed": 1}))
        conn.execute(update(tables.sends).values(sent=3, failed=1))
    [wrong] = faults(store, send)
    assert "not as it was written" in wrong
    assert faults(store, send, Sealer((b"k" * 32, b"s" * 32))) != []
    with store.write() as conn:
        conn.execute(totals.delete())
    assert any("in the books" in line for line in faults(store, send))


def test_an_old_key_still_knows_its_seals(store):
    send, _ = sent_to(store, 2)
    prune(store, NOW + 800 * DAY)
    assert faults(store, send, Sealer((b"s" * 32, b"n" * 32))) == []
    assert faults(store, send, Sealer((b"n" * 32,))) != []


def test_a_send_whose_total_was_changed_is_left_alone_and_the_others_go(store):
    send, _ = sent_to(store, 4)
    other, _ = sent_to(store, 4, slot="other")
    prune(store, NOW + 200 * DAY)
    with store.write() as conn:
        conn.execute(update(tables.sealed_totals).where(tables.sealed_totals.c.send_id == send).values(calls=9))
    gone = keeping.prune(store, KEPT, (), SEALER, NOW + 800 * DAY)
    assert (gone.deliveries, gone.is_whole) == (4, True)
    assert ["not as it was written" in line for line in gone.left] == [True]
    assert number_of(store, "deliveries") == [4]
    assert "not as it was written" in faults(store, send)[0] and faults(store, other) == []
    with store.read() as conn:
        assert [row["cause"] for row in alerts.open_ones(conn)] == [f"books:{send}"]


# --- what stays -------------------------------------------------------------------------------------------------------


def test_what_is_not_final_stays(store):
    subscribe(store, 3)
    unknown, open_ = (add_send(store, add_edition(store, slot)) for slot in ("a", "b"))
    both = add_edition(store, "c")
    ended, _ = (add_send(store, both, channel=channel) for channel in ("others", "letters"))
    mine = desk(store, Clock())
    claimed = dispatch.claim(store, mine, "letters", 3)
    assert dispatch.begin(store, mine, claimed)
    record_answer(store, mine, claimed, Answer(Verdict(Outcome.UNKNOWN, reason="no answer")))
    settle.settle_finished(store, now=NOW)
    claimed = dispatch.claim(store, mine, "others", 3)
    assert dispatch.begin(store, mine, claimed)
    record_answer(store, mine, claimed, Answer(SENT))
    with store.write() as conn:  # it ended, and another send of its edition goes on
        conn.execute(update(tables.sends).where(tables.sends.c.id == ended).values(state="done", done_at=NOW))
    before = number_of(store, "deliveries", "calls")
    prune(store, NOW + 3000 * DAY)
    assert number_of(store, "deliveries", "calls") == before
    assert [faults(store, send) for send in (unknown, open_, ended)] == [[], [], []]


def test_the_number_of_a_letter_that_went_is_given_to_no_other_reader(store):
    """Also where it was the newest of all: a late bounce would meet whoever has it now."""
    send, ids = sent_to(store, 2)
    call = newest_call(store)
    email = reader(store, ids[1])
    assert prune(store, NOW + 900 * DAY)["deliveries"] == 2
    assert number_of(store, "deliveries", "calls") == [0, 0]
    later, others = sent_to(store, 3, slot="later")
    assert min(others) > max(ids) and newest_call(store) > call
    assert say(store, ids[1], K.HARD_BOUNCE, NOW + 900 * DAY, address=email) == "new"
    with store.read() as conn:
        assert len(conn.execute(select(tables.suppressions)).all()) == 1
    assert blocks(store, email) == ["all"]
    assert [faults(store, each) for each in (send, later)] == [[], []]


def newest_call(store) -> int:
    with store.read() as conn:
        return conn.execute(select(func.max(tables.calls.c.id))).scalar_one()


def test_posts_stay_for_they_may_have_to_be_taken_down(store):
    send = add_send(store, add_edition(store), channel="mastodon", lists=(), message=POST)
    mine = desk(store, Clock())
    claimed = dispatch.claim(store, mine, "mastodon", 1)
    assert dispatch.begin(store, mine, claimed)
    record_answer(store, mine, claimed, Answer(Verdict(Outcome.SENT, provider_id="p1")))
    settle.settle_finished(store, now=NOW)
    prune(store, NOW + 3000 * DAY)
    assert number_of(store, "deliveries", "calls") == [1, 1]
    assert faults(store, send) == []


def test_what_was_resent_since_is_kept_anew(store):
    send, ids = sent_to(store, 3, refused=1)
    prune(store, NOW + 200 * DAY)
    later = NOW + 300 * DAY
    with store.write() as conn:
        editions.reopen(conn, send, later)
        conn.execute(
            update(tables.deliveries).where(tables.deliveries.c.state == "failed").values(state="pending", due_at=NOW)
        )
        sends.post_to_books(conn, send, {"failed": -1, "pending": 1})
    mine = desk(store, Clock(later))
    claimed = dispatch.claim(store, mine, "letters", 2)
    assert dispatch.begin(store, mine, claimed)
    record_answer(store, mine, claimed, Answer(SENT))
    settle.settle_finished(store, now=later)
    assert faults(store, send) == []
    assert prune(store, later + 179 * DAY) == {"articles": 1}
    assert prune(store, later + 181 * DAY) == {"calls": 1}
    assert prune(store, later + 731 * DAY) == {"deliveries": len(ids)}
    assert faults(store, send) == []


# --- what providers say later -----------------------------------------------------------------------------------------


def reader(store, delivery_id: int) -> str:
    with store.read() as conn:
        theirs = tables.deliveries.join(tables.recipients).join(tables.subscribers)
        query = select(tables.subscribers.c.email).select_from(theirs)
        return conn.execute(query.where(tables.deliveries.c.id == delivery_id)).scalar_one()


def blocks(store, email: str) -> list[str]:
    with store.read() as conn:
        return [row["scope"] for row in suppressions.of(conn, hash_of(email))]


@pytest.mark.parametrize("kind", [K.HARD_BOUNCE, K.COMPLAINED])
@pytest.mark.parametrize("age", [200, 900])
def test_a_late_word_still_suppresses(store, kind, age):
    send, ids = sent_to(store, 2)
    email = reader(store, ids[0])
    at = NOW + age * DAY
    prune(store, at)
    words = f"<{email}> is not here"
    assert say(store, ids[0], kind, at, address=email, words=words) == "new"
    assert blocks(store, email) == ["all"]
    assert faults(store, send) == []
    with store.read() as conn:
        said = [conn.execute(select(each)).all() for each in (tables.suppressions.c.reason, tables.events.c.words)]
        assert email not in str(said)
    prune(store, at + 31 * DAY)
    assert blocks(store, email) == ["all"]


def test_a_late_word_that_names_nobody_harms_nothing(store):
    send, ids = sent_to(store, 2)
    prune(store, NOW + 900 * DAY)
    assert say(store, ids[0], K.HARD_BOUNCE, NOW + 900 * DAY) == "foreign"
    assert say(store, ids[0], K.DELIVERED, NOW + 900 * DAY, address="reader1@example.org") == "foreign"
    assert faults(store, send) == []


def test_whoever_leaves_late_leaves_what_they_were_on_then(store):
    _, ids = sent_to(store, 1)
    email, at = reader(store, ids[0]), NOW + 900 * DAY
    prune(store, at)
    with store.write() as conn:
        person, fresh = subscribers.find(conn, hash_of(email)), subscribers.ensure_list(conn, "fresh")
        state = SubscriptionState.CONFIRMED
        subscribers.set_subscription(conn, person.id, fresh, state, basis="test", now=at, actor="test")
    assert say(store, ids[0], K.UNSUBSCRIBED, at - DAY, address=email) == "new"
    with store.read() as conn:
        rows = conn.execute(select(tables.subscriptions.c.state).order_by(tables.subscriptions.c.list_id)).scalars()
        assert list(rows) == ["left", "confirmed"]  # daily, fresh


def test_who_bounced_is_known_without_the_words_and_letters_in_a_row_still_count(store):
    send, ids = sent_to(store, 2)
    email = reader(store, ids[0])
    say(store, ids[0], K.SOFT_BOUNCE, words="mailbox full")
    say(store, ids[1], K.DELIVERED)
    for week in range(1, 4):
        _, more = sent_to(store, 2, slot=f"week {week}")
        say(store, more[0], K.SOFT_BOUNCE, NOW + week * 7 * DAY, words="mailbox full")
    assert prune(store, NOW + 60 * DAY) == {"events": 1, "words": 4}
    _, more = sent_to(store, 2, slot="week 9")
    say(store, more[0], K.SOFT_BOUNCE, NOW + 63 * DAY, words="mailbox full")
    assert blocks(store, email) == ["all"]
    assert faults(store, send) == []


def test_that_a_letter_arrived_is_kept_where_others_did_not(store):
    _, ids = sent_to(store, 1)
    email = reader(store, ids[0])
    for week in range(4):
        _, more = sent_to(store, 1, slot=f"week {week}")
        say(store, more[0], K.SOFT_BOUNCE, NOW + week * 7 * DAY)
    _, more = sent_to(store, 1, slot="week 4")
    say(store, more[0], K.DELIVERED, NOW + 28 * DAY)
    prune(store, NOW + 90 * DAY)
    _, more = sent_to(store, 1, slot="week 13")
    say(store, more[0], K.SOFT_BOUNCE, NOW + 91 * DAY)
    assert blocks(store, email) == []


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("prune"), st.integers(0, 400)),
        st.tuples(st.sampled_from(list(K)), st.integers(0, 5)),
        st.tuples(st.just("send"), st.just(0)),
    ),
    min_size=4,
    max_size=12,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS, batch=st.sampled_from([1, 3, 500]))
def test_in_any_order_the_books_balance_and_nobody_who_must_not_be_written_to_is(store, acts, batch):
    at, mine, left_alone = NOW, [], set()
    keeping.BATCH = batch
    for act, number in acts:
        if act == "prune":
            at += number * DAY
            prune(store, at)
        elif act == "send":
            send, ids = sent_to(store, 3, refused=1, slot=f"slot {next(_KEYS)}")
            with store.write() as conn:
                conn.execute(update(tables.sends).where(tables.sends.c.id == send).values(done_at=at))
            mine += [(send, each, reader(store, each)) for each in ids]
        elif mine:
            _, delivery_id, email = mine[number % len(mine)]
            say(store, delivery_id, act, at, address=email)
            if act in (K.HARD_BOUNCE, K.COMPLAINED):
                left_alone.add(email)
        for send in {send for send, _, _ in mine}:
            assert faults(store, send) == []
        assert [email for email in left_alone if "all" not in blocks(store, email)] == []
    keeping.BATCH = 500


# --- articles ---------------------------------------------------------------------------------------------------------


def html_of(store) -> list[str]:
    with store.read() as conn:
        return list(conn.execute(select(tables.articles.c.html).order_by(tables.articles.c.id)).scalars())


def test_the_html_of_old_articles_goes_where_no_edition_needs_it(store):
    with store.write() as conn:
        source = sources.ensure(conn, "site")["id"]
        ids = [add_article(conn, source, Article(f"Story {n}", html=f"<p>{n}</p>", text=f"{n}")) for n in range(4)]
        add_article(conn, source, Article("Held", html="<p>held</p>"), Standing.HELD, "flood")
        articles.revise(conn, ids[3], Article("Story 3", html="<p>new</p>", text="new"), NOW + 100 * DAY)
    draft = add_edition(store, article_ids=(ids[1],))
    sent = add_edition(store, "later", article_ids=(ids[2],))
    add_send(store, sent)
    with store.write() as conn:
        conn.execute(update(tables.editions).values(state=EditionState.CLOSED))
        conn.execute(update(tables.editions).where(tables.editions.c.id == draft).values(state=EditionState.DRAFT))
    at = NOW + 366 * DAY
    assert keeping.count(store, KEPT, (), at).articles == 1
    assert prune(store, at) == {"articles": 1}
    assert html_of(store) == ["", "<p>1</p>", "<p>2</p>", "<p>new</p>", "<p>held</p>"]
    assert prune(store, NOW + 500 * DAY) == {"articles": 1}
    assert html_of(store)[3] == ""
    with store.read() as conn:
        assert conn.execute(select(tables.article_revisions.c.html)).scalars().all() == [""]
        assert articles.get(conn, ids[3]).is_without_html


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ("", "", False),
        ("pick: {from: site}", "pick: {from: site, newer_than: 500d}", True),
        ("    send:", "    backfill: 3\n    send:", True),
    ],
    ids=["forgotten by it", "newer_than", "backfill"],
)
def test_html_stays_where_a_schedule_may_still_take_the_article(store, old, new, kept):
    project = parse_project(BASE.replace(old, new) if old else BASE)
    at = NOW + 400 * DAY
    with store.write() as conn:
        add_article(conn, sources.ensure(conn, "site")["id"], Article("Story", html="<p>1</p>", text="1"))
        schedules.begin(conn, "morning", at - DAY if "backfill" in new else NOW - DAY, "test")
    gone = keeping.prune(store, KEPT, project.schedules.values(), SEALER, at)
    assert (gone.articles, html_of(store)) == ((0, ["<p>1</p>"]) if kept else (1, [""]))
