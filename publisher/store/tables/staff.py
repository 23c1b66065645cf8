"""Who works here, where they are signed in, and what they did."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Index, Integer, Table

from publisher.store.tables.columns import Moment, Text, metadata, ref, row_id

staff = Table(
    "staff",
    metadata,
    row_id(),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),  # a word of model.staff
    Column("password", Text),  # Argon2id, in its own notation; NULL: none was chosen yet
    Column("made_at", Moment, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("ended_at", Moment),  # since then they work here no more
    Column("invitation", Text),  # digest of the link by which they choose a password; NULL: there is none
    Column("invited_until", Moment),
    Column("failed", Integer),  # wrong passwords in a row
    Column("locked_until", Moment),
)

sessions = Table(  # where somebody is signed in
    "sessions",
    metadata,
    Column("digest", Text, primary_key=True),  # SHA-256 of what the browser keeps
    ref("staff_id", "staff"),
    Column("made_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Index("ix_sessions_staff_id", "staff_id"),
)

actions = Table(  # who did what, beside what the ledger's own rows say
    "actions",
    metadata,
    row_id(),
    Column("at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("about", Text, nullable=False),  # edition:12, staff:anna …; empty: nothing in particular
    Index("ix_actions_about", "about", "id"),
)

api_tokens = Table(  # by which a program asks for somebody of the staff
    "api_tokens",
    metadata,
    row_id(),
    ref("staff_id", "staff"),
    Column("name", Text, nullable=False),  # what it is for
    Column("digest", Text, nullable=False, unique=True),  # SHA-256 of the token, which nobody keeps
    Column("scopes", JSON, nullable=False),  # words of model.staff.May
    Column("made_at", Moment, nullable=False),
    Column("ends_at", Moment),  # NULL: never
    Column("used_at", Moment),
    Column("ended_at", Moment),  # when somebody ended it
    Index("ix_api_tokens_staff_id", "staff_id"),
)
