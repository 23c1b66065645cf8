"""A plan is the send: what it says is what an edition made at that moment carries, and nothing is written."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from publisher.app import App
from publisher.app.plan import Plan, plan_slot
from publisher.pipeline.compose import Choice
from tests.ledger import Clock
from tests.unit.app.project import EVENING, compose_now, open_with_press, write_feed

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
