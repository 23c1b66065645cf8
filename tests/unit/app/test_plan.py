"""A plan is the send: what it says is what an edition made at that moment carries, and nothing is written."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from publisher.app import App
from publisher.app.plan import Plan, plan_slot
from publisher.pipeline.compose import Choice
from tests.ledger import Clock
from tests.project import ProjectDir
from tests.unit.app.project import EVENING, compose_now, edit, open_with_press, write_feed

HOUR = timedelta(hours=1)


@pytest.fixture
def clock():
    return Clock(EVENING)


@pytest.fixture
def app(tmp_path, clock):
    return open_with_press(tmp_path, clock)


def html(planned: Plan) -> str:
    """Return the fixed parts of the first mail."""
    return "".join(part for part in planned.products[0].message.html if isinstance(part, str))


def plan(app: App) -> Plan:
    return plan_slot(app, app.schedule("morning"))


def words(choice: Choice) -> dict[str, object]:
    """Return what a choice says: titles with their reasons, and why there is no edition."""
    kinds = {"in": choice.picked, "out": choice.left, "noted": choice.noted}
    said = {kind: [(each.article.title, why) for each, why in found] for kind, found in kinds.items()}
    return {**said, "skipped": choice.skipped}


def test_a_story_that_two_sources_bring_in_one_look_is_planned_once_with_the_reason_of_the_send(app, tmp_path):
    write_feed(tmp_path / "feed.xml", bridge="The bridge opens", first="A first word")
    write_feed(tmp_path / "press.xml", bridge="The bridge is open", other="Another house")
    planned = words(plan(app).choice)
    assert [title for title, _ in planned["in"]] == ["Bridge"]
    assert [why for _, why in planned["out"]] == ["the same story as 3, which goes"]
    assert words(compose_now(app)) == planned


def test_a_correction_that_this_look_finds_is_planned_and_named_in_the_mail(app, tmp_path, clock):
    write_feed(tmp_path / "feed.xml", bridge="The bridge opens", first="A first word")
    compose_now(app)
    clock.advance(HOUR)
    write_feed(tmp_path / "feed.xml", ferry="The ferry is back", bridge="The bridge stays shut", first="A first word")
    planned = plan(app)
    assert words(planned.choice)["noted"] == [("Bridge", "changed since edition 2 (on_update)")]
    assert "Changed since we sent it" in html(planned)
    assert words(compose_now(app)) == words(planned.choice)


def test_what_changed_or_went_before_it_was_sent_is_planned_as_it_is_now(app, tmp_path, clock):
    write_feed(tmp_path / "feed.xml", bridge="The bridge opens", quay="The quay", first="A first word")
    app.poll_all()
    clock.advance(HOUR)
    write_feed(tmp_path / "feed.xml", bridge="The bridge stays shut", first="A first word")
    planned = plan(app)
    assert words(planned.choice)["in"] == [("Bridge", "new at the source")]
    assert "stays shut" in html(planned)
    assert words(compose_now(app)) == words(planned.choice)


def test_planning_writes_nothing(app, tmp_path):
    write_feed(tmp_path / "feed.xml", bridge="The bridge opens", first="A first word, corrected")

    def dump() -> list[str]:
        with sqlite3.connect(tmp_path / "publisher.db") as conn:
            return list(conn.iterdump())

    before = dump()
    assert plan(app).choice.picked
    assert dump() == before


MISSES_ALL = {"sender": "mailgun", "region": "mars", "api_key": "${NOBODY_SET_IT}"}
ALL_OF_IT = ("${NOBODY_SET_IT} is not set", "needs `domain`", "`region` must be 'us' or 'eu'")


def with_channel(folder, clock, channel, *changes) -> Plan:
    ProjectDir(folder, "http://127.0.0.1:9", channel=channel)
    edit(folder, *changes)
    return plan(App.open(folder, clock))


def test_a_channel_that_can_not_be_used_holds_the_send_and_all_that_it_misses_is_said(tmp_path, clock):
    (product,) = with_channel(tmp_path, clock, MISSES_ALL).products
    (finding,) = product.findings
    assert (finding.check, product.is_held) == ("channel", True)
    assert [words for words in ALL_OF_IT if words not in finding.what] == []


def test_practice_needs_no_channel(tmp_path, clock):
    (product,) = with_channel(tmp_path, clock, MISSES_ALL, ("version: 1", "version: 1\npractice: true")).products
    assert product.findings == ()


def test_where_a_fallback_carries_on_nothing_is_held(tmp_path, clock):
    spare = '  spare: {sender: webhook, url: "https://h.example", secret: "${WEBHOOK_SECRET}"}\n'
    (product,) = with_channel(
        tmp_path, clock, {**MISSES_ALL, "fallback": "spare"}, ("schedules:\n", f"{spare}schedules:\n")
    ).products
    assert not product.is_held
    assert product.findings[0].what.endswith("; spare carries on")
