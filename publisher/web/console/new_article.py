"""The console's form for an article of one's own: it goes the way of those that other systems push."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from publisher.app import pushing
from publisher.app.prospects import prospects_of
from publisher.errors import SourceError
from publisher.model.staff import May
from publisher.speech.phrases import _
from publisher.store.permission import allowed
from publisher.web.acts import Acts
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

HERE = "/articles/new"
_KEY = re.compile(r"desk:[\w-]{16}")
LABELS = {
    "title": "Headline",
    "text": "Text",
    "summary": "Summary",
    "url": "Address on the site",
    "authors": "Authors",
    "categories": "Categories",
    "image": "Address of a picture",
    "alt": "What the picture shows",
    "caption": "Caption",
    "credit": "Credit",
}
OF_PICTURE = ("alt", "caption", "credit")  # fields of their own in the form, and parts of `image` in an article
CALLED = LABELS | {"image.url": LABELS["image"]} | {f"image.{name}": LABELS[name] for name in OF_PICTURE}
STALE = _("This page was open for too long. Nothing was added: look it over and press the button again.")


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the form's address."""
    router = APIRouter(default_response_class=HTMLResponse)
    # Of this process: a page of another site can neither read a form nor make its seal.
    secret = secrets.token_bytes(32)

    def form(values: dict[str, str], trouble: str = "", status: int = 200, added: int | None = None) -> Response:
        key = values.get("key") or _new_key()
        return pages.page(
            "article_new.html",
            status=status,
            here="new",
            sources=[source.name for source in pushing.sources_of(app)],
            labels=LABELS,
            values={name: values.get(name, "") for name in (*LABELS, "source")},
            key=key,
            seal=_seal(secret, key),
            trouble=pages.say(trouble) if trouble else "",
            added=added,
            prospects=prospects_of(app, added) if added else [],
        )

    @router.get(HERE)
    def empty(key: str = "", added: int | None = None, source: str = "") -> Response:
        # The key stands in the address: a browser that goes back asks for this page anew, and fills in what was typed.
        return form({"key": key, "source": source}, added=added) if _KEY.fullmatch(key) else _to_empty_form()

    @router.post(HERE)
    async def add(request: Request) -> Response:
        try:
            said = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        except HTTPException:
            return form({}, _("The form could not be read. Fill it in again."), 400)
        if not hmac.compare_digest(_seal(secret, said.get("key", "")).encode(), said.get("seal", "").encode()):
            return form({**said, "key": ""}, STALE, 403)
        source = next((each for each in pushing.sources_of(app) if each.name == said.get("source")), None)
        if source is None:
            return form(said, _("Choose where it belongs."), 400)
        from publisher.sources.pushed import article_from  # here: it brings the parsers of pages along

        try:
            article = article_from(_values(said), CALLED)
        except SourceError as error:
            return form(said, f"{error}.", 400)
        # Whoever goes back, mends a word and presses again means the same article.
        with allowed(May.EDIT, until_anybody=True):
            pushed = await run_in_threadpool(pushing.take, app, source, article, revise=True)
        return _to_empty_form(f"&added={pushed.article_id}&source={quote(source.name)}")

    return router


def _new_key() -> str:
    return f"desk:{secrets.token_urlsafe(12)}"


def _to_empty_form(more: str = "") -> Response:
    return RedirectResponse(f"{HERE}?key={_new_key()}{more}", 303)


def _values(said: dict[str, str]) -> dict[str, Any]:
    """Return what a form says in the words of a pushed article."""
    values: dict[str, Any] = {name: said.get(name, "") for name in ("title", "text", "summary", "url")}
    values |= {name: _names(said.get(name, "")) for name in ("authors", "categories")}
    image = {name: said.get(name, "") for name in OF_PICTURE}
    if said.get("image", "").strip():
        values["image"] = {**image, "url": said["image"]}
    return {**values, "id": said["key"]}


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _seal(secret: bytes, key: str) -> str:
    return hmac.new(secret, f"add article\n{key}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
