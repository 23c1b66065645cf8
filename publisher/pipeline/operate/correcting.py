"""Correct: an edition's words are put right, once and for all who are still to get them, and where posts can be edited.

The new words are another revision of each send's message; whoever is claimed from then on gets them. That an edition is
corrected is written down with them: a post, or a mail, that was under way at that moment is put right once it stands,
by whichever process sees it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

import structlog

from publisher.errors import UsageError
from publisher.model.counting import many
from publisher.model.erratum import Erratum
from publisher.model.hook import HookKind
from publisher.model.staff import May
from publisher.model.states import DeliveryState, SendState
from publisher.pipeline.operate import rewording, stopping
from publisher.pipeline.operate.rewording import Means
from publisher.store import (
    Connection,
    RowMapping,
    Store,
    approvals,
    corrections,
    editions,
    facts,
    messages,
    outbox,
    sends,
    staff,
    withdrawals,
)
from publisher.store.facts import CORRECTING_MAIL, CORRECTING_POSTS
from publisher.store.patience import write_patiently
from publisher.store.permission import allowed

log = structlog.get_logger()

D = DeliveryState
# Priority of a correction mail: behind what is under way, so that nobody gets it before the words that it corrects.
AS_MAIL = sends.BY_SCHEDULE


class Anew(Protocol):
    """New words of one send, rendered and checked."""

    @property
    def send(self) -> RowMapping: ...

    def keep(self, conn: Connection, revision: int, now: datetime) -> None: ...

    def keep_letter(self, conn: Connection, mail_id: int, revision: int, now: datetime) -> int: ...


@dataclass(frozen=True, slots=True)
class Corrected:
    """What is to be written down of a correction.

    :param changed: the sends whose words change, each with the revision beside which a person saw them.
    :param mailed: the mails whose readers are mailed the right words; those that stay as they are may be among them.
    :param revisions: what the new words say of each article.
    """

    erratum: Erratum
    changed: Sequence[tuple[Anew, int]]
    mailed: Sequence[Anew]
    revisions: Mapping[int, int]


@allowed(May.APPROVE)
def correct_edition(
    store: Store, edition_id: int, wanted: Corrected, means: Means, *, actor: str, why: str, now: datetime
) -> None:
    """Write down an edition's new words, and have put right what stands of the old ones, as far as that goes.

    :raises UsageError: it was corrected by somebody else, or withdrawn, since a person saw these words; or it is
        approved, or waits for that, and nobody has it yet.
    """
    begin = partial(facts.begin_correcting, actor=actor, why=why, now=now)

    def work(conn: Connection) -> list[int]:
        _refuse_unsent_words(conn, edition_id, sends.lock_all(conn, edition_id), now)
        _require_as_seen(conn, edition_id, wanted)
        corrections.say(conn, edition_id, wanted.erratum)
        editions.set_revisions(conn, edition_id, wanted.revisions)
        for anew, known in wanted.changed:
            anew.keep(conn, known + 1, now)
        begin(conn, CORRECTING_POSTS, edition_id)
        rewording.edit_posts(conn, edition_id, means, actor, now, anew=True)
        stopped = [send_id for anew, _ in wanted.changed for send_id in _stop_older_mails(conn, anew.send, now)]
        mailed = [_mail(conn, anew, actor, now) for anew in wanted.mailed]
        if any(mailed):
            begin(conn, CORRECTING_MAIL, edition_id)
        outbox.tell_edition(conn, HookKind.EDITION_CORRECTED, edition_id, now, by=actor)
        staff.write_down(conn, actor, _deed(wanted), about=f"edition:{edition_id}", now=now)
        return stopped

    for send_id in write_patiently(store, work):
        stopping.cancel_rows(store, send_id, rewording.OUTDONE)


def _deed(wanted: Corrected) -> str:
    """Return what was corrected, and none of its words: a note may name a reader."""
    own = [name for name in ("note", "subject") if getattr(wanted.erratum, name)]
    with_words = f", with a {' and a '.join(own)} of its own" if own else ""
    return f"corrected the words of {many(len(wanted.changed), 'send')}{with_words}"


def _refuse_unsent_words(conn: Connection, edition_id: int, found: Sequence[RowMapping], now: datetime) -> None:
    """Refuse to put other words in the place of those that people approved, or are to, and that nobody has yet."""
    edition = editions.get(conn, edition_id)
    where = f"edition {edition_id}"
    if edition is not None and approvals.waits_for_slot(conn, edition, now):
        remedy = f"To change it before its slot: publisher reopen {edition_id}"
        raise UsageError("it is approved, and nobody has it yet: nothing was corrected", where=where, remedy=remedy)
    if approvals.waiting(found):
        remedy = f"publisher approve {edition_id}; or publisher cancel {edition_id}"
        raise UsageError(
            "it waits for approval, and nobody has it yet: nothing was corrected", where=where, remedy=remedy
        )


def _require_as_seen(conn: Connection, edition_id: int, wanted: Corrected) -> None:
    """Refuse words that a person saw beside others than those that stand by now."""
    again = f"Look again: publisher correct {edition_id}"
    if facts.first_withdrawn_by(conn, edition_id) is not None:
        raise UsageError(f"edition {edition_id} was withdrawn meanwhile; nothing was corrected", remedy=again)
    if any(messages.newest_revision(conn, anew.send["id"]) != known for anew, known in wanted.changed):
        what = f"edition {edition_id} was given other words meanwhile; nothing was corrected"
        raise UsageError(what, remedy=again)


def _stop_older_mails(conn: Connection, send: RowMapping, now: datetime) -> Iterator[int]:
    """Stop the correction mails of words that are old by now; yield those whose deliveries are still to be stopped.

    One that is done is given up too where some of it failed: no resend brings older words after newer ones.
    """
    newest = messages.newest_revision(conn, send["id"])
    for row in corrections.mails(conn, send["edition_id"], send["entry"]):
        if row["revision"] < newest and stopping.give_up(conn, sends.lock(conn, row["id"]), now):
            yield row["id"]


def _mail(conn: Connection, anew: Anew, actor: str, now: datetime) -> bool:
    """Mail the newest words of a send to who has old ones; say whether there is such a mail."""
    send = sends.get(conn, anew.send["id"])
    newest = messages.newest_revision(conn, send["id"])
    known = [row for row in corrections.mails(conn, send["edition_id"], send["entry"]) if row["revision"] == newest]
    running = [row for row in known if row["state"] != SendState.CANCELLED]
    if running:
        _add_readers(conn, send, running[-1]["id"], running[-1]["said"], now)
        return True
    if not (corrections.count_behind(conn, send) or corrections.is_under_way(conn, send["id"])):
        return False
    mail_id = sends.add(
        conn,
        edition_id=send["edition_id"],
        entry=send["entry"],
        kind=sends.CORRECTION,
        number=withdrawals.next_number(conn, send["edition_id"], send["entry"], sends.CORRECTION),
        channel=send["channel"],
        audience=list(send["audience"]),
        priority=AS_MAIL,
        state=SendState.ADDRESSED,
        reasons=[],
        made_at=now,
        actor=actor,
        due_at=now,
        on_unknown=send["on_unknown"],
        give_up_after=send["give_up_after"],
    )
    message_id = anew.keep_letter(conn, mail_id, newest, now)
    added = _add_readers(conn, send, mail_id, message_id, now)
    log.info("correction_mail_made", edition=send["edition_id"], send=mail_id, readers=added)
    return True


def _add_readers(conn: Connection, send: RowMapping, mail_id: int, message_id: int, now: datetime) -> int:
    """Add who has old words of a send to its correction mail; return how many were added."""
    sends.lock(conn, mail_id)
    added = corrections.freeze_behind(conn, send, mail_id=mail_id, message_id=message_id, now=now)
    if added:
        editions.reopen(conn, mail_id, now)
        sends.post_to_books(conn, mail_id, {D.PENDING.value: added}, candidates=added)
    return added


def finish_correcting(store: Store, means: Means, *, now: datetime) -> None:
    """Put right what has come to stand of corrected editions' old words; those of which nothing can come are done."""
    with store.read() as conn:
        posts = [each for each in facts.correcting(conn, CORRECTING_POSTS) if _has_work(conn, each, means, now)]
        mails = [each for each in facts.correcting(conn, CORRECTING_MAIL) if not _is_mail_under_way(conn, each)]
    for edition_id in posts:
        write_patiently(store, partial(_go_on, edition_id=edition_id, means=means, now=now))
    for edition_id in mails:
        write_patiently(store, partial(_mail_the_last, edition_id=edition_id, now=now))


