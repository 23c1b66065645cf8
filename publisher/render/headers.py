"""The headers of list mail (RFC 8058, RFC 2919, RFC 3834), each on one line."""

from __future__ import annotations

import re

from publisher.errors import TemplateError
from publisher.model.message import Sheet, Slot, Text
from publisher.render.words import fold

Headers = tuple[tuple[str, Text], ...]
AUTOMATIC: Headers = (("Auto-Submitted", ("auto-generated",)),)  # nobody's vacation answers it


def list_headers(sheet: Sheet, name: str) -> Headers:
    """Return what mail to a list has; Precedence against vacation replies.

    :param name: of the list, where the sheet names none.
    """
    title = re.sub(r'["\\<>]', "", one_line(sheet.list_title or sheet.publication, "list title"))
    named = re.sub(r"[^A-Za-z0-9-]+", "-", sheet.list_name or name).strip("-").lower() or "list"
    domain = sheet.list_domain or sheet.from_email.rpartition("@")[2] or "localhost"
    return (
        ("List-Unsubscribe", ("<", Slot("unsubscribe_url", "header"), ">")),
        ("List-Unsubscribe-Post", ("List-Unsubscribe=One-Click",)),
        ("List-Id", (f'"{title}" <{named}.{one_line(domain, "public_url")}>',)),
        ("Precedence", ("bulk",)),
    )


def language_header(sheet: Sheet) -> Headers:
    return (("Content-Language", (one_line(sheet.language, "language"),)),)


def one_line(value: str, where: str) -> str:
    """Fold what stands in a header; TemplateError for a line break, with which another header would begin."""
    if re.search(r"[\r\n\x00]", value):
        raise TemplateError("a header can't hold a line break", where=where, remedy="Write it on one line")
    return fold(value)
