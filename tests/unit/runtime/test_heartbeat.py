"""The heartbeat: a watchdog elsewhere hears from us while the scheduler is alive."""

from __future__ import annotations

import pytest
import structlog

from publisher.runtime.heartbeat import Heartbeat
from publisher.testing import FakeProvider, Fault
from publisher.testing.dialects import Response

SECRET = "/ping/0f9a-secret-path"


class Watchdog:
    """Takes any call."""

    def answer(self, request, number):
        return Response(200, "OK")


@pytest.fixture
def watchdog():
    with FakeProvider(Watchdog()) as running:
        yield running


def test_it_calls_while_the_scheduler_is_alive_and_stops_when_it_stalls(watchdog):
    alive = [True, True, False, False, True]
    heartbeat = Heartbeat(lambda: watchdog.url + SECRET, lambda: alive.pop(0))
    with structlog.testing.capture_logs() as logged:
        for calls in (1, 2, 2, 2, 3):
            heartbeat()
            assert len(watchdog.requests) == calls
    assert [line["event"] for line in logged] == ["scheduler_stalls", "scheduler_goes_on"]
    assert {(request.method, request.path) for request in watchdog.requests} == {("GET", SECRET)}


def test_without_an_address_nobody_is_called(watchdog):
    Heartbeat(lambda: "", lambda: True)()
    assert watchdog.requests == []


@pytest.mark.parametrize(
    ("fault", "trouble"),
    [
        (Fault(500, "no"), "HTTP 500"),
        (Fault(302, "", {"Location": "http://127.0.0.1:9/elsewhere"}), "it leads elsewhere"),
        (Fault.dropped_before(), "ConnectionError"),
    ],
    ids=["500", "a redirect", "dropped"],
)
def test_a_failure_is_said_without_the_address_and_never_raised(watchdog, fault, trouble):
    watchdog.fails(fault)
    with structlog.testing.capture_logs() as logged:
        Heartbeat(lambda: watchdog.url + SECRET, lambda: True)()
    [line] = logged
    assert trouble in line["trouble"]
    assert line["host"] == "127.0.0.1"
    assert "secret" not in str(logged)


def test_an_address_that_is_none_is_said_too():
    with structlog.testing.capture_logs() as logged:
        Heartbeat(lambda: "http://", lambda: True)()
    assert logged[0]["event"] == "heartbeat_failed"
