"""A test: the next edition as mail to a few addresses, which are on no list by that and count nowhere.

It goes straight to the sender, as an alert does, and not through the ledger of deliveries: there it would use up
articles, make subscribers of the addresses, and stand in the archive and among what was sent. What stands in the ledger
is a line among the schedule's editions, written before the first mail leaves and again after the last: who sent a test
to how many, and how that ended. A crash in between leaves the line that says so; a test is simply sent again.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from publisher.app import versions
from publisher.app.links import TEST
from publisher.app.preview import Preview, Reader, preview
from publisher.app.telling import Forgetful
from publisher.audience.addresses import normalise
from publisher.errors import PublisherError, UsageError
from publisher.model.call import Answer, Call, Outcome, Recipient
from publisher.model.counting import many
from publisher.model.message import Mail, slots_of
from publisher.model.project import Schedule
from publisher.model.staff import May
from publisher.model.states import EditionState
from publisher.pipeline.dispatch import beside
from publisher.store import editions, suppressions
from publisher.store.permission import allowed

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()

MOST = 20  # addresses: more would be a send
MARK = "[Test] "
PATIENCE = timedelta(minutes=1)  # for a channel's rate; what rests longer takes no test


@dataclass(frozen=True, slots=True)
class Said:
    """What became of one test mail."""

    email: str
    channel: str
    why_not: str = ""  # empty: the provider has it


def addresses_said(app: App, said: str) -> list[str]:
    """Return the addresses that a test goes to, in `a@x, b@y`.

    :raises UsageError: one is none or must not be written to; there are none, or too many.
    """
    found = list(dict.fromkeys(_address(each) for each in said.replace(",", " ").split()))
    if not found:
        raise UsageError("it isn't said to whom", remedy="Give addresses: ada@harbor.example,bo@harbor.example")
    if len(found) > MOST:
        raise UsageError(f"these are {len(found)} addresses, and a test goes to {MOST} at most")
    with app.store.read() as conn:
        for email in found:
            if any(row["scope"] == "all" for row in suppressions.of(conn, app.hash_of(email))):
                remedy = f"See why: publisher subscribers show {email}"
                raise UsageError(f"{email} must not be written to", remedy=remedy)
    return found


def _address(said: str) -> str:
    try:
        return normalise(said)
    except ValueError as error:
        raise UsageError(f"{said!r} is no e-mail address: {error}") from None


def mail_to(app: App, schedule: Schedule, to: str, *, like: str = "") -> str:
    """Mail the next edition to a few addresses; return what became of each, in words.

    :param to: as `addresses_said` takes it.
    :param like: address of a subscriber, whose own values hold.
    :raises UsageError: it sends no mail, none could be made, or one was not sent; what became of each.
    """
    addresses = addresses_said(app, to)
    if not schedule.mails_to:
        raise UsageError("it sends no mail, and posts are not tested", remedy="Look at its preview")
    found = send(app, make(app, schedule, email=like), addresses)
    if not found:
        raise UsageError("no mail of it could be made", remedy="Look at its preview")
    words = "; ".join(f"{each.email} by {each.channel}: {(each.why_not or 'sent').rstrip('.')}" for each in found)
    if any(each.why_not for each in found):
        raise UsageError(words)
    return words


def make(app: App, schedule: Schedule, *, email: str = "") -> Preview:
    """Make the next edition as a preview does; its mails name no page of the archive, which they will never be in.

    :param email: a subscriber, whose own values hold.
    """
    own = copy.copy(app)
    own.studio = replace(app.studio, doors=replace(app.studio.doors, shows_past=False))
    return preview(own, schedule, email=email)


@allowed(May.EDIT)
def send(app: App, made: Preview, addresses: Sequence[str]) -> list[Said]:
    """Send the mails of a preview to these addresses, one by one; nobody else hears of it."""
    mails = [(one.entry.via, each) for one in made.products for each in one.variants.values() if isinstance(each, Mail)]
    edition_id = _begin(app, made.plan.schedule, len(addresses))
    found = [each for via, mail in mails for each in _to_each(app, via, mail, addresses, made.reader, edition_id)]
    gone = sum(not each.why_not for each in found)
    with app.store.write() as conn:
        words = f"a test to {many(len(addresses), 'address', 'addresses')}: {gone} of {many(len(found), 'mail')} sent"
        editions.say_why(conn, edition_id, words)
    log.info("test_sent", schedule=made.plan.schedule.name, sent=gone, failed=len(found) - gone, actor=app.actor)
    return found


def _begin(app: App, schedule: Schedule, count: int) -> int:
    """Write down that a test begins; return its line among the editions."""
    version_id, now = versions.accepted(app), app.clock()
    to = many(count, "address", "addresses")
    with app.store.write() as conn:
        made = editions.add(
            conn,
            schedule=schedule.name,
            slot=f"{editions.TEST}{now:%Y-%m-%dT%H:%M:%S.%fZ}",
            language=app.project.language_of(schedule),
            due_at=now,
            now=now,
            state=EditionState.SKIPPED,
            reason=f"a test to {to} that did not come to its end: some of them may have it",
            version_id=version_id,
            actor=app.actor,
            places=(),
            is_practice=app.is_practice,
        )
    if made is None:
        raise UsageError("another test of it began at this very moment", where=schedule.name, remedy="Try again")
    return made


def _to_each(app: App, via: str, made: Mail, addresses: Sequence[str], like: Reader, edition_id: int) -> Iterator[Said]:
    mail = as_test(made)
    needed = {slot.field: f"[{slot.field}]" for slot in slots_of(mail) if slot.default is None}
    link = f"{app.public_url}/u/{TEST}"
    links = {"unsubscribe_url": link, "preferences_url": f"{link}/choices"}
    for email in addresses:
        own = needed | {"email": email} | {name: value for name, value in like.values.items() if value} | links
        name = own.get("name", "") if like.email else ""  # a made-up one stands in no header
        reader = Recipient(0, app.wire_name("test", edition_id), email, name, own)
        yield Said(email, via, _why_not(app, via, Call(0, uuid4().hex, mail, (reader,))))


def as_test(mail: Mail) -> Mail:
    """Return a mail that says that it is a test, and by which no mail program offers to leave."""
    first, *rest = mail.subject
    subject = (f"{MARK}{first}", *rest) if isinstance(first, str) else (MARK, first, *rest)
    headers = tuple(each for each in mail.headers if not each[0].lower().startswith("list-unsubscribe"))
    return replace(mail, subject=subject, headers=headers)


def _why_not(app: App, channel: str, call: Call) -> str:
    """Say a test by a channel; return why it was not taken, empty where it was."""
    refusal = app.senders.refusal_of(app.project.channels[channel])
    if refusal is not None:
        return str(refusal)
    try:
        sender = app.senders.of(channel)
        if waits := _wait(app, channel, sender.counted_as):
            return waits
        answer = sender.send(call, Forgetful())
    except PublisherError as error:
        return str(error)
    except Exception as fault:
        log.exception("test_not_sent", channel=channel)
        return f"{type(fault).__name__} (see the log)"
    _hear(app, channel, sender.counted_as, answer)
    verdict = answer.of(call.recipients[0])
    return "" if verdict.outcome is Outcome.SENT else f"{verdict.outcome}: {verdict.reason or 'no reason was given'}"


def _wait(app: App, channel: str, counted_as: str) -> str:
    """Wait for the channel's turn, which is charged; return until when it rests where that is too long."""
    rules = app.project.rules_of(channel)
    end = app.store.now() + PATIENCE
    while True:
        now = app.store.now()
        with app.store.write() as conn:
            until = beside.take_leave(conn, rules, counted_as, app.zone, now, is_urgent=True)
        if until is None:
            return ""
        if until > end:
            return f"{channel} takes nothing before {until.astimezone(app.zone):%Y-%m-%d %H:%M}"
        time.sleep(max(0.0, (until - now).total_seconds()))


def _hear(app: App, channel: str, counted_as: str, answer: Answer) -> None:
    with app.store.write() as conn:
        beside.hear(conn, channel, counted_as, answer, app.store.now())
