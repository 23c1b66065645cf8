"""What pages show of an edition, read from the ledger: articles with reasons, sends with books, checks and words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, RowMapping

from publisher.app.archive import as_written
from publisher.app.ends import ends_of
from publisher.app.progress import Progress, of_edition
from publisher.app.standing import known, next_command
from publisher.app.trials import TrialNow, foreseen, subjects_of, trial_now
from publisher.errors import PublisherError
from publisher.model.article import Image, LedgerArticle
from publisher.model.message import Card, Content, Mail, Post, PostRules, fill, slots_of
from publisher.model.post_size import length
from publisher.model.states import DeliveryState
from publisher.pipeline.produce import Produced, preview_values
from publisher.pipeline.produce.cards import beside_picture
from publisher.senders.registry import sender_class
from publisher.store import articles, by_language, clicks, editions, facts, log, messages, sends, sources, withdrawals
from publisher.store.tables import COUNTED

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.audiences import Audience
    from publisher.app.ends import End
    from publisher.app.preview import Preview
    from publisher.model.project import Entry

WITHDRAWN = "withdrawn"
BAR = 1_000  # units of a bar's whole width
UNITS = {
    "graphemes": "characters",
    "codepoints": "characters",
    "utf16": "UTF-16 units",
    "bytes": "bytes",
    "weighted": "characters, as X counts",
}


@dataclass(frozen=True, slots=True)
class Share:
    """One state's part of the books, as a stretch of the bar."""

    state: str
    count: int
    start: float
    width: float


@dataclass(frozen=True)
class MailView:
    """A mail filled with one reader's values."""

    mail: Mail
    values: Mapping[str, str]

    @cached_property
    def subject(self) -> str:
        return fill(self.mail.subject, self.values)

    @cached_property
    def html(self) -> str:
        return fill(self.mail.html, self.values)

    @cached_property
    def text(self) -> str:
        return fill(self.mail.text, self.values)

    @property
    def sender(self) -> str:
        return f"{self.mail.from_name} <{self.mail.from_email}>".strip()

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, fill(value, self.values)) for name, value in self.mail.headers]

    @property
    def html_bytes(self) -> int:
        return len(self.html.encode())

    @property
    def text_bytes(self) -> int:
        return len(self.text.encode())


@dataclass(frozen=True, slots=True)
class PostView:
    """A post as people see it on its network."""

    network: str
    parts: tuple[tuple[str, int], ...]  # each with its length as the network counts
    card: Card | None
    limit: int | None = None
    unit: str = "graphemes"
    language: str = "en"
    attached: Image | None = None  # stands under the first part, in the place of the card
    describes: bool = True  # False: the network has no place for a picture's description

    @property
    def card_at(self) -> int:
        """Which part the card stands under, from 1: where its address is, else the first."""
        url = self.card.url if self.card else ""
        return next((number for number, (text, _) in enumerate(self.parts, 1) if url and url in text), 1)

    @property
    def units(self) -> str:
        """What its network counts, in words."""
        return UNITS[self.unit]


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
        names = dict.fromkeys(article.source for article, _ in self.picked)
        return [self.titles.get(name) or name for name in names]

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
        tried = {send["id"]: trial_now(conn, send) for send, _ in rows}
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


def mail_view(app: App, conn: Connection, send_id: int) -> MailView | None:
    """Return the mail of a send as a made-up reader gets it; None where there is none."""
    found = content_of(app, conn, send_id)
    return filled(found) if isinstance(found, Mail) else None


def content_of(app: App, conn: Connection, send_id: int) -> Content | None:
    """Return what a send says; whoever follows the links of a mail here is not counted."""
    found = messages.of_send(conn, send_id)
    if found is None:
        return None
    return as_written(app, conn, send_id, found[1]) if isinstance(found[1], Mail) else found[1]


def filled(mail: Mail, values: Mapping[str, str] | None = None) -> MailView:
    """Return a mail with a reader's values; what nobody gave stands in brackets, so that the page can be made."""
    needed = {slot.field: f"[{slot.field}]" for slot in slots_of(mail) if slot.default is None}
    given = {field: value for field, value in (preview_values() if values is None else values).items() if value}
    return MailView(mail, {**needed, **given})


@dataclass(frozen=True, slots=True)
class EntryView:
    """One line of `send:` as a preview shows it."""

    entry: Entry
    mail: MailView | None
    post: PostView | None
    findings: list[dict[str, Any]]
    audience: Audience
    ends: str  # when it would end, where that is worth saying
    left_out: str = ""  # why the reader for whom it is would not get it; empty: they would
    subjects: tuple[str, ...] = ()  # the two that are tried; none where it has but one
    tried: str = ""  # who would get which


def entry_views(app: App, preview: Preview) -> list[EntryView]:
    """Return what a preview shows, line by line of `send:`."""
    ends = [None for _ in preview.products] if preview.is_example else ends_of(app, [preview.plan])[0]
    return [
        replace(entry_view(app, product, audience, end, preview.reader.values), left_out=preview.left_out(product))
        for product, audience, end in zip(preview.products, preview.audiences, ends, strict=True)
    ]


def entry_view(
    app: App,
    product: Produced,
    audience: Audience,
    end: End | None,
    values: Mapping[str, str] | None = None,
) -> EntryView:
    """Return what would be sent by one line of `send:`.

    :param values: of the reader for whom it is; None: a made-up one.
    """
    return EntryView(
        product.entry,
        filled(product.message, values) if isinstance(product.message, Mail) else None,
        _post_of(app, product),
        [asdict(finding) for finding in product.findings],
        audience,
        end.words(app.zone) if end else "",
        subjects=subjects_of(product),
        tried=foreseen(product.trial, audience.people) if product.trial else "",
    )


def _post_of(app: App, product: Produced) -> PostView | None:
    if not isinstance(product.message, Post):
        return None
    is_beside_picture = product.entry.picture == "attach"
    shown = post_view(app, product.entry.via, product.message, is_beside_picture=is_beside_picture)
    return replace(shown, attached=product.attached)


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


def post_view(app: App | None, channel: str, post: Post, *, is_beside_picture: bool = False) -> PostView:
    """Return a post with its length as its network counts it; some take fewer words beside an attached picture."""
    rules = rules_of(app, channel)
    if rules and (is_beside_picture or (post.upload and not post.upload.in_card)):
        rules = beside_picture(rules)
    counted = rules or PostRules(channel, 0)
    parts = tuple((part, length(part, counted)) for part in post.parts)
    network = counted.network.capitalize()
    describes = not (rules and rules.uploads and not rules.uploads.most_alt)
    limit = rules.limit if rules else None
    return PostView(network, parts, post.card, limit, counted.unit, post.language, describes=describes)


def rules_of(app: App | None, channel: str) -> PostRules | None:
    """Return how a channel's network counts; None where the channel is gone, or carries no posts."""
    if app is None or channel not in app.project.channels:
        return None
    spec = app.project.channels[channel]
    try:
        return sender_class(spec.sender).rules_of(spec.options)
    except PublisherError:
        return None


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
