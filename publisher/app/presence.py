"""Articles that are about to go out are asked for at their sources: what is gone there by now stays out."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import wait
from typing import TYPE_CHECKING

import structlog

from publisher.app.reading import reach
from publisher.errors import PublisherError
from publisher.model.article import LedgerArticle
from publisher.pipeline import collect, rhythm
from publisher.runtime.sidebyside import SideBySide
from publisher.store import identity, sources

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.sources.presence import Told

log = structlog.get_logger()

PATIENCE = 10.0  # seconds for all sources of an edition together
SILENT = 60.0  # seconds for which one that did not answer is left alone: many editions may be due at once


def in_time() -> float:
    """Return until when sources may be asked of an edition that is composed now, on the monotonic clock."""
    return time.monotonic() + PATIENCE


def leave_out_gone(app: App, chosen: Iterable[LedgerArticle], until: float) -> set[int]:
    """Ask for articles where they came from, and write down which are gone; return those."""
    by_source: defaultdict[str, list[LedgerArticle]] = defaultdict(list)
    for article in chosen:
        by_source[article.source].append(article)
    wanted = {name: found for name, found in by_source.items() if _may_be_asked(app, name)}
    gone = _ask_all(app, wanted, until) if wanted else {}
    if gone:
        collect.record_gone(app.store, gone, app.clock())
        log.info("articles_gone", articles=sorted(gone))
    return set(gone)


def _may_be_asked(app: App, name: str) -> bool:
    from publisher.sources.presence import KINDS  # here: commands that send nothing need no parsers of pages

    source = app.project.sources.get(name)
    if source is None or source.kind not in KINDS or app.intake.silent.get(name, 0.0) > time.monotonic():
        return False
    with app.store.read() as conn:
        return not rhythm.may_not(sources.find(conn, name), source, app.clock())


def _ask_all(app: App, wanted: Mapping[str, Sequence[LedgerArticle]], until: float) -> dict[int, str]:
    """Ask the sources side by side; what one says too late is not heard."""
    asking = SideBySide(lambda name: _ask(app, name, wanted[name], until))
    answers = {name: asking.ask(name) for name in wanted}
    wait(answers.values(), timeout=max(0.0, until - time.monotonic()))
    gone: dict[int, str] = {}
    for name, answer in answers.items():
        told = answer.result() if answer.done() else None
        if told is None or told.is_silent:
            rest = told.rest.total_seconds() if told else 0.0
            app.intake.silent[name] = time.monotonic() + max(SILENT, rest)
        if told is None or told.error:
            log.warning("presence_unknown", source=name, error=told.error if told else "no answer in time")
        gone |= told.gone if told else {}
    return gone


def _ask(app: App, name: str, found: Sequence[LedgerArticle], until: float) -> Told:
    from publisher.sources.presence import Asked, Told, ask

    with app.store.read() as conn:
        row, guids = sources.find(conn, name), identity.guids_of(conn, [each.id for each in found])
    asked = [Asked(each.id, each.article.url, guids[each.id]) for each in found]
    try:
        source, location, fetcher = reach(app, app.project.sources[name], row)
        return ask(source, location, fetcher, asked, until)
    except PublisherError as error:  # its password is not set, say
        return Told(error=str(error), is_silent=True)
