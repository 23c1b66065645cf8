"""`publisher connect` at a terminal and without one."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from publisher.cli.commands import cli
from publisher.errors import UsageError
from publisher.testing import FakeProvider
from publisher.testing.dialects.telegram import TelegramDialect
from tests.project import ProjectDir
from tests.terminal import Terminal

TOKEN = "7001:telegram-t0ken"
TELEGRAM = {"sender": "telegram", "token": "${BOT_TOKEN}"}


def run(folder, *words: str, code: int) -> str:
    done = CliRunner().invoke(cli, ["connect", "--project", str(folder), *words])
    if isinstance(done.exception, UsageError):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout


def test_without_a_terminal_it_says_which_variables_to_set(tmp_path):
    ProjectDir(tmp_path, "http://127.0.0.1:9", channel=TELEGRAM)
    with pytest.raises(UsageError, match=r"no terminal to ask at\. .*write BOT_TOKEN into .env: docs/senders.md"):
        run(tmp_path, "letters", code=2)


def test_a_sender_that_asks_for_nothing_says_what_it_takes(tmp_path):
    ProjectDir(tmp_path, "http://127.0.0.1:9", channel={"sender": "mailpit"})
    said = run(tmp_path, "letters", code=0)
    assert said.startswith("mailpit asks for no token or key. Under `letters:` it takes\n  base_url: where Mailpit")


def test_an_editor_is_asked_again_chooses_and_keeps_what_there_was_until_it_is_tried(tmp_path):
    with FakeProvider(TelegramDialect(TOKEN, chat="-1001234567890")) as provider:
        provider.dialect.heard = True
        ProjectDir(tmp_path, provider.url, channel=TELEGRAM, secrets="BOT_TOKEN=old\n")
        (tmp_path / ".env").chmod(0o644)
        with Terminal(["connect", "letters"], tmp_path) as terminal:
            terminal.until("BOT_TOKEN is set already. Replace it? [y/N]: ")
            terminal.type("y")
            terminal.until("token (the bot's token, from @BotFather; it isn't shown): ")
            terminal.type_unseen("schlüssel")
            terminal.until("is empty, or holds a space")
            terminal.until("token (the bot's token, from @BotFather; it isn't shown): ")
            terminal.type_unseen(TOKEN)
            terminal.until("done (press Enter when that is done): ")
            terminal.type("")
            terminal.until("1. -1001234567890: Harbor\nWhere the bot posts; a number: ")
            terminal.type("2")
            terminal.until("that is none of these\n")
            assert (tmp_path / ".env").read_text() == "BOT_TOKEN=old\n"
            terminal.type("1")
            assert terminal.ends() == 0, terminal.shown
    assert terminal.shown.endswith(
        "telegram takes it: @gazette_bot in Harbor\nWritten into .env: BOT_TOKEN\n"
        "Others could read .env until now; now its owner alone may. For Publisher as another user, of GROUP:\n"
        "    chgrp GROUP .env && chmod 640 .env\n"
        "Write under `letters:` in schedules.yaml:\n    chat: -1001234567890\nThen: publisher check\n"
    )
    assert TOKEN not in terminal.shown
    assert (tmp_path / ".env").read_text() == f"BOT_TOKEN={TOKEN}\n"


@pytest.mark.parametrize("words", [(), ("--yes",)])
def test_all_that_may_be_replaced_is_named_and_yes_says_so_beforehand(tmp_path, words):
    channel = {"sender": "x", "client_id": "4711", "refresh_token": "${X_REFRESH_TOKEN}"}
    before = "LETTERS_CLIENT_SECRET=old-secret\nX_REFRESH_TOKEN=old\n"
    ProjectDir(tmp_path, "http://127.0.0.1:9", channel=channel, secrets=before)
    with Terminal(["connect", "letters", *words], tmp_path) as terminal:
        terminal.until("X_REFRESH_TOKEN and LETTERS_CLIENT_SECRET are set already. ")
        if not words:
            terminal.until("Replace them? [y/N]: ")
            terminal.type("y")
        terminal.until("client_secret (the client secret,")
        terminal.interrupt()
        assert terminal.ends() == 1
    assert ("What you give takes their place.\n" in terminal.shown) == bool(words)
    assert (tmp_path / ".env").read_text() == before


def test_ctrl_c_leaves_everything_as_it_was_and_pages_open_where_that_is_asked(tmp_path, monkeypatch):
    ProjectDir(tmp_path, "http://127.0.0.1:9", channel=TELEGRAM, secrets="BOT_TOKEN=old\n")
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >{tmp_path}/opened\n')
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    with Terminal(["connect", "letters", "--open"], tmp_path) as terminal:
        terminal.until("Replace it? [y/N]: ")
        terminal.type("y")
        terminal.until("token (the bot's token, from @BotFather; it isn't shown): ")
        terminal.interrupt()
        assert terminal.ends() == 1
    assert terminal.shown.endswith("Aborted: nothing was done\n")
    assert (tmp_path / ".env").read_text() == "BOT_TOKEN=old\n"
    assert sorted(path.name for path in tmp_path.glob(".*")) == [".env"]
    assert (tmp_path / "opened").read_text() == "https://t.me/BotFather\n"
