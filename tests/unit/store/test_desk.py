"""Notes wait for an edition and are used once; changes of a draft are kept while it is one."""

from __future__ import annotations

from datetime import timedelta

from publisher.model.desk import Changes
from publisher.model.states import EditionState
from publisher.store import desk, editions, project_versions, schedules
from tests.ledger import NOW, add_edition


def write(store, text: str, schedule: str = "morning", language: str = "") -> int:
    with store.write() as conn:
        return desk.write_note(conn, schedule, text, language=language, actor="cli:anna", now=NOW)


def waiting(store, schedule: str = "morning", language: str = "en") -> str | None:
    with store.read() as conn:
        found = desk.waiting_note(conn, schedule, language)
    return None if found is None else found.text


def add_draft(store) -> int:
    with store.write() as conn:
        return editions.add(
            conn,
            schedule="morning",
            slot="2026-11-25T07:00",
            language="en",
            due_at=NOW + timedelta(days=1),
            now=NOW,
            state=EditionState.DRAFT,
            reason="",
            version_id=project_versions.accept(conn, "v1", "version: 1\n", NOW, "test"),
            actor="test",
            places=[],
        )


def test_the_last_note_waits_and_the_one_before_it_is_gone(store):
    write(store, "First")
    write(store, "Second")
    write(store, "Another", schedule="evening")
    assert (waiting(store), waiting(store, "evening"), waiting(store, "weekly")) == ("Second", "Another", None)


def test_a_note_for_a_language_comes_before_one_for_any(store):
    write(store, "Any")
    write(store, "Em português", language="pt")
    assert (waiting(store, language="pt"), waiting(store, language="en")) == ("Em português", "Any")


def test_a_note_is_carried_by_one_edition_alone(store):
    first, second = add_edition(store), add_edition(store, "2026-11-25T07:00")
    note_id = write(store, "Dear readers")
    with store.write() as conn:
        desk.use_note(conn, note_id, first)
        desk.use_note(conn, note_id, second)
    with store.read() as conn:
        assert (desk.note_of(conn, first).text, desk.note_of(conn, second)) == ("Dear readers", None)
        assert desk.last_used_note(conn, "morning").edition_id == first
    assert waiting(store) is None


def test_a_note_that_was_taken_back_waits_no_more(store):
    note_id = write(store, "Dear readers")
    edition_id = add_edition(store)
    with store.write() as conn:
        assert desk.take_back_note(conn, "morning", now=NOW)
        assert not desk.take_back_note(conn, "morning", now=NOW)
        desk.use_note(conn, note_id, edition_id)
    with store.read() as conn:
        assert desk.note_of(conn, edition_id) is None


def test_notes_follow_their_schedule_to_a_new_name(store):
    with store.write() as conn:
        schedules.begin(conn, "morning", NOW, "test")
    write(store, "Dear readers")
    with store.write() as conn:
        schedules.rename(conn, "morning", "briefing")
    assert (waiting(store), waiting(store, "briefing")) == (None, "Dear readers")


def test_changes_of_a_draft_are_kept_and_those_of_a_locked_edition_can_not_be_made(store):
    draft, locked = add_draft(store), add_edition(store)
    changes = Changes().add(9, "anna").add(3, "ben").signed("anna", NOW, "added 9 and 3")
    with store.write() as conn:
        assert desk.lock_draft(conn, draft) == Changes()
        desk.keep_changes(conn, draft, changes)
        assert desk.lock_draft(conn, locked) is None
    with store.write() as conn:
        assert desk.lock_draft(conn, draft) == changes
