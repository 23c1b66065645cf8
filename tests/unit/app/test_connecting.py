"""Connecting a channel: what is asked, where it is written, and what keeps it from being written."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from publisher.app.connecting import Written
from publisher.errors import ChannelError, ConfigError, UsageError
from publisher.senders.connecting import Ask, Grant, Step, Way
from publisher.store import channels, processes
from publisher.testing import FakeProvider, Fault, Received, Response
from tests.connecting import connecting, held, walk, written
from tests.project import MAILGUN
from tests.unit.app.project import EVENING

NOWHERE = "http://127.0.0.1:9"
TELEGRAM = {"sender": "telegram", "token": "${BOT_TOKEN}", "chat": '"@harbor_gazette"'}


def test_a_channel_that_is_not_there_is_answered_with_those_that_are(tmp_path):
    chosen = connecting(tmp_path, NOWHERE, TELEGRAM)
    with pytest.raises(UsageError, match=r"no channel 'leters'\. Channels in schedules.yaml: letters"):
        type(chosen)(chosen._app, "leters")


def test_a_channel_of_an_unknown_sender_is_answered_with_the_nearest(tmp_path):
    with pytest.raises(ChannelError, match=r"schedules.yaml:\d+:\d+: no sender is called `telegrm`. Did you mean"):
        connecting(tmp_path, NOWHERE, {"sender": "telegrm"})


def test_a_secret_goes_where_the_file_looks_for_it(tmp_path):
    with FakeProvider("telegram") as provider:
        chosen = connecting(tmp_path, provider.url, TELEGRAM, secrets="A=1\n")
        assert chosen.variables(chosen.ways[0]) == ["BOT_TOKEN"]
        grant = walk(chosen, token="7001:telegram-t0ken")
        chosen.tried(grant)
        assert chosen.write(grant).names == ("BOT_TOKEN",)
    assert written(tmp_path) == "A=1\nBOT_TOKEN=7001:telegram-t0ken\n"


def test_what_is_set_already_is_named_before_it_is_replaced(tmp_path):
    chosen = connecting(tmp_path, NOWHERE, TELEGRAM, secrets="BOT_TOKEN=old\n")
    assert chosen.replaced(chosen.ways[0]) == ["BOT_TOKEN"]


@pytest.mark.parametrize("secret", ["${X_CLIENT_SECRET}", ""])
def test_what_a_way_asks_for_besides_is_named_too_where_nobody_knows_it_by_the_file(tmp_path, secret):
    channel = {"sender": "x", "client_id": "4711", "refresh_token": "${X_REFRESH_TOKEN}"}
    written_already = "X_CLIENT_SECRET=kept\nLETTERS_CLIENT_SECRET=old\nX_REFRESH_TOKEN=old\n"
    channel |= {"client_secret": secret} if secret else {}
    chosen = connecting(tmp_path, NOWHERE, channel, written_already)
    (way,) = chosen.ways
    assert chosen.replaced(way) == ["X_REFRESH_TOKEN", *([] if secret else ["LETTERS_CLIENT_SECRET"])]
    assert chosen.variables(way) == ["X_REFRESH_TOKEN"]


def test_what_a_way_asks_for_besides_is_not_ours_to_set_in_the_environment_either(tmp_path, monkeypatch):
    chosen = connecting(tmp_path, NOWHERE, {"sender": "x", "client_id": "4711", "refresh_token": "${X_REFRESH_TOKEN}"})
    monkeypatch.setenv("LETTERS_CLIENT_SECRET", "from-the-environment")
    with pytest.raises(ConfigError, match="LETTERS_CLIENT_SECRET is set in the environment, which wins"):
        chosen.replaced(chosen.ways[0])


def test_what_somebody_else_wrote_meanwhile_is_not_lost(tmp_path):
    chosen = connecting(tmp_path, NOWHERE, TELEGRAM, secrets="BOT_TOKEN=old\n")
    (tmp_path / ".env").write_text("BOT_TOKEN=of-a-colleague\n")
    with pytest.raises(ConfigError, match=r"\.env: BOT_TOKEN was changed meanwhile\. Nothing was written"):
        chosen.write(Grant({"token": "7001:abc"}))
    assert written(tmp_path) == "BOT_TOKEN=of-a-colleague\n"


def test_what_a_colleague_writes_while_we_wait_for_them_is_not_lost(tmp_path):
    chosen = connecting(tmp_path, NOWHERE, TELEGRAM, secrets="BOT_TOKEN=old\n")
    with ThreadPoolExecutor(1) as other:
        with held(tmp_path):
            writing = other.submit(chosen.write, Grant({"token": "7001:abc"}))
            time.sleep(0.2)  # so that it waits by now
            (tmp_path / ".env").write_text("BOT_TOKEN=of-a-colleague\n")
        with pytest.raises(ConfigError, match="BOT_TOKEN was changed meanwhile"):
            writing.result(timeout=5)
    assert written(tmp_path) == "BOT_TOKEN=of-a-colleague\n"


@pytest.mark.parametrize("now", ["X_REFRESH_TOKEN=old\nX_CLIENT_SECRET=of-a-colleague\n", "X_REFRESH_TOKEN=old\n"])
def test_what_was_given_is_not_mixed_with_what_somebody_else_wrote_meanwhile(tmp_path, now):
    channel = {"sender": "x", "client_id": "4711"}
    channel |= {"refresh_token": "${X_REFRESH_TOKEN}", "client_secret": "${X_CLIENT_SECRET}"}
    chosen = connecting(tmp_path, NOWHERE, channel, secrets="X_REFRESH_TOKEN=old\nX_CLIENT_SECRET=kept\n")
    (tmp_path / ".env").write_text(now)
    grant = Grant({"refresh_token": "new", "client_secret": "kept"})
    if "colleague" in now:
        with pytest.raises(ConfigError, match="X_CLIENT_SECRET was changed meanwhile"):
            chosen.write(grant)
        assert written(tmp_path) == now
    else:
        assert chosen.write(grant).names == ("X_REFRESH_TOKEN", "X_CLIENT_SECRET")
        assert written(tmp_path) == "X_REFRESH_TOKEN=new\nX_CLIENT_SECRET=kept\n"


def test_a_file_that_can_not_be_written_is_said_before_anybody_gives_leave(tmp_path):
    chosen = connecting(tmp_path, NOWHERE, TELEGRAM)
    (tmp_path / ".env").unlink(missing_ok=True)
    (tmp_path / ".env").symlink_to(tmp_path / "gone" / ".env")
    with pytest.raises(ConfigError, match=r"\.env: the file can't be written"):
        chosen.replaced(chosen.ways[0])


OTHERS = (
    "MAILGUN_API_KEY=key-of-letters\nDATABASE_URL=''\nHOOK=https://hooks.example/s3cret\nCHAT=@harbor_gazette\nN=1\n"
)
SAID = (
    "@harbor_gazette 1 key-of-letters https%3A%2F%2Fhooks.example%2Fs3cret bearer-0f-all https://hooks.example/s3cret"
)
SHOWN = "@harbor_gazette 1 *** *** *** ***"


@pytest.fixture
def talkative(tmp_path, monkeypatch):
    """Return a channel, and a provider that knows all secrets of its project."""
    monkeypatch.setenv("METRICS_TOKEN", "bearer-0f-all")
    with FakeProvider("telegram") as provider:
        yield connecting(tmp_path, provider.url, {**TELEGRAM, "chat": "${CHAT}"}, OTHERS), provider


def test_no_error_shows_what_stands_in_env_for_others(talkative):
    chosen, provider = talkative
    provider.fails(*[Fault(401, {"ok": False, "error_code": 401, "description": SAID})] * 2)
    with pytest.raises(ChannelError) as step:
        walk(chosen, token="7001:telegram-t0ken")
    with pytest.raises(ChannelError) as trial:
        chosen.tried(Grant({"token": "7001:telegram-t0ken"}))
    for caught in (step, trial):
        assert SHOWN in str(caught.value)
        assert "key-of-letters" not in repr(caught.value)


def test_no_step_and_no_name_shows_what_stands_in_env_for_others(talkative):
    chosen, provider = talkative
    ask = Ask("chat", "where", choices={"key-of-letters": SAID})
    step = Step((SAID,), (ask,), f"https://page.example/{SAID}", {"a": SAID})
    said = chosen.step(Way("", "", ("token",), (), (lambda talk: step,)), 0, {})
    assert (said.do, said.asks[0].choices) == ((SHOWN,), {"key-of-letters": SHOWN})
    assert (said.page, said.notes) == (f"https://page.example/{SAID}", {"a": SAID})  # they have to lead somewhere
    provider.fails(Fault(200, {"ok": True, "result": {"id": 7001, "username": SAID}}))
    assert chosen.tried(Grant({"token": "7001:telegram-t0ken"})).startswith(f"@{SHOWN} in ")


def test_a_network_that_gives_the_same_token_again_is_understood(tmp_path):
    chosen = connecting(tmp_path, NOWHERE, TELEGRAM, secrets="BOT_TOKEN=7001:abc\n")
    with FakeProvider(Anything({"token": "7001:abc"})) as provider:
        way = Way("", "", ("token",), (), (lambda talk: Grant({"token": talk.http.get(provider.url).word("token")}),))
        assert chosen.step(way, 0, {}).values == {"token": "7001:abc"}


class Anything:
    """Says the same to everybody."""

    def __init__(self, said: object) -> None:
        self.said = said

    def answer(self, request: Received, number: int) -> Response:
        return Response(200, self.said)


def test_a_variable_of_the_environment_is_not_ours_to_set(tmp_path, monkeypatch):
    chosen = connecting(tmp_path, NOWHERE, TELEGRAM)
    monkeypatch.setenv("BOT_TOKEN", "from-the-environment")
    with pytest.raises(ConfigError, match="BOT_TOKEN is set in the environment, which wins"):
        chosen.replaced(chosen.ways[0])


def test_a_variable_that_the_environment_sets_to_nothing_would_hide_what_is_written(tmp_path, monkeypatch):
    chosen = connecting(tmp_path, NOWHERE, TELEGRAM)
    monkeypatch.setenv("BOT_TOKEN", "")
    with pytest.raises(ConfigError, match=r"BOT_TOKEN is set in the environment, though empty, which wins"):
        chosen.replaced(chosen.ways[0])


@pytest.mark.parametrize(("mode", "is_closed"), [(0o644, True), (0o640, False), (0o600, False), (None, False)])
def test_a_file_that_all_could_read_is_said_to_be_its_owners_alone_now(tmp_path, mode, is_closed):
    chosen = connecting(tmp_path, NOWHERE, TELEGRAM, secrets="BOT_TOKEN=old\n" if mode else "")
    if mode:
        (tmp_path / ".env").chmod(mode)
    else:
        (tmp_path / ".env").unlink(missing_ok=True)
    assert chosen.write(Grant({"token": "7001:abc"})).is_closed == is_closed
    assert not chosen.write(Grant({"token": "7001:abc"})).is_closed


def test_a_secret_that_stands_in_the_file_itself_has_to_go_first(tmp_path):
    chosen = connecting(tmp_path, NOWHERE, {**TELEGRAM, "token": "7001:abc"})
    with pytest.raises(ConfigError, match=r"schedules.yaml:\d+:\d+: `token` stands in the file itself.*LETTERS_TOKEN"):
        chosen.replaced(chosen.ways[0])


def test_an_option_that_says_another_account_than_what_was_allowed_is_said(tmp_path):
    way = Way("", "", ("token",), ("chat",), (lambda talk: Grant({"token": "7001:abc", "chat": "@another"}),))
    words = r"`chat` is @harbor_gazette, and what was allowed is @another\. Begin again"
    for chat in ('"@harbor_gazette"', "${CHAT}"):
        channel = {**TELEGRAM, "chat": chat}
        (tmp_path / "keys.json").unlink(missing_ok=True)
        chosen = connecting(tmp_path, NOWHERE, channel, secrets="CHAT=@harbor_gazette\nBOT_TOKEN=old\n")
        with pytest.raises(ConfigError, match=words):
            chosen.step(way, 0, {})


def test_an_answer_in_a_wrong_form_is_said_at_once_and_shows_nothing(tmp_path):
    chosen = connecting(tmp_path, NOWHERE, TELEGRAM)
    ask = Ask("token", "the token", is_secret=True)
    assert chosen.problem(ask, "schlüssel").startswith("`token` is empty, or holds a space")
    assert chosen.problem(ask, "") == "token is needed"
    assert chosen.problem(ask, "7001:abc") == ""
    assert chosen.problem(Ask("chat", "where"), "nowhere").startswith("`chat` must be @ and the name of a channel")
    assert chosen.problem(Ask("done", "Enter", is_optional=True), "") == ""
    assert chosen.problem(Ask("chat", "where", choices={"1": "one"}), "2") == "that is none of these"


def test_a_provider_that_can_not_be_asked_is_taken_by_the_form(tmp_path):
    secrets = "MAILGUN_EVENTS=old\n"
    channel = {**MAILGUN, "events_key": "${MAILGUN_EVENTS_KEY}"}
    chosen = connecting(tmp_path, NOWHERE, channel, secrets)
    grant = walk(chosen, api_key="key-1", events_key="events-1")
    assert chosen.tried(grant) is None
    assert chosen.write(grant).names == ("MAILGUN_API_KEY", "MAILGUN_EVENTS_KEY")
    assert written(tmp_path) == f"{secrets}MAILGUN_API_KEY=key-1\nMAILGUN_EVENTS_KEY=events-1\n"


def test_what_can_be_done_without_may_be_left_out(tmp_path):
    chosen = connecting(tmp_path, NOWHERE, {**MAILGUN, "events_key": "${MAILGUN_EVENTS_KEY}"})
    grant = walk(chosen, api_key="key-1")
    chosen.tried(grant)
    assert chosen.write(grant).names == ("MAILGUN_API_KEY",)


def test_an_option_that_is_missing_besides_is_asked_for_and_said_to_be_written(tmp_path):
    chosen = connecting(tmp_path, NOWHERE, {"sender": "mailgun"})
    grant = walk(chosen, domain="mg.harbor.example", api_key="key-1")
    chosen.tried(grant)
    assert chosen.write(grant).lines == ("domain: mg.harbor.example", "api_key: ${LETTERS_API_KEY}")


def test_a_sender_without_secrets_says_its_options(tmp_path):
    chosen = connecting(tmp_path, NOWHERE, {"sender": "mailpit"})
    assert chosen.ways == ()
    assert "base_url: where Mailpit listens" in chosen.described()


def test_nothing_is_written_where_nothing_changed(tmp_path):
    chosen = connecting(tmp_path, NOWHERE, TELEGRAM, secrets="BOT_TOKEN='7001:abc'\n")
    assert chosen.write(Grant({"token": "7001:abc"})).names == ()
    assert written(tmp_path) == "BOT_TOKEN='7001:abc'\n"


def test_a_network_that_can_not_be_reached_is_asked_later(tmp_path):
    chosen = connecting(tmp_path, NOWHERE, {"sender": "discord", "webhook": "${HOOK}"})
    grant = walk(chosen, "webhook", webhook="https://discord.com/api/webhooks/4711/t0ken")
    with pytest.raises(ChannelError, match=r"discord could not be asked: .*no connection.*again in a while"):
        chosen.tried(grant)
    assert written(tmp_path) == ""


ANOTHER = Written(("BOT_TOKEN",), (), is_closed=False)


def test_a_channel_that_was_stopped_goes_on_once_it_has_another_token(tmp_path):
    chosen = connecting(tmp_path, NOWHERE, TELEGRAM)
    store = chosen._app.store

    def is_stopped() -> bool:
        with store.read() as conn:
            return channels.is_stopped(conn, "letters")

    assert chosen.go_on(ANOTHER) == ""
    with store.write() as conn:
        channels.stop(conn, "letters", reason="the token has ended", now=EVENING)
    assert chosen.go_on(replace(ANOTHER, names=())).endswith(
        "publisher release --channel letters"
    )  # it is what stood there before
    with processes.at_work(store, "run", EVENING):
        assert "`publisher run` reads .env anew" in chosen.go_on(ANOTHER)
    assert is_stopped()
    assert "goes on" in chosen.go_on(ANOTHER)
    assert not is_stopped()
