"""From which network a request comes: to count by it, never to keep it."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import Request

from publisher.web.places import is_loopback

PREFIXES = {4: 24, 6: 64}  # bits that whoever rents a line or a server has as one


def network_of(request: Request) -> str:
    """Return the network of whoever asks: ``192.0.2.0/24``; empty where it can't be told.

    Publisher listens on this machine alone. Whoever asks by the public name came through the web server in front, which
    adds whom it heard at the end of X-Forwarded-For; what stands before that, anybody may have written.
    """
    heard = request.headers.getlist("x-forwarded-for")
    if heard:
        return network(heard[-1].rpartition(",")[2])
    peer = request.client.host if request.client else ""
    return "" if is_loopback(peer) and not is_loopback(request.url.hostname or "") else network(peer)


def network(said: str) -> str:
    """Return the network of an address, with or without a port; empty for what is none."""
    text = said.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:  # of IPv4 and a port
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ip_network((address, PREFIXES[address.version]), strict=False))
