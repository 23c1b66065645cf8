"""Articles, where they come from, and by what they are known."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, Table, UniqueConstraint

from publisher.store.tables.columns import Moment, Text, metadata, ref, row_id

sources = Table(
    "sources",
    metadata,
    row_id(),
    Column("name", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False, default=""),
    Column("baseline_at", Moment),  # first good poll
    Column("backfilled", Integer, nullable=False, default=0),  # how many of the baseline were taken all the same
    Column("polled_at", Moment),
    Column("good_at", Moment),
    Column("error", Text),  # of the last poll; NULL when it was good
    Column("etag", Text),
    Column("last_modified", Text),
)

articles = Table(
    "articles",
    metadata,
    row_id(),
    ref("source_id", "sources"),
    Column("title", Text, nullable=False),
    Column("url", Text),
    Column("summary", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("categories", JSON, nullable=False),
    Column("image", JSON),
    Column("language", Text),
    Column("published_at", Moment),
    Column("notes", JSON, nullable=False),
    Column("first_seen_at", Moment, nullable=False),
    Column("changed_at", Moment),
    Column("revision", Integer, nullable=False),
    Column("standing", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("given", Text),  # digest of what the source said, where more was found out
    Index("ix_articles_source_id_given", "source_id", "given"),
    Index("ix_articles_standing_first_seen_at", "standing", "first_seen_at"),
    Index("ix_articles_fingerprint", "fingerprint"),
)

article_aliases = Table(
    "article_aliases",
    metadata,
    Column("source_id", BigInteger, ForeignKey("sources.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    ref("article_id", "articles"),
    Index("ix_article_aliases_article_id", "article_id"),
)

article_revisions = Table(  # what an article said before it changed
    "article_revisions",
    metadata,
    row_id(),
    ref("article_id", "articles"),
    Column("revision", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("seen_at", Moment, nullable=False),
    UniqueConstraint("article_id", "revision"),
)
