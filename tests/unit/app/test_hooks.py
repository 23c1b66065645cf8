"""Webhooks as an operator has them: what can be added, what is written down, and who may."""

from __future__ import annotations

import base64

import pytest

from publisher.app import hooks
from publisher.errors import NotAllowedError, UsageError
from publisher.model.hook import HookKind
from publisher.model.staff import Member, Role
from publisher.store import hooks as ledger
from publisher.store import permission, staff
from tests.ledger import NOW, Clock
from tests.unit.app.project import open_app

ADDRESS = "https://news.example/hooks?key=1"


@pytest.fixture
def app(tmp_path):
    return open_app(tmp_path, Clock(NOW))


def done(app) -> list[str]:
    with app.store.read() as conn:
        return [row["what"] for row in reversed(staff.done(conn))]


def test_a_secret_is_of_the_standards_kind_and_another_each_time(app):
    secrets = {hooks.add(app, ADDRESS)[1], hooks.add(app, ADDRESS)[1], hooks.rotate(app, 1), hooks.rotate(app, 1)}
    assert len(secrets) == 4
    for secret in secrets:
        assert secret.startswith("whsec_")
        assert 24 <= len(base64.b64decode(secret[6:], validate=True)) <= 64


def test_what_is_done_is_written_down_without_what_may_be_secret(app):
    number, _ = hooks.add(app, ADDRESS, [HookKind.EDITION_CLOSED], description=" the \n CMS ")
    hooks.rotate(app, number)
    hooks.pause(app, number, "while it moves")
    hooks.resume(app, number)
    hooks.end(app, number)
    assert done(app) == [
        "added webhook 1, to news.example",
        "gave webhook 1 another secret",
        "paused webhook 1",
        "resumed webhook 1",
        "ended webhook 1",
    ]
    with app.store.read() as conn:
        found = ledger.get(conn, number)
    assert (found.kinds, found.wants_all, found.description) == ((HookKind.EDITION_CLOSED,), False, "the CMS")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://news.example/", "this machine alone"),
        ("https://anna:secret@news.example/", "no password"),
        ("file:///etc/passwd", "no web address"),
        ("http://127.0.0.1:8000/", "own network"),
        ("https://news.example/#x", "#"),
        ("", "no web address"),
    ],
)
def test_an_address_that_wont_do_is_refused_in_words(app, address, words):
    with pytest.raises(UsageError, match=words) as caught:
        hooks.add(app, address)
    assert "secret" not in str(caught.value)


def test_there_are_not_too_many(app, monkeypatch):
    monkeypatch.setattr(hooks, "MOST", 1)
    hooks.add(app, ADDRESS)
    with pytest.raises(UsageError, match="1 webhooks"):
        hooks.add(app, ADDRESS)
    hooks.end(app, 1)
    hooks.add(app, ADDRESS)


def test_events_are_named(app):
    assert hooks.kinds_named(["edition.closed"]) == [HookKind.EDITION_CLOSED]
    with pytest.raises(UsageError, match=r"Did you mean edition\.closed"):
        hooks.kinds_named(["edition.close"])
    with pytest.raises(UsageError, match="no event"):
        hooks.kinds_named(["hook.test"])


@pytest.mark.parametrize("verb", [hooks.rotate, hooks.test, hooks.pause, hooks.resume, hooks.end, hooks.again])
def test_of_one_that_is_not_there_or_has_ended_it_is_said(app, verb):
    with pytest.raises(UsageError, match="no webhook 1"):
        verb(app, 1)
    hooks.add(app, ADDRESS)
    hooks.end(app, 1)
    with pytest.raises(UsageError, match="has ended"):
        verb(app, 1)


def test_what_makes_no_sense_now_is_said(app):
    hooks.add(app, ADDRESS)
    for verb, words in (
        (hooks.resume, "not paused"),
        (hooks.pause, ""),
        (hooks.pause, "already"),
        (hooks.test, "paused"),
    ):
        if words:
            with pytest.raises(UsageError, match=words):
                verb(app, 1)
        else:
            verb(app, 1)
    hooks.resume(app, 1)
    message = hooks.test(app, 1)
    with pytest.raises(UsageError, match="waits"):
        hooks.again(app, 1, message)
    with pytest.raises(UsageError, match="has no message 99"):
        hooks.again(app, 1, 99)


@pytest.mark.parametrize("role", [Role.EDITOR, Role.APPROVER])
def test_who_may_not(app, role):
    hooks.add(app, ADDRESS)
    with permission.asking(Member(1, "ben", role, NOW)):
        for verb in (hooks.rotate, hooks.test, hooks.pause, hooks.resume, hooks.end, hooks.again):
            with pytest.raises(NotAllowedError):
                verb(app, 1)
        with pytest.raises(NotAllowedError):
            hooks.add(app, ADDRESS)
