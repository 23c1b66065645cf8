"""Bring a feed's bytes into one well-formed tree: decoded, without traps, its incomplete end cut off."""

from __future__ import annotations

import codecs
import html.entities
import re
from contextlib import suppress
from dataclasses import dataclass

from lxml import etree

from publisher.errors import SourceError

_DECLARATION = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']", re.I)
_META = re.compile(rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?([A-Za-z0-9._-]{1,40})", re.I)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9._-]{1,40})", re.I)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = (b"<\0", b"\0<")  # UTF-16 without a mark
_BINARY = (b"%PDF-", b"\x89PNG", b"GIF87a", b"GIF89a", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b")
# By the Encoding Standard (encoding.spec.whatwg.org): what is written under these labels, and what they are read as.
_AS_BROWSERS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_ENOUGH = 200_000  # bytes that say what the others are
_LETTER = re.compile(r"[^\x00-\x7f]")
_HALVES = re.compile(r"&#(5[56]\d{3}|xd[89ab][0-9a-f]{2});&#(5[67]\d{3}|xd[c-f][0-9a-f]{2});", re.I)
_SEVEN_BIT = ("iso-2022", "iso2022", "hz", "utf-7")  # look like ASCII and mean something else

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_START = re.compile(r"<(?:\?xml|!DOCTYPE|!--|(?:[\w.-]+:)?(?:rss|feed|RDF|channel|html)\b)", re.I)
_OPAQUE = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.S)
_LONE_AMPERSAND = re.compile(r"&(?!#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)")
_REFERENCE = re.compile(
    r"&(?!(?:amp|lt|gt|quot|apos);)(?:(#\d{1,7}|#[xX][0-9a-fA-F]{1,6});|([A-Za-z][A-Za-z0-9]{1,31};))"
)
_DOCTYPE = re.compile(r"<!DOCTYPE", re.I)
_ROOT = re.compile(r"<((?:[\w.-]+:)?[A-Za-z][\w.-]*)")
_ITEM = re.compile(r"<((?:[\w.-]+:)?(?:item|entry))[\s/>]")


@dataclass(frozen=True, slots=True)
class Document:
    """A feed as a tree, and what was wrong with its text."""

    root: etree._Element
    problems: tuple[str, ...] = ()


def is_binary(data: bytes) -> bool:
    """Say whether bytes are no text in any encoding: a picture, a PDF, an archive."""
    if data.startswith(_BINARY):
        return True
    is_wide = data.startswith(tuple(bom for bom, _ in _BOMS)) or data[:2] in _WIDE
    return b"\0" in data[:4_000] and not is_wide and not data.lstrip().startswith(b"<")


def decode(data: bytes, content_type: str = "") -> str:
    """Return the text of a document, whatever it or its server says of its encoding.

    Bytes that are valid UTF-8 are UTF-8: wrong labels are far more common than such an accident.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, "replace")
    if data[:2] in _WIDE:
        return data.decode("utf-16-le" if data[0] else "utf-16-be", "replace")
    return _HALVES.sub(_joined, _by_labels(data, content_type))


def _by_labels(data: bytes, content_type: str) -> str:
    inside = _DECLARATION.search(data[:1_000]) or _META.search(data[:4_000])
    header = _CHARSET.search(content_type)
    labels = [header[1] if header else "", inside[1].decode("ascii") if inside else ""]
    seven_bit = [label for label in labels if label.lower().startswith(_SEVEN_BIT)]
    for label in (*seven_bit, "utf-8"):
        with suppress(LookupError, ValueError):
            return data.decode(label)
    if _is_mostly_utf8(data):
        return data.decode("utf-8", "as-windows-1252")
    for label in labels:
        with suppress(LookupError, ValueError):
            return data.decode(_meant_by(label))
    return data.decode("cp1252", "replace")


def _is_mostly_utf8(data: bytes) -> bool:
    """Say whether more letters are UTF-8 than not: few bytes of anything else look like it by chance."""
    letters = _LETTER.findall(data[:_ENOUGH].decode("utf-8", "replace"))
    return letters.count("\ufffd") * 2 < len(letters)


def _meant_by(label: str) -> str:
    """Return the encoding that browsers take a label for.

    :raises LookupError: none, or one that a document in which the label could be read can't have.
    """
    name = codecs.lookup(label).name
    if name.startswith(("utf-16", "utf-32")):
        raise LookupError(label)
    return _AS_BROWSERS.get(name, name)


def _as_windows(error: UnicodeError) -> tuple[str, int]:
    """Read bytes that are no UTF-8 as what is most often pasted into it."""
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101 -- only decoding is handled
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("as-windows-1252", _as_windows)


def _joined(found: re.Match[str]) -> str:
    """Return the letter that two halves of it are: numbers of UTF-16 where those of Unicode belong."""
    high, low = (int(half[1:], 16) if half[0] in "xX" else int(half) for half in found.groups())
    is_pair = 0xD800 <= high < 0xDC00 <= low < 0xE000
    return chr(0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00) if is_pair else found[0]


def read_document(text: str) -> Document:
    """Parse a feed's text as far as it is good.

    :raises SourceError: it defines entities of its own, or is no XML at all.
    """
    text = _without_doctype(_CONTROL.sub("", text))
    text, problem = _without_incomplete_end(text)
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, encoding="utf-8"
    )
    try:
        root = etree.fromstring(_with_plain_entities(text).encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        raise SourceError("this is no feed: it is not XML", remedy="Give the address of its RSS, Atom or JSON feed.")
    return Document(root, tuple(filter(None, (problem or _first_complaint(parser),))))


def looks_like_html(text: str) -> bool:
    """Say whether a text is a web page rather than a feed; a feed wrapped in a page counts as a feed."""
    head = _OPAQUE.sub("", text[:5_000]).lstrip().lower()
    is_page = head.startswith(("<!doctype html", "<html")) or re.search(r"<(?:html|head|body)[\s>]", head) is not None
    return is_page and not re.search(r"<(?:[\w.-]+:)?(?:rss|feed|rdf)[\s>]", text[:200_000], re.I)


def _without_doctype(text: str) -> str:
    """Start at the document's first mark and drop its declarations, refusing entities (they can be made to explode)."""
    start = _START.search(text)
    text = text[start.start() :] if start else text.lstrip()
    text = re.sub(r"^<\?xml[^>]*\?>", "", text)
    root = _ROOT.search(_blanked(text))
    doctype = _DOCTYPE.search(text, 0, root.start() if root else len(text))
    if not doctype:
        return text
    if re.search(r"<!ENTITY", text[doctype.start() : doctype.start() + 100_000], re.I) and "[" in _until_close(
        text, doctype.start()
    ):
        raise SourceError(
            "the document defines entities of its own (<!ENTITY), which can be made to fill a machine's memory",
            remedy="Ask the site for a feed without a document type.",
        )
    return text[: doctype.start()] + text[_end_of_doctype(text, doctype.start()) :]


