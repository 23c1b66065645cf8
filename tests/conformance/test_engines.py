"""What every engine promises, that of one process and that of many machines, over the product's own verbs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from threading import Event, Thread

import pytest

from publisher.errors import StoreError
from publisher.model.call import Answer, Call
from publisher.pipeline import dispatch
from publisher.runtime import embedded
from publisher.runtime.distributed import Distributed
from publisher.runtime.embedded import Embedded
from publisher.runtime.engine import Duties
from publisher.store import Store
from tests.crash.machine import Provider
from tests.engines import ENGINES, server_of
from tests.ledger import NOW, Clock, add_edition, add_send, books, desk, subscribe

READERS = 7
PATIENCE = 60.0  # seconds, on a machine that has no time; what is awaited comes within a tenth of one


class Network(Provider):
    """A provider that honours keys, and may be made to take its time over an answer that it has decided."""

    def __init__(self) -> None:
        super().__init__(keys=True)
        self.answers_at_once, self.spoken_to = Event(), Event()
        self.answers_at_once.set()

    def send(self, call: Call, journal: object) -> Answer:
        gate, answer = self.answers_at_once, super().send(call, journal)
        self.spoken_to.set()
        assert gate.wait(PATIENCE)
        return answer


class Machine:
    """One process on the ledger, and its engine.

    :ivar others: the processes that it believes to be alive.
    """

    def __init__(self, store: Store, network: Network, url: str = "") -> None:
        self.store, self.network = store, network
        self.clock, self.ending = Clock(NOW), Event()
        self.desk = desk(store, self.clock)
        self.others: set[int] = set()
        self.channels = {"letters": 2}
        self.looks: Counter[str] = Counter()
        self.troubles: list[Exception] = []  # what the next looks meet with
        duties = Duties(
            advance=lambda: None,
            channels=lambda: dict(self.channels),
            dispatch=self.look,
            free_at=self.desk.free_at.get,
            recover=self.take_over,
            clock=self.clock,
            ending=self.ending,
        )
        self.engine = Distributed(duties, url) if url else Embedded(duties)

    def look(self, channel: str) -> bool:
        self.looks[channel] += 1
        if self.troubles:
            raise self.troubles.pop()
        return dispatch.dispatch_next(self.store, self.desk, channel, lambda: self.network)

    def take_over(self) -> None:
        def is_held(call) -> bool:
            is_mine = call["process_id"] == self.desk.process_id
            return call["id"] in self.desk.under_way if is_mine else call["process_id"] in self.others

        dispatch.take_over(self.store, is_held, now=self.clock())

    def begin(self) -> None:
        """Start, and wait until every thread has looked in vain once."""
        self.engine.start()
        wait_for(lambda: self.looks["letters"] >= self.channels["letters"])


@pytest.fixture(params=ENGINES)
def where(request) -> str:
    """The address of an empty ledger for each engine; empty: it is a file."""
    server = server_of(request.param, request)
    return server.ledger() if server else ""


@pytest.fixture
def store(where, tmp_path) -> Store:
    opened = Store.open(where or tmp_path / "publisher.db")
    subscribe(opened, READERS)
    return opened


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def machines(store, network, where) -> Iterator[Callable[[], Machine]]:
    """Make machines, which end with the test."""
    with ExitStack() as stack:

        def make() -> Machine:
            machine = Machine(store, network, where)
            stack.callback(machine.engine.stop)
            return machine

        yield make
        network.answers_at_once.set()


@pytest.fixture
def machine(machines) -> Machine:
    return machines()


@pytest.fixture
def rarely(monkeypatch):
    """Engines that look by themselves so rarely that in a test they don't."""
    monkeypatch.setattr(embedded, "LOOK_AGAIN", 60.0)


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def everybody_has_it(store: Store, send_id: int) -> bool:
    return books(store, send_id) == {"sent": READERS}


def once_each(network: Network) -> bool:
    return set(network.accepted.values()) == {1}


def test_a_wake_up_leads_to_work_at_once(machine, store, network, rarely):
    machine.begin()
    send = add_send(store, add_edition(store), enqueue=machine.engine.enqueue)
    wait_for(lambda: everybody_has_it(store, send))
    assert once_each(network)


def test_a_wake_up_that_is_lost_is_made_up_for_by_looking(machine, store):
    machine.begin()
    send = add_send(store, add_edition(store))
    wait_for(lambda: everybody_has_it(store, send))


