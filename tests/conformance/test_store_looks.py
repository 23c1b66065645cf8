"""What the console looks up of people, articles and deeds, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest

from publisher.model.article import Article, Standing
from publisher.model.call import Answer, Outcome, Verdict
from publisher.pipeline import dispatch
from publisher.store import (
    approvals,
    channel_calls,
    credentials,
    facts,
    headlines,
    numbers,
    readership,
    sends,
    sources,
    staff,
    suppressions,
    trail,
)
from tests.ledger import NOW, Clock, add_article, add_edition, add_send, desk, subscribe


@pytest.fixture
def kept(store):
    """A ledger with a little of everything."""
    subscribe(store, 1)
    edition = add_edition(store)
    add_send(store, edition)
    with store.write() as conn:
        row = sources.ensure(conn, "site")
        for number, standing in enumerate((Standing.NEW, Standing.HELD, Standing.BASELINE, Standing.DISCARDED)):
            add_article(conn, row["id"], Article(f"Ärger {number}"), standing)
        for number in range(3):
            at = NOW + timedelta(seconds=number // 2)
            suppressions.add(conn, f"{number:064x}", "all", reason="complained", now=at, actor="channel:letters")
        staff.write_down(conn, "console:anna", "did it", about="edition:1", now=NOW)
        facts.hold_edition(conn, edition, actor="cli:ben", why="", now=NOW)
    return store


ASKED = [*product(["", "site"], ["", *headlines.STANDINGS], ["", "äRGER"])]


def test_articles_are_found_by_everything_together_page_by_page(kept):
    known = {"": 4, "gone": 0}
    with kept.read() as conn:
        for source, standing, words in ASKED:
            whole = headlines.find(conn, headlines.Wanted(source, standing, words)).articles
            paged, before = [], 0
            while True:
                found = headlines.find(conn, headlines.Wanted(source, standing, words, before, limit=1))
                paged += found.articles
                if not (before := found.before):
                    break
            assert [each.id for each in paged] == [each.id for each in whole], (source, standing, words)
            assert len([each for each in whole if "Ärger" in each.article.title]) == known.get(standing, 1)


def test_a_search_goes_on_past_the_numbers_that_a_restore_left_out(kept):
    with kept.write() as conn:
        numbers.leave_out_lost(conn, NOW)
        add_article(conn, sources.ensure(conn, "site")["id"], Article("Ärger 4"))
        found = headlines.find(conn, headlines.Wanted(words="ärger"))
        assert [each.article.title for each in found.articles] == ["Ärger 4"] and found.before
        older = headlines.find(conn, headlines.Wanted(words="ärger", before=found.before))
        assert len(older.articles) == 4 and not older.before


def test_suppressions_are_found_page_by_page(kept):
    with kept.read() as conn:
        first = suppressions.find(conn, suppressions.Wanted(reason="complained", actor="channel:letters", limit=2))
        after = (first[-1]["made_at"], first[-1]["address_hash"], first[-1]["scope"])
        rest = suppressions.find(conn, suppressions.Wanted(scope="all", after=after))
    assert [row["address_hash"][-1] for row in [*first, *rest]] == ["2", "0", "1"]


def test_deeds_are_found_page_by_page(kept):
    with kept.read() as conn:
        whole, _ = trail.find(conn, trail.Wanted())
        first, goes_on = trail.find(conn, trail.Wanted(limit=1))
        rest, end = trail.find(conn, trail.Wanted(before=goes_on))
        hers, _ = trail.find(conn, trail.Wanted(who="anna", about="edition"))
    assert [*first, *rest] == whole and not end
    assert [deed.what for deed in hers] == ["did it"]


@pytest.mark.parametrize("wanted", [{"who": "carl"}, {"about": "source"}, {"who": "cli:carl", "about": "source"}])
def test_of_many_deeds_those_of_somebody_are_looked_for_a_stretch_at_a_time_and_stay_in_order(kept, wanted):
    with kept.write() as conn:
        for number in range(40):
            who, about = ("cli:carl", "source:site") if number in (3, 4, 20) else ("cli:ben", "")
            staff.write_down(conn, who, f"did {number}", about=about, now=NOW + timedelta(minutes=number))
        for number in (10, 30):  # rows of another kind, in between
            approvals.add(conn, 1, f"v{number}", "cli:carl", NOW + timedelta(minutes=number, seconds=1))
    with kept.read() as conn:
        whole, end = trail.find(conn, trail.Wanted(**wanted))
        assert end == {}
        paged, lengths, before = [], [], None
        while before is None or any(before.values()):
            page, before = trail.find(conn, trail.Wanted(**wanted, before=before, limit=2, stretch=8))
            paged += page
            lengths.append(len(page))
            before = before or {"actions": 0}
    assert paged == whole and len(lengths) >= 5
    assert {"did 3", "did 4", "did 20"} <= {deed.what for deed in whole}


def test_lists_calls_and_tokens_can_be_asked_for(kept):
    with kept.read() as conn:
        (daily,) = readership.of_lists(conn, ["daily"])
        assert daily.states == {"confirmed": 1} and not daily.is_more and daily.last is not None
        assert readership.of_lists(conn, ["daily"], whole=True)[0].states == daily.states
        assert headlines.seen_since(conn, NOW - timedelta(days=1))["site"] >= 0
        assert list(channel_calls.latest(conn, "letters", 5)) == []
        assert credentials.known(conn, "letters") == []


def test_a_call_is_that_of_the_channel_that_made_it_whoever_carries_the_send_by_now(store):
    subscribe(store, 2)
    send_id = add_send(store, add_edition(store))
    place = desk(store, Clock())
    for channel, verdict in (("letters", Verdict(Outcome.DEFERRED)), ("spare", Verdict(Outcome.SENT))):
        with store.write() as conn:
            sends.hand_over(conn, send_id, "letters", channel, "it is down")
        claimed = dispatch.claim(store, place, channel, 1)
        dispatch.begin(store, place, claimed)
        dispatch.record_answer(store, place, claimed, Answer(verdict))
    with store.read() as conn:
        found = [channel_calls.latest(conn, name, 5) for name in ("letters", "spare", "letter", "other")]
    assert [[call["outcome"] for call in each] for each in found] == [["deferred"], ["sent"], [], []]
