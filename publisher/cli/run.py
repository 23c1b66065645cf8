"""`publisher run`: scheduler, dispatcher and console in one process, until it is told to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from publisher.cli.output import ProjectDir

Port = Annotated[
    int | None,
    typer.Option(help="Where the console is. 0: any free port.", show_default="8025, or PUBLISHER_CONSOLE"),
]
PublicPort = Annotated[
    int | None,
    typer.Option(
        help="Where readers' and providers' pages are, and no console. 0: any free port.",
        show_default="the console's, or PUBLISHER_PUBLIC",
    ),
]
ClockIsRight = Annotated[
    bool, typer.Option("--clock-is-right", help="Go on though the clock is far from the ledger's last moment.")
]


def run(
    port: Port = None,
    public_port: PublicPort = None,
    clock_is_right: ClockIsRight = False,
    project: ProjectDir = Path(),
) -> None:
    """Run the schedules: compose, send, and show the console on this machine. Ctrl-C or SIGTERM ends it cleanly."""
    from publisher.app import versions
    from publisher.cli.at_work import at_work, engine_of, start_console, start_schedules

    with at_work(project, "run", clock_is_right=clock_is_right) as work:
        app = work.app
        # Before anything is sent: the end of practice holds what practice left.
        decided = versions.propose(app) if app.is_shared else ""
        versions.accepted(app)
        engine = engine_of(work)
        if not app.is_practice:
            engine.start()  # at once: whoever waits for a letter need not wait for the console
        start_console(work, port, public_port)
        if app.is_practice:
            engine.start()
        start_schedules(work, engine.wake, decided)
        app.studio.get_ready(app.project.channels.values())
        work.until_told()
