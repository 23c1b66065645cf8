"""DATABASE_URL, read and refused in words; its password is never said."""

from __future__ import annotations

import re

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from publisher.errors import StoreError

NAME = "DATABASE_URL"
EXAMPLE = "postgresql://USER:PASSWORD@HOST/DATABASE"
SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")


def parse(text: str, name: str = NAME) -> URL:
    """Return the address of a PostgreSQL database.

    :param name: of the setting that says it.
    :raises StoreError: it can't be one; says what is missing.
    """
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):
        raise _wrong(name, "this is no address of a database") from None
    if url.drivername not in SCHEMES:
        raise _wrong(name, f"the scheme {url.drivername} is not known")
    host = url.host or url.query.get("host") or ""
    if not isinstance(host, str) or not host:
        raise _wrong(name, "it names no host")
    if url.host and not re.fullmatch(r"[\w.:%-]+", url.host):
        # A piece of the password, perhaps: not said.
        raise _wrong(
            name, "the host can't be told from the password", "Write @ as %40, / as %2F and : as %3A within it"
        )
    if not url.database:
        raise _wrong(name, "it names no database")
    return url.set(drivername="postgresql+psycopg")


def place(url: URL) -> str:
    """Return how errors and people call the database: host and name, nothing secret."""
    host = url.host or str(url.query.get("host", ""))
    port = f":{url.port}" if url.port else ""
    return f"PostgreSQL {url.database} at {host}{port}"


def _wrong(name: str, what: str, remedy: str = "") -> StoreError:
    return StoreError(what, where=name, remedy=remedy or f"Write it as {EXAMPLE}, or leave it out for a file")
