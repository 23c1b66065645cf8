"""What pages show of an edition, read from the ledger: articles with reasons, sends with books and checks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, RowMapping

from publisher.app.progress import Progress, of_edition
from publisher.app.standing import known, next_command
from publisher.app.trials import TrialNow, trial_now
from publisher.model.article import Image, LedgerArticle
from publisher.model.message import Content, Mail, Post
from publisher.model.states import DeliveryState, SendState
from publisher.speech.phrases import _
from publisher.store import articles, by_language, clicks, editions, facts, log, sends, sources, withdrawals
from publisher.store.tables import COUNTED
from publisher.web.message_views import MailView, PostView, content_of, filled, post_view

if TYPE_CHECKING:
    from publisher.app import App

WITHDRAWN = "withdrawn"
MOVING = {SendState.READY, SendState.ADDRESSED, SendState.SENDING}
STOPPED = {SendState.HELD, SendState.PAUSED}
BAR = 1_000  # units of a bar's whole width


@dataclass(frozen=True, slots=True)
class Share:
    """One state's part of the books, as a stretch of the bar."""

    state: str
    count: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class SendView:
    """One send of an edition."""

    row: RowMapping
    mail: MailView | None
    post: PostView | None
    schedule: str | None = None  # of its edition, where schedules.yaml has it still
    is_withdrawn: bool = False  # its post was taken down
    left: int = 0  # how many parts of its post had left, of one that did not leave whole
    trial: TrialNow | None = None  # of its two subjects
    progress: Progress | None = None  # while it is under way

    @property
    def state(self) -> str:
        """How it stands: what was taken down is not shown as done."""
        return WITHDRAWN if self.is_withdrawn else str(self.row["state"])

    @property
    def is_of_post(self) -> bool:
        """Say whether it brings a post: it has no readers of its own, and follows no other."""
        return not self.row["audience"] and self.row["kind"] not in sends.FOLLOWING

    @property
    def findings(self) -> list[dict[str, Any]]:
        return list(self.row["reasons"])

    @property
    def command(self) -> str:
        """What to type about it, where it waits for a person or left some in doubt."""
        return next_command(self.row, self.schedule)

    @property
    def shares(self) -> list[Share]:
        return shares_of(self.row)


@dataclass(frozen=True, slots=True)
class EditionView:
    """One edition with all that belongs to it."""

    row: RowMapping
    picked: list[tuple[LedgerArticle, str]]  # in the order of the mail, each with its reason
    left: list[tuple[LedgerArticle, str]]
    sends: list[SendView]
    deliveries: list[RowMapping]
    held: facts.Held | None  # by a person, who may hold it before it has any send
    titles: Mapping[str, str]  # what the sources call themselves, by name
    followed: list[clicks.Followed]  # the links of its mails that are counted, the most followed first
    withdrawn: Collection[int] = ()  # deliveries whose posts were taken down
    in_part: Mapping[int, withdrawals.Posted] = field(default_factory=dict)  # posts that left in part, by delivery
    beside: Sequence[RowMapping] = ()  # the editions of its slot in other languages

    @property
    def sources(self) -> list[str]:
        names = dict.fromkeys(article.source for article, _reason in self.picked)
        return [self.titles.get(name) or name for name in names]

    def waits_for(self, all_held: facts.Held | None) -> str:
        """Return what an edition waits for that is locked; empty while something of it may leave.

        :param all_held: who holds all sending.
        """
        states = {send.row["state"] for send in self.sends}
        if SendState.WAITING in states and not states & MOVING:
            return _("waits for approval")
        if all_held is not None:
            return _("waits: all sending is held")
        return _("stopped: waits for a person") if states & STOPPED and not states & MOVING else ""

    @property
    def recipients(self) -> int:
        return sum(send.row["candidates"] for send in self.sends if send.row["kind"] not in sends.FOLLOWING)


def edition_view(app: App, edition_id: int, *, deliveries: int = 100) -> EditionView | None:
    """Return what there is to show of an edition; None where there is no such edition.

    :param deliveries: how many lines of the send log to bring, in the order in which they were made.
    """
    with app.store.read() as conn:
        row = editions.get(conn, edition_id)
        if row is None:
            return None
        candidates = articles.of_edition(conn, edition_id)
        rows = [(send, content_of(app, conn, send["id"])) for send in sends.of_edition(conn, edition_id)]
        tried = {send["id"]: trial_now(conn, send) for send, _message in rows}
        followed = clicks.of_edition(conn, edition_id)
        found = log.find(conn, log.Filter(edition_id=edition_id, limit=deliveries))
        held = facts.held_edition(conn, edition_id)
        titles = {source["name"]: source["title"] for source in sources.every(conn)}
        withdrawn = withdrawals.taken_down(conn, edition_id)
        in_part = withdrawals.in_part(conn, [edition_id])
        moving = of_edition(app, conn, edition_id, app.clock())
        beside = [each for each in by_language.of_slot(conn, row) if each["id"] != edition_id]
    picked = [(_as_sent(article, place), place["reason"]) for place, article in candidates if _is_in(place)]
    left = [(article, place["reason"]) for place, article in candidates if not _is_in(place)]
    schedule = known(row["schedule"], app.project.schedules)
    views = [_send_view(app, send, message, schedule, tried[send["id"]]) for send, message in rows]
    views = [replace(view, progress=moving.get(view.row["id"])) for view in _marked(views, withdrawn, in_part)]
    ordered = sorted(found, key=itemgetter("id"))
    return EditionView(row, picked, left, views, ordered, held, titles, followed, withdrawn, in_part, beside)


