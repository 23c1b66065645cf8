"""`publisher plan` and `send --dry-run` show what an edition would carry, for people and as JSON."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from typer.testing import CliRunner

from publisher.app import pauses
from publisher.app.articles import fire_new_articles
from publisher.app.audiences import Audience
from publisher.cli.commands import cli
from publisher.cli.plan import audience_words
from publisher.clock import now
from publisher.errors import UsageError
from publisher.model.project import Entry
from publisher.store import channels
from tests.ledger import Clock
from tests.unit.app.project import compose_now, edit, found, open_app, open_with_press, write_feed
from tests.unit.web.ledger import add_reader


def run(*words: str) -> str:
    done = CliRunner().invoke(cli, [*words], catch_exceptions=False)
    return done.stdout


def test_corrections_are_shown_beside_what_goes_and_what_stays_out(tmp_path):
    app = open_with_press(tmp_path, Clock(now() - timedelta(hours=2)))
    write_feed(tmp_path / "feed.xml", bridge="The bridge opens", first="A first word")
    compose_now(app)
    write_feed(tmp_path / "feed.xml", ferry="The ferry is back", bridge="The bridge stays shut", first="A first word")
    for command in (["plan", "morning"], ["send", "morning", "--dry-run"]):
        shown = [line.split() for line in run(*command, "--project", str(tmp_path)).splitlines()]
        assert ["in", "Ferry", "new", "at", "the", "source"] in shown
        assert ["named", "Bridge", "changed", "since", "edition", "2", "(on_update)"] in shown
        said = json.loads(run(*command, "--json", "--project", str(tmp_path)))
        (only,) = said if command[0] == "plan" else [said]
        assert [each["title"] for each in only["named"]] == ["Bridge"]
        assert [each["title"] for each in only["articles"]] == ["Ferry"]


def test_a_send_that_its_channel_lets_go_over_days_says_when_it_would_end(tmp_path):
    app = open_app(tmp_path, Clock(now()))
    edit(tmp_path, ("channels:\n  letters:\n", "channels:\n  letters:\n    per_day: 2\n    warm_up: 3d\n"))
    for number in range(5):
        add_reader(app, f"reader{number}@example.org", "")
    for command in (["plan", "morning"], ["send", "morning", "--dry-run"]):
        shown = run(*command, "--project", str(tmp_path)).splitlines()
        (line,) = [line for line in shown if line.startswith("    ends on ")]
        assert line.count("2 on ") == 2
        said = json.loads(run(*command, "--json", "--project", str(tmp_path)))
        (send,) = (said[0] if command[0] == "plan" else said)["sends"]
        assert list(send["days"].values()) == [2, 2, 1]
        assert str(datetime.fromisoformat(send["ends_at"]).astimezone(app.zone).date()) == max(send["days"])


def test_what_a_network_charges_for_a_post_is_said_with_how_sure_it_is(tmp_path):
    open_app(tmp_path, Clock(now()))
    channel = ("channels:\n", 'channels:\n  x: {sender: x, token: "${X_TOKEN}"}\n')
    edit(tmp_path, channel, ("{via: letters, to: daily}", "{via: x}\n      - {via: letters, to: daily}"))
    (tmp_path / ".env").write_text("MAILGUN_API_KEY=key-0123456789\nX_TOKEN=x-t0ken\n")
    for command in (["plan", "morning"], ["send", "morning", "--dry-run"]):
        shown = run(*command, "--project", str(tmp_path)).splitlines()
        (line,) = [line for line in shown if "charges" in line]
        assert line.startswith(
            "    X charges about $0.20 for this post ($0.015 without a link), as reported in 2026, and"
        )
        said = json.loads(run(*command, "--json", "--project", str(tmp_path)))
        post, letters = (said[0] if command[0] == "plan" else said)["sends"]
        assert letters["cost"] is None
        assert post["cost"].pop("unsure").startswith("as reported in 2026")
        assert post["cost"] == {"amount": "0.20", "currency": "USD", "posts": 1, "with_link": 1}


def test_a_thread_is_planned_and_previewed_as_the_posts_that_it_is(tmp_path):
    open_app(tmp_path, Clock(now()))
    channel = ("channels:\n", 'channels:\n  x: {sender: x, token: "${X_TOKEN}"}\n')
    edit(tmp_path, channel, ("{via: letters, to: daily}", "{via: x, template: social/thread.txt}"))
    (tmp_path / ".env").write_text("X_TOKEN=x-t0ken\n")
    shown = run("plan", "morning", "--project", str(tmp_path)).splitlines()
    assert any(line.startswith("  x: a thread of 3 posts — ") for line in shown)
    assert any(line.startswith("    X charges about $") and " for this thread of 3 (" in line for line in shown)
    (planned,) = json.loads(run("plan", "morning", "--json", "--project", str(tmp_path)))
    assert [(each["posts"], each["cost"]["posts"]) for each in planned["sends"]] == [(3, 3)]
    assert "\nx: a thread of 3 posts\n" in run("preview", "morning", "--project", str(tmp_path))


@pytest.mark.parametrize(
    ("editions", "posts", "words"),
    [
        (1, 1, "one post"),
        (1, 4, "a thread of 4 posts"),
        (3, 1, "3 posts, one for each article; the first"),
        (3, 4, "3 posts, one for each article; the first is a thread of 4 posts"),
    ],
)
def test_a_line_says_how_many_posts_there_are(editions, posts, words):
    assert audience_words(Entry("mastodon", "mastodon"), Audience(1), editions, posts) == words


def test_a_broken_channel_is_named_although_nothing_is_new(tmp_path):
    open_app(tmp_path, Clock(now()), backfill=0)
    channel = ("channels:\n", 'channels:\n  x: {sender: x, token: "${X_TOKEN}"}\n')
    edit(tmp_path, channel, ("{via: letters, to: daily}", "{via: x}\n      - {via: letters, to: daily}"))
    for command in (["plan", "morning"], ["send", "morning", "--dry-run"]):
        done = CliRunner().invoke(cli, [*command, "--project", str(tmp_path)])
        (line,) = [line for line in done.stdout.splitlines() if line.startswith("  ! x: would be held: ")]
        assert "X_TOKEN" in line
        assert done.exit_code == 1
    (planned,) = json.loads(run("plan", "--json", "--project", str(tmp_path)))
    assert [(each["channel"], each["blocks"]) for each in planned["broken"]] == [("x", True)]


def test_a_stopped_channel_is_named_although_nothing_is_new(tmp_path):
    app = open_app(tmp_path, Clock(now()), backfill=0)
    with app.store.write() as conn:
        channels.stop(conn, "letters", reason="HTTP 401: wrong key", now=now())
    (line,) = [line for line in run("plan", "--project", str(tmp_path)).splitlines() if line.startswith("  ! letters")]
    assert "letters is stopped: HTTP 401: wrong key" in line
    assert "publisher release --channel letters" in line


def test_in_practice_no_post_costs_anything(tmp_path):
    open_app(tmp_path, Clock(now()))
    channel = ("channels:\n", 'practice: true\nchannels:\n  x: {sender: x, token: "${X_TOKEN}"}\n')
    edit(tmp_path, channel, ("{via: letters, to: daily}", "{via: x}"))
    assert "charges" not in run("plan", "morning", "--project", str(tmp_path))


def test_a_paused_schedule_is_planned_as_paused_and_is_not_sent_by_hand(tmp_path):
    app = open_app(tmp_path, Clock(now()))
    pauses.pause(app, app.schedule("morning"), "the desk is away")
    said = run("plan", "morning", "--project", str(tmp_path))
    assert "  ! paused: the desk is away (publisher resume morning)" in said
    assert json.loads(run("plan", "morning", "--json", "--project", str(tmp_path)))[0]["paused"] == "the desk is away"
    with pytest.raises(UsageError, match="it is paused: the desk is away") as refused:
        run("send", "morning", "--yes", "--project", str(tmp_path))
    assert "publisher resume morning" in refused.value.remedy
    assert found(app) == []


def test_an_edition_that_is_held_is_planned_no_more_and_is_said(tmp_path):
    app = open_app(tmp_path, Clock(now()))
    compose_now(app)
    app.sending.advance()
    app.sending.advance()
    words = "letters is held: nobody is subscribed to daily (publisher send morning --finish)"
    (line,) = [line for line in run("plan", "--project", str(tmp_path)).splitlines() if line.endswith(words)]
    assert line.startswith("  ! edition 1 (morning 20")
    (planned,) = json.loads(run("plan", "--json", "--project", str(tmp_path)))
    assert [each.endswith(words) for each in planned["waiting"]] == [True]


def test_each_new_article_is_planned_as_an_edition_of_its_own(tmp_path):
    app = open_app(tmp_path, Clock(now() - timedelta(hours=2)), "new: article")
    edit(tmp_path, ("at_most: 8", "at_most: 2"))  # a bound of editions with several: each of these is one
    add_reader(app, "ada@example.org", "Ada Lovelace")
    foreseen = run("plan", "morning", "--project", str(tmp_path))
    assert "letters: 3 editions, one for each article, each to 1 person on daily; the first — Story" in foreseen
    assert len(fire_new_articles(polled(app), app.schedule("morning"), actor="test")) == 3


def test_a_new_article_is_planned_with_the_time_until_which_it_rests(tmp_path):
    app = open_app(tmp_path, Clock(now()), "new: article")
    app.poll_all()
    write_feed(tmp_path / "feed.xml", ferry="The ferry is back")
    until = (now() + timedelta(minutes=5)).astimezone(app.zone)
    foreseen = run("plan", "morning", "--project", str(tmp_path))
    expected = {f"rests until {moment:%H:%M} (settle)" for moment in (until, until + timedelta(minutes=1))}
    assert any(words in foreseen for words in expected)
    assert foreseen.count("rests until") == 1  # what was there at the first look goes at once
    assert "rests until" not in run("send", "morning", "--dry-run", "--project", str(tmp_path))


def polled(app):
    app.poll_all()
    return app
