"""A hundred thousand sign-ups from one network within an hour: no more letters than it may cause."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Lock, local

import pytest
import requests
from sqlalchemy import func, select

from publisher.audience import often
from publisher.store.tables import deliveries
from tests.long.figures import record, unless_done
from tests.unit.web.ledger import NOW
from tests.unit.web.readers import PUBLIC, asked, eventually, site_of

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

ATTEMPTS = 100_000
HOUR = timedelta(hours=1)
AT_ONCE = 4
TAKEN, REFUSED = (200, 202), (429,)


class Ticking:
    """A clock that goes on by the same bit with each attempt: the last one is an hour after the first."""

    def __init__(self) -> None:
        self._now = NOW
        self._lock = Lock()

    def __call__(self) -> datetime:
        return self._now

    def tick(self) -> None:
        with self._lock:
            self._now += HOUR / ATTEMPTS


class Attacker:
    """Signs up others by the page and by the interface: ever new addresses, forged networks before its own."""

    def __init__(self, url: str, clock: Ticking) -> None:
        self._url, self._clock, self._own = url, clock, local()
        self._words = asked(requests.get(f"{url}/subscribe/daily", timeout=30).text)

    def attempt(self, number: int) -> int:
        self._clock.tick()
        if not hasattr(self._own, "session"):
            self._own.session = requests.Session()
        headers = {**PUBLIC, "X-Forwarded-For": f"10.{number % 250}.0.1, 192.0.2.{number % 250}"}
        address = f"a{number}@example.org"
        if number % 2:
            path, said = "/api/subscriptions", {"json": {"email": address, "lists": ["daily"]}}
        else:
            path, said = "/subscribe/daily", {"data": {"asked": self._words, "email": address}}
        return self._own.session.post(self._url + path, headers=headers, timeout=60, **said).status_code


@pytest.fixture
def attacked(tmp_path) -> Iterator[tuple[Attacker, object]]:
    clock = Ticking()
    with site_of(tmp_path, clock=clock) as site:
        yield Attacker(site.url, clock), site.app.store


def test_one_network_causes_no_more_letters_than_its_limit_however_often_it_asks(attacked):
    part = "sign-ups:one network"
    unless_done(part)
    attacker, store = attacked
    begun = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        statuses = Counter(pool.map(attacker.attempt, range(ATTEMPTS)))
    took = time.monotonic() - begun
    taken = sum(statuses[status] for status in TAKEN)
    eventually(lambda: letters(store) == taken)
    most = often.NETWORK.burst + HOUR // often.NETWORK.every
    record(
        part,
        faults={},
        attempts=statuses.total(),
        letters=taken,
        most=most,
        statuses={str(status): count for status, count in sorted(statuses.items())},
        per_second=round(ATTEMPTS / took),
    )
    assert set(statuses) <= {*TAKEN, *REFUSED}
    assert most - 1 <= taken <= most


def letters(store) -> int:
    with store.read() as conn:
        return int(conn.execute(select(func.count()).select_from(deliveries)).scalar_one())
