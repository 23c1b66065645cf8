"""Lines of the log as JSON: an object in each, with the ids of what it is about; no secret and no address."""

from __future__ import annotations

import io
import json
import logging
from contextlib import redirect_stderr

import pytest
import structlog

from publisher.app import App
from publisher.cli import log_to_stderr
from publisher.config.settings import Settings
from publisher.errors import ConfigError
from publisher.steps import Step, at_hand
from publisher.store import processes
from publisher.testing import FakeProvider, Fault
from tests.ledger import Clock
from tests.project import SECRETS, WEBHOOK, ProjectDir
from tests.unit.app.project import MORNING, compose_now

SECRET, READER = "s3cr3t-canary-0815", "canary.reader@example.org"


@pytest.fixture
def lines():
    """What was said on stderr, line by line."""
    before, handlers, said = structlog.get_config(), logging.getLogger().handlers, io.StringIO()
    with redirect_stderr(said):
        log_to_stderr(logging.INFO, Settings({"LOG_FORMAT": "json"}, [SECRET, "json", "info", 'w"ith "quotes"']))
        yield lambda: [json.loads(line) for line in said.getvalue().splitlines()]
    structlog.configure(**before)
    logging.getLogger().handlers = handlers


def test_a_line_says_when_how_bad_what_in_words_and_what_it_is_about(lines):
    with Step("carry out", edition=12, send=3, call=40, attempt=1, channel="letters"):
        structlog.get_logger().warning("call_lost", call=41)
    structlog.get_logger().warning("channel_rests", channel="letters", until="07:10")
    [inside, outside] = lines()
    assert list(inside)[:4] == ["time", "level", "event", "message"]
    assert inside.pop("time").endswith("Z")
    assert inside == {
        "level": "warning",
        "event": "call_lost",
        "message": "call lost",
        "call": 41,  # what the line says itself counts
        "edition": 12,
        "send": 3,
        "attempt": 1,
        "channel": "letters",
    }
    assert outside["message"] == "letters reached nobody and rests until 07:10; it is tried again by itself"
    assert "edition" not in outside


def test_no_secret_and_no_address_is_in_a_line_whoever_says_it(lines):
    log = structlog.get_logger()
    log.error("duty_failed", error=f"the provider said {SECRET} of {READER}", what={"to": READER})
    log.error("alert", what=f"{READER} is refused", affected="1", command=f"use {SECRET}")
    log.error("odd", why='it is w"ith "quotes"', level_was="info")
    try:
        raise RuntimeError(f"{SECRET}: {READER}")
    except RuntimeError:
        log.exception("duty_failed")
        logging.getLogger("a.library").exception("no way to %s", READER)
    found = lines()
    assert len(found) == 5
    text = json.dumps(found)
    assert SECRET not in text
    assert "canary" not in text
    assert "quotes" not in text
    assert found[3]["exception"].startswith("Traceback")
    assert (found[4]["event"], found[4]["logger"], found[4]["message"]) == ("library", "a.library", "no way to ***")


def test_a_line_is_one_line_whatever_a_feed_writes_into_it(lines):
    structlog.get_logger().warning("source_failed", error="one\r\ntwo\x1b[31m\u2028three", unknown=None)
    [line] = lines()
    assert line["error"] == "one\r\ntwo\x1b[31m\u2028three"
    assert "unknown" not in line


def test_another_format_is_refused_before_anything_is_begun(tmp_path):
    ProjectDir(tmp_path, "http://127.0.0.1:9", secrets=SECRETS + "LOG_FORMAT=xml\n").publisher("run", code=2)
    with pytest.raises(ConfigError, match=r"LOG_FORMAT: 'xml' is no format"):
        log_to_stderr(logging.INFO, Settings({"LOG_FORMAT": "xml"}))


def test_what_is_said_of_a_real_send_has_the_ids_of_slot_edition_send_and_call(tmp_path, lines):
    with FakeProvider("webhook") as provider:
        project = ProjectDir(tmp_path, provider.url, channel=WEBHOOK)
        project.subscribe(8)
        app = App.open(tmp_path, Clock(MORNING))
        provider.fails(*[Fault.server_error()] * 8)
        with processes.at_work(app.store, "run", MORNING) as app.process_id:
            compose_now(app)
            duties = app.sending.duties()
            for _ in range(8):
                duties.advance()
                duties.dispatch("letters")
        app.store.close()
    found = {line["event"]: line for line in lines()}
    locked = found["edition_locked"]
    assert (locked["edition"], locked["schedule"]) == (1, "morning")
    assert locked["slot"].startswith("manual:")
    assert at_hand() == {}
    assert found["channel_rests"].items() >= {"edition": 1, "send": 1, "attempt": 1}.items()
    assert found["channel_rests"]["call"] > 1
