"""Who is not to be written to is in the journal when a write returns, and only if that was committed."""

from __future__ import annotations

from threading import Thread

import pytest
from sqlalchemy import insert

from publisher.app.ledger import keep_mark
from publisher.audience.remembering import remember
from publisher.errors import StoreError, UnkeptError
from publisher.model.subscriber import SubscriptionState
from publisher.model.tokens import address_hash
from publisher.store import Store, owed, subscribers, suppressions
from publisher.store.farewells import Farewell, Kind
from publisher.store.journal import Journal
from publisher.store.journal_file import JournalFile
from publisher.store.tables import facts
from tests.ledger import NOW

KEY = b"k" * 32


def hash_of(email: str) -> str:
    return address_hash(email, KEY)


@pytest.fixture
def journal(store, empty_journal) -> Journal:
    store.journal = empty_journal
    return store.journal


def join(store, email: str, state: SubscriptionState = SubscriptionState.CONFIRMED, now=NOW) -> int:
    with store.write() as conn:
        person = subscribers.ensure_person(conn, email, hash_of(email), now)
        list_id = subscribers.ensure_list(conn, "daily")
        subscribers.set_subscription(conn, person, list_id, state, basis="test", now=now, actor="test")
    return person


def said(journal) -> list[tuple[str, str, str]]:
    return [(line.kind.value, line.whom, line.about) for line in journal.read()]


def test_leaving_and_suppressing_are_said_when_the_write_returns(store, journal):
    join(store, "ada@example.org")
    assert said(journal) == []
    join(store, "ada@example.org", SubscriptionState.LEFT)
    with store.write() as conn:
        suppressions.add(conn, hash_of("bob@example.org"), "all", reason="complained", now=NOW, actor="channel:letters")
    ada, bob = hash_of("ada@example.org"), hash_of("bob@example.org")
    assert said(journal) == [("left", ada, "daily"), ("suppressed", bob, "all")]
    with store.read() as conn:
        assert owed.lines(conn) == {}


def test_what_the_journal_could_not_take_is_in_it_once_it_can_whoever_ended_meanwhile(store, journal, tmp_path):
    store.journal = JournalFile(tmp_path / "gone" / "publisher.journal")
    with pytest.raises(UnkeptError, match="is in the ledger already"):
        join(store, "ada@example.org", SubscriptionState.LEFT)
    with pytest.raises(StoreError):
        keep_mark(store, lambda: NOW)
    store.journal = journal  # as another process has it
    for _ in range(2):
        keep_mark(store, lambda: NOW)
    assert [line.whom for line in journal.read() if isinstance(line, Farewell)] == [hash_of("ada@example.org")]
    with store.read() as conn:
        assert owed.lines(conn) == {}


class Killed(BaseException):
    """The process ends here."""


def test_what_a_crash_takes_between_commit_and_journal_is_in_it_once_somebody_is_at_work(store, journal, monkeypatch):
    def die(_lines) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(journal, "_append", die)
        with pytest.raises(Killed):
            join(store, "ada@example.org", SubscriptionState.LEFT)
    keep_mark(store, lambda: NOW)
    assert [line.whom for line in journal.read() if isinstance(line, Farewell)] == [hash_of("ada@example.org")]


def test_a_server_that_breaks_off_before_the_journal_has_it_has_the_work_run_once(postgresql, postgresql_url, tmp_path):
    """As where ledger and journal are databases of one server that restarts."""
    store, runs = Store.open(postgresql_url), []
    store.journal = BreaksOff(tmp_path / "publisher.journal", postgresql)

    def leave(conn) -> None:
        runs.append(1)
        suppressions.add(conn, hash_of("bob@example.org"), "all", reason="complained", now=NOW, actor="test")

    with pytest.raises(UnkeptError, match="is being stopped"):
        store.submit(leave)
    assert runs == [1]
    store.journal = JournalFile(tmp_path / "publisher.journal")
    keep_mark(store, lambda: NOW)
    assert [line.whom for line in store.journal.read() if isinstance(line, Farewell)] == [hash_of("bob@example.org")]
    store.close()


