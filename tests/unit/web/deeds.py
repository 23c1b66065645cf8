"""All that is done in the console, act by act, each with a body that can be meant and a thing that is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from publisher.app import App, changing, desk, people, schedule_file, staff, tokens
from publisher.config.keys import KeyRing
from publisher.model.hook import MessageState
from publisher.model.staff import May, Role
from publisher.model.states import DeliveryState
from publisher.store import edition_lists, hook_messages, project_versions
from publisher.store import tokens as token_ledger
from tests.unit.app.test_staff import join
from tests.unit.web.ledger import NOW, PROJECT, Site, deliver, fill, png, served

EVENING = """\
  evening:
    when: {at: "19:00"}
    pick: {from: [site]}
    approve: {by: 1}
    send:
      - {via: letters, to: daily}
"""
STORIES = ("Ferry", "Quay", "Bridge")
OTHER = "zoe"  # one of the staff, whom an admin changes
WHY = {"why": "they asked by telephone"}


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that is done.

    :ivar address: as the application knows it.
    :ivar place: what stands in the address.
    :ivar said: the body.
    """

    address: str
    place: dict[str, Any] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/api/v1{self.address.format_map(self.place)}"


@contextmanager
def newsroom(folder: Path, inbox: str) -> Iterator[Site]:
    """Serve a project that is no practice: an edition that is under way, and one to be made of three stories.

    :param inbox: where its mails go.
    """
    (folder / "schedules.yaml").write_text(_schedules(inbox), encoding="utf-8")
    (folder / ".env").write_text("TOKEN=of-mastodon\n")
    (folder / "feed").mkdir()
    (folder / "feed" / "feed.xml").write_text(_feed())
    (folder / "feed" / "quay.png").write_bytes(png())
    KeyRing.create(folder / "keys.json")
    with served(App.open(folder, clock=lambda: NOW), folder) as site:
        fill(site)
        deliver(site.app, site.post_send, "mastodon", DeliveryState.SENT)
        join(site.app, OTHER, Role.EDITOR)
        tokens.add(site.app, OTHER, "theirs", [May.LOOK])
        yield site


def _schedules(inbox: str) -> str:
    text = PROJECT.replace("practice: true\n", "").replace("feed.xml}", "feed.xml, backfill: 3}")
    return text.replace("sender: mailpit}", f'sender: mailpit, base_url: "{inbox}"}}') + EVENING


