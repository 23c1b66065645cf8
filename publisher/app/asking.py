"""Asking people to approve an edition: a message with a link that is theirs, told by the way that alerts are told.

A link only shows. Who opens it and presses the button approves exactly the version on the page.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import RowMapping

from publisher.app.approved import cause_of, clear
from publisher.app.standing import title
from publisher.model.message import Mail, Message
from publisher.model.project import Schedule
from publisher.model.states import EditionState
from publisher.model.tokens import address_hash, link_token, read_link_token
from publisher.runtime.slots import Slot
from publisher.store import alerts, articles, desk, editions

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.pipeline.produce import Rendered

log = structlog.get_logger()

PURPOSE = "approval"  # of the link's token, and how causes begin
PATH = "preview"
LASTS = timedelta(days=7)  # a link
NOT_AGAIN_FOR = timedelta(minutes=10)  # after a message, however often the edition changes meanwhile
LOOK_AGAIN = timedelta(minutes=1)  # at an edition that seems the same: a template may have been saved
LONGEST_TITLE = 150
OTHERWISE = {
    "hold": "Without that it is held at its slot, and waits.",
    "send": "Without that it goes at its slot all the same.",
    "skip": "Without that there is no edition: its articles wait for the next.",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom a link is for, and which edition it shows."""

    edition_id: int
    address: str


# --- when people are asked --------------------------------------------------------------------------------------------


def ask(app: App, schedule: Schedule, slot: Slot) -> None:
    """Ask people to approve a slot's draft: when it is made, and when its words have changed since they were asked."""
    with app.store.read() as conn:
        row = editions.of_slot(conn, schedule.name, slot.key, app.project.language_of(schedule))
        if row is None or row["state"] != EditionState.DRAFT or row["reason"]:
            return
        note = desk.waiting_note(conn, row["schedule"], row["language"])
        last = alerts.latest_of(conn, cause_of(row["id"]))
    now = app.clock()
    mark = (row["revision"], row["changes"] and row["changes"]["version"], note and note.id, app.project.version)
    before, looked_at = app.asked_to_approve.get(row["id"], (None, now))
    is_same = before == mark and timedelta() <= now - looked_at < LOOK_AGAIN
    if is_same or (last is not None and timedelta() <= now - last["raised_at"] < NOT_AGAIN_FOR):
        return
    app.asked_to_approve[row["id"]] = (mark, now)
    _ask_for(app, _rendered(app, schedule, row["id"]))


def _rendered(app: App, schedule: Schedule, edition_id: int) -> Rendered:
    from publisher.pipeline import produce  # here: who pauses a schedule renders nothing

    return produce.render(app.store, app.studio, app.project, schedule, edition_id)


def _ask_for(app: App, rendered: Rendered) -> None:
    """Write down that people are to be asked for this version; what would be held is said as what is wrong with it."""
    edition_id, version = rendered.edition_id, rendered.version
    cause = cause_of(edition_id, version)
    with app.store.read() as conn:
        is_asked = any(row["cause"] == cause for row in alerts.open_ones(conn))
    if is_asked or rendered.is_held or not rendered.products:
        return
    clear(app, edition_id)
    with app.store.write() as conn:
        what = (
            f"{title(edition_id, rendered.edition['schedule'], rendered.edition['slot'], app.zone)} has to be approved"
        )
        said: dict[str, Any] = {"what": what, "affected": "everyone it is for", "urgent": True, "now": app.clock()}
        alerts.raise_alert(conn, cause=cause, command=f"publisher approve {edition_id} --version {version}", **said)
    log.info("approval_asked", edition=edition_id, version=version)


# --- what they get ----------------------------------------------------------------------------------------------------


def is_asking(row: RowMapping) -> bool:
    """Say whether an alert asks people to approve an edition."""
    return str(row["cause"]).startswith(f"{PURPOSE}:")


