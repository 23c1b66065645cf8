"""The held sends of an edition, made again once what holds them is mended. What people approved stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping

from publisher.model.project import Project, Schedule
from publisher.model.states import SendState
from publisher.pipeline.produce.act import content_of, digest_of, held_without_pictures, keep, plain, rendered
from publisher.pipeline.produce.entry import Produced, Studio
from publisher.store import Connection, Store, approvals, editions, facts, messages, send_reasons, sends

NOBODY = "publisher"  # who makes approvals void where no person does
OF_PEOPLE = (approvals.CHECK, facts.BY_A_PERSON, facts.BY_A_PERSON_ALL)  # what making again doesn't mend


def remake(
    store: Store, studio: Studio, project: Project, schedule: Schedule, edition_id: int, *, now: datetime
) -> int:
    """Render the held sends of an edition again, as a new revision of their message; return how many it looked at.

    What only waits for approval is left as it is, and what was approved is never rendered again: it goes on with the
    words that people saw. Only what was approved in practice has to be approved once more, as readers will get it.
    """
    with store.read() as conn:
        edition = editions.get(conn, edition_id)
        assert edition is not None  # noqa: S101 -- editions are never deleted
        content = content_of(conn, edition)
        anew = [send["entry"] for send in _held(conn, edition_id) if _is_to_be_rendered(conn, send)]
    entries = [entry for entry in schedule.send if entry.key in anew]
    products = {each.entry.key: each for each in rendered(studio, project, schedule, edition, content, entries)}
    with store.write() as conn:
        sends.lock_all(conn, edition_id)
        held = _held(conn, edition_id)
        for send in held:
            if not _is_to_be_rendered(conn, send):
                _let_go(conn, send, now)
            elif send["entry"] in products:
                sends.set_selection(conn, send["id"], project.selection_of(schedule, products[send["entry"]].entry))
                _replace_message(conn, schedule, send, products[send["entry"]], now)
        if products:
            editions.set_revisions(conn, edition_id, content.revisions)
            approvals.void(conn, edition_id, NOBODY, now)
    return len(held)


def _held(conn: Connection, edition_id: int) -> list[RowMapping]:
    return [send for send in sends.of_edition(conn, edition_id) if send["state"] == SendState.HELD]


def _blocks(send: RowMapping) -> set[str]:
    return {reason["check"] for reason in send["reasons"] if reason["blocks"]}


def _is_to_be_rendered(conn: Connection, send: RowMapping) -> bool:
    blocks = _blocks(send)
    if send_reasons.PRACTICE in blocks:
        return True
    return blocks != {approvals.CHECK} and not approvals.of_edition(conn, send["edition_id"])


def _let_go(conn: Connection, send: RowMapping, now: datetime) -> None:
    """Let an approved send go on with its words, unless people keep it still."""
    rest = [reason for reason in send["reasons"] if reason["check"] in OF_PEOPLE]
    sends.set_reasons(conn, send["id"], rest)
    if not rest:
        sends.move(conn, send["id"], SendState.READY, due_at=sends.from_now(send, now))


def _replace_message(conn: Connection, schedule: Schedule, send: RowMapping, product: Produced, now: datetime) -> None:
    product = held_without_pictures(conn, product)
    found = messages.newest_revision(conn, send["id"])
    keep(conn, send["id"], product, now, revision=found + 1)
    waits = _waits_anew(conn, schedule, send, product)
    sends.set_reasons(conn, send["id"], [*(plain(finding) for finding in product.findings), *waits])
    if not (product.is_held or waits):
        sends.move(conn, send["id"], SendState.READY, due_at=sends.from_now(send, now))


def _waits_anew(
    conn: Connection, schedule: Schedule, send: RowMapping, product: Produced
) -> Sequence[dict[str, object]]:
    """Return that other words wait for approval, where the words before did or had it."""
    is_asked_for = approvals.reason_of(send) or approvals.of_edition(conn, send["edition_id"])
    if not is_asked_for or schedule.approve is None:
        return ()
    return (approvals.reason(send["edition_id"], schedule.approve.by, (), digest_of(product)),)