class BreaksOff(JournalFile):
    def __init__(self, path, server) -> None:
        super().__init__(path)
        self._server = server

    def _append(self, lines) -> None:
        self._server.end_connections()
        raise StoreError("the server is being stopped or started", where=self.where)


def test_any_number_of_parts_is_settled_at_once(store):
    names = [f"owed:{number}" for number in range(70_000)]
    with store.write() as conn:
        conn.execute(insert(facts), [{"name": name, "value": ""} for name in names])
    with store.write() as conn:
        owed.settle(conn, names)
    with store.read() as conn:
        assert owed.lines(conn) == {}


def test_what_is_taken_back_was_never_said(store, journal):
    def work(conn):
        suppressions.add(conn, hash_of("bob@example.org"), "all", reason="complained", now=NOW, actor="test")
        raise ValueError

    for attempt in (lambda: store.submit(work), lambda: _rehearse(store)):
        try:
            attempt()
        except ValueError:
            continue
    assert said(journal) == []


def _rehearse(store) -> None:
    with store.rehearsal() as conn:
        suppressions.add(conn, hash_of("bob@example.org"), "all", reason="complained", now=NOW, actor="test")


def test_of_small_writes_that_share_a_commit_only_what_held_is_said(store, journal):
    def work(number: int):
        def done(conn) -> None:
            suppressions.add(conn, hash_of(f"r{number}@example.org"), "all", reason="x", now=NOW, actor="test")
            if number % 2:
                raise ValueError

        return done

    def submit(number: int) -> None:
        try:
            store.submit(work(number))
        except ValueError:
            return

    threads = [Thread(target=submit, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(whom for _, whom, _ in said(journal)) == sorted(hash_of(f"r{n}@example.org") for n in range(0, 20, 2))


def test_a_ledger_that_forgot_is_told_again_and_one_that_knows_is_not_changed(store, journal):
    ada, bob = join(store, "ada@example.org"), join(store, "bob@example.org")
    later = NOW.replace(year=NOW.year + 1)
    words = [
        Farewell(Kind.LEFT, hash_of("ada@example.org"), "daily", "clicked Leave", "reader", later),
        Farewell(Kind.SUPPRESSED, hash_of("eve@example.org"), "all", "complained", "channel:letters", later),
        Farewell(Kind.ERASED, hash_of("bob@example.org"), "erased", "wrote to us", "cli:ada", later),
        Farewell(Kind.LEFT, hash_of("nobody@example.org"), "daily", "clicked Leave", "reader", later),
    ]
    done = remember(store, words, hash_of=hash_of, now=later)
    assert done == {Kind.LEFT: 1, Kind.SUPPRESSED: 1, Kind.ERASED: 1}
    with store.read() as conn:
        assert subscribers.subscription(conn, ada, 1)["state"] == "left"
        assert subscribers.get(conn, bob) is None
        assert [row["scope"] for row in suppressions.of(conn, hash_of("eve@example.org"))] == ["all"]
        assert [row["scope"] for row in suppressions.of(conn, hash_of("bob@example.org"))] == ["erased"]
    assert not remember(store, words, hash_of=hash_of, now=later)


def test_who_joined_again_after_leaving_stays(store, journal):
    ada = join(store, "ada@example.org", now=NOW.replace(year=NOW.year + 1))
    left = Farewell(Kind.LEFT, hash_of("ada@example.org"), "daily", "clicked Leave", "reader", NOW)
    assert not remember(store, [left], hash_of=hash_of, now=NOW)
    with store.read() as conn:
        assert subscribers.subscription(conn, ada, 1)["state"] == "confirmed"


def test_a_suppression_that_somebody_lifted_stays_lifted(store, journal):
    whom = hash_of("ada@example.org")
    with store.write() as conn:
        suppressions.add(conn, whom, "all", reason="complained", now=NOW, actor="channel:letters")
        suppressions.lift(conn, whom, why="by mistake", now=NOW, actor="cli:ada")
    assert not remember(store, list(journal.read()), hash_of=hash_of, now=NOW)
