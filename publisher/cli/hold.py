"""`publisher hold`, `release`, `cancel` and `resend`: what a person decides about an edition."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.opening import open_operator
from publisher.cli.output import AsJson, ProjectDir, confirm, local, reason_lines, say, say_json, tell
from publisher.errors import EndedError, UsageError
from publisher.model.counting import many

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.calls_now import CallNow
    from publisher.app.operator import Operator
    from publisher.app.standing import SendNow
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
    from publisher.app import calls_now, handling, standing

    handling.hold_all(operator, why)
    tell("all sending is held: no call begins any more")
    still = _watch(operator, calls_now.under_way(operator.store, None))
    return standing.open_sends(operator.store), still, "To go on: publisher release --all"


def _hold_edition(operator: Operator, said: str, why: str) -> tuple[list[SendNow], list[CallNow], str]:
    from publisher.app import calls_now, handling, standing
    from publisher.app.naming import Meant

    edition_id = operator.edition(said, Meant.UNDER_WAY)
    title = _require_open(operator, edition_id, "hold")
    handling.hold(operator, edition_id, why)
    tell(f"{title} is held: no call of it begins any more")
    still = _watch(operator, calls_now.of_edition(operator.store, edition_id))
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
    from publisher.app import handling, standing, versions
    from publisher.app.naming import Meant

    if channel and (edition or everything):
        raise UsageError("a channel and editions are released one at a time", remedy="publisher release --channel NAME")
    if not channel:
        _one_of(edition, everything, "release")
    operator = open_operator(project)
    versions.notice_end_of_practice(operator.store, operator.project, operator.clock())
    if channel:
        title = f"the channel {_channel_named(operator, channel)}"
        done = _release_channel(operator, channel)
    elif everything:
        title = "all sending"
        done = handling.release_all(operator)
    else:
        edition_id = operator.edition(edition, Meant.HELD)
        title = standing.edition_title(operator.store, edition_id, operator.zone)
        done = handling.release(operator, edition_id, lambda number: _made_again(operator, number))
    tell(f"{title}: {handling.released_words(done)}")
    _show(standing.these(operator.store, [*done.going_on, *done.kept]), [], as_json, numbered=not edition)
    for line in [] if as_json else handling.after_release(operator, done):
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


def _made_again(operator: Operator, edition_id: int) -> int:
    """Make the held sends of an edition again; what holds, cancels and looks needs no templates."""
    from publisher.app import App

    return App.open(operator.folder, go_on=True).sending.remake(edition_id)


def _channel_named(operator: Operator, name: str) -> str:
    from publisher.app.naming import channel_named

    with operator.store.read() as conn:
        return channel_named(conn, name, operator.project.channels)


def cancel(
    edition: UnderWay,
    why: Why = "",
    yes: Yes = False,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Stop an edition for good: whoever has not got it never will. What had left had left, and is counted."""
    from publisher.app import calls_now, handling, standing
    from publisher.app.naming import Meant

    operator = open_operator(project)
    edition_id = operator.edition(edition, Meant.UNDER_WAY)
    title = _require_open(operator, edition_id, "cancel")
    if not yes:
        for send in standing.sends_of(operator.store, edition_id):
            tell(str(send))
        confirm(f"Cancel {title}?", "this can't be taken back")
    handling.cancel(operator, edition_id, why)
    tell(f"{title}: cancelled")
    still = _watch(operator, calls_now.of_edition(operator.store, edition_id))
    _show(standing.sends_of(operator.store, edition_id), still, as_json)


def resend(
    edition: Annotated[str, typer.Argument(help="A number, `morning` (its latest) or `morning@2026-11-24`.")],
    to: Annotated[str, typer.Option(help="Only to this address.")] = "",
    yes: Yes = False,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Send an edition again to those it failed for, and to nobody else. Whoever left since then gets nothing."""
    from publisher.app import App, handling, standing
    from publisher.cli.send import carry_out, open_for_work

    app = App.open(project)
    edition_id = app.edition(edition)
    title = standing.edition_title(app.store, edition_id, app.zone)
    recipient_id = _recipient(app, to) if to else None
    failed = handling.failed_of(app, edition_id)
    if not failed:
        tell(f"{title}: nothing failed, so there is nothing to resend")
        return
    if not (app.is_practice or yes):
        for send in failed:
            tell(str(send))
        confirm("Send it again to those it failed for?", "this would go to real people")
    with ExitStack() as stack:
        open_for_work(app, stack, "resend")
        done = handling.resend(app, edition_id, recipient_id)
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
    from publisher.app import calls_now

    for call in calls:
        since = local(call.since, operator.zone)
        who = many(call.readers, "reader")
        tell(f"call {call.id} through {call.channel} is under way since {since}: {who}; it ends as it ends")
    return calls_now.wait_for(operator.store, calls)


def _require_open(operator: Operator, edition_id: int, verb: str) -> str:
    """Return the edition's title; of one of which nothing is left, say how it stands, and refuse it."""
    from publisher.app import handling, standing

    try:
        return handling.require_open(operator, edition_id, verb)
    except EndedError:
        for send in standing.sends_of(operator.store, edition_id):
            tell(str(send))
        raise


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
