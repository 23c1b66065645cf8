"""Sessions and tokens that channels were given for a while, encrypted.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from publisher.store.tables import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credentials",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("renewing_until", Moment(), nullable=True),
        sa.Column("changed_at", Moment(), nullable=True),
        sa.Column("ends_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("channel", "name", name=op.f("pk_credentials")),
    )
