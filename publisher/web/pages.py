"""Templates and the words on pages: times with their zone, sizes, states."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from sqlalchemy.exc import DBAPIError

from publisher.app.evidence import readable
from publisher.errors import PublisherError
from publisher.model.post_size import urls_in
from publisher.model.states import SENTENCES
from publisher.render.conventions import direction_of
from publisher.speech import ENGLISH, catalogue, day_words, moment_words, nearest
from publisher.speech.phrases import Phrase
from publisher.store import facts, permission
from publisher.web.below import in_page
from publisher.web.flash import forget, said_before
from publisher.web.headers import OWN_PICTURES, policy
from publisher.web.here import form_token
from publisher.web.navigation import NAVIGATION
from publisher.web.places import Places, Served, is_for_readers
from publisher.web.pressing import LINK, begun, dated, pressed
from publisher.web.wording import Words, words_of

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.store.facts import Held
    from publisher.web.typed import Typed

# What the states of editions and sends mean to people; those of deliveries stand in the model.
WORDS: Mapping[str, str] = {
    **SENTENCES,
    "draft": "may still be changed",
    "locked": "on its way",
    "closed": "finished",
    "skipped": "nothing went out",
    "made": "being made",
    "waiting": "waits for approval",
    "ready": "ready to go",
    "addressed": "its readers are chosen",
    "sending": "under way",
    "paused": "stopped: waits for a person",
    "done": "finished",
    "withdrawn": "taken down from its network",
    "refused": "refused for good",
    "deferred": "not accepted, to be tried again",
    "claimed": "about to be tried",
    "answered": "answered",
    "given back": "given back before anything was said",
}

_FOLDS = re.compile(r"(?<=@)|(?=\.)")  # where an address may break
_TO_TYPE = re.compile(rf"`([^`\n]+)`|(\bpublisher [a-z][^;,()`\ue000]*[^;,()`\s.\ue000])|{LINK}")


class Pages:
    """Makes pages from templates.

    :param app: the project; None where there is only the inbox.
    """

    def __init__(self, app: App | None) -> None:
        self.app = app

    @property
    def _public_url(self) -> str:
        return self.app.project.publication.public_url if self.app else ""

    def html(self, template: str, places: Places, **context: Any) -> str:
        """Return a page as text."""
        common = {
            "to": places,
            "publication": self.app.project.publication.name if self.app else "Inbox",
            "language": self.app.project.publication.language if self.app else "en",
            "practice": self.app is not None and self.app.is_practice,
            "has_project": self.app is not None,
            "spoken": self.spoken,
            "zone": self.zone,
            "now": self.app.clock() if self.app else None,
            "here": "",
            "live": "",  # what of it is told anew while it is open: see web/live.py
            "navigation": NAVIGATION,
            "is_outside": False,  # before signing in nothing else is there
            "scripts": permission.is_asked(),  # elsewhere the policy of the answer lets none run
            "worker": permission.who(),
            "form_token": form_token(),
            "flash": said_before(),
            "sending_held": self._sending_held(),
        }
        return in_page(environment(self.spoken).get_template(template).render(common | context))

    def page(
        self, template: str, *, status: int = 200, pictures: str = "", places: Places | None = None, **context: Any
    ) -> HTMLResponse:
        """Return a page as an answer.

        :param places: where what belongs to it is; None: where the ledger's things are.
        :param pictures: the directive that lets it show pictures of others.
        """
        csp = policy(pictures or OWN_PICTURES, scripts=permission.is_asked())
        html = self.html(template, places or Served(self._public_url), **context)
        answer = HTMLResponse(html, status, {"Content-Security-Policy": csp})
        forget(answer)
        return answer

    def trouble(self, status: int, title: str, words: str, *, path: str = "", typed: Sequence[Typed] = ()) -> Response:
        """Return an error: a page for people, JSON for whoever speaks one of the interfaces.

        :param typed: what stood in the form that was not taken: the page shows it.
        """
        if path.startswith("/api/"):
            return JSONResponse({"error": f"{title}. {words}"}, status)
        if path.startswith(("/inbox/api/", "/inbox/posts/")):
            return JSONResponse({"Error": f"{title}. {words}"}, status)
        if is_for_readers(path):
            return self._trouble_of_readers(status)
        return self.page(
            "trouble.html", status=status, title=title, words=self.say(words), typed=typed, is_kept=status == 413
        )

    def _trouble_of_readers(self, status: int) -> Response:
        say = self.words()
        named = {404: ("trouble_404_title", "trouble_404"), 405: ("trouble_404_title", "trouble_404")}
        named |= {413: ("trouble_title", "trouble_413"), 429: ("trouble_title", "trouble_429")}
        title, words = named.get(status, ("trouble_title", "trouble"))
        return self.page("public_trouble.html", status=status, say=say, title=say(title), words=say(words))

    def _sending_held(self) -> Held | None:
        """Return who holds all sending, for whoever works here; where the ledger can't tell, the page says that."""
        if self.app is None or not permission.is_asked():
            return None
        try:
            with self.app.store.read() as conn:
                return facts.held(conn)
        except (PublisherError, DBAPIError):
            return None

    def words(self, language: str = "") -> Words:
        """Return the words of pages for readers.

        :param language: that they chose, or that of the list; empty: the publication's.
        """
        own = self.app.project.publication.language if self.app else "en"
        return words_of(language or own, self.zone.key)

    def say(self, words: str) -> str:
        """Return what a page says of what was just done, or why it was not: in its language, with what to press."""
        said = dated(to_do(words, self.spoken), self.zone, self.spoken)
        return said if isinstance(words, Phrase) else begun(said)  # a phrase begins as it is meant: with a name, too

    @property
    def spoken(self) -> str:
        """The language of the console's own words: the publication's, where it speaks that."""
        return nearest(self.app.project.publication.language) if self.app else "en"

    @property
    def zone(self) -> ZoneInfo:
        return self.app.zone if self.app else ZoneInfo("UTC")


