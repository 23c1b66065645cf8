"""Messages: written once, never changed. Parts and slots are kept as JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from publisher.model.article import Image
from publisher.model.message import Card, Content, Correction, Mail, Post, Slot, Text, Upload, Withdrawal
from publisher.store.sends import CORRECTION, WITHDRAWAL
from publisher.store.tables import insert_row, messages, sends
from publisher.store.trials import shown_variant
from publisher.store.words import Statement

KINDS = {Mail: "mail", Post: "post", Withdrawal: WITHDRAWAL, Correction: CORRECTION}


def add(
    conn: Connection, send_id: int, message: Content, now: datetime, *, revision: int = 1, variant: str = ""
) -> int:
    return insert_row(
        conn,
        messages,
        send_id=send_id,
        revision=revision,
        variant=variant,
        kind=KINDS[type(message)],
        content=encode(message),
        digest=digest_of(message),
        made_at=now,
    )


def digest_of(message: Content) -> str:
    """Return the SHA-256 of a message, in hex: another word in it is another digest."""
    return hashlib.sha256(json.dumps(encode(message), sort_keys=True).encode()).hexdigest()


def get(conn: Connection, message_id: int) -> Content:
    row = conn.execute(select(messages.c.kind, messages.c.content).where(messages.c.id == message_id)).one()
    return decode(row.kind, row.content)


def of_send(conn: Connection, send_id: int) -> tuple[int, Content] | None:
    """Return the send's newest message with its id; None before it is made.

    Of two with different subjects it is the one that won, the first until one has.
    """
    shown = (messages.c.send_id == send_id, messages.c.variant == shown_variant())
    query = select(messages).join(sends).where(*shown).order_by(messages.c.revision.desc()).limit(1)
    row = conn.execute(query).one_or_none()
    return None if row is None else (row.id, decode(row.kind, row.content))


def by_variant(conn: Connection, send_id: int) -> dict[str, int]:
    """Return the ids of a send's newest messages, by variant: an empty text where it has but one.

    Others that it had before are left out: an edition that was opened again may have one subject, or two, since then.
    """
    newest = select(func.max(messages.c.revision)).where(messages.c.send_id == send_id).scalar_subquery()
    mine = (messages.c.send_id == send_id, messages.c.revision == newest)
    query = select(messages.c.variant, messages.c.id).where(*mine).order_by(messages.c.variant)
    return {row.variant: row.id for row in conn.execute(query)}


def newest_of(conn: Connection, message_id: int) -> int:
    """Return the newest revision of a message: what is said from now on in its place."""
    return int(_NEWEST(conn, message_id=message_id).scalar_one())


_NEWEST = Statement(
    """
    SELECT newest.id FROM messages AS known
        JOIN messages AS newest ON newest.send_id = known.send_id AND newest.variant = known.variant
    WHERE known.id = :message_id ORDER BY newest.revision DESC LIMIT 1
    """
)


def newest_revision(conn: Connection, send_id: int) -> int:
    query = select(func.coalesce(func.max(messages.c.revision), 0)).where(messages.c.send_id == send_id)
    return int(conn.execute(query).scalar_one())


def encode(message: Content) -> dict[str, Any]:
    """Return the message as plain JSON."""
    if isinstance(message, Withdrawal):
        return asdict(message)
    if isinstance(message, Correction):
        return {**asdict(message), "post": encode(message.post)}
    if isinstance(message, Post):
        return {name: value for name, value in asdict(message).items() if name != "mended"}
    return {
        "subject": _encode_text(message.subject),
        "html": _encode_text(message.html),
        "text": _encode_text(message.text),
        "headers": [[name, _encode_text(value)] for name, value in message.headers],
        "from_name": message.from_name,
        "from_email": message.from_email,
        "reply_to": message.reply_to,
        "language": message.language,
    }


def decode(kind: str, content: dict[str, Any]) -> Content:
    """Return the message that `encode` wrote."""
    if kind == WITHDRAWAL:
        return Withdrawal(**{**content, "parts": tuple(content["parts"])})
    if kind == CORRECTION:
        return Correction(**{**content, "parts": tuple(content["parts"]), "post": _decode_post(content["post"])})
    if kind == "post":
        return _decode_post(content)
    return Mail(
        subject=decode_text(content["subject"]),
        html=decode_text(content["html"]),
        text=decode_text(content["text"]),
        headers=tuple((name, decode_text(value)) for name, value in content["headers"]),
        from_name=content["from_name"],
        from_email=content["from_email"],
        reply_to=content["reply_to"],
        language=content["language"],
    )


def _decode_post(content: dict[str, Any]) -> Post:
    card, upload = content["card"], content.get("upload")  # older posts say nothing of it
    return Post(
        tuple(content["parts"]),
        content["language"],
        _decode_card(card) if card else None,
        Upload(**upload) if upload else None,
    )


def _decode_card(card: dict[str, Any]) -> Card:
    return Card(**{**card, "image": Image(**card["image"]) if card["image"] else None})


def _encode_text(text: Text) -> list[Any]:
    return [part if isinstance(part, str) else [part.field, part.context, part.default] for part in text]


def decode_text(parts: list[Any]) -> Text:
    """Return one of the message's texts from what `encode` wrote of it."""
    return tuple(part if isinstance(part, str) else Slot(*part) for part in parts)
