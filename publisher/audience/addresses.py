"""E-mail addresses: checked, and written one way."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

# What nearly all addresses look like; only the others pay for the full parser.
PLAIN = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,24}"
)


def normalise(address: str) -> str:
    """Return the address with its domain in lower case, and in its own script where it has one.

    :raises ValueError: in words: what is wrong with it.
    """
    address = address.strip()
    if not address:
        raise ValueError("no address")
    if len(address) <= 254 and PLAIN.fullmatch(address) and "xn--" not in address.lower():
        local, _, domain = address.rpartition("@")
        if len(local) > 64:
            raise ValueError("the part before the @ is longer than 64 characters")
        return f"{local}@{domain.lower()}"
    try:
        return validate_email(address, check_deliverability=False, allow_smtputf8=True).normalized
    except EmailNotValidError as error:
        raise ValueError(str(error).rstrip(".")) from error
