"""Channels: how each stands, stopped and let go by a person, looked at on demand, and no secret anywhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from publisher.app import doctor, tokens
from publisher.app.doctor.finding import fine, wrong
from publisher.model.staff import May, Role
from publisher.store import channels, credentials, limits
from publisher.store.credentials import Sealed
from publisher.web.console import channels as room
from tests.unit.web.browsers import signed_in
from tests.unit.web.ledger import HOSTILE_WORDS, NOW, fill, open_project, served

CANARY = "s3cret-canary-4711"


@pytest.fixture(scope="module")
def wired(tmp_path_factory):
    """A project whose .env holds a secret, which providers repeat in their words."""
    folder = tmp_path_factory.mktemp("wired")
    (folder / ".env").write_text(f"TOKEN={CANARY}\n")
    with served(open_project(folder), folder) as site:
        fill(site)
        yield site


@pytest.fixture(scope="module")
def operator(wired):
    with signed_in(wired.app, wired.url, Role.OPERATOR) as browser:
        yield browser


@pytest.fixture(autouse=True)
def all_go_on(wired):
    yield
    with wired.app.store.write() as conn:
        for name in ("letters", "mastodon"):
            channels.let_go_on(conn, name)


def test_a_channel_is_stopped_and_let_go_on_and_the_audit_has_both(wired, operator):
    text = operator.said("/channels/letters/stop", why="the <b>domain</b> burns")
    assert "letters is stopped" in text and "stopped by console:operator: the &lt;b&gt;domain&lt;/b&gt; burns" in text
    with wired.app.store.read() as conn:
        assert channels.is_stopped(conn, "letters")
    assert "The channel letters is stopped already." in operator.said("/channels/letters/stop", why="again")
    assert "state-stopped" in operator.get("/channels").text
    assert "Channel letters goes on" in operator.said("/channels/letters/release")
    assert "neither stopped nor resting" in operator.said("/channels/letters/release")
    text = operator.get("/audit?about=channel:letters").text
    assert "stopped the channel letters" in text and "let the channel letters go on" in text


def test_a_page_shows_rests_tokens_limits_and_last_calls_and_never_a_secret(wired, operator):
    app = wired.app
    before = app.project
    letters = replace(before.channels["letters"], per_day=1_000, rate_per_second=5.0, options={"password": CANARY})
    try:
        app.project = replace(before, practice=False, channels={**before.channels, "letters": letters})
        with app.store.write() as conn:
            channels.rest(conn, "letters", failures=5, until=NOW + timedelta(minutes=3), reason=f"no: {CANARY}")
            limits.set_used(conn, limits.daily("letters"), "2026-11-24", 412)
            credentials.lock(conn, "letters", "token")
            sealed = Sealed("k1", CANARY.encode())
            credentials.keep(conn, "letters", "token", sealed, now=NOW, ends_at=NOW + timedelta(days=3))
        text = operator.get("/channels/letters").text
        listed = operator.get("/channels").text
    finally:
        app.project = before
    for words in ("state-resting", "no: ***", "412 of 1,000", "5.0 recipients a second", "password (secret)", "ends"):
        assert words in text, words
    assert "&lt;img src=x onerror=alert(1)&gt;" in text or HOSTILE_WORDS not in text
    assert "412 of 1,000" in listed and "Its token ends" in listed
    assert CANARY not in text + listed + operator.get("/audit").text


def test_a_check_says_what_it_found_and_hides_secrets(operator, monkeypatch):
    found = [fine("DNS", "all is well"), wrong("account", f"doesn't take {CANARY} <b>", "Get it anew")]
    monkeypatch.setattr(doctor, "examine", lambda *_: found)
    text = operator.said("/channels/letters/check")
    assert "2 things looked at. 1 of them is in trouble." in text
    assert "doesn&#39;t take *** &lt;b&gt;" in text and CANARY not in text


def test_a_check_that_takes_long_is_waited_for_no_longer_than_people_wait(operator, monkeypatch):
    monkeypatch.setattr(room, "PATIENCE", timedelta(seconds=0))
    monkeypatch.setattr(doctor, "examine", lambda *_: [])
    assert "That takes longer." in operator.said("/channels/mastodon/check")


def test_a_program_reads_how_channels_stand(wired, operator):
    token = tokens.add(wired.app, "operator", "test", [May.OPERATE])
    asked = {"headers": {"Authorization": f"Bearer {token}"}, "timeout": 10}
    with wired.app.store.write() as conn:
        channels.stop(conn, "mastodon", reason=f"refused {CANARY}", now=NOW)
    lines = requests.get(f"{wired.url}/api/v1/channels", **asked).json()["items"]
    states = {each["name"]: (each["state"], each["why"], each["carries"]) for each in lines}
    assert states == {"letters": ("well", "", ["mail"]), "mastodon": ("stopped", "refused ***", ["post"])}
    whole = requests.get(f"{wired.url}/api/v1/channels/letters", **asked).json()
    assert whole["calls"][0]["recipients"] == 3 and whole["calls"][0]["status"] == 200
    assert requests.post(f"{wired.url}/api/v1/channels/letters/stop", json={}, **asked).status_code == 422
    assert requests.get(f"{wired.url}/api/v1/channels/nope", **asked).status_code == 404


@pytest.mark.parametrize("role", [Role.EDITOR, Role.APPROVER])
def test_whoever_is_no_operator_looks_and_does_nothing(wired, role):
    with signed_in(wired.app, wired.url, role) as browser:
        assert "Stop it" not in browser.get("/channels/letters").text
        for verb in ("stop", "release", "check"):
            assert browser.do(f"/channels/letters/{verb}", why="x").status_code == 403
    assert requests.post(f"{wired.url}/channels/letters/stop", timeout=10).status_code == 401


def test_a_channel_that_is_not_there_is_nowhere(operator):
    assert operator.get("/channels/nope").status_code == 404
    assert operator.get("/channels/<script>").status_code == 404
    for verb in ("stop", "release", "check"):
        assert operator.do(f"/channels/nope/{verb}", why="x").status_code == 404


def test_a_channel_of_a_sender_that_is_not_there_says_so(wired, operator):
    app, before = wired.app, wired.app.project
    try:
        lost = replace(before.channels["mastodon"], sender="mastodonn")
        app.project = replace(before, channels={**before.channels, "mastodon": lost})
        assert "no sender is called" in operator.get("/channels").text
        assert operator.get("/channels/mastodon").status_code == 200
    finally:
        app.project = before
