"""How Amazon SES answers."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from publisher.testing.dialects.base import Accepted, Received, Response

PATH = "/v2/email/outbound-bulk-emails"
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>\w+)/(?P<day>\d{8})/(?P<region>[a-z0-9-]+)/ses/aws4_request, "
    r"SignedHeaders=(?P<names>[a-z0-9;-]+), Signature=(?P<signature>[0-9a-f]{64})"
)
TAG = re.compile(r"\{\{\{?\s*([^{}]*?)\s*\}?\}\}")


class SesDialect:
    """SendBulkEmail of SES v2: a request is refused whole, or each of its letters has a result of its own."""

    def __init__(self, key_id: str = "AKIDEXAMPLE", secret: str = "ses-s3cret/+k3y", region: str = "eu-west-1") -> None:  # noqa: S107 - a fake's
        self.key_id, self.secret, self.region = key_id, secret, region
        self.rejects: set[str] = set()

    def answer(self, request: Received, number: int) -> Response:
        if refusal := self._stranger(request):
            return Response(
                403, {"message": refusal}, headers={"x-amzn-ErrorType": f"{refusal.split()[0]}:http://amzn/"}
            )
        if (request.method, request.path) != ("POST", PATH):
            return Response(404, {"message": None}, headers={"x-amzn-ErrorType": "UnknownOperationException"})
        fault = next(_faults(request), "") if isinstance(request.json, dict) else "not a JSON object"
        if fault:
            return Response(400, {"message": fault}, headers={"x-amzn-ErrorType": "BadRequestException"})
        results, taken = [], []
        for place, entry in enumerate(request.json["BulkEmailEntries"]):
            found = f"ses-{number}-{place}"
            if fault := next(_faults_of(entry, self.rejects), ""):
                results.append({"Status": "INVALID_PARAMETER", "Error": fault, "MessageId": found})
                continue
            results.append({"Status": "SUCCESS", "MessageId": found})
            taken.append(Accepted(_bare(entry["Destination"]["ToAddresses"][0]), "", found, request))
        return Response(200, {"BulkEmailEntryResults": results}, tuple(taken))

    def _stranger(self, request: Received) -> str:
        found = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        if not found:
            return "MissingAuthenticationTokenException no signature"
        if (found["key"], found["region"]) != (self.key_id, self.region):
            return "UnrecognizedClientException the security token is invalid"
        names = found["names"].split(";")
        if not {"host", "content-type", "x-amz-date"} <= set(names):
            return "InvalidSignatureException host, content-type and x-amz-date must be signed"
        moment = request.headers["x-amz-date"]
        lines = "".join(f"{name}:{request.headers.get(name, '')}\n" for name in names)
        whole = f"{request.method}\n{request.path}\n\n{lines}\n{found['names']}\n{_sha(request.body)}"
        scope = f"{found['day']}/{self.region}/ses/aws4_request"
        key = ("AWS4" + self.secret).encode()
        for part in (*scope.split("/"), f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{_sha(whole.encode())}"):
            key = hmac.digest(key, part.encode(), hashlib.sha256)
        is_right = moment.startswith(found["day"]) and hmac.compare_digest(key.hex(), found["signature"])
        return "" if is_right else "InvalidSignatureException the signature does not match"


def expand_ses(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the messages that a request means, one per entry. A value is put in as it is and not looked at again."""
    return [_expanded(body, entry) for entry in body["BulkEmailEntries"]]


def _expanded(body: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    template = body["DefaultContent"]["Template"]
    values = {**json.loads(template["TemplateData"]), **_values_of(entry)}
    parts = {part: TAG.sub(lambda tag: values[tag[1]], text) for part, text in template["TemplateContent"].items()}
    return {
        "to": _bare(entry["Destination"]["ToAddresses"][0]),
        "subject": parts["Subject"],
        "html": parts.get("Html", ""),
        "text": parts.get("Text", ""),
        "headers": {row["Name"]: row["Value"] for row in (*template["Headers"], *entry["ReplacementHeaders"])},
        "tags": {row["Name"]: row["Value"] for row in entry["ReplacementTags"]},
    }


def _values_of(entry: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = json.loads(
        entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"]
    )
    return found


def _faults(request: Received) -> Iterator[str]:
    body = request.json
    template, entries = body.get("DefaultContent", {}).get("Template", {}), body.get("BulkEmailEntries", [])
    content = template.get("TemplateContent", {})
    if len(request.body) > 1_000_000:
        yield "the request is larger than 1 MB"
    if not 1 <= len(entries) <= 50:
        yield "1 to 50 entries in a request"
    if not content.get("Subject") or not (content.get("Html") or content.get("Text")):
        yield "a template has a subject and a text"
    if not str(body.get("FromEmailAddress", "")).isascii() or "@" not in body.get("FromEmailAddress", ""):
        yield "the sender's address is not valid"
    known = set(json.loads(template.get("TemplateData", "{}")))
    tags = {tag for text in content.values() for tag in TAG.findall(text)}
    if not tags <= known or any(not tags <= known | set(_values_of(entry)) for entry in entries):
        yield "a tag without a value"
    yield from _header_faults(template.get("Headers", []))


def _faults_of(entry: Mapping[str, Any], rejects: set[str]) -> Iterator[str]:
    to = entry["Destination"]["ToAddresses"]
    if (
        len(to) != 1
        or not to[0].isascii()
        or not re.fullmatch(r"[^@\s]+@[^@\s]+", _bare(to[0]))
        or _bare(to[0]) in rejects
    ):
        yield "not one valid address"
    if not all(re.fullmatch(r"[A-Za-z0-9_-]{1,256}", row["Value"]) for row in entry.get("ReplacementTags", [])):
        yield "a tag of letters that tags don't have"
    yield from _header_faults(entry.get("ReplacementHeaders", []))


def _header_faults(rows: list[dict[str, str]]) -> Iterator[str]:
    if len(rows) > 15:
        yield "more than 15 headers"
    for row in rows:
        if not re.fullmatch(r"[!-9;-~]{1,126}", row["Name"]) or not re.fullmatch(r"[ -~]{1,995}", row["Value"]):
            yield f"the header {row['Name']} is not valid"


def _bare(mailbox: str) -> str:
    return mailbox.rpartition("<")[2].rstrip(">")


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
