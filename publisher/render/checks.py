"""What is looked at before anyone gets a message, and what stops it. Each check is a function, named by its id."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from math import floor
from urllib.parse import unquote

import regex
from lxml import html as markup

from publisher.model.message import Asking, Brief, Finding, Letter, Mail, Post, PostRules, Sheet, Slot, Text
from publisher.model.post_size import fits, length
from publisher.render.colour import ENOUGH, readable
from publisher.render.context import article_dict
from publisher.render.fragment import paragraphs_of
from publisher.render.legible import Text as Seen
from publisher.render.legible import texts
from publisher.render.letters import word_of
from publisher.render.merge import carries_token
from publisher.render.notes import MAIL_NOTES, POST_NOTES, RECOGNISED, bad_in_text
from publisher.render.paint import paint_of
from publisher.render.shortening import CLIPPED_AT, LARGE_AT, bytes_of
from publisher.render.social import words_beside_links
from publisher.render.structure import active_content, leaves_visibly, pictures_of_template, stray_in_table
from publisher.render.theme import unreadable
from publisher.render.words import authored, squeezed

_PLACEHOLDER = re.compile(r"\{\{-?\s*(?:recipient\b|(?:unsubscribe|preferences|confirm|access|move)_url\b)|\{%-?\s*\w+")
# What mail programs write before an answered or a forwarded subject. `vs` and `res` are words too; but this is asked of
# a sender's name, never of a headline, and there none of them stands before a colon by chance.
_REPLIES = "re|aw|antw|sv|vs|rif|odp|ynt|res|fwd?|wg|tr|rv|vb|wtr|doorst|enc"
_FROM_TRICKS = regex.compile(rf"\A\s*(?:{_REPLIES})\s*:|\p{{Emoji_Presentation}}|[\u2600-\u27bf\ufe0f]", regex.I)

_LEAVING = "Put {}{{{{ unsubscribe_url }}}} into a template: as a rule it stands in partials/footer.{}"

Findings = Iterator[Finding]
WrittenAt = Callable[[Seen], str]  # which line of which template colours a text


def check_mail(mail: Mail, sheet: Brief | Letter, written_at: WrittenAt) -> tuple[Finding, ...]:
    """Return everything that is wrong with a mail, what blocks it first."""
    found = [finding for check in MAIL_CHECKS for finding in check(mail, sheet)]
    found += contrast(mail, sheet, written_at)
    if isinstance(sheet, Brief):
        found += [finding for each in EDITION_CHECKS for finding in each(mail, sheet)]
    return _ordered(found)


def check_post(post: Post, brief: Brief, rules: PostRules) -> tuple[Finding, ...]:
    """Return everything that is wrong with a post, what blocks it first."""
    return _ordered(finding for check in POST_CHECKS for finding in check(post, brief, rules))


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: not finding.blocks))


def no_unsubscribe_link(mail: Mail, sheet: Sheet) -> Findings:
    if _asks(sheet):
        return
    header = dict(mail.headers).get("List-Unsubscribe", ())
    places = {
        "html": ("url" in _contexts(_outside_comments(mail.html)), _LEAVING.format("a link with href=", "html")),
        "text part": ("text" in _contexts(mail.text), _LEAVING.format("", "txt")),
        "headers": ("header" in _contexts(header), "Put List-Unsubscribe into the headers"),
    }
    for place, (is_there, remedy) in places.items():
        if not is_there:
            what = f"nobody can unsubscribe: the {place} has no link"
            yield Finding("no-unsubscribe-link", True, what, remedy)
    if places["html"][0] and not leaves_visibly(mail.html):
        what = "nobody can unsubscribe: the link in the html has no words, or is hidden"
        yield Finding("no-unsubscribe-link", True, what, "Write words into the link, and show it")


def no_answer_link(mail: Mail, sheet: Sheet) -> Findings:
    if not (isinstance(sheet, Letter) and _asks(sheet)):
        return
    link = f"{word_of(sheet.about)}_url"
    for place, text, context in (("html", _outside_comments(mail.html), "url"), ("text part", mail.text, "text")):
        if context not in _contexts(text, link):
            what = f"nobody can answer: the {place} has no link"
            yield Finding("no-answer-link", True, what, f"Print {{{{ {link} }}}} there, in html as a link's href")


def _asks(sheet: Sheet) -> bool:
    """Say whether the mail asks its reader something: it comes by no list, so that there is none to leave."""
    return isinstance(sheet, Letter) and isinstance(sheet.about, Asking)


def leftover_field(mail: Mail, sheet: Sheet) -> Findings:
    for place, text in (("subject", mail.subject), ("html", mail.html), ("text part", mail.text)):
        yield from _leftovers(place, _fixed(text), sheet)


def _leftovers(place: str, text: str, sheet: Sheet) -> Findings:
    found = _PLACEHOLDER.findall(unquote(text))  # addresses are percent-encoded on their way into the page
    said = list(_authored(sheet)) if found else []
    for placeholder in dict.fromkeys(found):
        if not any(squeezed(placeholder) in words for words in said):
            what = f"{placeholder} stands unreplaced in the {place}"
            yield Finding("leftover-field", True, what, "Merge fields work in templates")
            return
    if carries_token(text):
        yield Finding("leftover-field", True, f"the {place} holds half a merge field", "Look at the template's filters")


def _authored(sheet: Sheet) -> Iterator[str]:
    """Yield what articles say, as it is printed: there a placeholder is part of the story."""
    if not isinstance(sheet, Brief):
        return
    for article in (*sheet.articles, *sheet.updates):
        story = article_dict(article, sheet, html=True)
        said = [*story["authors"], *story["categories"], *paragraphs_of(article.html)]
        said += [story[name] for name in ("title", "url", "summary", "html", "text")]
        said += [str(words) for words in story["image"].values()] if story["image"] else []
        yield from (squeezed(unquote(words)) for words in said)


def empty_subject(mail: Mail, sheet: Sheet) -> Findings:
    if not any(isinstance(part, Slot) or part.strip() for part in mail.subject):
        yield Finding("empty-subject", True, "the subject is empty", "Write `subject:`, or give the lead a headline")


def size(mail: Mail, sheet: Sheet) -> Findings:
    """An edition is shortened before it comes here: what is large now is the template."""
    count, remedy = bytes_of(mail.html), "Look at what the template prints besides the stories"
    if count > CLIPPED_AT:
        yield Finding("html-clipped", True, f"{count:,} bytes: Gmail would cut the end off", remedy)
    elif count > LARGE_AT:
        yield Finding("html-large", False, f"{count:,} bytes of html; Gmail cuts off at 100,000", remedy)


def from_name(mail: Mail, sheet: Sheet) -> Findings:
    if _FROM_TRICKS.search(mail.from_name):
        yield Finding(
            "from-name",
            True,
            f"the sender's name {mail.from_name!r} looks like a trick",
            "Write the newspaper's name only",
        )
    elif not mail.from_name:
        yield Finding("from-name", False, "the sender has no name", "Write `from: Name <address>`")


def postal_address(mail: Mail, sheet: Sheet) -> Findings:
    address = squeezed(sheet.address)
    if not address:
        yield Finding(
            "no-postal-address", not sheet.practice, "there is no postal address", "Write `publication.address`"
        )
        return
    both = (("html", _page(mail.html).text_content(), "html"), ("text part", _fixed(mail.text), "txt"))
    for place, text, ending in both:
        if address not in squeezed(text):
            remedy = f"Print {{{{ publication.address }}}}: as a rule partials/address.{ending} does"
            yield Finding("no-postal-address", True, f"the {place} lacks the postal address", remedy)


def text_part(mail: Mail, brief: Brief) -> Findings:
    """Whatever the html says of an article, the text part says too."""
    page, plain = _page(mail.html), squeezed(_fixed(mail.text))
    visible, links = squeezed(page.text_content()), {unquote(link) for link in page.xpath("//a/@href")}
    for article in (article_dict(article, brief) for article in (*brief.articles, *brief.updates)):
        title = squeezed(article["title"])
        if title in visible and title not in plain:
            yield _missing_from_text(f"the headline {article['title']!r}")
        if unquote(article["url"]) in links and article["url"] not in plain:
            yield _missing_from_text(f"the link {article['url']}")


def _missing_from_text(what: str) -> Finding:
    return Finding("text-part", True, f"{what} is missing from the text part", "Print it in the text template too")


def insert_not_shown(mail: Mail, brief: Brief) -> Findings:
    """A template of one's own may know nothing of inserts: no sponsor is lost in silence."""
    both = (("page", squeezed(_page(mail.html).text_content())), ("text part", squeezed(_fixed(mail.text))))
    for block in brief.inserts:
        label, own = squeezed(authored(block.label)), squeezed(_html(block.html).text_content())[:RECOGNISED]
        missing = [place for place, said in both if label not in said or own not in said]
        if missing:
            what = f"the insert {block.name} is not in the {' and the '.join(missing)}: the template doesn't print it"
            remedy = "Print `article.inserts`, `inserts.top` and `inserts.bottom`, as email/digest does"
            yield Finding("insert-not-shown", False, what, remedy)


