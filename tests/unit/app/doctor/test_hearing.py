"""Whether what became of letters comes back."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from publisher.app.doctor import hearing
from publisher.model.event import Event, EventKind
from publisher.store import events, facts
from tests.ledger import NOW, add_edition, add_send, subscribe
from tests.unit.app.doctor.ward import SPARKPOST, patient, project

HEARS = {**SPARKPOST, "events_password": "${WEBHOOK_SECRET}"}
MASTODON = {"sender": "mastodon", "instance": "https://news.example", "token": "${WEBHOOK_SECRET}"}


def looked_at(app) -> list[tuple[str, str]]:
    return [(each.level.value, str(each)) for each in hearing.look(patient(app))]


def count(app, **tally: int) -> None:
    with app.store.write() as conn:
        facts.add_heard(conn, "letters", Counter(tally))


def hear(app) -> None:
    subscribe(app.store, 1)
    add_send(app.store, add_edition(app.store))
    with app.store.write() as conn:
        word = Event(EventKind.DELIVERED, "e1", NOW)
        events.add(conn, "letters", word, 1, words="", now=NOW - timedelta(hours=1))


def test_without_a_secret_nobody_is_believed(tmp_path):
    (level, says), _ = looked_at(project(tmp_path, **SPARKPOST))
    assert level == "trouble"
    assert "`events_password` is not set" in says
    assert "https://letters.harbor.example/webhooks/letters" in says


def test_a_channel_that_hears_nothing_afterwards_says_so(tmp_path):
    app = project(tmp_path, **MASTODON)
    ((level, says),) = looked_at(app)
    assert (level, "tells nothing afterwards" in says) == ("note", True)


@pytest.mark.parametrize(
    ("tally", "is_heard", "level", "says"),
    [
        ({}, False, "note", "nothing so far"),
        ({"refused": 1_200}, False, "trouble", "nothing that was believed (1,200 refused)"),
        ({"new": 1, "repeated": 4}, True, "ok", "last on 2026-11-24 at 06:00 WET"),
        ({"new": 1, "foreign": 3, "refused": 2}, True, "ok", "WET; 2 refused, 3 foreign"),
    ],
)
def test_what_was_heard(tmp_path, tally, is_heard, level, says):
    app = project(tmp_path, **HEARS)
    count(app, **tally)
    if is_heard:
        hear(app)
    (knows, _), (found, words) = looked_at(app)
    assert (knows, found) == ("ok", level)
    assert says in words
