"""What people release counts, so that a schedule which remembers where its candidates are sees it.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from publisher.store.tables import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("articles", sa.Column("freed", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_articles_freed",
        "articles",
        ["freed"],
        sqlite_where=sa.text("freed IS NOT NULL"),
        postgresql_where=sa.text("freed IS NOT NULL"),
    )
    op.drop_table("looks")  # a hint: each is found anew
    op.create_table(
        "looks",
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("sources", sa.JSON(), nullable=False),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("through", sa.BigInteger(), nullable=False),
        sa.Column("freed", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("schedule", name=op.f("pk_looks")),
    )
