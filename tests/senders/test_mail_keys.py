"""Keys of mail providers are tried by a question that sends nothing, where there is one."""

from __future__ import annotations

import pytest

from publisher.errors import ChannelError
from publisher.testing import FakeProvider
from tests.connecting import connecting, walk, written

KEYS = {
    "brevo": {"api_key": "xkeysib-0123456789"},
    "mailjet": {"api_key": "mj-public", "secret_key": "mj-secret"},
    "postmark": {"server_token": "pm-server-token"},
    "sendgrid": {"api_key": "SG.key"},
}


@pytest.mark.parametrize("name", KEYS)
def test_a_wrong_key_is_said_never_shown_and_not_written(tmp_path, name):
    with FakeProvider(name) as provider:
        chosen = connecting(tmp_path, provider.url, {"sender": name})
        with pytest.raises(ChannelError, match=r"doesn't take what was given: HTTP 401") as caught:
            chosen.tried(walk(chosen, **dict.fromkeys(KEYS[name], "wr0ng-k3y")))
    assert "wr0ng-k3y" not in str(caught.value)
    assert written(tmp_path) == ""


def test_a_key_without_the_right_to_send_is_of_no_use(tmp_path):
    with FakeProvider("sendgrid") as provider:
        provider.dialect.scopes = ["stats.read"]
        chosen = connecting(tmp_path, provider.url, {"sender": "sendgrid"})
        key = provider.dialect.credentials.removeprefix("Bearer ")
        with pytest.raises(ChannelError, match=r"the key lacks the right mail\.send"):
            chosen.tried(walk(chosen, api_key=key))


def test_both_halves_of_a_key_of_amazons_are_asked_for(tmp_path):
    chosen = connecting(tmp_path, "http://127.0.0.1:9", {"sender": "ses"})
    grant = walk(chosen, region="eu-west-1", access_key_id="AKIA0", secret_access_key="s3cret")
    assert chosen.replaced(chosen.ways[0]) == []
    assert chosen.tried(grant) is None
    done = chosen.write(grant)
    assert done.names == ("LETTERS_SECRET_ACCESS_KEY",)
    assert done.lines == (
        "region: eu-west-1",
        "access_key_id: AKIA0",
        "secret_access_key: ${LETTERS_SECRET_ACCESS_KEY}",
    )
