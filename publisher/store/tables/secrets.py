"""What channels were given by their providers for a while; only ever encrypted."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, Table

from publisher.store.tables.columns import Moment, Text, metadata

credentials = Table(
    "credentials",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("name", Text, primary_key=True),  # session, token: the sender's own word
    Column("key_id", Text),  # of the key in keys.json that sealed it
    Column("sealed", LargeBinary),  # NULL: nothing was kept yet
    Column("version", Integer, nullable=False, default=0),  # one more with every renewal
    Column("renewing_until", Moment),  # somebody asks the provider for a new one, until then at the latest
    Column("changed_at", Moment),
    Column("ends_at", Moment),  # then a person has to get another one; NULL: never, or nobody knows
    Column("gone_at", Moment),  # when its channel was first seen to be gone from schedules.yaml; NULL: it is there
)
