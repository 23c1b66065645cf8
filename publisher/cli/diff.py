"""`publisher diff`: what the edited file changes in the next 7 days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from publisher.cli.output import AsJson, ProjectDir, say, say_json

if TYPE_CHECKING:
    from publisher.app.diff import Change, LostDraft
    from publisher.runtime.slots import Slot

SHOWN = 5  # slots that are listed; the others are counted


def diff(
    file: Annotated[Path | None, typer.Argument(help="The edited file, where it isn't the project's own.")] = None,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Show what an edited schedules.yaml changes: of the paper, its sources and the next 7 days. Writes nothing."""
    from publisher.app import App
    from publisher.app.diff import held_by, of_app, paper_changes, source_changes
    from publisher.config.reading import read_text
    from publisher.config.schedules import parse_project

    app = App.open(project)
    after = parse_project(read_text(file), file.name) if file else app.project
    held, found = held_by(app), of_app(app, after)
    paper, sources = paper_changes(held, after), source_changes(held, after)
    if as_json:
        say_json([*map(asdict, paper), *map(asdict, sources), *map(_plain, found)])
        return
    for each in paper:
        say(f"! {each.line}" if each.is_practice else each.line)
    for source in sources:
        say(f"source {source.source}: {source.kind}")
        for line in source.lines:
            say(f"  {line}")
    for change in found:
        _show(change, ZoneInfo(after.publication.timezone))
    if not found:
        say("no schedule changes in the next 7 days" if sources or paper else "nothing changes in the next 7 days")


def _show(change: Change, zone: ZoneInfo) -> None:
    say(f"{change.schedule}: {change.kind}{f' (was {change.was})' if change.was else ''}")
    for line in change.lines:
        say(f"  {line}")
    for draft in change.drafts:
        say(f"  its draft, edition {draft.edition_id} ({_local(draft, zone)}), will be cancelled for good")
    _show_slots("+", [_local(slot, zone) for slot in change.slots_added])
    _show_slots("-", [_local(slot, zone) for slot in change.slots_removed])
    moves = [f"{_local(old, zone)} → {_local(new, zone)[-5:]}" for old, new in change.slots_moved]
    _show_slots("→", moves)


def _show_slots(sign: str, lines: Sequence[str]) -> None:
    for line in lines[:SHOWN]:
        say(f"  {sign} {line}")
    if len(lines) > SHOWN:
        say(f"  {sign} and {len(lines) - SHOWN:,} more")


def _local(slot: Slot | LostDraft, zone: ZoneInfo) -> str:
    return f"{slot.due_at.astimezone(zone):%a %Y-%m-%d %H:%M}"


def _plain(change: Change) -> dict[str, Any]:
    def slots(found: Sequence[Slot]) -> list[dict[str, Any]]:
        return [{"slot": slot.key, "due_at": slot.due_at} for slot in found]

    return {
        "schedule": change.schedule,
        "kind": change.kind,
        "was": change.was,
        "changes": list(change.lines),
        "slots_added": slots(change.slots_added),
        "slots_removed": slots(change.slots_removed),
        "drafts_cancelled": [draft.edition_id for draft in change.drafts],
        "slots_moved": [{"from": slots([old])[0], "to": slots([new])[0]} for old, new in change.slots_moved],
    }
