"""Every page of the console, by the address that the application lists; and those that only a button makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.app import staff
from tests.judges.newsroom import LONG_NAME, Newsroom, value
from tests.unit.web.readers import PUBLIC

if TYPE_CHECKING:
    import requests

    from tests.unit.web.browsers import Browser

BIG = "x" * 2_000_000


@dataclass(frozen=True, slots=True)
class Visit:
    """A page, as somebody comes to it.

    :ivar route: the address as the application lists it.
    :ivar more: what tells this visit from others of the same route.
    """

    route: str
    path: str
    more: str = ""
    fields: dict[str, object] | None = None  # a button that is pressed; None: it is looked at
    who: str = "admin"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        words = f"{self.route.strip('/') or 'today'} {self.more}"
        return "-".join("".join(c if c.isalnum() else " " for c in words).split())

    def ask(self, room: Newsroom) -> requests.Response:
        browser = getattr(room, self.who)
        if self.fields is None:
            return _followed(browser, browser.get(self.path, headers=dict(self.headers)))
        if self.who == "stranger":
            return browser.post(self.path, data=self.fields)
        return _followed(browser, browser.do(self.path, **self.fields))


def _followed(browser: Browser, answer: requests.Response) -> requests.Response:
    return browser.get(answer.headers["location"]) if answer.status_code == 303 else answer


# What has no page, and why.
NO_PAGES = {
    "/audit.csv": "a download",
    "/laid-out/{key}/{number}/html": "a frame, as a mail",
    "/laid-out/{key}/pictures/{name}": "a picture",
    "/previews/{key}/{number}/html": "a frame, as a mail",
    "/previews/{key}/pictures/{name}": "a picture",
    "/messages/{send_id}/html": "a frame, as a mail",
    "/media/{name}": "a picture",
    "/inbox/messages/{message_id}/html": "a frame, as a mail",
    "/archive/{list_name}/{name}/mail": "a frame, as a mail",
    "/articles/{article_id}/text": "a frame, as a mail",
    "/archive/{list_name}/feed.xml": "a feed",
    "/preview/{token}/{version}/{number}": "a frame, as a mail",
    "/l/{name}": "leads elsewhere",
    "/a/{token}/data": "a download",
    "/subscribers/all-counted": "a part of a page",
    "/schedules/{name}/preview/files": "a frame that says whether a file was saved",
}
# What readers see is judged in two languages by test_pages.py.
OF_READERS = {
    "/subscribe",
    "/subscribe/{name}",
    "/c/{token}",
    "/u/test/choices",
    "/u/test",
    "/u/{token}",
    "/u/{token}/choices",
    "/my",
    "/a/{token}",
    "/a/{token}/erase",
    "/m/{token}",
}


def looked_at(room: Newsroom) -> Iterator[Visit]:
    """Yield the pages that are only looked at."""
    gone, draft, held = (f"/editions/{number}" for number in (room.site.edition, room.draft, room.held))
    edition, subscriber = "/editions/{edition_id}", "/subscribers/{name}"
    for path in (
        "/",
        "/articles",
        "/articles/new",
        "/audit",
        "/breaking",
        "/calendar",
        "/channels",
        "/editions",
        "/figures",
        "/hooks",
        "/inbox",
        "/inbox/posts",
        "/log",
        "/people",
        "/people/me",
        "/schedules",
        "/schedules/edit",
        "/schedules/versions",
        "/sources",
        "/subscribers",
        "/suppressions",
        "/sign-in",
    ):
        yield Visit(path, path, who="stranger" if path == "/sign-in" else "admin")
    yield Visit("/articles/{article_id}", "/articles/1")
    letter = room.site.inbox.latest("mail")[0]["id"]
    yield Visit("/inbox/messages/{message_id}", f"/inbox/messages/{letter}")
    for name in ("letters", "mastodon"):
        yield Visit("/channels/{name}", f"/channels/{name}", name)
    yield Visit("/channels/{name}/connect", "/channels/mastodon/connect")
    for state in ("sent", "failed", "unknown"):
        yield Visit("/deliveries/{delivery_id}", f"/deliveries/{room.site.delivery(state)}", state)
    for more, path in (("gone", gone), ("draft", draft), ("held", held), ("agreed", f"/editions/{room.agreed}")):
        yield Visit(edition, path, more)
    for verb in ("cancel", "withdraw", "resend", "unknown", "correct"):
        yield Visit(f"{edition}/{verb}", f"{gone}/{verb}")
        yield Visit(f"{edition}/{verb}", f"{held}/{verb}", "held")
    for number in (1, 2):
        yield Visit("/hooks/{hook_id}", f"/hooks/{number}", str(number))
        yield Visit("/hooks/{hook_id}/messages/{number}", f"/hooks/{number}/messages/{number}", str(number))
    for who in ("ben", "editor"):
        yield Visit("/people/{name}", f"/people/{who}", who)
    for name in ("noon", "rests", LONG_NAME):
        yield Visit("/schedules/{name}/about", f"/schedules/{name}/about", name)
    for verb in ("edit", "next", "run", "preview"):
        where = "noon" if verb in ("edit", "preview") else LONG_NAME
        yield Visit(f"/schedules/{{name}}/{verb}", f"/schedules/{where}/{verb}")
    yield Visit("/schedules/versions/{version_id}", "/schedules/versions/2")
    for name in ("site", "broken", "desk"):
        yield Visit("/sources/{name}", f"/sources/{name}", name)
    for email in ("reader1@example.org", "zoe@example.org"):
        yield Visit(subscriber, f"/subscribers/{room.reader(email)}", email)
    yield from _elsewhere(room)
    yield from _narrowed()


def _elsewhere(room: Newsroom) -> Iterator[Visit]:
    """Yield pages of whoever comes by a link."""
    to_ben = staff.invite(room.app, "ben", "test").rpartition("/")[2]
    room.app.set_up_code = "a-code"
    yield Visit("/welcome/{invitation}", f"/welcome/{to_ben}", who="stranger")
    yield Visit("/set-up/{code}", "/set-up/a-code", who="stranger")
    public = tuple(PUBLIC.items())
    yield Visit("/preview/{token}", room.approval(), who="stranger", headers=public)
    yield Visit("/archive", "/archive", who="stranger", headers=public)
    yield Visit("/archive/{list_name}", "/archive/daily", who="stranger", headers=public)
    yield Visit("/archive/{list_name}/{name}", room.archived(), who="stranger", headers=public)


def _narrowed() -> Iterator[Visit]:
    """Yield lists of which a part is asked for, and in which nothing is."""
    yield Visit("/log", "/log?edition=1&state=failed&domain=example.org", "narrowed")
    yield Visit("/log", "/log?state=cancelled&until=2020-01-01", "nothing")
    yield Visit("/audit", "/audit?about=nothing", "nothing")
    yield Visit("/articles", "/articles?q=nothing-of-the-kind", "nothing")
    yield Visit("/editions", "/editions?schedule=rests", "nothing")
    yield Visit("/schedules", "/schedules?q=nothing-of-the-kind", "nothing")
    yield Visit("/figures", "/figures?hours=week&days=year", "long")
    yield Visit("/calendar", "/calendar?from=2026-10-19", "clocks")


def pressed(room: Newsroom) -> Iterator[Visit]:
    """Yield the pages that a button makes; those that change something last."""
    draft = f"/editions/{room.draft}"
    text, seen = (room.app.folder / "schedules.yaml").read_text(), value("seen", room.admin.get("/schedules/edit").text)
    broken, more = text.replace("at_most: 5", "at_most: five"), text.replace('"12:00"', '"12:30"')
    yield Visit("/breaking/look", "/breaking/look", fields={"article": 2, "to": "daily", "via": "letters"})
    yield Visit("/breaking/look", "/breaking/look", "wrong", {"article": "<b>", "to": "daily"}, status=400)
    right = {"note": "The tides were those of *yesterday*.", "subject": "The right tides", "mail": "true"}
    yield Visit("/editions/{edition_id}/correct/look", f"/editions/{room.site.edition}/correct/look", fields=right)
    yield Visit("/schedules/check", "/schedules/check", "fine", {"text": more, "seen": seen})
    yield Visit("/schedules/check", "/schedules/check", "wrong", {"text": broken, "seen": seen})
    yield Visit("/schedules/save", "/schedules/save", "wrong", {"text": broken, "seen": seen}, status=400)
    yield Visit("/schedules/save", "/schedules/save", "conflict", {"text": more, "seen": "0" * 64}, status=409)
    yield Visit("/subscribers", "/subscribers", "nobody", {"address": "who@example.org"})
    yield Visit("/subscribers", "/subscribers", "no address", {"address": "<x>"}, status=400)
    yield Visit("/suppressions/look", "/suppressions/look", fields={"address": "nobody@example.org"})
    yield Visit("/log", "/log", "address", {"address": "reader1@example.org"})
    form = _followed(room.admin, room.admin.get("/articles/new")).text
    own = {name: value(name, form) for name in ("key", "seal")}
    yield Visit("/articles/new", "/articles/new", "wrong", {**own, "title": "", "text": "A word"}, status=400)
    yield Visit("/articles/new", "/articles/new", "too old", {"title": ""}, status=403)
    yield Visit("/people/me/tokens", "/people/me/tokens", "told once", {"name": "another", "scopes": "look"})
    yield Visit("/hooks", "/hooks", "wrong", {"address": "javascript:alert(1)", "on": "edition.closed"}, status=400)
    yield Visit("/hooks", "/hooks", "told once", {"address": "https://three.example/in"})
    stale = {"article": 1, "seen": 999}
    yield Visit("/editions/{edition_id}/drop", f"{draft}/drop", "stale", stale, status=409)
    yield Visit("/sign-in", "/sign-in", "wrong", {"name": "anna", "password": "guessed"}, "stranger", 403)
    yield Visit("/set-up/{code}", "/set-up/a-code", "wrong", {"name": "x", "password": "short"}, "stranger", 400)
    yield Visit("/hooks", "/hooks", "not yours", who="editor", status=403)
    yield Visit("/people/{name}", "/people/ben", "not yours", who="editor", status=403)
    yield Visit("/editions/{edition_id}", "/editions/999", "no such", status=404)
    yield Visit("/log", "/log?edition=none", "no number")
    yield Visit("/schedules/save", "/schedules/save", "too large", {"text": BIG, "seen": seen}, status=413)
    yield Visit("/audit", "/audit", "not this way", {}, status=405)
