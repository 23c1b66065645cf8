"""From which network a request comes: to count by it, never to keep it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.requests import Request

from publisher.web.places import is_loopback

PREFIXES = {4: 24, 6: 64}  # bits that whoever rents a line or a server has as one


def network_of(request: Request) -> str:
    """Return the network of whoever asks: ``192.0.2.0/24``; empty where it can't be told.

    Whoever asks this machine itself by the public name came through a web server in front that isn't trusted to say
    for whom it asks (see `web.faces`).
    """
    client = request.client.host if request.client else ""
    return "" if is_loopback(client) and not is_loopback(request.url.hostname or "") else network(client)


def network(said: str) -> str:
    """Return the network of an address, with or without a port; empty for what is none."""
    address = address_of(said)
    return str(ip_network((address, PREFIXES[address.version]), strict=False)) if address else ""


def address_of(said: str) -> IPv4Address | IPv6Address | None:
    """Read an address as web servers write it: with or without a port, brackets and a zone; None for what is none."""
    text = said.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:  # of IPv4 and a port
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
