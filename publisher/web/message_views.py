"""What pages and previews show of a mail or a post: its words with a reader's values, its length as networks count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from publisher.app.archive import as_written
from publisher.app.ends import ends_of
from publisher.app.trials import foreseen, subjects_of
from publisher.errors import PublisherError
from publisher.model.article import Image
from publisher.model.message import Card, Content, Mail, Post, PostRules, fill, slots_of
from publisher.model.post_size import length
from publisher.pipeline.produce import Produced, preview_values
from publisher.pipeline.produce.cards import beside_picture
from publisher.senders.registry import sender_class
from publisher.store import messages

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.audiences import Audience
    from publisher.app.ends import End
    from publisher.app.preview import Preview
    from publisher.model.project import Entry

UNITS = {
    "graphemes": "characters",
    "codepoints": "characters",
    "utf16": "UTF-16 units",
    "bytes": "bytes",
    "weighted": "characters, as X counts",
}


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