def asked_by(app: App, row: RowMapping) -> tuple[str, ...]:
    """Return the addresses of those whom an alert asks; none where its schedule asks nobody any more."""
    with app.store.read() as conn:
        edition = editions.get(conn, _edition_of(row))
    schedule = app.project.schedules.get(edition["schedule"]) if edition is not None else None
    return app.project.approvers_of(schedule) if schedule is not None else ()


def _edition_of(row: RowMapping) -> int:
    return int(row["cause"].split(":")[1])


def words_for(app: App, row: RowMapping, to: str) -> Message:
    """Return the message that asks one person: what it is, what is in it, and how to say yes."""
    edition_id = _edition_of(row)
    with app.store.read() as conn:
        edition = editions.get(conn, edition_id)
        placed = articles.of_edition(conn, edition_id)
    assert edition is not None  # noqa: S101 -- whoever is asked was found by it, and editions are never deleted
    schedule = app.project.schedules[edition["schedule"]]
    until = f"{edition['due_at'].astimezone(app.zone):%H:%M}"
    rule = schedule.approve.otherwise if schedule.approve else "hold"
    titles = [article.article.title for place, article in placed if place["position"] is not None]
    lines = [
        ("What waits for you", f"{row['what']}. It goes out at {until}."),
        ("What is in it", "\n".join(f"- {each}" for each in titles) or "A note of the editors"),
        ("Look at it, and approve it there", link(app, edition_id, to)),
        ("Or type", row["command"]),
        ("Otherwise", OTHERWISE[rule]),
    ]
    subject = f"{app.project.publication.name}: to approve by {until}: {titles[0] if titles else schedule.name}"
    return _mail(app, subject, lines)


def _mail(app: App, subject: str, lines: list[tuple[str, str]]) -> Mail:
    paper = app.project.publication
    text = "".join(f"{name}:\n  {said.replace(chr(10), chr(10) + '  ')}\n\n" for name, said in lines)
    markup = "".join(f"<p><b>{html.escape(name)}</b><br>{_html(said)}</p>" for name, said in lines)
    page = f"<!DOCTYPE html><html><body>{markup}</body></html>"
    one_line = " ".join(subject.split())
    cut = one_line if len(one_line) <= LONGEST_TITLE else f"{one_line[: LONGEST_TITLE - 1]}…"
    return Mail((cut,), (page,), (text,), (), paper.from_name, paper.from_email, language="en")


def _html(said: str) -> str:
    escaped = html.escape(said).replace("\n", "<br>")
    return f'<a href="{escaped}">{escaped}</a>' if said.startswith(("https://", "http://")) else escaped


# --- their link -------------------------------------------------------------------------------------------------------


def link(app: App, edition_id: int, address: str) -> str:
    """Return the address of the page that shows an edition to one person who is asked, for a week."""
    key_id, key = app.keys.current("link")
    numbers = (edition_id, _number(address, key), int(app.store.now().timestamp()))
    return f"{app.public_url}/{PATH}/{link_token(PURPOSE, numbers, key_id, key)}"


def read(app: App, token: str) -> Asked | None:
    """Return whom a link is for; None for one that isn't ours, has ended, or is of one not asked now."""
    found = read_link_token(PURPOSE, 3, token, app.link_key)
    if found is None or app.store.now() >= datetime.fromtimestamp(found[2], UTC) + LASTS:
        return None
    with app.store.read() as conn:
        edition = editions.get(conn, found[0])
    schedule = app.project.schedules.get(edition["schedule"]) if edition is not None else None
    asked = app.project.approvers_of(schedule) if schedule is not None else ()
    keys = app.keys.all_of("link")
    who = [each for each in asked if any(_number(each, key) == found[1] for key in keys)]
    return Asked(found[0], who[0]) if who else None


def _number(address: str, key: bytes) -> int:
    """Return an address as a number that says nothing of it."""
    return int(address_hash(address, key)[:15], 16)
