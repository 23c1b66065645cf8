"""Who reads, what they chose, and whom a delivery is for."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Table

from publisher.store.tables.columns import Moment, Text, metadata, ref, row_id

subscribers = Table(
    "subscribers",
    metadata,
    row_id(),
    Column("email", Text, nullable=False),
    Column("address_hash", Text, nullable=False, unique=True),  # keyed; what suppressions are looked up by
    ref("domain_id", "domains"),
    Column("name", Text, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("made_at", Moment, nullable=False),
)

domains = Table(
    "domains",
    metadata,
    row_id(),
    Column("name", Text, nullable=False, unique=True),
)

lists = Table(
    "lists",
    metadata,
    row_id(),
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
    Column("scope", Text, primary_key=True),  # "all" or "list:NAME"; "lifted: all WHEN": it was, and holds no more
    Column("reason", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
)

recipients = Table(  # whom a delivery is for: a subscriber or a social account; never an address text
    "recipients",
    metadata,
    row_id(),
    Column("subscriber_id", BigInteger, ForeignKey("subscribers.id"), unique=True),
    Column("channel", Text, unique=True),
)
