"""What an edition's posts left on networks, part by part, and what became of taking it down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, case, func, select

from publisher.model.account import Fingerprints, either
from publisher.model.call import Outcome
from publisher.model.message import Notes
from publisher.model.states import DeliveryState, SendState
from publisher.store import calls as calls_of
from publisher.store.sends import FOLLOWING, WITHDRAWAL, of_edition
from publisher.store.sql import among
from publisher.store.tables import calls, deliveries, messages, outcomes, recipients, sends

D = DeliveryState
PART = "part "  # so the steps of a thread are called that senders note
ACCOUNT = "account"  # so the note is called of who posted


@dataclass(frozen=True, slots=True)
class Posted:
    """What stands of one post on one channel, as far as is known."""

    entry: str  # of the send that posted it
    delivery_id: int
    channel: str  # that spoke: the send itself may be on its fallback by now
    state: DeliveryState
    parts: tuple[str, ...]  # the network's ids; "" where it named none; nothing where nothing is known to stand
    url: str  # of the first
    reason: str  # what was said last of a post that isn't plainly sent
    account: Fingerprints  # that posted it
    said: int = 0  # the message that the channel said last
    noted: Notes = field(default_factory=dict)  # what its sender noted while it posted
    is_given_up: bool = False  # a try without an answer that was said anew as another: nobody will know of it

    @property
    def may_come_to_stand(self) -> bool:
        return self.state in (D.TAKEN, D.UNKNOWN) and not self.is_given_up


@dataclass(frozen=True, slots=True)
class Removal:
    """A withdrawal as it stands."""

    send_id: int
    delivery_id: int
    entry: str
    number: int
    channel: str
    parts: tuple[str, ...]
    url: str
    state: DeliveryState
    send_state: SendState
    reason: str  # the last word on it, or what it waits for
    again_at: datetime | None  # when one without an answer is said again; None: it isn't, or not by itself


def posted(conn: Connection, edition_id: int) -> list[Posted]:
    """Return what the edition's posts left, or may have left, on each channel that spoke for them."""
    # By their sends: others of the edition may have a million readers.
    mine = [send["id"] for send in of_edition(conn, edition_id) if _is_post(send)]
    query = (
        select(deliveries, sends.c.entry, messages.c.content)
        .join(sends, sends.c.id == deliveries.c.send_id)
        .join(messages, messages.c.id == deliveries.c.message_id)
        .join(recipients, recipients.c.id == deliveries.c.recipient_id)
        .where(among(deliveries.c.send_id, mine), recipients.c.channel.is_not(None))
        .order_by(deliveries.c.id)
    )
    return [each for row in conn.execute(query).mappings() for each in _of_delivery(conn, row)] if mine else []


def _is_post(send: RowMapping) -> bool:
    """Say whether a send brings something to a channel's own account."""
    return not send["audience"] and send["kind"] not in FOLLOWING


def _of_delivery(conn: Connection, row: RowMapping) -> Iterator[Posted]:
    tried = calls_of.of_delivery(conn, row["id"], row["call_id"])
    said = calls_of.outcomes_of(conn, row["id"])
    state = D(row["state"])
    for channel in dict.fromkeys(call["channel"] for call in tried):
        mine = [call for call in tried if call["channel"] == channel]
        is_last = mine[-1]["id"] == row["call_id"]
        parts = _parts(mine)
        if state is D.SENT and is_last:  # what no call named stands as well
            parts += [("", "")] * (len(row["content"]["parts"]) - len(parts))
        if parts or (is_last and state in (D.UNKNOWN, D.TAKEN)):
            url = next((url for _, url in parts if url), "")
            told = said.get(mine[-1]["id"])
            reason = (told["reason"] if told else mine[-1]["reason"]) or ""
            ids = tuple(part for part, _ in parts)
            known = (row["entry"], row["id"], channel, state, ids, url, reason, _account(mine))
            yield Posted(*known, said=mine[-1]["message_id"], noted=_notes(mine))
    for call in tried:
        if call["outcome"] == Outcome.UNKNOWN and call["id"] != row["call_id"]:
            reason = call["reason"] or ""
            yield Posted(row["entry"], row["id"], call["channel"], D.UNKNOWN, (), "", reason, {}, is_given_up=True)


def _parts(mine: list[RowMapping]) -> list[tuple[str, str]]:
    """Return id and address of each part that stands: those of a thread are noted, a single post's call names it."""
    noted: dict[int, tuple[str, str]] = {}
    for call in mine:
        for step, data in (call["journal"] or {}).items():
            if step.startswith(PART):
                noted[int(step.removeprefix(PART))] = (str(data["id"]), str(data["url"]))
    if noted:
        return [noted[number] for number in sorted(noted)]
    named = [call for call in mine if call["outcome"] == Outcome.SENT]
    return [(named[-1]["provider_id"] or "", named[-1]["url"] or "")] if named else []


def _notes(mine: list[RowMapping]) -> Notes:
    """Return what the sender noted beside the account, the last word on each step."""
    return {step: note for call in mine for step, note in (call["journal"] or {}).items() if step != ACCOUNT}


