"""The vault in the ledger: sealed, bound to its channel, renewed by one at a time. On both engines."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from publisher.app import vault as vaults
from publisher.app.vault import StoreVault
from publisher.config.keys import KeyRing
from publisher.errors import MaybeWrittenError, NotWrittenError, StoreError
from publisher.senders.vault import MemoryVault
from publisher.store import Store
from publisher.store import credentials as sealed
from publisher.store.tables import credentials
from tests.stores import ENGINES

TOKEN = "s3cret-token-of-the-account"


@pytest.fixture
def keys(tmp_path):
    return KeyRing.create(tmp_path / "keys.json")


@pytest.fixture
def vault(store, keys):
    return StoreVault(store, keys, "bluesky")


@pytest.fixture(params=["memory", *ENGINES])
def any_vault(request, tmp_path, keys):
    """Every vault there is, for what all of them do."""
    if request.param == "memory":
        yield MemoryVault()
        return
    in_file = request.param == "sqlite"
    store = Store.open(tmp_path / "publisher.db" if in_file else request.getfixturevalue("postgresql_url"))
    yield StoreVault(store, keys, "bluesky")
    store.close()


def rows(store):
    with store.read() as conn:
        return conn.execute(select(credentials)).all()


def test_nothing_is_kept_at_first(any_vault):
    assert any_vault.read("session") is None


def test_what_is_made_is_kept(any_vault):
    assert any_vault.renew("session", None, lambda: TOKEN) == TOKEN
    assert any_vault.read("session") == TOKEN
    assert any_vault.renew("session", TOKEN, lambda: "another") == "another"
    assert any_vault.read("session") == "another"
    assert any_vault.read("token") is None


def test_where_none_is_made_the_old_one_stays(any_vault):
    any_vault.renew("session", None, lambda: TOKEN)
    assert any_vault.renew("session", TOKEN, lambda: None) is None
    assert any_vault.read("session") == TOKEN
    assert any_vault.renew("session", TOKEN, lambda: "at last") == "at last"


def test_who_saw_an_older_one_takes_what_is_there_and_asks_nobody(any_vault):
    any_vault.renew("session", None, lambda: TOKEN)
    asked = []
    assert any_vault.renew("session", None, lambda: asked.append(1)) == TOKEN
    assert any_vault.renew("session", "an older one", lambda: asked.append(1)) == TOKEN
    assert asked == []


def test_a_fault_while_one_is_made_keeps_nobody_from_the_next(any_vault):
    with pytest.raises(ZeroDivisionError):
        any_vault.renew("session", None, lambda: str(1 // 0))
    assert any_vault.renew("session", None, lambda: TOKEN) == TOKEN


def test_of_many_who_find_it_worn_out_one_asks_and_all_have_what_it_got(target, keys):
    stores = [Store.open(target) for _ in range(3)]  # as three processes
    asked = []

    def make() -> str:
        asked.append(1)
        time.sleep(0.3)
        return f"number {len(asked)}"

    with ThreadPoolExecutor(9) as pool:
        vaults_ = [StoreVault(store, keys, "bluesky") for store in stores for _ in range(3)]
        got = list(pool.map(lambda each: each.renew("session", None, make), vaults_))
    assert got == ["number 1"] * 9
    assert len(asked) == 1
    for store in stores:
        store.close()


@pytest.fixture
def breaks(store, monkeypatch):
    """Let the next writes end with an error each: before their commit, or after it."""
    write, faults = store.write, []

    @contextmanager
    def breaking():
        fault = faults.pop(0) if faults else None
        if isinstance(fault, StoreError) and not isinstance(fault, MaybeWrittenError):
            raise fault
        with write() as conn:
            yield conn
        if fault is not None:
            raise fault

    monkeypatch.setattr(store, "write", breaking)
    monkeypatch.setattr(vaults, "KEEP_AGAIN", 0.01)
    return faults


FULL = StoreError("the disk is full")
CUT = MaybeWrittenError("the connection broke")


@pytest.mark.parametrize("faults", [[FULL], [FULL, FULL, NotWrittenError("locked")], [CUT], [FULL, CUT, FULL]])
def test_what_the_provider_gave_once_is_kept_as_soon_as_the_database_is_back(store, vault, breaks, faults):
    assert vault.renew("token", None, lambda: breaks.extend(faults) or TOKEN) == TOKEN
    assert breaks == []
    assert vault.read("token") == TOKEN
    assert rows(store)[0].version == 1


def test_a_database_that_does_not_come_back_is_waited_for_no_longer_than_the_turn(vault, breaks, monkeypatch):
    monkeypatch.setattr(vaults, "LONGEST", timedelta(seconds=0.1))
    with pytest.raises(StoreError, match="full"):
        vault.renew("token", None, lambda: breaks.extend([FULL] * 1000) or TOKEN)
    assert breaks


def test_while_one_asks_no_transaction_is_open(store, vault):
    def make() -> str:
        with store.write():  # from within: another write of this thread would be refused
            return TOKEN

    assert vault.renew("session", None, make) == TOKEN


def test_who_waits_too_long_goes_away_empty_handed(store, vault, keys, monkeypatch):
    monkeypatch.setattr(vaults, "PATIENCE", timedelta(seconds=0.3))
    begun, end = threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        end.wait(10)
        return TOKEN

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(vault.renew, "session", None, slow)
        begun.wait(10)
        assert StoreVault(store, keys, "bluesky").renew("session", None, lambda: "mine") is None
        end.set()
        assert first.result() == TOKEN


def test_who_died_while_asking_is_waited_for_no_longer_than_it_may_take(store, vault):
    vault.renew("session", None, lambda: TOKEN)
    with store.write() as conn:
        died = store.now(conn) - timedelta(seconds=1)
        conn.execute(update(credentials).values(renewing_until=died))
    assert vault.renew("session", TOKEN, lambda: "new") == "new"


def test_a_turn_of_a_clock_that_was_wrong_ends_too(store, vault):
    vault.renew("session", None, lambda: TOKEN)
    with store.write() as conn:
        conn.execute(update(credentials).values(renewing_until=store.now(conn) + vaults.LONGEST + timedelta(minutes=1)))
    assert vault.renew("session", TOKEN, lambda: "new") == "new"


def test_who_was_too_slow_takes_what_another_got_meanwhile(store, vault, keys):
    vault.renew("session", None, lambda: TOKEN)

    def overtaken() -> None:
        with store.write() as conn:
            conn.execute(update(credentials).values(renewing_until=None))  # our turn is over
        assert StoreVault(store, keys, "bluesky").renew("session", TOKEN, lambda: "theirs") == "theirs"

    assert vault.renew("session", TOKEN, lambda: overtaken() or "mine") == "theirs"
    assert vault.renew("session", "theirs", lambda: TOKEN) == TOKEN
    assert vault.renew("session", TOKEN, overtaken) == "theirs"


def test_who_was_too_slow_and_got_none_ends_nobody_elses_turn(store, vault):
    theirs = store.now() + timedelta(minutes=2)

    def slow() -> None:
        with store.write() as conn:
            conn.execute(update(credentials).values(renewing_until=theirs))

    assert vault.renew("session", None, slow) is None
    assert rows(store)[0].renewing_until == theirs


def test_the_ledger_holds_nothing_that_can_be_read_without_the_key(store, vault):
    vault.renew("session", None, lambda: TOKEN)
    (row,) = rows(store)
    assert (row.channel, row.name, row.key_id) == ("bluesky", "session", "1")
    assert TOKEN.encode() not in row.sealed
    vault.renew("session", TOKEN, lambda: TOKEN)
    assert rows(store)[0].sealed != row.sealed  # the same one twice doesn't look the same


def test_when_it_ends_stands_beside_it(store, vault):
    vault.renew("token", None, lambda: "2026-12-24", lambda text: datetime.fromisoformat(f"{text}T00:00:00+00:00"))
    assert rows(store)[0].ends_at == datetime(2026, 12, 24, tzinfo=UTC)
    vault.renew("token", "2026-12-24", lambda: "for good")
    assert rows(store)[0].ends_at is None


def test_with_other_keys_it_is_as_if_nothing_were_kept(store, vault, tmp_path, caplog):
    vault.renew("session", None, lambda: TOKEN)
    stranger = StoreVault(store, KeyRing.create(tmp_path / "other.json"), "bluesky")
    assert stranger.read("session") is None
    assert stranger.renew("session", None, lambda: "new") == "new"
    assert stranger.read("session") == "new"
    assert TOKEN not in caplog.text


def test_what_is_moved_to_another_channel_or_name_can_not_be_read(store, vault, keys):
    vault.renew("session", None, lambda: TOKEN)
    with store.write() as conn:
        conn.execute(update(credentials).values(channel="mine"))
    assert StoreVault(store, keys, "mine").read("session") is None
    with store.write() as conn:
        conn.execute(update(credentials).values(channel="bluesky", name="token"))
    assert vault.read("token") is None


@pytest.mark.parametrize("damaged", [b"", b"short", b"x" * 60])
def test_what_is_damaged_is_asked_for_anew(store, vault, damaged):
    vault.renew("session", None, lambda: TOKEN)
    with store.write() as conn:
        conn.execute(update(credentials).values(sealed=damaged))
    assert vault.read("session") is None
    assert vault.renew("session", None, lambda: TOKEN) == TOKEN


def test_what_a_retired_key_sealed_is_still_read(store, vault, keys):
    vault.renew("session", None, lambda: TOKEN)
    rotated = StoreVault(store, keys.rotate("credentials"), "bluesky")
    assert rotated.read("session") == TOKEN
    rotated.renew("session", TOKEN, lambda: "new")
    assert rows(store)[0].key_id == "2"


def test_neither_a_vault_nor_its_row_shows_a_secret(any_vault):
    any_vault.renew("session", None, lambda: TOKEN)
    assert TOKEN not in repr(any_vault) + repr(vars(any_vault).get("_keys"))


def test_the_repr_of_what_is_sealed_shows_nothing_of_it(store, vault):
    vault.renew("session", None, lambda: TOKEN)
    with store.read() as conn:
        assert repr(sealed.get(conn, "bluesky", "session")) == "Sealed(key_id='1')"
