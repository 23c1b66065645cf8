"""What charts are drawn from, counted in a real ledger on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from sqlalchemy import insert, select

from publisher.app import App
from publisher.app import figures as charts
from publisher.audience import imports
from publisher.model.article import Article
from publisher.model.call import Outcome as O  # noqa: N817 -- as the states in model.states
from publisher.model.states import EditionState
from publisher.model.subscriber import SubscriptionState
from publisher.store import editions, figures, messages, processes, project_versions, sends, sources, subscribers
from publisher.store.tables import calls, deliveries, events, insert_row, outcomes, recipients
from publisher.store.tables import messages as messages_table
from tests.ledger import MAIL, Clock, add_article
from tests.project import SECRETS, ProjectDir

NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Books:
    """A project with sends that were made long ago, written down call by call."""

    def __init__(self, folder, target) -> None:
        address = f"DATABASE_URL={target}\nJOURNAL=publisher.journal\n" if isinstance(target, str) else ""
        ProjectDir(folder, "http://127.0.0.1:9", secrets=SECRETS + address)
        self.app = App.open(folder, Clock(NOW))
        self.numbers = count(1)
        with self.app.store.write() as conn:
            self.source = sources.ensure(conn, "site")["id"]
            self.version = project_versions.accept(conn, "digest", "text", NOW, "test")
            self.process = processes.insert_row(
                conn, processes.processes, host="here", pid=1, command="test", started_at=NOW
            )

    def send(self, begun: datetime, *, published: datetime | None = None, practice: bool = False, lists=("daily",)):
        """Write down a send with its edition, which carries one article; return its number."""
        number = next(self.numbers)
        with self.app.store.write() as conn:
            article = add_article(conn, self.source, Article(f"Story {number}", published_at=published))
            edition = editions.add(
                conn,
                schedule="morning",
                slot=f"manual:{number}",
                language="en",
                due_at=begun,
                now=begun,
                state=EditionState.LOCKED,
                reason="",
                version_id=self.version,
                actor="test",
                places=[editions.Place(article, 1, 1, "new")],
                is_practice=practice,
            )
            common = {"edition_id": edition, "kind": "regular", "number": 1, "channel": "letters", "priority": 4}
            common |= {"state": "done", "reasons": [], "actor": "test", "audience": list(lists), "entry": "letters"}
            send = sends.add(conn, **common, made_at=begun, started_at=begun)
            messages.add(conn, send, MAIL, begun)
        return send

    def call(self, send: int, closed: datetime, size: int, outcome: str = "sent", **told: int) -> None:
        """Write down a call, and of how many of its deliveries it told what."""
        with self.app.store.write() as conn:
            values = {"send_id": send, "channel": "letters", "key": f"key-{next(self.numbers)}", "size": size}
            values |= {"process_id": self.process, "lease_until": closed, "opened_at": closed - timedelta(seconds=2)}
            values |= {"message_id": self.message(conn, send), "state": "answered", "outcome": outcome}
            number = insert_row(conn, calls, **values, closed_at=closed)
            for said in [outcome for outcome, many in told.items() for _ in range(many)]:
                common = {"call_id": number, "delivery_id": self.delivery(conn, send)}
                conn.execute(insert(outcomes).values(**common, outcome=said, scope="recipient", reason=""))

    def message(self, conn, send: int) -> int:
        return conn.execute(select(messages_table.c.id).where(messages_table.c.send_id == send)).scalar_one()

    def delivery(self, conn, send: int, state: str = "sent") -> int:
        whom = insert_row(conn, recipients, channel=f"account-{next(self.numbers)}")
        values = {"send_id": send, "recipient_id": whom, "message_id": self.message(conn, send), "state": state}
        return insert_row(conn, deliveries, **values, due_at=NOW, attempts=1)

    def hear(self, send: int, kind: str, state: str, *, happened: datetime = NOW, counts: bool = True) -> None:
        """Write down what a provider said of a delivery that came to a state."""
        with self.app.store.write() as conn:
            values = {"channel": "letters", "event_key": f"{next(self.numbers)}", "type": kind, "words": ""}
            values |= {"happened_at": happened, "received_at": happened, "counts": counts}
            insert_row(conn, events, **values, delivery_id=self.delivery(conn, send, state))

    def accept(self, send: int, letters: int) -> None:
        """Let so many letters of a send have been taken."""
        with self.app.store.write() as conn:
            sends.post_to_books(conn, send, {"sent": letters}, candidates=letters)

    def choose(self, reader: int, state: SubscriptionState, at: datetime, list_name: str = "daily") -> None:
        """Let a reader choose a list, or leave it."""
        email = f"reader{reader}@example.org"
        with self.app.store.write() as conn:
            person = subscribers.find(conn, self.app.hash_of(email))
            list_id = subscribers.ensure_list(conn, list_name)
            if person is not None:
                said = {"basis": "said so", "now": at, "actor": "test"}
                return subscribers.set_subscription(conn, person.id, list_id, state, **said)
        key = self.app.keys.current("suppression")[1]
        imports.add_one(self.app.store, email, list_name, name="", hash_key=key, now=at, actor="test")
        return None


@pytest.fixture
def books(tmp_path, target) -> Iterator[Books]:
    made = Books(tmp_path, target)
    yield made
    made.app.store.close()


@pytest.fixture
def alone(tmp_path) -> Iterator[Books]:
    """On SQLite alone."""
    made = Books(tmp_path, None)
    yield made
    made.app.store.close()


def test_deliveries_are_counted_in_the_hour_in_which_their_call_ended(books):
    send = books.send(NOW - 5 * HOUR)
    books.call(send, NOW - 24 * HOUR, 7)  # at 07:30 of the day before: the hour before the first
    books.call(send, NOW - 2 * HOUR, 3, refused=1)
    books.call(send, NOW - 2 * HOUR + timedelta(minutes=29), 4, deferred=1, unknown=1)
    books.call(send, NOW - 2 * HOUR + timedelta(minutes=30), 2, "unknown", unknown=1, sent=1)
    books.call(send, NOW, 5, "deferred", deferred=5)
    found = charts.tried(books.app, 24)
    hours = {hour.at: {each.value: count for each, count in hour.counts.items() if count} for hour in found.hours}
    assert next(iter(hours)) == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert {at: counts for at, counts in hours.items() if counts} == {
        datetime(2026, 11, 24, 5, tzinfo=UTC): {"sent": 4, "refused": 1, "deferred": 1, "unknown": 1},
        datetime(2026, 11, 24, 6, tzinfo=UTC): {"unknown": 1, "sent": 1},
        datetime(2026, 11, 24, 7, tzinfo=UTC): {"deferred": 5},
    }
    assert found.totals == {O.SENT: 5, O.REFUSED: 1, O.DEFERRED: 6, O.UNKNOWN: 2}
    assert charts.tried(books.app, 25).totals[O.SENT] == 12


def test_of_very_many_calls_some_stand_for_the_others(books, monkeypatch):
    monkeypatch.setattr(figures, "MOST_CALLS", 10)
    monkeypatch.setattr(figures, "SAMPLE", 5)
    send = books.send(NOW - HOUR)
    for number in range(40):
        books.call(send, NOW - timedelta(seconds=number), 1)
    found = charts.tried(books.app, 24)
    assert (found.each, found.totals[O.SENT]) == (8, 40)
    assert found == charts.tried(books.app, 24)  # by chance, but the same each time


def test_what_was_made_in_practice_is_no_figure_once_it_is_over(alone):
    send = alone.send(NOW - HOUR, practice=True, published=NOW - 2 * HOUR)
    alone.accept(send, 3)
    alone.call(send, NOW, 3)
    assert charts.tried(alone.app, 24).totals[O.SENT] == charts.told(alone.app, 2)[1].accepted == 0
    alone.app.project = replace(alone.app.project, practice=True)
    assert charts.tried(alone.app, 24).totals[O.SENT] == charts.told(alone.app, 2)[1].accepted == 3


def test_bounces_and_complaints_stand_under_the_day_on_which_their_mail_began(books):
    old, new = books.send(NOW - 2 * DAY), books.send(NOW)
    post = books.send(NOW, lists=())
    books.accept(old, 997)
    books.accept(new, 100)
    books.accept(post, 1)
    for kind in ("hard bounce", "soft bounce", "dropped"):
        books.hear(old, kind, "failed")
    books.hear(old, "soft bounce", "sent")  # it arrived after all
    books.hear(old, "complained", "sent")
    books.hear(old, "complained", "sent", counts=False)
    books.hear(new, "delivered", "sent")
    before, between, today = charts.told(books.app, 3)
    assert (before.day, before.accepted, before.bounced, before.complained) == (date(2026, 11, 22), 1_000, 3, 1)
    assert (before.bounce_rate, before.complaint_rate) == (0.3, 0.1)
    assert (between.accepted, between.bounce_rate, between.complaint_rate) == (0, None, None)
    assert (today.accepted, today.bounced, today.complained) == (100, 0, 0)


def test_lists_are_followed_back_through_what_people_chose(books):
    left, confirmed = SubscriptionState.LEFT, SubscriptionState.CONFIRMED
    for reader in (1, 2, 3):
        books.choose(reader, confirmed, NOW - 9 * DAY)
    books.choose(4, confirmed, NOW - 2 * DAY)
    books.choose(1, left, NOW - 2 * DAY)
    books.choose(1, confirmed, NOW - DAY)
    books.choose(2, left, NOW)
    books.choose(5, confirmed, NOW, "weekly")
    found = charts.grown(books.app, 4)
    assert found.days == tuple(date(2026, 11, day) for day in (21, 22, 23, 24))
    assert found.lists == {"daily": (3, 3, 4, 3), "weekly": (0, 0, 0, 1)}


def test_a_day_of_a_list_ends_at_the_publications_midnight(alone):
    alone.app.project = replace(
        alone.app.project, publication=replace(alone.app.project.publication, timezone="Asia/Kathmandu")
    )
    alone.choose(1, SubscriptionState.CONFIRMED, datetime(2026, 11, 23, 18, 14, tzinfo=UTC))  # 23:59 there
    alone.choose(2, SubscriptionState.CONFIRMED, datetime(2026, 11, 23, 18, 15, tzinfo=UTC))
    assert charts.grown(alone.app, 2).lists == {"daily": (1, 2)}


def test_how_long_news_took_is_counted_by_letters(books):
    send = books.send(NOW - DAY, published=NOW - DAY - 2 * HOUR)
    books.call(send, NOW - DAY, 80)
    books.call(send, NOW - DAY + 30 * MINUTE, 15, refused=5)
    books.call(send, NOW - DAY + 60 * MINUTE, 10)
    unsaid, ahead = books.send(NOW, published=None), books.send(NOW, published=NOW + HOUR)
    books.call(unsaid, NOW, 5)
    yesterday, today = charts.delays(books.app, 2)
    assert (yesterday.letters, yesterday.median, yesterday.p90) == (100, 120, 150)
    assert (today.letters, today.median, today.p90) == (5, None, None)
    books.call(ahead, NOW, 1)  # a date ahead of its time is no news from the future
    assert charts.delays(books.app, 1)[0].median == 0


def test_an_empty_ledger_has_no_figures(alone):
    assert not any(hour.total for hour in charts.tried(alone.app, 48).hours)
    assert all(each.accepted == 0 for each in charts.told(alone.app, 30))
    assert charts.grown(alone.app, 30).lists == {}
    assert all(each.median is None for each in charts.delays(alone.app, 14))
