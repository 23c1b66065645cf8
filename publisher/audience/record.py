"""One person's whole record: what is known of them, what they chose and when, and every mail that they were sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from publisher.store import Connection, RowMapping, Store, consents, events, log, subscribers, suppressions

END_OF_TIME = datetime.max.replace(tzinfo=UTC)
EVERY = 1_000_000  # mails: more than anybody gets
CHOICE = ("list", "state", "basis", "since", "actor", "wording_id", "wording")
CHANGE = ("list", "what", "words", "since", "until", "actor", "wording_id", "wording")
MAIL = ("id", "edition_id", "schedule", "slot", "kind", "entry", "channel", "to", "state", "attempts", "when", "reason")
EVENT = ("type", "happened_at", "received_at", "words")
BLOCK = ("scope", "reason", "made_at", "actor")


@dataclass(frozen=True, slots=True)
class File:
    """One person's file, as a newsroom reads it."""

    row: RowMapping  # of the person
    lists: Sequence[RowMapping]  # what they choose now
    changes: Sequence[RowMapping]  # what held before, oldest first
    mails: Sequence[tuple[RowMapping, Sequence[RowMapping]]]  # what came last first, each with what was said later
    blocks: Sequence[RowMapping]  # suppressions of the address, oldest first; those that were lifted too


def file_of(conn: Connection, person_id: int, most: int = EVERY) -> File:
    """Return the file of a person who is there.

    :param most: of their mails, the newest.
    """
    return File(
        subscribers.row_of(conn, person_id),
        consents.present(conn, person_id),
        consents.history(conn, person_id),
        mails_of(conn, person_id, most),
        _blocks(conn, person_id),
    )


def block_words(block: RowMapping) -> str:
    """Return what a suppression does: ``suppressed everywhere``, ``was suppressed``, ``erased``."""
    if block["scope"] == suppressions.ERASED:
        return suppressions.ERASED
    if suppressions.is_lifted(block):
        return "was suppressed"
    return f"suppressed {'everywhere' if block['scope'] == 'all' else block['scope']}"


def record_of(store: Store, subscriber_id: int) -> dict[str, Any]:
    """Return all that is kept of a person, JSON-ready: times in ISO 8601; empty where there is nobody.

    :return: ``email``, ``name``, ``attributes``, ``language``, ``known_since``, ``paused_until``, ``measured_since``;
        ``lists`` as they are now, ``history`` as it was before, ``mails`` newest first with their ``events``, and
        ``suppressions`` of the address.
    """
    with store.read() as conn:
        person = subscribers.get(conn, subscriber_id)
        if person is None:
            return {}
        return {
            **_person(conn, person.id),
            "lists": _plain(consents.present(conn, person.id), CHOICE),
            "history": _plain(consents.history(conn, person.id), CHANGE),
            "mails": _mails(conn, person.id),
            "suppressions": _plain(_blocks(conn, person.id), BLOCK),
        }


def mails_of(conn: Connection, person_id: int, most: int = EVERY) -> list[tuple[RowMapping, list[RowMapping]]]:
    """Return every mail that a person was to get, each with what was said of it later.

    What waits stands first, then what happened last: a send that was made earlier may have gone out later.
    """
    later: defaultdict[int, list[RowMapping]] = defaultdict(list)
    for event in events.of_person(conn, person_id):
        later[event["delivery_id"]].append(event)
    mails = log.find(conn, log.Filter(subscriber_id=person_id, limit=most))
    mails.sort(key=lambda mail: mail["when"] or END_OF_TIME, reverse=True)
    return [(mail, later[mail["id"]]) for mail in mails]


def _person(conn: Connection, person_id: int) -> dict[str, Any]:
    row = subscribers.row_of(conn, person_id)
    names = ("email", "name", "attributes", "language", "paused_until", "measured_since", "measured_wording")
    return {"known_since": _json(row["made_at"]), **{name: _json(row[name]) for name in names}}


def _blocks(conn: Connection, person_id: int) -> Sequence[RowMapping]:
    return suppressions.of(conn, subscribers.row_of(conn, person_id)["address_hash"])


def _mails(conn: Connection, person_id: int) -> list[dict[str, Any]]:
    return [
        {**{name: _json(mail[name]) for name in MAIL}, "events": _plain(later, EVENT)}
        for mail, later in mails_of(conn, person_id)
    ]


def _plain(rows: Iterable[RowMapping], names: Iterable[str]) -> list[dict[str, Any]]:
    return [{name: _json(row[name]) for name in names} for row in rows]


def _json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
