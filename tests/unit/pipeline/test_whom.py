"""Whom a send leaves out: those outside of its segment, those who asked for quiet, those who have its article."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

from sqlalchemy import update

from publisher.model.article import Article
from publisher.model.project import Entry, Pick, Schedule, When
from publisher.model.segment import Selection
from publisher.model.subscriber import Errand, LetterKind
from publisher.model.tokens import address_hash
from publisher.pipeline import address, compose
from publisher.store import deliveries, earlier, log, schedules, sends, sources, subscribers
from publisher.store.tables import subscribers as people
from tests.ledger import HASH_KEY, NOW, add_article, add_edition, add_send, books, leave, subscribe
from tests.unit.pipeline.dispatch.conftest import Bench, Told

DAY = timedelta(days=1)
PORTO = Selection("porto", 'city == "Porto"', "Europe/Lisbon", {"daily": "en"})
NEVER_TWICE = Selection(never_twice=True)


def know(store, number: int, **values) -> None:
    """Write down what we know of a reader."""
    with store.write() as conn:
        mine = people.c.address_hash == address_hash(f"reader{number}@example.org", HASH_KEY)
        conn.execute(update(people).where(mine).values(**values))


def reasons(store, send_id: int) -> dict[str, str]:
    """Return why readers get nothing, by address."""
    with store.read() as conn:
        rows = log.find(conn, log.Filter(send_id=send_id))
    return {row["to"]: row["reason"] for row in rows if row["state"] in ("excluded", "suppressed")}


def carry_out(store, channel: str = "letters", now: datetime = NOW) -> list[str]:
    """Send what is due by a channel; return to whom it went."""
    sender, bench = Told(), Bench(store)
    bench.clock.moment = now
    bench.all(sender, channel)
    return sorted(recipient.address for call in sender.calls for recipient in call.recipients)


# --- segments


def test_only_readers_in_the_segment_are_candidates(store):
    subscribe(store, 3)
    know(store, 2, attributes={"city": "Porto"})
    send = add_send(store, add_edition(store), selection=PORTO)
    assert books(store, send) == {"pending": 1}
    know(store, 3, attributes={"city": "Porto"})  # the audience is frozen
    assert carry_out(store) == ["reader2@example.org"]


def test_a_part_of_a_list_and_the_whole_list_make_one_mail_for_each_reader(store):
    subscribe(store, 3)
    know(store, 2, attributes={"city": "Porto"})
    edition = add_edition(store)
    part = add_send(store, edition, channel="letters", selection=PORTO)
    whole = add_send(store, edition, channel="others")
    assert (books(store, part), books(store, whole)) == ({"pending": 1}, {"pending": 2, "excluded": 1})


def test_a_reader_of_two_lists_is_in_by_the_one_that_the_condition_means(store):
    subscribe(store, 1, "daily")
    subscribe(store, 1, "breaking")
    leave(store, "reader1@example.org", "breaking")
    condition = Selection("s", 'on("daily") and not on("breaking")')
    assert books(store, add_send(store, add_edition(store), lists=("breaking", "daily"), selection=condition)) == {
        "pending": 1
    }


def test_a_segment_of_nobody_is_held_and_named(store):
    subscribe(store, 2)
    send = add_send(store, add_edition(store), selection=PORTO)
    with store.read() as conn:
        row = sends.get(conn, send)
    assert (row["state"], row["reasons"][0]["what"]) == ("held", "nobody on daily is in the segment porto")
    assert "segments" in row["reasons"][0]["remedy"]


# --- quiet


def test_who_asked_for_quiet_is_left_out_with_the_day(store):
    subscribe(store, 3)
    know(store, 1, paused_until=NOW + 3 * DAY)
    know(store, 2, paused_until=NOW)  # over
    send = add_send(store, add_edition(store))
    assert books(store, send) == {"pending": 2, "excluded": 1}
    assert reasons(store, send) == {"reader1@example.org": "asked for quiet until 2026-11-27"}


def test_who_asks_for_quiet_in_mid_send_gets_nothing_more(store):
    subscribe(store, 3)
    send = add_send(store, add_edition(store))
    know(store, 1, paused_until=NOW + DAY)
    know(store, 2, paused_until=NOW + timedelta(microseconds=1))
    assert carry_out(store, now=NOW + timedelta(microseconds=1)) == ["reader2@example.org", "reader3@example.org"]
    assert reasons(store, send) == {"reader1@example.org": "asked for quiet until 2026-11-25"}


def test_a_letter_that_they_asked_for_comes_all_the_same(store):
    subscribe(store, 1)
    add_send(store, add_edition(store))
    know(store, 1, paused_until=NOW + DAY)
    with store.read() as conn:
        assert deliveries.members(conn, [1], NOW)[0].blocked
        assert not deliveries.members(conn, [1], NOW, Errand(LetterKind.WELCOME, "daily", "en"))[0].blocked


# --- never twice


def an_article(store, **values) -> int:
    with store.write() as conn:
        return add_article(
            conn, sources.ensure(conn, "site")["id"], Article("Ferry", url="https://a.example/1", **values)
        )


def test_who_got_the_article_from_another_schedule_is_left_out(store):
    subscribe(store, 2, "breaking")
    subscribe(store, 3, "daily")
    article = an_article(store)
    add_send(store, add_edition(store, "a", "flash", (article,)), lists=("breaking",))
    assert len(carry_out(store)) == 2
    send = add_send(store, add_edition(store, "b", "morning", (article,)), selection=NEVER_TWICE)
    assert books(store, send) == {"pending": 1, "excluded": 2}
    assert set(reasons(store, send).values()) == {"got this article by flash on 2026-11-24"}


def test_a_plan_counts_those_who_have_the_article_as_freezing_leaves_them_out(store):
    subscribe(store, 2, "breaking")
    subscribe(store, 3, "daily")
    article = an_article(store)
    add_send(store, add_edition(store, "a", "flash", (article,)), lists=("breaking",))
    carry_out(store)

    def have_it(schedule: str, story: int | None, selection: Selection = NEVER_TWICE) -> int:
        with store.read() as conn:
            has_it = earlier.has_already(conn, schedule, story, selection)
            return subscribers.count(conn, ["daily"], whom=has_it)

    def by_which(number: int, schedule: str = "morning") -> str:
        with store.read() as conn:
            person = subscribers.find(conn, address_hash(f"reader{number}@example.org", HASH_KEY))
            return earlier.by_which(conn, person.id, schedule, article, NEVER_TWICE)

    assert [have_it("morning", story) for story in (article, None, article + 1)] == [2, 0, 0]
    assert have_it("flash", article) == 0  # its own mails don't count
    assert have_it("morning", article, Selection()) == 0
    assert [by_which(number) for number in (1, 3)] == ["got this article by flash on 2026-11-24", ""]
    assert by_which(1, "flash") == ""
    send = add_send(store, add_edition(store, "b", "morning", (article,)), selection=NEVER_TWICE)
    assert books(store, send)["excluded"] == have_it("morning", article)


def test_what_is_under_way_counts_and_what_was_given_up_does_not(store):
    subscribe(store, 1, "breaking")
    subscribe(store, 1, "daily")
    article = an_article(store)
    first = add_send(store, add_edition(store, "a", "flash", (article,)), lists=("breaking",))
    send = add_send(store, add_edition(store, "b", "morning", (article,)), selection=NEVER_TWICE)
    assert reasons(store, send) == {"reader1@example.org": "gets this article by flash"}
    with store.write() as conn:
        sends.move(conn, first, sends.SendState.PAUSED)
    send = add_send(store, add_edition(store, "c", "evening", (article,)), selection=NEVER_TWICE)
    assert books(store, send) == {"pending": 1}


def test_a_digest_and_a_schedule_that_may_be_twice_are_let_be(store):
    subscribe(store, 1)
    article, other = an_article(store), an_article(store)
    add_send(store, add_edition(store, "a", "flash", (article,)))
    carry_out(store)
    digest = add_send(store, add_edition(store, "b", "morning", (article, other)), selection=NEVER_TWICE)
    plain = add_send(store, add_edition(store, "c", "evening", (article,)))
    assert [books(store, each) for each in (digest, plain)] == [{"pending": 1}] * 2


DIGEST = Schedule(
    "morning", When(at=(time(7),)), Pick(), (Entry("letters:daily", "letters", ("daily",)),), never_twice=True
)


def had(store, *schedules: Schedule) -> list[dict[int, str]]:
    with store.read() as conn:
        return [dict(compose.candidates_in(conn, each, now=NOW + DAY).had) for each in schedules]


def test_a_digest_leaves_out_what_its_whole_list_has(store):
    subscribe(store, 2)
    subscribe(store, 2, "breaking")
    with store.write() as conn:
        schedules.begin(conn, "morning", NOW - DAY, "test")
    whole, part, other = an_article(store), an_article(store), an_article(store)
    know(store, 1, attributes={"city": "Porto"})
    add_send(store, add_edition(store, "a", "flash", (whole,)))
    add_send(store, add_edition(store, "b", "flash", (part,)), selection=PORTO)
    add_send(store, add_edition(store, "c", "flash", (other,)), lists=("breaking",))
    both = replace(DIGEST, send=(*DIGEST.send, Entry("letters:breaking", "letters", ("breaking",))))
    single = replace(DIGEST, when=When(new="article"))
    found = had(store, DIGEST, both, single, replace(DIGEST, never_twice=False), replace(DIGEST, name="flash"))
    assert found == [{whole: "all of daily gets this article by flash (never_twice)"}, {}, {}, {}, {}]
    carry_out(store)
    with store.read() as conn:
        there = compose.candidates_in(conn, DIGEST, now=NOW + DAY)
    choice = compose.decide(DIGEST, there.found, elsewhere={}, now=NOW + DAY, had=there.had)
    assert {each.id: why for each, why in choice.left} == {
        whole: "all of daily got this article by flash on 2026-11-24 (never_twice)"
    }
    assert {each.id for each, _ in choice.picked} == {part, other}


def test_nobody_new_is_added_to_an_audience_that_is_frozen(store):
    subscribe(store, 2)
    send = add_send(store, add_edition(store))
    subscribe(store, 4)
    assert not address.record(store, send, now=NOW)
    assert books(store, send) == {"pending": 2}
    with store.read() as conn:
        assert subscribers.count(conn, ["daily"]) == 4
