"""A Page of Facebook's lets an app post: the Page's token is made of that of one who may post there."""

from __future__ import annotations

import pytest

from publisher.errors import ChannelError
from publisher.testing import FakeProvider
from publisher.testing.dialects.facebook_app import FacebookAppDialect
from tests.connecting import connecting, walk, written

FACEBOOK = {"sender": "facebook", "token": "${FACEBOOK_TOKEN}"}
APP = {"app_id": "4713", "app_secret": "fb-4pp-s3cret", "user_token": "fb-us3r-t0ken"}


@pytest.fixture
def provider():
    with FakeProvider(FacebookAppDialect()) as running:
        yield running


def test_the_page_is_chosen_among_those_of_the_user(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, FACEBOOK)

    def choose(step):
        assert step.asks[0].choices == {"4711": "Harbor Gazette", "4799": "Harbor Sports"}
        return "4711"

    grant = walk(chosen, **APP, page=choose)
    assert chosen.tried(grant) == "Harbor Gazette"
    done = chosen.write(grant)
    assert (done.names, done.lines) == (("FACEBOOK_TOKEN",), ("page: 4711",))
    assert written(tmp_path) == "FACEBOOK_TOKEN=fb-p4ge-t0ken\n"


def test_a_page_that_the_file_names_is_not_asked_for(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, {**FACEBOOK, "page": "4711"})
    grant = walk(chosen, **APP)
    assert chosen.tried(grant) == "Harbor Gazette"
    assert chosen.write(grant).lines == ()


def test_a_page_that_the_user_may_not_post_for_is_said(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, {**FACEBOOK, "page": "12"})
    with pytest.raises(ChannelError, match="this token does not post for the Page 12"):
        walk(chosen, **APP)


def test_a_user_who_may_post_for_no_page_is_said(tmp_path, provider):
    provider.dialect.pages = {}
    chosen = connecting(tmp_path, provider.url, FACEBOOK)
    with pytest.raises(ChannelError, match="does not post for any Page"):
        walk(chosen, **APP)


def test_a_wrong_secret_of_the_app_is_said_and_never_shown(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, FACEBOOK)
    with pytest.raises(ChannelError, match="no token that lasts: HTTP 400: Error validating client secret") as caught:
        walk(chosen, **{**APP, "app_secret": "wr0ng-s3cret"})
    assert "wr0ng-s3cret" not in str(caught.value)


def test_a_token_without_the_rights_is_of_no_use(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, FACEBOOK)
    provider.dialect.granted = {"pages_show_list", "pages_read_engagement"}
    with pytest.raises(ChannelError, match="the token lacks pages_manage_posts"):
        walk(chosen, **APP)
