"""A secret in clear is found in comments and in broken files, too."""

from __future__ import annotations

import pytest

from publisher.app.in_clear import holds_secret


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
    ],
)
def test_what_is_a_secret(text, is_there):
    assert holds_secret(text) is is_there
