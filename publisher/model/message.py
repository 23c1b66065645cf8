"""A message: the words of a send, neutral of provider. Fixed parts and slots that each reader's values fill."""

from __future__ import annotations

import html as html_escapes
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal
from urllib.parse import quote

from publisher.model.account import Fingerprints
from publisher.model.article import Article, Image
from publisher.model.theme import Theme

Notes = Mapping[str, Mapping[str, object]]  # plain JSON, by the name of the step that a sender noted
Context = Literal["html", "url", "url-part", "text", "header"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that a reader's value fills.

    :param field: name of the value: ``first_name``, ``unsubscribe_url``.
    :param context: what surrounds it, which decides the escaping: ``html`` (text or attribute), ``url`` (a whole
        URL in an attribute), ``url-part`` (inside one), ``text``, ``header``.
    :param default: stands in where the reader has no such value; None means that every reader must have one.
    """

    field: str
    context: Context
    default: str | None = None


JOINED = ("joined_on", "joined")  # fields: since when a reader is on the list; that and how it came, in sentences
Text = tuple[str | Slot, ...]  # parts in order; neighbouring strings are joined


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found in a message, or what was mended in it."""

    check: str  # the check's id: `no-unsubscribe-link`
    blocks: bool  # True: the send is held; False: a note
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A newsletter for any number of readers."""

    subject: Text
    html: Text
    text: Text
    headers: tuple[tuple[str, Text], ...]  # List-Unsubscribe and so on; never From, To, Subject, Reply-To
    from_name: str
    from_email: str
    reply_to: str = ""
    language: str = "en"
    mended: tuple[Finding, ...] = field(default=(), compare=False)  # while it was made; kept with the send


@dataclass(frozen=True, slots=True)
class Card:
    """What a network shows under a post that links to a page."""

    url: str
    title: str
    description: str = ""
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture that goes up with a post. The ledger keeps its bytes, so that they are the same on each try."""

    digest: str  # SHA-256 of the bytes, in hexadecimal
    alt: str  # cut to what the network takes; empty: nobody described it, or the network has no descriptions
    width: int  # pixels
    height: int
    in_card: bool  # shown in the card; False: attached, in the place of a card
    is_needed: bool = False  # the post doesn't go without it


@dataclass(frozen=True, slots=True)
class Post:
    """A post on a network, or a thread of them."""

    parts: tuple[str, ...]  # one text, or several for a thread; each fits the network's limits
    language: str = "en"
    card: Card | None = None
    upload: Upload | None = None  # under the first part
    mended: tuple[Finding, ...] = field(default=(), compare=False)  # while it was made; kept with the send

    @property
    def text(self) -> str:
        return "\n\n".join(self.parts)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What a network is told of a post, or a thread, that is to be taken down."""

    parts: tuple[str, ...]  # the network's own ids, in the order in which they were posted
    url: str = ""  # of the first
    reference: str = ""  # our opaque id of the delivery that posted it
    account: Fingerprints = field(default_factory=dict)  # that posted it


@dataclass(frozen=True, slots=True)
class Correction:
    """What a network is told of a post, or a thread, that is to say something else: part by part."""

    parts: tuple[str, ...]  # the network's own ids, in the order in which they were posted
    post: Post  # the new words: as many parts as were posted
    url: str = ""  # of the first
    reference: str = ""  # our opaque id of the delivery that posted it
    account: Fingerprints = field(default_factory=dict)  # that posted it
    noted: Notes = field(default_factory=dict)  # what its sender noted while it posted: the picture's id, and so on


Message = Mail | Post
Content = Message | Withdrawal | Correction  # what a call says


@dataclass(frozen=True, slots=True)
class PictureRules:
    """What a network takes of a picture that is uploaded to it.

    :param most_bytes: of the file.
    :param most_alt: of its description, in UTF-16; 0: the network has none.
    :param most_text: of a post that a picture is attached to, in the unit of its rules; None: as without one.
    :param most_side: pixels of the longer side; what has more is scaled down.
    :param types: of files.
    :param least_side: pixels of the shorter side: below that it is an icon.
    """

    most_bytes: int
    most_alt: int
    most_text: int | None = None
    most_side: int = 2_048
    types: tuple[str, ...] = ("image/jpeg", "image/png")
    least_side: int = 60


@dataclass(frozen=True, slots=True)
class Prices:
    """What a network charges for posts, in US dollars."""

    per_post: Decimal
    with_link: Decimal  # instead, for a post with a link in it
    unsure: str = ""  # how far the figures are to be believed; empty: they are the editor's own


@dataclass(frozen=True, slots=True)
class PostRules:
    """How a network counts: what the renderer fits to and the preview shows.

    :param limit: of one post, in ``unit``; ``weighted`` is what X counts, as twitter-text does.
    :param url_length: what any URL costs; None: its own length.
    :param most_bytes: a second limit, in bytes of UTF-8; None: there is none.
    :param shows_short: URLs count as they are shown, without scheme and the most of a long path.
    :param emoji_as_bytes: an emoji costs its bytes of UTF-8, whatever the unit of the rest.
    :param threads: a post may be several, each an answer to the one before it.
    :param shows_card: the card is ours, picture and all; False: the network looks at the page itself, or shows none.
    :param uploads: what it takes of pictures that are uploaded: into a card that is ours, and attached where the editor
        wants that; None: it takes none from us.
    :param prices: what it charges; None: nothing, or nobody knows.
    """

    network: str
    limit: int
    url_length: int | None = None
    unit: Literal["graphemes", "utf16", "codepoints", "bytes", "weighted"] = "graphemes"
    most_bytes: int | None = None
    shows_short: bool = False
    emoji_as_bytes: bool = False
    threads: bool = False
    shows_card: bool = False
    uploads: PictureRules | None = None
    prices: Prices | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What every message of a publication has in common: who writes, how it looks, and to which list."""

    publication: str
    site_url: str
    from_name: str
    from_email: str
    reply_to: str
    address: str
    timezone: str
    language: str
    list_name: str = ""  # empty for posts
    list_title: str = ""
    list_about: str = ""
    list_domain: str = ""  # right side of List-Id: the host of public_url, else of the sender
    practice: bool = False
    theme: Theme = field(default_factory=Theme)


@dataclass(frozen=True, slots=True)
class Block:
    """Labelled words of others in a mail: a sponsor's, say."""

    name: str  # of the insert in schedules.yaml
    label: str  # plain text
    html: str  # sanitised
    after: int | None = None  # so many stories; with fewer, after the last; None: at the place
    place: Literal["top", "bottom"] = "bottom"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief(Sheet):
    """Everything that one message of an edition is rendered from; produce writes it, render reads it."""

    schedule: str
    slot: str  # the slot's key
    due_at: datetime
    articles: tuple[Article, ...]
    template: str = ""  # as the editor wrote it; empty: the default for the kind and the number of articles
    subject: str = ""  # empty: the lead's headline
    preheader: str = ""
    own: frozenset[str] = frozenset()  # of `subject` and `preheader`: what a person wrote for this edition alone
    note: str = ""  # html of the editor's note, sanitised
    erratum: str = ""  # html of what an editor says of what was wrong, sanitised: it stands above the note
    corrects: bool = False  # it puts right what its readers have: its subject says so
    note_title: str = ""  # its first heading, else its first line, as plain text
    inserts: tuple[Block, ...] = ()  # of a mail; several at one place in their order
    text: str = ""  # of a post, as an editor wrote it; empty: the template's
    updates: tuple[Article, ...] = ()  # sent in an earlier edition and changed since
    utm: tuple[tuple[str, str], ...] = ()  # parameters that every link to an article gets
    archive_url: str = ""  # where everybody can read the mail on the web; empty: nowhere
    attaches: bool = False  # a picture stands under the post, in the place of the card with the link


@dataclass(frozen=True, slots=True)
class Confirm:
    """Somebody gave an address: does its owner want the list? The reader's value is ``confirm_url``."""

    asked_at: datetime
    until: datetime  # when the link ends


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody typed an address: its owner gets the way to what is theirs. The reader's value is ``access_url``."""

    asked_at: datetime
    until: datetime  # when the link ends


@dataclass(frozen=True, slots=True)
class Move:
    """Somebody wants their mail at this new address: is it theirs? The reader's value is ``move_url``."""

    asked_at: datetime
    until: datetime  # when the link ends


@dataclass(frozen=True, slots=True)
class Welcome:
    """A subscription has begun."""

    per_week: int = 0  # mails to expect; 0: nobody can say
    next_at: datetime | None = None  # when the next issue comes


@dataclass(frozen=True, slots=True)
class Notice:
    """A word of the editors or operators to the readers of a list."""

    subject: str  # plain text
    html: str  # sanitised


Asking = Confirm | Access | Move  # ask something of whoever reads the mail, who need not be on any list
About = Asking | Welcome | Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter(Sheet):
    """Everything that a mail about a subscription is rendered from."""

    about: About


def escape(value: str, context: Context) -> str:
    """Escape a reader's value for the place it lands in."""
    if context == "html":
        return html_escapes.escape(value, quote=True)
    if context == "url":
        safe = value if value.lower().startswith(("https://", "http://", "mailto:")) else ""
        return html_escapes.escape(safe, quote=True)
    if context == "url-part":
        return quote(value, safe="")
    if context == "header":
        return " ".join(value.split())
    return value


def value_of(slot: Slot, values: Mapping[str, str]) -> str:
    """Return the reader's value or the slot's default; KeyError names the field that is missing."""
    value = values.get(slot.field) or slot.default
    if value is None:
        raise KeyError(slot.field)
    return value


def fill(text: Text, values: Mapping[str, str]) -> str:
    """Join the parts with one reader's values, each escaped for its place."""
    return "".join(part if isinstance(part, str) else escape(value_of(part, values), part.context) for part in text)


def fill_for_nobody(text: Text, links: Mapping[str, str]) -> str:
    """Join the parts as no reader's: defaults stand where a reader's values would, or nothing.

    :param links: what takes the place of the links that each reader has of their own.
    """
    return "".join(
        part if isinstance(part, str) else escape(links.get(part.field) or part.default or "", part.context)
        for part in text
    )


def translate(text: Text, name_slot: Callable[[Slot], str], neutralise: Callable[[str], str]) -> str:
    """Join the parts in a provider's merge syntax.

    :param name_slot: prints a slot as the provider's placeholder.
    :param neutralise: makes authored text that looks like a placeholder harmless.
    """
    return "".join(neutralise(part) if isinstance(part, str) else name_slot(part) for part in text)


def slots_of(mail: Mail) -> tuple[Slot, ...]:
    """Return every distinct slot of a mail, in order of appearance."""
    texts = (mail.subject, mail.html, mail.text, *(value for _, value in mail.headers))
    return tuple(dict.fromkeys(part for text in texts for part in text if isinstance(part, Slot)))


def says_since_when(mail: Mail) -> bool:
    """Say whether a mail tells readers since when and how they are on its list."""
    return any(isinstance(part, Slot) and part.field in JOINED for part in (*mail.html, *mail.text))
