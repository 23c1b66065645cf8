"""A channel of Discord's lets us post: by a webhook, or by a bot."""

from __future__ import annotations

import pytest

from publisher.errors import ChannelError
from publisher.testing import FakeProvider
from tests.connecting import connecting, walk

HOOK = "https://discord.com/api/webhooks/4711/discord-t0ken"
WEBHOOK = {"sender": "discord", "webhook": "${DISCORD_WEBHOOK}"}
BOT = {"sender": "discord", "token": "${DISCORD_TOKEN}", "channel": '"815"'}


@pytest.fixture
def provider():
    with FakeProvider("discord") as running:
        yield running


def test_a_webhook_is_tried_by_looking_at_it(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, WEBHOOK)
    grant = walk(chosen, "webhook", webhook=HOOK)
    assert chosen.tried(grant) == "Gazette"
    assert [request.method for request in provider.requests] == ["GET"]
    assert chosen.write(grant).names == ("DISCORD_WEBHOOK",)


def test_a_webhook_that_is_gone_is_said_and_never_shown(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, WEBHOOK)
    with pytest.raises(ChannelError, match="Unknown Webhook; write a webhook that there is") as caught:
        chosen.tried(walk(chosen, "webhook", webhook=HOOK.replace("4711", "4712")))
    assert "discord-t0ken" not in str(caught.value)


def test_a_bot_is_tried_by_asking_who_it_is_and_looking_at_the_channel(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, BOT)
    grant = walk(chosen, "bot", token="discord-t0ken")
    assert chosen.tried(grant) == "gazette in #news"
    assert chosen.write(grant).names == ("DISCORD_TOKEN",)


def test_a_bot_that_does_not_see_the_channel_is_said(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, {**BOT, "channel": '"816"'})
    with pytest.raises(ChannelError, match=r"HTTP 404.*check `webhook` or `channel`"):
        chosen.tried(walk(chosen, "bot", token="discord-t0ken"))


def test_a_wrong_token_is_said_and_never_shown(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, BOT)
    with pytest.raises(ChannelError, match="401: Unauthorized") as caught:
        chosen.tried(walk(chosen, "bot", token="wr0ng-t0ken"))
    assert "wr0ng-t0ken" not in str(caught.value)
