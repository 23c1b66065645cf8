"""The console's pages by which a channel gets its token or key: the steps of `publisher connect`, each a form.

What is given on the way stays in this process's memory, for a quarter of an hour at most and for one session alone:
nothing secret goes back to the browser, so that none is left in a page, a history or a cache. Whoever is led to a
network's page and comes back finds their step where it was; a process that ends forgets it, and one begins again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import HTMLResponse, Response

from publisher.app.connecting import Connecting, Written, noted, waits
from publisher.clock import Clock
from publisher.errors import PublisherError, UsageError
from publisher.model.staff import May
from publisher.senders.connecting import Ask, Grant, Step, Way
from publisher.speech.phrases import _
from publisher.web.acts import Acts
from publisher.web.console.channels import ONE, Name
from publisher.web.door import needs
from publisher.web.flash import back_to
from publisher.web.forms import LONGEST, Form, Said
from publisher.web.here import form_token
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

HERE = f"{ONE}/connect"
LASTS = timedelta(minutes=15)
MOST = 50  # that connect at the same time
TWICE = _("This step was pressed before: that press counts, and this one did nothing.")
ANSWER = "answer-"  # before the name of what is asked for: a field of a form


@dataclass(frozen=True, slots=True)
class Walk:
    """How far somebody has come.

    :ivar number: of the step that they are shown.
    :ivar given: all answers and notes so far.
    :ivar is_taken: its step was pressed, and what was given is being tried.
    :ivar done: what came of it, in sentences; none yet.
    """

    way: str
    until: datetime
    number: int = 0
    step: Step | None = field(default=None, repr=False)
    given: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_taken: bool = False
    done: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()  # to be written under the channel


class Walks:
    """Those that are under way, by session and channel; in memory, and nowhere else."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = Lock()
        self._kept: dict[tuple[str, str], Walk] = {}

    def get(self, channel: str) -> Walk | None:
        """Return the walk of whoever asks; None where there is none, or its time is over."""
        with self._lock:
            self._forget_old()
            return self._kept.get((form_token(), channel))

    def keep(self, channel: str, walk: Walk) -> None:
        """Keep how far whoever asks has come.

        :raises UsageError: too many connect something at this moment.
        """
        with self._lock:
            self._forget_old()
            if len(self._kept) >= MOST and (form_token(), channel) not in self._kept:
                raise UsageError(
                    "too many connect a channel at this moment", remedy="Try again in a quarter of an hour"
                )
            self._kept[form_token(), channel] = walk

    def take(self, channel: str, walk: Walk) -> bool:
        """Let one press of a step count; say whether it is this one."""
        with self._lock:
            if walk.is_taken or self._kept.get((form_token(), channel)) is not walk:
                return False
            self._kept[form_token(), channel] = replace(walk, is_taken=True)
            return True

    def forget(self, channel: str) -> None:
        with self._lock:
            self._kept.pop((form_token(), channel), None)

    def _forget_old(self) -> None:
        now = self._clock()
        for key in [key for key, walk in self._kept.items() if walk.until <= now]:
            del self._kept[key]


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses at which a channel is connected."""
    router = APIRouter(default_response_class=HTMLResponse, dependencies=[Depends(needs(May.OPERATE))])
    walks = Walks(app.clock)

    def page(
        connecting: Connecting, walk: Walk | None, *, problems: Mapping[str, str] = {}, **context: Any
    ) -> Response:
        empty: dict[str, Any] = {"set_already": (), "problems": problems, "typed": {}}
        status = 400 if problems else 200
        own = {"channel": connecting.channel, "ways": connecting.ways, "walk": walk, "answer": ANSWER}
        own["described"] = connecting.described() if not connecting.ways else []
        return pages.page("connect.html", status=status, here="channels", **(empty | own | context))

    @router.get(HERE)
    def look(name: Name) -> Response:
        connecting, walk = _connecting(app, name), walks.get(name)
        if walk is not None and walk.done:
            walks.forget(name)
        try:
            already = [] if walk else [one for way in connecting.ways for one in connecting.replaced(way)]
        except PublisherError as error:
            return back_to(f"/channels/{name}", pages.say(f"{error}."), is_bad=True)
        return page(connecting, walk, set_already=list(dict.fromkeys(already)))

    @router.post(f"{HERE}/begin")
    def begin(name: Name, said: Said) -> Response:
        connecting, back = _connecting(app, name), f"/channels/{name}/connect"
        try:
            way = _way(connecting, said.get("way"))
            if connecting.replaced(way) and not said.get("replace"):
                raise UsageError("something is set already", remedy="Mark that it may be replaced")
            walks.keep(name, _led(connecting, Walk(way.name, app.clock() + LASTS)))
        except PublisherError as error:
            return back_to(back, pages.say(f"{error}."), is_bad=True)
        return back_to(back)

    @router.post(f"{HERE}/step")
    def step(name: Name, said: Said) -> Response:
        connecting, walk, back = _connecting(app, name), walks.get(name), f"/channels/{name}/connect"
        if walk is None:
            words = _("Its quarter of an hour is over, or it was begun elsewhere. Nothing was written: begin again.")
            return back_to(back, pages.say(words), is_bad=True)
        if walk.step is None or said.get("number") != str(walk.number):
            return back_to(back, pages.say(TWICE), is_bad=True)  # or it is a page of before
        answers = [(ask, said.get(f"{ANSWER}{ask.name}")) for ask in walk.step.asks]
        problems = {ask.name: wrong for ask, text in answers if (wrong := _problem(connecting, ask, text, said))}
        if problems:
            typed = {ask.name: text for ask, text in answers if not ask.is_secret}
            return page(connecting, walk, problems=problems, typed=typed)
        if not walks.take(name, walk):
            return back_to(back, pages.say(TWICE), is_bad=True)
        given = noted(walk.given, walk.step, [(ask.name, text) for ask, text in answers])
        try:
            walks.keep(name, _led(connecting, replace(walk, given=given, number=walk.number + 1)))
        except Exception as error:
            walks.forget(name)
            if not isinstance(error, PublisherError):
                raise
            return back_to(back, pages.say(f"{error}."), is_bad=True)
        return back_to(back)

    @router.post(f"{HERE}/leave")
    def leave(name: Name) -> Response:
        walk = walks.get(name)
        if walk is not None and walk.is_taken:
            words = _("What was given is being tried: look in a moment.")
            return back_to(f"/channels/{name}/connect", pages.say(words), is_bad=True)
        walks.forget(name)
        return back_to(f"/channels/{name}", pages.say(_("Nothing was written.")))

    return router


def _connecting(app: App, name: str) -> Connecting:
    if name not in app.project.channels:
        raise HTTPException(404, _("There is no such channel in schedules.yaml."))
    return Connecting(app, name)


def _way(connecting: Connecting, name: str) -> Way:
    ways = {way.name: way for way in connecting.ways}
    if name not in ways and len(ways) == 1:
        return connecting.ways[0]
    if name not in ways:
        raise UsageError("it isn’t said which way", remedy="Choose one")
    return ways[name]


def _problem(connecting: Connecting, ask: Ask, text: str, said: Form) -> str:
    if len(said.whole(f"{ANSWER}{ask.name}")) >= LONGEST:
        return "that is too long to be one"
    return connecting.problem(ask, text)


def _led(connecting: Connecting, walk: Walk) -> Walk:
    """Go on to the next step that has something for a person, or to the end.

    :raises PublisherError: it ends here, and nothing was written.
    """
    way = _way(connecting, walk.way)
    for number in range(walk.number, len(way.moves)):
        step = connecting.step(way, number, walk.given)
        if isinstance(step, Grant):
            return _ended(connecting, walk, step)
        if waits(step):
            return replace(walk, number=number, step=step)
        walk = replace(walk, given=noted(walk.given, step, ()))
    raise AssertionError(f"the way of {connecting.channel.sender} ends without a grant")


def _ended(connecting: Connecting, walk: Walk, grant: Grant) -> Walk:
    """Try what was given, write it down, and keep nothing of it."""
    whose = connecting.tried(grant)
    written = connecting.write(grant)
    done = (*_words(connecting, whose, written), connecting.go_on(written))
    return Walk(walk.way, walk.until, done=tuple(filter(None, done)), lines=written.lines)


def _words(connecting: Connecting, whose: str | None, written: Written) -> list[str]:
    sender = connecting.channel.sender
    said = [
        f"{sender} can’t be asked without sending: the first letter or post tells whether this is right"
        if whose is None
        else f"{sender} takes it: {' '.join(whose.split())}"
    ]
    said += [f"Written into .env: {', '.join(written.names)}"] if written.names else []
    said += ["Others could read .env until now; now its owner alone may"] if written.is_closed else []
    return said