def _until_close(text: str, start: int) -> str:
    return text[start : text.find(">", start) + 1]


def _end_of_doctype(text: str, start: int) -> int:
    bracket, close = text.find("[", start), text.find(">", start)
    if -1 < bracket < close:
        end = re.compile(r"\]\s*>").search(text, bracket)
        return end.end() if end else len(text)
    return close + 1 if close > -1 else len(text)


def _blanked(text: str) -> str:
    """Return the text with comments and CDATA as blanks, every position kept."""
    return _OPAQUE.sub(lambda found: " " * len(found[0]), text)


def _without_incomplete_end(text: str) -> tuple[str, str]:
    """Cut off an item that the document breaks off in; name the problem.

    A parser would hand out the half of it as an article of its own.
    """
    marks = _blanked(text)
    root = _ROOT.search(marks)
    if not root or f"</{root[1]}" in marks[root.end() :] or marks[root.end() :].split(">", 1)[0].endswith("/"):
        return text, ""
    item = _ITEM.search(marks)
    name = item[1] if item else ""
    opened = max(marks.rfind(f"<{name}{mark}") for mark in ("> \n\t\r/")) if name else -1
    closed = marks.rfind(f"</{name}") if name else -1
    cut = f"the document breaks off before its end (no </{root[1]}>)"
    whole = marks.count(f"</{name}") if name else 0
    if opened > closed:
        rest = f"the {whole} before it were read" if whole else "there is none before it"
        return text[:opened], f"{cut}: its last item is incomplete and was left out, {rest}"
    return text, f"{cut}: every item in it is complete and was read" if whole else cut


def _with_plain_entities(text: str) -> str:
    """Write HTML's named characters as numbers and lone ampersands as such: XML knows neither."""
    parts, end = [], 0
    for opaque in _OPAQUE.finditer(text):
        parts += [_plain_entities(text[end : opaque.start()]), opaque[0]]
        end = opaque.end()
    return "".join((*parts, _plain_entities(text[end:])))


def _plain_entities(text: str) -> str:
    return _REFERENCE.sub(_plain_entity, _LONE_AMPERSAND.sub("&amp;", text)) if "&" in text else text


def _plain_entity(found: re.Match[str]) -> str:
    if found[1]:
        return found[0] if _is_character(found[1]) else ""
    named = html.entities.html5.get(found[2] or "")
    return "".join(f"&#{ord(letter)};" for letter in named) if named else f"&amp;{found[0][1:]}"


def _is_character(reference: str) -> bool:
    """XML allows no reference to a control character, to half of a surrogate pair or past the end of Unicode."""
    if not reference.startswith("#"):
        return True
    code = int(reference[2:], 16) if reference[1] in "xX" else int(reference[1:])
    return (code in (9, 10, 13) or 31 < code < 0xD800 or 0xDFFF < code < 0x110000) and code not in (0xFFFE, 0xFFFF)


def _first_complaint(parser: etree.XMLParser) -> str:
    for entry in parser.error_log:
        # Undeclared prefixes, odd addresses and the like are read as they were meant.
        if entry.level >= etree.ErrorLevels.FATAL and entry.domain == etree.ErrorDomains.PARSER:
            words = " ".join(entry.message.split())[:120]
            return f"line {entry.line}: not well-formed XML ({words}); read as far as possible"
    return ""
