"""How Postmark answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

from publisher.clock import now
from publisher.model.event import EventKind
from publisher.senders.bodies import as_json
from publisher.testing.dialects.base import Accepted, Received, Response, with_password

ADDRESS = re.compile(r"[\x21-\x3f\x41-\x7e]+@[A-Za-z0-9.-]+")
PLACEHOLDER = re.compile(r"\{\{\{(\w+)\}\}\}")


SAYS: Mapping[EventKind, Mapping[str, object]] = {
    EventKind.DELIVERED: {"RecordType": "Delivery"},
    EventKind.SOFT_BOUNCE: {"RecordType": "Bounce", "Type": "SoftBounce", "Inactive": False},
    EventKind.HARD_BOUNCE: {"RecordType": "Bounce", "Type": "HardBounce", "Inactive": True},
    EventKind.DROPPED: {"RecordType": "Bounce", "Type": "DMARCPolicy", "Inactive": False},
    EventKind.COMPLAINED: {"RecordType": "SpamComplaint", "Inactive": True},
    EventKind.UNSUBSCRIBED: {
        "RecordType": "SubscriptionChange",
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression",
    },
}
TIMES = {"Delivery": "DeliveredAt", "SubscriptionChange": "ChangedAt"}  # all others: BouncedAt


class PostmarkDialect:
    """Postmark's batch and bulk APIs, which answer letter by letter or only for all; its search, and its webhooks."""

    event_secrets = ("postmark-p4ssword", "postmark-0ther")

    def __init__(self, token: str = "pm-t0ken", *, shows_metadata: bool = True) -> None:  # noqa: S107 - a fake's
        self.token, self.shows_metadata = token, shows_metadata
        self.inactive: set[str] = set()
        self.rejects: set[str] = set()
        self.taken: list[dict[str, Any]] = []

    def answer(self, request: Received, number: int) -> Response:
        url, body = urlsplit(request.path), request.json
        if request.headers.get("x-postmark-server-token") != self.token:
            return Response(401, {"ErrorCode": 10, "Message": "Request does not contain a valid Server token."})
        if request.method == "GET" and url.path == "/messages/outbound":
            return self._found(parse_qs(url.query))
        if request.method == "POST" and url.path == "/email/batch":
            return self._batch(request, body, number)
        if request.method == "POST" and url.path == "/email/bulk":
            return self._bulk(request, body, number)
        return Response(404, {"ErrorCode": 404, "Message": "Not found"})

    def say(self, kind: EventKind, reference: str, secret: str = "") -> Received | None:
        if kind not in SAYS:
            return None
        record = str(SAYS[kind]["RecordType"])
        about: dict[str, object] = {
            "MessageID": f"pm-{crc32(reference.encode())}",
            "Metadata": {"reference": reference},
            "Recipient" if record in TIMES else "Email": "reader1@example.org",
            TIMES.get(record, "BouncedAt"): now().isoformat(),
        }
        if record not in TIMES:
            about["ID"] = crc32(f"{kind} {reference}".encode())
        return self.sign(as_json({**SAYS[kind], **about}), secret or self.event_secrets[0])

    def sign(self, body: bytes, secret: str) -> Received:
        return with_password(body, "postmark", secret)

    def _batch(self, request: Received, letters: Any, number: int) -> Response:
        if not isinstance(letters, list):
            return _refusal(402, "Invalid JSON")
        if len(letters) > 500:
            return _refusal(410, "Batch limit exceeded")
        rows, accepted = [], []
        for place, letter in enumerate(letters):
            code, words = self._fault(letter)
            if code:
                rows.append({"ErrorCode": code, "Message": words})
                continue
            accepted.append(self._take(request, letter, f"pm-{number}-{place}"))
            rows.append({"To": letter["To"], "MessageID": accepted[-1].id, "ErrorCode": 0, "Message": "OK"})
        return Response(200, rows, tuple(accepted))

    def _bulk(self, request: Received, body: Any, number: int) -> Response:
        if not isinstance(body, dict) or not isinstance(body.get("Messages"), list):
            return _refusal(402, "Invalid JSON")
        common = {name: value for name, value in body.items() if name != "Messages"}
        letters = [{**common, **letter} for letter in body["Messages"]]
        texts = (str(body.get(name, "")) for name in ("Subject", "HtmlBody", "TextBody"))
        wanted = {name for text in texts for name in PLACEHOLDER.findall(text)}
        for letter in letters:
            code, words = self._fault(letter)
            if code and code != 406:  # inactive ones are left out later, unseen
                return _refusal(code, words)
            if missing := wanted - letter["TemplateModel"].keys():
                return _refusal(1109, f"TemplateModel lacks {sorted(missing)}")
        accepted = tuple(self._take(request, letter, f"pm-{number}-{n}") for n, letter in enumerate(letters))
        return Response(200, {"ID": f"bulk-{number}", "Status": "Accepted", "SubmittedAt": "2026-11-29"}, accepted)

    def _take(self, request: Received, letter: Any, found: str) -> Accepted:
        self.taken.append({**letter, "MessageID": found})
        return Accepted(_bare(letter["To"]), "", found, request)

    def _fault(self, letter: Any) -> tuple[int, str]:
        if not isinstance(letter, dict):
            return 402, "Invalid JSON"
        if not ADDRESS.fullmatch(_bare(letter.get("From"))):
            return 300, "Invalid 'From' address."
        if not ADDRESS.fullmatch(_bare(letter.get("To"))) or _bare(letter["To"]) in self.rejects:
            return 300, f"Invalid 'To' address: '{letter.get('To')}'."
        if _bare(letter["To"]) in self.inactive:
            return 406, f"You tried to send to an inactive recipient. Found inactive addresses: {_bare(letter['To'])}."
        if not all(f"{h['Name']}{h['Value']}".isascii() for h in letter.get("Headers", ())):
            return 300, "Invalid header."
        if any(len(key) > 20 or len(value) > 80 for key, value in letter.get("Metadata", {}).items()):
            return 300, "Invalid metadata content."
        return 0, ""

    def _found(self, query: dict[str, list[str]]) -> Response:
        if not {"count", "offset"} <= query.keys():
            return _refusal(600, "count and offset are required")
        (asked,) = (name.removeprefix("metadata_") for name in query if name.startswith("metadata_"))
        rows = [
            {
                "MessageID": letter["MessageID"],
                "Recipients": [_bare(letter["To"]).lower()],
                **({"Metadata": letter["Metadata"]} if self.shows_metadata else {}),
            }
            for letter in self.taken
            if [letter["Metadata"].get(asked)] == query[f"metadata_{asked}"]
            and letter["MessageStream"] == query.get("messagestream", ["outbound"])[0]
        ]
        return Response(200, {"TotalCount": len(rows), "Messages": rows[: int(query["count"][0])]})


def _bare(mailbox: object) -> str:
    return parseaddr(str(mailbox))[1]


def _refusal(code: int, words: str) -> Response:
    return Response(422, {"ErrorCode": code, "Message": words})
