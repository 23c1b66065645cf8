"""Who reads, what they chose, and whom a delivery is for."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Table, text

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
    Column("language", Text),  # that they chose; NULL: the list's
    Column("paused_until", Moment),  # they asked for quiet until then
    Column("measured_since", Moment),  # since then they allow that it is known what they open; NULL: they don't
    Column("measured_wording_id", BigInteger),  # what they said yes to
    Column("erased_at", Moment),  # nothing is left of them but this row's id, which no one else may get
    Column("merged_into", BigInteger),  # the person whose second row this was: links that name it lead there
    Index("ix_subscribers_domain_id", "domain_id"),
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
    Column("wording_id", BigInteger),  # what they said yes to; NULL: nothing was shown
    Index("ix_subscriptions_subscriber_id", "subscriber_id"),
    Index("ix_subscriptions_list_id_state_since", "list_id", "state", "since"),
)

wordings = Table(  # what was asked of people, word for word: consent is to this and to nothing else
    "wordings",
    metadata,
    row_id(),
    Column("digest", Text, nullable=False, unique=True),
    Column("language", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("first_shown_at", Moment, nullable=False),
)

changes = Table(  # what was before: the present stands in the rows themselves; goes with an erasure
    "changes",
    metadata,
    row_id(),
    ref("subscriber_id", "subscribers"),
    Column("list_id", BigInteger, ForeignKey("lists.id")),  # NULL: about the person
    Column("what", Text, nullable=False),  # confirmed, left, address, paused …: a state of the subscription, or a field
    Column("words", Text, nullable=False),  # the basis, as it stood there; what a field said before
    Column("wording_id", BigInteger, ForeignKey("wordings.id")),
    Column("since", Moment, nullable=False),
    Column("until", Moment, nullable=False),
    Column("actor", Text, nullable=False),  # who had made it so
    Index("ix_changes_subscriber_id", "subscriber_id"),
    Index(  # who had an address in a domain
        "ix_changes_address",
        "words",
        sqlite_where=text("what = 'address'"),
        postgresql_where=text("what = 'address'"),
    ),
)

suppressions = Table(  # survives erasure: no address, only its keyed hash
    "suppressions",
    metadata,
    Column("address_hash", Text, primary_key=True),
    Column("scope", Text, primary_key=True),  # "all" or "list:NAME"; "lifted: all WHEN": it was, and holds no more
    Column("reason", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Index("ix_suppressions_made_at", "made_at"),
)

recipients = Table(  # whom a delivery is for: a subscriber or a social account; never an address text
    "recipients",
    metadata,
    row_id(),
    Column("subscriber_id", BigInteger, ForeignKey("subscribers.id"), unique=True),
    Column("channel", Text, unique=True),
)
