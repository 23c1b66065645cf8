"""A small project with an edition in its ledger, made by the product's own functions, and a server in front of it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from publisher.app import App
from publisher.audience import imports
from publisher.config.keys import KeyRing
from publisher.config.serving import LOOPBACK, Serving
from publisher.model.article import Article, Image
from publisher.model.call import Outcome, Recipient, Verdict
from publisher.model.message import Card, Mail, Post, Slot
from publisher.model.states import CallState, DeliveryState, EditionState, SendState
from publisher.model.tokens import leaving_token
from publisher.pipeline import address
from publisher.store import (
    calls,
    deliveries,
    editions,
    log,
    messages,
    processes,
    project_versions,
    sends,
    sources,
    subscribers,
)
from publisher.web.inbox import Inbox
from publisher.web.server import Server, make_app
from tests.ledger import add_article

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
OUR_SCRIPT = '<script src="/static/console.js" defer></script>'
HOSTILE = "<script>alert('headline')</script> & \"quotes\""
HOSTILE_WORDS = "<img src=x onerror=alert(1)> mailbox full"

PROJECT = """\
version: 1
practice: true
publication:
  name: Harbor Gazette
  url: https://harbor.example
  public_url: https://letters.harbor.example
  from: Harbor Gazette <news@harbor.example>
  address: 1 Quay Street, Harbor
  timezone: Europe/Lisbon
  language: en
sources:
  site: {feed: feed/feed.xml}
lists:
  daily: {title: Morning briefing}
channels:
  letters: {sender: mailpit}
  mastodon: {sender: mastodon, instance: "https://news.example", token: "${TOKEN}"}
schedules:
  morning:
    when: {at: "07:00"}
    pick: {from: [site]}
    send:
      - {via: letters, to: daily}
      - {via: mastodon}
  as-it-happens:
    when: {new: article}
    pick: {from: [site]}
    send:
      - {via: mastodon}
"""

HTML_HEAD = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Morning</title>
<style>:root{color-scheme:light dark}
@media (max-width: 480px) { h1 { font-size: 20px !important } }
@media (prefers-color-scheme: dark) { body { background-color: #121211 !important; color: #eceae4 !important } }
</style></head><body style="background-color:#f3f1ec;color:#1f1e1c"><h1 style="font-size:30px">Good morning """


FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Harbor</title>
<item><title>&lt;script&gt;alert(1)&lt;/script&gt; Ferry</title><link>https://harbor.example/ferry</link>
<description>The ferry is back.</description><enclosure url="quay.png" type="image/png" length="1"/></item>
</channel></rss>"""


@dataclass
class Site:
    """A project being served."""

    app: App
    url: str
    inbox: Inbox
    edition: int = 0
    mail_send: int = 0
    post_send: int = 0
    picture: str = ""  # the file: address of the article's picture

    @property
    def leaving(self) -> str:
        """The address behind the link in the first reader's mail."""
        return f"{self.url}/u/{token(self.app)}"

    def delivery(self, state: str) -> int:
        with self.app.store.read() as conn:
            return int(log.find(conn, log.Filter(edition_id=self.edition, state=state))[0]["id"])


def open_project(folder: Path) -> App:
    (folder / "schedules.yaml").write_text(PROJECT, encoding="utf-8")
    (folder / "feed").mkdir()
    KeyRing.create(folder / "keys.json")
    return App.open(folder, clock=lambda: NOW)


def open_with_feed(folder: Path) -> App:
    """Make a project of a reader and a feed with one story, which was not looked at yet."""
    app = open_project(folder)
    text = (folder / "schedules.yaml").read_text().replace("feed/feed.xml}", "feed/feed.xml, backfill: 3}")
    (folder / "schedules.yaml").write_text(text)
    (folder / "feed" / "feed.xml").write_text(FEED)
    (folder / "feed" / "quay.png").write_bytes(png())
    add_reader(app, "ada@example.org", "Ada Lovelace")
    return app


@contextmanager
def served(app: App | None, folder: Path) -> Iterator[Site]:
    inbox = Inbox(folder / "inbox")
    server = Server(make_app(app, inbox, Serving(trusted=LOOPBACK)))
    server.start()
    if app is not None:
        app.inbox = server.url
    try:
        yield Site(app, server.url, inbox)  # type: ignore[arg-type]
    finally:
        server.stop()


def fill(site: Site) -> None:
    """Write down an edition with a hostile headline: a mail (one sent, one refused, one unknown) and a post."""
    app = site.app
    picture = app.folder / "feed" / "quay.png"
    picture.write_bytes(png())
    site.picture = picture.resolve().as_uri()
    for number in range(1, 4):
        add_reader(app, f"reader{number}@example.org", f"Reader{number} Writer")
    site.edition = _edition(app, site.picture)
    site.mail_send = _send(app, site.edition, "letters", ["daily"], mail(site.picture))
    site.post_send = _send(app, site.edition, "mastodon", [], post(site.picture))
    deliver(app, site.mail_send, "letters", DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN)


def add_reader(app: App, email: str, name: str = "") -> None:
    key = app.keys.current("suppression")[1]
    imports.add_one(app.store, email, "daily", name=name, hash_key=key, now=NOW, actor="test")


