"""What stands in DNS: asked once, with little patience, and never mistaken for what could not be asked."""

from __future__ import annotations

from functools import cache
from typing import Any

import dns.exception
import dns.name
import dns.resolver

from publisher.app.doctor.finding import Unseen

PATIENCE = 4.0  # seconds
SURELY = "com"  # a name that there is: a name server that doesn't know it knows nothing of the world
SILENCES = 2  # questions in a row that nobody answered: there is no network, and the others needn't be asked


class Names:
    """Asks a resolver; one look of a doctor asks the same question once.

    :param resolver: whom; None: as this machine is set up.
    :param patience: seconds for one question, all servers together.
    """

    def __init__(self, resolver: dns.resolver.Resolver | None = None, patience: float = PATIENCE) -> None:
        self._resolver = resolver
        self._patience = patience
        self._silences = 0
        self.texts = cache(self._texts)
        self.mail_servers = cache(self._mail_servers)
        self.is_outside = cache(self._knows_the_world)

    def _texts(self, name: str) -> tuple[str, ...]:
        """Return the TXT records of a name, the parts of each joined; none where there are none.

        :raises Unseen: that can't be told.
        """
        rows = self._ask(name, "TXT")
        return tuple(b"".join(row.strings).decode("utf-8", "replace") for row in rows)

    def _mail_servers(self, name: str) -> tuple[str, ...]:
        """Return the hosts that take mail for a name, ``.`` for one that says it takes none (RFC 7505).

        :raises Unseen: that can't be told.
        """
        return tuple(str(row.exchange) for row in sorted(self._ask(name, "MX"), key=lambda row: int(row.preference)))

    def has_address(self, name: str) -> bool:
        """Say whether a name is a host's own.

        :raises Unseen: that can't be told.
        """
        return any(self._ask(name, kind) for kind in ("A", "AAAA"))

    def _ask(self, name: str, kind: str) -> list[Any]:
        about = f"{kind} of {name}"
        try:
            return self._answered(name, kind)
        except dns.resolver.NXDOMAIN as error:
            if not self.is_outside():
                raise Unseen(about, "this machine's name server knows nothing of the world") from error
            return []
        except dns.resolver.NoAnswer:
            return []
        except dns.exception.Timeout as error:
            raise Unseen(about, "no name server answers") from error
        except dns.resolver.NoNameservers as error:
            raise Unseen(about, "its name servers fail") from error
        except (dns.exception.DNSException, UnicodeError, OSError) as error:
            raise Unseen(about, f"it can't be asked for ({type(error).__name__})") from error

    def _answered(self, name: str, kind: str) -> list[Any]:
        """Ask, unless nobody answered the last times."""
        if self._silences >= SILENCES:
            raise dns.exception.Timeout
        resolver = self._resolver or dns.resolver.get_default_resolver()
        asked = dns.name.from_text(in_ascii(name))
        before, self._silences = self._silences, 0
        try:
            return list(resolver.resolve(asked, kind, search=False, lifetime=self._patience))
        except dns.exception.Timeout:
            self._silences = before + 1
            raise

    def _knows_the_world(self) -> bool:
        """Say whether "there is no such name" can be believed: some networks say it of every name but their own."""
        try:
            self._answered(SURELY, "SOA")
        except dns.resolver.NoAnswer:
            return True
        except (dns.exception.DNSException, OSError):
            return False
        return True


def in_ascii(domain: str) -> str:
    """Return a domain as DNS knows it, in lower case; one that can be none stays as it is."""
    name = domain.strip().rstrip(".").lower()
    try:
        return name if name.isascii() else dns.name.from_text(name, idna_codec=dns.name.IDNA_2008).to_text(True)
    except dns.exception.DNSException:
        return name
