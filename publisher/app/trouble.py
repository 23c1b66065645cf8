"""What is wrong now and needs a person, read from the ledger: the same for alerts, `publisher status` and the console.

Each trouble has a cause that stays the same for as long as it is the same trouble. Nothing here is remembered: what
is no longer found is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping

from publisher.app.standing import because, stands, title
from publisher.app.waits import lets_nothing_go
from publisher.errors import ChannelError
from publisher.model.project import Channel, Project, Schedule
from publisher.model.states import SendState
from publisher.pipeline.operate.doubt import OVERDUE
from publisher.runtime.slots import slots_after
from publisher.speech.phrases import _, joined, ngettext
from publisher.store import Connection, approvals, concerns, facts, held, hook_messages, hooks, schedules, sends
from publisher.store.facts import BY_A_PERSON, BY_A_PERSON_ALL

LATE = timedelta(minutes=10)  # after this an edition that has not begun is late
FRESH = timedelta(days=1)  # how long an edition that failed is spoken of
SOURCE_SILENT = timedelta(hours=6)
ENDING = timedelta(days=7)  # so long before its end a token is spoken of
FAILURES = 8  # calls in a row that reached nobody: several rests have not helped
BEHIND = 100_000  # messages that wait for a webhook: it can't keep up
MOST = 200  # sends looked at: beyond that a person is at work already
EVERYONE = _("everyone it is for")
# What `all_in` finds; an alert of one of these that it no longer finds is over.
KINDS = frozenset(
    {"channel", "token", "fallback", "held", "unknown", "failed", "late", "slot", "source", "flood", "article", "hook"}
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that needs a person."""

    cause: str  # kind and name: channel:letters, held:12
    what: str
    affected: str
    command: str  # what to type next
    urgent: bool  # False: it can wait till morning
    channel: str = ""  # the channel that failed
    edition_id: int | None = None  # of which something is wrong

    @property
    def kind(self) -> str:
        return self.cause.partition(":")[0]


def all_in(
    conn: Connection,
    project: Project,
    now: datetime,
    watched_since: datetime | None,
    needing: Sequence[RowMapping] | None = None,
) -> list[Trouble]:
    """Return everything that needs a person now.

    :param watched_since: since when slots have been watched; None: nobody watches them.
    :param needing: the sends that need a person, MOST at most; None: they are looked up.
    """
    zone = ZoneInfo(project.publication.timezone)
    needing = sends.needing_a_person(conn, MOST) if needing is None else needing
    is_any_in_doubt = len(needing) == MOST or any(send["unknown"] for send in needing)
    return [
        *_channels(conn, project, now),
        *_tokens(conn, project, now),
        *_fallbacks(conn, project, now),
        *_sends(conn, project, now, needing),
        *(_unknown(conn, now, zone) if is_any_in_doubt else ()),
        *_failed(conn, now, zone),
        *_late(conn, project, now, watched_since),
        *_slots(conn, project, now, watched_since),
        *_sources(conn, project, now),
        *_articles(conn),
        *_hooks(conn, now),
    ]


def _channels(conn: Connection, project: Project, now: datetime) -> Iterator[Trouble]:
    for row in concerns.of_channels(conn, project.channels, now):
        readers, count = concerns.waiting_behind(conn, row["name"])
        affected = _waiting(readers, count) if count else _("nobody waits for it yet")
        if row["paused_at"] is not None:
            what = because(_("the channel %(channel)s is stopped", channel=row["name"]), row["reason"])
            again = f"publisher release --channel {row['name']}"
            command = _("mend it in schedules.yaml or .env, then: %(command)s", command=again)
            if _has_ways(project.channels[row["name"]]):
                ways = f"publisher connect {row['name']}"
                command = _("%(command)s walks you to a new token; or %(other)s", command=ways, other=command)
        elif row["failures"] >= FAILURES:
            what = _(
                "the channel %(channel)s reaches nobody: %(why)s (%(count)s calls in a row)",
                channel=row["name"],
                why=row["reason"],
                count=str(row["failures"]),
            )
            command = _(
                "%(command)s (it is tried again by itself; if its provider is down, wait or set `fallback:`)",
                command="publisher status",
            )
        else:
            continue
        yield Trouble(f"channel:{row['name']}", what, affected, command, True, row["name"])


