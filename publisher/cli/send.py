"""`publisher send`: one slot of a schedule now, to its end."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.at_work import heir
from publisher.cli.books import report
from publisher.cli.output import AsJson, ProjectDir, confirm, say, say_json, tell
from publisher.errors import PublisherError, UsageError

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.ends import End
    from publisher.app.plan import Plan
    from publisher.model.project import Schedule

    Foreseen = tuple[Plan, Sequence[End | None]]  # and when each of its messages would end


MAKING = 3  # tries to make an edition, half a second apart
NOW = "now, by hand"  # when it would go
REAL = "this would go to real people"


def send(
    schedule: Annotated[str, typer.Argument(help="A schedule, or its edition in a language: morning/pt.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would go out, and to how many.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Answer the question before a real send.")] = False,
    finish: Annotated[bool, typer.Option("--finish", help="Finish this schedule's unfinished editions first.")] = False,
    skip: Annotated[bool, typer.Option("--skip", help="Cancel what is left of its unfinished editions.")] = False,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Send one slot of a schedule now, to its end. Articles that went out before don't go out again."""
    from publisher.app import App, pauses
    from publisher.cli import plan

    if finish and skip:
        raise UsageError("--finish and --skip say opposite things", remedy="Give one of them")
    app = App.open(project)
    chosen = app.schedule_or_edition(schedule)
    if not finish:
        _tell_of_draft(app, chosen)
    if dry_run:
        foreseen = _foresee(app, chosen)
        if as_json:
            found = [plan.plain(each, ends) for each, ends in foreseen]
            say_json(found if len(found) > 1 else found[0])
        else:
            _show(app, foreseen)
        if any(each.is_held for each, _ in foreseen):
            raise typer.Exit(1)
        return
    with ExitStack() as stack:
        open_for_work(app, stack, "send")
        chosen = app.schedule_or_edition(schedule)  # as the version has it that holds, which the file need not be
        if finish and not (app.is_practice or yes):
            _ask_finish(app, chosen)
        unfinished = _decide_unfinished(app, chosen, finish=finish, skip=skip)
        if unfinished and finish:
            carry_out(app, unfinished, as_json)
            return
        pauses.refuse_paused(app, chosen)
        if not (app.is_practice or yes):
            _ask(app, chosen)
        edition_ids = _compose(app, chosen)
        if edition_ids:
            carry_out(app, edition_ids, as_json)
        elif as_json:
            say_json([])


def _compose(app: App, schedule: Schedule) -> tuple[int, ...]:
    """Make the edition of now, or one for each new article where the schedule says so; say why there is none."""
    from publisher.app import firing

    made = firing.fire(app, schedule)
    for line in made.why_not:
        tell(line)
    return made.edition_ids


def open_for_work(app: App, stack: ExitStack, command: str) -> None:
    """Register this process, accept the file, take over what dead ones left; open the inbox if this is practice."""
    from publisher.app import versions
    from publisher.store import processes
    from publisher.web.inbox import Inbox
    from publisher.web.server import Server, make_app

    _end_at_sigterm(stack)
    app.process_id = stack.enter_context(processes.at_work(app.store, command, app.clock()))
    versions.accepted(app)
    app.sending.take_over()
    if app.is_practice and not app.inbox:
        server = Server(make_app(app, Inbox(app.folder / "inbox")))
        server.start()
        stack.callback(server.stop)
        app.inbox = server.url


def _end_at_sigterm(stack: ExitStack) -> None:
    """Let SIGTERM end this command as Ctrl-C does: calls under way are finished, and nothing more is begun."""
    if threading.current_thread() is not threading.main_thread():
        return

    def end(*_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a second one must not end the calls under way
        raise KeyboardInterrupt

    stack.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, end))


def _decide_unfinished(app: App, schedule: Schedule, *, finish: bool, skip: bool) -> list[int]:
    """Return the schedule's unfinished editions, once someone has said what becomes of them."""
    from publisher.app import firing, standing
    from publisher.pipeline.operate import holding, stopping
    from publisher.store.staff import Line

    found = firing.begun(app, schedule)
    if found and skip:
        for edition_id, _ in found:
            title, now = standing.edition_title(app.store, edition_id, app.zone), app.clock()
            line = Line(app.actor, f"cancelled {title}", now, f"edition:{edition_id}")
            stopping.cancel_edition(app.store, edition_id, reason=f"skipped by {app.actor}", now=now, line=line)
            tell(f"{title}: cancelled")
            for send in standing.sends_of(app.store, edition_id):
                tell(f"  {send}")
        return []
    if found and finish:
        for edition_id, _ in found:
            app.sending.remake(edition_id)
            title, now = standing.edition_title(app.store, edition_id, app.zone), app.clock()
            line = Line(app.actor, f"released {title}", now, f"edition:{edition_id}")
            holding.release_edition(
                app.store, edition_id, now=now, usable=app.project.channels, try_channels=True, line=line
            )
    if not finish:
        firing.refuse_begun(app, schedule, found)
    return [edition_id for edition_id, _ in found]


