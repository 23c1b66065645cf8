"""How the sends of an edition stand, what is under way, and what to type next: the same words everywhere."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from publisher.model.project import BREAKING, Schedule
from publisher.model.states import ENDED, SendState
from publisher.speech.phrases import _, joined
from publisher.store import (
    Connection,
    RowMapping,
    Store,
    approvals,
    by_language,
    edition_lists,
    editions,
    facts,
    send_reasons,
    sends,
    trials,
)
from publisher.store.facts import BY_A_PERSON, BY_A_PERSON_ALL

MOST_WAITING = 500  # sends that wait for a person: more is no list that anyone reads
OPEN = tuple(state for state in SendState if state not in ENDED)
FOR_A_PERSON = ("held", "waiting", "paused")


@dataclass(frozen=True, slots=True)
class SendNow:
    """One send as it stands."""

    id: int
    edition_id: int | None
    channel: str
    audience: tuple[str, ...]
    state: str
    candidates: int
    sent: int
    failed: int
    unknown: int
    left: int  # not written to yet
    under_way: int
    cancelled: int
    reasons: tuple[Mapping[str, Any], ...]
    kind: str = "regular"
    trial: str = ""  # what came of its two subjects

    @property
    def to(self) -> str:
        return ", ".join(self.audience) or "its account"

    @property
    def blocking(self) -> list[dict[str, Any]]:
        """What holds it; what is only noted was said when it was made."""
        return [dict(reason) for reason in self.reasons if reason["blocks"]]

    def __str__(self) -> str:
        """Say exactly who got it, and what is left."""
        state = _(self.state)
        if self.kind == sends.WITHDRAWAL or (self.kind == sends.CORRECTION and not self.audience):
            named = joined([self.channel, _(self.kind)], ", ")
            return joined([because(named, state), self._told()], "; ")
        named = _("%(channel)s to %(lists)s", channel=self.channel, lists=", ".join(self.audience) or _("its account"))
        named = joined([named, _(self.kind) if self.kind == sends.CORRECTION else ""], ", ")
        return joined([because(named, state), joined(self._counts(), ", "), self.trial], "; ")

    def _counts(self) -> Iterator[str]:
        if self.candidates:
            yield _("%(part)s of %(whole)s got it", part=self.sent, whole=self.candidates)
        else:
            yield _("nobody got it")
        yield _("%(count)s under way", count=self.under_way) if self.under_way else ""
        yield _("%(count)s not written to yet", count=self.left) if self.left else ""
        yield _("%(count)s never will", count=self.cancelled) if self.cancelled else ""
        yield _("%(count)s failed", count=self.failed) if self.failed else ""
        yield _("%(count)s may or may not have got it", count=self.unknown) if self.unknown else ""

    def _told(self) -> str:
        """Say what became of a post that is to be taken down or edited: there is one account that is told."""
        is_down = self.kind == sends.WITHDRAWAL
        if self.sent:
            return _("its post is taken down") if is_down else _("its post is edited")
        if self.unknown:
            return (
                _("its post may or may not be taken down yet")
                if is_down
                else _("its post may or may not be edited yet")
            )
        # Not "refused": the network may have said so, or a person who settled it.
        not_done = _("its post is not taken down") if is_down else _("its post is not edited")
        return joined([not_done, _("(failed)") if self.failed else ""])


def sends_of(store: Store, edition_id: int) -> list[SendNow]:
    with store.read() as conn:
        return [send_now(row) for row in sends.of_edition(conn, edition_id)]


def these(store: Store, send_ids: Sequence[int]) -> list[SendNow]:
    with store.read() as conn:
        return [send_now(sends.get(conn, send_id)) for send_id in send_ids]


def open_sends(store: Store) -> list[SendNow]:
    """Return every send that has not ended."""
    with store.read() as conn:
        return [send_now(row) for row in sends.in_state(conn, *OPEN)]


def send_now(row: Any) -> SendNow:
    """Return a row of `sends` as it is shown."""
    counted = {name: row[name] for name in ("candidates", "sent", "failed", "unknown", "cancelled")}
    return SendNow(
        id=row["id"],
        edition_id=row["edition_id"],
        channel=row["channel"],
        audience=tuple(row["audience"]),
        state=row["state"],
        left=row["pending"],
        under_way=row["taken"],
        reasons=tuple(row["reasons"]),
        kind=row["kind"],
        trial=trial.words() if (trial := trials.of(row)) else "",
        **counted,
    )


def unfinished(conn: Connection, schedule: Schedule) -> list[RowMapping]:
    """Return a schedule's editions that were begun and have not ended: all, or those in the language that is meant."""
    return [
        row for row in edition_lists.unfinished(conn, schedule.name) if schedule.languages.only in ("", row["language"])
    ]


