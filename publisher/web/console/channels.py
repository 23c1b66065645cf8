"""The console's pages of channels: how each stands, what it said last, and what a person does about it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import TimeoutError as TooSlowError
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Path
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from publisher.app import channels, doctor
from publisher.app.channels import ChannelNow
from publisher.app.doctor import Found, Level
from publisher.config.channels import is_secret
from publisher.config.values import NAME
from publisher.errors import StaleError
from publisher.model.staff import May
from publisher.runtime.sidebyside import SideBySide
from publisher.speech.phrases import _, joined, ngettext
from publisher.store.permission import allowed
from publisher.web.acts import Acts, Done, Words
from publisher.web.console.channel_records import ChannelLine, ChannelWhole, line_of, whole_of
from publisher.web.console.hiding import Hide
from publisher.web.console.paging import PAGE, Limit, Mark, Page, cut_by_name
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

HERE = "/channels"
ONE = f"{HERE}/{{name}}"
PATIENCE = timedelta(seconds=15)  # how long somebody waits for what DNS, a network and our own addresses say
AT_ONCE = 2  # channels that are looked at
ENDING = timedelta(days=7)  # before its end a token is named
Name = Annotated[str, Path(pattern=f"^{NAME.pattern}$", max_length=64)]


class Stop(Words):
    """Why a channel carries nothing for now."""

    why: str = Field(min_length=1, max_length=300)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a doctor found, and when."""

    at: datetime
    found: tuple[Found, ...]


class Ward:
    """Looks at channels on demand; what was found last is kept for as long as this process lives."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._last: dict[str, Checked] = {}
        self._looking = SideBySide(self._look, threads=AT_ONCE, apart=AT_ONCE)

    def last(self, name: str) -> Checked | None:
        """Return what was found last; None: nobody has looked."""
        return self._last.get(name)

    @allowed(May.OPERATE)  # here: the threads that look know no more who asks
    def look(self, name: str) -> Checked | None:
        """Look at a channel; None where that takes longer than people wait: it goes on, and is kept."""
        try:
            return self._looking.ask(name).result(PATIENCE.total_seconds())
        except TooSlowError:
            return None

    def _look(self, name: str) -> Checked:
        found = doctor.examine(self._app, name, doctor.Names(), doctor.Web())
        self._last[name] = Checked(self._app.clock(), tuple(found))
        return self._last[name]


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses of channels."""
    router = APIRouter(default_response_class=HTMLResponse)
    ward = Ward(app)
    _show(router, app, pages, ward)
    _do(app, acts, ward)
    _tell(app, acts, ward)
    return router


def _show(router: APIRouter, app: App, pages: Pages, ward: Ward) -> None:
    @router.get(HERE)
    def every() -> Response:
        found = channels.standing(app)
        return pages.page("channels.html", here="channels", channels=found, ends=_ends(found), hide=Hide(app))

    @router.get(ONE)
    def one(name: Name) -> Response:
        channel = _named(app, name)
        spec = app.project.channels[name]
        return pages.page(
            "channel.html",
            here="channels",
            channel=channel,
            options=[(option, is_secret(option)) for option in spec.options],
            checked=ward.last(name),
            soon=app.clock() + ENDING,
            hide=Hide(app),
            fallback=spec.fallback,
        )


def _do(app: App, acts: Acts, ward: Ward) -> None:
    @acts.post(f"{ONE}/stop", may=May.OPERATE, back=ONE)
    def stop(name: Name, said: Stop) -> Done:
        """Let a channel carry nothing until a person lets it go on; what waits goes by its fallback, or waits."""
        _known(app, name)
        channels.stop(app, name, said.why)
        return Done(
            said=_(
                "Channel %(name)s is stopped: no call of it begins any more. Those under way end as they end.",
                name=name,
            )
        )

    @acts.post(f"{ONE}/release", may=May.OPERATE, back=ONE)
    def release(name: Name) -> Done:
        """Let a channel go on that was stopped and is mended, or that rests."""
        _known(app, name)
        actor, now = app.actor, app.clock()
        done, rest = channels.release(app.store, app.project, app.settings, name, actor=actor, now=now)
        if not done.did_something:
            raise StaleError(f"{name} was neither stopped nor resting")
        words = [
            _("Channel %(name)s goes on.", name=name)
            if not done.going_on
            else ngettext(
                "Channel %(name)s goes on, and %(count)s send that waited for it.",
                "Channel %(name)s goes on, and %(count)s sends that waited for it.",
                len(done.going_on),
                name=name,
            )
        ]
        stay = ngettext(
            "%(count)s send stays: something else holds it.",
            "%(count)s sends stay: something else holds them.",
            len(done.kept),
        )
        words += [stay] if done.kept else []
        return Done(said=joined([*words, f"{channels.rest_words(name, rest, app.zone)}." if rest else ""]))

    @acts.post(f"{ONE}/check", may=May.OPERATE, back=ONE)
    def check(name: Name) -> Done:
        """Look whether a channel's letters would be believed: options, account, DNS, our addresses. Sends nothing."""
        _known(app, name)
        checked = ward.look(name)
        if checked is None:
            return Done(said=_("That takes longer. What is found stands here in a while: load this page again."))
        trouble = sum(each.level is Level.TROUBLE for each in checked.found)
        looked = ngettext("%(count)s thing looked at.", "%(count)s things looked at.", len(checked.found))
        bad = ngettext("%(count)s of them is in trouble.", "%(count)s of them are in trouble.", trouble)
        return Done(said=joined([looked, bad if trouble else _("None is in trouble.")]))


def _tell(app: App, acts: Acts, ward: Ward) -> None:
    @acts.api.get(HERE, response_model=Page[ChannelLine])
    def lines(after: Mark = "", limit: Limit = PAGE) -> Page[ChannelLine]:
        """List the channels in the order of the file: how each stands, and how much of its limits is used."""
        hide = Hide(app)
        found, mark = cut_by_name(channels.standing(app), after, limit, lambda each: each.name)
        return Page[ChannelLine](items=[line_of(each, hide) for each in found], after=mark)

    @acts.api.get(ONE, response_model=ChannelWhole)
    def line(name: Name) -> ChannelWhole:
        """Tell all of a channel: its last calls, its tokens' ends, and what its last check found."""
        checked = ward.last(name)
        found, at = (checked.found, checked.at) if checked else ((), None)
        return whole_of(_named(app, name), Hide(app), found, at)


def _ends(found: list[ChannelNow]) -> Mapping[str, datetime]:
    """Return when the first token of each channel ends, by its name."""
    ends = {each.name: [row["ends_at"] for row in each.tokens if row["ends_at"]] for each in found}
    return {name: min(moments) for name, moments in ends.items() if moments}


def _known(app: App, name: str) -> None:
    if name not in app.project.channels:
        raise HTTPException(404, _("There is no such channel in schedules.yaml."))


def _named(app: App, name: str) -> ChannelNow:
    _known(app, name)
    return next(each for each in channels.standing(app) if each.name == name)