def _ask_finish(app: App, schedule: Schedule) -> None:
    """Say whom finishing would still reach, and ask once."""
    from publisher.app import standing
    from publisher.store import sends

    with app.store.read() as conn:
        found = [send for row in standing.unfinished(conn, schedule) for send in sends.of_edition(conn, row["id"])]
    for send in found:
        say(f"edition {send['edition_id']}, {send['channel']}: {send['state']}, {send['pending']:,} not reached yet")
    confirm("Finish it now?", REAL)


def _tell_of_draft(app: App, schedule: Schedule) -> None:
    """Say that what people wrote on their desk is not in what is sent by hand: their edition goes at its slot."""
    from publisher.app import standing
    from publisher.model.desk import Changes
    from publisher.store import edition_lists

    labels = {each.languages.only for each in schedule.by_language}
    with app.store.read() as conn:
        drafts = [row for row in edition_lists.drafts(conn, schedule.name) if Changes.of(row["changes"]).hold]
    for row in drafts:
        if schedule.languages.every and row["language"] not in labels:
            continue
        title = standing.title(row["id"], row["schedule"], row["slot"], app.zone)
        tell(
            f"{title} is on the desk: this is an edition beside it, without its words, its order and what was added. "
            "What was dropped from it stays out"
        )


def _ask(app: App, schedule: Schedule) -> None:
    """Show what would go out and to whom, and ask once."""
    _show(app, _foresee(app, schedule))
    confirm("Send it now?", REAL)


def _show(app: App, foreseen: Sequence[Foreseen]) -> None:
    from publisher.cli import plan

    for each, ends in foreseen:
        plan.show(each, app, ends, NOW)


def _foresee(app: App, schedule: Schedule) -> list[Foreseen]:
    """Return what would go if it were sent now, whenever the next slot is, by language where there are several."""
    from publisher.app.composing import manual_slot
    from publisher.app.ends import ends_of
    from publisher.app.looking import look
    from publisher.app.plan import plan_slot

    slot, looked = manual_slot(app), look(app, [schedule])
    plans = [plan_slot(app, each, looked=looked, slot=slot) for each in schedule.by_language]
    return list(zip(plans, ends_of(app, plans), strict=True))


def carry_out(app: App, edition_ids: Sequence[int], as_json: bool) -> None:
    """Send these editions to their end, or until a person is needed; exit 1 if one is."""
    from publisher.runtime.embedded import drain

    _make(app, edition_ids)
    told = set[str]()
    drain(
        app.sending.duties(),
        lambda: app.sending.is_over(edition_ids),
        lambda: say_what_waits(app, edition_ids, told),
    )
    if not report(app, edition_ids, as_json):
        raise typer.Exit(1)


def say_what_waits(app: App, edition_ids: Sequence[int], told: set[str]) -> bool:
    """Say until when sends of these editions wait, and for what; say whether any does.

    :param told: what was said before: it isn't repeated, unless its moment has moved.
    """
    from publisher.app.accounts import resting
    from publisher.app.waits import waits
    from publisher.store import sends

    with app.store.read() as conn:
        rows = [send for edition_id in edition_ids for send in sends.of_edition(conn, edition_id)]
        now = app.store.now()
        rests = resting(conn, app.project, app.settings, now)
        removals = resting(conn, app.project, app.settings, now, is_removal=True)
        found = waits(conn, app.project, now, rows, rests, removals)
    lines = dict.fromkeys(f"{wait.channel} {wait.words(app.zone)}" for wait in found)
    for line in lines:
        if line not in told:
            tell(f"{line} (Ctrl-C leaves it to {heir(app)})")
    told.update(lines)
    return bool(found)


def _make(app: App, edition_ids: Sequence[int]) -> None:
    """Make what is to be sent; end where that fails again and again, since nothing of it would ever be sent.

    :raises PublisherError: an edition can't be made.
    """
    from publisher.app import standing
    from publisher.store import edition_lists

    for turn in range(MAKING):
        time.sleep(0.5 if turn else 0.0)
        app.sending.advance()
        with app.store.read() as conn:
            unmade = [number for number in edition_lists.locked_without_sends(conn) if number in edition_ids]
        if not unmade:
            return
    raise PublisherError(
        "its messages can't be made, and why stands above",
        where=standing.edition_title(app.store, unmade[0], app.zone),
        remedy="Mend that, then `publisher send SCHEDULE --finish`; or `--skip` cancels it",
    )
