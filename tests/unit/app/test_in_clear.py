"""A secret in clear is found in comments and in broken files, too."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

import pytest

from publisher.app.in_clear import holds_secret, line_of_secret
from publisher.config.reading import FILE


@pytest.mark.parametrize(
    ("text", "is_there"),
    [
        ("channels:\n  a: {sender: mailgun, key: abc}\n", True),
        ("channels:\n  a:\n    token: |\n      abc\n", True),
        ("# channels: {a: {token: abc}}\n", True),
        ("channels: [\n  token: 'abc'\n", True),
        ("sources:\n  a: {feed: https://me:word@x.example/feed}\n", True),
        ("channels:\n  a: {sender: mailgun, token: ${TOKEN}, key: '${KEY}'}\n", False),
        ("sources:\n  a: {feed: https://x.example/feed}\n", False),
        ("schedules:\n  a: {when: {at: '07:00'}}\n", False),
        ("# What is wrong or missing; every key: docs/schedules.md\n", False),
        ("a: 1  # the sender, and its key: see docs/decisions/0017-door.md\n", False),
        ("# key: the one that Mailgun shows, under Sending\n", False),
        ("# token: ${TOKEN} once\n", False),
        ("# key: abc123\n", True),
        ("a: 1  # - token: 'abc'\n", True),
        ("# the old key: abc123def456, until May\n", True),
        ("# token: it was abc123def456\n", True),
        ("# old token: qwertzuiopasdfghjklyxcvbnm\n", True),
        ("# password: correct horse battery staple\n", True),
        ("x: 1\r# key: abc  # was ${KEY}\r", True),
    ],
)
def test_what_is_a_secret(text, is_there):
    assert holds_secret(text) is is_there


def test_the_line_of_a_secret_is_known():
    assert line_of_secret("a: 1\n\n# key: abc\n") == 3
    assert line_of_secret("channels:\n  a:\n    token: |\n      abc\n") == 3
    assert line_of_secret("a: 1\n") == 0


@pytest.mark.parametrize("line", ["# " + "x" * 100_000, "# every key: a " * 7_000])
def test_a_line_that_is_the_whole_file_is_read_soon(line):
    began = monotonic()
    assert line_of_secret(line) == 0
    assert monotonic() - began < 10


def test_the_file_of_this_project_holds_none():
    assert line_of_secret((Path(__file__).parents[3] / FILE).read_text()) == 0
