"""Since when a channel is gone whose sessions and tokens are kept: in the end they go too.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from publisher.store.tables import Moment

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("credentials", sa.Column("gone_at", Moment(), nullable=True))
