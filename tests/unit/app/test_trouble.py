"""What needs a person, read from the ledger; and what becomes of it as alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest
from sqlalchemy import update

from publisher.app import alerts as duty
from publisher.app.trouble import all_in
from publisher.config.schedules import parse_project
from publisher.errors import SourceError
from publisher.model.article import Article, Reading, Standing
from publisher.model.call import Answer, Outcome, Verdict
from publisher.model.project import Source
from publisher.model.states import SendState
from publisher.pipeline import dispatch, polls, settle
from publisher.pipeline.operate import again, holding, intake, withdrawing
from publisher.speech.phrases import said_in
from publisher.store import alerts, channels, credentials, limits, schedules, sends, sources
from publisher.store.tables import calls, deliveries
from tests.ledger import NOW, POST, Clock, add_article, add_edition, add_send, desk, subscribe

PROJECT = parse_project("""\
version: 1
publication: {name: Harbor Gazette, url: https://harbor.example, from: news@harbor.example, timezone: UTC}
sources:
  site: {feed: feed.xml}
lists:
  daily: {title: Morning briefing}
channels:
  letters: {sender: mailpit}
  threads: {sender: threads}
schedules:
  morning:
    when: {at: "07:00"}
    send:
      - {via: letters, to: daily}
""")
LONG_BEFORE = NOW - timedelta(days=1)
CHECK = {"check": "too-long", "blocks": True, "what": "the mail is too long", "remedy": "Shorten it"}


@pytest.fixture
def send(store):
    subscribe(store, 4)
    return add_send(store, add_edition(store))


def found(store, now=NOW, since=LONG_BEFORE):
    with store.read() as conn:
        return {trouble.cause: trouble for trouble in all_in(conn, PROJECT, now, since)}


def answer(store, verdict, count=4, channel="letters"):
    place = desk(store, Clock())
    claimed = dispatch.claim(store, place, channel, count)
    dispatch.begin(store, place, claimed)
    dispatch.record_answer(store, place, claimed, Answer(verdict))


def test_nothing_is_wrong_while_all_goes_as_it_should(store, send):
    assert found(store) == {}


def test_a_stopped_channel_says_who_waits_and_what_to_do(store, send):
    with store.write() as conn:
        channels.stop(conn, "letters", reason="the provider refused the account: bad key", now=NOW)
        sends.pause_for(conn, send, "letters", "bad key")
    [trouble] = found(store).values()
    assert (trouble.cause, trouble.channel, trouble.urgent) == ("channel:letters", "letters", True)
    assert "bad key" in trouble.what
    assert trouble.affected == "4 readers of 1 send wait"
    assert trouble.command.endswith("publisher release --channel letters")
    assert said_in(trouble.affected, "de") == "4 Leser von 1 Sendung warten"
    assert said_in(trouble.what, "fr").startswith("le canal letters est arrêté : ")


def test_a_stopped_channel_names_the_way_to_another_token_where_there_is_one(store):
    social = replace(PROJECT.channels["letters"], sender="telegram")
    project = replace(PROJECT, channels={**PROJECT.channels, "letters": social})
    with store.write() as conn:
        channels.stop(conn, "letters", reason="HTTP 401: Unauthorized", now=NOW)
    with store.read() as conn:
        [trouble] = all_in(conn, project, NOW, None)
    assert trouble.command.startswith("publisher connect letters walks you to a new token; or mend it")


def test_a_token_is_told_a_week_before_it_ends_and_until_there_is_another(store):
    ends_at = NOW + timedelta(days=7)
    sealed = credentials.Sealed("1", b"sealed")
    with store.write() as conn:
        credentials.lock(conn, "threads", "token")
        credentials.keep(conn, "threads", "token", sealed, now=NOW, ends_at=ends_at)
        credentials.lock(conn, "gone", "token")  # a channel that schedules.yaml has no more
        credentials.keep(conn, "gone", "token", sealed, now=NOW, ends_at=NOW)
    assert found(store) == {}
    trouble = found(store, NOW + timedelta(minutes=1))["token:threads"]
    assert (trouble.channel, trouble.urgent) == ("threads", False)
    assert trouble.what == "the token of the channel threads ends on 2026-12-01"
    assert trouble.command == "publisher connect threads"
    assert "ended on 2026-12-01" in found(store, ends_at)["token:threads"].what
    with store.write() as conn:
        credentials.keep(conn, "threads", "token", sealed, now=NOW)
    assert found(store, ends_at) == {}


def test_the_token_of_the_sender_that_a_channel_had_before_is_told_no_more(store):
    with store.write() as conn:
        for channel in ("threads", "letters", "nowhere"):
            credentials.lock(conn, channel, "token")
            credentials.keep(conn, channel, "token", credentials.Sealed("1", b"sealed"), now=NOW, ends_at=NOW)
    assert set(found(store)) == {"token:threads"}
    changed = {name: replace(each, sender="mastodon") for name, each in PROJECT.channels.items()}
    unknown = {**changed, "letters": replace(changed["letters"], sender="is-no-sender")}
    for channels_ in (changed, unknown):
        with store.read() as conn:
            assert list(all_in(conn, replace(PROJECT, channels=channels_), NOW, LONG_BEFORE)) == []


def test_a_channel_that_reaches_nobody_for_long_is_one_too(store, send):
    with store.write() as conn:
        channels.rest(conn, "letters", failures=5, until=NOW, reason="no connection")
    assert found(store) == {}
    with store.write() as conn:
        channels.rest(conn, "letters", failures=8, until=NOW, reason="no connection")
    assert "no connection" in found(store)["channel:letters"].what


def test_deliveries_left_in_doubt_can_wait_till_morning(store, send):
    answer(store, Verdict(Outcome.UNKNOWN, reason="no answer came"), 3)
    with store.write() as conn:
        conn.execute(update(calls).values(retry_at=NOW))
    assert found(store) == {}  # Publisher looks at them itself first
    with store.write() as conn:
        conn.execute(update(calls).values(retry_at=None))
    trouble = found(store)[f"unknown:{send}"]
    assert not trouble.urgent
    assert trouble.affected == "3 of 4"
    assert trouble.command == "publisher unknown list --edition 1"


def test_what_a_check_holds_is_one_and_what_a_person_holds_is_none(store):
    subscribe(store, 1)
    edition = add_edition(store)
    with store.write() as conn:
        values = {"edition_id": edition, "entry": "letters", "kind": "regular", "number": 1, "channel": "letters"}
        rest = {"audience": ["daily"], "priority": 2, "made_at": NOW, "actor": "test"}
        held = sends.add(conn, **values, **rest, state=SendState.HELD.value, reasons=[CHECK])
    trouble = found(store)[f"held:{held}"]
    assert "the mail is too long" in trouble.what
    assert trouble.command == "Shorten it; then: publisher send morning --finish"
    other = add_send(store, add_edition(store, "2026-11-25T07:00"))
    holding.hold_edition(store, 2, actor="cli:ada", why="", now=NOW)
    assert other
    assert list(found(store)) == [f"held:{held}"]


def test_an_edition_that_should_have_gone_out_and_has_not_is_late(store, send):
    later = NOW + timedelta(minutes=11)
    trouble = found(store, later)["late:1"]
    assert "should have gone out and has not" in trouble.what
    assert found(store, later, since=later - timedelta(minutes=1)) == {}  # just started: it is being caught up with
    answer(store, Verdict(Outcome.SENT), 1)
    assert "late:1" not in found(store, later)


def test_an_edition_that_waits_for_its_channels_day_or_hours_is_not_late(store, send):
    later = NOW + timedelta(minutes=11)
    letters = PROJECT.channels["letters"]

    def is_late(**rules) -> bool:
        project = replace(PROJECT, channels={"letters": replace(letters, **rules)})
        with store.read() as conn:
            return "late:1" in [trouble.cause for trouble in all_in(conn, project, later, LONG_BEFORE)]

    with store.write() as conn:
        limits.set_used(conn, limits.daily("letters"), "2026-11-24", 50)
    assert is_late(per_day=51)
    assert not is_late(per_day=50)
    assert not is_late(warm_up=timedelta(days=14))
    assert not is_late(quiet=(time(6), time(8)))
    assert is_late(quiet=(time(22), time(6)))


def test_a_slot_that_passed_without_an_edition_is_one(store):
    with store.write() as conn:
        schedules.begin(conn, "morning", NOW - timedelta(hours=1), "test")
    assert found(store, NOW + timedelta(minutes=5)) == {}
    [trouble] = found(store, NOW + timedelta(minutes=11)).values()
    assert trouble.cause == "slot:morning@2026-11-24T07:00"
    [nobody] = found(store, NOW + timedelta(minutes=11), since=None).values()
    assert nobody.command == "publisher run"


def test_an_edition_that_failed_for_most_is_one_until_it_is_resent(store, send):
    answer(store, Verdict(Outcome.REFUSED, reason="HTTP 422: no such template"))
    settle.settle_finished(store, now=NOW)
    trouble = found(store)[f"failed:{send}"]
    assert "failed for 4 of 4: HTTP 422: no such template" in trouble.what
    assert trouble.command == "mend the cause, then: publisher resend 1"
    assert found(store, NOW + timedelta(days=2)) == {}
    again.resend_failed(store, 1, now=NOW)
    assert f"failed:{send}" not in found(store)


def test_a_post_that_a_network_will_not_take_down_is_one(store):
    add_send(store, add_edition(store, "2026-11-25T07:00"), channel="mastodon", lists=(), message=POST)
    answer(store, Verdict(Outcome.SENT, provider_id="m1"), count=1, channel="mastodon")
    means = withdrawing.Means(lambda channel, account: "", str)
    withdrawing.withdraw_edition(store, 1, means, actor="cli:ada", why="", now=NOW)
    answer(store, Verdict(Outcome.REFUSED, reason="too old"), count=1, channel="mastodon")
    settle.settle_finished(store, now=NOW)
    [trouble] = found(store).values()
    assert "mastodon did not take its post down: too old" in trouble.what
    by_hand = "take it down by hand, then: publisher withdraw 1 --by-hand mastodon"
    assert trouble.command == f"{by_hand}; or mend the cause, then: publisher withdraw 1"


def test_a_few_that_failed_are_no_trouble(store, send):
    answer(store, Verdict(Outcome.REFUSED, reason="no such mailbox"), count=1)
    answer(store, Verdict(Outcome.SENT))
    settle.settle_finished(store, now=NOW)
    assert found(store) == {}


def test_a_source_that_fails_for_hours_is_one(store):
    with store.write() as conn:
        source = sources.ensure(conn, "site")
        site = Source("site", "feed", "https://harbor.example/feed")
        polls.note_good(conn, source, site, Reading(), NOW)
        polls.note_bad(conn, source, site, SourceError("no such host"), NOW + timedelta(hours=7))
    assert found(store, NOW + timedelta(hours=5)) == {}
    assert "no such host" in found(store, NOW + timedelta(hours=7))["source:site"].what


def test_a_source_that_was_never_read_says_so_and_names_itself_once(store):
    site = Source("site", "feed", "https://harbor.example/feed")
    with store.write() as conn:
        error = SourceError("none of its links is an article", where="site", remedy="Write `links:`")
        polls.note_bad(conn, sources.ensure(conn, "site"), site, error, NOW)
    trouble = found(store, NOW + timedelta(hours=7))["source:site"]
    assert trouble.what == "the source site has never been read: none of its links is an article. Write `links:`"
    assert trouble.affected == "articles from site"


def test_a_source_that_is_gone_is_one_at_once_and_says_how_to_ask_it_again(store):
    with store.write() as conn:
        site = Source("site", "feed", "https://harbor.example/feed")
        polls.note_bad(conn, sources.ensure(conn, "site"), site, SourceError("gone", status=410), NOW)
    trouble = found(store, NOW)["source:site"]
    assert "is not asked any more: gone" in trouble.what
    assert "publisher sources --start site" in trouble.command


# --- as alerts --------------------------------------------------------------------------------------------------------


def open_alerts(store):
    with store.read() as conn:
        return [row["cause"] for row in alerts.open_ones(conn)]


def test_a_cause_is_one_alert_for_as_long_as_it_lasts_and_ends_with_it(store, send):
    watch = duty.Watch(LONG_BEFORE)
    with store.write() as conn:
        channels.stop(conn, "letters", reason="bad key", now=NOW)
    for _ in range(3):
        watch.look(store, PROJECT, Clock())
    assert open_alerts(store) == ["channel:letters"]
    with store.write() as conn:
        channels.let_go_on(conn, "letters")
    watch.look(store, PROJECT, Clock())
    assert open_alerts(store) == []
    with store.read() as conn:
        assert len(alerts.latest(conn, 10)) == 1


def test_lateness_has_to_last_since_after_a_sleep_everything_is_late_for_a_moment(store, send):
    steady = Clock(0.0)
    watch = duty.Watch(LONG_BEFORE, steady)
    later = Clock(NOW + timedelta(hours=1))
    watch.look(store, PROJECT, later)
    assert open_alerts(store) == []
    steady.moment = 61.0
    watch.look(store, PROJECT, later)
    assert open_alerts(store) == ["late:1"]


def test_alerts_that_others_raised_are_left_to_them(store):
    duty.begin(store, Clock(), "clock", what="w", affected="a", command="c", urgent=True)
    duty.Watch(LONG_BEFORE).look(store, PROJECT, Clock())
    assert open_alerts(store) == ["clock"]
    duty.end(store, Clock(), "clock")
    assert open_alerts(store) == []


def test_books_that_do_not_balance_at_the_end_are_an_urgent_alert_and_wait_for_a_person(store, send):
    answer(store, Verdict(Outcome.SENT))
    with store.write() as conn:
        conn.execute(update(deliveries).where(deliveries.c.id == 1).values(state="failed"))
    assert settle.settle_finished(store, now=NOW) == 0
    trouble = found(store)[f"books:{send}"]
    assert trouble.urgent
    assert "the books don't balance" in trouble.what
    assert trouble.command == "publisher verify 1"
    duty.Watch(LONG_BEFORE).look(store, PROJECT, Clock())
    assert open_alerts(store) == [f"books:{send}"]
    with store.read() as conn:
        assert [row["id"] for row in sends.needing_a_person(conn, 10)] == [send]


def test_a_send_that_another_channel_carries_on_is_told_until_its_own_answers_again(store, send):
    with store.write() as conn:
        channels.stop(conn, "letters", reason="bad key", now=NOW)
        sends.hand_over(conn, send, "letters", "spare", "letters can't send now (bad key)")
    trouble = found(store)["fallback:letters"]
    assert not trouble.urgent
    assert trouble.command.endswith("publisher release --channel letters")
    assert holding.release_channel(store, "letters", now=NOW).did_something
    assert found(store) == {}


def hold_article(store, held_for: str, why: str) -> int:
    with store.write() as conn:
        source = sources.ensure(conn, "site")
        return add_article(conn, source["id"], Article("Ferry"), Standing.HELD, held_for, why)


def test_a_flood_is_urgent_and_over_once_a_person_has_decided(store):
    number = hold_article(store, "flood", "one of 21")
    watch = duty.Watch(NOW)
    watch.look(store, PROJECT, Clock(NOW))
    with store.read() as conn:
        assert [(row["cause"], bool(row["urgent"])) for row in alerts.open_ones(conn)] == [("flood:site", True)]
        command = alerts.open_ones(conn)[0]["command"]
    which = "--source site"
    assert command.endswith(f"publisher articles release {which}; or: publisher articles discard {which}")
    intake.decide(store, "discarded", [number], actor="ada", why="", now=NOW)
    watch.look(store, PROJECT, Clock(NOW))
    with store.read() as conn:
        assert alerts.open_ones(conn) == []


def test_articles_held_for_another_reason_can_wait_till_morning(store):
    hold_article(store, "old", "dated 2025-01-01")
    hold_article(store, "reuse", "a possible reuse of the id")
    with store.read() as conn:
        (only,) = [each for each in all_in(conn, PROJECT, NOW, NOW) if each.kind == "article"]
    assert (only.cause, only.urgent) == ("article:site", False)
    assert only.what == "2 articles of site held; the first, 1: dated 2025-01-01"
