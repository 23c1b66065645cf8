"""What a fake provider says to a request: strict, one class per provider, without a network of its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import cached_property
from typing import Any, ClassVar, Protocol
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Received:
    """One request, as it came."""

    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @cached_property
    def json(self) -> Any:
        """The body as JSON, or None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @cached_property
    def form(self) -> list[tuple[str, str]]:
        """The body as a form, in order."""
        return parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a provider took for one recipient."""

    to: str  # address, or account of a post
    key: str  # the idempotency key, empty where the provider has none
    id: str  # the provider's own
    request: Received


@dataclass(frozen=True, slots=True)
class Response:
    """What a provider answers, and what it took in doing so."""

    status: int
    body: object  # JSON, or text as it is
    accepted: tuple[Accepted, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class Dialect(Protocol):
    """How one provider answers. It may remember keys; it is asked by one request at a time."""

    def answer(self, request: Received, number: int) -> Response:
        """Return the answer to the ``number``-th request."""


class MailpitDialect:
    """Mailpit's HTTP send API."""

    forbidden: ClassVar = {"to", "from", "cc", "bcc", "reply-to", "date", "subject", "content-type", "mime-version"}

    def answer(self, request: Received, number: int) -> Response:
        body = request.json
        if (request.method, request.path) != ("POST", "/api/v1/send"):
            return Response(404, {"Error": "page not found"})
        if not isinstance(body, dict) or "@" not in body.get("From", {}).get("Email", "") or not body.get("To"):
            return Response(400, {"Error": "invalid message"})
        if bad := self.forbidden & {name.lower() for name in body.get("Headers", {})}:
            return Response(400, {"Error": f"header not allowed: {sorted(bad)}"})
        taken = tuple(Accepted(to["Email"], "", f"mp{number}", request) for to in body["To"])
        return Response(200, {"ID": f"mp{number}"}, taken)


class MailgunDialect:
    """Mailgun's messages API: the whole request or nothing."""

    def __init__(self, domain: str = "mg.harbor.example", api_key: str = "key-0123456789") -> None:
        self.path = f"/v3/{domain}/messages"
        self.credentials = "Basic " + base64.b64encode(f"api:{api_key}".encode()).decode()

    def answer(self, request: Received, number: int) -> Response:
        if not request.path.startswith("/v3/"):
            return Response(200, "Mailgun Magnificent API")
        if request.headers.get("authorization") != self.credentials:
            return Response(401, "Forbidden")
        if request.path != self.path:
            return Response(404, {"message": "Domain not found"})
        to = [parseaddr(value)[1] for name, value in request.form if name == "to"]
        if fault := self._fault(dict(request.form), to, request):
            return Response(400, {"message": fault})
        taken = tuple(Accepted(address, "", f"{number}@mg", request) for address in dict.fromkeys(to))
        return Response(200, {"id": f"<{number}@mg>", "message": "Queued. Thank you."}, taken)

    def _fault(self, fields: dict[str, str], to: list[str], request: Received) -> str:
        extras = sum(len((k + v).encode()) for k, v in request.form if k[:2] in ("o:", "h:", "v:"))
        try:
            variables = json.loads(fields.get("recipient-variables", ""))
        except ValueError:
            variables = None
        if not all("@" in address and " " not in address for address in to) or not to:
            return "'to' parameter is not a valid address. please check documentation"
        if missing := {"from", "subject"} - fields.keys():
            return f"parameter is missing: {sorted(missing)}"
        if len(to) > 1_000 or extras > 16 * 1024:
            return "too many recipients or too large parameters"
        if len(to) > 1 and (not isinstance(variables, dict) or set(variables) != set(to)):
            return "readers would see one another: recipient-variables are missing or incomplete"
        return ""


class MastodonDialect:
    """Mastodon's statuses API. Remembers a key, and answers a repeat with the first status, whatever its body."""

    def __init__(self, token: str = "mastodon-t0ken", *, limit: int = 500, honours_keys: bool = True) -> None:  # noqa: S107 - a fake's
        self.token, self.limit, self.honours_keys = token, limit, honours_keys
        self.statuses: dict[str, dict[str, object]] = {}
        self.by_key: dict[str, str] = {}

    def answer(self, request: Received, number: int) -> Response:
        body, key = request.json, request.headers.get("idempotency-key", "")
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Response(401, {"error": "The access token is invalid"})
        if (request.method, request.path) != ("POST", "/api/v1/statuses"):
            return Response(404, {"error": "Record not found"})
        if self.honours_keys and key in self.by_key:
            return Response(200, self.statuses[self.by_key[key]])
        if not isinstance(body, dict) or not str(body.get("status", "")).strip():
            return Response(422, {"error": "Validation failed: Text can't be blank"})
        if len(str(body["status"])) > self.limit:
            return Response(422, {"error": f"Validation failed: Text character limit of {self.limit} exceeded"})
        if (parent := body.get("in_reply_to_id")) and parent not in self.statuses:
            return Response(404, {"error": "The post you are trying to reply to does not appear to exist."})
        made = str(110_000 + number)
        self.by_key[key] = made
        self.statuses[made] = {**body, "id": made, "url": f"https://news.example/@gazette/{made}"}
        return Response(200, self.statuses[made], (Accepted("@gazette@news.example", key, made, request),))


class WebhookDialect:
    """A receiver of Standard Webhooks. Knows a repeat by its ``webhook-id`` and takes it once."""

    def __init__(self, secret: str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") -> None:  # noqa: S107 - a fake's
        self.key = base64.b64decode(secret.removeprefix("whsec_"))
        self.seen: set[str] = set()

    def answer(self, request: Received, number: int) -> Response:
        key, body = request.headers.get("webhook-id", ""), request.json
        if not self._is_signed(request):
            return Response(401, {"error": "signature doesn't match"})
        if not isinstance(body, dict):
            return Response(400, {"error": "not a JSON object"})
        if key in self.seen:
            return Response(200, {"id": key})
        self.seen.add(key)
        letters = body.get("messages", [body])
        to = [r["email"] for letter in letters for r in letter.get("recipients", ())] or [body["data"]["account"]]
        return Response(200, {"id": key}, tuple(Accepted(address, key, key, request) for address in to))

    def _is_signed(self, request: Received) -> bool:
        head = ".".join(request.headers.get(name, "") for name in ("webhook-id", "webhook-timestamp"))
        signed = hmac.digest(self.key, f"{head}.".encode() + request.body, hashlib.sha256)
        expected = "v1," + base64.b64encode(signed).decode()
        return expected in request.headers.get("webhook-signature", "").split()


DIALECTS: Mapping[str, type[Dialect]] = {
    "mailpit": MailpitDialect,
    "mailgun": MailgunDialect,
    "mastodon": MastodonDialect,
    "webhook": WebhookDialect,
}