def test_work_that_was_there_before_the_engine_is_found(machine, store, rarely):
    send = add_send(store, add_edition(store), enqueue=machine.engine.enqueue)
    machine.begin()
    wait_for(lambda: everybody_has_it(store, send))


def test_what_is_taken_back_leads_to_nothing(machine, store, network, rarely):
    machine.channels |= {"posts": 1, "letters": 1}
    machine.begin()
    wait_for(lambda: machine.looks["posts"] == 1)

    def enqueue(conn, channel: str) -> None:
        machine.engine.enqueue(conn, channel)
        raise KeyError

    with suppress(KeyError):
        add_send(store, add_edition(store), enqueue=enqueue)
    with store.write() as conn:
        machine.engine.enqueue(conn, "posts")  # whoever hears this has heard all that was said before
    wait_for(lambda: machine.looks["posts"] == 2)
    assert machine.looks["letters"] == 1
    assert not network.spoken


def test_waking_again_and_again_and_for_what_is_not_there_does_no_harm(machine, store, network, rarely):
    machine.begin()

    def enqueue(conn, channel: str) -> None:
        for name in (channel, channel, "nowhere", channel):
            machine.engine.enqueue(conn, name)

    send = add_send(store, add_edition(store), enqueue=enqueue)
    with store.write() as conn:
        enqueue(conn, "letters")
    wait_for(lambda: everybody_has_it(store, send))
    assert once_each(network)


def test_two_at_work_on_one_ledger_double_nothing(machines, store, network):
    both = [machines(), machines()]
    for one, other in (both, both[::-1]):
        one.others.add(other.desk.process_id)
        one.begin()
    sent = [add_send(store, add_edition(store, slot), enqueue=both[0].engine.enqueue) for slot in ("07:00", "08:00")]
    wait_for(lambda: all(everybody_has_it(store, send) for send in sent))
    assert once_each(network)
    assert sum(network.accepted.values()) == 2 * READERS


def test_what_a_dead_one_had_under_way_is_carried_on_and_its_late_answer_changes_nothing(machines, store, network):
    network.answers_at_once.clear()
    dead = machines()
    dead.begin()
    send = add_send(store, add_edition(store), enqueue=dead.engine.enqueue)
    assert network.spoken_to.wait(PATIENCE)
    dead.ending.set()  # it claims nothing more, and its answers don't come
    late, network.answers_at_once = network.answers_at_once, Event()
    network.answers_at_once.set()
    machines().begin()
    wait_for(lambda: everybody_has_it(store, send))
    late.set()
    assert dead.engine.stop()
    assert everybody_has_it(store, send)
    assert once_each(network)


def test_at_the_end_calls_under_way_are_finished_and_nothing_more_is_begun(machine, store, network):
    network.answers_at_once.clear()
    machine.channels = {"letters": 1}
    machine.begin()
    send = add_send(store, add_edition(store), enqueue=machine.engine.enqueue)
    assert network.spoken_to.wait(PATIENCE)
    ended: list[bool] = []
    ending = Thread(target=lambda: ended.append(machine.engine.stop()))
    ending.start()
    assert machine.ending.wait(PATIENCE)
    network.answers_at_once.set()
    ending.join(PATIENCE)
    assert ended == [True]
    assert len(network.spoken) == 1
    assert books(store, send) == {"sent": 3, "pending": READERS - 3}


def test_an_end_that_takes_too_long_is_said(machine, store, network, monkeypatch):
    monkeypatch.setattr(embedded, "STOP_PATIENCE", 0.1)
    network.answers_at_once.clear()
    machine.begin()
    add_send(store, add_edition(store), enqueue=machine.engine.enqueue)
    assert network.spoken_to.wait(PATIENCE)
    assert machine.engine.stop() is False


def test_trouble_of_the_ledger_passes(machine, store):
    machine.troubles = [StoreError("the database can't be reached"), ZeroDivisionError("a fault of ours")] * 2
    machine.begin()
    send = add_send(store, add_edition(store), enqueue=machine.engine.enqueue)
    wait_for(lambda: everybody_has_it(store, send))
    assert machine.engine.trouble() is None and machine.engine.is_turning()


def test_one_that_was_never_started_takes_over_and_ends(machine, store):
    machine.engine.recover()
    assert machine.engine.stop()
