"""Which slots fire: each once, missed ones by the schedule's own rule, new articles one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from publisher.app import App, composing, pushing
from publisher.app.slots import fire_due
from publisher.audience import imports
from publisher.model.article import Article
from publisher.pipeline import produce
from publisher.pipeline.operate import stopping
from publisher.store import edition_lists, schedules, sends
from tests.ledger import Clock
from tests.project import ProjectDir
from tests.unit.app.project import edit, open_with_press, write_feed

EVENING = datetime(2026, 11, 23, 20, tzinfo=UTC)


def open_app(folder, clock, when: str) -> App:
    ProjectDir(folder, "http://127.0.0.1:9", when=when)
    return App.open(folder, clock)


def fired(app: App) -> list[tuple[str, str]]:
    """Return slot and state of every edition, in order of slots."""
    with app.store.read() as conn:
        return [(row["slot"], row["state"]) for row in reversed(edition_lists.latest(conn, limit=500))]


def reasons(app: App) -> list[str]:
    with app.store.read() as conn:
        return [row["reason"] for row in reversed(edition_lists.latest(conn, limit=500))]


def test_a_schedule_new_to_the_ledger_fires_no_slot_of_the_past(tmp_path):
    app = open_app(tmp_path, Clock(EVENING), 'at: "07:00"')
    assert fire_due(app) == []


def test_a_slot_fires_when_it_comes_and_only_once(tmp_path):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, 'at: "07:00"')
    fire_due(app)
    clock.moment = datetime(2026, 11, 24, 7, 0, 1, tzinfo=UTC)
    assert len(fire_due(app)) == 1
    assert fire_due(app) == []
    assert fired(app) == [("2026-11-24T07:00", "locked")]


def test_two_schedulers_fire_a_slot_once(tmp_path):
    clock = Clock(EVENING)
    first = open_app(tmp_path, clock, 'at: "07:00"')
    second = App.open(tmp_path, clock)
    fire_due(first)
    clock.moment = datetime(2026, 11, 24, 7, 1, tzinfo=UTC)
    since = clock.moment - timedelta(minutes=2)
    assert len(fire_due(first)) == 1
    with second.store.write() as conn:  # as if the second had looked at the same moment as the first
        schedules.pull_back(conn, since)
    assert fire_due(second) == []
    assert len(fired(first)) == 1


def test_after_downtime_the_latest_slot_goes_and_the_others_are_written_down(tmp_path):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, 'at: ["07:00", "09:00", "11:00"]')
    fire_due(app)
    clock.moment = datetime(2026, 11, 24, 11, 30, tzinfo=UTC)
    fire_due(app)
    assert fired(app) == [
        ("2026-11-24T07:00", "skipped"),
        ("2026-11-24T09:00", "skipped"),
        ("2026-11-24T11:00", "locked"),
    ]
    assert "missed: latest" in reasons(app)[0]


@pytest.mark.parametrize(
    ("rule", "states"),
    [
        ("missed: all", ["locked", "skipped"]),
        ("missed: skip", ["skipped", "skipped"]),
        ("late: 1h", ["skipped", "locked"]),
    ],
)
def test_each_rule_for_missed_slots_is_the_schedules_own(tmp_path, rule, states):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, f'at: ["07:00", "09:00"], {rule}')
    fire_due(app)
    clock.moment = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    fire_due(app)
    assert [state for _, state in fired(app)] == states  # with `all` the second has nothing new


def test_every_new_article_is_a_slot_of_its_own(tmp_path):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, "new: article")
    app.poll_all()
    assert len(fire_due(app)) == 3
    assert fire_due(app) == []
    clock.advance(timedelta(minutes=1))
    ProjectDir.publish_in(tmp_path, 4)
    app.poll_all()
    assert fire_due(app) == []  # it rests
    clock.advance(timedelta(minutes=5))
    assert len(fire_due(app)) == 1
    assert {slot.partition(":")[0] for slot, _ in fired(app)} == {"article"}


def test_the_very_first_article_that_is_pushed_rests_as_the_next_one_does(tmp_path):
    clock = Clock(EVENING)
    open_app(tmp_path, clock, "new: article")
    edit(tmp_path, ("lists:\n", "  desk: {push: true}\nlists:\n"), ("from: [site]", "from: [desk]"))
    app = App.open(tmp_path, clock)
    fire_due(app)  # the schedule begins
    for number in (1, 2):
        clock.advance(timedelta(minutes=10))
        pushing.take(app, app.project.sources["desk"], Article(f"Story {number}", guid=str(number)))
        clock.advance(timedelta(minutes=4))
        assert fire_due(app) == []
        clock.advance(timedelta(minutes=2))
        assert len(fire_due(app)) == 1


def test_a_story_that_two_sources_bring_in_one_look_is_one_slot(tmp_path):
    clock = Clock(EVENING)
    open_with_press(tmp_path, clock)
    edit(tmp_path, ('at: "07:00"', "new: article"), ("on_update: note", "on_update: ignore"))
    app = App.open(tmp_path, clock)
    fire_due(app)
    write_feed(tmp_path / "feed.xml", bridge="The bridge opens", first="A first word")
    write_feed(tmp_path / "press.xml", bridge="The bridge is open", other="Another house")
    app.poll_all()
    clock.advance(timedelta(minutes=6))
    assert len(fire_due(app)) == 1
    assert fire_due(app) == []


def test_outside_its_hours_a_schedule_for_new_articles_waits(tmp_path):
    clock = Clock(datetime(2026, 11, 23, 23, tzinfo=UTC))
    app = open_app(tmp_path, clock, 'new: article, between: "07:00-22:00"')
    app.poll_all()
    assert fire_due(app) == []
    clock.advance(timedelta(hours=9))
    assert len(fire_due(app)) == 3


def test_a_source_that_fails_does_not_stop_the_slot(tmp_path):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, 'at: "07:00"')
    app.poll_all()
    fire_due(app)
    (tmp_path / "feed.xml").write_text("<html>the site is being rebuilt</html>")
    clock.moment = datetime(2026, 11, 24, 7, 0, 1, tzinfo=UTC)
    fire_due(app)
    assert fired(app) == [("2026-11-24T07:00", "locked")]


def test_an_edition_that_cannot_be_produced_holds_only_itself(tmp_path):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, 'at: "07:00"')
    path = tmp_path / "schedules.yaml"
    path.write_text(path.read_text().replace("sender: mailgun", "sender: nosuch"))
    app = App.open(tmp_path, clock)
    composing.compose(app, app.schedule("morning"), composing.manual_slot(app), actor="test")
    app.sending.advance()
    with app.store.read() as conn:
        (send,) = sends.of_edition(conn, 1)
    assert send["state"] == "held"
    assert "no sender is called `nosuch`" in send["reasons"][0]["what"]


def test_an_edition_cancelled_while_it_is_rendered_is_not_sent(tmp_path):
    app = open_app(tmp_path, Clock(EVENING), 'at: "07:00"')
    composed = composing.compose(app, app.schedule("morning"), composing.manual_slot(app), actor="test")
    stopping.cancel_edition(app.store, composed.edition_id, reason="a mistake", now=EVENING)
    schedule = app.schedule("morning")
    assert produce.record(app.store, app.studio, app.project, schedule, composed.edition_id, now=EVENING) == []
    with app.store.read() as conn:
        assert sends.of_edition(conn, composed.edition_id) == []


def test_a_channel_that_was_taken_out_pauses_what_waits_for_it(tmp_path):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, 'at: "07:00"')
    subscribe(app)
    composed = composing.compose(app, app.schedule("morning"), composing.manual_slot(app), actor="test")
    app.sending.advance()
    path = tmp_path / "schedules.yaml"
    path.write_text(path.read_text().replace("letters:", "others:").replace("via: letters", "via: others"))
    changed = App.open(tmp_path, clock)
    changed.sending.advance()
    with changed.store.read() as conn:
        (send,) = sends.of_edition(conn, composed.edition_id)
    assert send["state"] == "paused"
    assert "there is no channel letters any more" in send["reasons"][-1]["what"]
    assert changed.sending.is_over([composed.edition_id])


def subscribe(app: App) -> None:
    key = app.keys.current("suppression")[1]
    imports.add_one(app.store, "ada@example.org", "daily", name="", hash_key=key, now=EVENING, actor="test")


def test_an_unset_name_in_one_source_does_not_stop_the_others(tmp_path):
    app = open_app(tmp_path, Clock(EVENING), 'at: "07:00"')
    path = tmp_path / "schedules.yaml"
    path.write_text(
        path.read_text().replace("lists:\n", "  other: {feed: 'https://${NOBODY_SET_THIS}/feed'}\nlists:\n")
    )
    app = App.open(tmp_path, Clock(EVENING))
    collected = {each.source: each for each in app.poll_all()}
    assert collected["site"].new == 3
    assert "is not set" in collected["other"].error


def test_an_articles_edition_that_was_cancelled_stays_cancelled_and_costs_no_further_write(tmp_path, monkeypatch):
    app = open_app(tmp_path, Clock(EVENING), "new: article")
    app.poll_all()
    for edition_id in fire_due(app):
        stopping.cancel_edition(app.store, edition_id, reason="a mistake", now=EVENING)
    monkeypatch.setattr(composing, "record", lambda *_, **__: pytest.fail("it was composed again"))
    assert fire_due(app) == []
    assert {state for _, state in fired(app)} == {"cancelled"}
