"""Articles, where they come from, and by what they are known."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, UniqueConstraint, text

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
    Column("place", Text),  # digest of its address in schedules.yaml: another one makes all below void
    Column("rhythm", BigInteger),  # `every:` by which its next turn was reckoned, microseconds
    Column("next_poll_at", Moment),  # NULL: at once, unless it is stopped
    Column("waits_why", Text),  # why that is later than its rhythm
    Column("not_before", Moment),  # its server asked to be left alone until then
    Column("failures", Integer),  # polls in a row that gave nothing
    Column("stopped_at", Moment),  # not asked any more until a person starts it
    Column("actor", Text),  # who started it again
    Column("whole_at", Moment),  # last answer that was no "unchanged"
    Column("problems", JSON),  # of that answer: what could not be used, and why; or {"remark": line}
    Column("moved_to", Text),  # where its server says that it is for good
    Column("moved_times", Integer),  # how often it said so, a day or more apart
    Column("moved_at", Moment),  # when it last did
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
    Column("held_for", Text),  # flood, reuse, words, old, future, story: why a person was asked, whatever they said
    Column("about_id", BigInteger),  # the article that the reason speaks of
    Column("story_id", BigInteger),  # the first of several articles, each of another source, that are one story
    Column("gone_at", Moment),  # since when its source does not have it any more; NULL: it has it, or the window passed
    Column("freed", BigInteger),  # number of the latest release that made it a candidate again
    Column("given", Text),  # digest of what the source said, where more was found out
    Column("html_gone_at", Moment),  # since then its html is not kept any more; NULL: it is, where there is any
    Index("ix_articles_source_id_given", "source_id", "given"),
    Index(
        "ix_articles_freed",
        "freed",
        sqlite_where=text("freed IS NOT NULL"),
        postgresql_where=text("freed IS NOT NULL"),
    ),
    Index(
        "ix_articles_html",
        "id",
        sqlite_where=text("html_gone_at IS NULL"),
        postgresql_where=text("html_gone_at IS NULL"),
    ),
    Index("ix_articles_standing_first_seen_at", "standing", "first_seen_at"),
    Index("ix_articles_fingerprint", "fingerprint"),
    Index("ix_articles_source_id_first_seen_at", "source_id", "first_seen_at"),
    Index("ix_articles_source_id_published_at", "source_id", "published_at"),
    Index("ix_articles_changed_at", "changed_at"),
    Index("ix_articles_story_id", "story_id"),
)

article_aliases = Table(
    "article_aliases",
    metadata,
    Column("source_id", BigInteger, ForeignKey("sources.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    ref("article_id", "articles"),
    Index("ix_article_aliases_article_id", "article_id"),
    Index("ix_article_aliases_kind_value", "kind", "value"),
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
    Column("fingerprint", Text),
    UniqueConstraint("article_id", "revision"),
)

article_history = Table(  # what became of an article, in a line each: taken, merged, held, gone
    "article_history",
    metadata,
    row_id(),
    ref("article_id", "articles"),
    Column("at", Moment, nullable=False),
    Column("event", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("ix_article_history_article_id", "article_id"),
)

looks = Table(  # where a schedule's candidates are: a hint that spares it the articles it has used up
    "looks",
    metadata,
    Column("schedule", Text, primary_key=True),
    Column("wanted", Text, nullable=False),  # over which time: under other words the hint is void
    Column("sources", JSON, nullable=False),  # whose articles it looked for; none: of all of them
    Column("since", Moment, nullable=False),
    Column("through", BigInteger, nullable=False),  # up to this id, only those waiting may still be candidates
    Column("freed", BigInteger, nullable=False),  # and what was set free by a release after this one
    Column("waiting", JSON, nullable=False),
)

source_links = Table(  # what became of the addresses on a listing, so that none is fetched twice
    "source_links",
    metadata,
    Column("source_id", BigInteger, ForeignKey("sources.id"), primary_key=True),
    Column("link", Text, primary_key=True),  # canonical
    Column("done", Boolean, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("reason", Text, nullable=False),  # why no article came of it
    Column("seen_at", Moment, nullable=False),
)
