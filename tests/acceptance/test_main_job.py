"""The main job as an operator runs it: the command line, a real feed, a real provider on this machine."""

from __future__ import annotations

from collections import Counter

import pytest

from publisher.app import App
from publisher.model.message import fill
from publisher.store import deliveries as ledger
from publisher.store import log, messages
from publisher.testing import FakeProvider, Fault, expand_mailgun
from tests.project import ProjectDir


@pytest.fixture
def provider():
    with FakeProvider("mailgun") as running:
        yield running


@pytest.fixture
def project(tmp_path, provider):
    return ProjectDir(tmp_path, provider.url)


def test_the_same_schedule_run_twice_sends_nothing_twice(project, provider):
    project.subscribe(5)
    project.publisher("send", "morning", "--yes")
    said = project.publisher("send", "morning", "--yes")
    assert "skipped: nothing new" in said
    assert Counter(provider.addresses()) == {f"reader{n}@example.org": 1 for n in range(5)}


def test_a_feed_that_grows_by_one_article_yields_exactly_that_one(project, provider):
    project.subscribe(1)
    project.publisher("send", "morning", "--yes")
    project.publish(4)
    project.publisher("send", "morning", "--yes")
    first, second = (expand_mailgun(request.form)[0]["text"] for request in provider.requests)
    assert [f"Story {n}" in first for n in (1, 2, 3, 4)] == [True, True, True, False]
    assert [f"Story {n}" in second for n in (1, 2, 3, 4)] == [False, False, False, True]


def test_the_log_has_one_line_for_each_recipient(project):
    project.subscribe(3)
    project.publisher("send", "morning", "--yes")
    lines = project.json("log")
    assert {line["to"] for line in lines} == {f"reader{n}@example.org" for n in range(3)}
    assert {(line["edition"], line["channel"], line["state"], line["attempts"]) for line in lines} == {
        (1, "letters", "sent", 1)
    }
    assert len(project.json("log", "--to", "READER1@example.org")) == 1
    assert project.json("log", "--state", "failed") == []
    assert len(project.json("log", "--edition", "morning")) == 3


def test_ten_thousand_readers_are_ten_requests_and_each_body_is_what_preview_shows(project, provider):
    project.subscribe(10_000)
    project.publisher("send", "morning", "--yes")
    assert len(provider.requests) == 10
    app = App.open(project.folder)
    with app.store.read() as conn:
        rows = log.find(conn, log.Filter(limit=20_000))
        assert Counter(row["state"] for row in rows) == {"sent": 10_000}
        _, mail = messages.of_send(conn, 1)
        thousands = [range(start, start + 1000) for start in range(1, 10_001, 1000)]
        members = {m.address: m for ids in thousands for m in ledger.members(conn, ids, app.store.now())}
    received = [letter for request in provider.requests for letter in expand_mailgun(request.form)]
    assert len(received) == len({letter["to"] for letter in received}) == 10_000
    for letter in received:
        values = app.sending.introduce(members[letter["to"]], language=mail.language).values
        assert letter["html"] == fill(mail.html, values)
        assert letter["text"] == fill(mail.text, values)
        assert letter["subject"] == fill(mail.subject, values)


def test_send_prints_its_books_as_json(project):
    project.subscribe(2)
    (books,) = project.json("send", "morning", "--yes")
    assert (books["channel"], books["state"], books["candidates"], books["sent"]) == ("letters", "done", 2, 2)


def test_a_real_send_is_not_begun_without_a_yes(project, provider):
    project.subscribe(2)
    said = project.publisher("send", "morning", code=2)
    assert "2 people on daily" in said
    assert "--yes" in said
    assert provider.requests == []


def test_plan_and_dry_run_show_everything_and_write_nothing(project, provider):
    project.subscribe(2)
    before = project.json("articles"), project.json("editions")
    plan = project.json("plan")[0]
    assert [article["title"] for article in plan["articles"]] == [f"Story {n}: quay & harbour" for n in (3, 2, 1)]
    assert plan["sends"][0]["people"] == 2
    assert "2 people on daily" in project.publisher("send", "morning", "--dry-run")
    assert (project.json("articles"), project.json("editions")) == before == ([], [])
    assert provider.requests == []


def test_wrong_credentials_pause_the_send_and_finish_carries_on_when_they_are_mended(project, provider):
    project.subscribe(3)
    (project.folder / ".env").write_text("MAILGUN_API_KEY=a-wrong-one\n")
    said = project.publisher("send", "morning", "--yes", code=1)
    assert "the provider refused the account" in said
    assert "a-wrong-one" not in said
    said = project.publisher("send", "morning", "--yes", code=2)
    assert "is unfinished" in said
    assert "--finish" in said
    (project.folder / ".env").write_text("MAILGUN_API_KEY=key-0123456789\n")
    project.publisher("send", "morning", "--finish", "--yes")
    assert Counter(provider.addresses()) == {f"reader{n}@example.org": 1 for n in range(3)}


def test_skip_cancels_what_is_left_of_an_unfinished_edition(project, provider):
    project.subscribe(3)
    (project.folder / ".env").write_text("MAILGUN_API_KEY=a-wrong-one\n")
    project.publisher("send", "morning", "--yes", code=1)
    said = project.publisher("send", "morning", "--skip", "--yes", code=1)
    assert "0 of 3 got it, 3 never will" in said
    assert {line["state"] for line in project.json("log", "--edition", "1")} == {"cancelled"}


def test_an_answer_that_was_lost_is_unknown_by_name_and_makes_the_command_say_so(project, provider):
    project.subscribe(3)
    provider.fails(Fault.dropped_after())
    project.publisher("send", "morning", "--yes", code=1)
    assert {line["to"] for line in project.json("log", "--state", "unknown")} == {
        f"reader{n}@example.org" for n in range(3)
    }
    assert "nothing new" in project.publisher("send", "morning", "--yes")
    assert len(provider.requests) == 1


def test_a_real_send_without_a_public_address_is_held_with_the_remedy(project, provider):
    path = project.folder / "schedules.yaml"
    path.write_text(
        path.read_text().replace("public_url: https://letters.harbor.example", "public_url: http://127.0.0.1")
    )
    project.subscribe(1)
    said = project.publisher("send", "morning", "--yes", code=1)
    assert "readers could not unsubscribe" in said
    assert provider.requests == []
    path.write_text(
        path.read_text().replace("public_url: http://127.0.0.1", "public_url: https://letters.harbor.example")
    )
    project.publisher("send", "morning", "--finish", "--yes")
    assert provider.addresses() == ["reader0@example.org"]


def test_nobody_on_the_list_is_held_and_finish_goes_on_when_somebody_is(project, provider):
    said = project.publisher("send", "morning", "--yes", code=1)
    assert "nobody is subscribed to daily" in said
    project.subscribe(1)
    project.publisher("send", "morning", "--finish", "--yes")
    assert provider.addresses() == ["reader0@example.org"]


def test_a_reader_who_was_imported_can_be_shown_and_exported(project):
    project.subscribe(2)
    project.publisher("send", "morning", "--yes")
    shown = project.json("subscribers", "show", "reader1@example.org")
    assert [entry["list"] for entry in shown["lists"]] == ["daily"]
    assert shown["lists"][0]["basis"].startswith("imported from people.csv")
    assert [line["state"] for line in shown["deliveries"]] == ["sent"]
    exported = project.publisher("subscribers", "export").splitlines()
    assert exported[0].startswith("email,name,list,state")
    assert len(exported) == 3
