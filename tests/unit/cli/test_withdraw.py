"""Withdrawing, as a person types it, with networks that are strict."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Thread

import pytest
import requests
import typer

from publisher.app import App, versions
from publisher.app.trouble import all_in
from publisher.cli.hold import cancel, hold
from publisher.cli.send import send
from publisher.cli.withdraw import withdraw
from publisher.errors import UsageError
from publisher.pipeline.operate import withdrawing
from publisher.store import Store, calls, channels, edition_lists, editions, facts, processes, sends, withdrawals
from publisher.testing import FakeProvider, Fault
from tests.ledger import NOW, books
from tests.project import ProjectDir
from tests.unit.app.project import compose_now, edit
from tests.unit.web.ledger import served

CHANNELS = """\
  mastodon:
    sender: mastodon
    instance: {mastodon}
    token: mastodon-t0ken
  telegram:
    sender: telegram
    base_url: {telegram}
    token: "7001:telegram-t0ken"
    chat: "@harbor_gazette"
  hook:
    sender: slack
    base_url: {slack}
    webhook: https://hooks.slack.com/services/T1/B2/slackt0ken
schedules:
"""
SEND = """\
      - {via: letters, to: daily}
      - {via: mastodon, template: social/thread.txt}
      - {via: telegram}
      - {via: hook}
