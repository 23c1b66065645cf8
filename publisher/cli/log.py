"""`publisher log`: every recipient of every send, with the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from publisher.cli.opening import open_app
from publisher.cli.output import AsJson, ProjectDir, local, say, say_json, table

if TYPE_CHECKING:
    from sqlalchemy import Connection, RowMapping

COLUMNS = ("delivery", "edition", "channel", "to", "subject", "state", "attempts", "when", "why", "link")
WHERE_USED = ("subject", "link")  # A or B, where two are tried; mails have no link


def log(
    edition: Annotated[str, typer.Option(help="A number, `morning` (its latest) or `morning@2026-11-24`.")] = "",
    to: Annotated[str, typer.Option(help="Only this address.")] = "",
    state: Annotated[str, typer.Option(help="pending, taken, sent, failed, unknown, suppressed, excluded …")] = "",
    channel: Annotated[str, typer.Option(help="Only this channel.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 100,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Show the send log: one line for each recipient of each send."""
    from publisher.app import standing
    from publisher.app.naming import channel_named
    from publisher.store import log as ledger

    app = open_app(project)
    wanted = ledger.Filter(
        edition_id=app.edition(edition) if edition else None,
        channel=channel,
        address_hash=app.hash_of(to) if to else "",
        state=_state(state),
        limit=limit,
    )
    with app.store.read() as conn:
        if channel:
            channel_named(conn, channel, app.project.channels)
        found = ledger.find(conn, wanted)
        begun = _begun(conn, found)
        # A mail that is held before its audience is frozen has no delivery, and yet is part of what was to go out.
        is_whole = not (to or state)
        only = [wanted.edition_id] if wanted.edition_id else None
        waiting = standing.waiting_lines(conn, app.project.schedules, only) if is_whole else {}
    if as_json:
        say_json([plain(row, begun.get(row["id"])) for row in found])
    else:
        table("", COLUMNS, [line(row, app.zone, begun.get(row["id"])) for row in found], WHERE_USED)
        for edition_id, lines in waiting.items():
            for words in lines:
                say(f"edition {edition_id}: {words}")


def _state(said: str) -> str:
    from publisher.errors import UsageError
    from publisher.model.states import DeliveryState

    if said and said not in set(DeliveryState):
        raise UsageError(f"there is no state {said!r}", remedy=f"States: {', '.join(DeliveryState)}")
    return said


def _begun(conn: Connection, found: Sequence[RowMapping]) -> dict[int, str]:
    """Return, by delivery, the address of the first part of each thread of which a part stands though not all of it."""
    from publisher.store import withdrawals

    ids = {row["edition_id"] for row in found if row["state"] != "sent"} - {None}
    down = {delivery_id for each in ids for delivery_id in withdrawals.taken_down(conn, each)}
    return {number: post.url for number, post in withdrawals.in_part(conn, ids).items() if number not in down}


def plain(row: Any, begun: str | None = None) -> dict[str, object]:
    """Return one delivery as JSON shows it.

    :param begun: address of what stands of a thread that is not out whole.
    """
    names = ("schedule", "slot", "channel", "kind", "to", "state", "attempts", "due_at", "spoke_at", "status")
    return {
        "delivery": row["id"],
        "edition": row["edition_id"],
        **{name: row[name] for name in names},
        "practice": row["practice"] is not None,
        "reason": row["reason"],
        "provider_id": row["provider_id"],
        "url": row["url"] or begun,
        "subject": row["variant"] or None,
    }


def line(row: Any, zone: Any, begun: str | None = None) -> list[object]:
    """Return one delivery as the table shows it."""
    from publisher.store import sends, trials

    is_removal = row["kind"] == sends.WITHDRAWAL
    more = f", {row['kind']}" if row["kind"] in sends.FOLLOWING else ", practice" if row["practice"] else ""
    edition = f"{row['edition_id']} {row['schedule']}{more}" if row["edition_id"] else f"letter {row['entry']}"
    why = row["reason"] or (f"taken down: {row['url']}" if is_removal and row["state"] == "sent" else "")
    link = "" if is_removal else row["url"] or begun
    when = local(row["when"], zone)
    subject = "" if row["reason"] == trials.WAITS else row["variant"].upper()
    return [row["id"], edition, row["channel"], row["to"], subject, row["state"], row["attempts"], when, why, link]
