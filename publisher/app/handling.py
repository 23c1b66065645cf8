"""What people do to an edition that is under way: hold it, let it go on, stop it for good, send it again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from publisher.app import naming, standing
from publisher.app.at_work import at_work, missing
from publisher.errors import EndedError
from publisher.model.staff import May
from publisher.pipeline.operate import again, doubt, holding, stopping
from publisher.pipeline.operate.again import Again
from publisher.pipeline.operate.doubt import Decided, Word
from publisher.pipeline.operate.holding import Released
from publisher.store import channels, editions, facts, sends
from publisher.store.by_hand import Doubtful
from publisher.store.permission import allowed
from publisher.store.staff import Line

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.app.core import App
    from publisher.app.operator import Operator

    Here = App | Operator

SENDING = "sending"  # what is done to all of it, in the audit


@allowed(May.EDIT)
def hold(here: Here, edition_id: int, why: str = "") -> str:
    """Hold an edition: no call of it begins any more; return its title.

    :raises EndedError: nothing of it is left to hold.
    """
    title = require_open(here, edition_id, "hold")
    line = _line(here, f"edition:{edition_id}", _because(f"held {title}", why))
    holding.hold_edition(here.store, edition_id, actor=here.actor, why=why, now=line.at, line=line)
    return title


@allowed(May.OPERATE)
def hold_all(here: Here, why: str = "") -> None:
    """Hold all sending: no call begins any more."""
    line = _line(here, SENDING, _because("held all sending", why))
    holding.hold_all(here.store, actor=here.actor, why=why, now=line.at, line=line)


@allowed(May.OPERATE)
def release_all(here: Here) -> Released:
    """Let all sending go on that was held at once."""
    line = _line(here, SENDING, "let all sending go on")
    return holding.release_all(here.store, now=line.at, usable=here.project.channels, line=line)


@allowed(May.APPROVE)
def release(here: Here, edition_id: int, remake: Callable[[int], int]) -> Released:
    """Let an edition go on; what checks hold of it is made again, with the file and templates that hold now.

    :param remake: makes the held sends of an edition again.
    """
    title = standing.edition_title(here.store, edition_id, here.zone)
    line = _line(here, f"edition:{edition_id}", f"released {title}")
    done = holding.release_edition(here.store, edition_id, now=line.at, usable=here.project.channels, line=line)
    held = [send for send in standing.these(here.store, done.kept) if send.state == "held"]
    with here.store.read() as conn:
        all_is_held = facts.held(conn) is not None
    if not held or all_is_held:
        return done
    remake(edition_id)
    kept = tuple(send.id for send in standing.these(here.store, done.kept) if send.state in standing.FOR_A_PERSON)
    passed = tuple(send_id for send_id in done.kept if send_id not in kept)
    return replace(done, going_on=(*done.going_on, *passed), kept=kept)


@allowed(May.OPERATE)
def cancel(here: Here, edition_id: int, why: str = "") -> int:
    """Stop an edition for good; return how many deliveries were stopped. What had left had left, and is counted.

    :raises EndedError: nothing of it is left to stop.
    """
    title = require_open(here, edition_id, "cancel")
    reason = _because(f"cancelled by {here.actor}", why)
    line = _line(here, f"edition:{edition_id}", _because(f"cancelled {title}", why))
    return stopping.cancel_edition(here.store, edition_id, reason=reason, now=line.at, line=line)


@allowed(May.OPERATE)
def resend(here: Here, edition_id: int, recipient_id: int | None = None) -> Again:
    """Send an edition again to those it failed for, and to nobody else.

    :param recipient_id: only to this one.
    """
    title = standing.edition_title(here.store, edition_id, here.zone)
    line = _line(here, f"edition:{edition_id}", lambda count: f"sent {title} again to {count:,} whom it failed for")
    return again.resend_failed(here.store, edition_id, now=line.at, recipient_id=recipient_id, line=line)


@allowed(May.OPERATE)
def settle(here: Here, wanted: Doubtful, word: Word, why: str = "") -> Decided:
    """Carry out a person's word on deliveries that may or may not have arrived."""
    about = f"edition:{wanted.edition_id}" if wanted.edition_id else SENDING
    said = _because(doubt.SAID[word], why)
    line = _line(here, about, lambda count: f"of what was in doubt {count:,} {said}")
    return doubt.settle(here.store, wanted, word, actor=here.actor, why=why, now=line.at, line=line)


