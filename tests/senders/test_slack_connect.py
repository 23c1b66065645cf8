"""A workspace of Slack's lets us post: by a webhook, or by a bot."""

from __future__ import annotations

import pytest

from publisher.errors import ChannelError
from publisher.testing import FakeProvider
from tests.connecting import connecting, walk

HOOK = "https://hooks.slack.com/services/T1/B2/slackt0ken"
TOKEN = "xoxb-slack-t0ken"
WEBHOOK = {"sender": "slack", "webhook": "${SLACK_WEBHOOK}"}
BOT = {"sender": "slack", "token": "${SLACK_TOKEN}", "channel": "C0HARBOR"}


@pytest.fixture
def provider():
    with FakeProvider("slack") as running:
        yield running


def test_a_webhook_is_tried_by_a_post_without_words_which_slack_refuses(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, WEBHOOK)
    grant = walk(chosen, "webhook", webhook=HOOK)
    assert chosen.tried(grant) == "a webhook that is good"
    assert provider.accepted == []
    assert chosen.write(grant).names == ("SLACK_WEBHOOK",)


def test_a_webhook_that_is_gone_is_said_and_never_shown(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, WEBHOOK)
    with pytest.raises(ChannelError, match="HTTP 404: no_service; make a new webhook") as caught:
        chosen.tried(walk(chosen, "webhook", webhook=HOOK.replace("B2", "B3")))
    assert "slackt0ken" not in str(caught.value)


def test_a_bot_is_tried_by_asking_who_it_is_and_looking_into_the_channel(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, BOT)
    grant = walk(chosen, "bot", token=TOKEN)
    assert chosen.tried(grant) == "gazette in Harbor"
    assert chosen.write(grant).names == ("SLACK_TOKEN",)


def test_a_token_without_the_rights_is_of_no_use(tmp_path, provider):
    provider.dialect.scopes = "channels:history"
    chosen = connecting(tmp_path, provider.url, BOT)
    with pytest.raises(ChannelError, match="lacks chat:write: give it to the app"):
        chosen.tried(walk(chosen, "bot", token=TOKEN))


def test_a_wrong_token_is_said_and_never_shown(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, BOT)
    with pytest.raises(ChannelError, match="invalid_auth; copy the bot's token again") as caught:
        chosen.tried(walk(chosen, "bot", token="xoxb-wr0ng"))
    assert "xoxb-wr0ng" not in str(caught.value)


def test_without_an_option_in_the_file_both_ways_are_there_to_choose(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, {"sender": "slack"})
    grant = walk(chosen, "bot", token=TOKEN, channel="C0HARBOR")
    assert chosen.tried(grant) == "gazette in Harbor"
    assert chosen.write(grant).lines == ("channel: C0HARBOR", "token: ${LETTERS_TOKEN}")
