"""The tables of the ledger. Migrations make them; a test proves that both say the same.

Times are integer microseconds UTC. States are words of `model.states`, without CHECK constraints, so that a later
version may add one. Ledger tables only ever gain nullable columns.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    TypeDecorator,
    UniqueConstraint,
    insert,
    text,
)
from sqlalchemy.engine import Dialect

from publisher.clock import require_aware
from publisher.model.states import DeliveryState
from publisher.store.plain import plain

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as integer microseconds UTC (SQLite would drop its zone)."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (require_aware(value) - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(microseconds=value)


class Text(TypeDecorator[str]):
    """Text that both engines can keep."""

    impl = sqlalchemy.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else plain(value)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _id() -> Column[int]:
    # INTEGER on SQLite is the row id itself; BIGINT elsewhere.
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, ForeignKey(f"{target}.id"), nullable=nullable)


# --- what the editors want, and who is at work -----------------------------------------------------------------------

facts = Table(  # one row per fact about this ledger: its epoch
    "facts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

project_versions = Table(  # schedules.yaml as it was accepted; editions name their version
    "project_versions",
    metadata,
    _id(),
    Column("digest", Text, nullable=False, unique=True),
    Column("text", Text, nullable=False),
    Column("accepted_at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
)

schedules = Table(  # what the ledger remembers of a schedule; what it is stands in schedules.yaml
    "schedules",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("added_at", Moment, nullable=False),
    Column("considered_until", Moment, nullable=False),  # slots up to here are decided
    Column("paused_at", Moment),
    Column("actor", Text),
    Column("reason", Text),  # why it is paused; a question about its name that a person must answer
)

processes = Table(  # a process that may hold calls; its lock file says whether it lives
    "processes",
    metadata,
    _id(),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("command", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
)

# --- articles ---------------------------------------------------------------------------------------------------------

sources = Table(
    "sources",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False, default=""),
    Column("baseline_at", Moment),  # first good poll
    Column("backfilled", Integer, nullable=False, default=0),  # how many of the baseline were taken all the same
    Column("polled_at", Moment),
    Column("good_at", Moment),
    Column("error", Text),  # of the last poll; NULL when it was good
    Column("etag", Text),
    Column("last_modified", Text),
)

articles = Table(
    "articles",
    metadata,
    _id(),
    _ref("source_id", "sources"),
    Column("title", Text, nullable=False),
    Column("url", Text),
    Column("summary", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("image", JSON),
    Column("language", Text),
    Column("published_at", Moment),
    Column("notes", JSON, nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    Column("changed_at", Moment),
    Column("revision", Integer, nullable=False),
    Column("standing", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Index("ix_articles_standing_first_seen_at", "standing", "first_seen_at"),
    Index("ix_articles_fingerprint", "fingerprint"),
)

article_aliases = Table(
    "article_aliases",
    metadata,
    Column("source_id", BigInteger, ForeignKey("sources.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    _ref("article_id", "articles"),
    Index("ix_article_aliases_article_id", "article_id"),
)

article_revisions = Table(  # what an article said before it changed
    "article_revisions",
    metadata,
    _id(),
    _ref("article_id", "articles"),
    Column("revision", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("seen_at", Moment, nullable=False),
    UniqueConstraint("article_id", "revision"),
)

# --- editions, sends, messages ----------------------------------------------------------------------------------------

editions = Table(
    "editions",
    metadata,
    _id(),
    Column("schedule", Text, nullable=False),
    Column("slot", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, default=""),  # why it was skipped or cancelled
    Column("made_at", Moment, nullable=False),
    Column("locked_at", Moment),
    Column("closed_at", Moment),
    _ref("project_version_id", "project_versions"),
    Column("revision", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    UniqueConstraint("schedule", "slot", "language"),
    Index("ix_editions_state", "state"),
    Index("ix_editions_schedule_due_at", "schedule", "due_at"),
)

edition_articles = Table(  # every candidate, with the reason why it is in or out
    "edition_articles",
    metadata,
    Column("edition_id", BigInteger, ForeignKey("editions.id"), primary_key=True),
    Column("article_id", BigInteger, ForeignKey("articles.id"), primary_key=True),
    Column("position", Integer),  # NULL: not chosen
    Column("revision", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("dropped", Boolean),  # True: used up for the schedule without being sent (rest: drop; came in a pause)
    Index("ix_edition_articles_article_id", "article_id"),
)

COUNTED = tuple(state.value for state in DeliveryState)

sends = Table(
    "sends",
    metadata,
    _id(),
    _ref("edition_id", "editions", nullable=True),  # NULL: standing mail (confirm, welcome)
    Column("entry", Text, nullable=False),
    Column("kind", Text, nullable=False),  # regular, correction, withdrawal, test, standing
    Column("number", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("audience", JSON, nullable=False),  # names of lists; empty: the channel's own account
    Column("priority", Integer, nullable=False),  # 0 alert, 1 confirm, 2 regular
    Column("state", Text, nullable=False),
    Column("reasons", JSON, nullable=False),  # why it is held or paused; notes of the checks
    Column("made_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("done_at", Moment),
    Column("give_up_at", Moment),  # not before this moment: set by a person who lets it go on
    Column("actor", Text, nullable=False),
    Column("due_at", Moment),  # when its deliveries become due: slot, jitter, recall window, pace; NULL: at once
    Column("after_mail", BigInteger),  # microseconds after the edition's mail has begun (after:)
    Column("on_unknown", Text),  # park, resend
    Column("give_up_after", BigInteger),  # microseconds of trying, not counting waits for our own limits
    Column("candidates", Integer, nullable=False, default=0),
    *(Column(state, Integer, nullable=False, default=0) for state in COUNTED),
    UniqueConstraint("edition_id", "entry", "kind", "number"),
    Index("ix_sends_state", "state"),
)

messages = Table(  # never changes
    "messages",
    metadata,
    _id(),
    _ref("send_id", "sends"),
    Column("revision", Integer, nullable=False),
    Column("variant", Text, nullable=False),
    Column("kind", Text, nullable=False),  # mail, post
    Column("content", JSON, nullable=False),
    Column("digest", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    UniqueConstraint("send_id", "revision", "variant"),
)

# --- people -----------------------------------------------------------------------------------------------------------

subscribers = Table(
    "subscribers",
    metadata,
    _id(),
    Column("email", Text, nullable=False),
    Column("address_hash", Text, nullable=False, unique=True),  # keyed; what suppressions are looked up by
    _ref("domain_id", "domains"),
    Column("name", Text, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("made_at", Moment, nullable=False),
)

domains = Table(
    "domains",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
)

lists = Table(
    "lists",
    metadata,
    _id(),
    Column("name", Text, nullable=False, unique=True),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("list_id", BigInteger, ForeignKey("lists.id"), primary_key=True),
    Column("subscriber_id", BigInteger, ForeignKey("subscribers.id"), primary_key=True),
    Column("state", Text, nullable=False),
    Column("basis", Text, nullable=False),  # the consent, or how it ended
    Column("since", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Index("ix_subscriptions_subscriber_id", "subscriber_id"),
)

suppressions = Table(  # survives erasure: no address, only its keyed hash
    "suppressions",
    metadata,
    Column("address_hash", Text, primary_key=True),
    Column("scope", Text, primary_key=True),  # "all" or "list:NAME"
    Column("reason", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
)

recipients = Table(  # whom a delivery is for: a subscriber or a social account; never an address text
    "recipients",
    metadata,
    _id(),
    Column("subscriber_id", BigInteger, ForeignKey("subscribers.id"), unique=True),
    Column("channel", Text, unique=True),
)

# --- the books --------------------------------------------------------------------------------------------------------

deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    _ref("send_id", "sends"),
    _ref("recipient_id", "recipients"),
    _ref("message_id", "messages"),
    Column("list_id", BigInteger, ForeignKey("lists.id")),  # by which list they are reached; NULL for accounts
    Column("domain_id", BigInteger),
    Column("state", Text, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("call_id", BigInteger),  # the last call that took it; no index: a call knows its members
    Column("attempts", Integer, nullable=False),
    Column("reason", Text),  # of suppressed, excluded, cancelled
    UniqueConstraint("send_id", "recipient_id"),
    Index("ix_deliveries_recipient_id", "recipient_id"),
    Index(
        "ix_deliveries_due",
        "send_id",
        "due_at",
        "id",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    postgresql_with={"fillfactor": 50},
)

calls = Table(  # the send log: opened before the exchange, closed once after
    "calls",
    metadata,
    _id(),
    _ref("send_id", "sends"),
    _ref("message_id", "messages"),
    Column("channel", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    _ref("process_id", "processes"),
    Column("lease_until", Moment, nullable=False),
    Column("size", Integer, nullable=False),
    Column("members", LargeBinary),  # frozen recipients and values, compressed; dropped when settled
    Column("journal", JSON),  # what a sender of several steps noted
    Column("body_hash", Text),
    Column("opened_at", Moment, nullable=False),
    Column("spoke_at", Moment),
    Column("closed_at", Moment),
    Column("tries", Integer),  # how often it was said; with id and process the token of every write
    Column("retry_at", Moment),  # when an unknown call is said again or asked about; NULL: it is parked
    Column("outcome", Text),
    Column("reason", Text),
    Column("status", Integer),
    Column("provider_id", Text),
    Column("url", Text),
    Column("words", Text),
    Index("ix_calls_send_id", "send_id"),
    Index(
        "ix_calls_open",
        "state",
        sqlite_where=text("state IN ('claimed', 'sending', 'unknown')"),
        postgresql_where=text("state IN ('claimed', 'sending', 'unknown')"),
    ),
)

outcomes = Table(  # what a call said of one delivery, where it isn't plain "sent"
    "outcomes",
    metadata,
    Column("call_id", BigInteger, ForeignKey("calls.id"), primary_key=True),
    Column("delivery_id", BigInteger, ForeignKey("deliveries.id"), primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("provider_id", Text),
    Column("until", Moment),
    Index("ix_outcomes_delivery_id", "delivery_id"),
)

events = Table(  # a later word from a provider
    "events",
    metadata,
    _id(),
    Column("channel", Text, nullable=False),
    Column("event_key", Text, nullable=False),  # the provider's id, or hash of (type, id, recipient, time)
    Column("type", Text, nullable=False),
    Column("delivery_id", BigInteger, ForeignKey("deliveries.id")),
    Column("happened_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("words", Text, nullable=False),
    Column("counts", Boolean, nullable=False),  # False: stored but inert
    UniqueConstraint("channel", "event_key"),
    Index("ix_events_delivery_id", "delivery_id"),
)


# --- what all processes share about channels, and what people were told -----------------------------------------------

limits = Table(  # GCRA: one row for each limit; taken in the transaction that claims
    "limits",
    metadata,
    Column("name", Text, primary_key=True),  # channel:letters, calls:letters, domain:letters:gmail.com, day:letters
    Column("free_at", Moment),  # theoretical arrival time: earlier than now means unused burst
    Column("day", Text),  # of a daily limit, in the publication's zone
    Column("used", Integer),
)

channels = Table(  # the breaker of a channel, and whether its account was refused
    "channels",
    metadata,
    Column("name", Text, primary_key=True),
    Column("failures", Integer, nullable=False, default=0),  # calls in a row without any answer
    Column("open_until", Moment),  # the breaker is open: nothing is claimed
    Column("paused_at", Moment),  # the account was refused: a person has to mend it
    Column("reason", Text),
)

alerts = Table(  # one row for each time that a cause began; another word when it clears
    "alerts",
    metadata,
    _id(),
    Column("cause", Text, nullable=False),  # channel-refused:letters, edition-late:12
    Column("what", Text, nullable=False),
    Column("affected", Text, nullable=False),
    Column("command", Text, nullable=False),  # what to type next
    Column("urgent", Boolean, nullable=False),  # False: it can wait till morning
    Column("channel", Text),  # the channel that failed: never the only way it is told
    Column("raised_at", Moment, nullable=False),
    Column("told_at", Moment),
    Column("cleared_at", Moment),
    Column("told_clear_at", Moment),
    Index(
        "uq_alerts_open_cause",
        "cause",
        unique=True,
        sqlite_where=text("cleared_at IS NULL"),
        postgresql_where=text("cleared_at IS NULL"),
    ),
)


def insert_row(conn: Connection, table: Table, **values: Any) -> int:
    """Insert one row and return its id."""
    return int(conn.execute(insert(table).values(values).returning(table.c.id)).scalar_one())
