"""What a command says of what happens meanwhile: sentences, of use to whoever waits for it."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

import publisher
from publisher.cli.remarks import WORDS, in_words, once
from tests.project import ProjectDir
from tests.unit.app.project import edit


def test_a_source_that_fails_is_said_in_its_own_words(tmp_path):
    project = ProjectDir(tmp_path, "http://127.0.0.1:9")
    practice = ("publication:", "practice: true\npublication:")
    edit(tmp_path, practice, ("  site:\n", "  wire: {feed: wire.xml}\n  site:\n"), ("[site]", "[site, wire]"))
    said = project.publisher("send", "morning", code=1).splitlines()
    assert any(line.startswith("wire: there is no file ") for line in said)
    assert not [line for line in said if "source_failed" in line or "[warning" in line]


def test_what_helps_nobody_is_not_said_and_errors_always_are():
    with pytest.raises(structlog.DropEvent):
        in_words(None, "warning", {"event": "late_answer_left_out", "call": 1})
    assert in_words(None, "error", {"event": "take_over_failed", "send": 5}) == "take over failed: send 5"


def test_what_is_tried_again_and_fails_alike_is_said_once():
    unless_said = once()
    assert unless_said(None, "error", "the disk is full") == "the disk is full"
    with pytest.raises(structlog.DropEvent):
        unless_said(None, "error", "the disk is full")
    assert unless_said(None, "error", "letters is stopped") == "letters is stopped"


def test_a_fault_of_our_own_keeps_its_traceback_and_no_secrets():
    secret = "key-" + "0123"
    try:
        raise ValueError("odd")
    except ValueError:
        said = in_words(None, "error", {"event": "duty_failed", "exc_info": True})
    assert "ValueError: odd" in said
    assert secret not in said


def lines() -> Iterator[tuple[str, set[str]]]:
    """Yield event and fields of every line that the product logs."""
    for path in Path(publisher.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("log.warning", "log.error"):
                yield ast.literal_eval(node.args[0]), {each.arg for each in node.keywords}


def test_every_sentence_has_the_fields_of_its_lines():
    met = [(event, fields) for event, fields in lines() if event in WORDS]
    assert {event for event, _ in met} == set(WORDS)
    for event, fields in met:
        assert {name for _, name, _, _ in string.Formatter().parse(WORDS[event]) if name} <= fields, event