def stands_in_part(conn: Connection, delivery_id: int, channel: str) -> bool:
    """Say whether parts of a thread stand on a channel that a delivery is to go on with."""
    return any(
        call["channel"] == channel and _has_parts(call) for call in calls_of.of_delivery(conn, delivery_id, None)
    )


def _account(mine: list[RowMapping]) -> Fingerprints:
    """Return who posted what stands: where several calls left something, all of them under the same."""
    found = [call["journal"] or {} for call in mine if call["outcome"] == Outcome.SENT or _has_parts(call)]
    accounts = [journal.get(ACCOUNT, {}) for journal in found or [mine[-1]["journal"] or {}]]
    return reduce(either, accounts) if all(accounts) else {}


def _has_parts(call: RowMapping) -> bool:
    return any(step.startswith(PART) for step in call["journal"] or {})


def removals(conn: Connection, edition_id: int) -> list[Removal]:
    """Return the edition's withdrawals, oldest first."""
    return [_removal(row) for row in orders(conn, edition_id, WITHDRAWAL)]


def orders(conn: Connection, edition_id: int, kind: str) -> Sequence[RowMapping]:
    """Return what networks were told of the edition's posts in sends of this kind, oldest first.

    Each send's row, with its message as ``content`` and ``revision``, its delivery as ``delivery_id`` and ``delivery``,
    the last word on it as ``why``, and its call's ``again_at`` and ``lease_until``.
    """
    told = and_(outcomes.c.call_id == deliveries.c.call_id, outcomes.c.delivery_id == deliveries.c.id)
    last = func.coalesce(deliveries.c.reason, outcomes.c.reason, calls.c.reason, "")
    is_answered = calls.c.outcome == Outcome.SENT  # with what there is to say about it; what was told before is over
    by_a_person = func.coalesce(deliveries.c.reason, outcomes.c.reason, "")
    is_down = deliveries.c.state == D.SENT
    reason = case((is_answered, func.coalesce(calls.c.reason, "")), (is_down, by_a_person), else_=last)
    query = (
        select(
            sends,
            messages.c.content,
            messages.c.revision,
            deliveries.c.id.label("delivery_id"),
            deliveries.c.state.label("delivery"),
            reason.label("why"),
            calls.c.retry_at.label("again_at"),
            calls.c.lease_until,
        )
        .join(deliveries, deliveries.c.send_id == sends.c.id)
        .join(messages, messages.c.id == deliveries.c.message_id)
        .outerjoin(calls, calls.c.id == deliveries.c.call_id)
        .outerjoin(outcomes, told)
        .where(sends.c.edition_id == edition_id, sends.c.kind == kind, messages.c.kind == kind)
        .order_by(sends.c.id)
    )
    return conn.execute(query).mappings().all()


def waits_for(row: Any) -> str:
    """Return what keeps a send, in words; empty: nothing does."""
    return next((str(reason["what"]) for reason in row["reasons"] if reason["blocks"]), "")


def _removal(row: Any) -> Removal:
    return Removal(
        row["id"],
        row["delivery_id"],
        row["entry"],
        row["number"],
        row["channel"],
        tuple(row["content"]["parts"]),
        row["content"]["url"],
        D(row["delivery"]),
        SendState(row["state"]),
        waits_for(row) or row["why"],
        row["again_at"] if row["delivery"] == D.UNKNOWN else None,
    )


def left_of(post: Posted, made: list[Removal]) -> tuple[str, ...]:
    """Return the parts of a post for which none of these withdrawals is. Pure."""
    mine = {part for each in made if (each.entry, each.channel) == (post.entry, post.channel) for part in each.parts}
    return tuple(part for part in post.parts if part not in mine)


def taken_down(conn: Connection, edition_id: int) -> dict[int, str]:
    """Return the deliveries whose posts stand no more, on no channel and in no part, with their sends' entries."""
    made = [each for each in removals(conn, edition_id) if each.state is D.SENT]
    posts = posted(conn, edition_id) if made else []
    stand = {post.delivery_id for post in posts if left_of(post, made) or not post.parts}
    return {post.delivery_id: post.entry for post in posts if post.delivery_id not in stand}


def in_part(conn: Connection, edition_ids: Iterable[int]) -> dict[int, Posted]:
    """Return, by delivery, the posts of which something left though they never left whole, taken down or not."""
    posts = (post for edition_id in sorted(edition_ids) for post in posted(conn, edition_id))
    return {post.delivery_id: post for post in posts if post.parts and post.state is not D.SENT}


def next_number(conn: Connection, edition_id: int, entry: str, kind: str = WITHDRAWAL) -> int:
    """Return the number of an entry's next withdrawal, or correction: its post may stand on several channels."""
    query = select(func.coalesce(func.max(sends.c.number), 0)).where(
        sends.c.edition_id == edition_id, sends.c.entry == entry, sends.c.kind == kind
    )
    return int(conn.execute(query).scalar_one()) + 1
