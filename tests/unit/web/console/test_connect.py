"""Connecting a channel in the browser: what is typed is tried, written, and never comes back."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest

from publisher.app import App
from publisher.config.settings import Settings
from publisher.model.staff import Role
from publisher.store import staff
from publisher.testing import FakeProvider
from tests.connecting import held, written
from tests.ledger import Clock
from tests.project import ProjectDir
from tests.unit.app.project import EVENING
from tests.unit.web.browsers import Browser, signed_in
from tests.unit.web.ledger import served

TOKEN = "7001:telegram-t0ken"
HERE = "/channels/letters/connect"


@pytest.fixture(scope="module")
def provider():
    with FakeProvider("telegram") as provider:
        yield provider


@pytest.fixture
def made(tmp_path, provider):
    channel = {"sender": "telegram", "token": "${BOT_TOKEN}", "chat": '"@harbor_gazette"'}
    ProjectDir(tmp_path, provider.url, channel=channel, secrets="OTHER=a-secret-of-another\n")
    with served(App.open(tmp_path, Clock(EVENING)), tmp_path) as site:
        yield site


@pytest.fixture
def operator(made):
    with signed_in(made.app, made.url, Role.OPERATOR) as browser:
        yield browser


def begin(browser: Browser, **fields) -> str:
    return browser.said(f"{HERE}/begin", **fields)


def everything(browser: Browser, answers) -> str:
    """Return all that the browser was given and keeps."""
    kept = [f"{name}={value}" for name, value in browser.cookies.items()]
    return "".join([*kept, *(answer.text + str(answer.headers) + answer.url for answer in answers)])


def test_a_channel_is_connected_step_by_step_and_nothing_typed_comes_back(made, operator, tmp_path):
    assert "Step by step you get what telegram asks for" in operator.get(HERE).text
    text = begin(operator)
    assert "@BotFather" in text and 'type="password"' in text
    done = operator.do(f"{HERE}/step", number="0", **{"answer-token": TOKEN})
    page = operator.get(done.headers["location"])
    assert "telegram takes it: @" in page.text and "Written into .env: BOT_TOKEN" in page.text, page.text
    assert TOKEN not in everything(operator, [done, page]) and "t0ken" not in everything(operator, [done, page])
    assert f"BOT_TOKEN={TOKEN}\n" in written(tmp_path)
    assert "Begin" in operator.get(HERE).text  # what came of it is said once
    with made.app.store.read() as conn:
        (noted, *_) = staff.done(conn)
    assert (noted["actor"], noted["about"]) == ("console:operator", "channel:letters")
    assert noted["what"] == "connected the channel letters: wrote BOT_TOKEN"
    assert "connected the channel letters" in operator.get("/audit?about=channel:letters").text


def test_a_token_that_is_refused_is_not_written_and_not_shown(operator, tmp_path):
    begin(operator)
    done = operator.do(f"{HERE}/step", number="0", **{"answer-token": "7001:wr0ng-canary"})
    page = operator.get(done.headers["location"])
    assert 'role="alert"' in page.text and "canary" not in everything(operator, [done, page])
    assert written(tmp_path) == "OTHER=a-secret-of-another\n"
    assert "Step by step" in operator.get(HERE).text


def test_what_is_not_one_in_its_form_is_said_beside_the_field(operator):
    begin(operator)
    for typed, words in (("", "token is needed"), ("x" * 3000, "too long to be one")):
        answer = operator.do(f"{HERE}/step", number="0", **{"answer-token": typed})
        assert answer.status_code == 400 and words in answer.text and "xxxx" not in answer.text


def test_a_step_of_before_or_of_nobody_s_does_nothing(made, operator, tmp_path):
    assert "begin again" in operator.said(f"{HERE}/step", number="0", **{"answer-token": TOKEN})
    begin(operator)
    assert "@BotFather" in operator.said(f"{HERE}/step", number="7", **{"answer-token": TOKEN})
    with signed_in(made.app, made.url, Role.OPERATOR, "other") as other:
        assert "Step by step" in other.get(HERE).text
        assert "begin again" in other.said(f"{HERE}/step", number="0", **{"answer-token": TOKEN})
    assert "Nothing was written" in operator.said(f"{HERE}/leave")
    assert "BOT_TOKEN" not in written(tmp_path)


def test_a_walk_ends_after_a_quarter_of_an_hour(made, operator, tmp_path):
    begin(operator)
    made.app.clock.advance(timedelta(minutes=16))
    assert "quarter of an hour is over" in operator.said(f"{HERE}/step", number="0", **{"answer-token": TOKEN})
    assert "BOT_TOKEN" not in written(tmp_path)


def test_what_is_set_already_is_replaced_only_if_that_is_said(made, operator, tmp_path):
    (tmp_path / ".env").write_text("BOT_TOKEN=0ld-canary\n")
    made.app.settings = Settings.load(tmp_path)
    page = operator.get(HERE).text
    assert "BOT_TOKEN is set already" in page and "canary" not in page
    assert "Something is set already. Mark that it may be replaced." in begin(operator)
    begin(operator, replace="true")
    assert "Written into .env: BOT_TOKEN" in operator.said(f"{HERE}/step", number="0", **{"answer-token": TOKEN})
    assert written(tmp_path) == f"BOT_TOKEN={TOKEN}\n"


@pytest.mark.parametrize("role", [Role.EDITOR, Role.APPROVER])
def test_only_an_operator_connects(made, role):
    with signed_in(made.app, made.url, role) as browser:
        assert browser.get(HERE).status_code == 403
        assert browser.do(f"{HERE}/begin").status_code == 403
        assert browser.do(f"{HERE}/step", number="0", **{"answer-token": TOKEN}).status_code == 403


def test_without_a_form_of_the_session_nothing_begins(operator):
    assert operator.post(f"{HERE}/begin", data={"csrf_token": "0" * 64}).status_code == 403
    assert operator.get("/channels/nope/connect").status_code == 404
    assert operator.get("/channels/%2e%2e/connect").status_code == 404


def test_of_two_presses_of_one_step_one_counts_and_the_other_is_told(made, operator, provider, tmp_path):
    begin(operator)
    asked = len(provider.requests)
    press = partial(operator.do, f"{HERE}/step", number="0", **{"answer-token": TOKEN})
    with ThreadPoolExecutor() as pool:
        with held(tmp_path):  # the first is about to write
            first = pool.submit(press)
            while len(provider.requests) == asked and not first.done():
                time.sleep(0.01)
            assert "that press counts, and this one did nothing" in operator.get(press().headers["location"]).text
        first.result()
    assert "Written into .env: BOT_TOKEN" in operator.get(HERE).text
    with made.app.store.read() as conn:
        assert [row["what"] for row in staff.done(conn)].count("connected the channel letters: wrote BOT_TOKEN") == 1


def test_who_presses_a_step_again_when_it_is_done_is_told_so(made, operator, tmp_path):
    begin(operator)
    operator.do(f"{HERE}/step", number="0", **{"answer-token": TOKEN})
    assert "this one did nothing" in operator.said(f"{HERE}/step", number="0", **{"answer-token": "7001:other"})
    assert f"BOT_TOKEN={TOKEN}\n" in written(tmp_path)
