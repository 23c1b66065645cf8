"""The tries of a call that was said more than once; what doubt had said of a letter that was sent is taken away.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from publisher.store.tables import Moment

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tries",
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("spoke_at", Moment(), nullable=True),
        sa.Column("closed_at", Moment(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("call_id", "number", name=op.f("pk_tries")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_tries_call_id")),
    )
    op.execute(
        """
        DELETE FROM outcomes WHERE outcome IN ('unknown', 'deferred')
            AND EXISTS (SELECT 1 FROM calls WHERE calls.id = outcomes.call_id AND calls.outcome = 'sent')
            AND EXISTS (
                SELECT 1 FROM deliveries WHERE deliveries.id = outcomes.delivery_id
                    AND deliveries.call_id = outcomes.call_id AND deliveries.state = 'sent'
            )
        """
    )
