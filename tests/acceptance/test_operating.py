"""What an operator types while a real `run` is sending, and what they are told."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest

from publisher.app import App
from publisher.app.composing import compose, manual_slot
from publisher.cli.send import carry_out
from publisher.errors import PublisherError
from publisher.store import log
from publisher.testing import FakeProvider, Fault
from tests.acceptance.test_crash import running, wait_for
from tests.command import Command
from tests.project import MAILGUN, WEBHOOK, ProjectDir, environment

READERS = 60
SLOW = [Fault.slow(0.6)] * 400

ALERTS = """\
  spare:
    sender: mailpit
    base_url: {url}
alerts:
  to: [ada@harbor.example]
  heartbeat: {watchdog}
  every: 1s
schedules:
"""


@pytest.fixture
def provider():
    with FakeProvider("webhook") as running_provider:
        yield running_provider


@pytest.fixture
def project(tmp_path, provider):
    made = ProjectDir(tmp_path, provider.url, channel=WEBHOOK, when="every: 2s", backfill=3)
    made.subscribe(READERS)
    return made


@contextmanager
def sending(project, provider, enough=6):
    """A `run` in mid-send through a provider that answers slowly."""
    provider.fails(*SLOW)
    with running(project):
        wait_for(lambda: len(provider.accepted) >= enough, "some accepted")
        yield


def begun_after(provider, seconds=1.0):
    """Return how many requests begin from then on, within the next moments."""
    time.sleep(seconds)
    before = len(provider.requests)
    time.sleep(1.0)
    return len(provider.requests) - before


def states(project) -> Counter[str]:
    app = App.open(project.folder)
    with app.store.read() as conn:
        return Counter(row["state"] for row in log.find(conn, log.Filter(limit=10_000)))


def test_a_hold_stops_an_edition_within_a_second_says_who_got_it_and_a_release_lets_it_go_on(project, provider):
    with sending(project, provider):
        said = project.publisher("hold", "morning", "--why", "a wrong name in the lead")
        assert begun_after(provider, 0) == 0
        got = len(provider.accepted)
        assert f"{got} of {READERS} got it, {READERS - got} not written to yet" in said
        assert "held by cli:" in said
        assert "a wrong name in the lead" in said
        assert "publisher log --edition 1 --state sent" in said
        assert "publisher release 1" in said
        assert "publisher release 1" in project.publisher("status", code=1)
        provider.recovers()
        project.publisher("release", "morning")
        wait_for(lambda: len(provider.accepted) == READERS, "the rest")
        wait_for(lambda: states(project) == {"sent": READERS}, "the books")
    assert max(Counter(provider.addresses()).values()) == 1
    assert "the books balance" in project.publisher("verify")


def test_hold_all_stops_everything_and_whatever_comes(project, provider):
    with sending(project, provider):
        project.publisher("hold", "--all")
        assert begun_after(provider, 0) == 0
        got = len(provider.accepted)
        project.publish(4)  # a new edition comes, and does not begin
        assert begun_after(provider, 3.0) == 0
        assert len(provider.accepted) == got
        assert "publisher release --all" in project.publisher("status", code=1)
        provider.recovers()
        project.publisher("release", "--all")
        wait_for(lambda: len(provider.accepted) == 2 * READERS, "both editions")


def test_an_edition_cancelled_while_it_is_sent_has_exact_counts(project, provider):
    with sending(project, provider):
        said = project.publisher("cancel", "morning", "--yes", "--why", "withdrawn")
        wait_for(lambda: not states(project)["taken"], "the calls under way")
        got = len(provider.accepted)
        assert begun_after(provider, 0.5) == 0
    assert states(project) == {"sent": got, "cancelled": READERS - got}
    assert f"{got} of {READERS} got it, {READERS - got} never will" in said
    assert "withdrawn" in project.publisher("log", "--edition", "1", "--state", "cancelled", "--limit", "1")
    assert "the books balance" in project.publisher("verify")
    assert "nothing of it is left to cancel" in project.publisher("cancel", "1", "--yes", code=1)


def test_only_those_it_failed_for_get_it_again(project, provider):
    provider.fails(Fault(400, "no such mailbox"), Fault(400, "no such mailbox"))
    said = project.publisher("send", "morning", "--yes", code=1)
    assert "2 failed; to send it to them again: publisher resend 1" in said
    first = set(provider.addresses())
    assert len(first) == READERS - 2
    project.publisher("resend", "morning", "--yes")
    assert len(provider.accepted) == READERS
    assert max(Counter(provider.addresses()).values()) == 1
    assert "nothing to resend" in project.publisher("resend", "morning", "--yes")
    assert states(project) == {"sent": READERS}


def test_each_doubtful_delivery_is_named_and_settled_as_a_person_says(tmp_path):
    with FakeProvider("mailpit") as provider:  # which knows no keys and can't be asked
        project = ProjectDir(tmp_path, provider.url, channel={"sender": "mailpit"}, backfill=3)
        project.subscribe(3)
        provider.fails(*[Fault.dropped_after()] * 3)
        said = project.publisher("send", "morning", "--yes", code=1)
        assert "3 may or may not have arrived: publisher unknown list --edition 1" in said
        listed = project.json("unknown", "list")
        assert {line["to"] for line in listed} == {f"reader{n}@example.org" for n in range(3)}
        assert all(line["key"] and line["since"] and line["reason"] for line in listed)
        assert "publisher unknown list" in project.publisher("status", code=1)
        first, second, third = (str(line["delivery"]) for line in listed)
        words = ("--yes", "--why", "looked it up")
        project.publisher("unknown", "treat-as-sent", "--delivery", first, *words)
        project.publisher("unknown", "treat-as-failed", "--to", listed[1]["to"], *words)
        project.publisher("unknown", "resend", "--all", *words)
        assert states(project) == {"sent": 1, "failed": 1, "pending": 1}
        said = project.publisher("log", "--state", "sent")
        assert "treated as sent by cli:" in said
        assert "looked it up" in said
        project.publisher("send", "morning", "--finish", "--yes", code=1)
        assert states(project) == {"sent": 2, "failed": 1}
        assert provider.addresses().count(listed[2]["to"]) == 2  # the one that was sent anew
        assert provider.addresses().count(listed[1]["to"]) == 1
        assert second != third
        assert "the books balance" in project.publisher("verify")


def test_trouble_is_told_once_never_only_through_what_failed_and_once_more_when_it_is_over(tmp_path):
    with FakeProvider("mailgun") as letters, FakeProvider("mailpit") as spare, FakeProvider("webhook") as watchdog:
        project = ProjectDir(tmp_path, letters.url, channel=MAILGUN, when="every: 2s", backfill=3)
        path = project.folder / "schedules.yaml"
        path.write_text(
            path.read_text().replace("schedules:\n", ALERTS.format(url=spare.url, watchdog=f"{watchdog.url}/ping"))
        )
        project.subscribe(3)
        letters.fails(*[Fault(401, "Forbidden")] * 50)
        with running(project):
            wait_for(lambda: len(spare.accepted) == 1, "the alert")
            time.sleep(4.0)  # several more looks
            assert len(spare.accepted) == 1
            told = spare.requests[0].json
            assert told["To"][0]["Email"] == "ada@harbor.example"
            assert "letters" in told["Subject"]
            assert "3 readers" in told["Text"]
            assert "publisher release --channel letters" in told["Text"]
            assert not any("ada@" in request.body.decode() for request in letters.requests)
            found = json.loads(project.publisher("status", "--json", code=1))
            assert found["needs_a_person"]
            assert [row["name"] for row in found["channels"]] == ["letters"]
            letters.recovers()
            project.publisher("release", "--channel", "letters")
            wait_for(lambda: len(spare.accepted) == 2, "the all-clear")
            wait_for(lambda: len(letters.accepted) == 3, "the readers' letters")
            assert len(watchdog.requests) >= 3
            assert {(request.method, request.path) for request in watchdog.requests} == {("GET", "/ping")}
            assert "/ping" not in (project.folder / "run.log").read_text()
            assert "over: " in spare.requests[1].json["Subject"]
            wait_for(lambda: project.json("status")["needs_a_person"] is False, "all to be well")


def test_a_broken_file_keeps_nobody_from_holding_what_runs(project, provider):
    with sending(project, provider):
        (project.folder / "schedules.yaml").write_text("publication: [")
        project.publisher("hold", "morning")
        assert begun_after(provider, 0) == 0
        assert "is refused" in project.publisher("status", code=1)


def test_a_send_that_is_told_to_end_finishes_its_calls_and_begins_no_more(project, provider):
    provider.fails(*SLOW)
    with Path(os.devnull).open("wb") as nothing:
        words = ["send", "morning", "--yes"]
        sender = Command(words, cwd=project.folder, env=environment(), stdout=nothing, stderr=nothing)
    try:
        wait_for(lambda: len(provider.accepted) >= 6, "some accepted")
        sender.terminate()
        assert sender.wait(20) in (1, 130)
    finally:
        sender.kill()
    got = len(provider.accepted)
    assert got < READERS
    assert states(project) == {"sent": got, "pending": READERS - got}


def test_a_send_whose_edition_cannot_be_made_ends_with_a_line(project, monkeypatch):
    def breaks(*_args, **_options):
        raise RuntimeError("unforeseen")

    app = App.open(project.folder)
    monkeypatch.setattr("publisher.pipeline.produce.record", breaks)
    composed = compose(app, app.schedule("morning"), manual_slot(app), actor="test")
    with pytest.raises(PublisherError, match="its messages can't be made"):
        carry_out(app, [composed.edition_id], as_json=False)
