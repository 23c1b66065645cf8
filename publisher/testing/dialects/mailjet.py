"""How Mailjet answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

from publisher.clock import now
from publisher.model.event import EventKind
from publisher.senders.bodies import as_json, basic
from publisher.testing.dialects.base import Accepted, Received, Response, with_password

FIRST_ID = 1_152_921_500_000_000_000  # ids are 64-bit numbers
FORBIDDEN = re.compile(
    r"from|sender|subject|to|cc|bcc|reply-to|return-path|list-id|date|message-id|user-agent|x-mailer|x-feedback-id|"
    r"received.*|dkim-signature|x-mj-.*|x-mailjet-.*",
    re.IGNORECASE,
)
SAYS: Mapping[EventKind, Mapping[str, object]] = {
    EventKind.DELIVERED: {"event": "sent", "smtp_reply": "sent (250 2.0.0 OK)"},
    EventKind.DELAYED: {"event": "bounce", "hard_bounce": False, "error": "greylisted"},
    EventKind.SOFT_BOUNCE: {"event": "bounce", "hard_bounce": False, "error": "quota exceeded"},
    EventKind.HARD_BOUNCE: {"event": "bounce", "hard_bounce": True, "error": "user unknown"},
    EventKind.DROPPED: {"event": "blocked", "error": "preblocked"},
    EventKind.COMPLAINED: {"event": "spam", "source": "JMRPP"},
    EventKind.UNSUBSCRIBED: {"event": "unsub", "mj_list_id": 1},
}
VARIABLE = re.compile(r"\[\[var:(\w+)\]\]")
Error = dict[str, object]


class MailjetDialect:
    """Mailjet's Send API v3.1, which takes letter by letter, its list of messages, and its grouped events."""

    event_secrets = ("mailjet-p4ssword", "mailjet-0ther")

    def __init__(self, api_key: str = "mailjet-k3y", secret_key: str = "mailjet-s3cret") -> None:  # noqa: S107 - a fake's
        self.credentials = basic(api_key, secret_key)
        self.listed: dict[str, int] = {}  # custom id: message id
        self.rejects: set[str] = set()

    def answer(self, request: Received, number: int) -> Response:
        url = urlsplit(request.path)
        if request.headers.get("authorization") != self.credentials:
            return _whole(401, "mj-0015", "API key authentication/authorization failure.")
        if (request.method, url.path) == ("GET", "/v3/REST/message"):
            return self._list(parse_qs(url.query)["CustomID"][0])
        if (request.method, url.path) != ("POST", "/v3.1/send"):
            return _whole(404, "mj-0404", "Resource not found")
        body = request.json
        if not isinstance(body, dict) or not isinstance(body.get("Messages"), list):
            return _whole(400, "mj-0002", "Malformed JSON, please review the syntax and properties types.")
        if not 1 <= len(body["Messages"]) <= 50:
            return _whole(400, "mj-0008", "Messages takes at most 50 items")
        letters = [{**body.get("Globals", {}), **message} for message in body["Messages"]]
        results = [self._take(letter, number * 1_000 + n) for n, letter in enumerate(letters)]
        taken = [
            Accepted(letter["To"][0]["Email"], "", str(result["To"][0]["MessageID"]), request)
            for letter, result in zip(letters, results, strict=True)
            if result["Status"] == "success"
        ]
        return Response(200 if len(taken) == len(letters) else 400, {"Messages": results}, tuple(taken))

    def _take(self, letter: Mapping[str, Any], number: int) -> dict[str, Any]:
        if faults := list(_faults(letter, self.rejects)):
            return {"Status": "error", "Errors": faults}
        message_id = FIRST_ID + number
        self.listed[letter.get("CustomID", "")] = message_id
        to = {"Email": letter["To"][0]["Email"], "MessageUUID": f"u{number}", "MessageID": message_id}
        return {"Status": "success", "CustomID": letter.get("CustomID", ""), "To": [to], "Cc": [], "Bcc": []}

    def _list(self, custom_id: str) -> Response:
        rows = [{"ID": self.listed[custom_id], "CustomID": custom_id}] if custom_id in self.listed else []
        return Response(200, {"Count": len(rows), "Data": rows, "Total": len(rows)})

    def say(self, kind: EventKind, reference: str, secret: str = "") -> Received | None:
        about = {
            "time": int(now().timestamp()),
            "MessageID": FIRST_ID + crc32(reference.encode()),
            "email": "reader1@example.org",
        }
        return self.sign(as_json([{**SAYS[kind], **about, "CustomID": reference}]), secret or self.event_secrets[0])

    def sign(self, body: bytes, secret: str) -> Received:
        return with_password(body, "mailjet", secret)


def expand_mailjet(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the messages that a request means; variables are put in as they are, and never into a subject."""
    return [_expanded({**body.get("Globals", {}), **message}) for message in body["Messages"]]


def _expanded(letter: Mapping[str, Any]) -> dict[str, Any]:
    def put_in(text: str) -> str:
        return VARIABLE.sub(lambda found: str(letter.get("Variables", {}).get(found[1], "")), text)

    return {
        "to": letter["To"][0]["Email"],
        "subject": letter["Subject"],
        "text": put_in(letter.get("TextPart", "")),
        "html": put_in(letter.get("HTMLPart", "")),
        "headers": letter.get("Headers", {}),
        "reference": letter.get("CustomID", ""),
    }


def _faults(letter: Mapping[str, Any], rejects: set[str]) -> Iterator[Error]:
    to = letter.get("To") or [{}]
    if len(to) != 1 or not _is_address(to[0].get("Email", "")) or to[0]["Email"] in rejects:
        yield _error("mj-0013", f'"{to[0].get("Email")}" is an invalid email address.', "To[0].Email")
    if not _is_address(letter.get("From", {}).get("Email", "")):
        yield _error("mj-0013", "an invalid email address.", "From.Email")
    if len(letter.get("Subject", "")) > 255:
        yield _error("mj-0006", "The Subject is too long.", "Subject")
    if not letter.get("TextPart") and not letter.get("HTMLPart"):
        yield _error("send-0003", 'At least "HTMLPart", "TextPart" or "TemplateID" must be provided.', "HTMLPart")
    if any(FORBIDDEN.fullmatch(name) for name in letter.get("Headers", {})):
        yield _error("send-0011", "A header has a property of its own.", "Headers")
    if any(value is None for value in letter.get("Variables", {}).values()):
        yield _error("mj-0003", "A variable is null.", "Variables")
    if max(len(letter.get("Variables", {})), len(letter.get("Headers", {}))) > 50:
        yield _error("mj-0008", "At most 50 items are allowed.", "Variables")


def _error(code: str, message: str, about: str) -> Error:
    return {
        "ErrorIdentifier": "e-1",
        "ErrorCode": code,
        "StatusCode": 400,
        "ErrorMessage": message,
        "ErrorRelatedTo": [about],
    }


def _whole(status: int, code: str, message: str) -> Response:
    said = {"ErrorIdentifier": "e-1", "ErrorCode": code, "ErrorMessage": message, "StatusCode": status}
    return Response(status, said)


def _is_address(text: str) -> bool:
    return text.isascii() and text.count("@") == 1 and " " not in text
