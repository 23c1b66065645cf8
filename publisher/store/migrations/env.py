"""Only for `alembic revision --autogenerate`; the product itself migrates through `store.migrate`."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine

from publisher.store.tables import metadata

engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "sqlite://")
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=False, user_module_prefix="")
    with context.begin_transaction():
        context.run_migrations()
