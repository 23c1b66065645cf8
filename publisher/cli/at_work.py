"""What the commands that stay at work have in common: `run`, and its parts `scheduler`, `worker` and `web`."""

from __future__ import annotations

import logging
import secrets
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from publisher.cli.output import say
from publisher.errors import UpgradeError, UsageError
from publisher.model.counting import many

if TYPE_CHECKING:
    from collections.abc import Callable

    from publisher.app import App
    from publisher.runtime.duty import Duty
    from publisher.runtime.embedded import Embedded
    from publisher.runtime.notify import Sign

FOLLOW_EACH = 2  # seconds between two looks at which version holds
LOOK_EACH = 2  # seconds between two looks whether the ledger is upgraded
PRACTICE = "practice goes to the inbox of one `publisher run`, which no other machine can reach"


@dataclass(frozen=True, slots=True)
class Work:
    """A process at work.

    :ivar stack: what is ended with it, in the opposite order.
    :ivar signs: how each of its parts shows that it lives.
    :ivar ended_by: why it ends though nobody told it to.
    """

    app: App
    stack: ExitStack
    stop: Event
    signs: list[Sign] = field(default_factory=list)
    ended_by: list[UpgradeError] = field(default_factory=list)

    def until_told(self) -> None:
        """Work until a signal ends it; systemd is told of it, where it wants to know."""
        from publisher.runtime.notify import Notifier

        notifier = Notifier()
        watchdog = notifier.watch(self.signs)
        if watchdog:
            watchdog.start()
        notifier.ready(self.app.project.publication.name)
        self.stop.wait()
        notifier.ending()
        if watchdog:
            watchdog.end()
        self.app.sending.ending.set()  # first of all: nothing more is claimed while the other duties come to their end
        say("ending: nothing more is begun, calls under way are finished")


@contextmanager
def at_work(folder: Path, command: str, *, clock_is_right: bool = False, follows: bool = False) -> Iterator[Work]:
    """Open a project, be seen at work on its ledger, and end cleanly at Ctrl-C or SIGTERM.

    :param follows: it goes by the version that holds, whatever the file beside it says.
    :raises StoreError: another process does the same on a ledger that only one may work on; or the journal of one that
        machines share can't be written.
    """
    from publisher.app import App, tracing
    from publisher.app.ledger import keep_mark
    from publisher.cli import log_to_stderr
    from publisher.config.settings import Settings
    from publisher.store import processes

    stop = Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: stop.set())
    log_to_stderr(logging.INFO, Settings.load(folder))
    app = App.open_following(folder) if follows else App.open(folder, go_on=True)
    for note in app.project.notes:
        say(str(note))
    with ExitStack() as stack:
        stack.enter_context(processes.only_one(app.store, command, app.clock()))
        app.process_id = stack.enter_context(processes.at_work(app.store, command, app.clock()))
        # Last of all, and before the lock goes: whoever upgrades the ledger waits for it, and for nothing after it.
        stack.callback(lambda: processes.record_end(app.store, app.process_id, app.clock()))
        stack.callback(app.hearing.keep)
        if app.is_shared:
            keep_mark(app.store, app.clock)  # before anything is sent or answered: who leaves by it would be forgotten
        stack.callback(tracing.start(app, command))
        if clock_is_right:
            from publisher.app.slots import believe_clock

            believe_clock(app)
        work = Work(app, stack, stop)
        _end_for_upgrades(work)
        yield work
    say(last_words(app, command))
    for why in work.ended_by:
        raise why


def _end_for_upgrades(work: Work) -> None:
    """Note who works here, and end when the ledger is upgraded."""
    import publisher
    from publisher.runtime.duty import Duty
    from publisher.store import facts, processes

    store = work.app.store

    def look() -> None:
        if (why := processes.upgraded(store)) is not None and not work.stop.is_set():
            work.ended_by.append(why)
            work.stop.set()

    with store.write() as conn:
        facts.note_program(conn, publisher.__version__)
    duty = Duty("schema", look, lambda: timedelta(seconds=LOOK_EACH))
    duty.start()
    work.stack.callback(duty.stop)


