"""Edition to message, written down: every send of an edition in one transaction that only writes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping

from publisher.model.article import Article
from publisher.model.desk import Changes, Note
from publisher.model.erratum import NO_ERRATUM, Erratum
from publisher.model.message import Finding
from publisher.model.project import Entry, Project, Schedule
from publisher.model.segment import Selection
from publisher.model.states import EditionState, SendState
from publisher.pipeline import queues
from publisher.pipeline.produce.entry import Produced, Studio, produce_all
from publisher.pipeline.produce.shelf import pictures_of
from publisher.store import (
    Connection,
    Store,
    articles,
    corrections,
    desk,
    editions,
    facts,
    media,
    messages,
    sends,
    trials,
)

ABOVE_ALL_REGULAR = 2  # priority of ordinary mail: alerts are 0, confirmations 1


@dataclass(frozen=True, slots=True)
class Content:
    """What an edition's messages are made of, as the articles are now."""

    chosen: list[Article]
    updates: list[Article]
    revisions: dict[int, int]  # of both
    source: str = ""  # of the first that was chosen
    note: Note | None = None
    changes: Changes = field(default_factory=Changes)
    erratum: Erratum = NO_ERRATUM


def content_of(conn: Connection, edition: RowMapping) -> Content:
    edition_id, is_draft = edition["id"], edition["state"] == EditionState.DRAFT
    note = (
        desk.waiting_note(conn, edition["schedule"], edition["language"])
        if is_draft
        else desk.note_of(conn, edition_id)
    )
    said: dict[str, Any] = {"note": note, "changes": Changes.of(edition["changes"])}
    content = Content([], [], {}, **said, erratum=corrections.erratum(conn, edition_id))
    source = ""
    for place in editions.places_of(conn, edition_id):
        is_chosen = place["position"] is not None
        if is_chosen or place["as_update"] == "note":
            found = articles.get(conn, place["article_id"])
            (content.chosen if is_chosen else content.updates).append(found.article)
            content.revisions[found.id] = found.revision
            source = source or (found.source if is_chosen else "")
    return replace(content, source=source)


def record(
    store: Store, studio: Studio, project: Project, schedule: Schedule, edition_id: int, *, now: datetime
) -> list[int]:
    """Make every send of a locked edition with its message; return their ids.

    The words are rendered before the transaction, which only writes; made twice by two processes, one gives way.
    """
    with store.read() as conn:
        edition = editions.get(conn, edition_id)
        assert edition is not None  # noqa: S101 -- editions are never deleted
        content = content_of(conn, edition)
    products = rendered(studio, project, schedule, edition, content, schedule.send)
    with store.write() as conn:
        editions.lock(conn, edition_id)
        edition = editions.get(conn, edition_id)  # again: it may have been cancelled, or produced, while we rendered
        if edition is None or edition["state"] != EditionState.LOCKED or sends.of_edition(conn, edition_id):
            return []
        editions.set_revisions(conn, edition_id, content.revisions)
        due_at = queues.due_at(conn, project, schedule, edition, now)
        queues.enter(conn, project, schedule, edition)
        return [
            _record_one(
                conn,
                edition,
                schedule,
                _held_without_pictures(conn, _held_if_late(product, edition)),
                queues.due_through(conn, project, schedule, product.entry, edition, due_at),
                now,
                selection=project.selection_of(schedule, product.entry),
            )
            for product in products
        ]


def products_of(store: Store, studio: Studio, project: Project, schedule: Schedule, edition_id: int) -> list[Produced]:
    """Render and check an edition's messages as its send would, and write nothing; a draft may have none yet."""
    with store.read() as conn:
        edition = editions.get(conn, edition_id)
        assert edition is not None  # noqa: S101 -- editions are never deleted
        content = content_of(conn, edition)
    if not content.chosen and content.note is None:
        return []
    return rendered(studio, project, schedule, edition, content, schedule.send)


def rendered(
    studio: Studio,
    project: Project,
    schedule: Schedule,
    edition: RowMapping,
    content: Content,
    entries: Iterable[Entry],
    *,
    corrects: bool = False,
) -> list[Produced]:
    """Render and check these entries of an edition.

    :param corrects: as the mail that puts right what readers have.
    """
    what: dict[str, Any] = {"slot": edition["slot"], "due_at": edition["due_at"]}
    what |= {"chosen": content.chosen, "updates": content.updates, "uploads": studio.uploads(content.source)}
    what |= {"note": content.note.text if content.note else "", "words": content.changes.words}
    what |= {"erratum": content.erratum, "corrects": corrects}
    return produce_all(studio, project, schedule, entries, **what)