def _has_ways(channel: Channel) -> bool:
    """Say whether the channel's sender knows how a person gets what it asks for."""
    from publisher.senders.registry import sender_class  # here: it loads the sender, and stopped channels are rare

    try:
        return bool(sender_class(channel.sender).ways)
    except ChannelError:
        return False


def _tokens(conn: Connection, project: Project, now: datetime) -> Iterator[Trouble]:
    """Yield the channels whose token ends within a week, and which could not get another by themselves."""
    for row in concerns.ending(conn, project.channels, now + ENDING):
        if not _has_tokens_that_end(project.channels[row["channel"]]):
            continue
        day = row["ends_at"].astimezone(ZoneInfo(project.publication.timezone))
        named = {"name": row["name"], "channel": row["channel"], "day": f"{day:%Y-%m-%d}"}
        if row["ends_at"] > now:
            what = _("the %(name)s of the channel %(channel)s ends on %(day)s", **named)
        else:
            what = _("the %(name)s of the channel %(channel)s ended on %(day)s", **named)
        affected = _("what %(channel)s carries from then on", channel=row["channel"])
        command = f"publisher connect {row['channel']}"
        yield Trouble(f"token:{row['channel']}", what, affected, command, False, row["channel"])


def _has_tokens_that_end(channel: Channel) -> bool:
    """Say whether the channel's sender has such tokens: one that is kept may be left from the sender before it."""
    from publisher.senders.registry import sender_class  # here: it loads the sender, and tokens that end are rare

    try:
        return sender_class(channel.sender).says_when_tokens_end()
    except ChannelError:
        return False  # the channel can't be used at all, which is told by itself


def _fallbacks(conn: Connection, project: Project, now: datetime) -> Iterator[Trouble]:
    """Yield the channels in trouble for which another carries on: nobody waits, but they do not come back unseen."""
    ailing = {row["name"] for row in concerns.of_channels(conn, project.channels, now)}
    zone = ZoneInfo(project.publication.timezone)
    for send in concerns.handed_over(conn) if ailing else ():
        reason = next(r for r in send["reasons"] if r["check"] == "fallback")
        failed = reason.get("channel", "")
        if failed in ailing:
            ailing.discard(failed)
            again = f"publisher release --channel {failed}"
            command = joined(
                ["publisher status", _("once %(channel)s is mended: %(command)s", channel=failed, command=again)], "; "
            )
            affected = _(
                "%(who)s, and what follows: it goes through %(channel)s", who=_audience(send), channel=send["channel"]
            )
            what = because(_title(send, zone), reason["what"])
            yield Trouble(f"fallback:{failed}", what, affected, command, False, failed)


def _sends(conn: Connection, project: Project, now: datetime, needing: Sequence[RowMapping]) -> Iterator[Trouble]:
    """Yield what checks hold, and what waits for a channel that can't be used."""
    ailing = concerns.of_channels(conn, project.channels, now)
    stopped = {row["name"] for row in ailing if row["paused_at"] is not None}
    seen: set[str] = set()
    for send in needing:
        if sends.is_out_of_balance(send):
            yield _books(send, ZoneInfo(project.publication.timezone))
            continue
        own = [r for r in send["reasons"] if r["blocks"] and r["check"] not in (BY_A_PERSON, BY_A_PERSON_ALL)]
        if not own or send["state"] not in (SendState.HELD, SendState.PAUSED):
            continue
        if any(reason["check"] in (sends.PRACTICE, sends.IN_PRACTICE) for reason in own):
            yield _of_practice(send, project)
        elif send["state"] == SendState.HELD:
            yield _held(send, own, project)
        elif send["channel"] not in stopped and send["channel"] not in seen:
            seen.add(send["channel"])
            is_lost = send["channel"] not in project.channels
            yield _paused(conn, send, sends.lost_channel(send) if is_lost else own[0])


