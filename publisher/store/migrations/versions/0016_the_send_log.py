"""What the send log is looked up by: rare states, domains, when a send began; and lists that are read by time.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

RARE = sa.text("state NOT IN ('sent', 'pending', 'taken')")
MOVED = sa.text("what = 'address'")


def upgrade() -> None:
    op.create_index(
        "ix_deliveries_rare",
        "deliveries",
        ["send_id", "state", "recipient_id"],
        sqlite_where=RARE,
        postgresql_where=RARE,
    )
    op.create_index(
        "ix_deliveries_rare_domain",
        "deliveries",
        ["send_id", "state", "domain_id", "recipient_id"],
        sqlite_where=RARE,
        postgresql_where=RARE,
    )
    op.create_index("ix_changes_address", "changes", ["words"], sqlite_where=MOVED, postgresql_where=MOVED)
    op.create_index("ix_subscribers_domain_id", "subscribers", ["domain_id"])
    op.create_index("ix_sends_started_at", "sends", ["started_at"])
    op.create_index("ix_editions_due_at", "editions", ["due_at", "id"])
    op.create_index("ix_suppressions_made_at", "suppressions", ["made_at"])
