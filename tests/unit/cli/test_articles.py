"""The list of articles says what was sent."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
import typer

from publisher.app import App, composing
from publisher.app.slots import fire_due
from publisher.cli.articles import articles, discard, release
from publisher.errors import UsageError
from publisher.store import sends
from tests.ledger import Clock
from tests.project import ProjectDir
from tests.unit.app.project import EVENING, edit, open_app, open_with_press, stories, write_feed
from tests.unit.app.test_sending import with_work


def test_an_article_names_the_editions_that_brought_it_to_anyone(tmp_path, monkeypatch, capsys):
    app = with_work(tmp_path, monkeypatch)
    (first, *_) = stories(app, 1)

    def shown() -> dict:
        articles(limit=50, project=tmp_path, as_json=True)
        return {each["id"]: each["sent_in"] for each in json.loads(capsys.readouterr().out)}

    assert shown()[first] == []  # locked, and nobody has it yet
    with app.store.write() as conn:
        conn.exec_driver_sql("UPDATE deliveries SET state = 'sent' WHERE id = 1")
        sends.post_to_books(conn, 1, {"pending": -1, "sent": 1})
    assert shown()[first] == [{"edition": 1, "schedule": "morning", "practice": False}]
    articles(limit=50, project=tmp_path)
    table = capsys.readouterr().out
    assert "sent in" in table
    assert table.count("1 morning") == len(stories(app, 1))


def test_why_tells_what_became_of_an_article_and_what_each_edition_made_of_it(tmp_path, monkeypatch, capsys):
    app = with_work(tmp_path, monkeypatch)
    (first, *_) = stories(app, 1)
    articles(article=first, why=True, project=tmp_path)
    said = capsys.readouterr().out
    assert "taken: among the newest 3 when the source was first polled (backfill)" in said
    assert "edition 1 of morning: number" in said
    articles(article=first, why=True, project=tmp_path, as_json=True)
    (plain,) = json.loads(capsys.readouterr().out)
    assert [row["event"] for row in plain["history"]] == ["taken"]
    assert plain["editions"][0]["edition_id"] == 1


def test_why_tells_in_the_order_of_time(tmp_path, capsys):
    clock = Clock(EVENING)
    app = open_with_press(tmp_path, clock)
    write_feed(tmp_path / "feed.xml", bridge="The bridge opens", first="A first word")
    slot = composing.manual_slot(app)  # due before its sources are asked
    clock.advance(timedelta(seconds=2))
    composing.compose(app, app.schedule("morning"), slot, actor="test")
    clock.advance(timedelta(hours=1))
    write_feed(tmp_path / "feed.xml", bridge="The bridge stays shut", first="A first word")
    app.poll_all()
    articles(article=3, why=True, project=tmp_path)
    told = re.findall(r"WET  ([\w ]+):", capsys.readouterr().out)
    assert told == ["taken", "edition 2 of morning", "revised"]


@pytest.mark.parametrize("command", [articles, release, discard])
def test_a_source_that_nobody_knows_is_told_the_nearest(tmp_path, command):
    open_with_press(tmp_path, Clock(EVENING))
    with pytest.raises(UsageError) as caught:
        command(source="pres", project=tmp_path)
    assert str(caught.value) == "there is no source 'pres'. Did you mean `press`?"


def test_articles_of_a_source_that_was_taken_out_of_the_file_are_still_listed(tmp_path, capsys):
    open_with_press(tmp_path, Clock(EVENING))
    edit(tmp_path, ("  press:\n    feed: press.xml\n", ""), ("from: [site, press]", "from: [site]"))
    articles(source="press", project=tmp_path, as_json=True)
    assert [each["source"] for each in json.loads(capsys.readouterr().out)] == ["press"]


def test_held_articles_are_released_and_discarded_by_number_by_source_or_all(tmp_path, capsys):
    project = ProjectDir(tmp_path, "http://127.0.0.1:9", backfill=0)
    app = App.open(tmp_path)
    app.poll_all()
    project.publish(30)
    app.poll_all()
    with pytest.raises(UsageError, match="it isn't said which"):
        release(project=tmp_path)
    release([4], why="an import", project=tmp_path, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"released": [4]}
    discard(source="site", project=tmp_path)
    assert "26 articles discarded" in capsys.readouterr().err
    with pytest.raises(typer.Exit):  # article 4 is new, and stays so
        discard(source="site", project=tmp_path)
    assert _told(capsys) == ["nothing of site is held; what is new is discarded by its number: publisher articles"]
    with pytest.raises(typer.Exit):
        release(everything=True, project=tmp_path)
    articles(article=4, project=tmp_path, as_json=True)
    (plain,) = json.loads(capsys.readouterr().out)
    assert (plain["standing"], plain["reason"].endswith(": an import")) == ("new", True)


def test_a_new_article_is_kept_from_going_out_and_let_go_again(tmp_path, capsys):
    clock = Clock(EVENING)
    app = open_app(tmp_path, clock, 'at: "07:00", prepare: 45m')
    fire_due(app)
    app.poll_all()
    clock.moment = datetime(2026, 11, 24, 6, 15, tzinfo=UTC)
    fire_due(app)
    assert stories(app, 1) == [1, 2, 3]
    discard([2], why="a mistake", project=tmp_path)
    said = capsys.readouterr().err
    assert said == "1 article discarded\narticle 2 is left out of the draft of morning when that is composed anew\n"
    fire_due(app)
    assert stories(app, 1) == [1, 3]
    release([2], project=tmp_path)
    fire_due(app)
    assert stories(app, 1) == [1, 2, 3]


def test_a_decision_says_what_it_did_nothing_to(tmp_path, capsys):
    app = open_app(tmp_path, Clock(EVENING))
    app.poll_all()
    discard([1], project=tmp_path)
    capsys.readouterr()
    for command, number, why in [
        (discard, 1, r"article 1 was discarded before: discarded by \S+\n"),
        (discard, 9999, "there is no article 9999\n"),
        (release, 2, r"article 2 is neither held nor discarded: there is nothing to release \(new\)\n"),
    ]:
        with pytest.raises(typer.Exit):
            command([number], project=tmp_path)
        assert re.fullmatch(why, capsys.readouterr().err)


def test_an_old_article_is_sent_only_where_that_is_said(tmp_path, capsys):
    ProjectDir(tmp_path, "http://127.0.0.1:9", backfill=0)
    App.open(tmp_path).poll_all()
    to_send = "it isn't sent; to send it all the same: publisher articles release 1 --as-new"
    with pytest.raises(typer.Exit):
        release([1], project=tmp_path)
    assert _told(capsys) == [f"article 1 was there when its source was first polled: {to_send}"]
    discard([1], project=tmp_path)
    release([1], project=tmp_path)
    assert _told(capsys)[1:] == ["1 article released", f"article 1 is part of the baseline again: {to_send}"]
    with pytest.raises(UsageError, match="--as-new is for articles that are named"):
        release(everything=True, as_new=True, project=tmp_path)
    release([1], as_new=True, project=tmp_path)
    assert _told(capsys) == ["1 article released"]


def test_of_an_article_that_is_out_the_editions_are_named(tmp_path, monkeypatch, capsys):
    app = with_work(tmp_path, monkeypatch)
    (first, second, *_) = stories(app, 1)
    discard([first], project=tmp_path)
    assert f"article {first} stays in edition 1 of morning, which is on its way: publisher cancel 1" in _told(capsys)
    with app.store.write() as conn:
        conn.exec_driver_sql("UPDATE deliveries SET state = 'sent'")
        sends.post_to_books(conn, 1, {"pending": -1, "sent": 1})
        conn.exec_driver_sql("UPDATE editions SET state = 'closed'")
    discard([second], project=tmp_path)
    assert _told(capsys) == [f"article {second} went out before, in edition 1 of morning", "1 article discarded"]


def _told(capsys) -> list[str]:
    return capsys.readouterr().err.splitlines()
