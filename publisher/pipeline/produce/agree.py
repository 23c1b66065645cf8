"""A draft that somebody approves: locked as it was seen, with exactly the messages that were seen."""

from __future__ import annotations

from datetime import datetime

from publisher.model.desk import Changes
from publisher.model.project import Project, Schedule
from publisher.pipeline.produce.act import Rendered, content_of, record_all
from publisher.store import Connection, RowMapping, Store, approvals, candidates, desk, editions, held


def agree(
    store: Store,
    project: Project,
    schedule: Schedule,
    seen: Rendered,
    *,
    actor: str,
    what: str,
    version_id: int,
    now: datetime,
    is_practice: bool = False,
) -> bool:
    """Lock a draft with the messages that somebody approves; say whether it was still as these were made of it.

    Nothing is rendered from here on. Articles that come later are the next edition's.

    :param what: the approval in words, for whoever looks at the edition later.
    :param version_id: of schedules.yaml, by which the messages were made.
    :param is_practice: they were made in practice, whatever the file said when the draft was composed.
    """
    with store.write() as conn:
        changes = desk.lock_draft(conn, seen.edition_id)
        edition = editions.get(conn, seen.edition_id)
        if changes is None or edition is None or not _is_still(conn, edition, changes, seen):
            return False
        if not editions.freeze_draft(conn, seen.edition_id, version_id, now, is_practice=is_practice):
            return False  # a person cancelled it meanwhile, who waits for nobody's turn
        editions.set_revisions(conn, seen.edition_id, seen.content.revisions)
        desk.keep_changes(conn, seen.edition_id, changes.signed(actor, now, what))
        if seen.content.note is not None:
            desk.use_note(conn, seen.content.note.id, seen.edition_id)
        approvals.add(conn, seen.edition_id, seen.version, actor, now)
        locked = editions.get(conn, seen.edition_id)
        assert locked is not None  # noqa: S101 -- it was locked a moment ago
        schedule = schedule.in_language(edition["language"])
        record_all(conn, project, schedule, locked, seen.products, agreed=(actor,), now=now)
    return True


def _is_still(conn: Connection, edition: RowMapping, changes: Changes, seen: Rendered) -> bool:
    """Say whether an edition is made of the same, for the same slot, and no other edition took anything of it."""
    if content_of(conn, edition) != seen.content or edition["due_at"] != seen.edition["due_at"]:
        return False
    chosen = [place for place in editions.places_of(conn, edition["id"]) if place["position"] is not None]
    again = {place["article_id"]: place["revision"] for place in chosen if place["as_update"]}
    picked = [each["article_id"] for each in chosen if each["article_id"] not in {*again, *changes.added}]
    taken = candidates.carried(conn, edition["schedule"], picked, again)
    return not taken and not held.discarded_among(conn, [each["article_id"] for each in chosen])
