"""A channel that is stopped because it can't be used as it is set up is told from one whose account was refused.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("channels", sa.Column("unusable", sa.Boolean(), nullable=True))
    op.execute(
        "UPDATE channels SET unusable = (reason NOT LIKE 'the provider refused the account:%') "
        "WHERE paused_at IS NOT NULL"
    )
