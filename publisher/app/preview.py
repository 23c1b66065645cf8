"""A slot as its readers would get it: the plan's own messages, filled with the values of one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from publisher.app.audiences import Audience, audiences_of, only_story
from publisher.app.core import App
from publisher.app.looking import Looked
from publisher.app.plan import Plan, carried, plan_slot, produced
from publisher.app.sending import own_values
from publisher.app.templates import FOLDER as TEMPLATES
from publisher.app.tryouts import SAMPLE
from publisher.config.reading import FILE
from publisher.config.schedules import load_project
from publisher.config.settings import Settings
from publisher.errors import MissingError, UsageError
from publisher.model.article import LedgerArticle
from publisher.model.message import JOINED, Mail, slots_of
from publisher.model.project import Entry, Project, Schedule
from publisher.model.segment import Selection
from publisher.model.subscriber import Subscriber, SubscriptionState
from publisher.pipeline.address import nobody_on
from publisher.pipeline.produce import Produced, preview_values
from publisher.store import Connection, earlier, segments, send_reasons, subscribers
from publisher.store.audience import BY_ANOTHER
from publisher.store.deliveries import QUIET_UNTIL

STORIES = 3  # made-up ones, where no article was ever seen


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a preview is."""

    values: Mapping[str, str]
    email: str = ""  # empty: a made-up one
    left_out: Mapping[str, str] | None = None  # why they would not get an entry of `send:`, by its key


@dataclass(frozen=True, slots=True)
class Preview:
    """What a slot would send, and to whom. Where nothing would go it shows other articles, and says so."""

    plan: Plan
    products: tuple[Produced, ...]
    audiences: tuple[Audience, ...]  # for each product
    reader: Reader
    made_at: datetime

    @property
    def is_example(self) -> bool:
        """Say whether what it shows would not go out: there is nothing to send."""
        return not self.plan.products

    @property
    def instead(self) -> tuple[LedgerArticle, ...]:
        """The articles of an example; none where they are made up."""
        return self.plan.newest if self.is_example else ()

    @property
    def is_held(self) -> bool:
        return any(product.is_held for product in self.products)

    def left_out(self, product: Produced) -> str:
        """Return why the reader would not get it; empty: they would."""
        return (self.reader.left_out or {}).get(product.entry.key, "") or _missing(product, self.reader)


def preview(
    app: App, schedule: Schedule, at: datetime | None = None, *, email: str = "", looked: Looked | None = None
) -> Preview:
    """Make what a slot would send, by the code that sends it, and write nothing.

    :param at: the slot of this moment, or the next one after it.
    :param email: a subscriber, whose own values and lists hold; empty: a made-up reader's.
    :param looked: what the sources said a moment ago; None: they are asked.
    :raises UsageError: nobody has that address, or the time is past.
    """
    now = app.clock()
    if at is not None and at < now:
        what = f"{at.astimezone(app.zone):%Y-%m-%d %H:%M} is past"
        raise UsageError(what, remedy=f"Name a time to come; what went out then: publisher editions {schedule.name}")
    person = _person(app, email) if email else None
    plan = plan_slot(app, schedule, at, looked)
    shown = [each.article for each in plan.newest] or list(SAMPLE * STORIES)
    products = plan.products or produced(app, schedule, plan.slot, shown)
    picked = carried(schedule, plan.choice)
    audiences = audiences_of(app, schedule, [product.entry for product in products], picked, now)
    counted = zip(map(_channel_as_note, products), audiences, strict=True)
    products = tuple(with_audience(product, audience) for product, audience in counted)
    reader = _reader(app, schedule, person, only_story(picked), now) if person else Reader(preview_values())
    return Preview(plan, products, audiences, reader, now)


def _channel_as_note(product: Produced) -> Produced:
    """Say only by the way that the channel can't be used: the words are what is looked at."""
    findings = (
        replace(each, blocks=False) if each.check == send_reasons.CHANNEL else each for each in product.findings
    )
    return replace(product, findings=tuple(findings))


def with_audience(product: Produced, audience: Audience) -> Produced:
    """Add what the send finds when it is addressed: that there is nobody to send it to."""
    if not audience.is_empty:
        return product
    return replace(product, findings=(nobody_on(product.entry.to, product.entry.segment), *product.findings))


def _person(app: App, email: str) -> Subscriber:
    with app.store.read() as conn:
        person = subscribers.find(conn, app.hash_of(email))
    if person is None:
        raise MissingError(f"nobody has the address {email}", remedy="See them all: publisher subscribers export")
    return person


