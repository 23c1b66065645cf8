"""What an editor wants: the records that schedules.yaml is read into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Literal

from publisher.model.days import is_wanted
from publisher.model.identity import IdentityRule
from publisher.model.languages import Languages
from publisher.model.retention import Retention
from publisher.model.segment import Segment, Selection
from publisher.model.theme import Theme
from publisher.model.trial import Trial

MissedRule = Literal["latest", "all", "skip"]
UpdateRule = Literal["ignore", "note", "repost"]
PictureRule = Literal["card", "attach"]
OtherwiseRule = Literal["hold", "send", "skip"]
ArchiveRule = Literal["off", "public", "unlisted"]
MeasureRule = Literal["off", "clicks"]

WAITS_AT_MOST = timedelta(days=30)  # how long an article waits for an edition, where `newer_than:` isn't longer
BREAKING = "breaking"  # the schedule of breaking news, whether or not the file has one: `not_in` may always name it


@dataclass(frozen=True, slots=True)
class Publication:
    """The newspaper itself."""

    name: str
    url: str
    from_name: str
    from_email: str
    reply_to: str = ""
    public_url: str = ""  # where readers and providers reach Publisher; empty: not set
    address: str = ""
    timezone: str = "UTC"
    language: str = "en"
    preheader: str = ""
    theme: Theme = field(default_factory=Theme)
    where: str = field(default="", compare=False)  # of its `from:`


@dataclass(frozen=True, slots=True)
class Source:
    """Where articles come from. ``location`` may hold ``${NAME}``; it is resolved only where it is fetched."""

    name: str
    kind: Literal["feed", "folder", "wordpress", "page", "push"]
    location: str = field(repr=False)  # may hold a password
    every: timedelta = timedelta(minutes=5)
    backfill: int = 0  # how many of the newest articles the first poll takes all the same
    allow_private: bool = False
    where: str = ""  # schedules.yaml:12:7
    settle: timedelta | None = None  # how long a new article rests; None: not for digests, 5 min for `new: article`
    flood: int | None = None  # more new articles than this in one look are held; None: by what is usual
    identity: IdentityRule = "auto"
    user: str = ""  # wordpress: whose application password follows
    password: str = field(default="", repr=False)  # may hold ``${NAME}``
    statuses: tuple[str, ...] = ("publish",)  # wordpress: posts in these are articles
    links: tuple[str, ...] = ()  # page: patterns of the addresses that are articles; empty: pages that say so
    per_poll: int = 20  # page: how many new pages one look fetches
    token: str = field(default="", repr=False)  # push: whoever has it may add articles; may hold ``${NAME}``
    full_text: Literal["auto", "always", "never"] = "auto"  # whether articles' pages are read for their whole text


@dataclass(frozen=True, slots=True)
class MailingList:
    """A list that people subscribe to."""

    name: str
    title: str
    about: str = ""
    archive: ArchiveRule = "off"  # whether past editions can be read on the web; unlisted: by whoever has a link
    language: str = ""
    where: str = ""
    is_open: bool = True  # people may sign up by themselves
    double_opt_in: bool = True  # a sign-up counts when its mail was answered
    welcome: bool = False  # a new reader gets a letter

    @property
    def has_archive(self) -> bool:
        return self.archive != "off"


@dataclass(frozen=True, slots=True)
class When:
    """When slots are. Exactly one of ``at``, ``cron``, ``every``, ``once`` and ``new`` is set."""

    at: tuple[time, ...] = ()
    days: tuple[str, ...] = ()  # mon … sun, or "first mon" … "last sun", or "1" … "31"; empty: every day
    cron: str = ""
    every: timedelta | None = None
    once: datetime | None = None  # aware
    new: Literal["", "article"] = ""
    excluded: tuple[tuple[date | str, date | str], ...] = ()  # first and last day; "08-01" recurs every year
    between: tuple[time, time] | None = None
    outside: Literal["wait", "drop"] = "wait"
    prepare: timedelta = timedelta()
    late: timedelta = timedelta(hours=12)
    missed: MissedRule = "latest"
    hold_for: timedelta = timedelta()  # recall window: finished, not yet sent
    jitter: timedelta = timedelta()  # at most this much later than the slot, the same for every try of a slot


@dataclass(frozen=True, slots=True)
class Channel:
    """A configured sender. ``options`` are as written, ``${NAME}`` unresolved; ``places`` says where each stands."""

    name: str
    sender: str
    options: Mapping[str, object] = field(default_factory=dict, repr=False)  # may hold a secret in clear
    base_url: str = ""
    rate_per_second: float | None = None  # recipients
    calls_per_second: float | None = None  # requests
    burst: int | None = None  # recipients (or requests) that may go at once after a pause
    at_once: int = 8  # requests under way at the same time, in one process
    per_day: int | None = None  # recipients in one day of the publication's zone
    per_domain: Mapping[str, float] = field(default_factory=dict)  # recipients per second, by mail domain
    quiet: tuple[time, time] | None = None  # hours in which nothing is sent, in the publication's zone
    slots: When | None = None  # by its `at`, `days` and `excluded`: at each one of the posts that wait leaves
    warm_up: timedelta | None = None  # how long a new sending domain takes to reach `per_day`
    sends_as: str = field(default="", compare=False)  # sender and domain: what warms up
    fallback: str = ""
    utm: Mapping[str, str] | None = None  # source, medium …: what articles' links say of where readers come from
    where: str = ""
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def without_limits(self) -> Channel:
        """The channel as if it might send to everybody at once."""
        return replace(
            self, rate_per_second=None, calls_per_second=None, per_day=None, per_domain={}, quiet=None, warm_up=None
        )


@dataclass(frozen=True, slots=True)
class Pick:
    """Which articles."""

    sources: tuple[str, ...] = ()  # empty: all
    categories: tuple[str, ...] = ()  # any of these, without regard to case; empty: all
    not_categories: tuple[str, ...] = ()
    at_most: int = 10
    at_least: int = 1
    newer_than: timedelta | None = None
    order: Literal["newest", "oldest"] = "newest"
    rest: Literal["next", "drop"] = "next"
    not_in: tuple[str, ...] = ()

    @property
    def waits(self) -> timedelta:
        """How long an article that no edition takes stays a candidate."""
        return max(WAITS_AT_MOST, self.newer_than or timedelta())


@dataclass(frozen=True, slots=True)
class Approve:
    """Who has to agree before an edition goes out."""

    by: int = 1  # how many people
    otherwise: OtherwiseRule = "hold"  # what happens at the slot without them
    ask: tuple[str, ...] = ()  # addresses that get the message; empty: those of `alerts: to:`


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of ``send:``: which message to whom, through which channel."""

    key: str  # stable within the schedule: `letters:daily`, `mastodon`; numbered where it occurs twice
    via: str
    to: tuple[str, ...] = ()  # lists; empty for a social channel
    segment: str = ""  # only those of their readers; empty: all
    template: str = ""
    subject: str = ""
    subjects: tuple[str, ...] = ()  # two that are tried against each other; empty: `subject` is the only one
    trial: Trial | None = None  # how they are tried
    preheader: str = ""
    from_name: str = ""
    from_email: str = ""
    reply_to: str = ""
    language: str = ""
    edition: str = ""  # in which language's edition it is, where its schedule has several
    theme: Theme = field(default_factory=Theme)  # over the publication's
    after: timedelta | None = None
    picture: PictureRule = "card"  # of a post: in the card of its link, or attached in the card's place
    without_picture: Literal["go", "hold"] = "go"  # what becomes of a post whose picture can't be had
    where: str = ""

    @property
    def needs_picture(self) -> bool:
        return self.without_picture == "hold"