def contrast(mail: Mail, sheet: Sheet, written_at: WrittenAt) -> Findings:
    of_theme = list(_faint_in_theme(sheet))
    yield from of_theme or _faint_in_mail(mail, written_at)


def _faint_in_theme(sheet: Sheet) -> Findings:
    for faint in unreadable(sheet.theme):
        place = f"{faint.place}: " if faint.place else ""
        what = f"{place}{faint.name}: {faint.colour} on {faint.paper}"
        remedy = f'Write `{faint.name.rpartition(".")[2]}: "{faint.better}"`, the nearest that passes'
        yield _too_faint(what, faint.contrast, faint.scheme, remedy)


def _faint_in_mail(mail: Mail, written_at: WrittenAt) -> Findings:
    """Whatever the theme says: a template may have colours of its own."""
    faint = (text for text in texts(_fixed(mail.html)) if text.contrast < ENOUGH)
    for text in {(text.scheme, text.colour, text.paper): text for text in faint}.values():
        what = f"{written_at(text)}: {_colour_of(text)} on {text.paper}"
        yield _too_faint(what, text.contrast, text.scheme, _better(text))


def _colour_of(text: Seen) -> str:
    """Name a colour as it is written too, where other than that is seen: it is what an editor finds."""
    opacity = "" if text.opacity == 1 else f" at opacity {text.opacity:.2g}"
    written = paint_of(text.written)
    is_seen = written is not None and written.colour == text.colour
    return text.colour if is_seen else f"{text.written}{opacity}, seen as {text.colour},"


