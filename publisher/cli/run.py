"""`publisher run`: scheduler, dispatcher and console in one process, until it is told to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from publisher.cli.output import ProjectDir

Port = Annotated[int, typer.Option(help="Where the console is, on this machine only. 0: any free port.")]
ClockIsRight = Annotated[
    bool, typer.Option("--clock-is-right", help="Go on though the clock is far from the ledger's last moment.")
]


def run(port: Port = 8025, clock_is_right: ClockIsRight = False, project: ProjectDir = Path()) -> None:
    """Run the schedules: compose, send, and show the console on this machine. Ctrl-C or SIGTERM ends it cleanly."""
    from publisher.app import versions
    from publisher.cli.at_work import at_work, engine_of, start_console, start_schedules

    with at_work(project, "run", clock_is_right=clock_is_right) as work:
        app = work.app
        versions.accepted(app)  # before anything is sent: the end of practice holds what practice left
        engine = engine_of(work)
        if not app.is_practice:
            engine.start()  # at once: whoever waits for a letter need not wait for the console
        start_console(work, port)
        if app.is_practice:
            engine.start()
        start_schedules(work, engine.wake)
        app.studio.get_ready(app.project.channels.values())
        work.until_told()
