"""What stands in front of us: asked from outside, with a link that only we can make, how that very request is seen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publisher.app import mirror
from publisher.app.doctor.addresses import judge
from publisher.app.doctor.finding import Found, Level, fine, noted, wrong
from publisher.app.doctor.machine import clock

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.app.doctor.web import Said, Web

FORGED = "203.0.113.77"  # of no reader: a net for documentation (RFC 5737)
PAGE = "docs/deploying.md"
TRUSTED = "PUBLISHER_TRUSTED_PROXIES"
SECOND = 1.0  # what an HTTP date is rounded to


@dataclass(frozen=True)
class Front:
    """One address of ours, and what asks it.

    :ivar is_public: for readers and providers; else it is the console's.
    """

    app: App
    web: Web
    base: str
    is_public: bool

    def look(self) -> Iterator[Found]:
        """Look at the address from outside.

        :raises Unseen: it can't be told from here.
        """
        answer = self._ask({})
        about = "public address" if self.is_public else "console's address"
        found = judge(f"{about} {self.base}", f"/{mirror.PATH}/", answer)
        seen = _seen(answer)
        if found.level is Level.TROUBLE and answer.status != 404:
            yield found
            return
        if seen is None:
            said = f"HTTP {answer.status}: what answers there is not this project, or doesn't hear of /{mirror.PATH}/"
            yield wrong(found.about, said, f"Let the web server in front pass every address to it ({PAGE}).")
            return
        yield fine(found.about, "leads here")
        yield from self._side(seen)
        yield self._scheme(seen)
        yield self._clients(seen)
        yield self._stream()
        if date := _moment(answer.headers.get("Date", "")):
            yield clock("its clock", date, self.app.clock(), SECOND)

    def _ask(self, headers: dict[str, str]) -> Said:
        return self.web.ask("GET", self._mirror, headers=headers, most=4096)

    @property
    def _mirror(self) -> str:
        return f"{self.base}/{mirror.PATH}/{mirror.token(self.app)}"

    def _side(self, seen: dict[str, object]) -> Iterator[Found]:
        if self.is_public and not seen["is_public"]:
            remedy = f"Give the console a name of its own (PUBLISHER_CONSOLE_URL), or the public pages a port ({PAGE})."
            yield wrong("console", "is reached under the public address", remedy)
        elif not self.is_public and seen["is_public"]:
            yield wrong("console", "only public pages are there", f"Let it lead to the console's port ({PAGE}).")

    def _scheme(self, seen: dict[str, object]) -> Found:
        said = urlsplit(self.base).scheme
        if said == "http":
            return wrong("https", "whoever listens reads along", f"Let the web server in front speak https ({PAGE}).")
        if seen["scheme"] != said:
            remedy = f"Let the web server in front pass X-Forwarded-Proto, and trust it: {TRUSTED} ({PAGE})."
            return wrong("https", "isn't told to us, so that cookies would go by http too", remedy)
        return fine("https", "is known to us")

    def _clients(self, seen: dict[str, object]) -> Found:
        about, peer, client = "readers' addresses", str(seen["peer"]), str(seen["client"])
        if not seen["is_passed_on"] or (seen["is_believed"] and client == peer):
            remedy = f"Let the web server in front pass X-Forwarded-For ({PAGE})."
            return wrong(about, f"nobody says for whom {peer} asks: sign-ups of all share one limit", remedy)
        if not seen["is_believed"]:
            remedy = f"If that is your web server, set {TRUSTED}={peer} in .env, and start anew."
            return wrong(about, f"{peer} says for whom it asks, and isn't trusted", remedy)
        if not client:
            return wrong(about, "X-Forwarded-For holds none", f"Let the web server pass the reader's ({PAGE}).")
        if any(ip_address(client) in each for each in self.app.settings.serving.trusted):
            return noted(about, f"they arrive; this machine is {client}, which is trusted itself", "")
        if (_seen(self._ask({"X-Forwarded-For": FORGED})) or {}).get("client") == FORGED:
            remedy = f"Trust the web servers in front alone ({TRUSTED}), and let each add whom it hears ({PAGE})."
            return wrong(about, "readers may write any that they like into X-Forwarded-For", remedy)
        return fine(about, f"they arrive; this machine is {client}")

    def _stream(self) -> Found:
        came = self.web.listen(f"{self._mirror}/stream")
        about = "live pages"
        if len(came) < mirror.BEATS:
            return wrong(about, "a stream of words breaks off", f"Let the web server in front wait for it ({PAGE}).")
        if came[-1] - came[0] < mirror.BEAT:  # of three between them: either side may have been busy
            remedy = f"Let the web server in front pass each word on at once: proxy_buffering off ({PAGE})."
            return wrong(about, "what is told word by word comes all at once", remedy)
        return fine(about, "each word comes at once")


def _moment(said: str) -> datetime | None:
    """Return when an HTTP date is; None where it is none."""
    try:
        found = parsedate_to_datetime(said)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _seen(answer: Said) -> dict[str, object] | None:
    """Return how the request was seen; None where nobody of ours says so."""
    try:
        told = json.loads(answer.text) if answer.status == 200 else None
    except ValueError:
        return None
    return told if isinstance(told, dict) and "is_believed" in told else None