def edition_now(app: App, conn: Connection, row: RowMapping, moving: Sequence[Progress]) -> EditionView:
    """Return an edition as it stands, without what it says and whom it went to.

    :param moving: all of its sends.
    """
    found = sends_now(app, conn, row["id"], moving)
    held, in_part = facts.held_edition(conn, row["id"]), withdrawals.in_part(conn, [row["id"]])
    return EditionView(row, [], [], found, [], held, {}, [], in_part=in_part)


def sends_now(app: App, conn: Connection, edition_id: int, moving: Sequence[Progress]) -> list[SendView]:
    """Return the sends of an edition as they stand, without what they say.

    :param moving: all of its sends.
    """
    withdrawn = withdrawals.taken_down(conn, edition_id)
    in_part = withdrawals.in_part(conn, [edition_id])
    views = [
        SendView(each.row, None, None, known(each.row["schedule"], app.project.schedules), progress=each)
        for each in moving
    ]
    return _marked(views, withdrawn, in_part)


def _marked(
    views: Iterable[SendView], withdrawn: Mapping[int, str], in_part: Mapping[int, withdrawals.Posted]
) -> list[SendView]:
    """Return sends, those of posts with what became of them: taken down, or left in part."""
    taken = set(withdrawn.values())
    parts = {post.entry: len(post.parts) for post in in_part.values()}
    return [
        replace(view, is_withdrawn=view.row["entry"] in taken, left=parts.get(view.row["entry"], 0))
        if view.is_of_post
        else view
        for view in views
    ]


def withdrawn_of(conn: Connection, deliveries: Iterable[RowMapping]) -> set[int]:
    """Return which of these deliveries are of posts that were taken down."""
    ids = {row["edition_id"] for row in deliveries} - {None}
    return {delivery_id for each in ids for delivery_id in withdrawals.taken_down(conn, each)}


def in_part_of(conn: Connection, deliveries: Iterable[RowMapping]) -> dict[int, withdrawals.Posted]:
    """Return which of these deliveries are of posts that left in part."""
    ids = {row["edition_id"] for row in deliveries if row["state"] != DeliveryState.SENT} - {None}
    return withdrawals.in_part(conn, ids)


def _is_in(place: RowMapping) -> bool:
    return place["position"] is not None


def _as_sent(known: LedgerArticle, place: RowMapping) -> LedgerArticle:
    """Return an article under the headline with which it was sent, whatever it says by now."""
    headline = place["headline"]
    return known if headline is None else replace(known, article=replace(known.article, title=headline))


def _send_view(
    app: App, row: RowMapping, message: Content | None, schedule: str | None, trial: TrialNow | None
) -> SendView:
    if isinstance(message, Mail):
        return SendView(row, filled(message), None, schedule, trial=trial)
    if not isinstance(message, Post):
        return SendView(row, None, None, schedule)
    shown = post_view(app, row["channel"], message)
    return SendView(row, None, replace(shown, attached=_attached(app, row, message, schedule)), schedule)


def _attached(app: App, row: RowMapping, post: Post, schedule: str | None) -> Image | None:
    """Return the picture that went up with a post in the place of a card; in practice the one that would."""
    if post.upload and not post.upload.in_card:
        base = app.project.publication.public_url.rstrip("/")
        return Image(f"{base}/media/{post.upload.digest}.png", post.upload.alt)
    found = app.project.schedules.get(schedule or "") if app.is_practice else None
    entries = found.send if found else ()
    attaches = any(entry.key == row["entry"] and entry.picture == "attach" for entry in entries)
    return post.card.image if attaches and post.card else None


def shares_of(row: RowMapping) -> list[Share]:
    """Return the books of a send as stretches that fill the bar exactly."""
    whole = row["candidates"] or 1
    made: list[Share] = []
    done = 0
    for state in COUNTED:
        if row[state]:
            made.append(Share(state, row[state], BAR * done / whole, BAR * row[state] / whole))
            done += row[state]
    return made
