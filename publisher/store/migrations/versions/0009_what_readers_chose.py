"""What readers chose and how we know: wordings, what was before, pauses, erasures, counted links, archives.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from publisher.store.tables import Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "wordings",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_shown_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wordings")),
        sa.UniqueConstraint("digest", name=op.f("uq_wordings_digest")),
    )
    op.create_table(
        "changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("list_id", sa.BigInteger(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("wording_id", sa.BigInteger(), nullable=True),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sa.ForeignKeyConstraint(["subscriber_id"], ["subscribers.id"], name=op.f("fk_changes_subscriber_id")),
        sa.ForeignKeyConstraint(["list_id"], ["lists.id"], name=op.f("fk_changes_list_id")),
        sa.ForeignKeyConstraint(["wording_id"], ["wordings.id"], name=op.f("fk_changes_wording_id")),
    )
    op.create_index("ix_changes_subscriber_id", "changes", ["subscriber_id"])
    op.create_table(
        "tracked_links",
        sa.Column("id", ID, nullable=False),
        sa.Column("send_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tracked_links")),
        sa.ForeignKeyConstraint(["send_id"], ["sends.id"], name=op.f("fk_tracked_links_send_id")),
        sa.UniqueConstraint("send_id", "url", name=op.f("uq_tracked_links_send_id_url")),
    )
    op.create_table(
        "clicks",
        sa.Column("link_id", sa.BigInteger(), nullable=False),
        sa.Column("hour", Moment(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("link_id", "hour", name=op.f("pk_clicks")),
        sa.ForeignKeyConstraint(["link_id"], ["tracked_links.id"], name=op.f("fk_clicks_link_id")),
    )
    op.add_column("subscribers", sa.Column("language", sa.Text(), nullable=True))
    op.add_column("subscribers", sa.Column("paused_until", Moment(), nullable=True))
    op.add_column("subscribers", sa.Column("measured_since", Moment(), nullable=True))
    op.add_column("subscribers", sa.Column("measured_wording_id", sa.BigInteger(), nullable=True))
    op.add_column("subscribers", sa.Column("erased_at", Moment(), nullable=True))
    op.add_column("subscribers", sa.Column("merged_into", sa.BigInteger(), nullable=True))
    op.add_column("sends", sa.Column("archive", sa.Text(), nullable=True))
    op.create_index("ix_sends_archive", "sends", ["archive", "started_at", "id"])
    op.add_column("sends", sa.Column("selection", sa.JSON(), nullable=True))
    op.add_column("subscriptions", sa.Column("wording_id", sa.BigInteger(), nullable=True))
