"""An account of Threads' lets an app post: for an hour, then for 60 days."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.app import App
from publisher.errors import ChannelError, ConfigError
from publisher.testing import FakeProvider, Fault
from publisher.testing.dialects.threads_app import ThreadsAppDialect
from tests.connecting import connecting, walk, written
from tests.unit.app.project import EVENING

THREADS = {"sender": "threads", "token": "${THREADS_TOKEN}"}
APP = {"app_id": "4712", "app_secret": "thr-4pp-s3cret"}


class Anywhere(ThreadsAppDialect):
    """Its faults befall every request."""

    def prepares(self, method: str, path: str) -> bool:
        return False


@pytest.fixture
def provider():
    with FakeProvider(Anywhere()) as running:
        yield running


def allowed(provider):
    return lambda step: f"{provider.dialect.consent.allow(step.page, needs=('state',))}#_"  # as Meta ends it


def test_the_token_that_lasts_is_tried_and_written_and_its_end_is_known(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, {**THREADS, "user": "4711"})
    grant = walk(chosen, **APP, address=allowed(provider))
    assert chosen.tried(grant) == "@harborgazette"
    assert chosen.write(grant).names == ("THREADS_TOKEN",)
    assert written(tmp_path) == f"THREADS_TOKEN={provider.dialect.tokens[0]}\n"
    app = App.open(tmp_path, chosen._app.clock)
    ends_at = app.senders.build(app.project.channels["letters"]).token_ends()
    assert ends_at == EVENING + timedelta(days=60)


def test_the_number_of_the_account_comes_with_the_token(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, THREADS)
    grant = walk(chosen, **APP, address=allowed(provider))
    assert chosen.tried(grant) == "@harborgazette"
    assert chosen.write(grant).lines == ("user: 4711",)


def test_leave_of_another_account_than_the_file_names_is_said(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, {**THREADS, "user": "12"})
    with pytest.raises(ConfigError, match="`user` is 12, and what was allowed is 4711"):
        chosen.tried(walk(chosen, **APP, address=allowed(provider)))


def test_a_wrong_secret_of_the_app_is_said_and_never_shown(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, THREADS)
    with pytest.raises(ChannelError, match="no token: HTTP 400: Error validating client secret") as caught:
        walk(chosen, app_id="4712", app_secret="wr0ng-s3cret", address=allowed(provider))
    assert "wr0ng-s3cret" not in str(caught.value)


def test_an_answer_without_a_token_is_tried_again_later(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, THREADS)
    provider.fails(Fault(200, {"token_type": "bearer"}))
    with pytest.raises(ChannelError, match=r"no token: the answer holds none.*again in a while"):
        walk(chosen, **APP, address=allowed(provider))


def test_a_token_without_the_rights_is_of_no_use(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, THREADS)
    provider.dialect.may_publish = False
    grant = walk(chosen, **APP, address=allowed(provider))
    with pytest.raises(ChannelError, match="the token needs threads_basic and threads_content_publish"):
        chosen.tried(grant)
    assert written(tmp_path) == ""
