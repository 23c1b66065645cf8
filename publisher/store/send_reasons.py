"""Why a send is stopped or waits: the names of the reasons, and their words, which stand beside it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping

from publisher.model.states import CLAIMABLE, SendState

BOOKS = "books"  # the reason of a send whose counters and rows disagree
CHANNEL = "channel"  # of one whose channel can't be used as it is
LOST_CHANNEL = "lost-channel"  # of one that is paused because its channel is gone from schedules.yaml
PRACTICE = "practice"  # of one that was made in practice, which is over
IN_PRACTICE = "in practice"  # of a withdrawal or correction of what is real, which waits until practice is over
UNRELEASED = (LOST_CHANNEL, PRACTICE, IN_PRACTICE)  # what no release takes back


def out_of_balance(wrong: str) -> dict[str, Any]:
    """Return the reason that stands beside a send whose books and rows disagree."""
    remedy = "Keep the database and the log, and look with `publisher verify`"
    return {"check": BOOKS, "blocks": True, "what": f"the books don't balance: {wrong}", "remedy": remedy}


def lost_channel(send: RowMapping) -> dict[str, Any]:
    """Return the reason that stands beside a send whose channel schedules.yaml no longer has.

    Its schedule may be gone as well: no command of the remedy names it.
    """
    what = f"there is no channel {send['channel']} any more"
    remedy = f"Put it back into schedules.yaml, then `publisher release --channel {send['channel']}`"
    if send["edition_id"] is not None:
        remedy += f"; or give up what is left: `publisher cancel {send['edition_id']}`"
    return {"check": LOST_CHANNEL, "blocks": True, "what": what, "remedy": remedy}


def of_practice(send: RowMapping) -> dict[str, Any]:
    """Return the reason that stands beside a send of an edition that was made in practice, when practice is over.

    One whose audience is frozen keeps its words, so that nothing but giving it up is left.
    """
    give_up = f"`publisher cancel {send['edition_id']}`"
    if send["state"] in (*CLAIMABLE, SendState.PAUSED):
        remedy = f"No reader may get practice's words: {give_up} gives up what is left"
    else:
        remedy = f"`publisher release {send['edition_id']}` makes it anew for readers, {give_up} gives it up"
    return {"check": PRACTICE, "blocks": True, "what": "it was made in practice, which is over", "remedy": remedy}


def in_practice(*, is_removal: bool) -> dict[str, Any]:
    """Return the reason that stands beside a withdrawal, or a correction, while the project practises."""
    what = "real posts are not taken down in practice" if is_removal else "nothing real is corrected in practice"
    remedy = "Take `practice: true` out of schedules.yaml: it goes on by itself"
    return {"check": IN_PRACTICE, "blocks": True, "what": what, "remedy": remedy}
