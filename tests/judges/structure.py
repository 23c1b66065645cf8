"""What any mail must state for those who don't see it as it was drawn; and how many bytes it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import html as markup

from tests.judges.verdict import Judge, Mails, Verdict

LARGEST = 25_000  # bytes of a digest of eight stories
LARGEST_EVER = 80_000  # bytes; Publisher warns above that, Gmail cuts mails off at about 102 KB


def faults_of(html: str) -> Iterator[str]:
    """Name what is missing: languages, directions, a title, one h1, sizes and words of pictures, roles of tables."""
    page = markup.document_fromstring(html)
    if not html.startswith("<!DOCTYPE html>"):
        yield "there is no doctype"
    if not (page.findtext("head/title") or "").strip():
        yield "the title is empty"
    yield from _without_language(page)
    if (count := len(page.findall(".//h1"))) != 1:
        yield f"there are {count} h1"
    for image in page.iter("img"):
        named = (image.get("src") or "")[-60:]
        if image.get("alt") is None:
            yield f"no alt: {named}"
        for side in ("width", "height"):
            if not (image.get(side) or "").isdecimal():
                yield f"{side}={image.get(side)!r}: {named}"
    for table in page.iter("table"):
        is_data = table.find(".//th") is not None and not table.findall(".//table")
        if not is_data and table.get("role") not in ("presentation", "none"):
            yield f"a layout table without a role: {markup.tostring(table, encoding='unicode')[:80]}"


def _without_language(page: Any) -> Iterator[str]:
    """Webmail takes html and body away: what is inside must say it too."""
    inside = [element for element in page.find("body") if element.get("role") == "article"]
    for place, element in (("html", page), ("body's wrapper", inside[0] if inside else {})):
        for name in ("lang", "dir"):
            if not (element.get(name) or "").strip():
                yield f"{place} has no {name}"


def _hear(mails: Mails) -> dict[str, Verdict]:
    return {name: _verdict(tuple(faults_of(mail.html))) for name, mail in mails.items()}


def _verdict(faults: tuple[str, ...]) -> Verdict:
    return Verdict(str(len(faults)), faults)


def _weigh(mails: Mails) -> dict[str, Verdict]:
    verdicts = {}
    for name, mail in mails.items():
        size, most = len(mail.html.encode()), LARGEST if mail.stories <= 8 else LARGEST_EVER
        verdicts[name] = Verdict(f"{size / 1000:.1f}", (f"{size:,} bytes, more than {most:,}",) if size > most else ())
    return verdicts


def _nothing() -> str:
    return ""


STRUCTURE = Judge(
    "structure",
    "missing alt, size, lang, dir, title, h1, role",
    "none",
    _nothing,
    _nothing,
    _hear,
)
SIZE = Judge("size", "KB after inlining", f"≤ {LARGEST // 1000} KB for 8 stories or fewer", _nothing, _nothing, _weigh)
