"""An account of Mastodon's allows an app that is made at its own server."""

from __future__ import annotations

import pytest

from publisher.errors import ChannelError
from publisher.testing import FakeProvider, Fault
from publisher.testing.dialects.mastodon_app import MastodonServerDialect
from tests.connecting import connecting, walk, written

MASTODON = {"sender": "mastodon", "instance": "https://news.example", "token": "${MASTODON_TOKEN}"}


@pytest.fixture
def provider():
    with FakeProvider(MastodonServerDialect()) as running:
        yield running


@pytest.fixture
def chosen(tmp_path, provider):
    return connecting(tmp_path, provider.url, MASTODON)


def test_the_token_of_an_account_that_allows_it_is_tried_and_written(chosen, provider, tmp_path):
    grant = walk(chosen, code=lambda step: provider.dialect.consent.allow(step.page))
    assert chosen.tried(grant) == "@gazette"
    assert chosen.write(grant).names == ("MASTODON_TOKEN",)
    assert written(tmp_path) == f"MASTODON_TOKEN={provider.dialect.token}\n"
    assert provider.accepted == []  # nothing was posted


def test_the_server_is_asked_for_where_nobody_wrote_it(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, {"sender": "mastodon"})
    allow = provider.dialect.consent.allow
    grant = walk(chosen, instance="https://news.example", code=lambda step: allow(step.page))
    assert chosen.tried(grant) == "@gazette"
    done = chosen.write(grant)
    assert done.lines == ("instance: https://news.example", "token: ${LETTERS_TOKEN}")
    assert written(tmp_path) == f"LETTERS_TOKEN={provider.dialect.token}\n"


@pytest.mark.parametrize("code", ["wr0ng", "c0de-1"])
def test_a_code_that_is_wrong_or_was_used_before_is_refused(chosen, provider, code):
    if code == "c0de-1":
        walk(chosen, code=lambda step: provider.dialect.consent.allow(step.page))
    with pytest.raises(ChannelError, match=r"the code is not taken: HTTP 400.*publisher connect letters") as caught:
        walk(chosen, code=code)
    assert code not in str(caught.value)


def test_a_token_without_the_rights_is_of_no_use(chosen, provider):
    provider.dialect.gives = ("read:accounts", "write:media")
    with pytest.raises(ChannelError, match="the token lacks write:statuses"):
        walk(chosen, code=lambda step: provider.dialect.consent.allow(step.page))


def test_a_server_that_makes_no_apps_is_said(chosen, provider):
    provider.fails(Fault.web_page(404))
    with pytest.raises(ChannelError, match=r"no app could be made there: HTTP 404.*`instance`"):
        walk(chosen)
    provider.fails(Fault(200, {"name": "Publisher"}))
    with pytest.raises(ChannelError, match="its answer names no app"):
        walk(chosen)


def test_a_network_that_is_down_is_tried_again_later(tmp_path):
    chosen = connecting(tmp_path, "http://127.0.0.1:9", MASTODON)
    with pytest.raises(ChannelError, match=r"could not be reached: no connection\. Nothing was written; try again"):
        walk(chosen)


def test_an_account_that_is_shut_out_afterwards_is_said_and_nothing_is_written(chosen, provider, tmp_path):
    grant = walk(chosen, code=lambda step: provider.dialect.consent.allow(step.page))
    provider.fails(Fault(403, {"error": "Your login is currently disabled"}))
    with pytest.raises(ChannelError, match=r"login is currently disabled\. Nothing was written"):
        chosen.tried(grant)
    assert written(tmp_path) == ""
