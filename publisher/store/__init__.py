"""The ledger: SQLAlchemy Core tables, one query module per noun, Alembic migrations."""

from publisher.store.database import Store

__all__ = ["Store"]
