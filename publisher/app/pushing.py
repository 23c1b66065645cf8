"""Articles that are handed to us: by another system with a token, or by an editor in the console."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from publisher.app import versions
from publisher.app.completing import completed
from publisher.app.reading import reach
from publisher.errors import ConfigError
from publisher.model.article import Article, Reading
from publisher.model.project import Source
from publisher.pipeline import push
from publisher.pipeline.push import Pushed

if TYPE_CHECKING:
    from publisher.app.core import App

SHORTEST_TOKEN = 20  # characters


def sources_of(app: App) -> list[Source]:
    """Return the sources that articles can be pushed to."""
    return [source for source in app.project.sources.values() if source.kind == "push"]


def source_with(app: App, token: str) -> Source | None:
    """Return the source whose token this is. Takes as long for a wrong one as for a right one."""
    said = _digest(token)
    found = None
    for source in sources_of(app):
        own = token_of(app, source)
        # Digests are of one length; every source is compared, whichever it is.
        if hmac.compare_digest(_digest(own), said) and len(own) >= SHORTEST_TOKEN:
            found = source
    return found


def token_of(app: App, source: Source) -> str:
    """Return a source's token; empty where it has none, or none that is set."""
    try:
        return app.settings.resolve(source.token, source.where)
    except ConfigError:  # `publisher check` names it
        return ""


def wrong_tokens(app: App) -> list[str]:
    """Return what is wrong with the tokens of the sources."""
    found = [(source, token_of(app, source)) for source in sources_of(app)]
    short = [
        f"{source.where}: the token of {source.name} is shorter than {SHORTEST_TOKEN} characters and is not accepted. "
        "Make one: openssl rand -hex 32"
        for source, token in found
        if token and len(token) < SHORTEST_TOKEN
    ]
    tokens = [token for _, token in found if token]
    same = "sources: two of them have the same token. Give each its own" if len(set(tokens)) < len(tokens) else ""
    return [*short, *filter(None, [same])]


def take(app: App, source: Source, article: Article, *, revise: bool = False) -> Pushed:
    """Write down an article that was handed to us, once its pictures were asked for.

    :param revise: other words under a known id are a new revision of it; otherwise they are refused.
    """
    versions.accepted(app)  # first: a schedule sees what is first seen after it was added
    resolved, location, fetcher = reach(app, source, None)
    (measured,) = completed(app, resolved, location, Reading((article,)), fetcher, first_poll=False).articles
    return push.push(app.store, source, measured, app.clock(), revise=revise)


def withdraw(app: App, source: Source, key: str) -> int | None:
    """Take back an article that was handed to us; return which, None where none has this id."""
    return push.withdraw(app.store, source, key, app.clock())


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
