"""Editions with their articles, sends with their books, messages."""

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
)

from publisher.model.states import DeliveryState
from publisher.store.tables.columns import Moment, Text, metadata, ref, row_id

editions = Table(
    "editions",
    metadata,
    row_id(),
    Column("schedule", Text, nullable=False),
    Column("slot", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, default=""),  # why it was skipped or cancelled
    Column("made_at", Moment, nullable=False),
    Column("locked_at", Moment),
    Column("closed_at", Moment),
    ref("project_version_id", "project_versions"),
    Column("revision", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    # now: made in practice, which goes on; over: so made and finished, it uses nothing up; kept: so made, and it does.
    Column("practice", Text),
    Column("changes", JSON),  # what people changed in it, as model.desk keeps it; NULL: nothing
    UniqueConstraint("schedule", "slot", "language"),
    Index("ix_editions_state", "state"),
    Index("ix_editions_schedule_due_at", "schedule", "due_at"),
    Index("ix_editions_due_at", "due_at", "id"),
)

edition_articles = Table(  # every candidate, with the reason why it is in or out
    "edition_articles",
    metadata,
    Column("edition_id", BigInteger, ForeignKey("editions.id"), primary_key=True),
    Column("article_id", BigInteger, ForeignKey("articles.id"), primary_key=True),
    Column("position", Integer),  # NULL: not chosen
    Column("revision", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("dropped", Boolean),  # True: used up for the schedule without being sent (rest: drop; came in a pause)
    Column("as_update", Text),  # note: only named, as one that changed; repost: sent again for that reason
    Index("ix_edition_articles_article_id", "article_id"),
)

COUNTED = tuple(state.value for state in DeliveryState)

sends = Table(
    "sends",
    metadata,
    row_id(),
    ref("edition_id", "editions", nullable=True),  # NULL: standing mail (confirm, welcome)
    Column("entry", Text, nullable=False),
    Column("kind", Text, nullable=False),  # regular, correction, withdrawal, test, standing
    Column("number", Integer, nullable=False),
    Column("channel", Text, nullable=False),
    Column("audience", JSON, nullable=False),  # names of lists; empty: the channel's own account
    Column("priority", Integer, nullable=False),  # 0 alert, 1 confirm, 3 breaking news, 4 regular
    Column("state", Text, nullable=False),
    Column("reasons", JSON, nullable=False),  # why it is held or paused; notes of the checks
    Column("made_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("done_at", Moment),
    Column("give_up_at", Moment),  # not before this moment: set by a person who lets it go on
    Column("actor", Text, nullable=False),
    Column("due_at", Moment),  # when its deliveries become due: slot, jitter, recall window, pace; NULL: at once
    Column("after_mail", BigInteger),  # microseconds after the edition's mail has begun (after:)
    Column("on_unknown", Text),  # park, resend
    Column("give_up_after", BigInteger),  # microseconds of trying, not counting waits for our own limits
    # The list whose past editions it is one of, for its archive; NULL: a post, or nothing that went to readers.
    Column("archive", Text),
    Column("trial", JSON),  # of two subjects, as model.trial keeps it; NULL: there is but one
    Column("selection", JSON),  # which of its lists' readers it is for, as model.segment keeps it; NULL: all
    Column("calls_gone_at", Moment),  # since then its calls are not kept any more; void once it is done anew
    Column("deliveries_gone_at", Moment),  # nor its deliveries: their totals are sealed
    Column("candidates", Integer, nullable=False, default=0),
    *(Column(state, Integer, nullable=False, default=0) for state in COUNTED),
    UniqueConstraint("edition_id", "entry", "kind", "number"),
    Index("ix_sends_state", "state"),
    Index("ix_sends_started_at", "started_at"),
    Index("ix_sends_archive", "archive", "started_at", "id"),
)

messages = Table(  # never changes
    "messages",
    metadata,
    row_id(),
    ref("send_id", "sends"),
    Column("revision", Integer, nullable=False),
    Column("variant", Text, nullable=False),
    Column("kind", Text, nullable=False),  # mail, post, withdrawal, correction
    Column("content", JSON, nullable=False),
    Column("digest", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    UniqueConstraint("send_id", "revision", "variant"),
)

media = Table(  # pictures that we made or people added, kept because they may be asked for at any time; what goes up
    "media",
    metadata,
    Column("digest", Text, primary_key=True),  # SHA-256 of the content, in hexadecimal
    Column("type", Text, nullable=False),  # image/png, image/jpeg
    Column("content", LargeBinary, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("only_uploaded", Boolean),  # True: nobody is served it; it goes when nothing needs it any more
    Column("name", Text),  # of the file that a person added; NULL: we made it
    Column("alt", Text),  # their words for whoever can't see it
    Column("actor", Text),  # who added it
)
