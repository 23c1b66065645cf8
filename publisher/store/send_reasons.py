"""Why a send waits for something outside itself, in words that stand beside it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping

from publisher.model.states import SendState
from publisher.store import sends


def lost_channel(send: RowMapping) -> dict[str, Any]:
    """Return the reason that stands beside a send whose channel schedules.yaml no longer has.

    Its schedule may be gone as well: no command of the remedy names it.
    """
    what = f"there is no channel {send['channel']} any more"
    remedy = f"Put it back into schedules.yaml, then `publisher release --channel {send['channel']}`"
    if send["edition_id"] is not None:
        remedy += f"; or give up what is left: `publisher cancel {send['edition_id']}`"
    return {"check": sends.LOST_CHANNEL, "blocks": True, "what": what, "remedy": remedy}


def of_practice(send: RowMapping) -> dict[str, Any]:
    """Return the reason that stands beside a send of an edition that was made in practice, when practice is over.

    One whose audience is frozen keeps its words, so that nothing but giving it up is left.
    """
    give_up = f"`publisher cancel {send['edition_id']}`"
    if send["state"] in (*sends.CLAIMABLE, SendState.PAUSED):
        remedy = f"No reader may get practice's words: {give_up} gives up what is left"
    else:
        remedy = f"`publisher release {send['edition_id']}` makes it anew for readers, {give_up} gives it up"
    return {"check": sends.PRACTICE, "blocks": True, "what": "it was made in practice, which is over", "remedy": remedy}


def in_practice(kind: str = sends.WITHDRAWAL) -> dict[str, Any]:
    """Return the reason that stands beside a withdrawal, or a correction, while the project practises."""
    is_removal = kind == sends.WITHDRAWAL
    what = "real posts are not taken down in practice" if is_removal else "nothing real is corrected in practice"
    remedy = "Take `practice: true` out of schedules.yaml: it goes on by itself"
    return {"check": sends.IN_PRACTICE, "blocks": True, "what": what, "remedy": remedy}
