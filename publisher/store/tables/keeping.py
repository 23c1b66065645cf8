"""What is left of what was let go: sealed totals of deliveries and calls, receipts of erasures."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, Table

from publisher.store.tables.columns import Moment, Text, metadata, row_id

sealed_totals = Table(  # what is left of a message's deliveries and calls that were let go
    "sealed_totals",
    metadata,
    Column("message_id", BigInteger, ForeignKey("messages.id"), primary_key=True, autoincrement=False),
    Column("send_id", BigInteger, ForeignKey("sends.id"), nullable=False),
    Column("counted", JSON, nullable=False),  # how many of its deliveries, by state; those that are there still are not
    Column("calls", Integer, nullable=False),  # how many of its calls
    Column("sealed_at", Moment, nullable=False),
    Column("seal", Text, nullable=False),  # keyed, over all of the row
    Index("ix_sealed_totals_send_id", "send_id"),
)

erasures = Table(  # receipts: that a person was erased, and of nobody who it was
    "erasures",
    metadata,
    row_id(),
    Column("subscriber_id", BigInteger, nullable=False),  # the row that nobody else gets
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("counted", JSON, nullable=False),  # rows that were emptied, deleted or rid of their name, by table
)