def _has_work(conn: Connection, edition_id: int, means: Means, now: datetime) -> bool:
    return bool(rewording.to_edit(conn, edition_id, means, now)) or not rewording.may_come_to_stand(
        conn, edition_id, now
    )


def _go_on(conn: Connection, edition_id: int, means: Means, now: datetime) -> None:
    sends.lock_all(conn, edition_id)
    said = facts.corrected_by(conn, CORRECTING_POSTS, edition_id)
    if said is None:
        return
    if facts.first_withdrawn_by(conn, edition_id) is None:
        rewording.edit_posts(conn, edition_id, means, said.actor, now, anew=False)
        if rewording.may_come_to_stand(conn, edition_id, now):
            return
    facts.end_correcting(conn, CORRECTING_POSTS, edition_id)


def _is_mail_under_way(conn: Connection, edition_id: int) -> bool:
    mails = [send for send in sends.of_edition(conn, edition_id) if send["kind"] == sends.REGULAR and send["audience"]]
    return any(corrections.is_under_way(conn, send["id"]) for send in mails)


def _mail_the_last(conn: Connection, edition_id: int, now: datetime) -> None:
    """Let the correction mail go to whom the old words reached while it was written down."""
    found = sends.lock_all(conn, edition_id)
    if facts.corrected_by(conn, CORRECTING_MAIL, edition_id) is None:
        return
    facts.end_correcting(conn, CORRECTING_MAIL, edition_id)
    if facts.first_withdrawn_by(conn, edition_id) is not None:
        return
    for send in (row for row in found if row["kind"] == sends.REGULAR and row["audience"]):
        newest = messages.newest_revision(conn, send["id"])
        for mail in corrections.mails(conn, edition_id, send["entry"]):
            if mail["revision"] == newest and mail["state"] != SendState.CANCELLED:
                _add_readers(conn, send, mail["id"], mail["said"], now)
