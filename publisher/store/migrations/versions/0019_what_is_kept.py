"""What is left of what is not kept for ever: sealed totals, receipts of erasures.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from publisher.store.tables import Moment

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HAS_HTML = sa.text("html_gone_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "sealed_totals",
        sa.Column("message_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("send_id", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.JSON(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("sealed_at", Moment(), nullable=False),
        sa.Column("seal", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_sealed_totals")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_sealed_totals_message_id")),
        sa.ForeignKeyConstraint(["send_id"], ["sends.id"], name=op.f("fk_sealed_totals_send_id")),
    )
    op.create_index("ix_sealed_totals_send_id", "sealed_totals", ["send_id"])
    op.create_table(
        "erasures",
        sa.Column("id", ID, nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("counted", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    op.add_column("sends", sa.Column("calls_gone_at", Moment(), nullable=True))
    op.add_column("sends", sa.Column("deliveries_gone_at", Moment(), nullable=True))
    op.add_column("articles", sa.Column("html_gone_at", Moment(), nullable=True))
    op.create_index("ix_articles_html", "articles", ["id"], sqlite_where=HAS_HTML, postgresql_where=HAS_HTML)
