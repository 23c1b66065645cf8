"""What figures are drawn from: bounces and complaints by time, and since when readers are on a list.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

BAD = sa.text("type IN ('hard bounce', 'soft bounce', 'dropped', 'complained')")


def upgrade() -> None:
    op.create_index("ix_events_bad", "events", ["happened_at"], sqlite_where=BAD, postgresql_where=BAD)
    op.create_index("ix_subscriptions_list_id_state_since", "subscriptions", ["list_id", "state", "since"])
