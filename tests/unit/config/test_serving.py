"""Where a machine listens, whom it believes, and by which address its console is reached."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from publisher.config.serving import LOOPBACK, Place, Serving
from publisher.config.settings import Settings
from publisher.errors import ConfigError


def serving(**said: str) -> Serving:
    return Settings({f"PUBLISHER_{name.upper()}": value for name, value in said.items()}).serving


def test_everything_is_on_this_machine_on_one_port_and_nobody_is_believed_unless_it_is_said():
    assert serving() == Serving(Place("127.0.0.1", 8025), None, (), "")


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("8026", Place("127.0.0.1", 8026)),
        ("0", Place("127.0.0.1", 0)),
        (" 0.0.0.0:80 ", Place("0.0.0.0", 80)),
        ("[::1]:8026", Place("::1", 8026)),
        ("localhost:8026", Place("localhost", 8026)),
    ],
)
def test_a_place_is_a_port_or_an_address_and_a_port(said, place):
    assert serving(public=said).public == place


@pytest.mark.parametrize(
    "said", ["here", "::1:8026", "127.0.0.1", "127.0.0.1:", "1:2:3", "65536", "-1", "a b:1", "[x]:1"]
)
def test_what_is_no_place_is_said(said):
    with pytest.raises(ConfigError, match="PUBLISHER_CONSOLE names no place"):
        serving(console=said)


def test_two_faces_need_two_ports():
    with pytest.raises(ConfigError, match="one port, 8025"):
        serving(public="8025")
    with pytest.raises(ConfigError, match="one port, 9000"):
        serving().at(9000, 9000)
    assert serving(public="8026").at(9000, None) == Serving(Place(port=9000), Place(port=8026))
    assert serving().at(0, 0).public == Place(port=0)


def test_who_is_believed_are_addresses_and_networks():
    found = serving(trusted_proxies="loopback, 10.0.0.5  2001:db8::/32,192.0.2.7/24").trusted
    assert found == (*LOOPBACK, *map(ip_network, ("10.0.0.5", "2001:db8::/32", "192.0.2.0/24")))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("nginx", "'nginx', which is no network"),
        ("10.0.0.0/33", "no network"),
        ("0.0.0.0/0", "world"),
        ("::/0", "world"),
    ],
)
def test_nobody_else_is_believed(said, why):
    with pytest.raises(ConfigError, match=why):
        serving(trusted_proxies=said)


def test_the_console_is_reached_by_an_address_and_perhaps_below_a_path():
    found = serving(console_url="https://desk.harbor.example/publisher/")
    assert (found.console_host, found.console_prefix) == ("desk.harbor.example", "/publisher")
    assert found.console_address == "https://desk.harbor.example/publisher"
    assert serving(console="8030").console_address == "http://127.0.0.1:8030"


@pytest.mark.parametrize(
    "said",
    [
        "desk.harbor.example",
        "ftp://desk.harbor.example",
        "https://",
        "https://anna:secret@desk.harbor.example",
        "https://desk.harbor.example/?a=1",
        "https://desk.harbor.example/#a",
        'https://desk.harbor.example/"onload="x',
        "https://desk.harbor.example//evil",
        "https://[::1",
        "https://desk.harbor.example:99999",
    ],
)
def test_what_is_no_address_is_said(said):
    with pytest.raises(ConfigError, match="PUBLISHER_CONSOLE_URL is no web address"):
        serving(console_url=said)
