"""What was edited is put in, and everything else stays byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.config.blocks import block_of, with_ends_of
from publisher.config.reading import parse_document
from tests.many import many_schedules

MANY = many_schedules(200)
ENDS = ("\n", "\r\n")


def test_a_schedules_lines_begin_with_the_comments_right_above_it():
    block = block_of(MANY, "s007")
    assert block is not None
    words = block.of(MANY)
    assert words.startswith("  # 7: asked for by the sports desk\n  s007:")
    assert words.endswith("to: daily}  # 7\n")
    assert MANY.split("\n")[block.first_line - 1] == "  # 7: asked for by the sports desk"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("schedules:\n  a: {x: 1}\n  b: 2\n", "  a: {x: 1}\n"),
        (
            "schedules:\n  # of a\n  a:\n    x: 1\n    # still a\n\n  # of b\n  b: 2\n",
            "  # of a\n  a:\n    x: 1\n    # still a\n",
        ),
        (
            "schedules:\n  a:\n    t: |\n      # words\n\n      more\n# below\ninserts: {}\n",
            "  a:\n    t: |\n      # words\n\n      more\n",
        ),
        ("schedules:\r\n  a: 1\r\n  b: 2", "  a: 1\r\n"),
        ("schedules:\n  b: 2\n  a: 1", "  a: 1"),
        ("schedules:\n  b: 2\n  a: 1\n...\n", "  a: 1\n"),
        ("schedules:\n\ta: 1\n", None),
        ("schedules: {a: 1, b: 2}\n", None),
        ("x: &x\n  a: 1\nschedules: *x\n", "  a: 1\n"),
        ("schedules: [1]\n", None),
        ("a: 1\n", None),
        ("", None),
    ],
)
def test_where_a_schedule_stands(text, lines):
    block = block_of(text, "a")
    assert (block.of(text) if block else None) == lines


@pytest.mark.parametrize("end", ENDS)
def test_outside_of_any_of_two_hundred_every_byte_stays(end):
    text = MANY.rstrip("\n").replace("\n", end).replace("# the end", "#\tthe end  ")
    for number in range(200):
        block = block_of(text, f"s{number:03}")
        assert block is not None
        own = block.of(text).replace("\r\n", "\n")  # as a browser has it
        edited = block.replaced(text, own.replace("at_most: ", "at_most: 1"))
        assert edited[: block.start] == text[: block.start]
        assert edited.endswith(text[block.end :])
        assert edited[block.start :].replace("at_most: 1", "at_most: ", 1) == text[block.start :]
        assert block.replaced(text, own) == text


@settings(max_examples=40, deadline=None)
@given(
    number=st.integers(0, 5),
    end=st.sampled_from(ENDS),
    has_end=st.booleans(),
    words=st.lists(
        st.sampled_from(("    # äöü 🙂 words", "", "    backfill: 3   # ten\t", "    never_twice: true")), max_size=4
    ),
)
def test_outside_of_an_edited_schedule_every_byte_stays(number, end, has_end, words):
    few = many_schedules(6)
    text = (few if has_end else few.rstrip("\n")).replace("\n", end)
    block = block_of(text, f"s{number:03}")
    assert block is not None
    own = block.of(text).replace("\r\n", "\n")
    edited = block.replaced(text, own + "".join(f"{line}\n" for line in words))
    assert edited[: block.end] == text[: block.end]
    assert edited.endswith(text[block.end :])
    assert edited.replace(end, "").count("\n") == 0
    assert block.replaced(text, own) == text


@settings(max_examples=60, deadline=None)
@given(
    ends=st.lists(st.sampled_from(("\n", "\r\n", "\r")), min_size=12, max_size=12),
    at=st.integers(0, 10),
    new=st.lists(st.sampled_from(("new", "two\twords ", "")), max_size=3),
    is_last_ended=st.booleans(),
)
def test_lines_that_stayed_end_as_they_did(ends, at, new, is_last_ended):
    lines = [f"line {number % 5} \t" for number in range(12)]
    base = "".join(map("".join, zip(lines, ends, strict=True)))
    base = base if is_last_ended else base.rstrip("\r\n")
    typed = "\n".join([*lines[:at], *new, *lines[at + 1 :]]) + ("\n" if is_last_ended else "")
    found = with_ends_of(base, typed)
    head = "".join(map("".join, zip(lines[:at], ends[:at], strict=True)))
    tail = base[len("".join(map("".join, zip(lines[: at + 1], ends[: at + 1], strict=True)))) :]
    assert found.startswith(head)
    assert found.endswith(tail)
    assert found.replace("\r\n", "\n").replace("\r", "\n") == typed


def test_a_text_that_nobody_edited_is_the_same():
    mixed = "a: 1\r\n\r\nb: 2\rc: 3\n\n"
    assert with_ends_of(mixed, mixed.replace("\r\n", "\n").replace("\r", "\n")) == mixed
    assert parse_document(MANY).data["schedules"]["s199"]
