"""What is wrong with what is sent: sends that wait for a person, failed, or are not what the books say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping

from publisher.app.standing import because
from publisher.app.trouble.kind import FRESH, Trouble, audience_of, either, stopped, then, title_of, waiting_behind
from publisher.model.project import Project
from publisher.model.states import SendState
from publisher.pipeline.operate.doubt import OVERDUE
from publisher.speech.phrases import _, joined, ngettext
from publisher.store import Connection, approvals, concerns, send_reasons, sends
from publisher.store.facts import BY_A_PERSON, BY_A_PERSON_ALL


def waiting(conn: Connection, project: Project, now: datetime, needing: Sequence[RowMapping]) -> Iterator[Trouble]:
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
        if any(reason["check"] in (send_reasons.PRACTICE, send_reasons.IN_PRACTICE) for reason in own):
            yield _of_practice(send, project)
        elif send["state"] == SendState.HELD:
            yield _held(send, own, project)
        elif send["channel"] not in stopped and send["channel"] not in seen:
            seen.add(send["channel"])
            is_lost = send["channel"] not in project.channels
            yield _paused(conn, send, send_reasons.lost_channel(send) if is_lost else own[0])


def _held(send: RowMapping, own: list[dict[str, Any]], project: Project) -> Trouble:
    more = _("(and %(count)s more)", count=str(len(own) - 1)) if len(own) > 1 else ""
    what = joined([stopped(send, own[0], ZoneInfo(project.publication.timezone)), more])
    remedy, cancel = own[0]["remedy"], f"publisher cancel {send['edition_id']}"
    command = then(remedy.rstrip("."), f"publisher send {send['schedule']} --finish")
    if own[0]["check"] == approvals.CHECK:
        command = either(remedy, cancel)
    elif send["schedule"] not in project.schedules:
        command = either(_("put %(name)s back into schedules.yaml", name=send["schedule"]), cancel)
    return Trouble(f"held:{send['id']}", what, audience_of(send), command, True, edition_id=send["edition_id"])


def _of_practice(send: RowMapping, project: Project) -> Trouble:
    own = next(
        reason for reason in send["reasons"] if reason["check"] in (send_reasons.PRACTICE, send_reasons.IN_PRACTICE)
    )
    what = stopped(send, own, ZoneInfo(project.publication.timezone))
    return Trouble(f"held:{send['id']}", what, audience_of(send), own["remedy"], True, edition_id=send["edition_id"])


def _books(send: RowMapping, zone: ZoneInfo) -> Trouble:
    what = next(reason["what"] for reason in send["reasons"] if reason["check"] == send_reasons.BOOKS)
    command = f"publisher verify {send['edition_id'] or ''}".strip()
    what = because(title_of(send, zone), because(send["channel"], what))
    return Trouble(f"books:{send['id']}", what, audience_of(send), command, True, edition_id=send["edition_id"])


def _paused(conn: Connection, send: RowMapping, reason: dict[str, Any]) -> Trouble:
    readers, count = concerns.waiting_behind(conn, send["channel"])
    what = because(_("the channel %(channel)s can't be used", channel=send["channel"]), reason["what"])
    command = reason["remedy"].rstrip(".")
    affected = waiting_behind(readers, count)
    return Trouble(f"channel:{send['channel']}", what, affected, command, True, send["channel"])


def unknown(conn: Connection, now: datetime, zone: ZoneInfo) -> Iterator[Trouble]:
    for send in concerns.parked(conn, now - OVERDUE):
        which = f" --edition {send['edition_id']}" if send["edition_id"] else ""
        doubted = ngettext(
            "%(count)s delivery through %(channel)s may or may not have arrived",
            "%(count)s deliveries through %(channel)s may or may not have arrived",
            send["unknown"],
            channel=send["channel"],
        )
        what = because(title_of(send, zone), doubted)
        affected = _("%(part)s of %(whole)s", part=send["unknown"], whole=send["candidates"])
        command = f"publisher unknown list{which}"
        yield Trouble(f"unknown:{send['id']}", what, affected, command, False, edition_id=send["edition_id"])


def failed(conn: Connection, now: datetime, zone: ZoneInfo) -> Iterator[Trouble]:
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
        said = because(title_of(send, zone), because(what, why))
        yield Trouble(f"failed:{send['id']}", said, affected, command, True, edition_id=number)
