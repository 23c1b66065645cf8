"""The ledger: SQLAlchemy Core tables, one query module per noun, Alembic migrations."""

from sqlalchemy import Connection, RowMapping

from publisher.store.database import Store

__all__ = ["Connection", "RowMapping", "Store"]
