"""Templates of the version that holds, for machines that have none of their own.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from publisher.store.tables import Moment

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "templates",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_templates")),
    )
    op.add_column("project_versions", sa.Column("templates", sa.JSON(), nullable=True))
    op.add_column("project_versions", sa.Column("templates_at", Moment(), nullable=True))
