"""SendGrid's Email Activity, where an account has bought it: which letters of a call without an answer it has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import quote

from publisher.model.call import Answer, Call, Verdict
from publisher.senders.events import within, word
from publisher.senders.fit import address_in_ascii
from publisher.senders.http import Http
from publisher.senders.sendgrid_events import message_id
from publisher.senders.sendgrid_payload import CALL
from publisher.senders.verdicts import sent, unknown

MOST = 1_000  # rows of an answer, as many as a call has readers; six questions a minute are allowed


def ask(call: Call, http: Http, base: str, headers: Mapping[str, str]) -> Answer:
    """Search for the call's letters at once. One that isn't found may still be on its way: unknown."""
    query = quote(f"(unique_args['{CALL}']={json.dumps(call.key)})", safe="")
    reply = http.get(f"{base}/v3/messages?limit={MOST}&query={query}", headers)
    if reply.trouble:
        return reply.answer(unknown(f"asked, and got: {reply.trouble.reason}"))
    rows = within(reply.json, "messages")
    found = {word(within(row, "to_email")).casefold(): row for row in rows} if isinstance(rows, list) else {}
    named: dict[int, Verdict] = {}
    for reader in call.recipients:
        row = found.get(_as_written(reader.address))
        if row is not None:
            named[reader.delivery_id] = sent(message_id(word(within(row, "msg_id"))))
    return reply.answer(unknown("SendGrid's activity doesn't list it (yet)"), named)


def _as_written(address: str) -> str:
    try:
        return address_in_ascii(address).casefold()
    except ValueError:
        return ""
