"""What all processes share about channels, and what people were told."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, text

from publisher.store.tables.columns import Moment, Text, metadata, row_id

limits = Table(  # GCRA: one row for each limit; taken in the transaction that claims
    "limits",
    metadata,
    # channel:letters, calls:letters, domain:letters:gmail.com, day:letters, warm:letters:mailgun:harbor.example,
    # account:0123456789abcdef
    Column("name", Text, primary_key=True),
    Column("free_at", Moment),  # theoretical arrival time: earlier than now means unused burst; or a rest's end
    Column("day", Text),  # of a daily limit, in the publication's zone; of a warm-up the first
    Column("used", Integer),
)

channels = Table(  # the breaker of a channel, and whether it is stopped
    "channels",
    metadata,
    Column("name", Text, primary_key=True),
    Column("failures", Integer, nullable=False, default=0),  # calls in a row without any answer
    Column("open_until", Moment),  # the breaker is open: nothing is claimed
    Column("paused_at", Moment),  # it is stopped: something has to be mended
    Column("unusable", Boolean),  # it is stopped because of its set-up, not because its account was refused
    Column("reason", Text),
)

alerts = Table(  # one row for each time that a cause began; another word when it clears
    "alerts",
    metadata,
    row_id(),
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
