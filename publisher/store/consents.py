"""What people were asked, word for word, and what they had chosen before: the proof of each consent."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, RowMapping, func, insert, select

from publisher.store.sql import upsert
from publisher.store.tables import Moment, changes, lists, subscribers, subscriptions, wordings

ADDRESS = "address"  # the change of one
# Of a choice, now or before: its list by name, and the words that were said yes to.
_WORDS = (
    lists.c.name.label("list"),
    wordings.c.text.label("wording"),
    wordings.c.language.label("wording_language"),
)


def wording(conn: Connection, text: str, language: str, now: datetime) -> int:
    """Return the id of a wording, its version: the same words in the same language have the same."""
    digest = sha256(f"{language}\n{text}".encode()).hexdigest()
    values = {"digest": digest, "language": language, "text": text, "first_shown_at": now}
    conn.execute(upsert(conn, wordings).values(values).on_conflict_do_nothing())
    return int(conn.execute(select(wordings.c.id).where(wordings.c.digest == digest)).scalar_one())


def remember(
    conn: Connection,
    subscriber_id: int,
    what: str,
    words: str,
    *,
    since: datetime,
    until: datetime,
    actor: str,
    list_id: int | None = None,
    wording_id: int | None = None,
) -> None:
    """Keep what held until now, before it is written over.

    :param what: a state of a subscription, or the name of what was changed: ``address``, ``paused``.
    :param words: the subscription's basis, or what the field said.
    :param actor: who had made it so; of a field of the person, who changed it.
    """
    conn.execute(
        insert(changes).values(
            subscriber_id=subscriber_id,
            list_id=list_id,
            what=what,
            words=words,
            wording_id=wording_id,
            since=since,
            until=until,
            actor=actor,
        )
    )


def remember_subscription(
    conn: Connection, before: RowMapping, until: datetime, *, subscriber_id: int | None = None
) -> None:
    """Keep a subscription as it was until now.

    :param subscriber_id: whose it is to be known as; None: whose it was.
    """
    remember(
        conn,
        subscriber_id or before["subscriber_id"],
        before["state"],
        before["basis"],
        since=before["since"],
        until=until,
        actor=before["actor"],
        list_id=before["list_id"],
        wording_id=before["wording_id"],
    )


def present(conn: Connection, subscriber_id: int) -> list[RowMapping]:
    """Return what a person chooses now, by list, with the words that they said yes to."""
    query = (
        select(subscriptions, *_WORDS)
        .join(lists, lists.c.id == subscriptions.c.list_id)
        .outerjoin(wordings, wordings.c.id == subscriptions.c.wording_id)
        .where(subscriptions.c.subscriber_id == subscriber_id)
        .order_by(lists.c.name)
    )
    return list(conn.execute(query).mappings())


def since(conn: Connection, subscriber_id: int, what: str) -> datetime:
    """Return since when a field of a person says what it says: since its last change, or since they are known."""
    changed = select(func.max(changes.c.until, type_=Moment)).where(
        changes.c.subscriber_id == subscriber_id, changes.c.what == what
    )
    known = select(subscribers.c.made_at).where(subscribers.c.id == subscriber_id)
    found: datetime = conn.execute(changed).scalar_one() or conn.execute(known).scalar_one()
    return found


def former_addresses(conn: Connection, subscriber_id: int) -> list[str]:
    """Return the addresses that a person had before; their change says them first."""
    query = select(changes.c.words).where(changes.c.subscriber_id == subscriber_id, changes.c.what == ADDRESS)
    return [words.partition(";")[0] for words in conn.execute(query).scalars()]


def remember_field(
    conn: Connection, subscriber_id: int, what: str, words: str, *, since: datetime | None, until: datetime, actor: str
) -> None:
    """Keep what a field of a person said until now: it said so since its last change, or since they are known.

    :param since: since when they are known.
    """
    began = last_changed(conn, subscriber_id, what) or since or until
    remember(conn, subscriber_id, what, words, since=began, until=until, actor=actor)


def last(conn: Connection, subscriber_id: int, list_id: int, *states: str) -> RowMapping | None:
    """Return what a person's subscription was before; None where it was nothing.

    :param states: the last time that it was one of these.
    """
    mine = (changes.c.subscriber_id == subscriber_id, changes.c.list_id == list_id)
    query = select(changes).where(*mine).order_by(changes.c.until.desc(), changes.c.id.desc()).limit(1)
    return conn.execute(query.where(changes.c.what.in_(states)) if states else query).mappings().one_or_none()


def last_changed(conn: Connection, subscriber_id: int, what: str) -> datetime | None:
    """Return when a field of a person was last written over."""
    mine = (changes.c.subscriber_id == subscriber_id, changes.c.what == what, changes.c.list_id.is_(None))
    found: datetime | None = conn.execute(select(func.max(changes.c.until)).where(*mine)).scalar_one()
    return found


def history(conn: Connection, subscriber_id: int) -> list[RowMapping]:
    """Return what a person had chosen before, oldest first; ``list`` is None where it is about no list."""
    query = (
        select(changes, *_WORDS)
        .outerjoin(lists, lists.c.id == changes.c.list_id)
        .outerjoin(wordings, wordings.c.id == changes.c.wording_id)
        .where(changes.c.subscriber_id == subscriber_id)
        .order_by(changes.c.until, changes.c.id)
    )
    return list(conn.execute(query).mappings())
