"""What a person says of articles that were held at intake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from publisher.store import Store, held

Word = Literal["released", "discarded"]


def decide(
    store: Store, word: Word, article_ids: Sequence[int], *, source: str = "", actor: str, why: str, now: datetime
) -> list[int]:
    """Let held articles be picked, or never; return which of them were held until now.

    :param article_ids: which; none: all of the source, or of all sources.
    """
    reason = f"{word} by {actor}" + (f": {why}" if why else "")
    carry_out = held.release if word == "released" else held.discard
    with store.write() as conn:
        return carry_out(conn, list(article_ids) or held.ids(conn, source), reason, now)