def edition_title(store: Store, edition_id: int, zone: tzinfo | None) -> str:
    """Return how an edition is called: number, schedule and slot, and its language where the slot has several."""
    with store.read() as conn:
        row = editions.get(conn, edition_id)
        if row is None:
            return _("edition %(number)s", number=str(edition_id))
        is_one_of_several = len(by_language.of_slot(conn, row)) > 1
    return title(edition_id, row["schedule"], row["slot"], zone, row["language"] if is_one_of_several else "")


def title(
    edition_id: int | None, schedule: str | None, slot: str | None, zone: tzinfo | None, language: str = ""
) -> str:
    """Return how a send's edition is called; a send without one is standing mail.

    :param zone: the publication's, in which every time for people is: the key of what was sent by hand is in UTC.
    """
    if edition_id is None:
        return _("standing mail")
    return _(
        "edition %(number)s (%(schedule)s %(slot)s)",
        number=str(edition_id),
        schedule=schedule,
        slot=joined([_local_slot(slot or "", zone), language], ", "),
    )


def _local_slot(slot: str, zone: tzinfo | None) -> str:
    kind, _colon, rest = slot.partition(":")
    if kind == BREAKING:
        return _("article %(number)s", number=rest.partition(":")[0])
    moment = rest if kind in ("manual", "test") else slot
    if not moment.endswith("Z"):
        return slot  # the publication's clock already, or no time at all
    return datetime.fromisoformat(moment).astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def next_step(row: Any, schedule: str | None) -> str:
    """Return in a line what there is to do about a send, and the command; empty: nothing."""
    command = next_command(row, schedule)
    if not command:
        return ""
    if command.startswith("publisher cancel"):
        return f"{row['channel']} is {row['state']}, and can't go on: {command}"
    if row["state"] in FOR_A_PERSON:
        return f"{row['channel']} is {row['state']}; when it may go on: {command}"
    if row["unknown"]:
        return f"{row['channel']}: {row['unknown']:,} may or may not have arrived: {command}"
    if row["kind"] == sends.WITHDRAWAL:
        return f"{row['channel']} did not take its post down; once that is mended: {command}"
    if sends.is_order(row):
        return f"{row['channel']} did not edit its post; once that is mended: {command}"
    return f"{row['channel']}: {row['failed']:,} failed; to send it to them again: {command}"


@dataclass(frozen=True, slots=True)
class HeldEarly:
    """An edition that a person holds before there is any send of it to say so: most often a draft."""

    id: int
    schedule: str
    slot: str
    state: str
    due_at: datetime
    held: facts.Held

    @property
    def command(self) -> str:
        return f"publisher release {self.id}"

    def __str__(self) -> str:
        words: str = facts.as_reason(self.held, self.id)["what"]
        return words


def held_early(conn: Connection) -> list[HeldEarly]:
    """Return the editions that a person holds and of which no send is made yet."""
    found = []
    for edition_id in facts.held_editions(conn):
        row, held = editions.get(conn, edition_id), facts.held_edition(conn, edition_id)
        is_unmade = all(send["state"] == SendState.MADE for send in sends.of_edition(conn, edition_id))
        if row is not None and held is not None and is_unmade:
            found.append(HeldEarly(edition_id, row["schedule"], row["slot"], row["state"], row["due_at"], held))
    return found


