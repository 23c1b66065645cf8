"""What Mailgun's messages API is sent: one form with recipient variables."""

from __future__ import annotations

import re

from publisher.model.message import Slot, translate
from publisher.senders.bodies import as_form, as_json
from publisher.senders.fit import address_in_ascii
from publisher.senders.mail import Readers, mailbox, merge_values, name_slots

REFERENCE = "reference"  # our id of the delivery: comes back with every event
# What Mailgun would read as a tag of its own: %recipient.x%, %unsubscribe_url% and their like; and a percent sign at
# the end of a part, which may stand before a placeholder of ours.
TAG = re.compile(r"%(?=recipient|[a-z_]*unsubscribe|\Z)", re.IGNORECASE)


def form_of(readers: Readers) -> list[tuple[str, str]]:
    """Write the mail once, with a placeholder for every slot and the readers' values beside it."""
    mail, names = readers.mail, name_slots(readers.mail)

    def placeholder(slot: Slot) -> str:
        return f"%recipient.{names[slot]}%"

    variables = {in_punycode(r.address): {**merge_values(names, r), REFERENCE: r.reference} for r in readers.ready}
    fields = [("from", mailbox(mail.from_name, in_punycode(mail.from_email)))]
    fields += [("to", mailbox(r.name, in_punycode(r.address))) for r in readers.ready]
    fields += [("subject", translate(mail.subject, placeholder, in_text))]
    fields += [("text", translate(mail.text, placeholder, in_text))]
    fields += [("html", translate(mail.html, placeholder, in_html))]
    fields += [("h:Reply-To", mail.reply_to)] if mail.reply_to else []
    fields += [(f"h:{name}", translate(value, placeholder, in_text)) for name, value in mail.headers]
    fields += [("v:reference", f"%recipient.{REFERENCE}%"), ("o:tracking", "no")]
    return [*fields, ("recipient-variables", as_json(variables).decode())]


def encode(fields: list[tuple[str, str]]) -> bytes:
    """Encode the form. Without recipient variables every reader would see all the others: that is never sent."""
    names = [name for name, _ in fields]
    if names.count("to") > 1 and "recipient-variables" not in names:
        raise ValueError("several recipients without recipient-variables")
    return as_form(fields)


def in_punycode(address: str) -> str:
    """Write an international domain as Mailgun would by itself, so that it finds the variables under that address.

    What stands before the @ it takes in any letters; an address that is none it refuses by name.
    """
    if address.isascii():
        return address
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{address_in_ascii(f'x@{domain}')[2:]}"
    except ValueError:
        return address


def in_html(authored: str) -> str:
    """Make authored text that looks like a tag harmless; a reader sees it as it was written."""
    return TAG.sub("&#37;", authored)


def in_text(authored: str) -> str:
    """As above, where there are no entities: with an invisible word joiner."""
    return TAG.sub("%\u2060", authored)