@cache
def environment(language: str = "en") -> Environment:
    """Return what makes pages, in a language that the console speaks."""
    from publisher.store.sends import CORRECTION, FOLLOWING, WITHDRAWAL

    made = Environment(
        loader=PackageLoader("publisher.web", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined] # by the extension
    in_it = partial(spoken, language)
    made.filters |= {
        "spoken": in_it,
        "state_words": lambda state: in_it(state_words(state)),
        "moment": partial(moment, language=language),
        "day": partial(day_words, language=language),
        "begun": begun,
        "to_do": partial(to_do, language=language),
        "to_type": partial(to_type, language=language),
        "sentence": partial(sentence, language=language),
        "readable": readable,
        "rate": rate,
        "as_moment": datetime.fromisoformat,
        "size": partial(size, language=language),
        "dated": partial(timed, language=language),
        "linked": linked,
        "foldable": foldable,
        "host": host,
    }
    made.globals |= {"WITHDRAWAL": WITHDRAWAL, "CORRECTION": CORRECTION, "FOLLOWING": FOLLOWING}
    direction = direction_of(language)
    backward, onward = ("→", "←") if direction == "rtl" else ("←", "→")
    made.globals |= {"direction": direction, "backward": backward, "onward": onward}
    return made


def moment(value: datetime | None, zone: ZoneInfo, *, seconds: bool = False, language: str = ENGLISH) -> Markup:
    """Print a time as the publication's clock shows it, with the zone's name; a dash for none."""
    if value is None:
        return Markup("–")
    shown = moment_words(value, zone, seconds=seconds, language=language)
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(timespec="seconds"), shown)


def size(count: int, language: str = ENGLISH) -> str:
    """Print a number of bytes."""
    return f"{count:,} {spoken(language, 'bytes')}" if count < 1_000 else f"{count / 1_000:,.1f} KB"


def rate(per_second: float) -> str:
    """Print how many of something come in a second."""
    return f"{per_second:,.0f}" if per_second >= 10 else f"{per_second:.1f}"


def spoken(language: str, words: str) -> str:
    """Print words that come from Python, in a language where it has them: unlike ``_``, it trusts none as markup."""
    if isinstance(words, Phrase):
        return words.spoken(language)
    return catalogue(language).gettext(str(words)) if words else ""


def state_words(state: str) -> str:
    return WORDS.get(state, state)


def sentence(words: str, language: str = ENGLISH) -> str:
    """Print words with the full stop that they may have already, and what to press in them."""
    words = to_do(words, language)
    return words if words.endswith((".", "?", "!")) else f"{words}."


def to_do(words: str, language: str = ENGLISH) -> str:
    """Return what to do: what to press for whoever is signed in, the command for whoever isn't."""
    said = spoken(language, words)
    return pressed(said, language) if permission.who() is not None else said


def timed(words: str, zone: ZoneInfo, language: str = ENGLISH) -> str:
    """Print words that the ledger or the terminal would have with their times as the rest of the page shows times."""
    return dated(spoken(language, words), zone, language)


def to_type(words: str, language: str = ENGLISH) -> Markup:
    """Print what to do: each command in it as one to type, and each page that it names as a link."""
    words = spoken(language, words)
    if permission.who() is not None:
        words = pressed(words, language, linked=True)
    parts, end = [], 0
    for found in _TO_TYPE.finditer(words):
        link = Markup('<a href="{}">{}</a>').format(found[3], found[4])
        shown = link if found[3] else Markup("<code>{}</code>").format(found[1] or found[2])
        parts += [escape(words[end : found.start()]), shown]
        end = found.end()
    return Markup("").join([*parts, escape(words[end:])])


def foldable(address: str) -> Markup:
    """Print an address that breaks behind its @ and before its dots, where it has to."""
    return Markup("<wbr>").join(escape(part) for part in _FOLDS.split(address))


def linked(text: str) -> Markup:
    """Print a post's text with its web addresses as links."""
    parts, end = [], 0
    for start, stop in urls_in(text):
        url = text[start:stop]
        link = Markup('<a href="{}" rel="noopener noreferrer nofollow">{}</a>').format(url, url)
        parts += [escape(text[end:start]), link]
        end = stop
    return Markup("").join([*parts, escape(text[end:])])


def host(url: str | None) -> str:
    """Return the host of an address that may be linked to; empty for any other."""
    try:
        parts = urlsplit(url or "")
        return (parts.hostname or "").removeprefix("www.") if parts.scheme in ("http", "https") else ""
    except ValueError:
        return ""


def stylesheet() -> str:
    return files("publisher.web").joinpath("static/style.css").read_text("utf-8")