def _feed() -> str:
    items = "".join(
        f"<item><title>{title} opens</title><link>https://harbor.example/{title.lower()}</link>"
        f"<description>The {title.lower()} is open.</description></item>"
        for title in STORIES
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Harbor</title>{items}</channel></rss>'


def all_deeds(site: Site) -> Iterator[Deed]:
    """Yield one deed after the other; each is to be done before the next is asked for."""
    yield from _to_a_draft(site)
    yield from _to_what_is_under_way(site)
    yield from _to_articles(site)
    yield from _to_schedules(site)
    yield from _to_channels()
    yield from _to_subscribers(site)
    yield from _to_webhooks(site)
    yield from _to_people(site)


def _to_a_draft(site: Site) -> Iterator[Deed]:
    app, one = site.app, "/editions/{edition_id}"
    yield Deed("/sources/{name}/look", {"name": "site"})
    yield Deed("/schedules/{name}/next", {"name": "evening"})
    edition = _latest(app)
    at = {"edition_id": edition}
    first, second, *_ = changing.order_of(app, edition)
    for verb in ("drop", "undo", "later", "add"):
        yield Deed(f"{one}/{verb}", at, {"article": first})
    yield Deed(f"{one}/order", at, {"articles": [first, second]})
    yield Deed(f"{one}/down", at, {"article": first})
    yield Deed(f"{one}/up", at, {"article": first})
    yield Deed(f"{one}/words", at, {"entry": "letters:daily", "subject": "Good evening"})
    yield Deed(f"{one}/note", at, {"text": "Good *evening*"})
    yield Deed(f"{one}/note/clear", at)
    yield Deed(f"{one}/test", at, {"to": "ada@harbor.example"})
    yield Deed(f"{one}/hold", at, WHY)
    yield Deed(f"{one}/release", at)
    yield Deed(f"{one}/approve", at, {"version": desk.page(app, edition).approvable})
    yield Deed(f"{one}/reopen", at)
    yield Deed(f"{one}/cancel", at, WHY)


def _to_what_is_under_way(site: Site) -> Iterator[Deed]:
    one, at = "/editions/{edition_id}", {"edition_id": site.edition}
    yield Deed(f"{one}/resend", at)
    yield Deed(f"{one}/unknown", at, {"word": "treat-as-sent", "all": True, **WHY})
    yield Deed(f"{one}/correct", at, {"note": "It *was* wrong."})
    yield Deed(f"{one}/withdraw", at, WHY)
    yield Deed(f"{one}/withdraw/by-hand", at, {"channels": ["mastodon"], **WHY})
    yield Deed("/sending/hold", said=WHY)
    yield Deed("/sending/release")


def _to_articles(site: Site) -> Iterator[Deed]:
    one, number = "/articles/{article_id}", 2
    yield Deed(f"{one}/discard", {"article_id": number}, WHY)
    yield Deed(f"{one}/release", {"article_id": number}, WHY)
    yield Deed("/articles/discard", said={"ids": [number], **WHY})
    yield Deed("/articles/release", said={"ids": [number], **WHY})
    yield Deed("/breaking", said={"article": "3", "to": ["daily"], "via": ["letters"], "again": True})


def _to_schedules(site: Site) -> Iterator[Deed]:
    app, morning = site.app, {"name": "morning"}
    yield Deed("/schedules/{name}/pause", morning, WHY)
    yield Deed("/schedules/{name}/resume", morning, {"catch_up": True})
    yield Deed("/schedules/{name}/test", morning, {"to": "ada@harbor.example"})
    yield Deed("/schedules/{name}/run", {"name": "as-it-happens"})
    base = schedule_file.read(app)
    later = base.text.replace('"19:00"', '"19:30"')
    yield Deed("/schedules/save", said={"text": later, "seen": base.digest})
    with app.store.read() as conn:
        before = project_versions.latest(conn)[-1]["id"]
    said = {"seen": schedule_file.read(app).digest}
    yield Deed("/schedules/versions/{version_id}/restore", {"version_id": before}, said)


def _to_channels() -> Iterator[Deed]:
    letters = {"name": "letters"}
    yield Deed("/channels/{name}/stop", letters, WHY)
    yield Deed("/channels/{name}/release", letters)
    yield Deed("/channels/{name}/check", letters)


def _to_subscribers(site: Site) -> Iterator[Deed]:
    email, moved, unknown = (f"{name}@example.org" for name in ("new", "moved", "unknown"))
    yield Deed("/subscribers/add", said={"address": email, "list": "daily"})
    person = people.with_address(site.app, email)
    assert person is not None
    one, at = "/subscribers/{name}", {"name": site.app.wire_name("reader", person.id)}
    yield Deed(f"{one}/quiet", at, {"until": f"{NOW.date() + timedelta(days=9)}"})
    yield Deed(f"{one}/suppress", at, WHY)
    yield Deed(f"{one}/lift", at, WHY)
    yield Deed(f"{one}/move", at, {"address": moved, **WHY})
    yield Deed(f"{one}/unsubscribe", at, WHY)
    yield Deed(f"{one}/erase", at, {"address": moved, **WHY})
    yield Deed("/suppressions/add", said={"address": unknown, **WHY})
    yield Deed("/suppressions/lift", said={"address": unknown, **WHY})


def _to_webhooks(site: Site) -> Iterator[Deed]:
    one, at = "/hooks/{hook_id}", {"hook_id": 1}
    yield Deed("/hooks", said={"address": "https://news.example/hook"})
    yield Deed(f"{one}/test", at)
    _give_up(site.app, 1)
    yield Deed(f"{one}/again", at)
    _give_up(site.app, 1)
    yield Deed(f"{one}/messages/{{number}}/again", {**at, "number": 1})
    for verb in ("rotate", "pause", "resume", "end"):
        yield Deed(f"{one}/{verb}", at)


def _to_people(site: Site) -> Iterator[Deed]:
    one, at = "/people/{name}", {"name": OTHER}
    yield Deed("/people/add", said={"name": "newcomer", "role": "editor"})
    yield Deed(f"{one}/link", at)
    while staff.sign_in(site.app, OTHER, "wrong").wait_until is None:
        pass  # until they wait, there is nothing to end
    yield Deed(f"{one}/unlock", at)
    yield Deed(f"{one}/sign-out", at)
    yield Deed(f"{one}/role", at, {"role": "approver"})
    yield Deed("/tokens/{token_id}/end", {"token_id": _token_of_other(site.app)})
    yield Deed(f"{one}/let-go", at)


def _latest(app: App) -> int:
    with app.store.read() as conn:
        return max(row["id"] for row in edition_lists.latest(conn, limit=50))


def _give_up(app: App, hook_id: int) -> None:
    """Let what waits for a webhook be given up, as after the last of its tries."""
    came = hook_messages.Try(500, "answered 500", "", timedelta())
    with app.store.write() as conn:
        for each in hook_messages.claim(conn, hook_id, now=NOW, lease=timedelta(minutes=1), limit=9):
            assert hook_messages.note(conn, each, came, MessageState.GIVEN_UP, None, NOW)


def _token_of_other(app: App) -> int:
    with app.store.read() as conn:
        return int(next(row["id"] for row in token_ledger.every(conn) if row["owner"] == OTHER))
