"""Single values of schedules.yaml: durations, rates, names, zones, addresses; each says what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from email.utils import unquote
from functools import cache
from pathlib import PurePosixPath
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from publisher.config.problems import nearest
from publisher.config.serving import is_place_of_pages

UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
DURATION = re.compile(r"(?:[0-9]{1,6}(?:ms|[smhdw]))+")
LONGEST = timedelta(days=3660)
PERIODS = {"s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}
RATE = re.compile(r"([0-9]{1,7}) */ *([a-z]+)")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
LANGUAGE = re.compile(r"([a-z]{2,3})(-[A-Za-z]{4})?(-(?:[A-Za-z]{2}|[0-9]{3}))?", re.IGNORECASE)
MAILBOX = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>]+)>")
TO_BE_CHANGED = "news@example.com"  # stands where nobody has said yet who the mail comes from
FOR_EXAMPLES = ("example.com", "example.net", "example.org")  # RFC 2606: nobody can have these
NO_TLDS = ("example", "invalid", "localhost", "test")  # nor anything below these, RFC 6761
TEXT_FILES = (".md", ".markdown", ".txt")  # endings of what people write for readers
IN_NO_ADDRESS = re.compile(r'[\s"<>\\^`]')  # RFC 3986: written as %22 and the like
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")

T = TypeVar("T")


def wrong(what: str, remedy: str = "") -> PydanticCustomError:
    """Return the error of a value.

    :param what: continues "`key: value` …".
    :param remedy: a sentence of its own.
    """
    return PydanticCustomError("publisher", "{what}", {"what": what, "remedy": remedy})


def variable_name(*parts: str) -> str:
    """Return the name under which a value of the file would stand in ``.env``: ``LETTERS_API_KEY``."""
    return "_".join(parts).upper().replace("-", "_")


def is_nobodys(domain: str) -> bool:
    """Say whether a domain is kept for examples and tests, so that nobody can have an address there."""
    labels = domain.casefold().rstrip(".").split(".")
    return labels[-1] in NO_TLDS or ".".join(labels[-2:]) in FOR_EXAMPLES


def as_text(value: object) -> str:
    """Return a scalar as the text it was written as; refuse what is no scalar, and nothing at all."""
    if value is None or isinstance(value, bool | dict | list):
        raise PydanticCustomError("string_type", "should be text")
    return str(value).strip()


def duration(value: object) -> timedelta:
    """Read ``90s``, ``30m``, ``2h``, ``3d``, ``1w``, ``500ms`` or several in a row (``1h30m``)."""
    text = as_text(value)
    if text.isascii() and text.isdigit():
        if int(text[:20]) == 0:
            return timedelta()
        raise wrong("has no unit", f"Write `{text}m` for minutes, or with `s`, `h`, `d` or `w`")
    if not DURATION.fullmatch(text.lower()):
        raise wrong("is not a duration", "Write a number and `s`, `m`, `h`, `d` or `w`: `90s`, `30m`, `2h`, `3d`, `1w`")
    parts = re.findall(r"([0-9]+)(ms|[smhdw])", text.lower())
    total = sum(int(number) * UNITS[unit] for number, unit in parts)
    if total > LONGEST.total_seconds():
        raise wrong("is longer than ten years", "Write a shorter duration")
    return timedelta(seconds=total)


def positive_duration(value: object) -> timedelta:
    """Read a duration that is more than nothing."""
    length = duration(value)
    if not length:
        raise wrong("is no time at all", "Write a duration such as `5m`")
    return length


def duration_text(length: timedelta) -> str:
    """Write a duration as an editor would."""
    if not length:
        return "0"
    seconds = int(length.total_seconds())
    for unit in "wdhm":
        if seconds % UNITS[unit] == 0:
            return f"{seconds // UNITS[unit]}{unit}"
    return f"{seconds}s"


def rate(value: object) -> float:
    """Read ``300/s``, ``10/min``, ``500/h`` or ``5000/day``; the result is per second."""
    found = RATE.fullmatch(as_text(value).lower())
    if not found or found[2] not in PERIODS or not int(found[1]):
        raise wrong("is not a rate", "Write `300/s`, `10/min`, `500/h` or `5000/day`")
    return int(found[1]) / PERIODS[found[2]]


def name(value: object) -> str:
    """Check the name of a source, list, channel or schedule."""
    text = str(value)
    if not NAME.fullmatch(text):
        better = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")[:64]
        rule = "small letters, digits, `-` and `_`, at most 64"
        raise wrong(f"is not a name: {rule}", f"Write `{better}`" if better else "")
    return text


def one_line(value: str) -> str:
    """Fold white space, so that no value reaches a header in two lines."""
    return " ".join(value.split())


def zone(value: str) -> str:
    """Check an IANA time zone."""
    known = _zones()
    if value in known:
        return value
    close = _zone_of_city(value) or nearest(value, known)
    raise wrong("is not a time zone", f"Did you mean `{close}`?" if close else "Write one such as `Europe/Lisbon`")


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone_of_city(value: str) -> str:
    city = re.sub(r"\W+", "_", value).casefold()
    return min((known for known in _zones() if known.casefold().endswith(f"/{city}")), default="", key=len)


def zone_info(key: str) -> ZoneInfo:
    """Return the zone of a checked name."""
    return ZoneInfo(key)


def language(value: str) -> str:
    """Check a language code (BCP 47, language with optional script and region) and write it the usual way."""
    found = LANGUAGE.fullmatch(value.replace("_", "-"))
    languages = Locale("en").languages
    if not found or found[1].lower() not in languages:
        by_name = {str(words).casefold(): code for code, words in languages.items()}
        close = by_name.get(value.casefold(), "")
        raise wrong("is not a language code", f"Write `{close}`" if close else "Write one such as `en` or `pt-PT`")
    script, region = (found[2] or "").title(), (found[3] or "").upper()
    return found[1].lower() + script + region


def email(value: str) -> str:
    """Check an address without asking the network."""
    try:
        return validate_email(value, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise wrong(
            f"is not an e-mail address: {str(error).rstrip('.')}", "Write one such as `news@harbor.example`"
        ) from None


def mailbox(value: str) -> tuple[str, str]:
    """Split ``Harbor Gazette <news@harbor.example>`` or a bare address into name and checked address."""
    found = MAILBOX.fullmatch(value)
    if not found:
        return "", email(value)
    return one_line(unquote(found["name"].strip())), email(found["email"].strip())


def way_out(value: str) -> str:
    """Check the address of someone who is told; a text without `@` names a channel, which is looked up."""
    return email(value) if "@" in value else value


def reply_address(value: str) -> str:
    """Check an address to which answers go; it stays as written."""
    if value:
        mailbox(value)
    return value


def web_address(value: str) -> str:
    """Check an http or https address; an empty text is none."""
    if value and not _is_web(value):
        raise wrong("is not a web address", "Write it whole, with `https://`")
    if found := IN_NO_ADDRESS.search(value):
        raise wrong("is not a web address", f"Write `{quote(found[0])}` in the place of {_character(found[0])}")
    return value.rstrip("/") if value.count("/") == 3 else value


def public_address(value: str) -> str:
    """Check an address below which our own pages are: nothing in it may end an attribute, a header or a path."""
    value = web_address(value)
    if value and not is_place_of_pages(value):
        remedy = "Write `https://letters.harbor.example`, or with a path of letters, digits, `-`, `_`, `.` and `~`"
        raise wrong("can't be where our pages are", remedy)
    return value


def _character(found: str) -> str:
    return "the space" if found.isspace() else f"`{found}`"


def _is_web(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 0) >= 0
    except ValueError:
        return False


def base_address(value: str) -> str:
    """Check the address that a sender speaks to, which may hold ``${NAME}``."""
    return value if VARIABLE.search(value) else web_address(value)


def feed_address(value: str) -> str:
    """Check a feed's address or the path of a file."""
    scheme = value.split("://", 1)[0] if "://" in value else ""
    if scheme and not VARIABLE.search(value) and scheme not in ("http", "https", "file"):
        raise wrong("can't be fetched", "Write `https://…`, or the path of a file")
    return value


