"""Breaking news: one article goes at once to whom a person says, past settle times, pace and queues.

What is shown is what goes: it is rendered once, and edition, sends and messages are written in one transaction when the
person has said yes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog

from publisher.app import pauses, versions
from publisher.app.audiences import Audience, audiences_of
from publisher.app.ends import End, ends_at_once
from publisher.app.named import Meant, added
from publisher.app.plan import costs_of, with_channel
from publisher.app.preview import with_audience
from publisher.app.telling import carries, mail_channels
from publisher.app.told import Told, told_of
from publisher.errors import EndedError, MissingError, UsageError
from publisher.model import breaking
from publisher.model.article import LedgerArticle
from publisher.model.cost import Cost
from publisher.model.hours import is_quiet
from publisher.model.message import Finding
from publisher.model.project import BREAKING, Schedule
from publisher.model.staff import May
from publisher.model.states import EditionState
from publisher.pipeline import produce
from publisher.pipeline.produce import Produced
from publisher.store import Connection, edition_lists, editions, facts, held
from publisher.store.permission import allowed

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()

MOST_TIMES = 100  # that an article is breaking news


@dataclass(frozen=True, slots=True)
class News:
    """What would go out at once, made by the verbs that make every edition, and nothing written yet."""

    meant: Meant
    schedule: Schedule
    key: str  # of its slot; of an article that the ledger doesn't have yet it is made when that has a number
    products: tuple[Produced, ...]
    audiences: tuple[Audience, ...]  # for each product
    costs: tuple[Cost | None, ...]
    ends: tuple[End | None, ...]
    told: tuple[Told, ...] = ()
    notes: tuple[str, ...] = ()  # what else has to be known

    @property
    def why_held(self) -> Finding | None:
        """What keeps it from going, the first that was found; None: nothing does."""
        return next((finding for each in self.products for finding in each.findings if finding.blocks), None)

    @property
    def is_told(self) -> bool:
        """Say whether readers have the story already, or will: then a person has to say that it goes again."""
        return any(not each.is_harmless for each in self.told)

    @property
    def goes_again(self) -> bool:
        """Say whether readers may have the story already: else an edition only is about to bring it."""
        return any(each.has_begun for each in self.told)

    @property
    def told_words(self) -> str:
        """Say which edition has the story already, the first that was found."""
        told = next((each.words for each in self.told if not each.is_harmless), "")
        return f"it went out already, or is about to: {told}" if told else ""


# --- to whom ----------------------------------------------------------------------------------------------------------


def schedule_said(app: App, to: Sequence[str], via: Sequence[str]) -> Schedule:
    """Return the schedule that a person means: the file's own, or what they say of lists and channels.

    :raises UsageError: it isn't said to whom, or can't be meant.
    """
    base = breaking.base_of(app.project)
    if not (to or via):
        if not base.send:
            remedy = f"Give --to LIST and --via CHANNEL; or write a schedule `{BREAKING}` into schedules.yaml"
            raise UsageError("it isn't said to whom", remedy=remedy)
        return breaking.as_written(base)
    names = tuple(dict.fromkeys(app.list_named(name) for name in to))
    channels = list(dict.fromkeys(via)) or _only_mail(app, base)
    _check_channels(app, channels)
    found = {name: _lists_of(app, base, name, names) for name in channels}
    if names and not any(found.values()):
        raise UsageError(f"--to is for mail, and {', '.join(channels)} carries none", remedy="Add a channel to --via")
    _check_lists(found)
    return breaking.as_said(base, found)


def _only_mail(app: App, base: Schedule) -> list[str]:
    """Return the channels for lists where a person names none."""
    own = list(dict.fromkeys(entry.via for entry in base.send if entry.to))
    there = mail_channels(app.project)
    if not own and len(there) != 1:
        remedy = f"Give --via with one of: {', '.join(there)}" if there else "Add one under `channels:`"
        raise UsageError("it isn't said by which channel", remedy=remedy)
    return own or there


def _check_channels(app: App, channels: Sequence[str]) -> None:
    unknown = [name for name in channels if name not in app.project.channels]
    if unknown:
        remedy = f"Channels in schedules.yaml: {', '.join(app.project.channels) or 'none'}"
        raise MissingError(f"there is no channel {unknown[0]!r}", remedy=remedy)


def _lists_of(app: App, base: Schedule, via: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the lists that a channel writes to; none: it posts."""
    kinds = carries(app.project.channels[via])
    lists = names or next((entry.to for entry in base.send if entry.via == via and entry.to), ())
    if "mail" not in kinds or ("post" in kinds and _only_posts(app, base, via)):
        return ()
    if not lists and "post" not in kinds:
        raise UsageError(f"{via} sends mail, and it isn't said to which list", remedy="Give --to LIST")
    return lists


def _only_posts(app: App, base: Schedule, via: str) -> bool:
    """Say whether a channel that could do both is one for posts in schedules.yaml."""
    entries = [entry for each in (base, *app.project.schedules.values()) for entry in each.send if entry.via == via]
    return bool(entries) and not any(entry.to for entry in entries)


def _check_lists(lists_by_channel: Mapping[str, Sequence[str]]) -> None:
    """Refuse two channels for one list: whoever is on it gets the story by one of them."""
    carried: dict[str, str] = {}
    for via, names in lists_by_channel.items():
        for name in names:
            if carried.setdefault(name, via) != via:
                what = f"{carried[name]} and {via} would both carry mail to {name}, and each reader gets it once"
                raise UsageError(what, remedy=f"Choose one of them for {name}")


