"""Breaking news in the console, in two clicks: choose the article and look; then send exactly what was shown."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response
from pydantic import Field, ValidationError

from publisher.app import breaking as desk
from publisher.app.named import article_meant
from publisher.errors import EndedError, NotAllowedError, PublisherError, StaleError, UsageError
from publisher.model import breaking
from publisher.model.project import BREAKING
from publisher.model.staff import May
from publisher.speech.phrases import _
from publisher.store import articles
from publisher.store.permission import allowed
from publisher.web.acts import Acts, Done, Words, in_words, status_of
from publisher.web.door import needs
from publisher.web.forms import Said
from publisher.web.headers import PICTURES

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.breaking import News
    from publisher.web.console.edition import Room

HERE = "/breaking"
NEWEST = 20  # articles to choose from
KEPT = 8  # looks that may be sent as they were shown
SEVERAL = ("to", "via")
Name = Annotated[str, Field(max_length=200)]


class Flash(Words):
    """Which article goes to whom."""

    article: str = Field(default="", max_length=2_000, description="Its number, or the address of its page.")
    to: tuple[Name, ...] = Field(default=(), max_length=100, description="Lists; none: those of `breaking`.")
    via: tuple[Name, ...] = Field(default=(), max_length=100, description="Channels.")
    title: str = Field(default="", max_length=1_000, description="The headline, where the page can't be read.")
    summary: str = Field(default="", max_length=5_000)
    again: bool = Field(default=False, description="Also if the story went out already.")
    look: str = Field(default="", max_length=64, description="What was shown, which is what goes.")


class Looks:
    """The last looks at what would go out: what was shown is what goes, and only once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[str, News | int] = OrderedDict()

    def keep(self, news: News) -> str:
        """Keep a look; return the key by which it is sent."""
        key = secrets.token_urlsafe(12)
        self._put(key, news)
        return key

    def get(self, key: str) -> News | int:
        """Return a look, or the edition that it became.

        :raises StaleError: it is not kept any more.
        """
        with self._lock:
            if key not in self._kept:
                raise StaleError("this page is too old: nothing was sent", remedy="Look again at what would go now")
            return self._kept[key]

    def became(self, key: str, edition_id: int) -> None:
        """Note what a look became: who presses again is told so."""
        self._put(key, edition_id)

    def _put(self, key: str, what: News | int) -> None:
        with self._lock:
            self._kept[key] = what
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)


@allowed(May.APPROVE)
def looked(app: App, said: Flash) -> News:
    """Return what would go out, made and checked, and nothing written.

    :raises UsageError: it can't be meant, or must not be sent.
    """
    schedule = desk.schedule_said(app, said.to, said.via)
    desk.refuse_paused(app, schedule)
    if not said.article:
        raise UsageError("it isn't said which article", remedy="Choose one, or give the address of its page")
    if said.summary and not said.title:
        raise UsageError("a summary goes with a headline", remedy="Give both, or neither")
    return desk.foresee(app, article_meant(app, said.article, headline=said.title, summary=said.summary), schedule)


def routes(app: App, acts: Acts, room: Room) -> APIRouter:
    """Return the addresses of breaking news."""
    router = APIRouter(default_response_class=HTMLResponse)
    looks = Looks()

    def page(typed: dict[str, Any], news: News | None = None, *, wrong: str = "", status: int = 200) -> Response:
        with app.store.read() as conn:
            newest = articles.latest(conn, limit=NEWEST)
        laid, places = room.table.lay(news.products, news.audiences, news.ends) if news else (None, None)
        base = breaking.base_of(app.project)
        said = {"article": "", "title": "", "summary": "", "to": (), "via": (), "again": ""} | typed
        return room.pages.page(
            "breaking.html",
            status=status,
            places=places,
            pictures=PICTURES,
            here="editions",
            newest=newest,
            lists=app.project.lists,
            channels=app.project.channels,
            base=base if base.send else None,
            typed=said,
            news=news,
            laid=laid,
            look=looks.keep(news) if news and not news.why_held else "",
            wrong=wrong,
        )

    def shown(typed: dict[str, Any], wrong: str = "", status: int = 200) -> Response:
        """Show what would go out, with the button that sends it; or why it can't be."""
        try:
            said = Flash.model_validate({name: value for name, value in typed.items() if value})
            news = looked(app, said)
        except ValidationError as error:
            return page(typed, wrong=room.pages.say(in_words(error)), status=400)
        except PublisherError as error:
            here = status_of(error) if isinstance(error, UsageError) else 400
            return page(typed, wrong=wrong or room.pages.say(f"{error}."), status=status if wrong else here)
        return page(typed, news, wrong=wrong, status=status)

    def again(said: dict[str, Any], wrong: str, status: int) -> Response:
        return shown({name: value for name, value in said.items() if name != "look"}, wrong, status)

    @router.get(HERE)
    def empty() -> Response:
        return page({})

    @router.post(f"{HERE}/look", dependencies=[Depends(needs(May.APPROVE))])
    def look(said: Said) -> Response:
        names = ("article", "title", "summary", "again")
        typed: dict[str, Any] = {name: said.get(name) for name in names}
        typed["article"] = said.get("address") or typed["article"]
        return shown(typed | {name: tuple(filter(None, said.all(name))) for name in SEVERAL})

    @acts.post(HERE, may=May.APPROVE, again=again)
    def send(said: Flash) -> Done:
        """Send one article at once, before all that waits, and in quiet hours."""
        news = looks.get(said.look) if said.look else _by_now(app, said)
        if isinstance(news, int):
            return Done(said=_("You had sent it already."), where=f"/editions/{news}", id=news)
        desk.require_fit(news)
        if news.is_told and not said.again:
            raise EndedError(news.told_words, remedy="Say that it goes again, to send it all the same")
        edition_id = desk.send(app, news)
        if said.look:
            looks.became(said.look, edition_id)
        return Done(
            said=_("Edition %(id)s goes out now.", id=str(edition_id)), where=f"/editions/{edition_id}", id=edition_id
        )

    return router


def _by_now(app: App, said: Flash) -> News:
    """Return what would go out now; what can't be read is said as what can't be meant."""
    try:
        return looked(app, said)
    except (UsageError, NotAllowedError):
        raise
    except PublisherError as error:
        raise UsageError(error.what, where=error.where or BREAKING, remedy=error.remedy) from error
