"""A newsroom with something on every page of its console, made by the product's own functions and pressed buttons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from publisher.app import App, asking, hooks, tokens
from publisher.app.slots import fire_due
from publisher.config.keys import KeyRing
from publisher.model.hook import MessageState
from publisher.model.staff import May, Role
from publisher.store import alerts, edition_lists
from publisher.store.tables import sends
from publisher.web.console.subscribers import READER
from tests.ledger import Clock, add_edition
from tests.project import ProjectDir
from tests.unit.web.browsers import Browser, signed_in
from tests.unit.web.console.test_hooks import fail
from tests.unit.web.ledger import HOSTILE, NOW, PROJECT, Site, add_reader, fill, served
from tests.unit.web.past import address
from tests.unit.web.readers import person
from tests.unit.web.test_inbox_pages import LETTER

WHY = "the tables of the tide came out a day late, and nobody at the harbour could say when they will be mended"
LONG_NAME = "the-week-as-somebody-calls-it-who-has-much-time"
LONG_ADDRESS = f"https://news.example/{'an-address-without-a-place-to-break-it-' * 4}"
CHANGES = (
    ("practice: true\n", ""),
    (
        "{feed: feed/feed.xml}",
        "{feed: feed/feed.xml, backfill: 8}\n  broken: {feed: feed/none.xml}\n  desk: {push: true}",
    ),
    (
        "{title: Morning briefing}",
        f"{{title: Morning briefing, archive: public}}\n  weekly: {{title: The week}}\n  {LONG_NAME}: {{title: Long}}",
    ),
    ("{sender: mailpit}", "{sender: mailpit, per_day: 1000}"),
)
SCHEDULES = f"""\
  noon:
    when: {{at: "12:00", prepare: 6h}}
    pick: {{from: [site], at_most: 5}}
    approve: {{by: 2, ask: [anna@example.org, ben@example.org]}}
    send:
      - {{via: letters, to: daily}}
      - {{via: mastodon}}
  {LONG_NAME}:
    when: {{at: "18:00", days: [sat]}}
    pick: {{from: [site, broken], at_most: 20}}
    send:
      - {{via: letters, to: weekly}}
  late:
    when: {{at: "13:00", prepare: 7h}}
    pick: {{from: [site], at_most: 3}}
    approve: {{by: 2}}
    send:
      - {{via: letters, to: weekly}}
  rests:
    when: {{at: ["06:00", "09:00", "15:00", "21:00"]}}
    pick: {{from: [site]}}
    send:
      - {{via: mastodon}}
"""


@dataclass(frozen=True, slots=True)
class Newsroom:
    """A console in use, and who uses it.

    :ivar draft: the edition that nobody has approved yet.
    :ivar agreed: the edition that one of two has approved.
    :ivar held: the edition that a person holds.
    """

    site: Site
    admin: Browser
    editor: Browser
    stranger: Browser
    draft: int
    agreed: int
    held: int

    @property
    def app(self) -> App:
        return self.site.app

    def reader(self, email: str = "reader1@example.org") -> str:
        """Return by what name somebody's page is asked for."""
        found = person(self.app, email)
        assert found is not None
        return self.app.wire_name(READER, found.id)

    def approval(self) -> str:
        """Return where somebody is asked to approve the draft."""
        return asking.link(self.app, self.draft, "anna@example.org").removeprefix(self.app.public_url)

    def archived(self) -> str:
        """Return where the mail that went out is kept for everybody."""
        return address(self.app, self.site.mail_send)


def _project(folder: Path) -> str:
    text = PROJECT
    for old, new in CHANGES:
        assert old in text
        text = text.replace(old, new)
    return text + SCHEDULES


