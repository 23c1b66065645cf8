"""What processes and threads that share a ledger may rely on, over both engines."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from publisher.errors import MaybeWrittenError, NotWrittenError, StoreError
from publisher.store import Store, limits, processes
from publisher.store.postgresql import GRACE, WRITING
from publisher.store.tables import facts
from publisher.store.words import Statement
from tests.ledger import NOW


def until(question, seconds: float = 20.0) -> bool:
    """Ask until the answer is yes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if question():
            return True
        time.sleep(0.05)
    return False


def test_whoever_comes_first_on_a_new_day_loses_none_of_what_the_others_count(store):
    with store.write() as conn:
        limits.set_used(conn, "day:letters", "2026-11-23", 900)

    def count(_: int) -> None:
        with store.write() as conn:
            used = limits.used_on(conn, "day:letters", "2026-11-24")
            time.sleep(0.01)
            limits.set_used(conn, "day:letters", "2026-11-24", used + 1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(8)))
    with store.read() as conn:
        assert limits.used_on(conn, "day:letters", "2026-11-24", lock=False) == 8


# --- locks that end with their process --------------------------------------------------------------------------------


def test_a_process_at_work_is_alive_and_one_that_ended_is_not(store, target):
    other = Store.open(target)
    with processes.at_work(store, "run", NOW) as process_id:
        assert processes.is_alive(store, process_id)
        assert processes.is_alive(other, process_id)
    assert until(lambda: not processes.is_alive(other, process_id))
    other.close()


def test_a_process_that_is_killed_is_dead_within_five_seconds(store, target):
    child = start_process(target)
    process_id = int(child.stdout.readline())
    assert processes.is_alive(store, process_id)
    child.send_signal(signal.SIGKILL)
    killed_at = time.monotonic()
    child.wait()
    assert until(lambda: not processes.is_alive(store, process_id))
    assert time.monotonic() - killed_at < 5


CHILD = """
import sys, time
from pathlib import Path
from publisher.store import Store, processes
from tests.ledger import NOW
target = sys.argv[1]
store = Store.open(target if "://" in target else Path(target))
with processes.at_work(store, "run", NOW) as process_id:
    print(process_id, flush=True)
    time.sleep(60)
"""


def start_process(target) -> subprocess.Popen:
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", CHILD, str(target)]
    env = {**os.environ, "PYTHONPATH": root}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)


def test_two_processes_have_locks_of_their_own(store):
    with processes.at_work(store, "run", NOW) as first:
        with processes.at_work(store, "send", NOW) as second:
            assert processes.is_alive(store, first)
            assert processes.is_alive(store, second)
        assert until(lambda: not processes.is_alive(store, second))
        assert processes.is_alive(store, first)


def test_a_second_run_on_one_file_is_refused_and_names_the_first(tmp_path):
    first, second = Store.create(tmp_path / "p.db"), Store.create(tmp_path / "p.db")
    said = rf"`publisher run` is at work on this ledger already: pid {os.getpid()} on .*, since 2026-11-2"
    with processes.only_one(first, "run", NOW):
        with pytest.raises(StoreError, match=said), processes.only_one(second, "run", NOW):
            pass
        with processes.only_one(second, "other", NOW):
            pass
    with processes.only_one(second, "run", NOW):
        pass


def test_on_postgresql_several_may_run(postgresql_url):
    store = Store.open(postgresql_url)
    with processes.only_one(store, "run", NOW), processes.only_one(store, "run", NOW):
        pass
    store.close()


# --- small writes, made durable together ------------------------------------------------------------------------------


def count_up(conn) -> int:
    conn.execute(update(facts).where(facts.c.name == "count").values(value=facts.c.value + "x"))
    return len(conn.execute(select(facts.c.value).where(facts.c.name == "count")).scalar_one())


@pytest.fixture
def counter(store):
    with store.write() as conn:
        conn.execute(insert(facts).values(name="count", value=""))
    return store


def test_what_many_threads_submit_is_all_written_and_each_gets_its_own_result(counter):
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: counter.submit(count_up), range(80)))
    assert sorted(results) == list(range(1, 81))