def waiting_lines(
    conn: Connection,
    schedules: Collection[str],
    edition_ids: Collection[int] | None = None,
    needing: Sequence[RowMapping] | None = None,
) -> dict[int, list[str]]:
    """Return, by edition, what of it waits for a person, why, and what to type: such sends may have no delivery yet.

    :param schedules: the names in schedules.yaml.
    :param edition_ids: only of these; None: of all.
    :param needing: the sends that need a person, where they are known; None: they are looked up.
    """
    found: dict[int, list[str]] = {
        early.id: [_("%(what)s (%(command)s)", what=str(early), command=early.command)]
        for early in held_early(conn)
        if edition_ids is None or early.id in edition_ids
    }
    for row in sends.needing_a_person(conn, MOST_WAITING) if needing is None else needing:
        edition_id = row["edition_id"]
        if row["state"] in FOR_A_PERSON and (edition_ids is None or edition_id in edition_ids):
            why = next((reason["what"] for reason in row["reasons"] if reason["blocks"]), "")
            command = next_command(row, known(row["schedule"], schedules))
            words = _("%(what)s (%(command)s)", what=stands(row, why), command=command)
            found.setdefault(edition_id, []).append(words)
    return found


def stands(row: Any, why: str) -> str:
    """Say that a send waits for a person, and why."""
    words = {
        SendState.HELD: _("%(channel)s is held", channel=row["channel"]),
        SendState.WAITING: _("%(channel)s is waiting", channel=row["channel"]),
        SendState.PAUSED: _("%(channel)s is paused", channel=row["channel"]),
    }
    return because(words[SendState(row["state"])], why)


def because(what: str, why: str | None) -> str:
    """Return what is the matter and why, where that is known."""
    return _("%(what)s: %(why)s", what=what, why=why) if why else what


def paused(row: Any) -> str:
    """Return why a schedule is paused, from its row; empty: it is not, or the ledger doesn't know it yet."""
    return "" if row is None or row["paused_at"] is None else row["reason"] or _("by a person")


def known(schedule: str | None, schedules: Collection[str]) -> str | None:
    """Return the schedule's name if schedules.yaml has it still, else None: then no command may name it.

    Breaking news needs no schedule there.
    """
    return schedule if schedule in schedules or schedule == BREAKING else None


def next_command(row: Any, schedule: str | None) -> str:
    """Return what to type about a send that waits for a person, or left some in doubt; empty: nothing.

    :param schedule: of its edition; None where schedules.yaml has it no more, so that no command can name it.
    """
    edition = row["edition_id"]
    held_by = {reason["check"] for reason in row["reasons"] if reason["blocks"]}
    if send_reasons.BOOKS in held_by:
        return f"publisher verify {edition or ''}".strip()
    if held_by == {approvals.CHECK}:
        return f"publisher approve {edition}"
    if row["state"] in FOR_A_PERSON and BY_A_PERSON_ALL in held_by:
        return "publisher release --all"
    if held_by == {send_reasons.LOST_CHANNEL} or (row["state"] == "paused" and held_by == {send_reasons.CHANNEL}):
        return f"publisher release --channel {row['channel']}"
    if row["state"] == "paused" and send_reasons.IN_PRACTICE in held_by:
        return "take `practice: true` out of schedules.yaml"
    if row["state"] == "paused" and send_reasons.PRACTICE in held_by:
        return f"publisher cancel {edition}"
    if row["state"] == "paused" or (row["state"] == "held" and held_by <= {BY_A_PERSON}):
        return f"publisher release {edition}"
    if row["state"] in FOR_A_PERSON and schedule == BREAKING:
        return f"publisher release {edition}"
    if row["state"] in FOR_A_PERSON:
        return f"publisher send {schedule} --finish" if schedule else f"publisher cancel {edition}"
    if row["unknown"]:
        return f"publisher unknown list --edition {edition}" if edition else "publisher unknown list"
    if row["failed"] and row["state"] == "done":
        return f"publisher {_tried_again_by(row)} {edition}"
    return ""


def _tried_again_by(row: Any) -> str:
    """Return the command by which what failed of a send is tried again."""
    if row["kind"] == sends.WITHDRAWAL:
        return "withdraw"
    return "correct" if sends.is_order(row) else "resend"
