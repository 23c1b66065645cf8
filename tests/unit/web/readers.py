"""What readers do and get, as tests look at it: links of theirs, letters to them, and what is kept of them."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import requests
from sqlalchemy import select

from publisher.app import App
from publisher.config.keys import KeyRing
from publisher.model.subscriber import Subscriber, SubscriptionState
from publisher.model.tokens import link_token
from publisher.store import consents, signups, subscribers
from publisher.store.tables import deliveries, recipients, sends
from tests.unit.web.ledger import NOW, PROJECT, Site, served

PUBLIC = {"Host": "letters.harbor.example"}
LISTS = """\
lists:
  daily: {title: Morning briefing, about: The day’s news at seven}
  weekly: {title: The week, welcome: true}
  breaking: {title: Breaking, double_opt_in: false, welcome: true}
  house: {title: For members, open: false}
"""


_networks = itertools.count(1)


def from_elsewhere() -> dict[str, str]:
    """Return the headers of somebody in a network of their own, through the web server in front."""
    number = next(_networks)
    return {**PUBLIC, "X-Forwarded-For": f"10.{number // 250}.{number % 250}.1"}


def with_lists(text: str) -> str:
    """Return a project that has more lists."""
    return text.replace("lists:\n  daily: {title: Morning briefing}\n", LISTS)


@contextmanager
def site_of(
    folder: Path, change: Callable[[str], str] = with_lists, clock: Callable[[], datetime] = lambda: NOW
) -> Iterator[Site]:
    """Serve a project with these lists and nobody on them."""
    (folder / "schedules.yaml").write_text(change(PROJECT), encoding="utf-8")
    (folder / "feed").mkdir(exist_ok=True)
    KeyRing.create(folder / "keys.json")
    with served(App.open(folder, clock=clock), folder) as site:
        yield site


def link(app: App, purpose: str, subscriber_id: int, about: int, made_at: datetime = NOW) -> str:
    """Return the token of a link that a letter brings."""
    key_id, key = app.keys.current("link")
    return link_token(purpose, (subscriber_id, about, int(made_at.timestamp())), key_id, key)


def person(app: App, email: str) -> Subscriber | None:
    with app.store.read() as conn:
        return subscribers.find(conn, app.hash_of(email))


def list_id(app: App, name: str) -> int:
    with app.store.write() as conn:
        return subscribers.ensure_list(conn, name)


def chosen(app: App, email: str) -> dict[str, str]:
    """Return the state of each list that somebody is, or was, on."""
    return {name: row["state"] for name, row in kept(app, email).items()}


def kept(app: App, email: str):
    """Return all that is kept of somebody's lists, by name."""
    found = person(app, email)
    if found is None:
        return {}
    with app.store.read() as conn:
        return {row["list"]: row for row in consents.present(conn, found.id)}


def put(app: App, email: str, name: str, state: SubscriptionState) -> int:
    """Write down that somebody is, or was, on a list; return who they are."""
    with app.store.write() as conn:
        found = signups.enter(conn, email, app.hash_of(email), now=NOW)
        said = {"basis": "test", "now": NOW, "actor": "test"}
        subscribers.set_subscription(conn, found.id, subscribers.ensure_list(conn, name), state, **said)
    return found.id


def letters(app: App, email: str) -> Counter[str]:
    """Return how many letters were written to somebody, by errand: ``confirm:daily:en``."""
    found = person(app, email)
    if found is None:
        return Counter()
    mine = select(sends.c.entry).join(deliveries, deliveries.c.send_id == sends.c.id).join(recipients)
    with app.store.read() as conn:
        return Counter(conn.execute(mine.where(recipients.c.subscriber_id == found.id)).scalars())


def eventually(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for what is done after the answer has left."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)


def settled(url: str) -> None:
    """Wait until what was asked for so far is done: work after an answer is done in order of the answers."""
    time.sleep(0.15)
    requests.get(url, timeout=30)


def asked(page: str) -> str:
    """Return by what a page's words are known."""
    return page.partition('name="asked" value="')[2].partition('"')[0]
