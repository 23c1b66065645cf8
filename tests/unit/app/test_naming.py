"""Which edition a person means."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from publisher.app.naming import Meant, edition_named
from publisher.errors import UsageError
from publisher.pipeline.operate import holding
from publisher.store.tables import editions as edition_rows
from publisher.store.tables import sends as send_rows
from tests.ledger import add_edition, add_send, subscribe

LISBON, AUCKLAND = ZoneInfo("Europe/Lisbon"), ZoneInfo("Pacific/Auckland")


def named(store, said, zone=LISBON, meant=Meant.LATEST):
    with store.read() as conn:
        return edition_named(conn, said, zone, ["morning", "weekly"], meant)


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


def test_a_hold_means_the_one_under_way_and_not_what_came_after_it(store):
    add(store, "article:1", at(24, 7), "closed")
    sending = add(store, "article:2", at(24, 8))
    latest = add(store, "article:3", at(24, 9), "closed")
    add(store, "article:4", at(25, 9), "draft")
    assert named(store, "morning", meant=Meant.UNDER_WAY) == sending
    assert named(store, "morning@2026-11-24", meant=Meant.UNDER_WAY) == sending
    assert named(store, "morning@2026-11-24") == latest


def test_where_nothing_is_under_way_the_latest_is_meant(store):
    add(store, "2026-11-24T07:00", at(24, 7), "closed")
    draft = add(store, "2026-11-25T07:00", at(25, 7), "draft")
    assert named(store, "morning", meant=Meant.UNDER_WAY) == draft
    assert named(store, "morning", meant=Meant.HELD) == draft


def test_of_several_under_way_a_person_chooses_by_number(store):
    first = add(store, "article:1", at(24, 7))
    second = add(store, "article:2", at(24, 8))
    with pytest.raises(UsageError) as caught:
        named(store, "morning", meant=Meant.UNDER_WAY)
    assert str(caught.value) == (
        f"2 editions of morning are under way. Give the number of one: {first} (article:1), {second} (article:2)"
    )
    assert named(store, str(first), meant=Meant.UNDER_WAY) == first


def test_many_under_way_are_not_all_named(store):
    for number in range(12):
        add(store, f"article:{number}", at(24, 7))
    with pytest.raises(UsageError, match=r"12 editions of morning .* and 2 more \(publisher editions\)"):
        named(store, "morning", meant=Meant.UNDER_WAY)


def test_a_release_means_the_one_that_is_held(store):
    held = add(store, "article:1", at(24, 7))
    add(store, "article:2", at(24, 8))
    holding.hold_edition(store, held, actor="cli:ada", why="", now=at(24, 9))
    assert named(store, "morning", meant=Meant.HELD) == held


# --- a slot with an edition in each of several languages --------------------------------------------------------------


def add_both(store, states=("locked", "locked")):
    """Write down a slot's editions in English and Portuguese."""
    slot = "2026-11-24T07:00"
    first, second = (add(store, f"{slot} {number}", at(24, 7), state) for number, state in enumerate(states))
    with store.write() as conn:
        for edition_id, language in ((first, "en"), (second, "pt-BR")):
            mine = edition_rows.c.id == edition_id
            conn.execute(update(edition_rows).where(mine).values(slot=slot, language=language))
    return first, second


def test_the_language_says_which_of_a_slots_editions_is_meant(store):
    english, portuguese = add_both(store)
    assert named(store, "morning@2026-11-24/pt-br") == portuguese
    assert named(store, "morning/en") == english


def test_without_the_language_both_are_named(store):
    english, portuguese = add_both(store)
    for said in ("morning", "morning@2026-11-24"):
        with pytest.raises(UsageError) as error:
            named(store, said)
        assert str(error.value) == (
            f"{said} has editions in several languages. Say which: morning@2026-11-24/en (edition {english}),"
            f" morning@2026-11-24/pt-BR (edition {portuguese})"
        )


def test_one_that_was_skipped_is_no_other(store):
    english, portuguese = add_both(store, states=("locked", "skipped"))
    assert named(store, "morning") == english
    assert named(store, "morning/pt-BR") == portuguese


def test_a_language_without_an_edition_is_refused(store):
    add_both(store)
    with pytest.raises(UsageError, match="morning has no edition in 'de'"):
        named(store, "morning/de")


def test_of_those_of_a_kind_the_language_chooses_too(store):
    english, portuguese = add_both(store)
    assert named(store, "morning/en", meant=Meant.UNDER_WAY) == english
    with pytest.raises(UsageError, match=f"{english} .2026-11-24T07:00, en., {portuguese} .2026-11-24T07:00, pt-BR."):
        named(store, "morning", meant=Meant.UNDER_WAY)


def test_a_held_correction_of_an_ended_edition_is_meant_where_nothing_else_is_held(store):
    ended = add(store, "2026-11-24T07:00", at(24, 7), state="closed")
    add(store, "2026-11-25T07:00", at(25, 7), state="closed")
    subscribe(store, 1)
    correction = add_send(store, ended)
    with store.write() as conn:
        conn.execute(update(send_rows).where(send_rows.c.id == correction).values(kind="correction", state="paused"))
    assert named(store, "morning", meant=Meant.HELD) == ended
    assert named(store, "morning@2026-11-24", meant=Meant.HELD) == ended
    begun = add(store, "2026-11-26T07:00", at(26, 7))
    holding.hold_edition(store, begun, actor="test", why="", now=at(26, 7))
    assert named(store, "morning", meant=Meant.HELD) == begun
