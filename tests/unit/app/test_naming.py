"""Which edition a person means."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from publisher.app.naming import edition_named
from publisher.errors import UsageError
from publisher.store.tables import editions as edition_rows
from tests.ledger import add_edition

LISBON, AUCKLAND = ZoneInfo("Europe/Lisbon"), ZoneInfo("Pacific/Auckland")


def named(store, said, zone=LISBON):
    with store.read() as conn:
        return edition_named(conn, said, zone, ["morning", "weekly"])


def add(store, slot, due_at, state="locked", schedule="morning"):
    edition_id = add_edition(store, slot, schedule)
    with store.write() as conn:
        mine = edition_rows.c.id == edition_id
        conn.execute(update(edition_rows).where(mine).values(due_at=due_at, state=state))
    return edition_id


def at(day, hour):
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def test_a_number_a_schedule_and_a_day_are_understood(store):
    first = add(store, "2026-11-24T07:00", at(24, 7))
    second = add(store, "2026-11-25T07:00", at(25, 7))
    assert named(store, str(first)) == first
    assert named(store, "morning") == second
    assert named(store, "morning@2026-11-24") == first


def test_a_day_is_the_publications_own_whatever_the_slot_is_called(store):
    by_hand = add(store, "manual:2026-11-24T22:00:00Z", at(24, 22))
    add(store, "article:812", at(26, 3))
    assert named(store, "morning@2026-11-25", AUCKLAND) == by_hand
    assert named(store, "morning@2026-11-24") == by_hand


def test_of_several_on_a_day_the_latest_is_meant(store):
    add(store, "2026-11-24T07:00", at(24, 7))
    evening = add(store, "2026-11-24T18:00", at(24, 18))
    assert named(store, "morning@2026-11-24") == evening


def test_one_that_was_skipped_is_meant_only_where_there_is_no_other(store):
    sent = add(store, "2026-11-24T07:00", at(24, 7), "closed")
    skipped = add(store, "2026-11-25T07:00", at(25, 7), "skipped")
    assert named(store, "morning") == sent
    assert named(store, "morning@2026-11-25") == skipped


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("99", "there is no edition 99. See them: publisher editions"),
        ("mornin", "Did you mean morning? Schedules: morning, weekly"),
        ("weekly", "weekly has no edition yet. See when it has: publisher plan weekly"),
        ("morning@2026-11-23", "morning has no edition on 2026-11-23. Its latest is morning@2026-11-24, number 1"),
        ("morning@tuesday", "'tuesday' is no day. Write it like morning@2026-11-24"),
        ("@2026-11-24", "there is no edition ''"),
    ],
)
def test_a_wrong_name_is_answered_with_what_there_is(store, said, answer):
    add(store, "2026-11-24T07:00", at(24, 7))
    with pytest.raises(UsageError) as caught:
        named(store, said)
    assert answer in str(caught.value)
