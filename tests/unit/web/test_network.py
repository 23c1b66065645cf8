"""From which network somebody asks."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from publisher.web.network import network, network_of


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        (" 192.0.2.77:4711", "192.0.2.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2:3::4]:443", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("unknown", ""),
        ("", ""),
        ("999.1.1.1", ""),
        ("<script>", ""),
    ],
)
def test_a_network_is_what_one_line_or_server_has(said, found):
    assert network(said) == found


def asked(host: str, peer: str) -> str:
    headers = [(b"host", host.encode())]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "client": (peer, 1), "scheme": "http"}
    return network_of(Request({**scope, "server": ("127.0.0.1", 80), "query_string": b""}))


def test_of_whom_nobody_says_who_asks_the_network_is_not_known():
    assert asked("letters.harbor.example", "127.0.0.1") == ""
    assert asked("letters.harbor.example", "192.0.2.1") == "192.0.2.0/24"


def test_whoever_is_on_this_machine_is_their_own_network():
    assert asked("localhost:8025", "127.0.0.1") == "127.0.0.0/24"
