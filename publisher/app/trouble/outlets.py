"""What is wrong with where things go out: channels, their tokens, ways around them, webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from publisher.app.standing import because
from publisher.app.trouble.kind import FRESH, Trouble, audience_of, title_of, waiting_behind
from publisher.errors import ChannelError
from publisher.model.project import Channel, Project
from publisher.speech.phrases import _, joined
from publisher.store import Connection, concerns, hook_messages, hooks

ENDING = timedelta(days=7)  # so long before its end a token is spoken of
FAILURES = 8  # calls in a row that reached nobody: several rests have not helped
BEHIND = 100_000  # messages that wait for a webhook: it can't keep up


def channels(conn: Connection, project: Project, now: datetime) -> Iterator[Trouble]:
    for row in concerns.of_channels(conn, project.channels, now):
        readers, count = concerns.waiting_behind(conn, row["name"])
        affected = waiting_behind(readers, count) if count else _("nobody waits for it yet")
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


def tokens(conn: Connection, project: Project, now: datetime) -> Iterator[Trouble]:
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


def fallbacks(conn: Connection, project: Project, now: datetime) -> Iterator[Trouble]:
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
                "%(who)s, and what follows: it goes through %(channel)s", who=audience_of(send), channel=send["channel"]
            )
            what = because(title_of(send, zone), reason["what"])
            yield Trouble(f"fallback:{failed}", what, affected, command, False, failed)


def webhooks(conn: Connection, now: datetime) -> Iterator[Trouble]:
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