def _better(text: Seen) -> str:
    better = readable(text.colour, text.paper)
    if text.opacity < 1:
        return f"Take the opacity out, and write {better} as its colour, the nearest that passes"
    if text.scheme == "dark":  # a colour in the element holds in both schemes: the one that passes here fails there
        return f"Give it a class, and that a colour for the dark scheme in partials/screens.css: {better} passes"
    return f"Write {better} there, the nearest that passes"


def _too_faint(what: str, measured: float, scheme: str, remedy: str) -> Finding:
    ratio = f"{floor(measured * 100) / 100:.2f}:1"  # rounded down: 4.499 is not 4.50
    said = f"{what} has a contrast of {ratio} in the {scheme} scheme; text needs {ENOUGH}:1"
    return Finding("contrast", True, said, remedy)


def post_too_long(post: Post, brief: Brief, rules: PostRules) -> Findings:
    for part in post.parts:
        if not fits(part, rules):
            yield Finding(
                "post-too-long",
                True,
                f"{length(part, rules)} of {rules.limit} {rules.unit} on {rules.network}",
                "Shorten it"
                if brief.text
                else "Mark in the template what may give way: {{ lead.summary | shrinks(1) }}",
            )


def empty_post(post: Post, brief: Brief, rules: PostRules) -> Findings:
    for part in post.parts:
        if not words_beside_links(part):
            yield Finding("empty-post", True, "no words are left in the post", "Print the headline in its template")


def leftover_in_post(post: Post, brief: Brief, rules: PostRules) -> Findings:
    yield from _leftovers("post", post.text, brief)


MAIL_CHECKS: tuple[Callable[[Mail, Sheet], Findings], ...] = (
    no_unsubscribe_link,
    no_answer_link,
    leftover_field,
    empty_subject,
    size,
    from_name,
    postal_address,
    bad_in_text,
    stray_in_table,
    active_content,
    pictures_of_template,
)
EDITION_CHECKS: tuple[Callable[[Mail, Brief], Findings], ...] = (text_part, insert_not_shown, *MAIL_NOTES)
POST_CHECKS: tuple[Callable[[Post, Brief, PostRules], Findings], ...] = (
    post_too_long,
    empty_post,
    leftover_in_post,
    *POST_NOTES,
)


def _contexts(text: Iterable[Slot | str], field: str = "unsubscribe_url") -> set[str]:
    return {part.context for part in text if isinstance(part, Slot) and part.field == field}


def _outside_comments(text: Text) -> Iterator[Slot | str]:
    """Leave out what only Outlook sees: a link there is no link for anybody else."""
    is_comment = False
    for part in text:
        if isinstance(part, str):
            is_comment = (is_comment and "-->" not in part) or part.rfind("<!--") > part.rfind("-->")
        elif not is_comment:
            yield part


def _fixed(text: Text) -> str:
    return "".join(part for part in text if isinstance(part, str))


def _html(fragment: str) -> markup.HtmlElement:
    return markup.fragment_fromstring(fragment, create_parent="div")


def _page(html: Text) -> markup.HtmlElement:
    """Return what is shown of a mail; nothing, where a template has no body."""
    body = markup.document_fromstring(_fixed(html)).find("body")
    return markup.Element("body") if body is None else body
