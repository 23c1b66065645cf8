"""`publisher check`: everything that can be known before a slot comes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from publisher.cli.output import AsJson, ProjectDir, say, say_json
from publisher.model.counting import many

if TYPE_CHECKING:
    from publisher.app import App


def check(project: ProjectDir = Path(), as_json: AsJson = False) -> None:
    """Read the whole project and say what is wrong, and what is still missing for the real thing."""
    from publisher.app import App, checkup, overridden, pushing, segments, templates, tryouts

    app = App.open(project)
    wrong, notes = tryouts.tried_templates(app)
    errors = [*pushing.wrong_tokens(app), *checkup.wrong_channels(app), *templates.unfit(app), *wrong]
    missing = checkup.missing_for_real(app)
    ways = checkup.ways_of_alerts(app)
    idle = [
        *tryouts.idle_templates(app),
        *overridden.changed(app),
        *checkup.notes_of_channels(app),
        *checkup.past_slots(app),
        *checkup.notes_of_papers(app),
        *checkup.public_alerts(app),
        *segments.unmet_attributes(app),
    ]
    noted = [*checkup.stopped_channels(app), *checkup.notes_of_file(app, errors), *notes, *idle]
    notes = [*noted, *([ways] if ways else [])]
    if as_json:
        say_json({"errors": errors, "notes": notes, "missing": missing, "practice": app.is_practice})
    else:
        _show(app, errors, notes, missing)
    if errors or (missing and not app.is_practice):
        raise typer.Exit(1)


def _show(app: App, errors: list[str], notes: list[str], missing: list[str]) -> None:
    for line in errors:
        say(f"error: {line}")
    for line in notes:
        say(f"note: {line}")
    if missing:
        say("Still missing for the real thing:" if app.is_practice else "Missing:")
        for line in missing:
            say(f"  - {line}")
    if errors:
        say(f"{many(len(errors), 'error')}: mend {'it' if len(errors) == 1 else 'them'}, then `publisher check` again")
    else:
        found = app.project
        parts = {"source": found.sources, "channel": found.channels, "schedule": found.schedules}
        counts = ", ".join(f"{len(each)} {noun}{'' if len(each) == 1 else 's'}" for noun, each in parts.items())
        say(f"schedules.yaml is fine: {counts}{' (practice)' if app.is_practice else ''}")