def last_words(app: App, command: str) -> str:
    """Say that it has ended, and what is left to others: of whoever doesn't send nothing is left."""
    from publisher.app import standing
    from publisher.store import processes

    if command not in processes.SENDING:
        return "ended"
    left = sum(send.left for send in standing.open_sends(app.store) if send.state in ("addressed", "sending"))
    words = [f"{many(left, 'delivery', 'deliveries')} not begun yet"] if left else []
    if app.sending.under_way:
        words.append(f"{many(len(app.sending.under_way), 'call')} without an answer so far")
    return f"ended; left to {heir(app)}: {', '.join(words)}" if words else "ended"


def heir(app: App) -> str:
    """Return in words who carries on what one that ends leaves."""
    return "whoever is at work" if app.is_shared else "the next `publisher run`"


def require_shared(app: App) -> None:
    """Refuse what is one of several parts where there can be but one.

    :raises UsageError: the ledger is a file, or it is practice.
    """
    from publisher.app.core import ALONE

    if not app.settings.database_url:
        raise UsageError(ALONE, remedy="Use `publisher run`; or name a database: DATABASE_URL in .env")
    if app.is_practice:
        raise UsageError(PRACTICE, remedy="Practise with `publisher run`, then set `practice: false`")


def engine_of(work: Work) -> Embedded:
    """Return the engine, whose calls under way are waited for at the end: on PostgreSQL one that others can ring."""
    from publisher.runtime.embedded import Embedded

    url = work.app.settings.database_url
    if url:
        from publisher.runtime.distributed import Distributed
        from publisher.store.address import parse

        address = parse(url).set(drivername="postgresql").render_as_string(hide_password=False)
        engine: Embedded = Distributed(work.app.sending.duties(), address)
    else:
        engine = Embedded(work.app.sending.duties())
    work.app.sending.enqueue = engine.enqueue
    engine.recover()
    work.stack.callback(engine.stop)
    work.signs.append(("worker", engine.is_turning))
    return engine


def start_schedules(work: Work, wake: Callable[[], None], decided: str = "") -> None:
    """Fire slots, poll sources, and take over the files when they change; go by what others took over, where some may.

    :param wake: says that there may be work.
    :param decided: the version of the file that was decided about already.
    """
    from publisher.app.duties import standing_duties
    from publisher.app.reload import FileWatch
    from publisher.app.slots import fire_due
    from publisher.runtime.duty import Duty
    from publisher.runtime.scheduler import Ticker

    app = work.app

    def fire() -> None:
        if fire_due(app):
            wake()

    def changed() -> None:
        ticker.plan(app.project)
        wake()

    files = Duty("files", FileWatch(app, changed, decided).look)
    ticker = Ticker(fire=fire, look=lambda: app.watch.look(app.clock()), others=[files])
    ticker.start(app.project)
    work.stack.callback(ticker.shutdown)
    work.stack.callback(app.polling.end)
    work.signs.append(("scheduler", ticker.is_turning))
    if app.is_shared:
        follow(work, changed)
    for duty in standing_duties(app, ticker.is_alive):
        _begin(work, duty)


def follow(work: Work, changed: Callable[[], object] = lambda: None) -> None:
    """Go by the version that holds from now on, whoever accepts it.

    :param changed: called after another version holds here.
    """
    from publisher.app.following import Follower
    from publisher.runtime.duty import Duty

    _begin(work, Duty("version", Follower(work.app, changed).look, lambda: timedelta(seconds=FOLLOW_EACH)))


def _begin(work: Work, duty: Duty) -> None:
    duty.start()
    work.stack.callback(duty.stop)
    work.signs.append((duty.name, duty.is_turning))


def start_console(work: Work, port: int | None, public_port: int | None) -> None:
    """Show the console, and all that readers and providers ask for.

    :param port: instead of the one that is set, as `public_port` is.
    """
    from publisher.store import processes
    from publisher.web.inbox import Inbox
    from publisher.web.server import Server, make_app

    app = work.app
    serving = app.settings.serving.at(port, public_port)
    server = Server(make_app(app, Inbox(app.folder / "inbox"), serving), serving.console, serving.public)
    server.start()
    work.stack.callback(server.stop)
    work.signs.append(("web", lambda: server.is_listening))
    app.inbox = server.url
    work.stack.enter_context(processes.showing(app.store, app.process_id, server.url))
    say(f"{app.project.publication.name}: {serving.console_url or server.url}{_practice_words(app)}")
    if serving.public:
        say(f"readers and providers: {server.public_url}")
    _offer_set_up(app, serving.console_url or server.url)


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
