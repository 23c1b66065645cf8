"""Webhooks: who wants to be told of what, what is told them, and each try."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, text

from publisher.store.tables.columns import Moment, Text, metadata, ref, row_id

hooks = Table(
    "hooks",
    metadata,
    row_id(),
    Column("address", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("kinds", Text, nullable=False),  # words of model.hook.HookKind, each between blanks; " * ": all
    Column("allow_private", Boolean, nullable=False),  # it may stand in the own network
    Column("key_id", Text),  # of the key in keys.json that sealed the secret
    Column("sealed", LargeBinary),
    Column("old_key_id", Text),
    Column("old_sealed", LargeBinary),  # the secret before it, which signs too until then
    Column("old_until", Moment),
    Column("made_at", Moment, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("paused_at", Moment),  # nothing is written for it from then on, and nothing said
    Column("paused_by", Text),
    Column("paused_why", Text),
    Column("ended_at", Moment),
    Column("ended_by", Text),
    Column("ended_why", Text),
    Column("failures", Integer, nullable=False),  # tries in a row that it did not take
    Column("failing_since", Moment),  # the first of these
    Column("rests_until", Moment),  # it is asked nothing before
    Column("said_at", Moment),  # when it took something last
)

hook_messages = Table(  # the outbox: written with what it tells of, in one transaction
    "hook_messages",
    metadata,
    row_id(),
    ref("hook_id", "hooks"),
    Column("key", Text, nullable=False),  # webhook-id: the same on each try
    Column("kind", Text, nullable=False),
    Column("data", Text, nullable=False),  # JSON
    Column("made_at", Moment, nullable=False),
    Column("state", Text, nullable=False),  # a word of model.hook.MessageState
    Column("due_at", Moment, nullable=False),  # of the next try; while one is under way, when another may take it over
    Column("tries", Integer, nullable=False),  # since it was written, or was to be said again
    Column("ended_at", Moment),
    Index("ix_hook_messages_hook_id", "hook_id", "id"),
    Index(
        "ix_hook_messages_waiting",
        "hook_id",
        "due_at",
        "id",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "ix_hook_messages_given_up",
        "hook_id",
        "id",
        sqlite_where=text("state = 'given up'"),
        postgresql_where=text("state = 'given up'"),
    ),
)

hook_tries = Table(
    "hook_tries",
    metadata,
    row_id(),
    ref("message_id", "hook_messages"),
    Column("at", Moment, nullable=False),
    Column("took", Integer, nullable=False),  # milliseconds
    Column("status", Integer),  # of HTTP; NULL: no answer came
    Column("trouble", Text, nullable=False),  # why it doesn't count as taken; empty: it does
    Column("words", Text, nullable=False),  # the beginning of the answer
    Index("ix_hook_tries_message_id", "message_id", "id"),
)
