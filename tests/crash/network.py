"""A social network that no kill touches: a strict fake, in a process of its own, that fails at any point of a request.

`python -m tests.crash.network --name mastodon --log network.jsonl` prints its address and serves until it is told to
stop. What it took, and how each request that says a part ended, is on the disk before it answers; the oracle believes
that and nothing else. SIGUSR1: from now on nothing goes wrong.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote_plus

from publisher.clock import now
from publisher.testing import DIALECTS, Accepted, FakeProvider, Fault, Received, Response
from tests.crash.apart import told

PART = re.compile(r"Story (\d+), part (\d+) of (\d+)")
# Whatever may befall a request, and what the sender may make of it.
PUT_OFF = (Fault.too_many("1"), Fault.too_many(), Fault.unavailable("1"))
HEARD = (Fault.dropped_after(), Fault.wrong_json(), Fault.empty(), Fault(500, {"message": "too late"}, accept=True))
UNHEARD = (Fault.dropped_before(), Fault.server_error(), Fault.unavailable(), Fault.web_page(502))
LIE = Fault.web_page(200)  # nothing was taken


@dataclass(frozen=True, slots=True)
class Weather:
    """How the network behaves. Rates are shares of requests, drawn from a seeded generator."""

    name: str = "mastodon"
    put_off: float = 0.0  # of requests, answered with a word that says later
    doubtful: float = 0.0  # of requests: half of them are taken all the same
    slow: float = 0.0  # of requests, taken and answered later than anybody waits
    slow_seconds: float = 4.0
    latency: float = 0.0  # seconds at most before any answer, evenly drawn
    spares_uploads: bool = False  # what goes wrong with one is put off for seconds
    lasts: int = 0  # faults, then nothing goes wrong any more; 0: until somebody says so
    is_believed: bool = False  # senders take any 2xx for a success: the network doesn't lie with one
    seed: int = 1


class Network(FakeProvider):
    """The fake, which writes down what it took."""

    def __init__(self, weather: Weather, log: Path) -> None:
        super().__init__(DIALECTS[weather.name]())
        self._weather, self._random = weather, Random(weather.seed)
        self._file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._taking = threading.Lock()
        self._written = 0  # of what was taken
        unheard = UNHEARD if weather.is_believed else (*UNHEARD, LIE)
        self._faults_by_kind = {
            "put_off": (PUT_OFF,),
            "doubtful": (HEARD, unheard),
            "slow": ((Fault.slow(weather.slow_seconds),),),
        }
        self._befell = 0
        self.is_calm = False
        if hasattr(self.dialect, "clock"):
            self.dialect.clock = now  # posts are made when they are

    def next_fault(self, method: str, path: str) -> Fault | None:
        """Draw what goes wrong; requests that only prepare a post, or ask for one, are no exception."""
        weather, drawn = self._weather, self._random.random()
        is_calm = self.is_calm or (weather.spares_uploads and self._uploads(method, path))
        for kind, faults in self._faults_by_kind.items():
            share = getattr(weather, kind)
            if not is_calm and drawn < share:
                self._befell += 1
                self.is_calm = self._befell == weather.lasts
                self._write([{"did": kind}])
                return self._random.choice(self._random.choice(faults))
            drawn -= share
        return Fault.slow(self._random.uniform(0, weather.latency)) if weather.latency else None

    def take(self, request: Received, fault: Fault | None) -> Response:
        """Let the dialect answer, and have it on the disk that it did."""
        with self._taking:
            said = super().take(request, fault)
            taken, self._written = self.accepted[self._written :], len(self.accepted)
            lines = [self._line(each) for each in taken]
            if found := PART.search(_text(request)):
                lines.append({"did": "heard", **_which(found), "ended": _end(fault, said)})
            elif self._uploads(request.method, request.path):
                lines.append({"did": "uploaded"})  # more of them than pictures that are shown: a kill met some
            self._write(lines)
        return said

    def _line(self, taken: Accepted) -> dict[str, Any]:
        found = PART.search(_text(taken.request))
        which = _which(found) if found else {"story": 0, "part": 0}
        shown = getattr(self.dialect, "shown", {})
        return {"did": "accepted", **which, "id": taken.id, "shows": taken.id in shown}

    def _write(self, lines: list[dict[str, Any]]) -> None:
        """Return when the lines are on the disk."""
        if lines:
            os.write(self._file, b"".join(json.dumps({"at": time.time(), **line}).encode() + b"\n" for line in lines))
            os.fdatasync(self._file)


def _text(request: Received) -> str:
    """Return the words of a request, whatever it wraps them in."""
    text = request.body.decode("utf-8", "replace")
    return unquote_plus(text) if "form-urlencoded" in request.headers.get("content-type", "") else text


def _which(found: re.Match[str]) -> dict[str, int]:
    return {"story": int(found[1]), "part": int(found[2])}


def _end(fault: Fault | None, said: Response) -> str:
    """Say what became of a request: only one that was put off may be said again by who has no proof."""
    if fault and not fault.accept:
        return "put off" if fault in PUT_OFF else "in doubt"
    return "taken" if said.status < 400 else "refused"


def _serve(weather: Weather, log: Path) -> None:
    stop = threading.Event()
    with Network(weather, log) as network:
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        signal.signal(signal.SIGUSR1, lambda *_: setattr(network, "is_calm", True))
        sys.stdout.write(f"{network.url}\n")
        sys.stdout.flush()
        stop.wait()
    os._exit(0)  # answers that take their time would be waited for


if __name__ == "__main__":
    _serve(*told(Weather, __doc__)[:2])
