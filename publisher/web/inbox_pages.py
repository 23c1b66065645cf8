"""The inbox over HTTP: it takes mail as Mailpit does and posts as a webhook, and shows both to people."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, ConfigDict, ValidationError

from publisher.errors import PublisherError
from publisher.model.article import Image
from publisher.model.message import Card, Post
from publisher.web import mailpit
from publisher.web.frames import framed
from publisher.web.headers import PICTURES
from publisher.web.inbox import Inbox
from publisher.web.message_views import PostView, post_view
from publisher.web.pages import Pages
from publisher.web.places import Served

PAGE = 50
NOT_JSON = "the body must be JSON, and Content-Type must say application/json"

Start = Annotated[int, Query(ge=0)]


class _Card(BaseModel):
    url: str
    title: str = ""
    description: str = ""
    image: dict[str, Any] | None = None


class _Published(BaseModel):
    model_config = ConfigDict(extra="allow")

    parts: list[str]
    account: str = ""
    language: str = "en"
    card: _Card | None = None


class _Event(BaseModel):
    """The body of a post, as our webhook sender writes it."""

    type: str
    data: _Published


def routes(inbox: Inbox, pages: Pages) -> APIRouter:
    """Return the inbox's addresses, all below ``/inbox``."""
    router = APIRouter(prefix="/inbox")
    _interfaces(router, inbox)
    _mail_pages(router, inbox, pages)

    @router.get("/posts", response_class=HTMLResponse)
    def posts(start: Start = 0) -> Response:
        shown = [(message, _post_view(pages, message)) for message in inbox.latest("post", start=start, limit=PAGE)]
        more = start + PAGE if inbox.count("post") > start + PAGE else 0
        return pages.page(
            "inbox_posts.html", pictures=PICTURES, posts=shown, total=inbox.count("post"), more=more, keep=inbox.keep
        )

    return router


def _interfaces(router: APIRouter, inbox: Inbox) -> None:
    @router.post("/api/v1/send")
    async def send(request: Request) -> Response:
        """Take a mail: Mailpit's own answer is an ID, or 400 with an Error."""
        body = await request.body()
        letter, wrong = mailpit.read_letter(body) if _is_json(request) else (None, NOT_JSON)
        if letter is None:
            return JSONResponse({"Error": wrong}, 400)
        return _kept(lambda: {"ID": inbox.add("mail", {**letter.model_dump(), "size": len(body)})}, "Error")

    @router.post("/posts/{channel}")
    async def take_post(channel: str, request: Request) -> Response:
        """Take a post; the same webhook-id is the same post."""
        body = await request.body()
        key = request.headers.get("webhook-id", "")
        try:
            event = _Event.model_validate_json(body) if _is_json(request) else None
        except ValidationError as error:
            first = error.errors()[0]
            return JSONResponse({"error": f"{'.'.join(map(str, first['loc']))}: {first['msg']}"}, 400)
        if event is None or not key:
            return JSONResponse({"error": NOT_JSON if event is None else "the header webhook-id is missing"}, 400)
        content = {"channel": channel, "post": event.data.model_dump(), "size": len(body)}
        return _kept(lambda: {"id": inbox.add("post", content, key=f"{channel}\n{key}")}, "error")

    @router.get("/api/v1/messages")
    def messages(start: Start = 0, limit: Annotated[int, Query(ge=1, le=1_000)] = 50) -> dict[str, Any]:
        total = inbox.count("mail")
        found = [mailpit.summary(message) for message in inbox.latest("mail", start=start, limit=limit)]
        counts = {"total": total, "unread": total, "count": len(found)}
        return {**counts, "messages_count": total, "start": start, "tags": [], "messages": found}

    @router.get("/api/v1/message/{message_id}")
    def message(message_id: str) -> dict[str, Any]:
        return mailpit.detail(_mail(inbox, message_id))

    @router.get("/api/v1/message/{message_id}/headers")
    def headers(message_id: str) -> dict[str, list[str]]:
        return mailpit.header_lists(_mail(inbox, message_id))


def _mail_pages(router: APIRouter, inbox: Inbox, pages: Pages) -> None:
    @router.get("", response_class=HTMLResponse)
    def index(start: Start = 0) -> Response:
        total = inbox.count("mail")
        found = inbox.latest("mail", start=start, limit=PAGE)
        return pages.page(
            "inbox.html",
            messages=[(each, mailpit.shown(each["To"][0])) for each in found],
            total=total,
            posts=inbox.count("post"),
            more=start + PAGE if total > start + PAGE else 0,
            keep=inbox.keep,
        )

    @router.get("/messages/{message_id}", response_class=HTMLResponse)
    def one(message_id: str) -> Response:
        message = _mail(inbox, message_id)
        return pages.page("inbox_message.html", message=message, headers=mailpit.header_lists(message))

    @router.get("/messages/{message_id}/html", response_class=HTMLResponse)
    def body(message_id: str, dark: bool = False) -> Response:
        return framed(_mail(inbox, message_id)["HTML"], Served(), dark=dark)


def _is_json(request: Request) -> bool:
    # A page of another site can't send this type without asking first, and is never let.
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _kept(keep: Any, word: str) -> Response:
    try:
        return JSONResponse(keep())
    except PublisherError as error:
        return JSONResponse({word: str(error)}, 507)


def _mail(inbox: Inbox, message_id: str) -> dict[str, Any]:
    found = inbox.get(message_id)
    if found is None or found["kind"] != "mail":
        raise HTTPException(404, f"There is no such mail; the newest {inbox.keep:,} messages are kept.")
    return found


def _post_view(pages: Pages, message: dict[str, Any]) -> PostView:
    said = message["post"]
    card = said["card"]
    image = card["image"] if card else None
    picture = Image(str(image["url"]), str(image.get("alt") or "")) if image and image.get("url") else None
    shown = Card(card["url"], card["title"], card["description"], picture) if card else None
    return post_view(pages.app, message["channel"], Post(tuple(said["parts"]), said["language"], shown))