@dataclass(frozen=True, slots=True)
class Schedule:
    """When, which articles, which messages to which channels."""

    name: str
    when: When
    pick: Pick
    send: tuple[Entry, ...]
    backfill: int = 0  # how many articles first seen before the schedule was added it may use all the same
    was: str = ""  # its former name, whose history it carries on
    give_up_after: timedelta = timedelta(hours=6)
    on_unknown: Literal["park", "resend"] = "park"
    on_update: UpdateRule = "ignore"
    pace_every: timedelta | None = None  # at least this long between two editions' sends
    pace_per_day: int | None = None
    measure: MeasureRule = "off"  # what is counted of its mails: how often each link was followed, never by whom
    never_twice: bool = False  # not for readers who have its article from another schedule
    approve: Approve | None = None  # None: nobody has to
    languages: Languages = field(default_factory=Languages)
    write: str = ""  # a Markdown file of the project that makes its editions, without articles; empty: articles do
    where: str = ""

    @property
    def label(self) -> str:
        """What people call it; where it has editions in several languages, the one in this language: `morning/pt`."""
        return f"{self.name}/{self.languages.only}" if self.languages.only else self.name

    @property
    def by_language(self) -> tuple[Schedule, ...]:
        """The schedule as each of a slot's editions has it, by language; itself where there is one edition for all."""
        if self.languages.only or not self.languages.every:
            return (self,)
        return tuple(map(self.in_language, self.languages.every))

    def in_language(self, language: str) -> Schedule:
        """Return the schedule as its edition in a language has it; itself where there is one edition for all."""
        if not self.languages.every or self.languages.only == language:
            return self
        mine = tuple(entry for entry in self.send if entry.edition == language)
        return replace(self, send=mine, languages=replace(self.languages, only=language))

    @property
    def mails_to(self) -> tuple[str, ...]:
        """The lists that it writes to."""
        return tuple(dict.fromkeys(name for entry in self.send for name in entry.to))

    @property
    def waits_for_approval(self) -> bool:
        """Say whether an edition that nobody approved stays where it is."""
        return self.approve is not None and self.approve.otherwise != "send"

    @property
    def reaches(self) -> set[tuple[str, str]]:
        """The lists and the accounts that it writes to."""
        lists = {("list", name) for entry in self.send for name in entry.to}
        return lists | {("account", entry.via) for entry in self.send if not entry.to}


