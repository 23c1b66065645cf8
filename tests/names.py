"""A real DNS server on loopback that knows what a test writes, and a resolver that asks it alone."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.resolver
import dns.rrset

Zone = dict[str, Mapping[str, Sequence[str]]]
FAILS: Mapping[str, Sequence[str]] = {"SERVFAIL": ()}  # of a name: its servers are broken
SILENT: Mapping[str, Sequence[str]] = {"SILENT": ()}  # of a name: nobody answers
NOT_THERE: Mapping[str, Sequence[str]] = {"NXDOMAIN": ()}  # of a name that every name server knows
WORLD = "com"
LONGEST = 255  # characters of one string of a TXT record


@dataclass
class Server:
    """What is known, and what was asked."""

    zone: Zone = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    resolver: dns.resolver.Resolver = field(default_factory=lambda: dns.resolver.Resolver(configure=False))


@contextmanager
def answering(zone: Zone) -> Iterator[Server]:
    """Answer for a zone until the block ends.

    :param zone: records by kind for each name, TXT as plain text.
    """
    known = Server(zone)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            data, connection = self.request
            reply = _reply(known, dns.message.from_wire(data))
            if reply is not None:
                connection.sendto(reply.to_wire(max_size=65_535), self.client_address)

    with socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler) as server:
        known.resolver.nameservers = ["127.0.0.1"]
        known.resolver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield known
        finally:
            server.shutdown()
            thread.join()


def _reply(known: Server, query: dns.message.Message) -> dns.message.Message | None:
    """Answer as a resolver does that has followed every alias; None: keep silent."""
    question = query.question[0]
    kind, name = dns.rdatatype.to_text(question.rdtype), question.name.to_text(True).lower()
    known.asked.append(f"{kind} {name}")
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA
    records = known.zone.get(name)
    while records is not None and "CNAME" in records:
        alias = records["CNAME"][0]
        reply.answer.append(dns.rrset.from_text(dns.name.from_text(name), 60, "IN", "CNAME", f"{alias}."))
        name = alias
        records = known.zone.get(name)
    if records is None and name != WORLD:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    elif records is None:
        pass  # there is such a name, and nothing of that kind
    elif "SILENT" in records:
        return None
    elif "NXDOMAIN" in records:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    elif "SERVFAIL" in records:
        reply.set_rcode(dns.rcode.SERVFAIL)
    elif kind in records:
        found = [_quoted(text) if kind == "TXT" else text for text in records[kind]]
        reply.answer.append(dns.rrset.from_text(dns.name.from_text(name), 60, "IN", kind, *found))
    return reply


def _quoted(text: str) -> str:
    parts = [text[start : start + LONGEST] for start in range(0, len(text), LONGEST)]
    return " ".join('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in parts)
