"""Where Publisher listens, whom it believes, and by which address its console is reached: settings of one machine."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

from publisher.errors import ConfigError

FILE = ".env"
CONSOLE, PUBLIC = "PUBLISHER_CONSOLE", "PUBLISHER_PUBLIC"
CONSOLE_URL, TRUSTED = "PUBLISHER_CONSOLE_URL", "PUBLISHER_TRUSTED_PROXIES"
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
HOST = "127.0.0.1"
PLACE = re.compile(r"(?:(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:\s]+):)?(?P<port>[0-9]{1,5})")
PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Place:
    """An address of this machine and a port of it; port 0 is any that is free."""

    host: str = HOST
    port: int = 8025


@dataclass(frozen=True, slots=True)
class Serving:
    """How one machine serves.

    :ivar console: where the console and its interface are, and the public pages too unless they have a place.
    :ivar public: where readers' and providers' pages are, and nothing else.
    :ivar trusted: who may say for whom they ask, by X-Forwarded-For and X-Forwarded-Proto.
    :ivar console_url: by which people reach the console through a web server in front; empty: on this machine alone.
    """

    console: Place = Place()
    public: Place | None = None
    trusted: tuple[Network, ...] = ()
    console_url: str = ""

    @property
    def console_host(self) -> str:
        return urlsplit(self.console_url).hostname or ""

    @property
    def console_prefix(self) -> str:
        """The path below which the console is reached; empty: none."""
        return prefix_of(self.console_url)

    @property
    def console_address(self) -> str:
        """By which people reach the console, as far as settings say it."""
        return self.console_url or f"http://{self.console.host}:{self.console.port}"

    def at(self, port: int | None, public_port: int | None) -> Serving:
        """Return the same at other ports; None leaves one as it is."""
        console = self.console if port is None else replace(self.console, port=port)
        public = self.public if public_port is None else replace(self.public or Place(), port=public_port)
        return replace(self, console=console, public=_apart(console, public))


def serving_of(get: Callable[[str], str]) -> Serving:
    """Read the settings.

    :param get: returns what a setting says; empty where it isn't set.
    :raises ConfigError: one of them can't be meant.
    """
    console = _place(CONSOLE, get(CONSOLE)) or Place()
    public = _apart(console, _place(PUBLIC, get(PUBLIC)))
    return Serving(console, public, _trusted(get(TRUSTED)), _console_url(get(CONSOLE_URL)))


def prefix_of(url: str) -> str:
    """Return the path of an address under which pages are served, without a slash at its end."""
    return urlsplit(url).path.rstrip("/")


def _apart(console: Place, public: Place | None) -> Place | None:
    if public and public.port and public.port == console.port:
        remedy = f"Name another one, or leave {PUBLIC} out: then one port has both"
        raise ConfigError(f"the console and the public pages have one port, {public.port}", where=FILE, remedy=remedy)
    return public


def _place(name: str, said: str) -> Place | None:
    if not said.strip():
        return None
    found = PLACE.fullmatch(said.strip())
    if found is None or int(found["port"]) > 65_535:
        remedy = f"Write a port, or an address and a port: {name}=127.0.0.1:8025, {name}=[::1]:8025"
        raise ConfigError(f"{name} names no place to listen at", where=FILE, remedy=remedy)
    return Place((found["host"] or HOST).strip("[]"), int(found["port"]))


def _trusted(said: str) -> tuple[Network, ...]:
    networks: list[Network] = []
    for each in said.replace(",", " ").split():
        if each == "loopback":
            networks += LOOPBACK
            continue
        try:
            networks.append(ip_network(each, strict=False))
        except ValueError:
            remedy = f"Write addresses or networks: {TRUSTED}=loopback, {TRUSTED}=10.0.0.5 10.1.0.0/16 2001:db8::/32"
            raise ConfigError(f"{TRUSTED} has {each!r}, which is no network", where=FILE, remedy=remedy) from None
    if any(network.prefixlen == 0 for network in networks):
        remedy = "Name the web servers in front alone: whoever is trusted may pass for anybody"
        raise ConfigError(f"{TRUSTED} trusts the whole world", where=FILE, remedy=remedy)
    return tuple(networks)


def _console_url(said: str) -> str:
    url = said.strip().rstrip("/")
    if url and not is_place_of_pages(url):
        remedy = f"Write it as people type it: {CONSOLE_URL}=https://desk.example.org, or …/publisher below a path"
        raise ConfigError(f"{CONSOLE_URL} is no web address", where=FILE, remedy=remedy)
    return url


def is_place_of_pages(url: str) -> bool:
    """Say whether pages of ours can be below an address: it is put before theirs, in attributes, headers and mails."""
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return is_whole and "@" not in parts.netloc and PREFIX.fullmatch(url.partition(parts.netloc)[2]) is not None
