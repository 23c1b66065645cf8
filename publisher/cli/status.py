"""`publisher status`: how things stand, and whether a person is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from publisher.cli.output import AsJson, ProjectDir, local, reason_lines, say, say_json

if TYPE_CHECKING:
    from publisher.app.standing import SendNow
    from publisher.app.status import Status


def status(project: ProjectDir = Path(), as_json: AsJson = False) -> None:
    """Show who is at work, what comes next, what is under way and what is wrong. Exit 1 if a person is needed."""
    from publisher.app.operator import Operator
    from publisher.app.status import status_of

    operator = Operator.open(project)
    found = status_of(operator.store, operator.project, operator.clock(), operator.trouble, operator.settings)
    if as_json:
        say_json({"needs_a_person": found.needs_a_person, **asdict(found)})
    else:
        for line in lines(found, operator.zone):
            say(line)
    if found.needs_a_person:
        raise typer.Exit(1)


def lines(found: Status, zone: Any) -> Iterator[str]:
    """Yield the status for people: what needs someone first."""
    yield found.headline
    if found.practice:
        yield "Practice: every mail and post goes to the built-in inbox, and nothing to readers"
    yield from _wrong(found, zone)
    yield from _at_work(found, zone)
    yield from _coming(found, zone)
    yield f"File: {_file_words(found, zone)}"


def _wrong(found: Status, zone: Any) -> Iterator[str]:
    from publisher.app.standing import title
    from publisher.model.counting import many

    if found.held:
        why = f": {found.held.why}" if found.held.why else ""
        yield f"! all sending is held by {found.held.actor} since {local(found.held.since, zone)}{why}"
        yield "    publisher release --all"
    for wrong in found.wrong:
        since = "" if wrong.is_found else f" (since {local(wrong.since, zone)})"
        yield f"! {wrong.trouble.what}{since}"
        yield f"    affected: {wrong.trouble.affected}"
        yield f"    {wrong.trouble.command}"
        yield from (f"    {to} can't be told of this: {why}" for to, why in wrong.not_told.items())
    if found.untold:
        yield f"Nobody has been told of {many(found.untold, 'alert')} yet: see `alerts:` in schedules.yaml"
    for waiting in found.waiting:
        yield f"Waiting: {title(waiting.send.edition_id, waiting.schedule, waiting.slot, zone)}, {waiting.send}"
        send = waiting.send
        yield from (f"    {line}" for line in reason_lines(send.channel, send.state, send.blocking))
        yield f"    {waiting.command}"
    for early in found.held_early:
        yield f"Waiting: {title(early.id, early.schedule, early.slot, zone)}, {early.state}: {early}"
        yield f"    {early.command}"
    if found.unknown:
        yield f"{found.unknown:,} may or may not have arrived: publisher unknown list"


def _at_work(found: Status, zone: Any) -> Iterator[str]:
    for process in found.processes:
        who = f"publisher {process.command}, process {process.pid} on {process.host}"
        yield f"At work: {who} since {_at(process.since, zone)}"
    waits = " (editions wait, and nobody sends them)" if found.is_left_alone else ""
    if found.missing:
        yield f"{found.missing.what}{waits}: {found.missing.command}"
    later = {wait.send_id: wait.words(zone) for wait in found.waits}
    for send in found.under_way:
        yield f"Under way: edition {send.edition_id}, {_how_it_goes(send, later.get(send.id, ''))}"
    for row in found.channels:
        yield f"Channel {row['name']}: {_channel_words(row, zone)}"
    for channel in found.warming:
        yield f"Channel {channel.channel} {channel}"


def _how_it_goes(send: SendNow, waits: str) -> str:
    """Return how a send stands: one that waits is not called sending, unless some of it is being said just now."""
    if waits and send.under_way:
        return f"{send}; the rest {waits}"
    return str(replace(send, state=waits) if waits else send)


def _channel_words(row: dict[str, Any], zone: Any) -> str:
    from publisher.model.counting import many

    if row["paused_at"]:
        return f"stopped since {_at(row['paused_at'], zone)}: {row['reason']}"
    said = [f"{many(row['failures'], 'call')} in a row reached nobody"] if row["failures"] else []
    said += [f"rests until {_at(row['open_until'], zone)}"] if row["open_until"] else []
    return f"{', '.join(said)}: {row['reason']}"


def _coming(found: Status, zone: Any) -> Iterator[str]:
    held = {early.id: f", {early}" for early in found.held_early}
    for draft in found.drafts:
        due = _at(draft["due_at"], zone)
        yield f"Draft: edition {draft['id']} ({draft['schedule']}), due {due}{held.get(draft['id'], '')}"
    for slot in found.slots:
        yield f"Next: {slot.schedule}: {_at(slot.due_at, zone) if slot.due_at else slot.note}"


def _file_words(found: Status, zone: Any) -> str:
    version = found.version
    if not version.digest:
        return version.file if found.is_file_bad else "schedules.yaml; no edition came from it yet"
    accepted = f"version {version.digest[:12]}, accepted {_at(version.accepted_at, zone)}"
    if version.file == "same":
        return accepted
    if version.file == "changed":
        return f"{accepted}; schedules.yaml has changed since (publisher check)"
    return f"{accepted} holds; schedules.yaml as it is now is refused: {version.file}"


def _at(moment: datetime | None, zone: Any) -> str:
    return local(moment, zone)