def _held(send: RowMapping, own: list[dict[str, Any]], project: Project) -> Trouble:
    more = _("(and %(count)s more)", count=str(len(own) - 1)) if len(own) > 1 else ""
    what = joined([_stopped(send, own[0], ZoneInfo(project.publication.timezone)), more])
    remedy, cancel = own[0]["remedy"], f"publisher cancel {send['edition_id']}"
    command = _then(remedy.rstrip("."), f"publisher send {send['schedule']} --finish")
    if own[0]["check"] == approvals.CHECK:
        command = _or(remedy, cancel)
    elif send["schedule"] not in project.schedules:
        command = _or(_("put %(name)s back into schedules.yaml", name=send["schedule"]), cancel)
    return Trouble(f"held:{send['id']}", what, _audience(send), command, True, edition_id=send["edition_id"])


def _of_practice(send: RowMapping, project: Project) -> Trouble:
    own = next(reason for reason in send["reasons"] if reason["check"] in (sends.PRACTICE, sends.IN_PRACTICE))
    what = _stopped(send, own, ZoneInfo(project.publication.timezone))
    return Trouble(f"held:{send['id']}", what, _audience(send), own["remedy"], True, edition_id=send["edition_id"])


def _books(send: RowMapping, zone: ZoneInfo) -> Trouble:
    what = next(reason["what"] for reason in send["reasons"] if reason["check"] == sends.BOOKS)
    command = f"publisher verify {send['edition_id'] or ''}".strip()
    what = because(_title(send, zone), because(send["channel"], what))
    return Trouble(f"books:{send['id']}", what, _audience(send), command, True, edition_id=send["edition_id"])


def _paused(conn: Connection, send: RowMapping, reason: dict[str, Any]) -> Trouble:
    readers, count = concerns.waiting_behind(conn, send["channel"])
    what = because(_("the channel %(channel)s can't be used", channel=send["channel"]), reason["what"])
    command = reason["remedy"].rstrip(".")
    affected = _waiting(readers, count)
    return Trouble(f"channel:{send['channel']}", what, affected, command, True, send["channel"])


def _unknown(conn: Connection, now: datetime, zone: ZoneInfo) -> Iterator[Trouble]:
    for send in concerns.parked(conn, now - OVERDUE):
        which = f" --edition {send['edition_id']}" if send["edition_id"] else ""
        doubted = ngettext(
            "%(count)s delivery through %(channel)s may or may not have arrived",
            "%(count)s deliveries through %(channel)s may or may not have arrived",
            send["unknown"],
            channel=send["channel"],
        )
        what = because(_title(send, zone), doubted)
        affected = _("%(part)s of %(whole)s", part=send["unknown"], whole=send["candidates"])
        command = f"publisher unknown list{which}"
        yield Trouble(f"unknown:{send['id']}", what, affected, command, False, edition_id=send["edition_id"])


def _failed(conn: Connection, now: datetime, zone: ZoneInfo) -> Iterator[Trouble]:
    for send in concerns.mostly_failed(conn, now - FRESH):
        last = concerns.last_trouble(conn, send["id"])
        channel, number = send["channel"], send["edition_id"]
        why = last["reason"] if last else ""
        if send["kind"] == sends.WITHDRAWAL:
            what = _("%(channel)s did not take its post down", channel=channel)
            affected = _("whoever sees the post")
            again = f"publisher withdraw {number}"
            command = _(
                "take it down by hand, then: %(said)s; or mend the cause, then: %(again)s",
                said=f"{again} --by-hand {channel}",
                again=again,
            )
        elif sends.is_order(send):
            what = _("%(channel)s did not edit its post", channel=channel)
            affected = _("whoever sees the post")
            again = f"publisher correct {number}"
            command = _("edit it by hand; or mend the cause, then: %(command)s", command=again)
        else:
            of = {"part": send["failed"], "whole": send["candidates"]}
            what = _("%(channel)s failed for %(part)s of %(whole)s", channel=channel, **of)
            affected = _("%(count)s who did not get it", count=send["failed"])
            command = _("mend the cause, then: %(command)s", command=f"publisher resend {number or ''}".rstrip())
        said = because(_title(send, zone), because(what, why))
        yield Trouble(f"failed:{send['id']}", said, affected, command, True, edition_id=number)


