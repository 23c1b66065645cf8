"""The shapes of Mailpit's HTTP interface, which the built-in inbox speaks: what it takes, and how it reads back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

# Mailpit writes these itself and refuses them among "Headers".
OWN_HEADERS = frozenset(
    [
        "to",
        "from",
        "cc",
        "bcc",
        "reply-to",
        "date",
        "subject",
        "content-type",
        "mime-version",
        "content-transfer-encoding",
        "message-id",
    ]
)
Line = Annotated[str, Field(max_length=2_000, pattern=r"^[^\r\n\x00]*$")]


class Address(BaseModel):
    model_config = ConfigDict(extra="forbid")

    Name: Line = ""
    Email: Annotated[str, Field(pattern=r"^[^\s@<>]+@[^\s@<>]+$", max_length=320)]


class Letter(BaseModel):
    """The body of ``POST /api/v1/send``."""

    model_config = ConfigDict(extra="forbid")

    From: Address
    To: Annotated[list[Address], Field(min_length=1)]
    Cc: list[Address] = []
    Bcc: list[str] = []
    ReplyTo: list[Address] = []
    Subject: Line = ""
    Text: str = ""
    HTML: str = ""
    Tags: list[str] = []
    Headers: dict[Line, Line] = {}

    @field_validator("Headers")
    @classmethod
    def _not_our_own(cls, headers: dict[str, str]) -> dict[str, str]:
        for name in headers:
            if name.lower() in OWN_HEADERS:
                raise ValueError(f"the header {name} is not taken here")
        return headers


def read_letter(body: bytes) -> tuple[Letter | None, str]:
    """Return the letter of a request, or what is wrong with it in a sentence."""
    try:
        return Letter.model_validate_json(body), ""
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        return None, f"{place}: {first['msg']}" if place else str(first["msg"])


def summary(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message as Mailpit lists it."""
    return {
        "ID": message["id"],
        "MessageID": f"{message['id']}@inbox.localhost",
        "Read": False,
        **_people(message),
        "Subject": message["Subject"],
        "Created": message["received_at"].isoformat(),
        "Tags": message["Tags"],
        "Size": message["size"],
        "Attachments": 0,
        "Snippet": " ".join(message["Text"].split())[:250],
    }


def detail(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message as Mailpit shows it whole."""
    headers = {name.lower(): value for name, value in message["Headers"].items()}
    leave = headers.get("list-unsubscribe", "")
    return {
        "ID": message["id"],
        "MessageID": f"{message['id']}@inbox.localhost",
        **_people(message),
        "ReturnPath": message["From"]["Email"],
        "Subject": message["Subject"],
        "ListUnsubscribe": {
            "Header": leave,
            "HeaderPost": headers.get("list-unsubscribe-post", ""),
            "Links": [part.strip(" <>") for part in leave.split(",") if part.strip()],
            "Errors": "",
        },
        "Date": message["received_at"].isoformat(),
        "Tags": message["Tags"],
        "Text": message["Text"],
        "HTML": message["HTML"],
        "Size": message["size"],
        "Inline": [],
        "Attachments": [],
    }


def header_lists(message: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return a message's headers as Mailpit gives them: lists of values by name."""
    people = {"From": [message["From"]], "To": message["To"], "Cc": message["Cc"], "Reply-To": message["ReplyTo"]}
    written = {name: [", ".join(shown(one) for one in those)] for name, those in people.items() if those}
    own = {name: [value] for name, value in message["Headers"].items()}
    return {**written, "Subject": [message["Subject"]], **own}


def shown(address: Mapping[str, str]) -> str:
    """Print an address for people."""
    return f"{address['Name']} <{address['Email']}>" if address.get("Name") else address["Email"]


def _people(message: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "From": _address(message["From"]),
        "To": [_address(one) for one in message["To"]],
        "Cc": [_address(one) for one in message["Cc"]],
        "Bcc": [{"Name": "", "Address": one} for one in message["Bcc"]],
        "ReplyTo": [_address(one) for one in message["ReplyTo"]],
    }


def _address(one: Mapping[str, str]) -> dict[str, str]:
    return {"Name": one["Name"], "Address": one["Email"]}
