"""A ledger with something in it, made by the product's own functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from publisher.audience import imports
from publisher.model.article import Article, Standing
from publisher.model.call import Recipient
from publisher.model.message import Mail, Post, Slot
from publisher.model.segment import Selection
from publisher.model.states import EditionState, SendState
from publisher.model.subscriber import Errand, SubscriptionState
from publisher.model.tokens import address_hash
from publisher.pipeline import address
from publisher.pipeline.dispatch import Desk
from publisher.store import (
    Connection,
    Store,
    articles,
    editions,
    messages,
    processes,
    project_versions,
    sends,
    sources,
    subscribers,
)
from publisher.store.deliveries import Member

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
HASH_KEY = b"0" * 32

MAIL = Mail(
    subject=("Morning briefing for ", Slot("first_name", "header", "you")),
    html=(
        "<p>Good morning ",
        Slot("first_name", "html", "reader"),
        '</p><a href="',
        Slot("unsubscribe_url", "url"),
        '">Unsubscribe</a>',
    ),
    text=("Good morning ", Slot("first_name", "text", "reader"), "\nUnsubscribe: ", Slot("unsubscribe_url", "text")),
    headers=(("List-Unsubscribe", ("<", Slot("unsubscribe_url", "header"), ">")),),
    from_name="Harbor Gazette",
    from_email="news@harbor.example",
)
POST = Post(("Ferry service resumes after two years\nhttps://harbor.example/ferry",))


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, span: timedelta) -> None:
        self.moment += span


def open_store(folder: Path) -> Store:
    return Store.create(folder / "publisher.db")


def subscribe(store: Store, count: int, list_name: str = "daily") -> None:
    """Put readers 1 … count on a list; every third has no name."""
    lines = ["email,name"] + [
        f"reader{n}@example.org,{'' if n % 3 == 0 else f'Reader{n} <O‘Brien> & Co'}" for n in range(1, count + 1)
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        imports.import_csv(store, path, list_name, hash_key=HASH_KEY, now=NOW, actor="test")


def add_article(
    conn: Connection,
    source_id: int,
    article: Article,
    standing: Standing = Standing.NEW,
    held_for: str = "",
    why: str = "new at the source",
) -> int:
    """Write down an article that a source brought, and return its id."""
    new = articles.NewArticle(article, standing, why, held_for)
    return articles.add(conn, source_id, [new], NOW)[0]


def leave(store: Store, email: str, *list_names: str) -> None:
    """End a reader's subscriptions, as their own click would."""
    with store.write() as conn:
        person = subscribers.find(conn, address_hash(email, HASH_KEY))
        assert person is not None
        for name in list_names or ("daily",):
            list_id = subscribers.ensure_list(conn, name)
            left = SubscriptionState.LEFT
            subscribers.set_subscription(conn, person.id, list_id, left, basis="left", now=NOW, actor="subscriber")


def add_edition(
    store: Store, slot: str = "2026-11-24T07:00", schedule: str = "morning", article_ids: tuple[int, ...] = ()
) -> int:
    """Write down a locked edition with these articles, or with a new one."""
    with store.write() as conn:
        source = sources.ensure(conn, "site")
        article = Article("Ferry service resumes", url=f"https://harbor.example/{slot}", text="After two years.")
        carried = article_ids or (add_article(conn, source["id"], article),)
        edition_id = editions.add(
            conn,
            schedule=schedule,
            slot=slot,
            language="en",
            due_at=NOW,
            now=NOW,
            state=EditionState.LOCKED,
            reason="",
            version_id=project_versions.accept(conn, "digest", "text", NOW, "test"),
            actor="test",
            places=[editions.Place(each, 1, place, "new at the source") for place, each in enumerate(carried, start=1)],
        )
    assert edition_id is not None
    return edition_id


def add_send(
    store: Store,
    edition_id: int,
    *,
    channel: str = "letters",
    lists: tuple[str, ...] = ("daily",),
    message: Mail | Post = MAIL,
    selection: Selection | None = None,
    now: datetime = NOW,
    enqueue: address.Enqueue = lambda conn, channel: None,
) -> int:
    """Write down a send with its message and freeze its audience."""
    with store.write() as conn:
        send_id = sends.add(
            conn,
            edition_id=edition_id,
            entry=f"{channel}:{','.join(lists)}",
            kind="regular",
            number=1,
            channel=channel,
            audience=list(lists),
            selection=selection.kept if selection else None,
            priority=2,
            state=SendState.READY,
            reasons=[],
            made_at=NOW,
            give_up_after=timedelta(hours=6) // timedelta(microseconds=1),
            actor="test",
        )
        messages.add(conn, send_id, message, NOW)
    address.record(store, send_id, now=now, enqueue=enqueue)
    return send_id


def introduce(member: Member, errand: Errand | None = None, language: str = "") -> Recipient:
    link = f"https://letters.harbor.example/u/{member.delivery_id}"
    values = {"first_name": member.name.partition(" ")[0], "unsubscribe_url": link}
    return Recipient(member.delivery_id, f"d{member.delivery_id}", member.address, member.name, values)


def desk(store: Store, clock: Clock, process_id: int | None = None) -> Desk:
    """Return a desk of a registered process (not of one that holds its lock, unless given)."""
    if process_id is None:
        with store.write() as conn:
            values = {"host": "here", "pid": 1, "command": "test", "started_at": NOW}
            process_id = processes.insert_row(conn, processes.processes, **values)
    return Desk(process_id, clock, introduce)


def books(store: Store, send_id: int) -> dict[str, int]:
    """Return the states of a send's deliveries, zeros left out; the counters agree or the test fails."""
    with store.read() as conn:
        assert sends.imbalance(conn, send_id) == ""
        return {name: count for name, count in sends.count_in_full(conn, send_id).items() if count}
