"""What Discord is told: words that its markup leaves alone, nobody mentioned, and a bot's number for each part."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from urllib.parse import quote

from publisher.model.call import Picture
from publisher.model.post_size import urls_in
from publisher.senders.bodies import File, as_json, as_multipart

MOST = 2_000  # characters of a message, in UTF-16: nobody says which, and this is never the laxer one
MARKUP = re.compile(r"[\\*_~`|<\[]|^(?=#{1,3}\s|>|-\s|-#|\+\s)", re.MULTILINE)
NO_PREVIEW, SILENT = 4, 4_096  # flags
EPOCH = 1_420_070_400_000  # ms since 1970 at which Discord's numbers begin
EARLIER = timedelta(minutes=2)  # its clock and ours may differ


def body_of(text: str, flags: int, parent: str, nonce_for: str) -> dict[str, object]:
    """Return the body of one message.

    :param parent: the message it answers; empty: none.
    :param nonce_for: what makes a bot's message the same as another; empty: nothing does.
    """
    body: dict[str, object] = {"content": as_it_is(text), "allowed_mentions": {"parse": []}}
    if flags:
        body["flags"] = flags
    if parent:
        body["message_reference"] = {"message_id": parent}
    if nonce_for:
        body |= {"nonce": nonce_of(nonce_for), "enforce_nonce": True}
    return body


def request_of(body: dict[str, object], picture: Picture | None) -> tuple[bytes, str]:
    """Return the bytes of one message and their type: JSON, or a form with the picture, in the place of a preview."""
    if picture is None:
        return as_json(body), "application/json"
    about = {"id": 0, "filename": picture.name, "description": picture.alt}
    whole = {**body, "attachments": [{name: said for name, said in about.items() if said != ""}]}
    whole["flags"] = int(str(body.get("flags", 0))) | NO_PREVIEW
    file = File("files[0]", picture.name, picture.type, picture.content)
    return as_multipart([("payload_json", as_json(whole).decode())], file)


def place_of(url: str, number: str) -> str:
    """Return the address of one message.

    :param url: where messages are posted to; a webhook's may name a thread.
    """
    place, _, asked = url.partition("?")
    number = quote(number, safe="")
    place = f"{place}/{number}" if place.endswith("/messages") else f"{place}/messages/{number}"
    thread = asked.removeprefix("wait=true").removeprefix("&")
    return f"{place}?{thread}" if thread else place


def as_it_is(text: str) -> str:
    """Keep a text from being read as markup; addresses stay whole, and so does a text that would grow too long."""
    pieces, end = [], 0
    for start, stop in urls_in(text):
        pieces += [_plain(text[end:start]), text[start:stop]]
        end = stop
    harmless = "".join([*pieces, _plain(text[end:])])
    return harmless if len(harmless.encode("utf-16-le")) // 2 <= MOST else text


def _plain(text: str) -> str:
    return MARKUP.sub(lambda sign: f"\\{sign[0]}", text)


def nonce_of(said: str) -> str:
    """Return a nonce; Discord takes 25 characters."""
    return hashlib.sha256(said.encode()).hexdigest()[:24]


def since(moment: datetime | None) -> str:
    """Return what asks for messages from a moment on: Discord's numbers are times."""
    if moment is None:
        return ""
    return f"&after={(int((moment - EARLIER).timestamp() * 1_000) - EPOCH) << 22}"
