"""Whatever is wrong: one clear line that says where, what and what to do, the right exit code, the good kept."""

from __future__ import annotations

import socket
import sqlite3
from copy import copy

import pytest

from publisher.testing import FakeProvider
from tests.project import ProjectDir


@pytest.fixture
def project(tmp_path):
    return ProjectDir(tmp_path, "http://127.0.0.1:9")


def change(project, old: str, new: str) -> None:
    path = project.folder / "schedules.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("when:", "whne:", "`whne:` is not a key here. Did you mean `when:`?"),
        ("via: letters", "via: leters", "there is no channel `leters`. Did you mean `letters`?"),
        ("to: daily", "to: dayly", "there is no list `dayly`. Did you mean `daily`?"),
        ('at: "07:00"', 'cron: "0 9 30 2 *"', "can never fire"),
        ('at: "07:00"', 'cron: "0 9 1 * 1"', "days: first mon"),
        ("Europe/Lisbon", "Europe/Lisbom", "Europe/Lisbon"),
        ("  name: Harbor Gazette", "\tname: Harbor Gazette", "tab"),
    ],
)
def test_a_wrong_line_in_schedules_yaml_is_named_with_its_place(project, old, new, said):
    change(project, old, new)
    line = project.publisher("check", code=2)
    assert said in line
    assert line.startswith("schedules.yaml:")


def test_an_unset_secret_pauses_only_when_it_is_needed_and_check_names_it(project):
    (project.folder / ".env").unlink()
    assert "${MAILGUN_API_KEY} is not set" in project.publisher("check", code=1)
    project.subscribe(1)
    said = project.publisher("send", "morning", "--yes", code=1)
    assert "${MAILGUN_API_KEY} is not set" in said
    assert "Add MAILGUN_API_KEY=… to .env" in said


def test_a_secret_written_in_clear_is_a_warning(project):
    change(project, "${MAILGUN_API_KEY}", "key-0123456789")
    said = project.publisher("check", code=1)
    assert "note: schedules.yaml:" in said
    assert "key-0123456789" not in said


def test_a_sender_that_nobody_knows_is_named_with_the_nearest(project):
    change(project, "sender: mailgun", "sender: mailgn")
    assert "Did you mean `mailgun`?" in project.publisher("check", code=1)


@pytest.mark.parametrize(
    ("template", "said"),
    [("<h1>{{ artcles[0].title }}</h1>", "'artcles' is not defined"), ("{% if %}", "templates/email/digest.html:1")],
)
def test_a_broken_template_is_found_by_check_and_holds_the_send(project, template, said):
    folder = project.folder / "templates" / "email"
    folder.mkdir(parents=True)
    (folder / "digest.html").write_text(template)
    project.subscribe(1)
    assert said in project.publisher("check", code=1)
    assert said in project.publisher("plan", code=1)
    assert said in project.publisher("send", "morning", "--yes", code=1)
    assert project.json("log") == []


def test_a_colour_that_can_hardly_be_read_is_found_by_check_and_holds_the_send(project):
    change(project, "to: daily}", 'to: daily, theme: {accent: "#ffcc00"}}')
    project.subscribe(1)
    for command in (("check",), ("plan",), ("send", "morning", "--yes")):
        said = " ".join(project.publisher(*command, code=1).split())
        assert "#ffcc00 on #ffffff has a contrast of 1.51:1" in said
        assert 'accent: "#8f720e"' in said
    assert project.json("log") == []


def test_one_broken_channel_does_not_stop_the_other(tmp_path):
    with FakeProvider("mastodon") as network:
        project = ProjectDir(
            tmp_path, "http://127.0.0.1:9", channel={"sender": "mailgun", "domain": "mg.harbor.example"}
        )
        change(
            project,
            "schedules:\n",
            f"  mastodon: {{sender: mastodon, instance: '{network.url}', token: mastodon-t0ken}}\nschedules:\n",
        )
        change(project, "to: daily}\n", "to: daily}\n      - {via: mastodon}\n")
        project.subscribe(1)
        project.publisher("send", "morning", "--yes", code=1)
        assert len(network.accepted) == 1
        assert {line["channel"]: line["state"] for line in project.json("log")} == {
            "letters": "pending",
            "mastodon": "sent",
        }


def test_one_dead_source_does_not_stop_the_other(project):
    change(project, "lists:\n", "  dead: {feed: 'http://127.0.0.1:9/feed', allow_private: true}\nlists:\n")
    change(project, "from: [site]", "from: [site, dead]")
    project.subscribe(1)
    plan = project.json("plan")[0]
    assert len(plan["articles"]) == 3
    assert "can't be reached" in plan["problems"][0]


def test_a_page_where_the_feed_should_be_is_said_to_be_one(project):
    (project.folder / "feed.xml").write_text("<!DOCTYPE html><html><body><h1>Under construction</h1></body></html>")
    project.subscribe(1)
    assert "site: this is a web page, not a feed" in project.publisher("plan")
    assert "nothing new: site: this is a web page, not a feed" in project.publisher("send", "morning", "--yes")