@contextmanager
def newsroom(folder: Path) -> Iterator[Newsroom]:
    """Open it: at seven in the morning, with a draft for noon, and a night behind it in which much went wrong."""
    (folder / "schedules.yaml").write_text(_project(folder), encoding="utf-8")
    (folder / ".env").write_text("TOKEN=a-token-of-mastodon\n")
    (folder / "feed").mkdir()
    ProjectDir.publish_in(folder / "feed", 6)
    KeyRing.create(folder / "keys.json")
    clock = Clock(NOW - timedelta(hours=2))
    app = App.open(folder, clock=clock)
    with served(app, folder) as site, ExitStack() as browsers:
        app.poll_all()
        fire_due(app)
        clock.moment = NOW
        add_reader(app, "ada@example.org", "Ada")
        fill(site)
        fire_due(app)
        admin, editor = (browsers.enter_context(signed_in(app, site.url, role)) for role in (Role.ADMIN, Role.EDITOR))
        stranger = browsers.enter_context(Browser(site.url))
        for browser in (admin, editor, stranger):
            browser.headers["Connection"] = "close"  # none that the server closes in a long pause
        yield Newsroom(site, admin, editor, stranger, **_worked_at(app, admin))


def _worked_at(app: App, admin: Browser) -> dict[str, int]:
    """Do what is done in a night."""
    with app.store.read() as conn:
        newest = {name: edition_lists.latest_id(conn, name) or 0 for name in ("noon", "late")}
    held = add_edition(app.store, "2026-11-24T06:30", "as-it-happens")
    with app.store.write() as conn:
        conn.execute(update(sends).values(archive="daily").where(sends.c.channel == "letters"))
        alerts.raise_alert(
            conn,
            cause="channel-refused:mastodon",
            what=f"mastodon refuses our token: {HOSTILE}",
            affected="2 posts wait",
            command="publisher connect mastodon",
            urgent=True,
            channel="mastodon",
            now=NOW,
        )
    _press(
        admin,
        (f"/editions/{held}/hold", {"why": WHY}),
        (f"/editions/{newest['noon']}/note", {"text": "Good morning. **Two** ferries are late."}),
        ("/schedules/rests/pause", {"why": WHY}),
        ("/channels/mastodon/stop", {"why": WHY}),
        ("/channels/letters/check", {}),
        ("/sources/broken/look", {}),
        ("/people/add", {"name": "ben", "role": "approver"}),
        ("/people/me/tokens", {"name": "the desk's own program", "scopes": ["look", "edit"]}),
        ("/suppressions/add", {"address": "nobody@example.org", "why": WHY}),
        ("/subscribers/add", {"address": "zoe@example.org", "list": "weekly", "name": HOSTILE}),
    )
    agreed = f"/editions/{newest['late']}"
    _press(admin, (f"{agreed}/approve", {"version": value("version", admin.get(agreed).text)}))
    for number, where in enumerate((f"{LONG_ADDRESS}?key=1", "https://two.example/in")):
        hook_id, _ = hooks.add(app, where, description=HOSTILE if number else "For the archive")
        fail(app, hook_id, MessageState.GIVEN_UP if number else MessageState.WAITING)
    hooks.pause(app, 2, WHY)
    assert admin.post("/inbox/api/v1/send", json=LETTER).ok
    tokens.add(app, "editor", "looks", [May.LOOK], days=3)
    text = (app.folder / "schedules.yaml").read_text()
    seen = value("seen", admin.get("/schedules/edit").text)
    _press(admin, ("/schedules/save", {"text": text.replace('"18:00"', '"17:30"'), "seen": seen}))
    return {"draft": newest["noon"], "agreed": newest["late"], "held": held}


def _press(admin: Browser, *buttons: tuple[str, dict[str, object]]) -> None:
    for path, fields in buttons:
        answer = admin.do(path, **fields)
        assert answer.status_code in (200, 303), f"{path}: {answer.status_code} {answer.text}"


def value(name: str, page: str) -> str:
    """Return what a field of a page's form holds."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, f"no {name} in {page}"
    return found[1]
