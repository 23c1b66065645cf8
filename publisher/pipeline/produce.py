"""Edition to message: each entry of `send:` becomes one send with its words, checked before anyone gets them."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping

from publisher.errors import PublisherError, TemplateError
from publisher.model.article import Article
from publisher.model.message import Brief, Finding, Message, PostRules
from publisher.model.project import Channel, Entry, Project, Schedule
from publisher.model.states import EditionState, SendState
from publisher.pipeline import pacing
from publisher.pipeline.pictures import TYPE as PICTURE_TYPE
from publisher.pipeline.pictures import rules_for, with_picture
from publisher.pipeline.uploads import Fetch, Uploads
from publisher.render import Renderer
from publisher.senders.base import Sender
from publisher.store import Connection, Store, articles, editions, facts, media, messages, sends
from publisher.store.sql import take_turn

_SET_PUBLIC_URL = "Set publication.public_url to the https address at which readers reach Publisher"
ABOVE_ALL_REGULAR = 2  # priority of ordinary mail: alerts are 0, confirmations 1


@dataclass(frozen=True, slots=True)
class Produced:
    """One entry's message with what the checks say; no message where the template failed."""

    entry: Entry
    message: Message | None
    findings: tuple[Finding, ...]
    picture: bytes | None = None  # that we made for it: kept with it
    upload: media.Picture | None = None  # that a sender uploads with it: kept with it

    @property
    def is_held(self) -> bool:
        return self.message is None or any(finding.blocks for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Studio:
    """What messages are made with."""

    renderer: Renderer
    sender_class: Callable[[str], type[Sender]]  # by the sender's name
    practice: bool = False  # nothing reaches a real reader: the public address may be missing
    fetch: Fetch | None = None  # gets the pictures that senders upload

    def uploads(self, source: str) -> Uploads:
        """Return what gets the pictures of an edition ready whose lead came from this source; not in practice."""
        return Uploads(self.renderer, None if self.practice else self.fetch, source)

    def get_ready(self, channels: Iterable[Channel]) -> None:
        """Load senders and renderer, so that the first edition is made as fast as the next."""
        found = [self.sender_class(channel.sender).rules_of(channel.options) for channel in channels]
        self.renderer.get_ready([rules for rules in found if rules])


def produce_entry(
    studio: Studio,
    project: Project,
    schedule: Schedule,
    entry: Entry,
    *,
    slot: str,
    due_at: datetime,
    chosen: Sequence[Article],
    updates: Sequence[Article] = (),
    uploads: Uploads | None = None,
) -> Produced:
    """Render and check one entry. Writes nothing: `plan`, `preview` and the send all come here.

    :param updates: articles that were sent before and have changed since, to be named.
    :param uploads: gets the picture that goes up with a post; None: it is not fetched.
    """
    channel = project.channels[entry.via]
    brief = brief_of(studio, project, schedule, entry, slot=slot, due_at=due_at, chosen=chosen)
    brief = replace(brief, updates=tuple(updates))
    try:
        rules = studio.sender_class(channel.sender).rules_of(channel.options)
        if entry.to:
            message: Message = studio.renderer.mail(brief)
            made = Produced(entry, message, studio.renderer.check(message, brief))
        elif rules is None:
            raise TemplateError(f"{entry.via} sends mail: it needs `to:` with a list", where=entry.where)
        else:
            made = _post(studio, project, entry, brief, rules_for(entry, rules), uploads or Uploads(studio.renderer))
    except PublisherError as error:
        return Produced(entry, None, (failed(error),))
    except Exception as error:  # noqa: BLE001 -- ours, or a sender's package: it holds its own entry, and no other
        return Produced(entry, None, (_fault(error),))
    return replace(made, findings=made.findings + _check_reach(studio, project, entry))


def _post(studio: Studio, project: Project, entry: Entry, brief: Brief, rules: PostRules, uploads: Uploads) -> Produced:
    """Render and check a post, with its pictures: of its card, where that is ours, and what is uploaded."""
    post = studio.renderer.post(brief, rules)
    drawn: bytes | None = None
    notes: tuple[Finding, ...] = ()
    if rules.shows_card and entry.picture == "card":
        base = "" if rules.uploads else _pictures_at(studio, project)
        post, drawn, notes = with_picture(post, brief, studio.renderer, base=base, is_needed=entry.needs_picture)
        notes += () if rules.uploads else _only_in_practice(project, drawn)
    post, upload, more = uploads.ready(post, brief, entry, rules, drawn)
    return Produced(entry, post, studio.renderer.check(post, brief, rules) + notes + more, drawn, upload)


def failed(error: PublisherError) -> Finding:
    """Return the finding of a message that could not be made."""
    check = "template" if isinstance(error, TemplateError) else sends.CHANNEL
    what = f"{error.where}: {error.what}" if error.where else error.what
    return Finding(check, True, what, error.remedy or "Mend it")  # a held send's command is said beside it


def _fault(error: Exception) -> Finding:
    """Say where the fault is: whoever mends it has only this line."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    said = " ".join(f"{type(error).__name__} {error}".split())[:200]
    what = f"it can't be made: {said} ({Path(place.filename).name}:{place.lineno})"
    return Finding("fault", True, what, "This is a fault of Publisher or of an installed sender: report it there")


def brief_of(
    studio: Studio,
    project: Project,
    schedule: Schedule,
    entry: Entry,
    *,
    slot: str,
    due_at: datetime,
    chosen: Sequence[Article],
) -> Brief:
    """Gather everything that a message is rendered from."""
    paper = project.publication
    mailing_list = project.lists[entry.to[0]] if entry.to else None
    host = urlsplit(paper.public_url).hostname or (entry.from_email or paper.from_email).rpartition("@")[2]
    return Brief(
        publication=paper.name,
        site_url=paper.url,
        from_name=entry.from_name or paper.from_name,
        from_email=entry.from_email or paper.from_email,
        reply_to=entry.reply_to or paper.reply_to,
        address=paper.address,
        timezone=paper.timezone,
        language=entry.language or (mailing_list.language if mailing_list else "") or paper.language,
        schedule=schedule.name,
        slot=slot,
        due_at=due_at,
        articles=tuple(chosen),
        list_name=mailing_list.name if mailing_list else "",
        list_title=mailing_list.title if mailing_list else "",
        list_about=mailing_list.about if mailing_list else "",
        list_domain=host,
        template=entry.template,
        subject=entry.subject,
        preheader=entry.preheader or paper.preheader,
        practice=studio.practice,
        utm=_utm(project.channels[entry.via], schedule, is_mail=bool(entry.to)),
        theme=entry.theme.over(paper.theme),
        attaches=entry.picture == "attach",
    )


def _utm(channel: Channel, schedule: Schedule, *, is_mail: bool) -> tuple[tuple[str, str], ...]:
    """Return the parameters by which a newspaper's statistics know where its readers come from."""
    if channel.utm is None:
        return ()
    usual = {"source": channel.name, "medium": "email" if is_mail else "social", "campaign": schedule.name}
    said = usual | {name: value for name, value in channel.utm.items() if value}
    return tuple((f"utm_{name}", value) for name, value in said.items())


def _check_reach(studio: Studio, project: Project, entry: Entry) -> tuple[Finding, ...]:
    """Refuse real mail whose links would lead nowhere."""
    if studio.practice or not entry.to or is_reachable(project.publication.public_url):
        return ()
    said = project.publication.public_url or "not set"
    return (
        Finding(
            "public-url",
            True,
            f"public_url is {said}: readers could not unsubscribe",
            _SET_PUBLIC_URL,
        ),
    )


def _pictures_at(studio: Studio, project: Project) -> str | None:
    """Return the address below which networks find our pictures; in practice these pages' own, if need be."""
    public_url = project.publication.public_url
    return public_url if studio.practice or is_reachable(public_url) else None


def _only_in_practice(project: Project, picture: bytes | None) -> tuple[Finding, ...]:
    """Say of a card that practice shows that no network could fetch it from here."""
    if picture is None or is_reachable(project.publication.public_url):
        return ()
    what = "the post's card is seen in practice only: networks could not fetch it from here"
    return (Finding("share-image", False, what, _SET_PUBLIC_URL),)


def is_reachable(public_url: str) -> bool:
    """Say whether readers out there could follow links to this address: https, and not this machine."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    if parts.scheme != "https" or not host or host == "localhost":
        return False
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host


def record(
    store: Store, studio: Studio, project: Project, schedule: Schedule, edition_id: int, *, now: datetime
) -> list[int]:
    """Make every send of a locked edition with its message; return their ids.

    The words are rendered before the transaction, which only writes; made twice by two processes, one gives way.
    """
    with store.read() as conn:
        edition = editions.get(conn, edition_id)
        assert edition is not None  # noqa: S101 -- editions are never deleted
        content = _content(conn, edition_id)
    what: dict[str, Any] = {"slot": edition["slot"], "due_at": edition["due_at"]}
    what |= {"chosen": content.chosen, "updates": content.updates}
    what["uploads"] = studio.uploads(content.source)
    products = [produce_entry(studio, project, schedule, entry, **what) for entry in schedule.send]
    with store.write() as conn:
        editions.lock(conn, edition_id)
        edition = editions.get(conn, edition_id)  # again: it may have been cancelled, or produced, while we rendered
        if edition is None or edition["state"] != EditionState.LOCKED or sends.of_edition(conn, edition_id):
            return []
        editions.set_revisions(conn, edition_id, content.revisions)
        due_at = _due_at(conn, project, schedule, edition, now)
        return [
            _record_one(conn, edition, schedule, _held_if_late(product, edition), due_at, now) for product in products
        ]


def _due_at(conn: Connection, project: Project, schedule: Schedule, edition: RowMapping, now: datetime) -> datetime:
    earlier: list[datetime] = []
    if schedule.pace_every or schedule.pace_per_day:
        take_turn(conn, f"pace:{schedule.name}")
        earlier = sends.due_of_schedule(conn, schedule.name, besides=edition["id"], since=now - pacing.DAY)
    zone = ZoneInfo(project.publication.timezone)
    moments = {"slot": edition["slot"], "slot_due_at": edition["due_at"], "now": now}
    return pacing.due_at(schedule, zone, **moments, earlier=earlier)


def _held_if_late(product: Produced, edition: RowMapping) -> Produced:
    """Hold every send of an edition that is too late to go out unasked."""
    if not edition["reason"]:
        return product
    remedy = f"Let it go with `publisher release {edition['id']}`, or `publisher cancel {edition['id']}`"
    finding = Finding("late", True, edition["reason"], remedy)
    return replace(product, findings=(finding, *product.findings))


@dataclass(frozen=True, slots=True)
class _Content:
    """What an edition's messages are made of, as the articles are now."""

    chosen: list[Article]
    updates: list[Article]
    revisions: dict[int, int]  # of both
    source: str = ""  # of the first that was chosen


def _content(conn: Connection, edition_id: int) -> _Content:
    content = _Content([], [], {})
    source = ""
    for place in editions.places_of(conn, edition_id):
        is_chosen = place["position"] is not None
        if is_chosen or place["as_update"] == "note":
            found = articles.get(conn, place["article_id"])
            (content.chosen if is_chosen else content.updates).append(found.article)
            content.revisions[found.id] = found.revision
            source = source or (found.source if is_chosen else "")
    return replace(content, source=source)


def _record_one(
    conn: Connection, edition: RowMapping, schedule: Schedule, product: Produced, due_at: datetime, now: datetime
) -> int:
    held = facts.held_edition(conn, edition["id"])  # a person may hold an edition before its sends are made
    by_hand = [facts.as_reason(held, edition["id"])] if held else []
    send_id = sends.add(
        conn,
        edition_id=edition["id"],
        entry=product.entry.key,
        kind="regular",
        number=1,
        channel=product.entry.via,
        audience=list(product.entry.to),
        priority=ABOVE_ALL_REGULAR,
        state=SendState.HELD if product.is_held or held else SendState.READY,
        reasons=[*(_plain(finding) for finding in product.findings), *by_hand],
        made_at=now,
        actor=edition["actor"],
        due_at=due_at,
        after_mail=None if product.entry.after is None else product.entry.after // timedelta(microseconds=1),
        on_unknown=schedule.on_unknown,
        give_up_after=schedule.give_up_after // timedelta(microseconds=1),
    )
    if product.message is not None:
        _keep(conn, send_id, product, now)
    return send_id


def remake(
    store: Store, studio: Studio, project: Project, schedule: Schedule, edition_id: int, *, now: datetime
) -> int:
    """Render the held sends of an edition again, as a new revision of their message; return how many."""
    with store.read() as conn:
        edition = editions.get(conn, edition_id)
        content = _content(conn, edition_id)
        held = {send["entry"]: send["id"] for send in sends.of_edition(conn, edition_id) if send["state"] == "held"}
    assert edition is not None  # noqa: S101 -- editions are never deleted
    what: dict[str, Any] = {"slot": edition["slot"], "due_at": edition["due_at"]}
    what |= {"chosen": content.chosen, "updates": content.updates}
    what["uploads"] = studio.uploads(content.source)
    products = [produce_entry(studio, project, schedule, entry, **what) for entry in schedule.send if entry.key in held]
    with store.write() as conn:
        if products:
            editions.set_revisions(conn, edition_id, content.revisions)
        for product in products:
            _replace_message(conn, held[product.entry.key], product, now)
    return len(products)


def _replace_message(conn: Connection, send_id: int, product: Produced, now: datetime) -> None:
    found = messages.newest_revision(conn, send_id)
    if product.message is not None:
        _keep(conn, send_id, product, now, revision=found + 1)
    sends.set_reasons(conn, send_id, [_plain(finding) for finding in product.findings])
    if not product.is_held:
        sends.move(conn, send_id, SendState.READY)


def _keep(conn: Connection, send_id: int, product: Produced, now: datetime, *, revision: int = 1) -> None:
    assert product.message is not None  # noqa: S101 -- only called with one
    messages.add(conn, send_id, product.message, now, revision=revision)
    if product.picture is not None:
        media.keep(conn, product.picture, type=PICTURE_TYPE, now=now)
    if product.upload is not None:
        media.keep(conn, product.upload.content, type=product.upload.type, now=now)


def _plain(finding: Finding) -> dict[str, str | bool]:
    return {"check": finding.check, "blocks": finding.blocks, "what": finding.what, "remedy": finding.remedy}


def preview_values(email: str = "reader@example.org", name: str = "Ada Reader") -> dict[str, str]:
    """Return a made-up reader's values, for pages that show a message to nobody in particular."""
    first = name.split()[0] if name else ""
    links = dict.fromkeys(("unsubscribe_url", "preferences_url"), "https://example.org/leave")
    return {"email": email, "name": name, "first_name": first, **links}
