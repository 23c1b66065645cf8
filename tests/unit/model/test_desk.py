"""What people change in an edition survives the ledger, and each change undoes what it contradicts."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from publisher.model.desk import MOST_SAID, Changes, Words, names

NOW = datetime(2026, 11, 24, 6, 41, tzinfo=UTC)
ENTRIES = st.sampled_from(["letters:daily", "x"])
NUMBERS = st.integers(1, 6)
STEPS = st.one_of(
    st.tuples(st.sampled_from(["drop", "put_off", "add"]), st.tuples(NUMBERS, st.sampled_from(["anna", "ben"]))),
    st.tuples(st.just("put_back"), st.tuples(NUMBERS)),
    st.tuples(st.just("arrange"), st.tuples(st.lists(NUMBERS).map(tuple))),
    st.tuples(
        st.just("word"), st.tuples(st.sampled_from(["letters:daily", "x"]), st.builds(Words, st.text(max_size=3)))
    ),
    st.tuples(st.just("unword"), st.tuples(st.sampled_from(["letters:daily", "x"]))),
)


def made(steps) -> Changes:
    changes = Changes()
    for name, values in steps:
        changes = getattr(changes, name)(*values).signed("anna", NOW, name)
    return changes


@given(st.lists(STEPS, max_size=12))
def test_the_ledger_keeps_them_as_they_are(steps):
    changes = made(steps)
    assert Changes.of(json.loads(json.dumps(changes.kept))) == changes
    assert (changes.kept is None) == (not steps)
    assert list(Changes.of(json.loads(json.dumps(changes.kept))).added) == list(changes.added)


@given(st.lists(STEPS, max_size=12))
def test_of_each_article_only_the_last_word_holds(steps):
    changes = made(steps)
    sets = [set(changes.dropped), set(changes.later), set(changes.added)]
    assert sum(map(len, sets)) == len(set().union(*sets))
    assert changes.version == len(steps)


def test_an_article_that_the_schedule_decides_about_again_loses_its_place():
    changes = Changes().add(3, "anna").arrange((3, 1)).put_back(3)
    assert (changes.added, changes.order) == ({}, (1,))


def test_words_are_added_one_by_one():
    changes = Changes().word("x", Words(subject="One")).word("x", Words(preheader="Two"))
    assert changes.words["x"] == Words("One", "Two")
    assert changes.unword("x").words == {}


def test_who_changed_what_is_remembered_as_far_as_anyone_reads():
    changes = Changes()
    for number in range(MOST_SAID + 5):
        changes = changes.signed("anna", NOW, f"change {number}")
    assert (len(changes.said), changes.said[-1].what, changes.version) == (MOST_SAID, "change 54", 55)


def test_a_picture_is_named_by_its_whole_name():
    assert names("![x](media:bank.png)", "bank.png")
    assert not names("![x](media:bank.png)", "bank")
    assert names("see media:bank. And", "bank")
