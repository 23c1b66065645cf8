"""An edition as the interface shows it: its articles, sends with books, changes, approvals, and messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from fastapi import HTTPException
from pydantic import BaseModel, Field

from publisher.app import desk
from publisher.model.desk import Changes
from publisher.model.message import Mail, Post
from publisher.model.states import DeliveryState, EditionState, SendState
from publisher.pipeline.produce import Produced
from publisher.store import RowMapping, approvals, editions, facts
from publisher.web.acts import Acts, Id
from publisher.web.views import EditionView, MailView, SendView, edition_view, filled

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
    """An edition with all that belongs to it but its messages and deliveries."""

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


class Messages(BaseModel):
    """All messages of an edition."""

    messages: list[Message]


def add(app: App, acts: Acts) -> None:
    """Say what may be looked at."""

    @acts.api.get("/editions/{edition_id}")
    def show_edition(edition_id: Id) -> Whole:
        """Show an edition: articles with reasons, sends with books, changes and approvals."""
        return _whole(app, _view(app, edition_id))

    @acts.api.get("/editions/{edition_id}/messages")
    def show_messages(edition_id: Id) -> Messages:
        """Show what an edition says; a draft as it would go out now."""
        view = _view(app, edition_id)
        if view.row["state"] != EditionState.DRAFT:
            return Messages(messages=[_of_send(send) for send in view.sends if send.mail or send.post])
        page = desk.page(app, edition_id)
        pairs = zip(page.products, page.audiences, strict=True)
        return Messages(messages=[_of_draft(product, audience.people) for product, audience in pairs])


def _view(app: App, edition_id: int) -> EditionView:
    view = edition_view(app, edition_id, deliveries=1)
    if view is None:
        raise HTTPException(404, "There is no such edition.")
    return view


def _whole(app: App, view: EditionView) -> Whole:
    row, changes = view.row, Changes.of(view.row["changes"])
    with app.store.read() as conn:
        agreed = approvals.of_edition(conn, row["id"])
        held = facts.held_edition(conn, row["id"])
        places = editions.places_of(conn, row["id"])
    known = {article.id: article.article for article, _ in (*view.picked, *view.left)}
    names = ("id", "schedule", "slot", "language", "due_at", "state", "reason")
    return Whole(
        **{name: row[name] for name in names},
        is_practice=row["practice"] is not None,
        articles=[_place(place, known[place["article_id"]]) for place in places if place["article_id"] in known],
        sends=[_send(send.row) for send in view.sends],
        version=changes.version,
        changes=[Change(at=datetime.fromisoformat(each.at), actor=each.actor, what=each.what) for each in changes.said],
        waits_for=_waits_for(app, view),
        approvals=[Approval(at=each["made_at"], actor=each["actor"], version=each["version"]) for each in agreed],
        held=Hold(actor=held.actor, why=held.why, since=held.since) if held else None,
    )


def _waits_for(app: App, view: EditionView) -> str:
    schedule = app.project.schedules.get(view.row["schedule"])
    if view.row["state"] != EditionState.DRAFT:
        return approvals.version_waiting([send.row for send in view.sends])
    return desk.page(app, view.row["id"]).approvable if schedule and schedule.approve else ""


def _place(place: RowMapping, article: Any) -> Place:
    return Place(
        article=place["article_id"],
        position=place["position"],
        title=place["headline"] if place.get("headline") else article.title,
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


def _of_send(send: SendView) -> Message:
    row = send.row
    what = {"entry": row["entry"], "channel": row["channel"], "send": row["id"], "to": list(row["audience"])}
    parts = [text for text, _ in send.post.parts] if send.post else []
    return _message(what, send.mail, parts, [_finding(each) for each in row["reasons"]], None)


def _of_draft(product: Produced, people: int) -> Message:
    entry, content = product.entry, product.message
    what = {"entry": entry.key, "channel": entry.via, "send": None, "to": list(entry.to)}
    mail = filled(content) if isinstance(content, Mail) else None
    parts = list(content.parts) if isinstance(content, Post) else []
    return _message(what, mail, parts, [_finding(asdict(each)) for each in product.findings], people)


def _message(
    what: dict[str, Any], mail: MailView | None, parts: list[str], findings: list[Found], people: int | None
) -> Message:
    said: dict[str, Any] = {"kind": "post" if parts else ""}
    if mail is not None:
        said = {"kind": "mail", "subject": mail.subject, "html": mail.html, "text": mail.text}
    return Message(**what, **said, parts=parts, findings=findings, people=people)
