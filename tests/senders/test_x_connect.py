"""An account of X's lets an app post: by four keys, or by leave that is given in a browser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from publisher.clock import now
from publisher.errors import ChannelError
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_post
from publisher.testing.dialects.x import XDialect
from publisher.testing.dialects.x_app import XAppDialect
from tests.connecting import connecting, walk, written
from tests.ledger import Clock

KEYS = {
    "sender": "x", "api_key": "${X_API_KEY}", "api_secret": "${X_API_SECRET}", "access_token": "${X_ACCESS_TOKEN}",
    "access_secret": "${X_ACCESS_SECRET}",
}  # fmt: skip
GIVEN = {"api_key": "x-4pp", "api_secret": "x-4pp-secret", "access_token": "x-t0ken", "access_secret": "x-t0ken-secret"}
APP = {"sender": "x", "client_id": "x-cl1ent", "refresh_token": "${X_REFRESH_TOKEN}"}
PKCE = ("state", "code_challenge", "code_challenge_method")


@pytest.fixture
def provider():
    with FakeProvider(XAppDialect()) as running:
        yield running


@pytest.fixture
def chosen(tmp_path, provider):
    return connecting(tmp_path, provider.url, APP, clock=Clock(now()))  # as the sender's own


def allowed(provider, change=lambda address: address):
    return lambda step: change(provider.dialect.consent.allow(step.page, needs=PKCE))


def test_four_keys_are_tried_and_written(tmp_path):
    with FakeProvider(XDialect()) as provider:
        chosen = connecting(tmp_path, provider.url, KEYS)
        grant = walk(chosen, "keys", **GIVEN)
        assert chosen.tried(grant) == "@harborgazette"
        assert chosen.write(grant).names == ("X_API_KEY", "X_API_SECRET", "X_ACCESS_TOKEN", "X_ACCESS_SECRET")
        assert [request.method for request in provider.requests] == ["GET"]


def test_keys_that_may_only_read_are_said(tmp_path):
    with FakeProvider(XDialect()) as provider:
        provider.dialect.may = "read"
        chosen = connecting(tmp_path, provider.url, KEYS)
        with pytest.raises(ChannelError, match=r"may only read; give the app the right to read and write"):
            chosen.tried(walk(chosen, "keys", **GIVEN))


def test_without_an_option_in_the_file_both_ways_are_there_to_choose(tmp_path):
    chosen = connecting(tmp_path, "http://127.0.0.1:9", {"sender": "x"})
    assert [way.name for way in chosen.ways] == ["keys", "oauth2"]


def test_leave_gives_a_refresh_token_for_the_file_and_a_token_for_the_vault(chosen, provider, tmp_path):
    grant = walk(chosen, "oauth2", address=allowed(provider))
    assert chosen.tried(grant) == "@harborgazette"
    assert chosen.write(grant).names == ("X_REFRESH_TOKEN",)
    assert written(tmp_path) == f"X_REFRESH_TOKEN={provider.dialect.refresh}\n"
    first = provider.dialect.refresh
    app = type(chosen._app).open(tmp_path, chosen._app.clock)
    sender = app.senders.build(app.project.channels["letters"])
    assert sender.send(call_to(sample_post()), MemoryJournal()).verdict.outcome == "sent"
    assert provider.dialect.refresh == first  # it was not used: the token beside it is good


@pytest.mark.parametrize("asked", ["taken", "put off"])
def test_what_a_running_process_got_by_the_new_refresh_token_first_stays(chosen, provider, tmp_path, asked):
    grant = walk(chosen, "oauth2", address=allowed(provider))
    app = type(chosen._app).open(tmp_path, chosen._app.clock)

    def at_work():
        return type(app).open(tmp_path, app.clock).senders.build(app.project.channels["letters"])

    def post_first(vault):
        """Let it post as soon as .env says the new one."""
        provider.dialect.prepares = lambda method, path: False  # the request for a token is what fails
        provider.fails(*[Fault.too_many("1")] * (asked == "put off"))
        verdict = at_work().send(call_to(sample_post()), MemoryJournal()).verdict
        assert verdict.outcome == {"taken": "sent", "put off": "deferred"}[asked]
        grant.keep(vault)

    chosen.write(replace(grant, keep=post_first))
    newest = provider.dialect.refresh
    assert (f"X_REFRESH_TOKEN={newest}\n" == written(tmp_path)) == (asked == "put off")
    assert at_work().whose() == "@harborgazette"
    assert provider.dialect.refresh == newest  # the token beside it is good


def test_a_secret_of_the_app_goes_along_and_is_kept(tmp_path):
    with FakeProvider(XAppDialect(client_secret="x-cl1ent-s3cret")) as provider:
        chosen = connecting(tmp_path, provider.url, {**APP, "client_secret": "${X_CLIENT_SECRET}"})
        grant = walk(chosen, "oauth2", client_secret="x-cl1ent-s3cret", address=allowed(provider))
        assert chosen.tried(grant) == "@harborgazette"
        assert chosen.write(grant).names == ("X_CLIENT_SECRET", "X_REFRESH_TOKEN")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda address: address.replace("state=", "state=x"), "belongs to another attempt"),
        (lambda address: address.replace("code=c0de-1&", ""), "it was not allowed: it holds no code"),
        (lambda address: address.replace("code=c0de-1", "error=access_denied"), "it was not allowed: access_denied"),
        (lambda address: address.replace("127.0.0.1", "evil.example"), "not the address that the browser was led to"),
        (lambda address: "c0de-1", "not the address that the browser was led to"),
        (lambda address: address.replace("c0de-1", "wr0ng"), "the code is not taken: HTTP 400"),
    ],
)
def test_an_address_that_gives_no_leave_is_said_and_never_shown(chosen, provider, change, words):
    with pytest.raises(ChannelError, match=words) as caught:
        walk(chosen, "oauth2", address=allowed(provider, change))
    assert "c0de-1" not in str(caught.value)


def test_a_code_is_bound_to_who_asked_for_it(chosen, provider):
    provider.dialect.consent.codes["c0de-0"] = {"client_id": "x-cl1ent", "code_challenge": "of-another"}

    def another(address):
        return address.replace("c0de-2", "c0de-0")

    with pytest.raises(ChannelError, match="the code is not taken"):
        walk(chosen, "oauth2", address=allowed(provider, another))


def test_a_token_without_the_rights_is_of_no_use(chosen, provider):
    provider.dialect.gives = ("tweet.read", "users.read", "offline.access")
    with pytest.raises(ChannelError, match=r"the token lacks tweet\.write"):
        walk(chosen, "oauth2", address=allowed(provider))
