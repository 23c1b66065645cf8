"""Traces: each step from slot to answer is a span of its edition's trace, told to a collector that speaks OTLP."""

from __future__ import annotations

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from publisher import steps
from publisher.app import App, tracing
from publisher.app.slots import fire_due
from publisher.errors import ConfigError
from publisher.store import processes
from publisher.testing import FakeProvider
from tests.ledger import Clock
from tests.project import SECRETS, WEBHOOK, ProjectDir
from tests.unit.app.project import EVENING, MORNING


@contextmanager
def collector():
    """A collector on this machine: yields its address, and the requests that it was sent."""
    asked = []

    class Collect(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, dict(self.headers), body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collect)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def spans(asked) -> list[tuple[str, bytes, dict[str, object]]]:
    """Return name, trace and ids of every span that was told."""
    found = []
    for _, _, body in asked:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    ids = {each.key: each.value.string_value or each.value.int_value for each in span.attributes}
                    assert span.start_time_unix_nano <= span.end_time_unix_nano
                    found.append((span.name, span.trace_id, ids))
    return found


def send_one_edition(app: App) -> None:
    with processes.at_work(app.store, "run", app.clock()) as app.process_id:
        app.clock.moment = MORNING
        fire_due(app)
        duties = app.sending.duties()
        for _ in range(6):
            duties.advance()
            duties.dispatch("letters")


def test_every_step_of_an_edition_is_a_span_of_one_trace_with_its_ids_and_no_address(tmp_path):
    with FakeProvider("webhook") as provider, collector() as (url, asked):
        secrets = f"{SECRETS}OTEL_EXPORTER_OTLP_ENDPOINT={url}/\nOTEL_EXPORTER_OTLP_HEADERS=x-team=harbor\n"
        ProjectDir(tmp_path, provider.url, channel=WEBHOOK, secrets=secrets).subscribe(2)
        app = App.open(tmp_path, Clock(EVENING))
        fire_due(app)
        end = tracing.start(app, "run")
        send_one_edition(app)
        end()
        app.store.close()
    found = spans(asked)
    assert {name for name, _, _ in found} == {"slot", "compose", "produce", "freeze", "claim", "call", "answer"}
    assert len({trace for _, trace, _ in found}) == 1
    calls = [ids for name, _, ids in found if name == "call"]
    assert [ids["publisher.call"] for ids in calls] == [1, 2]
    ours = {"publisher.edition": 1, "publisher.send": 1, "publisher.channel": "letters", "publisher.attempt": 1}
    assert all(ids.items() >= {**ours, "publisher.outcome": "sent"}.items() for ids in calls)
    assert {path for path, _, _ in asked} == {"/v1/traces"}
    assert all(headers["x-team"] == "harbor" for _, headers, _ in asked)
    assert not any(b"reader0" in body or b"whsec" in body for _, _, body in asked)


def test_who_asks_for_none_has_none_and_a_step_says_nothing(tmp_path):
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    app = App.open(tmp_path, Clock(EVENING))
    tracing.start(app, "run")()
    with steps.Step("claim", channel="letters") as step:
        step.done()
    app.store.close()


def test_an_edition_has_its_own_trace_and_what_is_about_none_has_no_lasting_one(tmp_path):
    numbers = [tracing._number("e", {"edition": 1}), tracing._number("e", {"edition": 2, "send": 1})]
    assert tracing._number("e", {"edition": 1, "send": 9}) == numbers[0]
    assert len({*numbers, tracing._number("other", {"edition": 1}), tracing._number("e", {"send": 1})}) == 4
    assert tracing._number("e", {"channel": "letters"}) == 0


def test_traces_without_opentelemetry_are_refused_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(tracing, "find_spec", lambda name: None)
    ProjectDir(tmp_path, "http://127.0.0.1:9", secrets=f"{SECRETS}OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9\n")
    app = App.open(tmp_path, Clock(EVENING))
    with pytest.raises(ConfigError, match=r"publisher\[otel\]"):
        tracing.start(app, "run")
    app.store.close()
