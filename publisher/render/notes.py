"""What articles cause: mended as far as it can be, and said; an edition that nobody watches goes out all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from publisher.model.article import Article, Image
from publisher.model.counting import many
from publisher.model.message import Brief, Finding, Letter, Mail, Notice, Post, PostRules, Sheet
from publisher.render.addresses import fault_of_page, fault_of_picture, web_address
from publisher.render.fragment import dropped, is_sized, pictures_in
from publisher.render.social import neutralise
from publisher.render.words import squeezed

RECOGNISED = 20  # characters by which a headline in a post is known again

Findings = Iterator[Finding]


def mended(message: Mail, brief: Brief) -> Findings:
    """What was repaired while the message was made."""
    yield from message.mended


def bad_link(mail: Mail, brief: Brief) -> Findings:
    for article in (*brief.articles, *brief.updates):
        if article.url and (why := fault_of_page(article.url)):
            yield _dropped("bad-link", article.url, article.title, why)


def bad_picture(mail: Mail, brief: Brief) -> Findings:
    for article in brief.articles:
        if article.image and (why := fault_of_picture(article.image, practice=brief.practice)):
            yield _dropped("bad-picture", article.image.url, article.title, why)


def bad_in_text(mail: Mail, sheet: Sheet) -> Findings:
    for title, html in _texts(sheet):
        for kind, address, why in dropped(html, practice=sheet.practice):
            yield _dropped("bad-picture" if kind == "img" else "bad-link", address, title, why)


def _texts(sheet: Sheet) -> Iterator[tuple[str, str]]:
    """Yield the texts that stand whole in a mail, each under its name."""
    if isinstance(sheet, Brief):
        yield "the note", sheet.note
        yield from ((f"the insert {block.name}", block.html) for block in sheet.inserts)
        yield from ((article.title, article.html) for article in _read_whole(sheet))
    elif isinstance(sheet, Letter) and isinstance(sheet.about, Notice):
        yield sheet.about.subject, sheet.about.html


def _dropped(check: str, address: str, title: str, why: str) -> Finding:
    what = check.removeprefix("bad-")
    said = f"the {what} {address[:60]!r} of {title!r} is left out: {why}"
    return Finding(check, False, said, f"Mend the {what} where it is written")


def missing_alt(mail: Mail, brief: Brief) -> Findings:
    for article in brief.articles:
        yield from _alt_of(article.title, any(not image.alt.strip() for image in _shown(article, brief)))
    for article in _read_whole(brief):
        is_missing = any(not image.get("alt") for image in pictures_in(article.html, practice=brief.practice))
        yield from _alt_of(article.title, is_missing, "in the text ")


def _alt_of(title: str, is_missing: bool, place: str = "") -> Findings:
    if is_missing:
        yield Finding(
            "missing-alt",
            False,
            f"a picture {place}of {title!r} has no description",
            "The caption stands in, if there is one; write an alternative text where the article is written",
        )


def missing_size(mail: Mail, brief: Brief) -> Findings:
    for article in brief.articles:
        unsized = [image for image in _shown(article, brief) if not (image.width and image.height)]
        if article in _read_whole(brief):
            unsized += [image for image in pictures_in(article.html, practice=brief.practice) if not is_sized(image)]
        if unsized:
            yield Finding(
                "missing-size",
                False,
                f"no size is stated for {many(len(unsized), 'picture')} of {article.title!r}: the shape is a guess",
                "State width and height where the article is written",
            )


def _shown(article: Article, brief: Brief) -> list[Image]:
    image = article.image
    return [image] if image and not fault_of_picture(image, practice=brief.practice) else []


def _read_whole(brief: Brief) -> tuple[Article, ...]:
    """Return the articles whose text stands in the mail, as the default theme has it: one that is alone."""
    return brief.articles if len(brief.articles) == 1 else ()


def missing_alt_in_post(post: Post, brief: Brief, rules: PostRules) -> Findings:
    shown, own = post.card.image if post.card else None, brief.articles[0].image
    if shown and own and shown.url == own.url:  # a card that we drew says its headline
        yield from _alt_of(brief.articles[0].title, not own.alt.strip())


def mended_in_post(post: Post, brief: Brief, rules: PostRules) -> Findings:
    yield from post.mended


def stories_left_out(post: Post, brief: Brief, rules: PostRules) -> Findings:
    """A post is about the lead unless its template says otherwise: whoever picks several may not expect it."""
    if brief.text:  # a person wrote the post, and knows what it is about
        return
    said = squeezed(post.text)
    missing = [article for article in brief.articles[1:] if not _is_said(article, said)]
    if missing:
        yield Finding(
            "stories-left-out",
            False,
            f"{many(len(missing), 'other story', 'other stories')} of the edition {_is(missing)} not in this post",
            "`template: social/digest.txt` names as many as fit, `social/thread.txt` gives each a post of its own",
        )


def _is(articles: list[Article]) -> str:
    return "is" if len(articles) == 1 else "are"


def _is_said(article: Article, said: str) -> bool:
    """Say whether a post has a story's address, or its headline, which may be shortened."""
    address = web_address(article.url or "")
    begins = squeezed(neutralise(article.title))[:RECOGNISED]
    return begins in said or bool(address and address in said)


MAIL_NOTES: tuple[Callable[[Mail, Brief], Findings], ...] = (
    mended,
    bad_link,
    bad_picture,
    missing_alt,
    missing_size,
)
POST_NOTES: tuple[Callable[[Post, Brief, PostRules], Findings], ...] = (
    mended_in_post,
    missing_alt_in_post,
    stories_left_out,
)