def text_file(value: str) -> str:
    """Check the path of a Markdown file: whatever is said of it is said of a file of the project."""
    parts = PurePosixPath(value).parts
    if "\\" in value or ":" in value or value.startswith(("/", "~")) or ".." in parts:
        raise wrong("is no path inside the project", "Write one such as `inserts/bank.md`, from where this file is")
    if not value.lower().endswith(TEXT_FILES):
        raise wrong("is no Markdown file", "Name one that ends with `.md`")
    return value


def link_pattern(value: str) -> str:
    """Check a pattern of addresses: a path or a whole address in which ``*`` stands for anything."""
    if re.search(r"[\\^$|()+]|\.\*", value):
        raise wrong("is a regular expression", "Write a path in which `*` stands for anything: `/news/*`")
    if not value.startswith(("/", "*", "https://", "http://")):
        raise wrong("is no pattern of addresses", f"Write `/{value}`" if value else "Write one such as `/news/*`")
    return value


def post_status(value: str) -> str:
    """Check the state of a WordPress post."""
    known = ("publish", "private", "draft", "pending", "future")
    if value not in known:
        close = nearest(value, known)
        raise wrong("is no state of a post", f"Did you mean `{close}`?" if close else f"There are: {', '.join(known)}")
    return value


def split_names(value: object) -> object:
    """Take ``a`` or ``a, b`` for a list."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else value


def one_or_more(value: object) -> object:
    """Take a single text for a list of one."""
    return [value] if isinstance(value, str | int | float) and not isinstance(value, bool) else value


def parsed(parse: Callable[[object], T], pattern: str, *examples: str) -> tuple[PlainValidator, WithJsonSchema]:
    """Return the annotations of a text that is read into something else."""
    schema: dict[str, Any] = {"type": "string"}
    if examples:
        schema["examples"] = list(examples)
    if pattern:
        schema["pattern"] = pattern
    return PlainValidator(parse), WithJsonSchema(schema)


def _text_list(items: dict[str, Any]) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": items}]})


_DURATION = r"^([0-9]+(ms|[smhdw]))+$|^0$"
Duration = Annotated[timedelta, *parsed(duration, _DURATION, "30m", "2h", "3d")]
PositiveDuration = Annotated[timedelta, *parsed(positive_duration, _DURATION, "5m", "1h")]
Rate = Annotated[float, *parsed(rate, r"^[0-9]+ */ *(s|sec|min|m|h|hour|d|day)$", "300/s", "10/min")]
Name = Annotated[str, *parsed(name, "^[a-z0-9][a-z0-9_-]{0,63}$")]
Line = Annotated[str, AfterValidator(one_line)]
Zone = Annotated[Line, AfterValidator(zone)]
Language = Annotated[Line, AfterValidator(language)]
Mailbox = Annotated[
    tuple[str, str], BeforeValidator(lambda value: mailbox(as_text(value))), WithJsonSchema({"type": "string"})
]
ReplyTo = Annotated[Line, AfterValidator(reply_address)]
WebAddress = Annotated[Line, AfterValidator(web_address)]
PublicAddress = Annotated[Line, AfterValidator(public_address)]
BaseAddress = Annotated[Line, AfterValidator(base_address)]
FeedAddress = Annotated[Line, AfterValidator(feed_address)]
TextFile = Annotated[Line, AfterValidator(text_file)]
Names = Annotated[tuple[Line, ...], BeforeValidator(split_names), _text_list({"type": "string"})]
LanguageCodes = Annotated[tuple[Language, ...], BeforeValidator(split_names), _text_list({"type": "string"})]
WaysOut = Annotated[
    tuple[Annotated[Line, AfterValidator(way_out)], ...],
    BeforeValidator(split_names),
    _text_list({"type": "string"}),
]
Mailboxes = Annotated[
    tuple[Annotated[Line, AfterValidator(email)], ...],
    BeforeValidator(split_names),
    _text_list({"type": "string"}),
]
Texts = Annotated[tuple[Line, ...], BeforeValidator(one_or_more), _text_list({"type": "string"})]
Addresses = Annotated[tuple[BaseAddress, ...], BeforeValidator(one_or_more), _text_list({"type": "string"})]
LinkPatterns = Annotated[
    tuple[Annotated[Line, AfterValidator(link_pattern)], ...],
    BeforeValidator(one_or_more),
    _text_list({"type": "string"}),
]
Statuses = Annotated[
    tuple[Annotated[Line, AfterValidator(post_status)], ...],
    BeforeValidator(split_names),
    _text_list({"type": "string"}),
]
