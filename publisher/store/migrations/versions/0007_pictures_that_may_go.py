"""Pictures that only a sender uploads are told from those that are served: they may go when nothing needs them.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("media", sa.Column("only_uploaded", sa.Boolean(), nullable=True))
