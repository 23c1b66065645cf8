"""What a dispatcher works with: who it is, its clock and rules, and a call in its hands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Event
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from publisher.clock import Clock, steady
from publisher.errors import LostCallError, StoreError
from publisher.model.account import Fingerprints, either, why_another
from publisher.model.call import Answer, Call, Picture, Recipient
from publisher.model.message import Content, Correction, Mail, Post, Withdrawal
from publisher.model.project import Channel
from publisher.model.timing import Timing
from publisher.pipeline.dispatch.together import Together
from publisher.senders.verdicts import deferred, refused, stop
from publisher.store import Connection, Store, calls, media, messages
from publisher.store.withdrawals import ACCOUNT, PART

if TYPE_CHECKING:
    from publisher.senders.base import Sender

MOST_KNOWN = 32


def _no_rules(name: str) -> Channel:
    return Channel(name, "")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a dispatcher needs beside the store.

    ``clock`` is the store's: leases, limits and due times are compared between processes. Waits of this process are
    measured by `steady`.
    """

    process_id: int
    clock: Clock
    # A reader's values: links of their own, an opaque reference; with `errand=` those of a letter that they asked for;
    # with `language=` since when and how they are on the list, in its words.
    introduce: Callable[..., Recipient]
    rules_of: Callable[[str], Channel] = _no_rules  # a channel's limits and fallback
    timing: Timing = field(default_factory=Timing)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))  # of days and quiet hours
    under_way: set[int] = field(default_factory=set)  # this process's calls between claim and answer
    free_at: dict[str, datetime] = field(default_factory=dict)  # when a channel that waits for a limit may go on
    looked: dict[str, float] = field(default_factory=dict)  # by `steady`: until when a look at a channel holds
    turns: Together[Any, Any] = field(default_factory=Together)  # what its threads claim, begin and answer
    begins: Together[Any, bool] = field(default_factory=Together)
    answers: Together[Any, None] = field(default_factory=Together)
    stop: Event = field(default_factory=Event)  # set when this process is to end
    known: dict[int, Content] = field(default_factory=dict)  # messages never change: read once

    def message(self, conn: Connection, message_id: int) -> Content:
        """Return a message."""
        if message_id not in self.known:
            if len(self.known) >= MOST_KNOWN:
                self.known.clear()
            self.known[message_id] = messages.get(conn, message_id)
        return self.known[message_id]


def picture_of(conn: Connection, message: Content) -> Picture | None:
    """Return the picture that goes up with a message; it was kept in the transaction that recorded the message."""
    upload = message.upload if isinstance(message, Post) else None
    if upload is None:
        return None
    kept = media.get(conn, upload.digest)
    assert kept is not None  # noqa: S101 -- it stays as long as its post may be said
    how = {"in_card": upload.in_card, "is_needed": upload.is_needed}
    return Picture(kept.content, kept.type, upload.alt, upload.width, upload.height, **how)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A call that is ours, committed, nothing said yet. Every write about it names the call and its try."""

    call: Call
    send_id: int
    channel: str  # that speaks; the send itself may be on its fallback by now
    speak_by: float  # by `steady`: later than this the lease might end before the answer
    had_trouble: bool = True  # the channel has failed lately: an answer is worth noting
    is_begun: bool = False  # it may speak at once
    counted_as: str = ""  # the account whose requests the network counts; empty: it counts nobody's
    edition_id: int | None = None  # None: of standing mail
    message_id: int = 0

    @property
    def ids(self) -> dict[str, object]:
        """What a line of the log, or a span, says that it is about."""
        return {
            "edition": self.edition_id,
            "send": self.send_id,
            "message_id": self.message_id,
            "call": self.call.id,
            "attempt": self.call.attempt,
            "channel": self.channel,
        }


def last_moment(timing: Timing) -> float:
    """Return until when a request may begin whose lease begins now."""
    return steady() + (timing.lease - timing.reserve).total_seconds()


@dataclass(frozen=True, slots=True)
class StoreJournal:
    """Notes of a sender of several steps, committed at once; a later try of the same call finds them.

    A fence between the steps too: a process that stood still while another took its call over learns it here, before it
    says the next one.

    :raises LostCallError: by either: the call is no longer this try's.
    """

    store: Store
    call_id: int
    tries: int = 1

    def note(self, step: str, data: Mapping[str, object]) -> None:
        self.store.submit(lambda conn: calls.note(conn, self.call_id, step, dict(data), tries=self.tries))

    def noted(self, step: str) -> dict[str, Any] | None:
        with self.store.read() as conn:
            found = calls.journal(conn, self.call_id, tries=self.tries).get(step)
        return dict(found) if found is not None else None


def say(store: Store, sender: Sender, call: Call) -> Answer:
    """Have the sender say what the call says: a message, or what is to become of one that stands.

    By now the channel may speak for another account, where the post's number is somebody else's.
    """
    journal = StoreJournal(store, call.id, call.attempt)
    if isinstance(call.message, Mail):
        return sender.send(call, journal)
    if isinstance(call.message, Withdrawal | Correction):
        if why := why_another(call.message.account, sender.account):
            return stop(refused(why))
        is_removal = isinstance(call.message, Withdrawal)
        return sender.withdraw(call, journal) if is_removal else sender.edit(call, journal)
    return _post(sender, call, journal)


def _post(sender: Sender, call: Call, journal: StoreJournal) -> Answer:
    """Have a post said, once it is noted whose it is."""
    from publisher.senders.pictures import told_unshown  # here: commands that only look need no HTTP

    if sender.account:
        try:
            _note_account(journal, sender.account, call.attempt)
        except LostCallError:
            raise  # another process may have posted it
        except StoreError:
            return stop(deferred("the database didn't take a note of the account; nothing was sent"))
    return told_unshown(call, sender, sender.send(call if sender.is_practice else _for_others(call), journal))


def _for_others(call: Call) -> Call:
    """Return a call without a picture's address in its card that only this machine knows: what goes up has none."""
    post = call.message
    if not isinstance(post, Post) or post.card is None or post.card.image is None:
        return call
    if post.card.image.url.lower().startswith(("https://", "http://")):
        return call
    return replace(call, message=replace(post, card=replace(post.card, image=None)))


def _note_account(journal: StoreJournal, account: Fingerprints, attempt: int) -> None:
    """Note who posts. A part, or an earlier try without an answer, may stand under the one noted before."""
    noted = journal.noted(ACCOUNT)
    may_stand = attempt > 1 or journal.noted(f"{PART}1") is not None
    journal.note(ACCOUNT, either(noted or {}, account) if may_stand else account)