def token(app: App, email: str = "reader1@example.org") -> str:
    """Return the leaving token of a reader."""
    key_id, key = app.keys.current("link")
    with app.store.write() as conn:
        person = subscribers.find(conn, app.hash_of(email))
        list_id = subscribers.ensure_list(conn, "daily")
    assert person is not None
    return leaving_token(person.id, list_id, key_id, key)


def subscription(app: App, email: str = "reader1@example.org") -> str:
    with app.store.read() as conn:
        person = subscribers.find(conn, app.hash_of(email))
        assert person is not None
        row = subscribers.subscription(conn, person.id, 1)
    assert row is not None
    return str(row["state"])


def mail(picture: str) -> Mail:
    link = Slot("unsubscribe_url", "url")
    head = (HTML_HEAD, Slot("first_name", "html", "reader"), "</h1>")
    body = f'<p>News</p><img src="{picture}" alt="The quay" width="40" height="40"><p><a href="'
    return Mail(
        subject=("Morning, ", Slot("first_name", "header", "reader")),
        html=(*head, body, link, '">Leave</a></p></body></html>'),
        text=(
            "Good morning ",
            Slot("first_name", "text", "reader"),
            "\nLeave: ",
            Slot("unsubscribe_url", "text"),
            "\n",
        ),
        headers=(("List-Unsubscribe", ("<", Slot("unsubscribe_url", "header"), ">")),),
        from_name="Harbor Gazette",
        from_email="news@harbor.example",
    )


def post(picture: str) -> Post:
    card = Card("https://harbor.example/ferry", HOSTILE, "After two years.", Image(picture, alt="The quay"))
    return Post((f"{HOSTILE}\nhttps://harbor.example/ferry",), card=card)


def _edition(app: App, picture: str) -> int:
    with app.store.write() as conn:
        source = sources.ensure(conn, "site")["id"]
        own = [
            Article(
                HOSTILE,
                url="https://harbor.example/ferry",
                html=f'<p>What happened at the quay.</p><figure><img src="{picture}"></figure>',
                text="What happened at the quay.",
                authors=("Ann Lee",),
                image=Image(picture, "The quay", "At the quay", "the <b>desk</b>"),
                published_at=NOW,
                notes=("its date is none",),
            ),
            Article("A story that waits", url="javascript:alert(1)"),
        ]
        ids = [add_article(conn, source, article) for article in own]
        made = editions.add(
            conn,
            schedule="morning",
            slot="2026-11-24T07:00",
            language="en",
            due_at=NOW,
            now=NOW,
            state=EditionState.LOCKED,
            reason="",
            version_id=project_versions.accept(conn, app.project.version, app.project.text, NOW, "test"),
            actor="test",
            places=[
                editions.Place(ids[0], 1, 1, "new at the source"),
                editions.Place(ids[1], 1, None, "more than 1 (at_most)"),
            ],
        )
    assert made is not None
    return made


def _send(app: App, edition: int, channel: str, lists: list[str], message: Mail | Post) -> int:
    note = {"check": "missing-alt", "blocks": False, "what": f"a picture of {HOSTILE}", "remedy": "Describe it"}
    with app.store.write() as conn:
        send = sends.add(
            conn,
            edition_id=edition,
            entry=channel,
            kind="regular",
            number=1,
            channel=channel,
            audience=lists,
            priority=2,
            state=SendState.READY,
            reasons=[note],
            made_at=NOW,
            give_up_after=timedelta(hours=6) // timedelta(microseconds=1),
            actor="test",
        )
        messages.add(conn, send, message, NOW)
    address.record(app.store, send, now=NOW)
    return send


def deliver(app: App, send: int, channel: str, *landed: DeliveryState) -> None:
    """Write down a call that was answered, with what became of each of its deliveries."""
    with app.store.write() as conn:
        due = deliveries.next_due(conn, channel, NOW)
        assert due is not None
        ids = deliveries.choose(conn, due, limit=len(landed), now=NOW)
        members = tuple(Recipient(each, f"d{each}", "someone@example.org") for each in ids)
        (call,) = calls.open_calls(
            conn,
            [calls.Fresh(f"key-of-this-call-{send}", members)],
            send_id=send,
            message_id=due.message_id,
            channel=channel,
            process_id=processes.insert_row(
                conn, processes.processes, host="here", pid=1, command="test", started_at=NOW
            ),
            lease_until=NOW,
            now=NOW,
        )
        deliveries.take(conn, {call: ids}, due.message_id)
        sends.move(conn, send, SendState.SENDING, started_at=NOW)
        calls.move(conn, call, CallState.SENDING, spoke_at=NOW)
        said = {"outcome": "sent", "status": 200, "provider_id": "<msg-1@example.org>", "words": HOSTILE_WORDS}
        calls.move(conn, call, CallState.ANSWERED, closed_at=NOW, **said)
        for each, state in zip(ids, landed, strict=True):
            deliveries.move(conn, [each], call_id=call, origin=DeliveryState.TAKEN, to=state)
            if state is not DeliveryState.SENT:
                outcome = Outcome.REFUSED if state is DeliveryState.FAILED else Outcome.UNKNOWN
                calls.record_outcomes(conn, call, [(each, Verdict(outcome, reason=HOSTILE_WORDS))])
        deltas = {state.value: 1 for state in landed}
        sends.post_to_books(conn, send, {"pending": -len(landed), **deltas})


def png(width: int = 40, height: int = 40) -> bytes:
    """Return a small blue picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x2a\x5c\x8a" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
