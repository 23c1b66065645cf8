"""What is alike in hearing a provider: who speaks, and reading without a fault."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.senders.bodies import basic
from publisher.senders.events import (
    Incoming,
    NotBelieved,
    is_fresh,
    key_of,
    must_know_password,
    objects_in,
    reason,
    when,
    within,
    word,
)

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


def test_both_passwords_hold_during_a_rotation_and_nothing_else_does():
    for password in ("new", "old"):
        must_know_password(Incoming(b"", {"authorization": basic("anybody", password)}), ("new", "old"))
    for said in ("", "Basic", "Basic !!", "Bearer new", basic("new", ""), basic("", "ne"), basic("x", "new:old")):
        with pytest.raises(NotBelieved) as refusal:
            must_know_password(Incoming(b"", {"authorization": said}), ("new", "old"))
        assert refusal.value.status == 401
    with pytest.raises(NotBelieved):
        must_know_password(Incoming(b"", {"authorization": basic("", "")}), ())


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json_is_a_bad_request(body):
    with pytest.raises(NotBelieved) as refusal:
        objects_in(body)
    assert refusal.value.status == 400


def test_one_object_and_a_list_of_them_are_read_alike():
    assert objects_in(b'{"a": 1}') == [{"a": 1}]
    assert objects_in(b'[{"a": 1}, 2, null, {"b": 2}]') == [{"a": 1}, {"b": 2}]
    assert objects_in(b"3") == []


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (1_764_000_000, datetime(2025, 11, 24, 16, 0, tzinfo=UTC)),
        (1_764_000_000_000, datetime(2025, 11, 24, 16, 0, tzinfo=UTC)),
        ("1764000000.5", datetime(2025, 11, 24, 16, 0, 0, 500_000, tzinfo=UTC)),
        ("2025-11-24T17:00:00+01:00", datetime(2025, 11, 24, 16, 0, tzinfo=UTC)),
        ("2025-11-24T16:00:00Z", datetime(2025, 11, 24, 16, 0, tzinfo=UTC)),
        ("2027-01-01T00:00:00Z", NOW),
        (0, NOW),
        (float("nan"), NOW),
        ("yesterday", NOW),
        (None, NOW),
    ],
)
def test_a_moment_is_read_in_every_spelling_and_is_never_later_than_now(value, read):
    assert when(value, NOW) == read


@given(JSON)
def test_nothing_that_json_can_hold_is_a_fault(value):
    assert when(value, NOW) <= NOW
    assert "\0" not in word(value)
    assert within({"a": value}, "a", "b") is None or isinstance(value, dict)
    assert len(reason(value, value)) <= 300
    assert key_of(value, 1) == key_of(value, 1)


def test_a_time_that_was_signed_along_ends_at_the_edge_of_its_window():
    window = timedelta(seconds=300)
    at = NOW.timestamp()
    assert is_fresh(str(at - 300), NOW, window)
    assert is_fresh(str(at + 300), NOW, window)
    for said in (str(at - 301), str(at + 301), "", "x", "1e400", "nan"):
        assert not is_fresh(said, NOW, window)