def test_a_submitted_write_is_there_when_submit_returns(counter, target):
    other = Store.open(target)
    counter.submit(count_up)
    with other.read() as conn:
        assert conn.execute(select(facts.c.value).where(facts.c.name == "count")).scalar_one() == "x"
    other.close()


def test_a_submitted_write_that_fails_fails_alone(counter):
    gate = threading.Event()

    def wait(conn) -> None:
        gate.wait(10)

    def fail(conn) -> None:
        count_up(conn)
        raise ValueError("mine alone")

    with ThreadPoolExecutor(12) as pool:
        first = pool.submit(counter.submit, wait)
        later = [pool.submit(counter.submit, fail if number % 3 == 0 else count_up) for number in range(9)]
        time.sleep(0.1)
        gate.set()
        first.result()
        errors = [each.exception() for each in later]
    assert [type(error) for error in errors] == [ValueError, type(None), type(None)] * 3
    assert counter.submit(count_up) == 7


def test_submitting_within_a_write_is_refused_and_waits_for_nothing(counter):
    with counter.write(), pytest.raises(RuntimeError, match="a write within a write"):
        counter.submit(count_up)
    with pytest.raises(RuntimeError, match="a write within a write"):
        counter.submit(lambda _: counter.submit(count_up))
    assert counter.submit(count_up) == 1


def test_writes_and_submitted_writes_take_turns(counter):
    def write(_: int) -> None:
        with counter.write() as conn:
            count_up(conn)

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(counter.submit, count_up) for _ in range(30)]
        list(pool.map(write, range(30)))
        assert all(each.exception() is None for each in done)
    assert counter.submit(count_up) == 61


def test_what_was_submitted_is_written_before_the_ledger_closes(tmp_path):
    store = Store.create(tmp_path / "p.db")
    with store.write() as conn:
        conn.execute(insert(facts).values(name="count", value=""))
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(store.submit, count_up) for _ in range(20)]
        store.close()
        done = [each for each in waiting if each.exception() is None]
    with Store.create(tmp_path / "p.db").read() as conn:
        assert conn.execute(select(func.length(facts.c.value)).where(facts.c.name == "count")).scalar_one() == len(done)
    with pytest.raises(StoreError, match="the ledger is closed"):
        store.submit(count_up)


