"""`publisher hold`, `release`, `cancel` and `resend`: what a person decides about an edition."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.opening import open_operator
from publisher.cli.output import AsJson, ProjectDir, confirm, local, reason_lines, say, say_json, tell
from publisher.errors import UsageError
from publisher.model.counting import many

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.operator import Operator
    from publisher.app.standing import CallNow, SendNow
    from publisher.pipeline.operate.holding import Released

UnderWay = Annotated[
    str, typer.Argument(help="A number, `morning` (the one under way, else its latest) or `morning@2026-11-24`.")
]
HeldOne = Annotated[
    str, typer.Argument(help="A number, `morning` (the one that is held, else its latest) or `morning@2026-11-24`.")
]
Everything = Annotated[bool, typer.Option("--all", help="Everything, and whatever comes.")]
Why = Annotated[str, typer.Option(help="The reason, for those who read it later.")]
Yes = Annotated[bool, typer.Option("--yes", help="Answer the question before it is asked.")]


def hold(
    edition: UnderWay = "",
    everything: Everything = False,
    why: Why = "",
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Hold an edition: no call of it begins any more. Says who got it, and waits a little for calls under way."""

    _one_of(edition, everything, "hold")
    operator = open_operator(project)
    found, still, remedy = _hold_everything(operator, why) if everything else _hold_edition(operator, edition, why)
    _show(found, still, as_json, numbered=everything)
    if not as_json:
        say(remedy)


def _hold_everything(operator: Operator, why: str) -> tuple[list[SendNow], list[CallNow], str]:
    from publisher.app import standing
    from publisher.pipeline.operate import holding

    holding.hold_all(operator.store, actor=operator.actor, why=why, now=operator.clock())
    tell("all sending is held: no call begins any more")
    still = _watch(operator, standing.calls_under_way(operator.store, None))
    return standing.open_sends(operator.store), still, "To go on: publisher release --all"


def _hold_edition(operator: Operator, said: str, why: str) -> tuple[list[SendNow], list[CallNow], str]:
    from publisher.app import standing
    from publisher.app.naming import Meant
    from publisher.pipeline.operate import holding

    edition_id = operator.edition(said, Meant.UNDER_WAY)
    title = _require_open(operator, edition_id, "hold")
    holding.hold_edition(operator.store, edition_id, actor=operator.actor, why=why, now=operator.clock())
    tell(f"{title} is held: no call of it begins any more")
    still = _watch(operator, standing.calls_of(operator.store, edition_id))
    remedy = f"To go on: publisher release {edition_id}; to stop it for good: publisher cancel {edition_id}"
    return standing.sends_of(operator.store, edition_id), still, remedy