def test_a_csv_with_bad_rows_gives_its_good_ones(project):
    (project.folder / "people.csv").write_text("email\nno-address\nada@example.org\nADA@example.org\n")
    said = project.publisher("subscribers", "import", "people.csv", "--list", "daily", code=1)
    assert "people.csv:2: no-address" in said
    assert "people.csv:4: ADA@example.org: the same address stands on line 3" in said
    assert "1 new" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("send", "nope"), "there is no schedule 'nope'. Schedules: morning"),
        (("log", "--edition", "99"), "there is no edition 99"),
        (("log", "--channel", "leters"), "there is no channel 'leters'. Did you mean letters?"),
        (("editions", "mornin"), "there is no schedule 'mornin'. Did you mean morning?"),
        (("log", "--state", "lost"), "there is no state 'lost'"),
        (("subscribers", "import", "people.csv", "--list", "nope"), "there is no list 'nope'"),
        (("plan", "--at", "tomorrow"), "Write it like 2026-11-24T07:00"),
        (("send", "morning", "--finish", "--skip"), "say opposite things"),
        (("frobnicate",), "No such command"),
    ],
)
def test_a_command_called_wrongly_says_what_there_is(project, words, said):
    assert said in project.publisher(*words, code=2)


def test_a_folder_without_a_project_says_how_to_make_one(tmp_path, project):
    (project.folder / "schedules.yaml").unlink()
    assert "publisher init" in project.publisher("plan", code=2)


@pytest.mark.parametrize("words", [("plan",), ("run", "--port", "0"), ("worker",), ("send", "morning", "--yes")])
def test_a_lost_key_file_stops_the_start_and_says_what_it_would_cost(project, words):
    (project.folder / "keys.json").unlink()
    if words == ("worker",):
        with (project.folder / ".env").open("a") as env:
            env.write("DATABASE_URL=postgresql://ada@127.0.0.1:1/ledger\n")  # it is not even asked
    assert "no unsubscribe link" in project.publisher(*words, code=2)
    assert not (project.folder / "keys.json").exists()


def test_a_backup_that_was_cut_short_brings_nothing_back(project, tmp_path):
    project.publisher("backup", "whole.tar.gz")
    folder, whole = tmp_path / "elsewhere", (project.folder / "whole.tar.gz").read_bytes()
    folder.mkdir()
    (folder / "cut.tar.gz").write_bytes(whole[: len(whole) // 2])
    elsewhere = copy(project)
    elsewhere.folder = folder
    said = elsewhere.publisher("restore", "cut.tar.gz", code=2)
    assert "cut.tar.gz is no whole backup. It was cut short, or is another file" in said
    assert [path.name for path in folder.iterdir()] == ["cut.tar.gz"]


def test_a_journal_that_is_newer_than_the_database_holds_all_of_it(project):
    project.subscribe(1)
    project.publisher("backup", "first.tar.gz")
    old = (project.folder / "publisher.db").read_bytes()
    project.publisher("backup", "second.tar.gz")
    for path in project.folder.glob("publisher.db-*"):
        path.unlink()
    (project.folder / "publisher.db").write_bytes(old)
    said = project.publisher("send", "morning", "--yes", code=1)
    assert "all sending is held by publisher (restored): publisher release --all" in said
    assert [line["state"] for line in project.json("log")] == ["pending"]


def test_init_gives_keys_to_a_schedule_file_that_came_with_git_and_never_replaces_lost_ones(project):
    (project.folder / "keys.json").unlink()
    assert "keys.json is made" in project.publisher("init", ".")
    project.subscribe(1)
    (project.folder / "keys.json").unlink()
    assert "there is a project already" in project.publisher("init", ".", code=2)


def test_a_port_that_is_taken_is_said_with_another(project):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"port {port} is taken" in project.publisher("run", "--port", str(port), code=1)


def test_a_file_that_is_no_database_is_said_to_be_none(project):
    (project.folder / "publisher.db").write_bytes(b"a shopping list " * 100)
    assert "no database, or a damaged one" in project.publisher("editions", code=1)


def test_a_database_of_a_later_version_is_refused(project):
    project.json("editions")
    with sqlite3.connect(project.folder / "publisher.db") as plain:
        plain.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "schema 9999, which this version doesn't know" in project.publisher("editions", code=1)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("http://127.0.0.1:9/feed", "can't be reached"),
        ("/no/such/file.xml", "no file, no folder and no address"),
        ("empty.xml", "no items"),
        ("junk.xml", "not XML"),
    ],
)
def test_try_says_what_is_wrong_with_a_source(project, source, said):
    (project.folder / "empty.xml").write_text('<rss version="2.0"><channel><title>Empty</title></channel></rss>')
    (project.folder / "junk.xml").write_text("neither here nor there")
    assert said in project.publisher("try", source, "--once", code=1)