def _because(what: str, why: str) -> str:
    return f"{what}: {why}" if why else what


def _line(here: Here, about: str, what: str | Callable[[int], str]) -> Line:
    """Return who does what: the next release, or answer, says no more who it was."""
    return Line(here.actor, what, here.clock(), about)


def failed_of(here: Here, edition_id: int) -> list[standing.SendNow]:
    """Return the sends of an edition that failed for somebody, and may be sent to them again; none: nothing failed.

    :raises EndedError: nothing of it is sent again, because it was cancelled, or was made in practice.
    """
    title = standing.edition_title(here.store, edition_id, here.zone)
    if again.is_of_practice(here.store, edition_id):
        raise EndedError("it was made in practice, which is over: no reader may get its words", where=title)
    failed = [send for send in standing.sends_of(here.store, edition_id) if send.failed]
    if failed and all(send.state == "cancelled" for send in failed):
        raise EndedError("it was cancelled: nothing of it is sent again", where=title)
    kept = again.still_kept(here.store, edition_id)
    if failed and not kept:
        what = "whom it failed for is not kept any more (`retention: deliveries:`)"
        raise EndedError(what, where=title, remedy="Nothing of it can be sent again; its totals stand in the books")
    return [send for send in failed if send.id in kept]


def require_open(here: Here, edition_id: int, verb: str) -> str:
    """Return an edition's title; refuse one of which nothing is left.

    :raises EndedError: it has ended.
    """
    title = standing.edition_title(here.store, edition_id, here.zone)
    with here.store.read() as conn:
        row = naming.require_edition(conn, edition_id)
    if row["state"] not in ("draft", "locked") and not goes_on(here, edition_id):
        words = f"it is {row['state']}: nothing of it is left to {verb}"
        remedy = f"Who got it: publisher log --edition {edition_id} --state sent"
        raise EndedError(words, where=title, remedy=remedy)
    return title


def goes_on(here: Here, edition_id: int) -> bool:
    """Say whether a send of it has not ended: of one that is closed a withdrawal, or a correction."""
    return any(send.state in standing.OPEN for send in standing.sends_of(here.store, edition_id))


def released_words(done: Released) -> str:
    """Return what a release did."""
    if not done.did_something:
        return "nothing was held"
    if done.kept and not done.going_on:
        return "nothing goes on: something else still holds what is named here"
    return "released, but something else still holds a part of what is named here" if done.kept else "released"


def after_release(here: Here, done: Released) -> list[str]:
    """Return what to type about what is still held, and about what goes on while nobody carries it on."""
    with here.store.read() as conn:
        rows = [sends.get(conn, send_id) for send_id in done.kept]
        found = {row["edition_id"]: editions.get(conn, row["edition_id"]) for row in rows if row["edition_id"]}
    names = {number: edition["schedule"] for number, edition in found.items() if edition}
    known = {number: standing.known(name, here.project.schedules) for number, name in names.items()}
    steps = [standing.next_step(row, known.get(row["edition_id"])) for row in rows]
    alone = missing(at_work(here.store)) if done.going_on else None
    steps += [*_stopped_channels(here, done), str(alone or "")]
    return list(dict.fromkeys(filter(None, steps)))


def _stopped_channels(here: Here, done: Released) -> list[str]:
    """Return which channels of what goes on are stopped, and what to type: a release of an edition lets none go on."""
    with here.store.read() as conn:
        via = {sends.get(conn, send_id)["channel"] for send_id in done.going_on}
        stopped = [row for row in channels.stopped(conn) if row["name"] in via]
    return [
        f"{row['name']} is stopped: {row['reason']}; when that is mended: publisher release --channel {row['name']}"
        for row in stopped
    ]
