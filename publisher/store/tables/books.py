"""Deliveries, the calls that carry them, and what was said of each."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    text,
)

from publisher.store.tables.columns import Moment, Text, metadata, ref, row_id

deliveries = Table(
    "deliveries",
    metadata,
    row_id(),
    ref("send_id", "sends"),
    ref("recipient_id", "recipients"),
    ref("message_id", "messages"),
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
    Index(  # not of every state: what is sent and nothing else would cost one more entry for each letter
        "ix_deliveries_rare",
        "send_id",
        "state",
        "recipient_id",
        sqlite_where=text("state NOT IN ('sent', 'pending', 'taken')"),
        postgresql_where=text("state NOT IN ('sent', 'pending', 'taken')"),
    ),
    Index(
        "ix_deliveries_rare_domain",
        "send_id",
        "state",
        "domain_id",
        "recipient_id",
        sqlite_where=text("state NOT IN ('sent', 'pending', 'taken')"),
        postgresql_where=text("state NOT IN ('sent', 'pending', 'taken')"),
    ),
    postgresql_with={"fillfactor": 50},
)

calls = Table(  # the send log: opened before the exchange, closed once after
    "calls",
    metadata,
    row_id(),
    ref("send_id", "sends"),
    ref("message_id", "messages"),
    Column("channel", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    ref("process_id", "processes"),
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

tries = Table(  # of a call that was said, or asked about, more than once; of all others the call says all
    "tries",
    metadata,
    Column("call_id", BigInteger, ForeignKey("calls.id"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("how", Text, nullable=False),  # first, repeat or ask
    Column("spoke_at", Moment),
    Column("closed_at", Moment),  # NULL: under way, or its process is gone and no answer was written down
    Column("outcome", Text),
    Column("reason", Text),
    Column("status", Integer),
    Column("words", Text),
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
    row_id(),
    Column("channel", Text, nullable=False),
    Column("event_key", Text, nullable=False),  # the provider's id, or hash of (type, id, recipient, time)
    Column("type", Text, nullable=False),
    Column("delivery_id", BigInteger, ForeignKey("deliveries.id")),
    Column("happened_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("words", Text, nullable=False),
    Column("counts", Boolean, nullable=False),  # False: changes nothing; no word that is heard now
    UniqueConstraint("channel", "event_key"),
    Index("ix_events_delivery_id", "delivery_id"),
    Index(  # the few that figures are drawn from, among a "delivered" for each letter
        "ix_events_bad",
        "happened_at",
        sqlite_where=text("type IN ('hard bounce', 'soft bounce', 'dropped', 'complained')"),
        postgresql_where=text("type IN ('hard bounce', 'soft bounce', 'dropped', 'complained')"),
    ),
)
