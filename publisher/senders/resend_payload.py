"""What Resend's batch API is sent: an array of complete letters."""

from __future__ import annotations

from publisher.model.call import Recipient
from publisher.senders.bodies import as_json_list
from publisher.senders.fit import headers_to
from publisher.senders.mail import Readers, letter_to, mailbox

THEIRS = frozenset({"from", "to", "cc", "bcc", "reply-to", "subject", "content-type", "mime-version"})
REFERENCE = "reference"  # the tag that holds our id of the delivery, and comes back with every event


def body_of(readers: Readers) -> bytes:
    return as_json_list(_letter(readers, reader) for reader in readers.ready)


def _letter(readers: Readers, reader: Recipient) -> dict[str, object]:
    mail, letter = readers.mail, letter_to(readers.mail, reader)
    return {
        "from": mailbox(mail.from_name, mail.from_email),
        "to": [mailbox(reader.name, reader.address)],
        "subject": letter.subject,
        "html": letter.html,
        "text": letter.text,
        **({"reply_to": mail.reply_to} if mail.reply_to else {}),
        "headers": headers_to(mail, reader),
        "tags": [{"name": REFERENCE, "value": reader.reference}],
    }
