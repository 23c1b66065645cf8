"""What the editors want, and who is at work."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Integer, Table

from publisher.store.tables.columns import Moment, Text, metadata, row_id

facts = Table(  # one row per fact about this ledger: its epoch
    "facts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

project_versions = Table(  # schedules.yaml as it was accepted; editions name their version
    "project_versions",
    metadata,
    row_id(),
    Column("digest", Text, nullable=False, unique=True),
    Column("text", Text, nullable=False),
    Column("accepted_at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    # {name: digest} of the project's templates that go with it; NULL: each machine has its own
    Column("templates", JSON),
    Column("templates_at", Moment),  # since when
)

templates = Table(  # what stands in them, each text once
    "templates",
    metadata,
    Column("digest", Text, primary_key=True),  # SHA-256 of the text
    Column("text", Text, nullable=False),
)

schedules = Table(  # what the ledger remembers of a schedule; what it is stands in schedules.yaml
    "schedules",
    metadata,
    row_id(),
    Column("name", Text, nullable=False, unique=True),
    Column("added_at", Moment, nullable=False),
    Column("considered_until", Moment, nullable=False),  # slots up to here are decided
    Column("paused_at", Moment),
    Column("actor", Text),
    Column("updates_since", Moment),  # changes seen before this moment are let be: on_update said something else
    Column("reason", Text),  # why it is paused; a question about its name that a person must answer
)

processes = Table(  # a process that may hold calls; its lock file says whether it lives
    "processes",
    metadata,
    row_id(),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("command", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("ended_at", Moment),
)