# --- what would go ----------------------------------------------------------------------------------------------------


def foresee(app: App, meant: Meant, schedule: Schedule) -> News:
    """Make and check the messages, and count whom they would reach; write nothing.

    :raises UsageError: it is under way already.
    """
    now, article = app.clock(), meant.article
    with app.store.read() as conn:
        if meant.given is None:
            _refuse_under_way(conn, article.id)
        key = _free_key(conn, article.id) if meant.given is None else f"{breaking.SLOT}new"
        told = told_of(conn, app, article, now)
        all_held = facts.held(conn)
    what: dict[str, Any] = {"slot": key, "due_at": now, "chosen": [article.article]}
    made = produce.produce_all(
        app.studio, app.project, schedule, schedule.send, uploads=app.studio.uploads(article.source), **what
    )
    audiences = audiences_of(app, schedule, [each.entry for each in made], [article], now)
    counted = zip((with_channel(app, each) for each in made), audiences, strict=True)
    products = tuple(with_audience(each, audience) for each, audience in counted)
    notes = [f"all sending is held by {all_held.actor}: it waits for `publisher release --all`"] if all_held else []
    notes += _through_quiet(app, schedule, now)
    ends = tuple(ends_at_once(app, schedule, products, [each.people for each in audiences]))
    costs = costs_of(app, products)
    return News(meant, schedule, key, products, audiences, costs, ends, told, tuple(notes))


def _refuse_under_way(conn: Connection, article_id: int) -> None:
    """Refuse what was begun and has not ended, perhaps because its process died: it goes on, and not from the start."""
    mine = breaking.slot_key(article_id, 1)
    for row in edition_lists.unfinished(conn, BREAKING):
        if row["slot"] == mine or row["slot"].startswith(f"{mine}:"):
            remedy = f"`publisher run` brings it to its end, `publisher cancel {row['id']}` stops it"
            raise UsageError(f"article {article_id} is under way as breaking news, edition {row['id']}", remedy=remedy)


def _free_key(conn: Connection, article_id: int) -> str:
    keys = [breaking.slot_key(article_id, number) for number in range(1, MOST_TIMES + 1)]
    had = edition_lists.slots_had(conn, BREAKING, keys)
    free = next((key for key in keys if key not in had), None)
    if free is None:
        raise UsageError(f"article {article_id} was breaking news {MOST_TIMES} times: it goes out no more")
    return free


def _through_quiet(app: App, schedule: Schedule, now: datetime) -> list[str]:
    names = dict.fromkeys(entry.via for entry in schedule.send)
    rules = [app.project.rules_of(name) for name in names]
    quiet = [each.name for each in rules if each.quiet is not None and is_quiet(each.quiet, now, app.zone)]
    return [f"it is quiet hours of {name}: breaking news goes all the same" for name in quiet]


def refuse_paused(app: App, schedule: Schedule) -> None:
    """Refuse breaking news while its schedule is paused, where the file has one.

    :raises UsageError: it is.
    """
    if schedule.where:
        pauses.refuse_paused(app, schedule)


def require_fit(news: News) -> None:
    """Refuse what the checks would hold.

    :raises EndedError: with what holds it.
    """
    if why := news.why_held:
        raise EndedError(f"it can't go: {why.what}", where=news.schedule.name, remedy=why.remedy)


# --- now --------------------------------------------------------------------------------------------------------------


@allowed(May.APPROVE)
def send(app: App, news: News) -> int:
    """Write down edition, sends and messages, due now, in one transaction; return the edition.

    :raises UsageError: meanwhile somebody else sent it, or it must not be sent any more.
    """
    version_id, now = versions.accepted(app), app.clock()
    with app.store.write() as conn:
        article = _still_meant(conn, news, now, app.actor)
        key = news.key if news.meant.given is None else breaking.slot_key(article.id, 1)
        edition_id = editions.add(
            conn,
            schedule=BREAKING,
            slot=key,
            language=app.project.publication.language,
            due_at=now,
            now=now,
            state=EditionState.LOCKED,
            reason="",
            version_id=version_id,
            actor=app.actor,
            places=[editions.Place(article.id, article.revision, 1, f"sent at once by {app.actor}")],
            is_practice=app.is_practice,
        )
        if edition_id is None:
            what = f"somebody else has sent article {article.id} as breaking news meanwhile"
            raise UsageError(what, remedy=f"See: publisher editions {BREAKING}")
        edition = editions.get(conn, edition_id)
        assert edition is not None  # noqa: S101 -- it was made a moment ago
        produce.record_all(conn, app.project, news.schedule, edition, news.products, agreed=(), now=now)
    log.info("breaking_news", edition=edition_id, article=article.id, sends=len(news.products), actor=app.actor)
    return edition_id


def _still_meant(conn: Connection, news: News, now: datetime, actor: str) -> LedgerArticle:
    """Return the article as it was shown, written down if need be; nobody may have discarded it meanwhile."""
    if news.meant.given is not None:
        return added(conn, news.meant.given, now, actor)
    article = news.meant.article
    if held.discarded_among(conn, [article.id]):
        raise UsageError(f"somebody has discarded article {article.id} meanwhile: no edition may carry it")
    return article
