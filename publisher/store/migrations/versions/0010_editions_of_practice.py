"""Which editions were made in practice: they use up no article for readers.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PRACTICE = re.compile(r"^practice:[ \t]+true\b", re.MULTILINE | re.IGNORECASE)


def upgrade() -> None:
    op.add_column("editions", sa.Column("practice", sa.Text(), nullable=True))
    conn = op.get_bind()
    versions = conn.execute(sa.text("SELECT id, text FROM project_versions")).all()
    practised = [row.id for row in versions if PRACTICE.search(row.text)]
    held = conn.execute(sa.text("SELECT value FROM facts WHERE name = 'accepted_version'")).scalar_one_or_none()
    # Where practice is over already, what it used up stays so: nobody expects it any more.
    word = "now" if held is not None and int(held) in practised else "kept"
    made = sa.text("UPDATE editions SET practice = :word WHERE project_version_id = :version AND state <> 'skipped'")
    for version in practised:
        conn.execute(made, {"word": word, "version": version})