def test_a_forked_process_writes_with_a_thread_of_its_own(tmp_path):
    store = Store.create(tmp_path / "p.db")
    with store.write() as conn:
        conn.execute(insert(facts).values(name="count", value=""))
    assert store.submit(count_up) == 1
    child = os.fork()
    if child == 0:
        os._exit(0 if store.submit(count_up) == 2 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store.submit(count_up) == 3


# --- a database that goes away and comes back -------------------------------------------------------------------------


def test_after_its_connections_are_ended_the_next_read_and_write_work(postgresql, postgresql_url):
    store = Store.open(postgresql_url)
    with store.write() as conn:
        conn.execute(insert(facts).values(name="count", value=""))
    with store.read():
        pass
    assert postgresql.end_connections() >= 2
    assert store.submit(count_up) == 1
    postgresql.end_connections()
    with store.read() as conn:
        assert conn.execute(select(facts.c.value).where(facts.c.name == "count")).scalar_one() == "x"
    store.close()


def test_a_write_whose_connection_is_ended_leaves_nothing_and_says_so(postgresql, postgresql_url):
    store = Store.open(postgresql_url)
    with pytest.raises(StoreError, match=r"PostgreSQL ledger at .*\. Nothing was lost"), store.write() as conn:
        conn.execute(insert(facts).values(name="half", value=""))
        postgresql.end_connections()
        conn.execute(insert(facts).values(name="other half", value=""))
    with store.read() as conn:
        assert conn.execute(select(facts.c.name).where(facts.c.name.like("%half"))).all() == []
    store.close()


def test_a_submitted_write_is_run_again_when_it_certainly_left_nothing(postgresql, postgresql_url):
    store = Store.open(postgresql_url)
    with store.write() as conn:
        conn.execute(insert(facts).values(name="count", value=""))
    runs = []

    def broken_once(conn) -> int:
        runs.append(count_up(conn))
        if len(runs) == 1:
            postgresql.end_connections()
        return count_up(conn)

    assert store.submit(broken_once) == 2
    assert runs == [1, 1]
    store.close()


def test_a_commit_whose_answer_is_lost_is_said_to_be_open(postgresql, postgresql_url):
    store = Store.open(postgresql_url)
    with pytest.raises(MaybeWrittenError, match="it may be there or not"), store.write() as conn:
        conn.execute(insert(facts).values(name="half", value=""))
        postgresql.end_connections()
    store.close()


def test_a_server_that_stops_and_starts_is_used_again_and_locks_are_taken_again(postgresql, postgresql_url):
    store, other = Store.open(postgresql_url), Store.open(postgresql_url)
    with processes.at_work(store, "run", NOW) as process_id:
        postgresql.pause()
        with pytest.raises(StoreError, match="Nothing was lost") as said, store.write():
            pass
        assert "\n" not in str(said.value)
        postgresql.resume()
        # While the lock is taken again, nobody may think us dead.
        end = time.monotonic() + GRACE + 2
        while time.monotonic() < end:
            assert processes.is_alive(other, process_id)
            time.sleep(0.1)
        with store.write() as conn:
            conn.execute(insert(facts).values(name="a", value="b"))
    assert until(lambda: not processes.is_alive(other, process_id))
    store.close()
    other.close()


@pytest.fixture
def impatient(postgresql_url, monkeypatch):
    """A store whose server ends who is silent in a write for 0.3 s; what is counted in it stands at nothing."""
    monkeypatch.setitem(WRITING, "idle_in_transaction_session_timeout", "300ms")
    store = Store.open(postgresql_url)
    with store.write() as conn:
        conn.execute(insert(facts).values(name="count", value=""))
    yield store
    store.close()


def test_who_is_silent_within_a_write_loses_it_and_others_go_on(impatient):
    with pytest.raises(StoreError, match="stood still for too long"), impatient.write() as conn:
        count_up(conn)
        time.sleep(1)
        count_up(conn)
    assert impatient.submit(count_up) == 1


def test_who_is_silent_just_before_the_commit_has_certainly_written_nothing_and_does_it_again(impatient):
    """On a machine that is short of time; the server ended it before it was asked to commit."""
    with pytest.raises(NotWrittenError, match="stood still for too long"), impatient.write() as conn:
        count_up(conn)
        time.sleep(1)
    runs = []

    def slow_once(conn) -> int:
        runs.append(1)
        done = count_up(conn)
        time.sleep(1 if len(runs) == 1 else 0)
        return done

    assert impatient.submit(slow_once) == 1
    assert runs == [1, 1]


def test_who_is_silent_among_rows_that_are_changed_one_by_one_loses_the_write_too(impatient):
    """A pipeline's silence the server would not count: a frozen process would keep its rows until it wakes."""
    insert_one = Statement("INSERT INTO facts (name, value) VALUES (:name, :value)")

    def rows() -> Iterator[dict[str, str]]:
        yield {"name": "first", "value": ""}
        time.sleep(1)
        yield {"name": "third", "value": ""}

    with pytest.raises(StoreError, match="stood still for too long"), impatient.write() as conn:
        insert_one.change_each(conn, rows())
    assert impatient.submit(lambda conn: insert_one.change(conn, name="first", value="")) == 1


def test_writes_of_one_turn_stand_in_the_servers_queue_once(postgresql, postgresql_url):
    """So that a process that freezes is in the others' way once, and not once for each of its threads."""
    store = Store.open(postgresql_url)
    with store.write() as conn:
        conn.execute(insert(facts).values(name="count", value=""))

    def waiting() -> int:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return postgresql.execute(asked, postgresql_url)[0][0]

    with ThreadPoolExecutor(6) as pool:
        with store.write() as conn:
            count_up(conn)
            turns = ["letters", "letters", "letters", "posts", "alerts", ""]
            jobs = [pool.submit(store.submit, count_up, turn) for turn in turns]
            assert until(lambda: waiting() >= 4)
            time.sleep(0.2)  # two more would have come by now
            assert waiting() == 4
        assert sorted(job.result() for job in jobs) == [2, 3, 4, 5, 6, 7]
    store.close()
