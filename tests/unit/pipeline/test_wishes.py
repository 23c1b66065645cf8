"""What people want of an edition: which articles it has then, and why each is in or out."""

from __future__ import annotations

from dataclasses import replace

from publisher.model.desk import Changes, Note
from publisher.model.project import Pick
from publisher.pipeline import compose
from publisher.pipeline.compose import Wishes
from tests.ledger import NOW
from tests.unit.pipeline.test_compose import MORNING, known, reasons, titles

NOTE = Note(1, "morning", "Dear readers", NOW, "anna")


def choose(candidates, changes=None, added=(), note=None, updates=(), **pick):
    wishes = Wishes(1, changes or Changes(), tuple(added), note)
    schedule = replace(MORNING, pick=Pick(**pick), on_update="repost" if updates else "ignore")
    return compose.decide(schedule, candidates, elsewhere={}, now=NOW, updates=updates, wishes=wishes)


def test_a_dropped_story_is_used_up_and_makes_room_for_the_next():
    choice = choose([known(1), known(2), known(3)], Changes().drop(1, "anna"), at_most=2)
    assert titles(choice) == ["Story 2", "Story 3"]
    assert reasons(choice) == {"Story 1": "dropped by anna"}
    assert choice.dropped == {1}


def test_a_story_left_for_the_next_edition_is_not_used_up():
    choice = choose([known(1), known(2)], Changes().put_off(1, "anna"))
    assert (titles(choice), choice.dropped) == (["Story 2"], frozenset())
    assert reasons(choice) == {"Story 1": "left for the next edition by anna"}


def test_dropping_everything_leaves_nothing_to_send_and_uses_it_up():
    choice = choose([known(1)], Changes().drop(1, "anna"))
    assert (choice.skipped, choice.dropped) == ("nothing new", {1})


def test_an_added_story_comes_beside_what_is_picked_whatever_is_asked_for():
    old = known(9, "Sport")
    choice = choose([known(1, "News"), old], Changes().add(9, "anna"), [old], categories=("News",), at_most=1)
    assert titles(choice) == ["Story 1", "Story 9"]
    assert [reason for _, reason in choice.picked] == ["new at the source", "added by anna"]
    assert choice.by_hand == {9}


def test_an_added_story_counts_for_the_least_that_an_edition_has():
    assert choose([known(1)], Changes().add(9, "a"), [known(9)], at_least=2).skipped == ""
    too_few = choose([], Changes().add(9, "a"), [known(9)], at_least=2)
    assert too_few.skipped == "only 1 new, and at_least is 2: they wait for the next edition"


def test_what_tells_the_story_of_an_added_one_stays_out():
    twin, added = replace(known(1), story_id=9), replace(known(9, source="press"), story_id=9)
    choice = choose([twin, known(2)], Changes().add(9, "anna"), [added])
    assert titles(choice) == ["Story 2", "Story 9"]
    assert reasons(choice) == {"Story 1": "the same story as one that was added"}


def test_the_order_that_people_gave_comes_first_and_the_others_follow():
    choice = choose([known(1), known(2), known(3), known(4)], Changes().arrange((3, 8, 2)))
    assert titles(choice) == ["Story 3", "Story 2", "Story 1", "Story 4"]


def test_a_dropped_story_that_changed_is_not_sent_again_for_that():
    changed = replace(known(1), changed_at=NOW, revision=2)
    choice = choose([known(2)], Changes().drop(1, "anna"), updates=[changed])
    assert (titles(choice), choice.again) == (["Story 2"], {})


def test_a_note_alone_is_an_edition_and_too_few_stories_wait():
    assert choose([], note=NOTE) == compose.Choice((), (), note=NOTE)
    choice = choose([known(1)], note=NOTE, at_least=3)
    assert (titles(choice), choice.skipped) == ([], "")
    assert reasons(choice) == {"Story 1": "only 1 new, and at_least is 3: they wait for the next edition"}
