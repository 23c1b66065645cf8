"""`publisher run`: scheduler, dispatcher and console in one process, until it is told to stop."""

from __future__ import annotations

import logging
import secrets
import signal
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.output import ProjectDir, say
from publisher.model.counting import many

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.runtime.embedded import Embedded


def run(
    port: Annotated[int, typer.Option(help="Where the console is, on this machine only. 0: any free port.")] = 8025,
    clock_is_right: Annotated[
        bool, typer.Option("--clock-is-right", help="Go on though the clock is far from the ledger's last moment.")
    ] = False,
    project: ProjectDir = Path(),
) -> None:
    """Run the schedules: compose, send, and show the console on this machine. Ctrl-C or SIGTERM ends it cleanly."""
    from publisher.app import App, versions
    from publisher.cli import log_to_stderr
    from publisher.runtime.embedded import Embedded
    from publisher.store import processes

    stop = Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: stop.set())
    log_to_stderr(logging.INFO)
    app = App.open(project, go_on=True)
    for note in app.project.notes:
        say(str(note))
    with ExitStack() as stack:
        stack.enter_context(processes.only_one(app.store, "run", app.clock()))
        app.process_id = stack.enter_context(processes.at_work(app.store, "run", app.clock()))
        if clock_is_right:
            from publisher.app.slots import believe_clock

            believe_clock(app)
        versions.accepted(app)  # before anything is sent: the end of practice holds what practice left
        engine = Embedded(app.sending.duties())
        engine.recover()
        stack.callback(engine.stop)
        if not app.is_practice:
            engine.start()  # at once: whoever waits for a letter need not wait for the console
        _start_console(app, stack, port)
        if app.is_practice:
            engine.start()
        _start_schedules(app, stack, engine)
        app.studio.get_ready(app.project.channels.values())
        stop.wait()
        app.sending.ending.set()  # first of all: nothing more is claimed while the other duties come to their end
        say("ending: nothing more is begun, calls under way are finished")
    app.hearing.keep()
    processes.record_end(app.store, app.process_id, app.clock())
    say(last_words(app))


def last_words(app: App) -> str:
    """Say that it has ended, and what is left to the next one."""
    from publisher.app import standing

    left = sum(send.left for send in standing.open_sends(app.store) if send.state in ("addressed", "sending"))
    words = [f"{many(left, 'delivery', 'deliveries')} not begun yet"] if left else []
    if app.sending.under_way:
        words.append(f"{many(len(app.sending.under_way), 'call')} without an answer so far")
    return f"ended; left to the next `publisher run`: {', '.join(words)}" if words else "ended"


def _start_schedules(app: App, stack: ExitStack, engine: Embedded) -> None:
    """Fire slots, poll sources, and take over the files when they change."""
    from publisher.app.duties import standing_duties
    from publisher.app.reload import FileWatch
    from publisher.app.slots import fire_due
    from publisher.runtime.duty import Duty
    from publisher.runtime.scheduler import Ticker

    def fire() -> None:
        if fire_due(app):
            engine.wake()

    def changed() -> None:
        ticker.plan(app.project)
        engine.wake()

    files = Duty("files", FileWatch(app, changed).look)
    ticker = Ticker(fire=fire, look=lambda: app.watch.look(app.clock()), others=[files])
    ticker.start(app.project)
    stack.callback(ticker.shutdown)
    stack.callback(app.polling.end)
    for duty in standing_duties(app, ticker.is_alive):
        duty.start()
        stack.callback(duty.stop)


def _start_console(app: App, stack: ExitStack, port: int) -> None:
    from publisher.web.inbox import Inbox
    from publisher.web.server import Server, make_app

    server = Server(make_app(app, Inbox(app.folder / "inbox")), port=port)
    server.start()
    stack.callback(server.stop)
    app.inbox = server.url
    say(f"{app.project.publication.name}: {server.url}{_practice_words(app)}")
    _offer_set_up(app, server.url)


def _offer_set_up(app: App, url: str) -> None:
    """Say how the first of the staff comes in, where there is none: whoever sees this line may."""
    from publisher.store import staff

    with app.store.read() as conn:
        is_any = staff.is_any(conn)
    if not is_any:
        app.set_up_code = secrets.token_urlsafe(18)
        say(f"whoever uses this machine may look; to work in the browser, sign in: {url}/set-up/{app.set_up_code}")


def _practice_words(app: App) -> str:
    return " — practice: every mail and post goes to the built-in inbox" if app.is_practice else ""
