"""What readers do and get, as tests look at it: links of theirs, letters to them, and what is kept of them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import requests

from publisher.app import App
from publisher.model.states import SendState
from publisher.model.subscriber import Subscriber, SubscriptionState
from publisher.model.tokens import link_token
from publisher.store import consents, sends, subscribers
from tests.unit.web.ledger import NOW

PUBLIC = {"Host": "letters.harbor.example"}
LISTS = """\
lists:
  daily: {title: Morning briefing, about: The day’s news at seven}
  weekly: {title: The week, welcome: true}
  breaking: {title: Breaking, double_opt_in: false, welcome: true}
  house: {title: For members, open: false}
"""


def with_lists(text: str) -> str:
    """Return a project that has more lists."""
    return text.replace("lists:\n  daily: {title: Morning briefing}\n", LISTS)


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
    from publisher.store import signups

    with app.store.write() as conn:
        found = signups.enter(conn, email, app.hash_of(email), now=NOW)
        said = {"basis": "test", "now": NOW, "actor": "test"}
        subscribers.set_subscription(conn, found.id, subscribers.ensure_list(conn, name), state, **said)
    return found.id


def letters(app: App) -> Counter[str]:
    """Return how many letters were written, by errand: ``confirm:daily:en``."""
    with app.store.read() as conn:
        found = [row for row in sends.in_state(conn, *SendState) if row["kind"] == sends.STANDING]
    count: Counter[str] = Counter()
    for row in found:
        count[row["entry"]] += row["candidates"]
    return count


def eventually(holds: Callable[[], bool], seconds: float = 5) -> None:
    """Wait for what is done after the answer has left."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)


def settled(url: str) -> None:
    """Wait until what was asked for so far is done: work after an answer is done in order of the answers."""
    time.sleep(0.15)
    requests.get(url, timeout=5)


def asked(page: str) -> str:
    """Return by what a page's words are known."""
    return page.partition('name="asked" value="')[2].partition('"')[0]
