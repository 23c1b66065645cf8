"""Breaking news: one article goes at once to whom a person says, past settle times, pace and queues.

What is shown is what goes: it is rendered once, and edition, sends and messages are written in one transaction when the
person has said yes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog

from publisher.app import desk, presence, versions
from publisher.app.ends import End, ends_at_once
from publisher.app.plan import costs_of, people_for, with_channel
from publisher.app.preview import with_audience
from publisher.app.standing import title
from publisher.app.telling import carries, mail_channels
from publisher.errors import SourceError, UsageError
from publisher.model import breaking
from publisher.model.article import Article, LedgerArticle, Standing
from publisher.model.cost import Cost
from publisher.model.hours import is_quiet
from publisher.model.identity import canonical_url
from publisher.model.message import Finding
from publisher.model.project import BREAKING, Schedule, Source
from publisher.model.states import EditionState
from publisher.pipeline import produce, push
from publisher.pipeline.produce import Produced
from publisher.store import Connection, articles, editions, facts, held, identity, sends
from publisher.store.candidates import OVER

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()

BY_HAND = Source("by hand", "push", "")  # where articles come from that a person names by address; no name of the file
LATELY = timedelta(days=7)  # how long it matters that a story went out
MOST_TIMES = 100  # that an article is breaking news


@dataclass(frozen=True, slots=True)
class Meant:
    """The article that a person means."""

    article: LedgerArticle  # as the ledger has it, or would
    given: Article | None = None  # read from a page or written by hand just now: the ledger doesn't have it yet


@dataclass(frozen=True, slots=True)
class Told:
    """An edition that has the story."""

    words: str
    is_harmless: bool = False  # a draft that leaves it out when it has gone as breaking news


@dataclass(frozen=True, slots=True)
class News:
    """What would go out at once, made by the verbs that make every edition, and nothing written yet."""

    meant: Meant
    schedule: Schedule
    key: str  # of its slot; of an article that the ledger doesn't have yet it is made when that has a number
    products: tuple[Produced, ...]
    people: tuple[int, ...]  # for each product: how many it would go to
    quiet: tuple[int, ...]  # for each product: how many more asked for quiet
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


# --- which article ----------------------------------------------------------------------------------------------------


def article_meant(app: App, said: str, *, headline: str = "", summary: str = "", allow_private: bool = False) -> Meant:
    """Return the article with a number, or on a page: the ledger's where it has that page, else as it is read now.

    :param headline: of an article that is written by hand, which needs no page that can be read.
    :raises PublisherError: there is none, or it must not be sent.
    """
    from publisher.sources.address import is_web

    if said.isdecimal():
        return _still_there(app, desk.article(app, said))
    if not is_web(said):
        raise UsageError(f"{said!r} is neither the number of an article nor a web address")
    number = _in_ledger(app, said)
    if number is None:
        given = _written(app, said, headline, summary) if headline else _read(said, allow_private=allow_private)
        number = _in_ledger(app, given.url or said)
        if number is None:
            return Meant(_as_ledger_would(app, given), given)
    if headline:
        raise UsageError(
            f"article {number} is this page: it has its headline", remedy="Leave --title and --summary out"
        )
    return _still_there(app, desk.article(app, str(number)))


def _still_there(app: App, article: LedgerArticle) -> Meant:
    if presence.leave_out_gone(app, [article], presence.in_time()):
        raise UsageError(f"article {article.id} is gone from its source: no edition may carry it")
    return Meant(article)


def _in_ledger(app: App, url: str) -> int | None:
    link = canonical_url(url)
    with app.store.read() as conn:
        return identity.find_links(conn, [link]).get(link)


def _read(url: str, *, allow_private: bool) -> Article:
    from publisher.app.extracting import extract

    try:
        return extract(url, allow_private=allow_private)
    except SourceError as error:
        remedy = f"{error.remedy} Or write it yourself: --title, --summary".strip()
        raise SourceError(error.what, where=error.where, remedy=remedy) from error


def _written(app: App, url: str, headline: str, summary: str) -> Article:
    from publisher.sources.pushed import article_from

    values: dict[str, Any] = {"id": url, "title": headline, "url": url, "summary": summary, "text": summary}
    values |= {"language": app.project.publication.language, "published_at": app.clock()}
    return replace(article_from(values, {"url": "the address", "title": "--title", "summary": "--summary"}), guid=None)


def _as_ledger_would(app: App, given: Article) -> LedgerArticle:
    """Return an article as it will be when it is written down: known again, and one story with what others tell."""
    with app.store.rehearsal() as conn:
        return _added(conn, given, app.clock(), app.actor)


def _added(conn: Connection, given: Article, now: datetime, actor: str) -> LedgerArticle:
    """Write down an article that a person names. Its date is no reason to ask: they know what they send.

    :raises UsageError: it must not be sent, or others wrote it down in other words meanwhile.
    """
    done = push.push_in(conn, BY_HAND, given, now)
    if done.outcome == "refused":
        raise UsageError(
            f"article {done.article_id} came meanwhile, with other words", remedy="Look at it and try again"
        )
    found = articles.get(conn, done.article_id)
    if found.standing in (Standing.HELD, Standing.DISCARDED) and found.about_id is not None:
        what = f"article {found.about_id} tells the same story, and is {found.standing.value}"
        raise UsageError(what, remedy=f"To let it go out: publisher articles release {found.about_id}")
    if found.standing is not Standing.NEW:
        held.release(conn, [found.id], f"sent at once by {actor}", now, as_new=True)
    return articles.get(conn, done.article_id)


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
        raise UsageError(f"there is no channel {unknown[0]!r}", remedy=remedy)


def _lists_of(app: App, base: Schedule, via: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the lists that a channel writes to; none: it posts."""
    kinds = carries(app.project.channels[via])
    lists = names or next((entry.to for entry in base.send if entry.via == via and entry.to), ())
    if "mail" not in kinds:
        return ()
    if not lists and "post" not in kinds:
        raise UsageError(f"{via} sends mail, and it isn't said to which list", remedy="Give --to LIST")
    return lists


