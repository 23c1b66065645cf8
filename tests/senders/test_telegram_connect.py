"""A bot of Telegram's gets its token from @BotFather, and finds the chat that it was let into."""

from __future__ import annotations

import pytest

from publisher.errors import ChannelError
from publisher.testing import FakeProvider
from publisher.testing.dialects.telegram import TelegramDialect
from tests.connecting import connecting, walk, written

TELEGRAM = {"sender": "telegram", "token": "${TELEGRAM_TOKEN}"}
TOKEN = "7001:telegram-t0ken"


@pytest.fixture
def provider():
    with FakeProvider(TelegramDialect(TOKEN, chat="-1001234567890")) as running:
        yield running


def test_the_chat_that_the_bot_was_let_into_is_found(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, TELEGRAM)
    provider.dialect.heard = True

    def only_channels(step):
        assert step.asks[0].choices == {"-1001234567890": "Harbor"}
        return "-1001234567890"

    grant = walk(chosen, token=TOKEN, chat=only_channels)
    assert chosen.tried(grant) == "@gazette_bot in Harbor"
    assert chosen.write(grant).lines == ("chat: -1001234567890",)
    assert written(tmp_path) == f"TELEGRAM_TOKEN={TOKEN}\n"
    assert provider.dialect.messages == {}


def test_a_chat_that_the_bot_has_not_heard_of_is_typed_in(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, TELEGRAM)
    assert walk(chosen, token=TOKEN, chat="@harbor_gazette").values["chat"] == "@harbor_gazette"


def test_a_chat_that_is_known_is_not_asked_for(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, {**TELEGRAM, "chat": "-1001234567890"})
    grant = walk(chosen, token=TOKEN)
    assert chosen.tried(grant) == "@gazette_bot in Harbor"
    assert chosen.write(grant).lines == ()


def test_a_wrong_token_is_said_before_anything_else_is_asked(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, TELEGRAM)
    with pytest.raises(ChannelError, match=r"HTTP 401: Unauthorized; copy the token") as caught:
        walk(chosen, token="7001:wr0ng")
    assert "wr0ng" not in str(caught.value)


@pytest.mark.parametrize(
    ("rights", "words"),
    [
        ({"status": "administrator", "can_post_messages": False}, "may not post in Harbor; let the bot post there"),
        ({"status": "left"}, "may not post in Harbor"),
    ],
)
def test_a_bot_that_may_not_post_is_said(tmp_path, provider, rights, words):
    chosen = connecting(tmp_path, provider.url, {**TELEGRAM, "chat": "-1001234567890"})
    provider.dialect.rights = rights
    with pytest.raises(ChannelError, match=words):
        chosen.tried(walk(chosen, token=TOKEN))


def test_a_chat_that_is_not_there_is_said(tmp_path, provider):
    chosen = connecting(tmp_path, provider.url, {**TELEGRAM, "chat": "-1009"})
    with pytest.raises(ChannelError, match="chat not found; check `chat`"):
        chosen.tried(walk(chosen, token=TOKEN))
