"""A brief becomes a post: the lead's headline, what it is about and its link, fitted to the network."""

from __future__ import annotations

import regex

from publisher.model.article import Article
from publisher.model.message import Brief, Card, Post, PostRules
from publisher.render.context import article_dict, context_of
from publisher.render.conventions import Conventions
from publisher.render.engine import Engine
from publisher.render.fitting import NEXT_POST, fit, posts_in
from publisher.render.wording import words_of
from publisher.render.words import fold

# WORD JOINER: no width, no line break, and no network takes what follows it for a name.
_JOINER = "\u2060"
_MENTION = regex.compile(r"(?<!\w)([@＠])(?=\w)")
_TAG = regex.compile(r"([#＃])(?=\w*\p{L})")


def render_post(engine: Engine, brief: Brief, rules: PostRules) -> Post:
    """Render a post from ``social/<network>.txt``, or ``social/post.txt``, or the template that the brief names."""
    name = brief.template or engine.first_of(f"social/{rules.network}.txt", "social/post.txt")
    of_post = {"network": rules.network, "limit": rules.limit, "next_post": NEXT_POST if rules.threads else "\n\n"}
    conventions = Conventions(brief.language, brief.timezone)
    context = context_of(brief, neutralise, html=False) | of_post
    context["words"] = words_of(engine, context, conventions)
    text = engine.render(name, context, conventions)
    parts = tuple(fit(post, rules) for post in posts_in(text))
    return Post(parts, language=brief.language, card=_card(brief.articles[0], brief))


def neutralise(text: str) -> str:
    """Fold authored text and keep its @names and #words from becoming live mentions and tags."""
    return str(_TAG.sub(rf"\1{_JOINER}", _MENTION.sub(rf"\1{_JOINER}", fold(text))))


def _card(article: Article, brief: Brief) -> Card | None:
    """Say what the network shows under the link: our words, for networks that don't look at the page themselves."""
    plain = article_dict(article, brief)
    if not plain["url"]:
        return None
    return Card(plain["url"], plain["title"], plain["summary"], article.image if plain["image"] else None)
