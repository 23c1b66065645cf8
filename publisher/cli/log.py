"""`publisher log`: every recipient of every send, with the outcome."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from publisher.cli.opening import open_app
from publisher.cli.output import AsJson, ProjectDir, local, say, say_json, table
from publisher.model.counting import many

COLUMNS = ("delivery", "edition", "channel", "to", "subject", "state", "attempts", "when", "why", "link")
WHERE_USED = ("subject", "link")  # A or B, where two are tried; mails have no link
SHOWN = 100  # lines, where nobody says how many


def log(
    edition: Annotated[str, typer.Option(help="A number, `morning` (its latest) or `morning@2026-11-24`.")] = "",
    to: Annotated[str, typer.Option(help="Only this address.")] = "",
    state: Annotated[str, typer.Option(help="pending, taken, sent, failed, unknown, suppressed, excluded …")] = "",
    channel: Annotated[str, typer.Option(help="Only this channel.")] = "",
    domain: Annotated[str, typer.Option(help="Only readers whose address is in this domain.")] = "",
    since: Annotated[
        str, typer.Option(help="Sends that began on this day or later: 2026-11-24, 2026-11-24T07:00.")
    ] = "",
    until: Annotated[str, typer.Option(help="Sends that began up to this day, or before this time.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="How many: 100, with --csv all.")] = None,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write CSV to standard output, for spreadsheets.")] = False,
) -> None:
    """Show the send log: one line for each recipient of each send, the newest send first."""
    from publisher.app import send_log, standing
    from publisher.app.naming import channel_named
    from publisher.store import log as ledger
    from publisher.store import sends

    app = open_app(project)
    asked = send_log.Asked(edition, None, channel, state, domain, since, until)
    wanted = send_log.filter_of(app, asked, limit=limit or SHOWN, recent=False)
    wanted = replace(wanted, address_hash=app.hash_of(to) if to else "")
    with app.store.read() as conn:
        if channel:
            channel_named(conn, channel, app.project.channels)
    if as_csv:
        for piece in send_log.written(app, wanted, send_log.Form.CSV, most=limit):
            sys.stdout.write(piece)
        return
    with app.store.read() as conn:
        found = ledger.find(conn, wanted)
        begun = send_log.begun(conn, found)
        # A mail that is held before its audience is frozen has no delivery, and yet is part of what was to go out.
        is_whole = not (to or state or domain or since or until)
        only = [wanted.edition_id] if wanted.edition_id else None
        waiting = standing.waiting_lines(conn, app.project.schedules, only) if is_whole else {}
        gone = _not_kept(sends.of_edition(conn, wanted.edition_id), app.zone) if wanted.edition_id else []
    if as_json:
        say_json([send_log.plain(row, begun.get(row["id"])) for row in found])
    else:
        table("", COLUMNS, [line(row, app.zone, begun.get(row["id"])) for row in found], WHERE_USED)
        for edition_id, lines in waiting.items():
            for words in lines:
                say(f"edition {edition_id}: {words}")
        for words in gone:
            say(words)


def _not_kept(made: Iterable[Any], zone: Any) -> list[str]:
    """Say of which sends the deliveries are not kept any more: they are no fewer for that."""
    return [
        f"send {send['id']} through {send['channel']}: its {many(send['candidates'], 'delivery', 'deliveries')} are not"
        f" kept since {local(send['deliveries_gone_at'], zone)}; the totals are sealed: publisher verify"
        for send in made
        if send["deliveries_gone_at"] is not None
    ]


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
