"""`publisher scheduler`, `worker` and `web`: the parts of `publisher run`, any number of each on any machines.

They share a ledger on PostgreSQL. Schedulers propose the file that lies beside them; all go by the version that holds.
"""

from __future__ import annotations

from pathlib import Path

from publisher.cli.output import ProjectDir, say
from publisher.cli.run import ClockIsRight, Port, PublicPort


def scheduler(clock_is_right: ClockIsRight = False, project: ProjectDir = Path()) -> None:
    """Fire the slots, poll the sources, and take over schedules.yaml and templates that change; workers do the rest."""
    from publisher.app.versions import propose
    from publisher.cli.at_work import at_work, require_shared, start_schedules

    with at_work(project, "scheduler", clock_is_right=clock_is_right) as work:
        require_shared(work.app)
        decided = propose(work.app)
        start_schedules(work, lambda: None, decided)
        say(f"{work.app.project.publication.name}: slots are fired from here")
        work.until_told()


def worker(project: ProjectDir = Path()) -> None:
    """Make what is due and send it, beside any number of others; Ctrl-C or SIGTERM finishes the calls under way."""
    from publisher.cli.at_work import at_work, engine_of, follow, require_shared

    with at_work(project, "worker", follows=True) as work:
        require_shared(work.app)
        follow(work)
        engine_of(work).start()
        channels = ", ".join(work.app.project.channels) or "no channel yet"
        say(f"{work.app.project.publication.name}: works for {channels}")
        work.app.studio.get_ready(work.app.project.channels.values())
        work.until_told()


def web(port: Port = None, public_port: PublicPort = None, project: ProjectDir = Path()) -> None:
    """Show the console, and the pages of readers and providers, on this machine; behind a proxy, on any number."""
    from publisher.cli.at_work import at_work, follow, require_shared, start_console

    with at_work(project, "web", follows=True) as work:
        require_shared(work.app)
        follow(work)
        start_console(work, port, public_port)
        work.until_told()
