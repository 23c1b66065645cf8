"""Bells between processes: heard when what they announce has committed, and rung again when who heard them died."""

from __future__ import annotations

import time
from queue import Empty, Queue

import psycopg
import pytest
import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.schema import SchemaManager
from sqlalchemy import create_engine, text

from publisher.runtime import bells
from publisher.runtime.bells import Bells


@pytest.fixture(scope="module")
def url(postgresql):
    made = postgresql.create("bells")
    schema = SchemaManager(App(connector=PsycopgConnector()).connector).get_schema()
    with psycopg.connect(made, autocommit=True) as conn:
        conn.execute(schema)
    return made


@pytest.fixture
def engine(url):
    made = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with made.begin() as conn:
        conn.execute(text("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE"))
    yield made
    made.dispose()


@pytest.fixture
def heard(url):
    """What a listening process hears."""
    rung: Queue[str] = Queue()
    made = Bells(url, rung.put)
    made.start()
    yield rung
    made.stop()


def jobs(engine) -> list[tuple[str, str]]:
    with engine.connect() as conn:
        query = "SELECT queueing_lock, status::text FROM procrastinate_jobs ORDER BY id"
        return [tuple(row) for row in conn.execute(text(query))]


def test_a_bell_is_heard_when_its_transaction_commits_and_not_before(url, engine, heard):
    ringing = Bells(url, lambda channel: None)
    with engine.begin() as conn:
        ringing.ring(conn, "letters")
        with pytest.raises(Empty):
            heard.get(timeout=1.0)
    assert heard.get(timeout=5) == "letters"


def test_what_is_taken_back_was_never_rung(url, engine):
    ringing = Bells(url, lambda channel: None)
    with engine.connect() as conn, conn.begin() as begun:
        ringing.ring(conn, "letters")
        begun.rollback()
    assert jobs(engine) == []


def test_one_that_waits_is_enough_and_the_transaction_goes_on(url, engine):
    ringing = Bells(url, lambda channel: None)
    with engine.begin() as conn:
        for channel in ("letters", "letters", "posts"):
            ringing.ring(conn, channel)
        assert conn.execute(text("SELECT 1")).scalar_one() == 1
    assert jobs(engine) == [("letters", "todo"), ("posts", "todo")]


def test_a_bell_that_somebody_heard_who_died_is_rung_again(url, engine, heard, monkeypatch):
    ringing = Bells(url, lambda channel: None)
    with engine.begin() as conn:
        dead = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute') RETURNING id"
        worker = conn.execute(text(dead)).scalar_one()
        ringing.ring(conn, "letters")
        conn.execute(text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :id"), {"id": worker})
    assert heard.get(timeout=bells.SWEEP_EACH + bells.FETCH_EACH + 5) == "letters"


def test_a_listener_whose_connections_end_listens_again(url, engine, heard):
    ringing = Bells(url, lambda channel: None)
    time.sleep(1.0)
    with engine.connect() as conn:
        others = "datname = 'bells' AND pid <> pg_backend_pid()"
        conn.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
    engine.dispose()
    with engine.begin() as conn:
        ringing.ring(conn, "letters")
    assert heard.get(timeout=15) == "letters"


def test_why_a_listener_broke_off_is_said(postgresql):
    made = Bells(postgresql.create("no_bells"), lambda channel: None)  # nothing of procrastinate is there
    until = time.monotonic() + 20
    with structlog.testing.capture_logs() as lines:
        made.start()
        while not lines and time.monotonic() < until:
            time.sleep(0.01)
    made.stop()
    assert lines[0]["event"] == "bells_broke_off"
