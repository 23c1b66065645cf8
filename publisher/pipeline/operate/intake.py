"""What a person says of articles before they go out: let these go, never send those."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Literal

from publisher.model.article import LedgerArticle, Standing
from publisher.model.counting import many
from publisher.model.staff import May
from publisher.model.states import EditionState
from publisher.store import Connection, RowMapping, Store, articles, held, staff
from publisher.store.permission import allowed

STILL_TO_COME = (EditionState.DRAFT, EditionState.LOCKED)
Word = Literal["released", "discarded"]


@allowed(May.EDIT)
def decide(
    store: Store,
    word: Word,
    article_ids: Sequence[int],
    *,
    source: str = "",
    as_new: bool = False,
    actor: str,
    why: str,
    now: datetime,
) -> list[int]:
    """Let articles be picked, or never; return for which of them that is new, and for which copies at other sources.

    :param article_ids: which; none: all that are held, of the source or of all sources.
    :param as_new: let go also what was there when its source was first polled; else that is sent to nobody.
    """
    reason = f"{word} by {actor}" + (f": {why}" if why else "")
    carry_out = partial(held.release, as_new=as_new) if word == "released" else held.discard
    with store.write() as conn:
        articles.lock(conn)  # as whoever writes down a reading: a copy that comes meanwhile is judged by this
        done = carry_out(conn, list(article_ids) or held.ids(conn, source), reason, now)
        copies = _copies(conn, word, done, is_named=bool(article_ids))
        for copy, article_id in copies.items():
            carry_out(conn, [copy], f"{reason}; the same story as {article_id}", now)
        if done:
            staff.write_down(conn, actor, _deed(word, done, source, why), about=_about(article_ids, source), now=now)
    return sorted([*done, *copies])


def _deed(word: Word, done: Sequence[int], source: str, why: str) -> str:
    which = f"article {done[0]}" if len(done) == 1 else many(len(done), "article")
    return f"{word} {which}" + (f" of {source}" if source else "") + (f": {why}" if why else "")


def _about(article_ids: Sequence[int], source: str) -> str:
    if len(article_ids) == 1:
        return f"article:{article_ids[0]}"
    return f"source:{source}" if source else ""


def _copies(conn: Connection, word: Word, done: Sequence[int], *, is_named: bool) -> dict[int, int]:
    """Return which copies of articles a decision holds for too: whoever names one means its story.

    What is discarded as too much of its source is no judgement of the stories; what was held with them goes with them.
    """
    if word == "released":
        origins = (Standing.HELD, Standing.DISCARDED) if is_named else (Standing.HELD,)
        return held.copies(conn, done, origins, without_doubt=True)
    return held.copies(conn, done, (Standing.NEW, Standing.HELD)) if is_named else {}


def remarks(store: Store, word: Word, asked: Sequence[int], done: Sequence[int]) -> list[str]:
    """Say what a person should know of a decision: which articles it did nothing to, and which are on their way.

    :param asked: the articles that were named.
    :param done: those for which `decide` brought something new.
    """
    with store.read() as conn:
        found = articles.find(conn, [*asked, *done])
        places = articles.places_of(conn, done) if word == "discarded" else {}
    undone = [_why_not(number, found.get(number), word) for number in asked if number not in done]
    copies = [found[number] for number in done if asked and number not in asked]
    back = [number for number in done if found[number].standing is Standing.BASELINE]
    told = [f"article {each.id} of {each.source} tells the same story, and was {word} too" for each in copies]
    told += [f"article {number} is part of the baseline again: {_to_send_it(number)}" for number in back]
    return undone + told + [line for number, rows in places.items() for line in _where_it_is(number, rows)]


def already_out(store: Store, discarded: Sequence[int]) -> list[str]:
    """Say of discarded articles which editions brought them to readers: that can't be taken back."""
    with store.read() as conn:
        places = articles.places_of(conn, discarded)
    return [
        f"article {number} went out before, in {_edition(row)}"
        for number, rows in places.items()
        for row in rows
        if row["sent"] and row["position"] is not None and row["state"] not in STILL_TO_COME
    ]


def _edition(row: RowMapping) -> str:
    return f"edition {row['edition_id']} of {row['schedule']}"


def _why_not(number: int, article: LedgerArticle | None, word: Word) -> str:
    if article is None:
        return f"there is no article {number}"
    if article.standing is Standing.DISCARDED:
        return f"article {number} was discarded before: {article.reason}"
    if article.standing is Standing.BASELINE:
        return f"article {number} was there when its source was first polled: {_to_send_it(number)}"
    return f"article {number} is neither held nor discarded: there is nothing to release ({article.standing})"


def _to_send_it(number: int) -> str:
    return f"it isn't sent; to send it all the same: publisher articles release {number} --as-new"


def _where_it_is(number: int, places: Sequence[RowMapping]) -> Iterator[str]:
    """Yield in which editions a discarded article stands, and what follows for each."""
    for row in places:
        if row["position"] is None:
            continue
        if row["state"] == EditionState.DRAFT:
            yield f"article {number} is left out of the draft of {row['schedule']} when that is composed anew"
        elif row["state"] == EditionState.LOCKED:
            cancel = f"publisher cancel {row['edition_id']}"
            yield f"article {number} stays in {_edition(row)}, which is on its way: {cancel}"