# --- what would go ----------------------------------------------------------------------------------------------------


def foresee(app: App, meant: Meant, schedule: Schedule) -> News:
    """Make and check the messages, and count whom they would reach; write nothing."""
    now, article = app.clock(), meant.article
    with app.store.read() as conn:
        key = _free_key(conn, article.id) if meant.given is None else f"{breaking.SLOT}new"
        told = _told(conn, app, article, now)
        all_held = facts.held(conn)
    what: dict[str, Any] = {"slot": key, "due_at": now, "chosen": [article.article]}
    made = produce.produce_all(
        app.studio, app.project, schedule, schedule.send, uploads=app.studio.uploads(article.source), **what
    )
    people, quiet = people_for(app, schedule, made, now)
    counted = zip((with_channel(app, each) for each in made), people, quiet, strict=True)
    products = tuple(with_audience(each, writes + waits) for each, writes, waits in counted)
    notes = [f"all sending is held by {all_held.actor}: it waits for `publisher release --all`"] if all_held else []
    notes += _through_quiet(app, schedule, now)
    ends = tuple(ends_at_once(app, schedule, products, people))
    costs = costs_of(app, products)
    return News(meant, schedule, key, products, people, quiet, costs, ends, told, tuple(notes))


def _free_key(conn: Connection, article_id: int) -> str:
    keys = [breaking.slot_key(article_id, number) for number in range(1, MOST_TIMES + 1)]
    had = editions.slots_had(conn, BREAKING, keys)
    free = next((key for key in keys if key not in had), None)
    if free is None:
        raise UsageError(f"article {article_id} was breaking news {MOST_TIMES} times: it goes out no more")
    return free


def _through_quiet(app: App, schedule: Schedule, now: datetime) -> list[str]:
    names = dict.fromkeys(entry.via for entry in schedule.send)
    rules = [app.project.rules_of(name) for name in names]
    quiet = [each.name for each in rules if each.quiet is not None and is_quiet(each.quiet, now, app.zone)]
    return [f"it is quiet hours of {name}: breaking news goes all the same" for name in quiet]


def _told(conn: Connection, app: App, article: LedgerArticle, now: datetime) -> tuple[Told, ...]:
    """Return which editions of late, or to come, have the article's story, newest last."""
    ids = identity.same_story(conn, article.id, article.story_id)
    rows = {row["edition_id"]: row for found in articles.places_of(conn, ids).values() for row in found}
    return tuple(
        _said(conn, app, rows[edition_id]) for edition_id in sorted(rows) if _matters(rows[edition_id], now - LATELY)
    )


def _matters(place: Any, since: datetime) -> bool:
    is_in = place["position"] is not None and place["practice"] != OVER
    is_live = place["state"] in (EditionState.DRAFT, EditionState.LOCKED, EditionState.CLOSED)
    return is_in and (is_live or place["sent"] > 0) and place["due_at"] >= since


def _said(conn: Connection, app: App, place: Any) -> Told:
    named = title(place["edition_id"], place["schedule"], place["slot"], app.zone)
    if place["state"] == EditionState.DRAFT:
        schedule = app.project.schedules.get(place["schedule"])
        is_harmless = schedule is not None and BREAKING in schedule.pick.not_in
        fate = "leaves it out then (not_in)" if is_harmless else "brings it too"
        at = f"{place['due_at'].astimezone(app.zone):%Y-%m-%d %H:%M}"
        return Told(f"{named}, a draft that goes at {at}, {fate}", is_harmless)
    made = [send for send in sends.of_edition(conn, place["edition_id"]) if send["kind"] == sends.REGULAR]
    return Told(f"{named}: {'; '.join(_sends(made, app)) or 'its messages are about to be made'}")


def _sends(made: Sequence[Any], app: App) -> Iterator[str]:
    """Yield to whom each send brought it, and when."""
    for send in made:
        to = f"{send['channel']} to {', '.join(send['audience'])}" if send["audience"] else send["channel"]
        if send["started_at"] is None:
            due = send["due_at"]
            at = f", due {due.astimezone(app.zone):%Y-%m-%d %H:%M}" if due else ""
            yield f"{to}: {send['state']}{at}"
        else:
            people = f"{send['sent']:,} of {send['candidates']:,} " if send["audience"] else ""
            yield f"{to}: {people}since {send['started_at'].astimezone(app.zone):%Y-%m-%d %H:%M}"


# --- now --------------------------------------------------------------------------------------------------------------


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
        how: dict[str, Any] = {"due_at": now, "now": now, "priority": sends.BREAKING_FIRST}
        produce.record_made(conn, app.project, news.schedule, edition, news.products, **how)
    log.info("breaking_news", edition=edition_id, article=article.id, sends=len(news.products), actor=app.actor)
    return edition_id


def _still_meant(conn: Connection, news: News, now: datetime, actor: str) -> LedgerArticle:
    """Return the article as it was shown, written down if need be; nobody may have discarded it meanwhile."""
    if news.meant.given is not None:
        return _added(conn, news.meant.given, now, actor)
    article = news.meant.article
    if held.discarded_among(conn, [article.id]):
        raise UsageError(f"somebody has discarded article {article.id} meanwhile: no edition may carry it")
    return article
