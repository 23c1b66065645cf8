"""An article that someone hands to us: taken once, the same again under the same id, refused in other words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from publisher.model.article import Article, Reading
from publisher.model.identity import id_alias
from publisher.model.project import Source
from publisher.pipeline import collect, polls
from publisher.store import Connection, Store, articles, identity

Outcome = Literal["taken", "known", "revised", "refused"]
WITHDRAWN = "gone from the source: whoever pushed it has withdrawn it"
UNCHANGED = "the same was sent before"


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of an article."""

    outcome: Outcome
    article_id: int  # for `refused`: of the article that has this id already
    reason: str = ""  # of this outcome, as the ledger has it: new at the source; revision 2: title changed
    notes: tuple[str, ...] = ()  # what was mended in it, or left out


def push(store: Store, source: Source, article: Article, now: datetime, *, revise: bool = False) -> Pushed:
    """Write down an article under the id that its sender gave it (``guid``), in one transaction.

    :param revise: other words under a known id are a new revision; otherwise they are refused.
    """
    with store.write() as conn:
        return push_in(conn, source, article, now, revise=revise)


def push_in(conn: Connection, source: Source, article: Article, now: datetime, *, revise: bool = False) -> Pushed:
    """As `push`, within a transaction of the caller's."""
    seen = collect.Sighting.of(source, Reading((article,), scope="some"))
    articles.lock(conn)
    row = polls.row_of(conn, source)
    if row["baseline_at"] is None:  # nothing was there before us: whatever comes is new
        polls.note_good(conn, row, source, Reading(unchanged=True), now)
    by_id = identity.find_by_aliases(conn, row["id"], seen.marks[0].aliases[:1])
    for article_id in by_id.values():
        old = articles.get(conn, article_id)
        is_same = _is_same(old.article, article)
        if is_same and old.gone_at is None:
            return Pushed("known", article_id, UNCHANGED, old.article.notes)
        if not is_same and not revise:
            return Pushed("refused", article_id)
    collected = collect.record_in(conn, seen, now)
    found = identity.find_by_aliases(conn, row["id"], seen.marks[0].aliases)
    article_id = next(iter(found.values()))
    outcome: Outcome = "revised" if collected.changed else "known" if collected.known else "taken"
    told = articles.history(conn, [article_id])[article_id][-1]
    return Pushed(outcome, article_id, told["reason"] if told["at"] == now else UNCHANGED, article.notes)


def _is_same(old: Article, new: Article) -> bool:
    """Say whether the same was sent: what its pictures' server says meanwhile is not the sender's."""
    return old == articles.as_kept(new) or (bool(new.given) and old.given == new.given)


def withdraw(store: Store, source: Source, key: str, now: datetime) -> int | None:
    """Write down that an article is gone where it was pushed from; return which, None where none has this id."""
    with store.write() as conn:
        articles.lock(conn)
        row = polls.row_of(conn, source)
        by_id = identity.find_by_aliases(conn, row["id"], [id_alias(key)])
        collect.note_gone(conn, dict.fromkeys(by_id.values(), WITHDRAWN), now)
        return next(iter(by_id.values()), None)
