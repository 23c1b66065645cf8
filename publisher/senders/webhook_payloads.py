"""What the generic webhook sends: our own contract with whoever receives it."""

from __future__ import annotations

from dataclasses import asdict

from publisher.model.call import Call
from publisher.model.message import Mail, Post, Withdrawal
from publisher.senders.bodies import as_json, as_json_list
from publisher.senders.mail import Letter, Readers, letter_to


def mail_body(call: Call, readers: Readers, batch: int) -> bytes:
    """Write one letter, or a list of them where the channel asks for batches."""
    letters = (_letter(call.key, readers.mail, letter_to(readers.mail, reader)) for reader in readers.ready)
    if batch == 1:
        return as_json({"type": "mail.send", **next(letters)})
    return b'{"type":"mail.batch","batch_id":%s,"messages":%s}' % (as_json(call.key), as_json_list(letters))


def _letter(key: str, mail: Mail, letter: Letter) -> dict[str, object]:
    return {
        "id": letter.to.reference,
        "batch_id": key,
        "from": {"email": mail.from_email, "name": mail.from_name},
        "reply_to": mail.reply_to,
        "subject": letter.subject,
        "html": letter.html,
        "text": letter.text,
        "headers": letter.headers,
        "recipients": [{"email": letter.to.address, "name": letter.to.name, "id": letter.to.reference}],
    }


def post_body(call: Call, post: Post, at: str) -> bytes:
    """Write a post; ``at`` is when it was first tried (ISO 8601)."""
    data = {
        "id": call.recipients[0].reference,
        "account": call.recipients[0].address,
        "text": post.text,
        "parts": post.parts,
        "language": post.language,
        "card": asdict(post.card) if post.card else None,
    }
    return as_json({"type": "post.published", "timestamp": at, "data": data})


def withdrawal_body(call: Call, posted: Withdrawal, at: str) -> bytes:
    """Write that a post is withdrawn; ``at`` is when that was first said (ISO 8601)."""
    data = {
        "id": posted.reference,  # of the post, as it came with `post.published`
        "account": call.recipients[0].address,
        "post": {"id": posted.parts[0], "url": posted.url},  # as the receiver named it
    }
    return as_json({"type": "post.withdrawn", "timestamp": at, "data": data})
