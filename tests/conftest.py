"""What tests of several rooms share."""

from __future__ import annotations

import logging
import os

import pytest
from hypothesis import HealthCheck, settings

from publisher.app.ledger import journal_of
from publisher.cli import log_to_stderr
from publisher.config.settings import Settings
from publisher.store import Store
from publisher.store.postgresql import WRITING
from tests import browser
from tests.stores import ENGINES, copy_new_ledgers, start_postgresql

IN_CI = os.environ.get("CI") == "true"


# How long an example takes to think up measures the machine, which several test processes share, and no code of ours.
settings.register_profile("ours", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ours")


@pytest.fixture(scope="session", autouse=True)
def plain_log():
    """Log as the commands do: the library's own way of printing an exception takes seconds, and shows variables."""
    log_to_stderr(logging.WARNING)


@pytest.fixture(scope="session", autouse=True)
def patient_database():
    """Several test processes share two cores: one that had no turn for a while is not frozen.

    Only tests in these processes are spared: every `publisher` that a test starts has the product's own limit, and
    tests/conformance/test_store_sharing.py shows what the limit does.
    """
    WRITING["idle_in_transaction_session_timeout"] = "20s"


@pytest.fixture(scope="session", autouse=True)
def copied_ledgers():
    """Make new ledgers by copying: most tests need one, and few are about how it is made."""
    copy_new_ledgers()


@pytest.fixture(scope="session", autouse=True)
def same_priority():
    """Stay as urgent as before when a command that runs within a test process (a backup) means to give way."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "nice", lambda by: by)
        yield


@pytest.fixture(autouse=True)
def closed_ledgers(monkeypatch):
    """Close what a test has opened: a process of thousands of tests would come to hold thousands of files."""
    opened = []
    init = Store.__init__

    def noted(store, *said, **how):
        init(store, *said, **how)
        opened.append(store)

    monkeypatch.setattr(Store, "__init__", noted)
    yield
    for store in opened:
        store.close()


@pytest.fixture(scope="session")
def chromium():
    """A headless browser of this machine. Without one the test is skipped by name; see below for CI."""
    if browser.find() is None:
        words = browser.MISSING
        pytest.skip(words)
    with browser.opened() as running:
        yield running


@pytest.fixture(scope="session")
def postgresql():
    """A PostgreSQL of this test process alone, started at its first use."""
    server = start_postgresql()
    yield server
    server.stop()


@pytest.fixture
def postgresql_url(postgresql):
    """An empty ledger on PostgreSQL."""
    return postgresql.ledger()


@pytest.fixture(params=ENGINES)
def target(request, tmp_path):
    """Where an empty ledger is, on each engine: a path or an address. `Store.open(target)` opens it again."""
    if request.param == "sqlite":
        return tmp_path / "publisher.db"
    return request.getfixturevalue("postgresql_url")


@pytest.fixture
def store(target):
    """A ledger, on each engine."""
    store = Store.open(target)
    yield store
    store.close()


@pytest.fixture(params=ENGINES)
def journal_place(request, tmp_path):
    """What `JOURNAL` says of an empty journal, in each place where one may be."""
    if request.param == "sqlite":
        return str(tmp_path / "publisher.journal")
    return request.getfixturevalue("postgresql").journal()


@pytest.fixture
def empty_journal(journal_place, tmp_path):
    """A journal in each place where one may be."""
    journal = journal_of(tmp_path, Settings({"JOURNAL": journal_place}))
    yield journal
    journal.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """In CI a test may be left out only because it does not apply, never because a tool is missing."""
    report = yield
    if IN_CI and report.skipped and "does not apply" not in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: skipped in CI: {report.longrepr}"
    return report
