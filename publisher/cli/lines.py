"""Lines of the log for machines (`LOG_FORMAT=json`): an object in each, with the ids of what it is about."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog

from publisher import steps
from publisher.cli.remarks import WORDS
from publisher.config.settings import Settings
from publisher.senders.http import HIDDEN, Http

ADDRESS = re.compile(r"[\w.+%=-]+@[\w-]+(?:\.[\w-]+)+")
OURS = ("time", "level", "event")  # whose words are our own
Line = MutableMapping[str, Any]
Hide = Callable[[str], str]


def as_json(settings: Settings) -> Sequence[Any]:
    """Return what makes JSON of a line; what libraries say through `logging` becomes such lines too.

    Words come from feeds, networks and databases: what `.env` holds, and addresses, are taken out of all of them.
    """
    hide = _hides(settings)
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True, key="time")
    plain = structlog.processors.format_exc_info  # the usual one for JSON tells local variables: secrets
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Libraries(hide))
    logging.getLogger().handlers = [handler]

    def render(_logger: Any, _level: str, line: Line) -> str:
        return _written(line, hide)

    return [_with_ids, structlog.processors.add_log_level, stamp, plain, _with_words, render]


def _with_ids(_logger: Any, _level: str, line: Line) -> Line:
    """Say what the line is about; what it says itself counts."""
    for name, value in steps.at_hand().items():
        line.setdefault(name, value)
    return line


def _with_words(_logger: Any, _level: str, line: Line) -> Line:
    event = str(line["event"])
    try:
        line["message"] = WORDS[event].format(**line)
    except KeyError:  # no words, or it lacks what they speak of
        line["message"] = event.replace("_", " ")
    return line


def _written(line: Mapping[str, Any], hide: Hide) -> str:
    """Return a line as JSON: time, level, event and words first; nothing of what is not known."""
    first = {name: line[name] for name in (*OURS, "message")}
    said = {name: _plain(value, hide) for name, value in line.items() if value is not None and name not in OURS}
    return json.dumps(first | said)  # in ASCII: some characters end a line for those who read it


def _plain(value: Any, hide: Hide) -> Any:
    return value if isinstance(value, int | float) else hide(str(value))


def _hides(settings: Settings) -> Hide:
    """Return what takes secrets and addresses out of words."""
    http = Http(secrets=settings.hidden)
    return lambda words: ADDRESS.sub(HIDDEN, http.redact(words))


class _Libraries(logging.Formatter):
    """Says what libraries say in the same way."""

    def __init__(self, hide: Hide) -> None:
        super().__init__()
        self._hide = hide

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "event": "library",
            "message": record.getMessage(),
            "logger": record.name,
            "exception": self.formatException(record.exc_info) if record.exc_info else None,
        }
        return _written(line, self._hide)
