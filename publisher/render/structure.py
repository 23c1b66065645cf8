"""What a template's own markup does in mail programs: words beside cells, pictures, scripts, a link nobody sees."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import html as markup

from publisher.model.message import Finding, Mail, Sheet, Slot, Text
from publisher.render.theme import WIDTH

Findings = Iterator[Finding]

# What may stand in these; anything else is moved in front of the whole table by every browser.
_CHILDREN = {
    "table": {"caption", "colgroup", "thead", "tbody", "tfoot", "tr"},
    **{name: {"tr"} for name in ("thead", "tbody", "tfoot")},
    "tr": {"td", "th"},
}
_ANYWHERE = {"script", "style", "template"}
_ACTIVE = ("script", "iframe", "object", "embed", "form", "input", "button", "select", "textarea", "video", "audio")
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.IGNORECASE)
_LEAVES = "https://leave.invalid/"  # stands where the reader's own link will
MOST_QUOTED = 40  # characters


def leaves_visibly(html: Text) -> bool:
    """Say whether a reader can see a link to leave: one with words, or a described picture, that nothing hides."""
    page = _page(html)
    links = page.xpath("//a[@href]") if page is not None else []
    return any(_LEAVES in link.get("href", "") and _is_seen(link) for link in links)


def stray_in_table(mail: Mail, sheet: Sheet) -> Findings:
    """A part that is no row: libxml2 leaves it where it is, and browsers show it above the mail."""
    page = _page(mail.html)
    for table in page.iter(*_CHILDREN) if page is not None else ():
        for words in _strays(table):
            what = f"{words} stands in a table, but in no cell of it: it is shown above the whole mail"
            yield Finding("stray-in-table", True, what, "Make the part a row: <tr><td>…</td></tr>")
            return


def _strays(table: markup.HtmlElement) -> Iterator[str]:
    """Yield what stands between cells or rows, quoted."""
    allowed = _CHILDREN[table.tag] | _ANYWHERE
    beside = [table.text, *(child.tail for child in table)]
    yield from (_quoted(words) for words in beside if words and words.strip())
    for child in table:
        if isinstance(child.tag, str) and child.tag not in allowed:
            yield _quoted(child.text_content()) if child.text_content().strip() else f"<{child.tag}>"


def active_content(mail: Mail, sheet: Sheet) -> Findings:
    page = _page(mail.html)
    found = [f"<{each.tag}>" for each in page.iter(*_ACTIVE)] if page is not None else []
    if page is not None:
        found += [f"{name}=" for each in page.iter() for name in each.attrib if name.lower().startswith("on")]
    for name in dict.fromkeys(found):
        what = f"{name} stands in the mail: mail programs take it out, and filters take it for an attack"
        yield Finding("active-content", True, what, "Take it out of the template; a link to a page does what it should")


def pictures_of_template(mail: Mail, sheet: Sheet) -> Findings:
    """Pictures of articles were mended before they came here: what is wrong now is the template's."""
    page = _page(mail.html)
    for picture in page.iter("img") if page is not None else ():
        yield from _faults_of(picture, sheet)


def _faults_of(picture: markup.HtmlElement, sheet: Sheet) -> Findings:
    widest = sheet.theme.width or WIDTH
    reached = ("https://", "http://", "cid:", "data:", *(["file:"] if sheet.practice else []))
    address, width = picture.get("src", "").strip(), picture.get("width", "").strip()
    named = f"the picture {address[:MOST_QUOTED]!r} of a template"
    if not address.startswith(reached):
        yield Finding(
            "broken-picture", True, f"{named} is never found: mails have no folder", "Write its whole address"
        )
    if not width.isdecimal():
        yield Finding(
            "template-picture", False, f"{named} has no width: Outlook shows it as large as it is", "Write width="
        )
    elif int(width) > widest:
        what = f"{named} is {width} pixels wide, and the mail {widest}: all of it is cut on the right"
        yield Finding("broken-picture", True, what, f'Write width="{widest}" or less')
    if picture.get("alt") is None:
        yield Finding("template-picture", False, f"{named} has no alt=", 'Say what it shows, or alt="" for an ornament')


def _is_seen(link: markup.HtmlElement) -> bool:
    pictures = link.xpath(".//img[normalize-space(@alt) != '']")
    if not link.text_content().strip() and not pictures:
        return False
    around = [link, *link.iterancestors()]
    return not any(_HIDDEN.search(each.get("style", "")) or "hidden" in each.attrib for each in around)


def _page(html: Text) -> markup.HtmlElement | None:
    text = "".join(part if isinstance(part, str) else _stand_in(part) for part in html)
    return markup.document_fromstring(text).find("body") if text.strip() else None


def _stand_in(slot: Slot) -> str:
    return _LEAVES if slot.field == "unsubscribe_url" else "x"


def _quoted(words: str) -> str:
    line = " ".join(words.split())
    return f"“{line[:MOST_QUOTED]}{'…' if len(line) > MOST_QUOTED else ''}”"