def _late(conn: Connection, project: Project, now: datetime, watched_since: datetime | None) -> Iterator[Trouble]:
    if facts.held(conn) is not None or not _watched_long_enough(now, watched_since):
        return
    zone = ZoneInfo(project.publication.timezone)
    for edition in concerns.not_begun(conn, now - LATE):
        if facts.held_edition(conn, edition["id"]) is None and not _is_let_wait(conn, project, edition["id"], now):
            named = title(edition["id"], edition["schedule"], edition["slot"], zone)
            what = _("%(edition)s should have gone out and has not", edition=named)
            yield Trouble(f"late:{edition['id']}", what, EVERYONE, "publisher status", True, edition_id=edition["id"])


def _is_let_wait(conn: Connection, project: Project, edition_id: int, now: datetime) -> bool:
    """Say whether an edition has not begun because its channels let nothing go at this hour, or no more today."""
    via = {send["channel"] for send in sends.of_edition(conn, edition_id)}
    return bool(via) and all(lets_nothing_go(conn, project, project.rules_of(name), now) for name in via)


def _slots(conn: Connection, project: Project, now: datetime, watched_since: datetime | None) -> Iterator[Trouble]:
    """Yield slots that passed without an edition: the scheduler stalls, or nobody runs it."""
    if not _watched_long_enough(now, watched_since):
        return
    known = schedules.every(conn)
    for schedule in project.schedules.values():
        row = known.get(schedule.name)
        if row is None or schedule.when.new or row["paused_at"] is not None or row["considered_until"] >= now - LATE:
            continue
        missed = _first_missed(schedule, ZoneInfo(project.publication.timezone), row["considered_until"], now - LATE)
        if missed:
            what = _(
                "%(schedule)s should have gone out at its slot %(slot)s and was not even begun",
                schedule=schedule.name,
                slot=missed,
            )
            command = "publisher run"
            if watched_since is not None:
                command = _("%(command)s, and the log of `%(run)s`", command="publisher status", run=command)
            yield Trouble(f"slot:{schedule.name}@{missed}", what, EVERYONE, command, True)


def _first_missed(schedule: Schedule, zone: ZoneInfo, since: datetime, until: datetime) -> str:
    found = next(islice(slots_after(schedule.when, zone, since), 1), None)
    return found.key if found is not None and found.due_at <= until else ""


def _watched_long_enough(now: datetime, watched_since: datetime | None) -> bool:
    """After a start there is a moment in which what was missed is still being caught up with."""
    return watched_since is None or now - watched_since > LATE


def _sources(conn: Connection, project: Project, now: datetime) -> Iterator[Trouble]:
    for row in concerns.failing_sources(conn, now - SOURCE_SILENT):
        if row["name"] not in project.sources or row["polled_at"] is None:
            continue
        error = (row["error"] or "").removeprefix(f"{row['name']}: ")
        command = "publisher sources"
        if row["stopped_at"] is not None:
            what: str = _("the source %(source)s is not asked any more", source=row["name"])
            again = _("to ask it again: %(command)s", command=f"publisher sources --start {row['name']}")
            command = joined([command, again], "; ")
        elif row["good_at"] is None:
            what = _("the source %(source)s has never been read", source=row["name"])
        else:
            good_at = row["good_at"].astimezone(ZoneInfo(project.publication.timezone))
            since = f"{good_at:%Y-%m-%d %H:%M %Z}"
            what = _("the source %(source)s has not been read since %(moment)s", source=row["name"], moment=since)
        what = because(what, error)
        yield Trouble(f"source:{row['name']}", what, _("articles from %(source)s", source=row["name"]), command, False)


