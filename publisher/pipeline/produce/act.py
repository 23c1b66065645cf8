"""Edition to message, written down: every send of an edition in one transaction that only writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from publisher.pipeline import pacing, queues
from publisher.pipeline.produce.entry import Produced, Studio, produce_all
from publisher.pipeline.produce.shelf import pictures_of
from publisher.store import (
    Connection,
    Store,
    approvals,
    articles,
    corrections,
    desk,
    editions,
    facts,
    media,
    messages,
    outbox,
    sends,
    trials,
)

S = SendState


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
    """Return what an edition's messages are made of, as it is now."""
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
    schedule = schedule.in_language(edition["language"])
    products = rendered(studio, project, schedule, edition, content, schedule.send)
    with store.write() as conn:
        editions.lock(conn, edition_id)
        edition = editions.get(conn, edition_id)  # again: it may have been cancelled, or produced, while we rendered
        if edition is None or edition["state"] != EditionState.LOCKED or _has_words(conn, edition_id):
            return []
        editions.set_revisions(conn, edition_id, content.revisions)
        late = [_held_if_late(product, edition) for product in products]
        return record_all(conn, project, schedule, edition, late, agreed=(), now=now)


def record_all(
    conn: Connection,
    project: Project,
    schedule: Schedule,
    edition: RowMapping,
    products: Sequence[Produced],
    *,
    agreed: Sequence[str],
    now: datetime,
) -> list[int]:
    """Write down every send of a locked edition with its message; return their ids. The caller has locked the edition.

    An edition that was locked before and opened again has its sends already: each gets its words as a new revision.

    :param agreed: who approved exactly these messages.
    """
    there = {send["entry"]: send["id"] for send in sends.of_edition(conn, edition["id"]) if send["state"] == S.MADE}
    due_at = queues.due_at(conn, project, schedule, edition, now)
    queues.enter(conn, project, schedule, edition)
    written, held = [], []
    for product in (held_without_pictures(conn, each) for each in products):
        selection = project.selection_of(schedule, product.entry)
        due = queues.due_through(conn, project, schedule, product.entry, edition, due_at)
        values = _values(conn, edition, schedule, product, due, agreed, selection=selection)
        send_id = there.pop(product.entry.key, None)
        if send_id is None:
            what = {"edition_id": edition["id"], "entry": product.entry.key, "kind": sends.REGULAR, "number": 1}
            send_id = sends.add(conn, **what, made_at=now, actor=edition["actor"], **values)
        else:
            sends.move(conn, send_id, S(values["state"]), **{name: values[name] for name in values if name != "state"})
        keep(conn, send_id, product, now, revision=messages.newest_revision(conn, send_id) + 1)
        written.append(send_id)
        if values["state"] == S.HELD:
            held += [reason["what"] for reason in values["reasons"] if reason["blocks"]]
    for send_id in there.values():  # schedules.yaml has its line no more
        sends.move(conn, send_id, S.CANCELLED, done_at=now)
    if held:
        outbox.tell_held(conn, edition["id"], "; ".join(dict.fromkeys(held)), now)
    return written


def _has_words(conn: Connection, edition_id: int) -> bool:
    return any(send["state"] != S.MADE for send in sends.of_edition(conn, edition_id))


@dataclass(frozen=True, slots=True)
class Rendered:
    """An edition's messages, with all that they were made of."""

    edition_id: int
    edition: RowMapping
    content: Content
    products: tuple[Produced, ...]

    @property
    def version(self) -> str:
        """What tells these words from any others: whoever approves says which they saw."""
        return approvals.version_of((each.entry.key, digest_of(each)) for each in self.products)

    @property
    def is_held(self) -> bool:
        return any(each.is_held for each in self.products)


def digest_of(product: Produced) -> str:
    """Return what tells a message's words from any others, of both its subjects where it has two.

    As it was seen, before it has what takes the number of its send.
    """
    return " ".join(messages.digest_of(product.doors.without_base(made)) for made in product.variants.values())


def render(store: Store, studio: Studio, project: Project, schedule: Schedule, edition_id: int) -> Rendered:
    """Render and check an edition's messages as its send would, and write nothing; a draft may have none yet."""
    with store.read() as conn:
        edition = editions.get(conn, edition_id)
        assert edition is not None  # noqa: S101 -- editions are never deleted
        content = content_of(conn, edition)
    schedule = schedule.in_language(edition["language"])
    is_empty = not content.chosen and content.note is None
    products = [] if is_empty else rendered(studio, project, schedule, edition, content, schedule.send)
    return Rendered(edition_id, edition, content, tuple(products))


def products_of(store: Store, studio: Studio, project: Project, schedule: Schedule, edition_id: int) -> list[Produced]:
    """Render and check an edition's messages as its send would, and write nothing; a draft may have none yet."""
    return list(render(store, studio, project, schedule, edition_id).products)


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


def held_without_pictures(conn: Connection, product: Produced) -> Produced:
    """Hold a send whose mail shows pictures of ours that somebody removed since it was rendered."""
    shown = pictures_of(product.message) if product.message is not None else set()
    if not media.missing(conn, shown):
        return product
    remedy = "Add it again: publisher media add FILE"
    finding = Finding("picture-gone", True, "a picture of the mail was removed meanwhile", remedy)
    return replace(product, findings=(finding, *product.findings))


def _values(
    conn: Connection,
    edition: RowMapping,
    schedule: Schedule,
    product: Produced,
    due_at: datetime,
    agreed: Sequence[str],
    *,
    selection: Selection,
) -> dict[str, Any]:
    """Return what stands in the row of a send."""
    held = facts.held_edition(conn, edition["id"])  # a person may hold an edition before its sends are made
    by_hand = [facts.as_reason(held, edition["id"])] if held else []
    unapproved = _unapproved(conn, edition, schedule, product, agreed)
    state = S.READY if not unapproved else S.WAITING if approvals.is_early(conn, edition) else S.HELD
    return {
        "channel": product.entry.via,
        "audience": list(product.entry.to),
        "selection": selection.kept,
        "priority": sends.BREAKING_FIRST if pacing.is_urgent(edition["slot"]) else sends.BY_SCHEDULE,
        "state": S.HELD if product.is_held or held else state,
        "reasons": [*(plain(finding) for finding in product.findings), *unapproved, *by_hand],
        "due_at": due_at,
        "after_mail": None if product.entry.after is None else product.entry.after // timedelta(microseconds=1),
        "on_unknown": schedule.on_unknown,
        "give_up_after": schedule.give_up_after // timedelta(microseconds=1),
        "archive": product.archive,
    }


def _unapproved(
    conn: Connection, edition: RowMapping, schedule: Schedule, product: Produced, agreed: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the reason of a message to which too few have agreed; none where nobody has to, or enough have.

    At its slot an edition that nobody approved waits as well, unless its schedule sends it all the same.
    """
    is_early = approvals.is_early(conn, edition)
    by = schedule.approve.by if schedule.approve else 0
    if len(agreed) >= by or not (is_early or schedule.waits_for_approval):
        return []
    return [approvals.reason(edition["id"], by, agreed, digest_of(product))]


def keep(conn: Connection, send_id: int, product: Produced, now: datetime, *, revision: int) -> None:
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


def plain(finding: Finding) -> dict[str, str | bool]:
    """Return a finding as the row of a send keeps it."""
    return {"check": finding.check, "blocks": finding.blocks, "what": finding.what, "remedy": finding.remedy}
