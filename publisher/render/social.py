"""A brief becomes a post: the lead's headline, what it is about and its link, fitted to the network."""

from __future__ import annotations

from dataclasses import replace

import regex

from publisher.model.article import Article, Image
from publisher.model.blanks import is_blank
from publisher.model.message import Brief, Card, Finding, Post, PostRules
from publisher.model.post_size import fits, length, urls_in
from publisher.render.addresses import fault_of_picture, web_address
from publisher.render.context import article_dict, context_of
from publisher.render.conventions import Conventions
from publisher.render.engine import Engine
from publisher.render.fitting import NEXT_POST, fit, posts_in, whole
from publisher.render.wording import words_of
from publisher.render.words import authored, cut, fold, units_of

# WORD JOINER: no width, no line break, and no network takes what follows it for a name.
_JOINER = "\u2060"
# What a network could take for a name, a tag, a ticker symbol or Slack's call to everybody. X finds names after letters
# that aren't ASCII and after RT, Discord its @everyone after anything; nobody finds one in an address of mail. No tag
# has a hundred signs before its first letter.
_LIVE = regex.compile(
    r"(?<![A-Za-z0-9_])[@＠](?=\w)|(?<=(?<![A-Za-z0-9_])[Rr][Tt])[@＠](?=\w)|[@＠](?=\[|(?:everyone|here)(?![\w-]*\.\w))"
    r"|(?<![\p{L}\p{M}\p{Nd}])[#＃](?=[^\s\p{L}_·]{0,100}+[\p{L}_·])|(?<!\w)\$(?=[A-Za-z])|<(?=[!@#])"
)


def render_post(engine: Engine, brief: Brief, rules: PostRules) -> Post:
    """Render a post from ``social/<network>.txt``, or ``social/post.txt``, or the template that the brief names."""
    post = _rendered(engine, brief, rules)
    if all(fits(part, rules) for part in post.parts):
        return post
    linked = [article for article in brief.articles if length(web_address(article.url or ""), rules) > rules.limit // 2]
    if not linked:
        return post
    kept = tuple(replace(each, url=None) if each in linked else each for each in brief.articles)
    without = _rendered(engine, replace(brief, articles=kept), rules)
    notes = tuple(_link_dropped(article, rules) for article in linked)
    return replace(without, card=post.card, mended=without.mended + notes)


def _rendered(engine: Engine, brief: Brief, rules: PostRules) -> Post:
    names = (brief.template,) if brief.template else (f"social/{rules.network}.txt", "social/post.txt")
    name = engine.first_of(*names, language=brief.language)
    of_post = {"network": rules.network, "limit": rules.limit, "next_post": NEXT_POST if rules.threads else "\n\n"}
    of_post["card"] = not brief.attaches
    conventions = Conventions(brief.language, brief.timezone)
    context = context_of(brief, neutralise, html=False) | of_post
    context["words"] = words_of(engine, context, conventions)
    posts = posts_in(_own_text(brief, context["next_post"]) or engine.render(name, context, conventions))
    parts = tuple(_fitted(post, rules, brief) for post in posts)
    notes = tuple(_shortened(post, part, rules) for post, part in zip(posts, parts, strict=True) if part != whole(post))
    return Post(parts, language=brief.language, card=_card(brief.articles[0], brief, rules), mended=notes[:1])


def _own_text(brief: Brief, next_post: str) -> str:
    """Return a post as an editor wrote it, names and tags alive; a line of `---` begins the next post of a thread."""
    lines = map(authored, brief.text.splitlines())
    return "\n".join(next_post if line == "---" else line for line in lines)


def _fitted(post: str, rules: PostRules, brief: Brief) -> str:
    """Fit a post; one that would say nothing, its headline an endless word or an address, says who posts."""
    part = fit(post, rules)
    if words_beside_links(part) or not whole(post):
        return part
    return fit(f"{neutralise(brief.publication)}\n\n{post}", rules)


def words_beside_links(text: str) -> str:
    """Return what a post says beside its links and hashtags."""
    for start, end in reversed(urls_in(text)):
        text = text[:start] + text[end:]
    words = (word for word in text.split() if word[0] not in "#＃" or word[1:2] == _JOINER)
    return " ".join(word for word in words if not is_blank(word))


def _shortened(post: str, part: str, rules: PostRules) -> Finding:
    before, after = length(whole(post), rules), length(part, rules)
    if not words_beside_links(whole(post)):
        what = f"the post on {rules.network} had no words beside links and hashtags: it begins with who posts"
        return Finding("post-fitted", False, what, "Print the headline in its template")
    what = f"shortened for {rules.network}: from {before} to {after} of {rules.limit} {rules.unit}"
    return Finding("post-fitted", False, what, "Look at it in the preview; a shorter summary is not cut")


def _link_dropped(article: Article, rules: PostRules) -> Finding:
    what = f"the link of {article.title!r} is left out: it is too long for a post on {rules.network}"
    return Finding("bad-link", False, what, "Give the article a shorter address")


def neutralise(text: str) -> str:
    """Fold authored text and keep its @names and #words from becoming live mentions and tags; addresses stay whole."""
    folded, end = authored(text), 0
    pieces = []
    for start, stop in urls_in(folded):
        pieces += [_harmless(folded[end:start]), folded[start:stop]]
        end = stop
    return "".join([*pieces, _harmless(folded[end:])])


def _harmless(text: str) -> str:
    return str(_LIVE.sub(lambda sign: sign[0] + _JOINER, text))


def _card(article: Article, brief: Brief, rules: PostRules) -> Card | None:
    """Say what the network shows under the link: our words, for networks that don't look at the page themselves."""
    plain = article_dict(article, brief)
    if not plain["url"]:
        return None
    return Card(
        plain["url"],
        plain["title"],
        plain["summary"],
        picture_of(article, brief, is_uploaded=rules.uploads is not None),
    )


def picture_of(article: Article, brief: Brief, *, is_uploaded: bool) -> Image | None:
    """Return an article's picture with words for who can't see it; None where it has none that can be shown.

    :param is_uploaded: nobody has to fetch it: a file of this machine will do, as in practice.
    """
    image = article.image
    if image is None or fault_of_picture(image, practice=brief.practice or is_uploaded):
        return None
    return image if image.alt.strip() else replace(image, alt=image.caption)


def description(words: str, most: int) -> str:
    """Cut the words for who can't see a picture to at most so many units of UTF-16, at the end of a word."""
    text = fold(words)
    if _utf16(text) <= most:
        return text
    units, kept, used = units_of(text), 0, 1  # for the ellipsis
    while used + _utf16(units[kept].rstrip()) <= most:
        used += _utf16(units[kept])
        kept += 1
    return cut(units, kept)


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