"""


@dataclass
class House:
    """A newsroom with a list and three networks."""

    folder: ProjectDir
    networks: dict[str, FakeProvider]

    def sent(self) -> None:
        """Send an edition to everybody."""
        send("morning", yes=True, project=self.folder.folder)

    def withdraw(self, edition: str = "morning", code: int = 0, **options: object) -> None:
        if code == 0:
            withdraw(edition, yes=True, project=self.folder.folder, **options)
            return
        with pytest.raises(typer.Exit) as ended:
            withdraw(edition, yes=True, project=self.folder.folder, **options)
        assert ended.value.exit_code == code

    @property
    def store(self) -> Store:
        return App.open(self.folder.folder).store

    def standing(self, name: str) -> list[str]:
        return self.networks[name].dialect.standing()

    def states(self) -> dict[tuple[str, str], str]:
        with self.store.read() as conn:
            return {(row["channel"], row["kind"]): row["state"] for row in sends.of_edition(conn, 1)}


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    with ExitStack() as stack:
        networks = {name: stack.enter_context(FakeProvider(name)) for name in ("mastodon", "telegram", "slack")}
        letters = stack.enter_context(FakeProvider("mailgun"))
        folder = ProjectDir(tmp_path, letters.url)
        urls = {name: network.url for name, network in networks.items()}
        edit(
            tmp_path,
            ("schedules:\n", CHANNELS.format(**urls)),
            ("      - {via: letters, to: daily}\n", SEND),
        )
        folder.subscribe(2)
        networks["mastodon"].dialect.limit = 5_000
        yield House(folder, networks)


def test_what_can_be_taken_back_is_and_the_rest_is_named_one_by_one(house, capsys):
    house.sent()
    assert len(house.standing("mastodon")) == 3
    capsys.readouterr()
    house.withdraw(code=1, why="a wrong name")
    said = capsys.readouterr()
    first = house.networks["mastodon"].accepted[0].id
    assert said.err.endswith(": withdrawn\n")
    assert said.out.splitlines() == [
        f"mastodon, 3 posts of a thread: taken down (https://news.example/@gazette/{first})",
        "telegram: taken down (https://t.me/harbor_gazette/1)",
        "hook: stays: a webhook of Slack's isn't told which post it made; take it down by hand",
        "letters to daily: 2 readers have the mail, which can't be taken back",
        "Once you took it down by hand: publisher withdraw 1 --by-hand hook",
        "To look again: publisher withdraw 1",
        "Who has the mail: publisher log --edition 1; only another mail can put it right",
        "So that no other edition brings its stories: publisher articles discard 3 2 1",
    ]
    assert (house.standing("mastodon"), house.standing("telegram")) == ([], [])
    with house.store.read() as conn:
        row = editions.get(conn, 1)
        assert (row["state"], row["reason"].partition(" by ")[0]) == ("closed", "withdrawn")
        assert row["reason"].endswith(": a wrong name")
        assert [latest["sent"] for latest in edition_lists.latest(conn, limit=1)] == [
            5
        ]  # what went out, not what came back
        assert facts.withdrawing(conn) == set()


def test_pages_show_a_post_that_was_taken_down_as_withdrawn(house, tmp_path):
    house.sent()
    telegram = house.folder.json("log", "--channel", "telegram")[0]["delivery"]
    hook = house.folder.json("log", "--channel", "hook")[0]["delivery"]
    withdrawn, done, sent = ('<span class="pill state-withdrawn">', '<span class="pill state-done">', "state-sent")
    with served(App.open(house.folder.folder), tmp_path) as site:

        def page(path: str) -> str:
            return requests.get(site.url + path, timeout=10).text

        assert withdrawn not in page("/editions/1") + page("/log")
        house.withdraw(code=1)
        edition = page("/editions/1")
        posts = {title: body for title, _, body in (part.partition(" <span") for part in edition.split("<h2 id=")[1:])}
        pills = {title.partition(">")[2]: withdrawn in body and done not in body for title, body in posts.items()}
        assert pills["The post on Mastodon"]
        assert pills["The post on Telegram"]
        assert not pills["The post on Slack"]
        assert page("/log").count(withdrawn) == 2
        assert withdrawn in page(f"/deliveries/{telegram}")
        assert sent in page(f"/deliveries/{hook}")


def test_the_books_of_a_withdrawal_are_its_own(house, capsys):
    house.sent()
    house.withdraw(code=1)
    with house.store.read() as conn:
        rows = {(row["channel"], row["kind"]): row["id"] for row in sends.of_edition(conn, 1)}
    assert books(house.store, rows["mastodon", "regular"]) == {"sent": 1}
    assert books(house.store, rows["mastodon", "withdrawal"]) == {"sent": 1}
    assert books(house.store, rows["letters", "regular"]) == {"sent": 2}
    assert ("hook", "withdrawal") not in rows
    assert house.folder.publisher("verify").strip().endswith("the books balance")
    assert [row["state"] for row in house.folder.json("log", "--channel", "telegram")] == ["sent", "sent"]
    assert [row["kind"] for row in house.folder.json("log", "--channel", "telegram")] == ["withdrawal", "regular"]
    assert "telegram" in house.folder.publisher("log", "--channel", "telegram")


def test_a_second_time_does_what_was_left(house, capsys):
    house.sent()
    house.networks["telegram"].fails(Fault(400, {"ok": False, "error_code": 400, "description": "no"}))
    capsys.readouterr()
    house.withdraw(code=1)
    said = capsys.readouterr().out
    assert "telegram: refused: HTTP 400: no; take it down by hand (https://t.me/harbor_gazette/1)" in said.splitlines()
    assert "telegram did not take its post down; once that is mended: publisher withdraw 1" in said.splitlines()
    assert "To look again" not in said
    before = len(house.networks["mastodon"].requests)
    house.withdraw(code=1)
    assert "telegram: taken down (https://t.me/harbor_gazette/1)" in capsys.readouterr().out.splitlines()
    assert len(house.networks["mastodon"].requests) == before
    assert house.standing("telegram") == []


def test_a_post_that_was_not_there_any_more_is_named_with_that(house, capsys):
    house.sent()
    house.networks["telegram"].dialect.messages.clear()
    capsys.readouterr()
    house.withdraw(code=1)
    gone = "telegram: taken down: it was not there any more, or is another account's (https://t.me/harbor_gazette/1)"
    assert gone in capsys.readouterr().out.splitlines()


def test_as_json(house, capsys):
    house.sent()
    capsys.readouterr()
    house.withdraw(code=1, as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert found["edition"] == 1
    assert [(post["channel"], post["became"], post["parts"]) for post in found["posts"]] == [
        ("mastodon", "taken down", 3),
        ("telegram", "taken down", 1),
        ("hook", "stays", 1),
    ]
    counts = {"sent": 2, "under_way": 0, "unknown": 0, "failed": 0, "left": 0, "stopped": 0}
    assert found["mails"] == [{"channel": "letters", "lists": ["daily"], **counts}]
    assert (found["unposted"], found["was_withdrawn"]) == ([], False)


def test_nothing_is_done_before_the_question_is_answered(house, capsys):
    house.sent()
    capsys.readouterr()
    with pytest.raises(UsageError, match="this can't be taken back"):
        withdraw("morning", project=house.folder.folder)
    said = capsys.readouterr().out
    assert "telegram: to be taken down (https://t.me/harbor_gazette/1)" in said.splitlines()
    assert len(house.standing("mastodon")) == 3


def test_a_second_time_says_how_it_stands_and_asks_nothing(house, capsys):
    app = App.open(house.folder.folder)
    compose_now(app)
    app.sending.advance()
    hold("1", project=house.folder.folder)
    capsys.readouterr()
    with pytest.raises(UsageError, match="this can't be taken back"):
        withdraw("1", project=house.folder.folder)
    assert "telegram: not posted yet (paused): never will be" in capsys.readouterr().out.splitlines()
    house.withdraw("1", why="a wrong name")
    capsys.readouterr()
    withdraw("1", project=house.folder.folder)
    said = capsys.readouterr()
    first, last = said.err.splitlines()
    assert ": was withdrawn already by cli:" in first
    assert first.endswith(": a wrong name")
    assert last.endswith(": this is how it stands")
    assert said.out.splitlines()[:3] == [f"{name}: never posted" for name in ("mastodon", "telegram", "hook")]


def test_what_a_person_gave_up_is_asked_about_again(house, capsys):
    house.sent()
    with house.store.write() as conn:
        channels.stop(conn, "telegram", reason="HTTP 401: Unauthorized", now=NOW)
    house.withdraw(code=1)
    cancel("1", yes=True, project=house.folder.folder)
    with pytest.raises(UsageError, match="this can't be taken back"):
        withdraw("1", project=house.folder.folder)


def test_of_mail_alone_it_is_said_what_was_stopped_and_who_has_it(house, capsys):
    edit(house.folder.folder, (SEND, "      - {via: letters, to: daily}\n"))
    house.sent()
    capsys.readouterr()
    house.withdraw()
    said = capsys.readouterr()
    assert said.err.endswith(": nothing was left to stop; mail that went out can't be taken back\n")
    assert said.out.splitlines()[:2] == [
        "letters to daily: 2 readers have the mail, which can't be taken back",
        "Who has the mail: publisher log --edition 1; only another mail can put it right",
    ]


def test_of_a_mail_that_had_begun_the_rest_is_stopped_and_counted(house, capsys):
    edit(
        house.folder.folder,
        (SEND, "      - {via: letters, to: daily}\n"),
        ("  letters:\n", "  letters:\n    per_day: 1\n"),
    )
    app = App.open(house.folder.folder)
    compose_now(app)
    app.sending.advance()
    with processes.at_work(app.store, "send", app.clock()) as app.process_id:
        app.sending.duties().dispatch("letters")
    capsys.readouterr()
    with pytest.raises(UsageError, match="this can't be taken back"):
        withdraw("1", project=house.folder.folder)
    readers = "letters to daily: 1 reader has the mail, which can't be taken back"
    assert f"{readers}; 1 not begun, to be stopped" in capsys.readouterr().out.splitlines()
    house.withdraw("1")
    said = capsys.readouterr()
    assert said.err.endswith(": 1 delivery stopped; mail that went out can't be taken back\n")
    assert f"{readers}; 1 had not begun, and never will get it" in said.out.splitlines()


def test_what_was_not_sent_yet_never_is(house, capsys):
    app = App.open(house.folder.folder)
    compose_now(app)
    app.sending.advance()
    capsys.readouterr()
    house.withdraw("1")
    said = capsys.readouterr().out.splitlines()
    assert said[:4] == [
        "mastodon: never posted",
        "telegram: never posted",
        "hook: never posted",
        "letters to daily: nobody is known to have the mail; 2 had not begun, and never will get it",
    ]
    assert set(house.states().values()) == {"cancelled"}
    assert house.networks["mastodon"].requests == []


def test_a_post_that_was_under_way_is_taken_down_once_it_stands(house, capsys):
    house.networks["telegram"].fails(Fault(accept=True, delay=1.0))
    app = App.open(house.folder.folder)
    compose_now(app)
    app.sending.advance()
    with processes.at_work(app.store, "send", app.clock()) as app.process_id:
        sending = Thread(target=app.sending.duties().dispatch, args=("telegram",))
        sending.start()
        while not house.networks["telegram"].accepted:
            time.sleep(0.01)
        house.withdraw("1")
        sending.join()
    assert house.standing("telegram") == []
    assert house.states()["telegram", "withdrawal"] == "done"


def test_a_post_of_unknown_fate_is_taken_down_once_it_is_known_to_stand(house, capsys):
    house.networks["telegram"].fails(Fault.dropped_after())
    with pytest.raises(typer.Exit):
        house.sent()
    capsys.readouterr()
    house.withdraw(code=1)
    said = capsys.readouterr().out
    assert "telegram: unknown: it may have been posted (" in said
    assert "look: publisher unknown list --edition 1" in said
    assert house.states()["telegram", "regular"] == "cancelled"  # nothing says it again
    with house.store.read() as conn:
        assert facts.withdrawing(conn) == {1}
        call = conn.exec_driver_sql("SELECT call_id FROM deliveries WHERE state = 'unknown'").scalar_one()
    with house.store.write() as conn:  # as a late answer has it
        calls.close(conn, call, tries=1, in_doubt=False, closed_at=NOW, outcome="sent", provider_id="1")
        conn.exec_driver_sql(f"UPDATE deliveries SET state = 'sent' WHERE call_id = {call}")
        conn.exec_driver_sql("UPDATE sends SET sent = 1, unknown = 0 WHERE unknown = 1")
    assert len(house.standing("telegram")) == 1
    house.withdraw(code=1)
    assert house.standing("telegram") == []
    with house.store.read() as conn:
        assert facts.withdrawing(conn) == set()


def test_a_try_without_an_answer_that_was_said_anew_may_stand_too_and_is_named(house, capsys):
    house.networks["telegram"].fails(Fault.dropped_after())
    with pytest.raises(typer.Exit):
        house.sent()
    house.folder.publisher("unknown", "resend", "1", "--yes")
    app = App.open(house.folder.folder)
    with processes.at_work(app.store, "send", app.clock()) as app.process_id:
        app.sending.duties().dispatch("telegram")
    capsys.readouterr()
    house.withdraw(code=1)
    said = capsys.readouterr().out
    assert "telegram: taken down (https://t.me/harbor_gazette/2)" in said
    assert "telegram: unknown: an earlier try that was said anew may have been posted (" in said
    with house.store.read() as conn:
        assert facts.withdrawing(conn) == set()


def test_a_channel_that_is_stopped_waits_until_it_is_mended(house, capsys):
    house.sent()
    store = house.store
    with store.write() as conn:
        channels.stop(conn, "telegram", reason="HTTP 401: Unauthorized", now=NOW)
    capsys.readouterr()
    house.withdraw(code=1)
    said = capsys.readouterr().out.splitlines()
    assert "telegram: waits: HTTP 401: Unauthorized (https://t.me/harbor_gazette/1)" in said
    assert "telegram is paused; when it may go on: publisher release --channel telegram" in said
    assert len(house.standing("telegram")) == 1
    house.folder.publisher("release", "--channel", "telegram")
    house.withdraw(code=1)
    assert house.standing("telegram") == []


def test_what_is_to_be_taken_down_never_goes_to_another_channel(house, capsys):
    house.sent()
    path = house.folder.folder / "schedules.yaml"
    chat = '    chat: "@harbor_gazette"\n'
    text = path.read_text().replace(chat, f"{chat}    fallback: second\n")
    second = '  second:\n    sender: telegram\n    token: t0ken\n    chat: "@harbor_gazette"\nschedules:\n'
    path.write_text(text.replace("schedules:\n", second))
    with house.store.write() as conn:
        channels.stop(conn, "telegram", reason="HTTP 401: Unauthorized", now=NOW)
    house.withdraw(code=1)
    with house.store.read() as conn:
        (removal,) = [each for each in withdrawals.removals(conn, 1) if each.channel != "mastodon"]
    assert (removal.channel, removal.send_state) == ("telegram", "paused")


def test_a_channel_that_is_gone_or_speaks_for_another_account_is_named(house, capsys):
    house.sent()
    path = house.folder.folder / "schedules.yaml"
    lines = path.read_text().replace("@harbor_gazette", "@harbor_sports").replace("  mastodon:\n", "  masto:\n")
    path.write_text(lines.replace("via: mastodon,", "via: masto,"))
    capsys.readouterr()
    house.withdraw(code=1)
    said = capsys.readouterr().out
    assert "mastodon, 3 posts of a thread: stays: there is no channel mastodon any more" in said
    assert "telegram: stays: `chat` has changed since it posted" in said
    assert len(house.standing("mastodon")) == 3
    assert len(house.standing("telegram")) == 1


def write_chat(house, chat: str) -> None:
    path = house.folder.folder / "schedules.yaml"
    path.write_text(re.sub("    chat: .*", f"    chat: {chat}", path.read_text()))


def test_a_refused_deletion_is_not_said_again_to_another_chat(house, capsys):
    house.sent()
    house.networks["telegram"].fails(Fault(400, {"ok": False, "error_code": 400, "description": "no"}))
    house.withdraw(code=1)
    before = len(house.networks["telegram"].requests)
    write_chat(house, '"-1001"')
    capsys.readouterr()
    house.withdraw(code=1)
    assert len(house.networks["telegram"].requests) == before
    assert "telegram: refused: `chat` has changed since it posted" in capsys.readouterr().out


def test_what_was_posted_under_another_account_than_the_edition_was_made_with_stays(house, capsys):
    write_chat(house, '"@harbor_sports"')
    compose_now(App.open(house.folder.folder))
    write_chat(house, '"@harbor_gazette"')
    app = App.open(house.folder.folder)
    app.sending.advance()
    with processes.at_work(app.store, "send", app.clock()) as app.process_id:
        app.sending.duties().dispatch("telegram")
    write_chat(house, '"@harbor_sports"')
    capsys.readouterr()
    house.withdraw("1", code=1)
    assert "telegram: stays: `chat` has changed since it posted" in capsys.readouterr().out
    assert len(house.standing("telegram")) == 1


def test_a_variable_that_names_another_account_by_now_is_seen(house, monkeypatch, capsys):
    write_chat(house, "${HARBOR_CHAT}")
    monkeypatch.setenv("HARBOR_CHAT", "@harbor_gazette")
    house.sent()
    monkeypatch.setenv("HARBOR_CHAT", "@harbor_sports")
    capsys.readouterr()
    house.withdraw(code=1)
    assert "telegram: stays: `chat` has changed since it posted" in capsys.readouterr().out
    assert len(house.standing("telegram")) == 1


def test_a_post_of_which_no_account_was_noted_stays(house, capsys):
    house.sent()
    with house.store.write() as conn:
        conn.exec_driver_sql("UPDATE calls SET journal = NULL WHERE channel = 'telegram'")
    capsys.readouterr()
    house.withdraw(code=1)
    said = capsys.readouterr().out
    assert "telegram: stays: it isn't known which account posted it; take it down by hand (https://t.me/" in said


def test_a_withdrawal_that_can_not_go_on_is_given_up_by_cancelling_and_made_anew(house, capsys):
    house.sent()
    with house.store.write() as conn:
        channels.stop(conn, "telegram", reason="HTTP 401: Unauthorized", now=NOW)
    house.withdraw(code=1)
    cancel("1", yes=True, project=house.folder.folder)
    capsys.readouterr()
    house.folder.publisher("release", "--channel", "telegram")
    assert len(house.standing("telegram")) == 1
    house.withdraw(code=1)
    said = capsys.readouterr().out.splitlines()
    assert "telegram: taken down (https://t.me/harbor_gazette/1)" in said
    assert [line for line in said if line.startswith("telegram: stays")] == []
    assert house.standing("telegram") == []


def test_while_all_sending_is_held_nothing_is_taken_down_and_that_is_said(house, capsys):
    house.sent()
    hold(everything=True, project=house.folder.folder)
    capsys.readouterr()
    house.withdraw(code=1)
    said = capsys.readouterr().out
    assert "all sending is held by" in said
    assert len(house.standing("telegram")) == 1


def test_nothing_of_a_withdrawn_edition_is_sent_again(house, capsys):
    house.networks["telegram"].fails(Fault(400, {"ok": False, "error_code": 400, "description": "no"}))
    with pytest.raises(typer.Exit):
        house.sent()
    house.withdraw(code=1)
    assert "it was cancelled: nothing of it is sent again" in house.folder.publisher("resend", "1", "--yes", code=1)
    assert house.standing("telegram") == []


@pytest.mark.parametrize(
    ("edition", "words"),
    [("7", "there is no edition 7"), ("mourning", "Did you mean morning?")],
)
def test_an_edition_that_there_is_not_is_said(house, edition, words):
    house.sent()
    with pytest.raises(UsageError, match=words.replace("?", r"\?")):
        house.withdraw(edition)


def test_a_cancelled_edition_of_which_nothing_went_out_leaves_nothing_to_withdraw(house, capsys):
    app = App.open(house.folder.folder)
    compose_now(app)
    cancel("1", yes=True, project=house.folder.folder)
    with pytest.raises(UsageError, match="there is nothing to withdraw"):
        house.withdraw("1")


def test_what_was_made_in_practice_has_not_left_the_house(house, capsys):
    edit(house.folder.folder, ("version: 1", "version: 1\npractice: true"))
    house.sent()
    with pytest.raises(UsageError, match="made in practice"):
        house.withdraw()
    edit(house.folder.folder, ("version: 1\npractice: true", "version: 1"))
    with pytest.raises(UsageError, match="made in practice"):
        house.withdraw()


def test_in_practice_nothing_real_can_be_taken_back(house, capsys):
    house.sent()
    edit(house.folder.folder, ("version: 1", "version: 1\npractice: true"))
    with pytest.raises(UsageError, match="in practice nothing real can be taken back"):
        house.withdraw()
    assert len(house.standing("telegram")) == 1


def test_a_withdrawal_under_way_waits_while_the_project_practises(house):
    house.sent()
    real = App.open(house.folder.folder)
    withdrawing.withdraw_edition(real.store, 1, real.sending.means, actor="cli:ada", why="", now=real.clock())
    edit(house.folder.folder, ("version: 1", "version: 1\npractice: true"))
    app = App.open(house.folder.folder)
    versions.accepted(app)
    app.sending.advance()
    with app.store.read() as conn:
        told = [each for each in all_in(conn, app.project, app.clock(), None) if "in practice" in each.what]
    assert sorted(each.what.partition(": ")[2] for each in told) == [
        f"{name} is paused: real posts are not taken down in practice" for name in ("mastodon", "telegram")
    ]
    assert {each.command for each in told} == {"Take `practice: true` out of schedules.yaml: it goes on by itself"}
    edit(house.folder.folder, ("version: 1\npractice: true", "version: 1"))
    again = App.open(house.folder.folder)
    versions.accepted(again)
    again.sending.advance()
    assert house.states()["mastodon", "withdrawal"] == "sending"
    house.withdraw(code=1)
    assert (house.standing("mastodon"), house.standing("telegram")) == ([], [])


# --- what a person took down themselves -------------------------------------------------------------------------------


def needs(house: House) -> list[str]:
    app = App.open(house.folder.folder)
    with app.store.read() as conn:
        return [trouble.what for trouble in all_in(conn, app.project, app.clock(), None) if trouble.urgent]


def test_what_was_refused_is_gone_once_a_person_says_so(house, capsys):
    house.sent()
    house.networks["telegram"].fails(Fault(400, {"ok": False, "error_code": 400, "description": "no"}))
    house.withdraw(code=1)
    said = capsys.readouterr().out
    assert "Once you took it down by hand: publisher withdraw 1 --by-hand telegram" in said
    assert any("telegram did not take its post down" in what for what in needs(house))
    asked = len(house.networks["telegram"].requests)
    house.withdraw(code=1, by_hand=["telegram"], why="in the app")
    said = capsys.readouterr().out
    assert re.search(
        r"^telegram: taken down: taken down by hand: in the app, by \S+ \(https://t.me", said, re.MULTILINE
    )
    assert "hook: stays: " in said
    house.withdraw(by_hand=["hook"])
    assert needs(house) == []
    assert len(house.networks["telegram"].requests) == asked
    rows = [row for row in house.folder.json("log", "--channel", "telegram") if row["kind"] == "withdrawal"]
    assert [(row["state"], row["reason"].partition(", by ")[0]) for row in rows] == [
        ("sent", "taken down by hand: in the app")
    ]
    house.folder.publisher("verify")


def test_a_post_that_nobody_knew_of_is_gone_once_a_person_says_so(house, capsys):
    house.networks["telegram"].fails(Fault.dropped_after())
    with pytest.raises(typer.Exit):
        house.sent()
    house.withdraw(code=1)
    house.withdraw(code=1, by_hand=["telegram"])
    assert "telegram: taken down: taken down by hand, by " in capsys.readouterr().out
    house.withdraw(by_hand=["hook"])
    assert "Nothing is in doubt" in house.folder.publisher("unknown", "list")
    assert needs(house) == []
    house.folder.publisher("verify")


def test_a_post_that_was_found_later_and_can_not_be_named_is_gone_once_a_person_says_so(house, capsys):
    house.networks["telegram"].fails(Fault.dropped_after())
    with pytest.raises(typer.Exit):
        house.sent()
    house.withdraw(code=1)
    house.folder.publisher("unknown", "treat-as-sent", "1", "--yes")
    house.withdraw(code=1)
    assert any("telegram did not take its post down" in what for what in needs(house))
    house.withdraw(code=1, by_hand=["telegram"])
    assert needs(house) == []


def test_a_persons_word_is_refused_where_there_is_nothing_to_take_down(house):
    house.sent()
    with pytest.raises(UsageError, match="not withdrawn yet"):
        withdraw("1", by_hand=["telegram"], project=house.folder.folder)
    house.withdraw(code=1)
    with pytest.raises(UsageError, match="nothing is left to take down on telegram, email") as refused:
        withdraw("1", by_hand=["telegram", "email", "hook"], project=house.folder.folder)
    assert refused.value.remedy == "Posts are left on hook"
    assert house.states()["telegram", "withdrawal"] == "done"


# --- a thread that was stopped on its way -----------------------------------------------------------------------------


def test_a_thread_that_left_in_part_is_said_to_and_its_first_part_is_linked_while_it_stands(house, tmp_path, capsys):
    first = "https://news.example/@gazette/110001"
    made = Fault(200, {"id": "110001", "url": first}, accept=True)
    house.networks["mastodon"].fails(made, Fault.unavailable("3600"))
    app = App.open(house.folder.folder)
    compose_now(app)
    app.sending.advance()
    with processes.at_work(app.store, "send", app.clock()) as app.process_id:
        app.sending.duties().dispatch("mastodon")

    def shown(path: str) -> str:
        with served(App.open(house.folder.folder), tmp_path) as site:
            return requests.get(site.url + path, timeout=10).text

    row = house.folder.json("log", "--channel", "mastodon")[0]
    assert row["url"] == first
    assert f'href="{first}"' in shown("/editions/1")
    house.withdraw()
    words = "stopped when 1 post of the thread had left"
    page = shown("/editions/1")
    assert f"{words}; taken down from its network" in page
    assert f"({words})" in page
    assert "stopped; what had left had left" in page
    assert [row["url"] for row in house.folder.json("log", "--channel", "mastodon") if row["kind"] == "regular"] == [
        None
    ]