def _held_if_late(product: Produced, edition: RowMapping) -> Produced:
    """Hold every send of an edition that is too late to go out unasked."""
    if not edition["reason"]:
        return product
    remedy = f"Let it go with `publisher release {edition['id']}`, or `publisher cancel {edition['id']}`"
    finding = Finding("late", True, edition["reason"], remedy)
    return replace(product, findings=(finding, *product.findings))


def _held_without_pictures(conn: Connection, product: Produced) -> Produced:
    """Hold a send whose mail shows pictures of ours that somebody removed since it was rendered."""
    shown = pictures_of(product.message) if product.message is not None else set()
    if not media.missing(conn, shown):
        return product
    remedy = "Add it again: publisher media add FILE"
    finding = Finding("picture-gone", True, "a picture of the mail was removed meanwhile", remedy)
    return replace(product, findings=(finding, *product.findings))


def _record_one(
    conn: Connection,
    edition: RowMapping,
    schedule: Schedule,
    product: Produced,
    due_at: datetime,
    now: datetime,
    *,
    selection: Selection,
) -> int:
    held = facts.held_edition(conn, edition["id"])  # a person may hold an edition before its sends are made
    by_hand = [facts.as_reason(held, edition["id"])] if held else []
    send_id = sends.add(
        conn,
        edition_id=edition["id"],
        entry=product.entry.key,
        kind=sends.REGULAR,
        number=1,
        channel=product.entry.via,
        audience=list(product.entry.to),
        selection=selection.kept,
        priority=ABOVE_ALL_REGULAR,
        state=SendState.HELD if product.is_held or held else SendState.READY,
        reasons=[*(_plain(finding) for finding in product.findings), *by_hand],
        made_at=now,
        actor=edition["actor"],
        due_at=due_at,
        after_mail=None if product.entry.after is None else product.entry.after // timedelta(microseconds=1),
        on_unknown=schedule.on_unknown,
        give_up_after=schedule.give_up_after // timedelta(microseconds=1),
        archive=product.archive,
    )
    _keep(conn, send_id, product, now)
    return send_id


def remake(
    store: Store, studio: Studio, project: Project, schedule: Schedule, edition_id: int, *, now: datetime
) -> int:
    """Render the held sends of an edition again, as a new revision of their message; return how many."""
    with store.read() as conn:
        edition = editions.get(conn, edition_id)
        assert edition is not None  # noqa: S101 -- editions are never deleted
        content = content_of(conn, edition)
        held = {send["entry"]: send["id"] for send in sends.of_edition(conn, edition_id) if send["state"] == "held"}
    entries = [entry for entry in schedule.send if entry.key in held]
    products = rendered(studio, project, schedule, edition, content, entries)
    with store.write() as conn:
        if products:
            editions.set_revisions(conn, edition_id, content.revisions)
        for product in (_held_without_pictures(conn, each) for each in products):
            sends.set_selection(conn, held[product.entry.key], project.selection_of(schedule, product.entry))
            _replace_message(conn, held[product.entry.key], product, now)
    return len(products)


def _replace_message(conn: Connection, send_id: int, product: Produced, now: datetime) -> None:
    found = messages.newest_revision(conn, send_id)
    _keep(conn, send_id, product, now, revision=found + 1)
    sends.set_reasons(conn, send_id, [_plain(finding) for finding in product.findings])
    if not product.is_held:
        sends.move(conn, send_id, SendState.READY, due_at=sends.from_now(sends.get(conn, send_id), now))


def _keep(conn: Connection, send_id: int, product: Produced, now: datetime, *, revision: int = 1) -> None:
    """Write down a message, and that its subjects are to be tried; nothing where there is none."""
    if product.message is not None:
        trials.keep(conn, send_id, product.trial)
        keep_message(conn, send_id, product, now, revision=revision)


def keep_message(conn: Connection, send_id: int, product: Produced, now: datetime, *, revision: int) -> None:
    """Write down a message, in each of its variants, with its pictures."""
    for variant, made in product.variants.items():
        message = product.doors.opened(conn, made, send_id, variant)
        messages.add(conn, send_id, message, now, revision=revision, variant=variant)
    if product.card is not None:
        media.keep(conn, product.card, now=now)
    if product.upload is not None:
        media.keep(conn, product.upload, now=now, only_uploaded=True)


def _plain(finding: Finding) -> dict[str, str | bool]:
    return {"check": finding.check, "blocks": finding.blocks, "what": finding.what, "remedy": finding.remedy}
