"""`publisher pause` and `publisher resume`: whether a schedule's slots fire."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from publisher.cli.opening import open_app
from publisher.cli.output import ProjectDir, local, say

NOT_PAUSED = "isn't paused"
Which = Annotated[str, typer.Argument(help="A schedule of schedules.yaml.")]


def pause(
    schedule: Which,
    why: Annotated[str, typer.Option(help="What others should know about it.")] = "",
    project: ProjectDir = Path(),
) -> None:
    """Let no slot of a schedule fire until `publisher resume`. Editions that have begun go on."""
    from publisher.app import pauses, versions

    app = open_app(project)
    versions.accepted(app)
    before = pauses.pause(app, app.schedule(schedule), why)
    if before is None:
        say(f"{schedule}: paused. `publisher resume {schedule}` lets it go on")
    else:
        words = f" ({before['reason']})" if before["reason"] else ""
        say(f"{schedule}: was paused already by {before['actor']}, {local(before['paused_at'], app.zone)}{words}")


def resume(
    schedule: Which,
    catch_up: Annotated[
        bool,
        typer.Option("--catch-up", help="Send what came during the pause, instead of dropping it. Also later."),
    ] = False,
    project: ProjectDir = Path(),
) -> None:
    """Let the slots of a schedule fire again. What came during the pause is dropped, unless you catch up on it."""
    from publisher.app import pauses, versions
    from publisher.model.counting import many

    app = open_app(project)
    versions.accepted(app)
    chosen = app.schedule(schedule)
    done = pauses.resume(app, chosen, catch_up=catch_up)
    if done is None:
        back = pauses.take_back(app, chosen) if catch_up else 0
        words = f"candidates again: {many(back, 'article')} dropped when it was resumed" if back else ""
        say(f"{schedule}: {words or NOT_PAUSED}")
        return
    fate = "go out as ever" if catch_up else "dropped"
    came = f"{done.what} came: {fate}" if done.what else "nothing came"
    say(f"{schedule}: goes on. Since {local(done.since, app.zone)} {came}")
    if done.articles and not catch_up:
        say(f"To send those articles after all: publisher resume {schedule} --catch-up")
