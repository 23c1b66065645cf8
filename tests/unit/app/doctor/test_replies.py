"""Whether what readers answer would arrive."""

from __future__ import annotations

import pytest

from publisher.app.doctor import replies


@pytest.mark.parametrize(
    ("records", "level", "says"),
    [
        ({"MX": ["10 mail.harbor.example."]}, "ok", "taken by mail.harbor.example"),
        ({"MX": ["0 ."]}, "trouble", "it takes no mail"),
        ({"A": ["192.0.2.1"]}, "note", "there is no MX record"),
        ({"TXT": ["x"]}, "trouble", "no server takes mail for it"),
    ],
)
def test_who_takes_replies(ask, records, level, says):
    (found,) = replies.look(ask({"harbor.example": records}), "harbor.example")
    assert (found.level.value, says in str(found)) == (level, True)
