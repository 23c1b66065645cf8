"""A copy of the whole ledger while others write, of one moment; and a ledger from such a copy."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import URL

from publisher.errors import StoreError
from publisher.store.address import parse, place

LONGEST = 6 * 3600  # seconds for a database of hundreds of gigabytes
NAMES = {"host": "PGHOST", "port": "PGPORT", "username": "PGUSER", "password": "PGPASSWORD", "database": "PGDATABASE"}
NEWER = "Install the client programs of the server's version or newer, and let PATH name their directory first"


def copy_file(path: Path, target: Path) -> None:
    """Copy a ledger in a file as it is at one moment; whoever writes meanwhile is not kept waiting.

    :raises StoreError: it can't be read, or the copy can't be written.
    """
    try:
        ours = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        with closing(ours) as source, closing(sqlite3.connect(target)) as copy:
            source.backup(copy)
    except sqlite3.Error as error:
        what = f"no copy could be made: {error}"
        raise StoreError(what, where=str(path), remedy="See its disk and rights") from error


def copy_database(url: str, target: Path) -> None:
    """Copy a ledger on PostgreSQL as it is at one moment.

    :raises StoreError: `pg_dump` is missing, or could not do it.
    """
    _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def load_file(source: Path, target: Path) -> None:
    """Put the copy of a ledger into its place, whole or not at all.

    :raises StoreError: it is no ledger that is whole.
    """
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as copy:
        found = copy.execute("PRAGMA integrity_check").fetchone()
    if found != ("ok",):
        raise StoreError("this copy of the ledger is damaged", where=str(source), remedy="Take another backup")
    source.replace(target)


def load_database(source: Path, url: str) -> None:
    """Put the copy of a ledger into an empty database, whole or not at all.

    :raises StoreError: the database isn't empty, `pg_restore` is missing, or could not do it.
    """
    options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--dbname")
    _run("pg_restore", url, *options, parse(url).database or "", str(source))


def is_empty(store_url: str) -> bool:
    """Say whether a database on PostgreSQL holds no tables."""
    from sqlalchemy import create_engine, inspect

    engine = create_engine(parse(store_url))
    try:
        return not inspect(engine).get_table_names()
    finally:
        engine.dispose()


def _run(program: str, url: str, *options: str) -> None:
    """Run one of PostgreSQL's own programs; what it connects by stands in its environment, where nobody else reads."""
    address = parse(url)
    if shutil.which(program) is None:
        remedy = "Install PostgreSQL's client programs (postgresql-client), of the server's version or newer"
        raise StoreError(f"{program} is not on this machine", where=place(address), remedy=remedy)
    ran = subprocess.run(  # noqa: S603 -- a fixed program, and no shell
        [program, *options],
        env={**os.environ, **_environment(address)},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    if ran.returncode:
        said, *more = ran.stderr.strip().splitlines() or ["it did not say why"]
        remedy = "Nothing was changed"
        if "version mismatch" in said:
            said, remedy = "; ".join([said, *more[:1]]), f"It is {shutil.which(program)}. {NEWER}. {remedy}"
        raise StoreError(f"{program} could not do it: {said}", where=place(address), remedy=remedy)


def dump_version() -> str:
    """Return the version of the `pg_dump` that would make backups here, ``17.2``; empty: there is none."""
    if shutil.which("pg_dump") is None:
        return ""
    ran = subprocess.run(["pg_dump", "--version"], capture_output=True, text=True, timeout=LONGEST, check=False)  # noqa: S607 -- the one that backups take
    found = re.search(r"\d+(\.\d+)?", ran.stdout)
    return found[0] if found else ""


def _environment(address: URL) -> dict[str, str]:
    found = {NAMES[name]: str(value) for name in NAMES if (value := getattr(address, name))}
    host = address.query.get("host")
    return found | ({"PGHOST": host} if isinstance(host, str) else {})
