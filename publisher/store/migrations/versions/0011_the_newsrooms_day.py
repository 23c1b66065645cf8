"""The newsroom's day: what people change in a draft, notes, approvals, trials of subjects, pictures of their own.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from publisher.store.tables import Moment

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "notes",
        sa.Column("id", ID, nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("edition_id", sa.BigInteger(), nullable=True),
        sa.Column("gone_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_notes_edition_id")),
    )
    op.create_index("ix_notes_schedule", "notes", ["schedule"])
    op.create_index("ix_notes_edition_id", "notes", ["edition_id"])
    op.create_table(
        "approvals",
        sa.Column("id", ID, nullable=False),
        sa.Column("edition_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("void_at", Moment(), nullable=True),
        sa.Column("void_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.ForeignKeyConstraint(["edition_id"], ["editions.id"], name=op.f("fk_approvals_edition_id")),
    )
    op.create_index("ix_approvals_edition_id", "approvals", ["edition_id"])
    op.create_table(
        "trial_clicks",
        sa.Column("send_id", sa.BigInteger(), nullable=False),
        sa.Column("variant", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("send_id", "variant", name=op.f("pk_trial_clicks")),
        sa.ForeignKeyConstraint(["send_id"], ["sends.id"], name=op.f("fk_trial_clicks_send_id")),
    )
    op.add_column("editions", sa.Column("changes", sa.JSON(), nullable=True))
    op.add_column("sends", sa.Column("trial", sa.JSON(), nullable=True))
    op.add_column("media", sa.Column("name", sa.Text(), nullable=True))
    op.add_column("media", sa.Column("alt", sa.Text(), nullable=True))
    op.add_column("media", sa.Column("actor", sa.Text(), nullable=True))