def release(
    edition: HeldOne = "",
    everything: Everything = False,
    channel: Annotated[str, typer.Option(help="A channel that was stopped and is mended, or that rests.")] = "",
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Let go on what a person held or what was paused, or a channel. What a check holds is made and checked again."""
    from publisher.app import standing, versions
    from publisher.app.naming import Meant
    from publisher.pipeline.operate import holding

    if channel and (edition or everything):
        raise UsageError("a channel and editions are released one at a time", remedy="publisher release --channel NAME")
    if not channel:
        _one_of(edition, everything, "release")
    operator = open_operator(project)
    versions.notice_end_of_practice(operator.store, operator.project, operator.clock())
    usable = operator.project.channels
    if channel:
        title = f"the channel {_channel_named(operator, channel)}"
        done = _release_channel(operator, channel)
    elif everything:
        title = "all sending"
        done = holding.release_all(operator.store, now=operator.clock(), usable=usable)
    else:
        edition_id = operator.edition(edition, Meant.HELD)
        title = standing.edition_title(operator.store, edition_id, operator.zone)
        done = holding.release_edition(operator.store, edition_id, now=operator.clock(), usable=usable)
        done = _checked_again(operator, edition_id, done)
    tell(f"{title}: {_released_words(done)}")
    _show(standing.these(operator.store, [*done.going_on, *done.kept]), [], as_json, numbered=not edition)
    for line in [] if as_json else _what_next(operator, done):
        say(line)
    if done.kept or not (done.did_something or everything):
        raise typer.Exit(1)


def _release_channel(operator: Operator, channel: str) -> Released:
    """Let a channel go on, and its account, whose rest is all channels' that speak for it; say what is tried then."""
    from publisher.app import channels

    actor, now = operator.actor, operator.clock()
    done, rest = channels.release(operator.store, operator.project, operator.settings, channel, actor=actor, now=now)
    if rest:
        tell(channels.rest_words(channel, rest, operator.zone))
    return done


def _checked_again(operator: Operator, edition_id: int, done: Released) -> Released:
    """Make again what checks hold, with file and templates as they are now; what they pass goes on."""
    from publisher.app import App, standing
    from publisher.store import facts

    held = [send for send in standing.these(operator.store, done.kept) if send.state == "held"]
    with operator.store.read() as conn:
        all_is_held = facts.held(conn) is not None
    if not held or all_is_held:
        return done
    App.open(operator.folder, go_on=True).sending.remake(edition_id)
    kept = tuple(send.id for send in standing.these(operator.store, done.kept) if send.state in standing.FOR_A_PERSON)
    passed = tuple(send_id for send_id in done.kept if send_id not in kept)
    return replace(done, going_on=(*done.going_on, *passed), kept=kept)


def _what_next(operator: Operator, done: Released) -> list[str]:
    """Return what to type about what is still held, and about what goes on while nobody carries it on."""
    from publisher.app import standing
    from publisher.app.status import is_running
    from publisher.store import editions, sends

    with operator.store.read() as conn:
        rows = [sends.get(conn, send_id) for send_id in done.kept]
        found = {row["edition_id"]: editions.get(conn, row["edition_id"]) for row in rows if row["edition_id"]}
    names = {number: edition["schedule"] for number, edition in found.items() if edition}
    known = {number: standing.known(name, operator.project.schedules) for number, name in names.items()}
    steps = [standing.next_step(row, known.get(row["edition_id"])) for row in rows]
    alone = done.going_on and not is_running(operator.store)
    steps += [*_stopped_channels(operator, done), "Nobody runs the schedules: publisher run" if alone else ""]
    return list(dict.fromkeys(filter(None, steps)))


def _stopped_channels(operator: Operator, done: Released) -> list[str]:
    """Return which channels of what goes on are stopped, and what to type: a release of an edition lets none go on."""
    from publisher.store import channels, sends

    with operator.store.read() as conn:
        via = {sends.get(conn, send_id)["channel"] for send_id in done.going_on}
        stopped = [row for row in channels.stopped(conn) if row["name"] in via]
    return [
        f"{row['name']} is stopped: {row['reason']}; when that is mended: publisher release --channel {row['name']}"
        for row in stopped
    ]


def _channel_named(operator: Operator, name: str) -> str:
    from publisher.app.naming import channel_named

    with operator.store.read() as conn:
        return channel_named(conn, name, operator.project.channels)


def _released_words(done: Released) -> str:
    if not done.did_something:
        return "nothing was held"
    if done.kept and not done.going_on:
        return "nothing goes on: something else still holds what is named here"
    return "released, but something else still holds a part of what is named here" if done.kept else "released"


def cancel(
    edition: UnderWay,
    why: Why = "",
    yes: Yes = False,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Stop an edition for good: whoever has not got it never will. What had left had left, and is counted."""
    from publisher.app import standing
    from publisher.app.naming import Meant
    from publisher.pipeline.operate import stopping

    operator = open_operator(project)
    edition_id = operator.edition(edition, Meant.UNDER_WAY)
    title = _require_open(operator, edition_id, "cancel")
    if not yes:
        for send in standing.sends_of(operator.store, edition_id):
            tell(str(send))
        confirm(f"Cancel {title}?", "this can't be taken back")
    reason = f"cancelled by {operator.actor}" + (f": {why}" if why else "")
    stopping.cancel_edition(operator.store, edition_id, reason=reason, now=operator.clock())
    tell(f"{title}: cancelled")
    still = _watch(operator, standing.calls_of(operator.store, edition_id))
    _show(standing.sends_of(operator.store, edition_id), still, as_json)


def resend(
    edition: Annotated[str, typer.Argument(help="A number, `morning` (its latest) or `morning@2026-11-24`.")],
    to: Annotated[str, typer.Option(help="Only to this address.")] = "",
    yes: Yes = False,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Send an edition again to those it failed for, and to nobody else. Whoever left since then gets nothing."""
    from publisher.app import App, standing
    from publisher.cli.send import carry_out, open_for_work
    from publisher.pipeline.operate import again

    app = App.open(project)
    edition_id = app.edition(edition)
    title = standing.edition_title(app.store, edition_id, app.zone)
    recipient_id = _recipient(app, to) if to else None
    if again.is_of_practice(app.store, edition_id):
        raise EndedError("it was made in practice, which is over: no reader may get its words", where=title)
    failed = [send for send in standing.sends_of(app.store, edition_id) if send.failed]
    if not failed:
        tell(f"{title}: nothing failed, so there is nothing to resend")
        return
    if all(send.state == "cancelled" for send in failed):
        raise EndedError("it was cancelled: nothing of it is sent again", where=title)
    if not (app.is_practice or yes):
        for send in failed:
            tell(str(send))
        confirm("Send it again to those it failed for?", "this would go to real people")
    with ExitStack() as stack:
        open_for_work(app, stack, "resend")
        done = again.resend_failed(app.store, edition_id, now=app.clock(), recipient_id=recipient_id)
        tell(f"{title}: {done.count:,} to send again")
        if not done.count:
            raise typer.Exit(1)
        carry_out(app, [edition_id], as_json)


def _recipient(app: App, to: str) -> int:
    from publisher.store import by_hand

    with app.store.read() as conn:
        found = by_hand.recipient_of(conn, app.hash_of(to))
    if found is None:
        raise UsageError(f"nobody with the address {to} was ever written to", remedy="Look: publisher log --to ADDRESS")
    return found


def _one_of(edition: str, everything: bool, verb: str) -> None:
    """Refuse both and neither of EDITION and --all."""
    if bool(edition) == everything:
        what = "EDITION and --all say different things" if everything else "it isn't said which edition"
        raise UsageError(what, remedy=f"publisher {verb} EDITION, or publisher {verb} --all")


def _watch(operator: Operator, calls: Sequence[CallNow]) -> list[CallNow]:
    """Name the calls under way, and wait a little for them; return those that are still at it."""
    from publisher.app import standing

    for call in calls:
        since = local(call.since, operator.zone)
        who = many(call.readers, "reader")
        tell(f"call {call.id} through {call.channel} is under way since {since}: {who}; it ends as it ends")
    return standing.wait_for_calls(operator.store, calls)


def _require_open(operator: Operator, edition_id: int, verb: str) -> str:
    """Return the edition's title; refuse one of which nothing is left."""
    from publisher.app import standing
    from publisher.store import editions

    title = standing.edition_title(operator.store, edition_id, operator.zone)
    with operator.store.read() as conn:
        row = editions.get(conn, edition_id)
    found = standing.sends_of(operator.store, edition_id)
    goes_on = any(send.state in standing.OPEN for send in found)  # a withdrawal, or a correction
    if row is not None and row["state"] not in ("draft", "locked") and not goes_on:
        for send in found:
            tell(str(send))
        words = f"it is {row['state']}: nothing of it is left to {verb}"
        remedy = f"Who got it: publisher log --edition {edition_id} --state sent"
        raise EndedError(words, where=title, remedy=remedy)
    return title


class EndedError(UsageError):
    """The edition has ended; the answer is no."""

    exit_code = 1


def _show(found: Sequence[SendNow], still: Sequence[CallNow], as_json: bool, *, numbered: bool = False) -> None:
    """Print how the sends stand, and the calls that are still under way.

    :param numbered: they may be of several editions, so that each says of which.
    """
    if as_json:
        say_json({"sends": [asdict(send) for send in found], "calls": [asdict(call) for call in still]})
        return
    for send in found:
        edition = f"edition {send.edition_id}, " if send.edition_id else "standing mail, "
        say(f"{edition if numbered else ''}{send}")
        for line in reason_lines(send.channel, send.state, send.blocking):
            say(f"  {line}")
    for call in still:
        say(f"call {call.id} through {call.channel} is still under way: {call.readers:,} of those above")
    for edition_id in dict.fromkeys(send.edition_id for send in found if send.sent):
        say(f"Who got it: publisher log --edition {edition_id} --state sent")
