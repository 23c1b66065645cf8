"""New articles are completed once; what was completed before is taken from the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from publisher.model.article import Article, Reading
from publisher.model.project import Source
from publisher.store import articles

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.sources.fetch import Fetcher

_PAGED = ("feed", "wordpress")  # kinds that may give a part of the text only
_ASKED_FOR = timedelta(days=1)  # how long a page that could not be read is asked for again


def completed(
    app: App, source: Source, location: str, reading: Reading, fetcher: Fetcher, *, first_poll: bool
) -> Reading:
    """Return a reading whose articles have their whole text and their pictures' sizes.

    A file is taken as it is: whoever wrote it could have put more into it. At the first poll only
    those are completed that `backfill` takes: the others were there before us and are sent to nobody.
    """
    from publisher.sources.address import is_web
    from publisher.sources.whole import Completer, given_by, with_remembered

    is_local = source.kind == "folder" or (source.kind != "push" and not is_web(location))
    if is_local or not reading.articles:
        return reading
    completer = Completer(fetcher, source.full_text if source.kind in _PAGED else "never")
    said = [given_by(article) for article in reading.articles if completer.wants(article)]
    if not said:
        return reading
    with app.store.read() as conn:
        remembered = articles.given(conn, source.name, said, parts_before=app.clock() - _ASKED_FOR)
    wanted = _newest(reading.articles, source.backfill if first_poll else len(reading.articles))
    found = with_remembered(reading.articles, completer, remembered, wanted)
    if completer.missed:
        # Without validators the source is read whole at its next turn: "nothing is new" would hide what is missing.
        return replace(reading, articles=found, etag=None, last_modified=None)
    return replace(reading, articles=found)


def _newest(found: Sequence[Article], number: int) -> frozenset[int]:
    places = sorted(range(len(found)), key=lambda place: found[place].age, reverse=True)
    return frozenset(places[:number])
