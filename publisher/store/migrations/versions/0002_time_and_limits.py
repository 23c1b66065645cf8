"""Pauses, due times of sends, tries of calls, limits, breakers, alerts, turns of sources, what becomes of articles.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from publisher.store.tables import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_editions_schedule_due_at", "editions", ["schedule", "due_at"])
    op.add_column("sources", sa.Column("place", sa.Text(), nullable=True))
    op.add_column("sources", sa.Column("rhythm", sa.BigInteger(), nullable=True))
    op.add_column("sources", sa.Column("next_poll_at", Moment(), nullable=True))
    op.add_column("sources", sa.Column("waits_why", sa.Text(), nullable=True))
    op.add_column("sources", sa.Column("not_before", Moment(), nullable=True))
    op.add_column("sources", sa.Column("failures", sa.Integer(), nullable=True))
    op.add_column("sources", sa.Column("stopped_at", Moment(), nullable=True))
    op.add_column("sources", sa.Column("actor", sa.Text(), nullable=True))
    op.add_column("sources", sa.Column("whole_at", Moment(), nullable=True))
    op.add_column("sources", sa.Column("problems", sa.JSON(), nullable=True))
    op.add_column("sources", sa.Column("moved_to", sa.Text(), nullable=True))
    op.add_column("sources", sa.Column("moved_times", sa.Integer(), nullable=True))
    op.add_column("sources", sa.Column("moved_at", Moment(), nullable=True))
    op.add_column("articles", sa.Column("given", sa.Text(), nullable=True))
    op.create_index("ix_articles_source_id_given", "articles", ["source_id", "given"])
    op.add_column("schedules", sa.Column("reason", sa.Text(), nullable=True))
    op.add_column("edition_articles", sa.Column("dropped", sa.Boolean(), nullable=True))
    op.add_column("sends", sa.Column("due_at", Moment(), nullable=True))
    op.add_column("sends", sa.Column("after_mail", sa.BigInteger(), nullable=True))
    op.add_column("sends", sa.Column("on_unknown", sa.Text(), nullable=True))
    op.add_column("sends", sa.Column("give_up_after", sa.BigInteger(), nullable=True))
    op.add_column("calls", sa.Column("tries", sa.Integer(), nullable=True))
    op.add_column("calls", sa.Column("retry_at", Moment(), nullable=True))
    op.create_table(
        "limits",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("free_at", Moment(), nullable=True),
        sa.Column("day", sa.Text(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_limits")),
    )
    op.create_table(
        "source_links",
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_source_links_source_id")),
        sa.PrimaryKeyConstraint("source_id", "link", name=op.f("pk_source_links")),
    )
    op.create_table(
        "channels",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("open_until", Moment(), nullable=True),
        sa.Column("paused_at", Moment(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channels")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("affected", sa.Text(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("raised_at", Moment(), nullable=False),
        sa.Column("told_at", Moment(), nullable=True),
        sa.Column("cleared_at", Moment(), nullable=True),
        sa.Column("told_clear_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index(
        "uq_alerts_open_cause",
        "alerts",
        ["cause"],
        unique=True,
        sqlite_where=sa.text("cleared_at IS NULL"),
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    _articles()


def _articles() -> None:
    op.add_column("schedules", sa.Column("updates_since", Moment(), nullable=True))
    op.add_column("edition_articles", sa.Column("as_update", sa.Text(), nullable=True))
    op.add_column("article_revisions", sa.Column("fingerprint", sa.Text(), nullable=True))
    op.add_column("articles", sa.Column("held_for", sa.Text(), nullable=True))
    op.add_column("articles", sa.Column("about_id", sa.BigInteger(), nullable=True))
    op.add_column("articles", sa.Column("story_id", sa.BigInteger(), nullable=True))
    op.add_column("articles", sa.Column("gone_at", Moment(), nullable=True))
    op.create_index("ix_articles_source_id_first_seen_at", "articles", ["source_id", "first_seen_at"])
    op.create_index("ix_articles_source_id_published_at", "articles", ["source_id", "published_at"])
    op.create_index("ix_articles_changed_at", "articles", ["changed_at"])
    op.create_index("ix_articles_story_id", "articles", ["story_id"])
    op.create_index("ix_article_aliases_kind_value", "article_aliases", ["kind", "value"])
    op.create_table(
        "article_history",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("article_id", sa.BigInteger(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_article_history_article_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_history")),
    )
    op.create_index("ix_article_history_article_id", "article_history", ["article_id"])
    op.create_table(
        "looks",
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("through", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("schedule", name=op.f("pk_looks")),
    )
