"""An edition as the interface shows it: its articles, sends with books, changes, approvals, and messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field

from publisher.app import desk, naming
from publisher.model.article import Article
from publisher.model.desk import Changes
from publisher.model.message import Mail, Post
from publisher.model.states import DeliveryState, EditionState, SendState
from publisher.pipeline.produce import Produced
from publisher.store import RowMapping, approvals, articles, facts, sends
from publisher.web.acts import Acts, Id
from publisher.web.console.paging import PAGE, Limit, Mark, Page, cut, cut_by_name, number_in, pack
from publisher.web.message_views import content_of, filled

if TYPE_CHECKING:
    from publisher.app import App


class Found(BaseModel):
    """What a check says."""

    check: str
    blocks: bool
    what: str
    remedy: str


class Place(BaseModel):
    """An article's place in an edition."""

    article: int
    position: int | None = Field(description="From 1; null: it is out.")
    title: str
    url: str
    reason: str


class Send(BaseModel):
    """A send, with its books: its candidates are the sum of what follows them."""

    id: int
    kind: str
    entry: str
    channel: str
    to: list[str] = Field(description="Lists; none: the channel's account.")
    state: SendState
    candidates: int
    pending: int
    taken: int
    sent: int
    failed: int
    unknown: int
    suppressed: int
    excluded: int
    cancelled: int
    findings: list[Found]


class Change(BaseModel):
    """What somebody did to an edition."""

    at: datetime
    actor: str
    what: str


class Approval(BaseModel):
    """That somebody agreed to a version."""

    at: datetime
    actor: str
    version: str


class Hold(BaseModel):
    """Who holds it."""

    actor: str
    why: str
    since: datetime


class Whole(BaseModel):
    """An edition with all that belongs to it but its messages and deliveries, which are lists of their own."""

    id: int
    schedule: str
    slot: str
    language: str
    due_at: datetime
    state: EditionState
    reason: str
    is_practice: bool
    articles: list[Place]
    sends: list[Send]
    version: int = Field(description="Of its changes: say it as `seen`, and no other one is changed.")
    changes: list[Change]
    waits_for: str = Field(description="The version that waits for approval; empty: none does.")
    approvals: list[Approval]
    held: Hold | None


class Message(BaseModel):
    """What goes, or would go, to a list or a network; a mail as a made-up reader gets it."""

    entry: str
    channel: str
    kind: Literal["mail", "post", ""] = Field(description="Empty: it could not be made.")
    send: int | None = Field(description="Null: of a draft.")
    to: list[str]
    people: int | None = Field(description="How many would get a draft; null: see its send.")
    subject: str = ""
    html: str = ""
    text: str = ""
    parts: list[str] = Field(default=[], description="The posts of a thread.")
    findings: list[Found]


def add(app: App, acts: Acts) -> None:
    """Say what may be looked at."""

    @acts.api.get("/editions/{edition_id}")
    def show_edition(edition_id: Id) -> Whole:
        """Show an edition: articles with reasons, sends with books, changes and approvals."""
        return _whole(app, edition_id)

    @acts.api.get("/editions/{edition_id}/messages", response_model=Page[Message])
    def show_messages(edition_id: Id, after: Mark = "", limit: Limit = PAGE) -> Page[Message]:
        """Show what an edition says, send by send; a draft as it would go out now."""
        with app.store.read() as conn:
            row = naming.require_edition(conn, edition_id)
        if row["state"] == EditionState.DRAFT:
            return _of_a_draft(app, edition_id, after, limit)
        return _of_its_sends(app, edition_id, after, limit)


def _of_a_draft(app: App, edition_id: int, after: str, limit: int) -> Page[Message]:
    page = desk.page(app, edition_id)
    pairs = list(zip(page.products, page.audiences, strict=True))
    found, mark = cut_by_name(pairs, after, limit, lambda pair: pair[0].entry.key)
    return Page[Message](items=[_of_draft(product, audience.people) for product, audience in found], after=mark)


def _of_its_sends(app: App, edition_id: int, after: str, limit: int) -> Page[Message]:
    """Return a page of messages; of the others nothing is read."""
    last = number_in(after) or 0
    with app.store.read() as conn:
        later = [row for row in sends.of_edition(conn, edition_id) if row["id"] > last]
        found, mark = cut(later, limit, lambda row: pack(row["id"]))
        said = [(row, content_of(app, conn, row["id"])) for row in found]
    return Page[Message](
        items=[_of_send(row, content) for row, content in said if isinstance(content, Mail | Post)], after=mark
    )


def _whole(app: App, edition_id: int) -> Whole:
    with app.store.read() as conn:
        row = naming.require_edition(conn, edition_id)
        candidates = articles.of_edition(conn, edition_id)
        made = sends.of_edition(conn, edition_id)
        agreed = approvals.of_edition(conn, edition_id)
        held = facts.held_edition(conn, edition_id)
    changes = Changes.of(row["changes"])
    names = ("id", "schedule", "slot", "language", "due_at", "state", "reason")
    return Whole(
        **{name: row[name] for name in names},
        is_practice=row["practice"] is not None,
        articles=[_place(place, known.article) for place, known in candidates],
        sends=[_send(send) for send in made],
        version=changes.version,
        changes=[Change(at=datetime.fromisoformat(each.at), actor=each.actor, what=each.what) for each in changes.said],
        waits_for=_waits_for(app, row, made),
        approvals=[Approval(at=each["made_at"], actor=each["actor"], version=each["version"]) for each in agreed],
        held=Hold(actor=held.actor, why=held.why, since=held.since) if held else None,
    )


def _waits_for(app: App, row: RowMapping, made: list[RowMapping]) -> str:
    schedule = app.project.schedules.get(row["schedule"])
    if row["state"] != EditionState.DRAFT:
        return approvals.version_waiting(made)
    return desk.page(app, row["id"]).approvable if schedule and schedule.approve else ""


def _place(place: RowMapping, article: Article) -> Place:
    return Place(
        article=place["article_id"],
        position=place["position"],
        title=place["headline"] or article.title,
        url=article.url or "",
        reason=place["reason"],
    )


def _send(row: RowMapping) -> Send:
    names = ("id", "kind", "entry", "channel", "state", "candidates")
    books = [state.value for state in DeliveryState]
    plain: dict[str, Any] = {name: row[name] for name in (*names, *books)}
    return Send(**plain, to=list(row["audience"]), findings=[_finding(each) for each in row["reasons"]])


def _finding(said: Mapping[str, Any]) -> Found:
    return Found(check=said["check"], blocks=said["blocks"], what=said["what"], remedy=said["remedy"])


def _of_send(row: RowMapping, content: Mail | Post) -> Message:
    what = {"entry": row["entry"], "channel": row["channel"], "send": row["id"], "to": list(row["audience"])}
    return _message(what, content, [_finding(each) for each in row["reasons"]], None)


def _of_draft(product: Produced, people: int) -> Message:
    entry = product.entry
    what = {"entry": entry.key, "channel": entry.via, "send": None, "to": list(entry.to)}
    return _message(what, product.message, [_finding(asdict(each)) for each in product.findings], people)


def _message(what: dict[str, Any], content: Mail | Post | None, findings: list[Found], people: int | None) -> Message:
    said: dict[str, Any] = {"kind": ""}
    if isinstance(content, Mail):
        mail = filled(content)
        said = {"kind": "mail", "subject": mail.subject, "html": mail.html, "text": mail.text}
    elif isinstance(content, Post):
        said = {"kind": "post", "parts": list(content.parts)}
    return Message(**what, **said, findings=findings, people=people)
