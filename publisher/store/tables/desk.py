"""What people add to editions: notes that stand on top, and their agreement."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Table

from publisher.store.tables.columns import Moment, Text, metadata, row_id

notes = Table(  # each is for the schedule's next edition, and used once
    "notes",
    metadata,
    row_id(),
    Column("schedule", Text, nullable=False, index=True),
    Column("language", Text, nullable=False),  # of the editions that it is for; empty: any
    Column("text", Text, nullable=False),  # Markdown, as it was written
    Column("made_at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("edition_id", BigInteger, ForeignKey("editions.id"), index=True),  # that carries it; NULL: it waits
    Column("gone_at", Moment),  # another took its place, or a person took it back
)

approvals = Table(  # who agreed to which version of an edition
    "approvals",
    metadata,
    row_id(),
    Column("edition_id", BigInteger, ForeignKey("editions.id"), nullable=False, index=True),
    Column("version", Text, nullable=False),  # digest of all its messages
    Column("actor", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("void_at", Moment),  # the edition was opened again
    Column("void_by", Text),
)
