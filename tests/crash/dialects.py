"""How the sink reads a request: whom it is for, under which key, by which reference of ours. Plain and independent."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class Taken:
    """What one request asks the provider to take."""

    key: str  # empty where the provider has no keys
    readers: tuple[tuple[str, str], ...]  # address, our reference
    answer: dict[str, object]


def webhook(path: str, headers: dict[str, str], body: bytes) -> Taken | str:
    """A receiver of Standard Webhooks: one letter, or a list of them."""
    said = json.loads(body)
    letters = said.get("messages", [said])
    readers = tuple((reader["email"], reader["id"]) for letter in letters for reader in letter["recipients"])
    key = headers.get("webhook-id", "")
    if not key or not headers.get("webhook-signature", "").startswith("v1,"):
        return "not a signed webhook"
    return Taken(key, readers, {"id": key})


def mailgun(path: str, headers: dict[str, str], body: bytes) -> Taken | str:
    """Mailgun's messages API: no keys; our reference travels among the recipient variables."""
    form = parse_qsl(body.decode(), keep_blank_values=True)
    variables = json.loads(dict(form)["recipient-variables"])
    to = [parseaddr(value)[1] for name, value in form if name == "to"]
    if not path.endswith("/messages") or set(to) != set(variables):
        return "recipient-variables are missing or incomplete"
    readers = tuple((address, variables[address]["reference"]) for address in to)
    return Taken("", readers, {"id": f"<{readers[0][1]}@mg>", "message": "Queued. Thank you."})


def mailpit(path: str, headers: dict[str, str], body: bytes) -> Taken | str:
    """Mailpit's HTTP send API: one letter, no keys."""
    said = json.loads(body)
    reference = said["Headers"]["X-Publisher-Reference"]
    return Taken("", tuple((to["Email"], reference) for to in said["To"]), {"ID": reference})


READERS: dict[str, Callable[[str, dict[str, str], bytes], Taken | str]] = {
    "webhook": webhook,
    "mailgun": mailgun,
    "mailpit": mailpit,
}