def _articles(conn: Connection) -> Iterator[Trouble]:
    """Yield what of each source's articles waits for a person: a flood as one, everything else as another."""
    waiting = held.count_by_source(conn)
    for row in waiting:
        if row["held_for"] == "flood":
            what = _(
                "%(count)s new articles of %(source)s are held: more at once than it usually has (flood)",
                count=row["count"],
                source=row["name"],
            )
            yield Trouble(f"flood:{row['name']}", what, _takers(row["name"]), _decide_on(row["name"]), True)
    for name in dict.fromkeys(row["name"] for row in waiting if row["held_for"] != "flood"):
        mine = [row for row in waiting if row["name"] == name and row["held_for"] != "flood"]
        count, first = sum(row["count"] for row in mine), min(mine, key=lambda row: row["first"])
        what = ngettext(
            "%(count)s article of %(source)s held; the first, %(first)s: %(why)s",
            "%(count)s articles of %(source)s held; the first, %(first)s: %(why)s",
            count,
            source=name,
            first=str(first["first"]),
            why=first["reason"],
        )
        yield Trouble(f"article:{name}", what, _takers(name), _decide_on(name), False)


def _hooks(conn: Connection, now: datetime) -> Iterator[Trouble]:
    """Yield webhooks that were paused or ended by themselves, and those that can't keep up."""
    for hook in hooks.every(conn):
        number, host = hook.id, urlsplit(hook.address).hostname
        named = {"number": str(number), "host": host}
        command = f"publisher hooks log {number}"
        if hook.ended_at is not None and hook.ended_by == hooks.ITSELF and now - hook.ended_at < FRESH:
            what = because(_("the webhook %(number)s to %(host)s has ended", **named), hook.ended_why)
        elif hook.paused_at is not None and hook.paused_by == hooks.ITSELF:
            what = because(_("the webhook %(number)s to %(host)s is paused", **named), hook.paused_why)
            command = _("mend it, then: %(command)s", command=f"publisher hooks resume {number}")
        elif hook.ended_at is None and hook_messages.waiting(conn, number, BEHIND + 1) > BEHIND:
            what = _("the webhook %(number)s to %(host)s is more than %(count)s messages behind", **named, count=BEHIND)
        else:
            continue
        yield Trouble(f"hook:{number}", what, _("whoever listens at %(host)s", host=host), command, False)


def _takers(source: str) -> str:
    return _("schedules that take from %(source)s", source=source)


def _decide_on(source: str) -> str:
    which = f"--source {source}"
    decide = _or(f"publisher articles release {which}", f"publisher articles discard {which}")
    return _then(f"publisher articles --why {which}", decide)


def _title(send: RowMapping, zone: ZoneInfo) -> str:
    return title(send["edition_id"], send["schedule"], send["slot"], zone)


def _waiting(readers: int, count: int) -> str:
    of = ngettext("%(count)s send", "%(count)s sends", count)
    return ngettext("%(count)s reader of %(sends)s waits", "%(count)s readers of %(sends)s wait", readers, sends=of)


def _audience(send: RowMapping) -> str:
    return _("everyone on %(lists)s", lists=", ".join(send["audience"])) if send["audience"] else _("its account")


def _stopped(send: RowMapping, reason: Mapping[str, Any], zone: ZoneInfo) -> str:
    """Say which send of which edition stands still, and why."""
    return because(_title(send, zone), stands(send, reason["what"]))


def _then(first: str, command: str) -> str:
    return _("%(first)s; then: %(command)s", first=first, command=command)


def _or(first: str, command: str) -> str:
    return _("%(first)s; or: %(command)s", first=first, command=command)
