"""Approving an edition: what there is to look at, saying yes to exactly that, and opening it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from publisher.app import versions
from publisher.app.approved import cause_of, clear, rule
from publisher.app.desk import compose_anew
from publisher.app.standing import title
from publisher.errors import StaleError, UsageError
from publisher.model.desk import Changes
from publisher.model.message import Content
from publisher.model.project import When
from publisher.model.staff import May
from publisher.model.states import EditionState
from publisher.model.trial import FIRST, SECOND
from publisher.pipeline.operate import approving
from publisher.pipeline.operate.approving import Agreed
from publisher.store import Connection, RowMapping, alerts, approvals, articles, editions, messages, sends
from publisher.store.permission import allowed

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.pipeline.produce import Rendered

log = structlog.get_logger()

TRIES = 3  # to approve what changes at the same moment
MOST_SAID = 3  # changes that are named where it isn't known what somebody saw
OTHERWISE = "an article, a template or the file has changed"


@dataclass(frozen=True, slots=True)
class Words:
    """One message of an edition, as whoever approves it sees it."""

    entry: str
    channel: str
    audience: tuple[str, ...]
    content: Content | None
    findings: tuple[dict[str, Any], ...]
    send_id: int | None = None  # of one that is locked


@dataclass(frozen=True, slots=True)
class Look:
    """An edition that may be approved: what it says, and in which version."""

    edition: RowMapping
    schedule: str
    version: str  # empty: nothing of it waits for approval
    words: tuple[Words, ...]
    agreed: tuple[str, ...]  # to this version
    by: int  # how many must

    @property
    def waits(self) -> bool:
        return bool(self.version)

    @property
    def blocking(self) -> list[dict[str, Any]]:
        """What would hold it though everybody agreed."""
        found = [finding for each in self.words for finding in each.findings]
        return [each for each in found if each["blocks"] and each["check"] not in approving.NO_MATTER]


def look(app: App, edition_id: int) -> Look:
    """Return an edition as it can be approved now."""
    with app.store.read() as conn:
        edition = editions.get(conn, edition_id)
    assert edition is not None  # noqa: S101 -- it was named a moment ago, and editions are never deleted
    if edition["state"] == EditionState.DRAFT and edition["schedule"] in app.project.schedules:
        return of_draft(app, _rendered(app, edition))
    return _of_sends(app, edition)


def of_draft(app: App, rendered: Rendered) -> Look:
    """Return a draft as it was rendered."""
    from publisher.pipeline.produce import plain

    words: tuple[Words, ...] = ()
    for each in rendered.products:
        findings = tuple(plain(finding) for finding in each.findings)
        made: Sequence[Content | None] = [*each.variants.values()] or [None]
        words += _each(each.entry.key, each.entry.via, each.entry.to, made, findings)
    name = rendered.edition["schedule"]
    version = rendered.version if words else ""
    return Look(rendered.edition, name, version, words, (), rule(app, name).by)


def _of_sends(app: App, edition: RowMapping) -> Look:
    with app.store.read() as conn:
        found = [send for send in sends.of_edition(conn, edition["id"]) if send["kind"] == sends.REGULAR]
        words = tuple(each for send in found for each in _words(conn, send))
        version = approvals.version_waiting(found)
        agreed = approvals.agreed(conn, edition["id"], version)
    return Look(edition, edition["schedule"], version, words, agreed, rule(app, edition["schedule"]).by)


def _words(conn: Connection, send: RowMapping) -> tuple[Words, ...]:
    """Return what a send says: of two subjects that are tried both."""
    there = messages.by_variant(conn, send["id"])
    variants = [FIRST, SECOND] if send["trial"] is not None else [""]
    made: list[Content | None] = [messages.get(conn, there[each]) for each in variants if each in there]
    return _each(send["entry"], send["channel"], send["audience"], made or [None], tuple(send["reasons"]), send["id"])


def _each(
    entry: str,
    channel: str,
    audience: Sequence[str],
    made: Sequence[Content | None],
    findings: tuple[dict[str, Any], ...],
    send_id: int | None = None,
) -> tuple[Words, ...]:
    """Return the messages of one line of `send:`, the first with what the checks say."""
    to = tuple(audience)
    return tuple(
        Words(entry, channel, to, content, () if number else findings, send_id) for number, content in enumerate(made)
    )


def _rendered(app: App, edition: RowMapping) -> Rendered:
    from publisher.pipeline import produce  # here: who only looks at the ledger renders nothing

    versions.accepted(app)
    schedule = app.project.schedules[edition["schedule"]]
    return produce.render(app.store, app.studio, app.project, schedule, edition["id"])


@allowed(May.APPROVE)
def approve(app: App, edition_id: int, version: str, *, actor: str, why: str = "", seen: int | None = None) -> Agreed:
    """Agree to exactly one version of an edition; the first who does locks it, and its messages stay as they are.

    :param seen: how many changes people had made when whoever agrees looked: what came after them is named.

    :raises StaleError: it is another version by now; what has changed.
    :raises UsageError: it can't be approved: it is no edition any more, or would be held all the same.
    """
    what = f"approved version {version}" + (f": {why}" if why else "")
    for _ in range(TRIES):
        with app.store.read() as conn:
            edition = editions.get(conn, edition_id)
        assert edition is not None  # noqa: S101 -- it was named a moment ago, and editions are never deleted
        if edition["state"] == EditionState.DRAFT:
            agreed = _lock(app, edition, version, actor=actor, what=what, seen=seen)
        else:
            agreed = _agree(app, edition, version, actor=actor, what=what)
        if agreed is not None:
            log.info("edition_approved", edition=edition_id, version=version, agreed=len(agreed.who), by=agreed.by)
            if agreed.is_enough:
                clear(app, edition_id)
            return agreed
        compose_anew(app, edition_id)
    what = "it changes faster than it can be approved"
    raise StaleError(what, where=f"edition {edition_id}", remedy="Look at it again, and approve what you see")


def _agree(app: App, edition: RowMapping, version: str, *, actor: str, what: str) -> Agreed:
    found = app.project.schedules.get(edition["schedule"])
    late = (found.when if found else When()).late
    how: dict[str, Any] = {"actor": actor, "what": what, "now": app.clock()}
    return approving.agree(app.store, edition["id"], version, rule(app, edition["schedule"]), late, **how)


def _lock(
    app: App, edition: RowMapping, version: str, *, actor: str, what: str, seen: int | None = None
) -> Agreed | None:
    """Lock a draft as somebody saw it; None where it has changed while it was rendered."""
    from publisher.pipeline import produce

    where = f"edition {edition['id']}"
    schedule = app.schedule(edition["schedule"])
    rendered = _rendered(app, edition)
    now = of_draft(app, rendered)
    if not now.words or edition["reason"]:
        why = edition["reason"] or "no line of `send:` has anything to say"
        raise UsageError(f"there is nothing in it to approve: {why}", where=where)
    if now.version != version:
        raise _stale(app, edition["id"], version, now.version, seen)
    if now.blocking:
        first = now.blocking[0]
        raise UsageError(f"it would be held all the same: {first['what']}", where=where, remedy=first["remedy"])
    how: dict[str, Any] = {"actor": actor, "what": what, "version_id": versions.accepted(app), "now": app.clock()}
    how["is_practice"] = app.is_practice
    if not produce.agree(app.store, app.project, schedule, rendered, **how):
        return None
    return Agreed((actor,), now.by, is_new=True)


def _stale(app: App, edition_id: int, version: str, now: str, seen: int | None) -> StaleError:
    """Return that somebody approves what is not there any more, with what has changed."""
    changed = "; ".join(changes_since(app, edition_id, version, seen))
    remedy = f"Look at it again, then: publisher approve {edition_id} --version {now}"
    return StaleError(
        f"version {version} is not what it is now: {changed}", where=f"edition {edition_id}", remedy=remedy
    )


def named(app: App, edition: RowMapping) -> str:
    """Return how an edition is called."""
    return title(edition["id"], edition["schedule"], edition["slot"], app.zone)


def changes_since(app: App, edition_id: int, version: str, seen: int | None = None) -> list[str]:
    """Return what has changed in a draft since somebody saw a version, in words.

    :param seen: how many changes people had made by then; None: what came after people were told of that version.
    """
    with app.store.read() as conn:
        edition = editions.get(conn, edition_id)
        told_at = alerts.raised_at(conn, cause_of(edition_id, version))
        placed = articles.of_edition(conn, edition_id)
    assert edition is not None  # noqa: S101 -- it was named a moment ago, and editions are never deleted
    changes = Changes.of(edition["changes"])
    said = changes.said
    if seen is not None:
        new = said[-(changes.version - seen) :] if seen < changes.version else ()
        return [f"{each.actor} {each.what}" for each in new] or [OTHERWISE]
    if told_at is None:
        named = "; ".join(f"{each.actor} {each.what}" for each in said[-MOST_SAID:])
        return [f"{OTHERWISE}, or a person has changed it; last, as you may know: {named}" if named else OTHERWISE]
    found = [f"{each.actor} {each.what}" for each in said if datetime.fromisoformat(each.at) >= told_at]
    for place, article in placed:
        if place["position"] is not None and article.first_seen_at > told_at:
            found.append(f"article {article.id} is new: {article.article.title}")
    return found or [OTHERWISE]


@allowed(May.APPROVE)
def reopen(app: App, edition_id: int, *, actor: str) -> int:
    """Open an approved edition again, as a draft; return how many approvals are void.

    :raises UsageError: it can't be opened any more.
    """
    count = approving.open_again(app.store, edition_id, actor=actor, now=app.clock())
    log.info("edition_reopened", edition=edition_id, approvals=count)
    compose_anew(app, edition_id)
    return count
