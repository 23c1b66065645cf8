"""What bells between machines stand in: the tables of procrastinate 3, on PostgreSQL alone.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    from procrastinate import App, PsycopgConnector  # here: a ledger in a file needs none of it

    app = App(connector=PsycopgConnector())
    driver = op.get_bind().connection.driver_connection  # SQLAlchemy would take its percent signs for values
    assert driver is not None  # noqa: S101 -- a migration has one open
    driver.execute(app.schema_manager.get_schema())
