"""An account of Bluesky's lets us post by an app password."""

from __future__ import annotations

import pytest

from publisher.errors import ChannelError
from publisher.testing import FakeProvider
from tests.connecting import connecting, walk, written

BLUESKY = {"sender": "bluesky", "identifier": "gazette.example", "password": "${BLUESKY_PASSWORD}"}


@pytest.fixture
def provider():
    with FakeProvider("bluesky") as running:
        yield running


def test_an_app_password_is_tried_by_logging_in(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, BLUESKY)
    grant = walk(chosen, password="app-p4ss-w0rd")
    assert chosen.tried(grant) == "gazette.example"
    assert chosen.write(grant).names == ("BLUESKY_PASSWORD",)
    assert written(tmp_path) == "BLUESKY_PASSWORD=app-p4ss-w0rd\n"


def test_whose_a_kept_session_is_the_server_is_asked_under_a_good_one(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, BLUESKY, secrets="BLUESKY_PASSWORD=app-p4ss-w0rd\n")
    sender = chosen._app.senders.build(chosen.channel)
    assert sender.whose() == "gazette.example"
    provider.dialect.identifier = "renamed.example"
    provider.dialect.end_sessions()
    assert sender.whose() == "renamed.example"
    provider.dialect.status = "suspended"
    assert sender.whose().reason == "the account is suspended; look at Bluesky what is the matter with the account"
    provider.dialect.end_sessions(for_good=True)
    provider.dialect.password = "an0ther"
    assert "make a new app password" in sender.whose().reason


def test_a_password_that_is_refused_is_not_written(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, BLUESKY)
    with pytest.raises(ChannelError, match=r"make a new app password.*Nothing was written") as caught:
        chosen.tried(walk(chosen, password="wr0ng-p4ss"))
    assert "wr0ng-p4ss" not in str(caught.value)
    assert written(tmp_path) == ""
