"""What became of articles, in words: for `publisher articles --why` and the console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from publisher.model.article import LedgerArticle
from publisher.store import Connection, RowMapping, articles


@dataclass(frozen=True, slots=True)
class Provenance:
    """An article with its history, and with its place in every edition that considered it."""

    article: LedgerArticle
    history: Sequence[RowMapping]
    places: Sequence[RowMapping]


def provenance_of(conn: Connection, found: Sequence[LedgerArticle]) -> list[Provenance]:
    """Return all that is known of what became of these articles."""
    ids = [each.id for each in found]
    history, places = articles.history(conn, ids), articles.places_of(conn, ids)
    return [Provenance(each, history[each.id], places[each.id]) for each in found]


def place_words(row: RowMapping) -> str:
    """Say what an edition made of an article."""
    if row["position"] is None:
        word = "named as changed" if row["as_update"] == "note" else "left out"
        return f"{word}: {row['reason']}"
    how = f"revision {row['revision']}, sent to {row['sent']:,}" if row["sent"] else f"{row['state']}, not sent"
    practice = ", in practice" if row["practice"] else ""
    return f"number {row['position']} ({how}{practice}): {row['reason']}"