@dataclass(frozen=True, slots=True)
class Insert:
    """A labelled block of others' words in mails: a sponsor's, an appeal."""

    name: str
    file: str  # Markdown, in the project directory
    label: str  # says what it is: readers must know
    schedules: tuple[str, ...] = ()  # in whose mails; empty: in those of all
    after: int | None = None  # so many stories; None: at the place
    place: Literal["top", "bottom"] = "bottom"
    since: date | None = None  # the first day, in the publication's zone; None: from now on
    until: date | None = None  # the last day; None: for ever
    days: tuple[str, ...] = ()  # mon … sun, as in `When`; empty: every day
    where: str = ""

    def is_in(self, schedule: str, day: date) -> bool:
        """Say whether a schedule's edition of a day carries it."""
        is_asked = not self.schedules or schedule in self.schedules
        has_begun, has_ended = self.since is None or self.since <= day, self.until is not None and self.until < day
        return is_asked and has_begun and not has_ended and is_wanted(day, self.days)


@dataclass(frozen=True, slots=True)
class Alerts:
    """Who is told when something is wrong. ``to``: addresses, or names of channels that carry posts."""

    to: tuple[str, ...] = ()
    heartbeat: str = field(default="", repr=False)  # called while the scheduler is alive; may hold ``${NAME}``
    every: timedelta = timedelta(minutes=1)
    where: str = ""

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(way for way in self.to if "@" in way)

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(way for way in self.to if "@" not in way)


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth saying about the file that is no error."""

    where: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f". {self.remedy}" if self.remedy else "")


@dataclass(frozen=True, slots=True)
class Project:
    """The whole of schedules.yaml in one version."""

    publication: Publication
    sources: Mapping[str, Source]
    lists: Mapping[str, MailingList]
    channels: Mapping[str, Channel]
    schedules: Mapping[str, Schedule]  # in file order
    segments: Mapping[str, Segment] = field(default_factory=dict)
    inserts: Mapping[str, Insert] = field(default_factory=dict)  # in file order
    practice: bool = False
    alerts: Alerts = field(default_factory=Alerts)
    retention: Retention = field(default_factory=Retention)
    notes: tuple[Note, ...] = ()  # warnings: a secret in clear, a key whose work comes later
    version: str = ""  # digest of the file's bytes
    text: str = field(default="", repr=False)  # the file itself

    def approvers_of(self, schedule: Schedule) -> tuple[str, ...]:
        """Return the addresses of those who are asked to approve a schedule's editions."""
        return (schedule.approve.ask or self.alerts.addresses) if schedule.approve else ()

    def selection_of(self, schedule: Schedule, entry: Entry) -> Selection:
        """Return which of its lists' readers an entry is for."""
        if not entry.to:
            return Selection()
        segment = self.segments[entry.segment] if entry.segment else Segment("", "")
        languages = {name: self.lists[name].language or self.publication.language for name in entry.to}
        zone = self.publication.timezone
        return Selection(segment.name, segment.condition, zone, languages, schedule.never_twice)

    def language_of(self, schedule: Schedule) -> str:
        """Return the language of a schedule's edition: its own, or the publication's where there is one for all."""
        return schedule.languages.only or self.publication.language

    def rules_of(self, channel: str) -> Channel:
        """Return a channel with the limits that hold for it; with none where the file has it no more.

        In practice none does: they spare a provider and readers, and the built-in inbox needs no sparing.
        """
        found = self.channels.get(channel) or Channel(channel, "")
        return found.without_limits if self.practice else found
