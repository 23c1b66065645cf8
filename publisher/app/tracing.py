"""Traces for whoever asks for them (`OTEL_EXPORTER_OTLP_ENDPOINT`): a span for each step from slot to answer.

All steps of an edition are one trace, whichever process took them, and whenever: its number is that of the edition. A
span holds ids, never words or addresses. What the collector doesn't take in time is dropped and holds nothing up.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from hashlib import sha256
from importlib.util import find_spec
from typing import TYPE_CHECKING

import publisher
from publisher import steps
from publisher.errors import ConfigError
from publisher.store import marks

if TYPE_CHECKING:
    from publisher.app.core import App

ENDPOINT, HEADERS = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS"
_trace: ContextVar[int] = ContextVar("trace", default=0)


def start(app: App, command: str) -> Callable[[], None]:
    """Begin to trace where that is asked for; return what ends it, and tells what is left.

    :raises ConfigError: it is asked for, and OpenTelemetry isn't installed.
    """
    endpoint = app.settings.get(ENDPOINT)
    if not endpoint:
        return lambda: None
    if find_spec("opentelemetry.sdk") is None or find_spec("opentelemetry.exporter") is None:
        remedy = f"pip install 'publisher[otel]'; or take {ENDPOINT} out of .env and the environment"
        raise ConfigError(f"{ENDPOINT} asks for traces, and OpenTelemetry isn't installed", remedy=remedy)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
    from opentelemetry.util.re import parse_env_headers

    class Ids(RandomIdGenerator):  # type: ignore[misc, unused-ignore]  # an extra: mypy may not find it
        def generate_trace_id(self) -> int:
            return _trace.get() or int(super().generate_trace_id())

    told_by = {"service.name": "publisher", "service.version": publisher.__version__, "publisher.command": command}
    provider = TracerProvider(id_generator=Ids(), resource=Resource.create(told_by), shutdown_on_exit=False)
    headers = parse_env_headers(app.settings.get(HEADERS), liberal=True)
    exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", headers=headers)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("publisher", publisher.__version__)
    with app.store.read() as conn:
        epoch = marks.epoch(conn)

    def trace(name: str, ids: steps.Ids, began: int, ended: int) -> None:
        before = _trace.set(_number(epoch, ids))
        try:
            span = tracer.start_span(name, attributes=_attributes(ids), start_time=began)
            span.end(ended)
        finally:
            _trace.reset(before)

    def end() -> None:
        steps.trace_by(None)
        provider.shutdown()

    steps.trace_by(trace)
    return end


def _number(epoch: str, ids: steps.Ids) -> int:
    """Return the trace of an edition, or of a send without one; 0: it is about neither."""
    name = next((f"{kind}:{ids[kind]}" for kind in ("edition", "send") if ids.get(kind) is not None), "")
    return int.from_bytes(sha256(f"{epoch}:{name}".encode()).digest()[:16]) if name else 0


def _attributes(ids: steps.Ids) -> dict[str, str | int]:
    return {
        f"publisher.{name}": value if isinstance(value, int) else str(value)
        for name, value in ids.items()
        if value is not None
    }
