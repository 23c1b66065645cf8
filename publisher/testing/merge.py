"""Does with a form what Mailgun does: one message per recipient, its variables put in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from typing import TypedDict

VARIABLE = re.compile(r"%recipient\.([\w:-]+)%")  # as django-anymail names them: h:List-Unsubscribe


class Expanded(TypedDict):
    """One message as a reader gets it."""

    to: str  # the bare address
    subject: str
    html: str
    text: str
    headers: dict[str, str]  # of the fields h:…
    variables: dict[str, str]  # of the fields v:…: come back with events


def expand_mailgun(form: Sequence[tuple[str, str]] | Mapping[str, Sequence[str]]) -> list[Expanded]:
    """Return the messages that a posted form means, in the order of its ``to`` fields.

    A value is put in as it is and not looked at again. A placeholder without a value stays as it is.
    """
    pairs = [(k, v) for k, vs in form.items() for v in vs] if isinstance(form, Mapping) else list(form)
    fields = dict(pairs)
    values = json.loads(fields.get("recipient-variables", "{}"))
    addresses = [parseaddr(value)[1] for name, value in pairs if name == "to"]
    return [_one(fields, address, values.get(address, {})) for address in addresses]


def _one(fields: Mapping[str, str], address: str, values: Mapping[str, str]) -> Expanded:
    def put_in(text: str) -> str:
        return VARIABLE.sub(lambda found: str(values.get(found[1], found[0])), text)

    return Expanded(
        to=address,
        subject=put_in(fields.get("subject", "")),
        html=put_in(fields.get("html", "")),
        text=put_in(fields.get("text", "")),
        headers={name[2:]: put_in(value) for name, value in fields.items() if name.startswith("h:")},
        variables={name[2:]: put_in(value) for name, value in fields.items() if name.startswith("v:")},
    )
