"""Dates as feeds write them: RFC 822 in all its dialects, ISO 8601, and what only looks like a date."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_tz

# Hours east of UTC. RFC 822 defines the first two lines; feeds write the others all the same.
_HOURS_EAST = """
UT 0 UTC 0 GMT 0 Z 0 AST -4 ADT -3 EST -5 EDT -4 CST -6 CDT -5 MST -7 MDT -6 PST -8 PDT -7
WET 0 WEST 1 BST 1 CET 1 CEST 2 MEZ 1 MESZ 2 EET 2 EEST 3
MSK 3 SGT 8 HKT 8 JST 9 KST 9 AWST 8 AEST 10 AEDT 11 NZST 12 NZDT 13
"""
_ZONES = dict(zip(_HOURS_EAST.split()[::2], map(int, _HOURS_EAST.split()[1::2]), strict=True))
_ISO = re.compile(
    r"^(\d{4}-\d{2}-\d{2})(?:[Tt ]+(\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d+))?\s*(Z|z|UTC|[+-]\d{2}:?\d{2})?)?$"
)
_WRITTEN = ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y")  # as people write them on a page
_EARLIEST = 1900  # year; before it stand the zero dates of content systems


def parse_date(text: str) -> datetime | None:
    """Return the moment in UTC, or None where the text is no date that can be.

    A date without a zone is read as UTC; a day without an hour as its first moment.
    """
    words = " ".join(text.split())[:100]
    try:
        found = _iso(words) or _rfc822(words)
        if found is None:
            return None
        moment = found.astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        return None
    # The very second of 1970 is what content systems write for "none".
    return moment if moment.year >= _EARLIEST and moment.timestamp() != 0 else None


def parse_written_date(text: str) -> datetime | None:
    """Return the day of a line such as ``November 22, 2026``, at its first moment in UTC; None for anything else."""
    words = re.sub(r"^[^\W\d_]+day,?\s+", "", " ".join(text.split()))
    for form in _WRITTEN:
        try:
            return datetime.strptime(words, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return parse_date(words) if _ISO.match(words) else None


def from_value(value: object) -> datetime | None:
    """Return the moment that a YAML or JSON value stands for: text, a day, or a time."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    return (parse_date(value) or parse_written_date(value)) if isinstance(value, str) else None


def _iso(words: str) -> datetime | None:
    found = _ISO.match(words)
    if not found:
        return None
    day, clock, fraction, zone = found.groups()
    moment = datetime.fromisoformat(f"{day}T{clock or '00:00'}")
    moment += timedelta(microseconds=int((fraction or "0")[:6].ljust(6, "0")))
    offset = "+00:00" if not zone or zone.upper() in ("Z", "UTC") else zone
    return moment.replace(tzinfo=datetime.strptime(offset, "%z").tzinfo)


def _rfc822(words: str) -> datetime | None:
    words = re.sub(r"^[^\W\d_]+\.?,?\s+(?=\d)", "", words)  # the weekday's name says nothing that the day does not
    name = re.search(r"\s([A-Z]{1,5})$", words)
    parts = parsedate_tz(words)
    if parts is None or (name and name[1] not in _ZONES):
        return None
    seconds = _ZONES[name[1]] * 3600 if name else parts[9] or 0
    return datetime(*parts[:6], tzinfo=timezone(timedelta(seconds=seconds)))