def _reader(app: App, schedule: Schedule, person: Subscriber, story: int | None, now: datetime) -> Reader:
    """Return a subscriber as a reader of what is shown.

    :param story: of the edition's one article; None: it has another number of them.
    """
    with app.store.read() as conn:
        left_out = _left_out(conn, app.project, schedule, person, story, now)
        joined = _joined(app, conn, schedule, person)
    # The links by which they leave are theirs alone: a preview has others.
    link = preview_values()["unsubscribe_url"]
    own = own_values(person.email, person.name, person.attributes, link)
    return Reader(own | joined, person.email, left_out)


def _joined(app: App, conn: Connection, schedule: Schedule, person: Subscriber) -> dict[str, str]:
    """Return since when and how they are on the first of the schedule's lists that they are on."""
    standing = subscribers.standing_on(conn, person.id, schedule.mails_to)
    found = next((standing[name] for name in schedule.mails_to if name in standing), None)
    if found is None:
        return {name: value for name, value in preview_values().items() if name in JOINED}
    return app.sending.joined(found["since"], found["basis"], app.project.language_of(schedule))


def _left_out(
    conn: Connection, project: Project, schedule: Schedule, person: Subscriber, story: int | None, now: datetime
) -> dict[str, str]:
    """Return why a person would not get entries, by their key, as the freezing of an audience decides it."""
    found: dict[str, str] = {}
    is_served = False
    for entry in schedule.send:
        if entry.to:
            selection = project.selection_of(schedule, entry)
            why = _why_not(conn, person, entry.to) or _why_not_now(conn, person, entry, selection, now)
            why = why or (BY_ANOTHER if is_served else "")
            found[entry.key] = why or earlier.by_which(conn, person.id, schedule.name, story, selection)
            is_served = is_served or not found[entry.key]
    return found


def _why_not(conn: Connection, person: Subscriber, names: Sequence[str]) -> str:
    standing = subscribers.standing_on(conn, person.id, names)
    on = [row for row in standing.values() if row["state"] == SubscriptionState.CONFIRMED]
    if any(row["suppressed"] is None for row in on):
        return ""
    if on:
        return f"is not written to: {on[0]['suppressed']}"
    said = [f"{_LEFT_OR_NOT_COME[row['state']]} {name}" for name, row in standing.items()]
    return " and ".join(said) or f"is not on {' or '.join(names)}"


def _why_not_now(conn: Connection, person: Subscriber, entry: Entry, selection: Selection, now: datetime) -> str:
    if not segments.means(conn, person.id, entry.to, selection, now):
        return f"is not in the segment {entry.segment}"
    if person.paused_until is not None and person.paused_until > now:
        return f"{QUIET_UNTIL}{person.paused_until:%Y-%m-%d}"
    return ""


_LEFT_OR_NOT_COME = {SubscriptionState.LEFT: "has left", SubscriptionState.UNCONFIRMED: "has not confirmed"}


def _missing(product: Produced, reader: Reader) -> str:
    """Say which value the mail asks for that this subscriber doesn't have: nobody is sent a mail with a hole in it."""
    if not reader.email or not isinstance(product.message, Mail):
        return ""
    needed = dict.fromkeys(slot.field for slot in slots_of(product.message) if slot.default is None)
    missing = [field for field in needed if not reader.values.get(field)]
    return f"has no value for {', '.join(missing)}, and the template gives no default" if missing else ""


# --- following the editor ---------------------------------------------------------------------------------------------


def as_saved(app: App) -> App:
    """Return the project as its files say it at this moment, whichever version holds: a preview comes before that.

    :raises ConfigError: the file says something that can't be meant.
    """
    project = load_project(app.folder)
    if project.version == app.project.version:
        return app
    saved = App(app.folder, project, app.store, app.keys, Settings.load(app.folder), app.clock)
    saved.inbox = app.inbox
    return saved


def files_as_saved(app: App) -> str:
    """Return a digest that changes when an editor saves a template or the schedule file."""
    own = sorted(path for path in (app.folder / TEMPLATES).rglob("*") if path.is_file())
    found = sha256()
    for path in (app.folder / FILE, *own):
        try:
            stat = path.stat()
        except OSError:
            continue  # it is just being replaced: the next look sees it
        found.update(f"{path} {stat.st_mtime_ns} {stat.st_size} {stat.st_ino}\n".encode())
    return found.hexdigest()[:16]
