"""`publisher edition` and `publisher note` as an editor types them."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from publisher.app import App
from publisher.app.slots import fire_due
from publisher.cli.commands import cli
from publisher.errors import PublisherError, UsageError
from tests.ledger import Clock
from tests.unit.app.project import EVENING, edit, open_app
from tests.unit.app.test_desk import POSTS
from tests.unit.app.test_drafts import at
from tests.unit.web.ledger import add_reader


@pytest.fixture
def project(tmp_path):
    app = open_app(tmp_path, Clock(EVENING), 'at: "07:00"')
    lines = "      - {via: letters, to: daily}\n"
    edit(tmp_path, (lines, f"{lines}      - {{via: posts}}\n"), ("schedules:\n", f"{POSTS}schedules:\n"))
    edit(tmp_path, ("version: 1", "version: 1\npractice: true"))
    add_reader(app, "ada@example.org")
    app.store.close()
    return tmp_path


@pytest.fixture
def run(project, monkeypatch):
    monkeypatch.setenv("MASTODON_TOKEN", "abc")

    def run(*words: str, code: int = 0, given: str = "") -> str:
        done = CliRunner().invoke(cli, [*words, "--project", str(project)], catch_exceptions=False, input=given)
        assert done.exit_code == code, done.output
        return done.stdout

    return run


def numbers(run) -> list[int]:
    said = json.loads(run("edition", "morning", "--json"))
    return [each["article"] for each in said["articles"] if each["position"]]


def test_before_there_is_a_draft_the_edition_is_shown_with_the_articles_numbers(run):
    shown = run("edition", "morning")
    assert "in\t3\tStory 3: quay & harbour\t" in shown
    assert "There is no draft of it yet: it is made with the first change" in shown


def test_an_editor_changes_stories_and_words_in_one_go(run, project):
    (project / "post.txt").write_text("Two boats collided.\nhttps://harbor.example/1\n")
    shown = run("edition", "morning", "--drop", "2", "--order", "1", "--subject", "Boats")
    assert "dropped article 2; put article 1 first; wrote the subject of letters:daily" in shown
    assert "letters: 1 person on daily — Boats" in shown
    shown = run("edition", "morning", "--post", str(project / "post.txt"), "--for", "posts")
    assert "posts: one post — Two boats collided." in shown
    assert numbers(run) == [1, 3]
    assert "posts: one post — Story 3" in run("edition", "morning", "--plain", "--undo", "2", "--undo", "1")
    assert numbers(run) == [3, 2, 1]


def test_words_that_would_hold_a_message_are_said_at_once(run):
    shown = run("edition", "morning", "--subject", "{{ lead.titel }}", code=1)
    assert "letters: held: subject of morning, as a person wrote it: there is no 'titel'" in shown


def test_words_that_no_edition_can_have_are_refused(run):
    with pytest.raises(UsageError, match=r"^subject: a \{\{ is never closed\. Close it with \}\}$"):
        run("edition", "morning", "--subject", "{{ lead")


def test_words_beside_plain_hold_and_those_before_go(run):
    run("edition", "morning", "--subject", "Old", "--preheader", "Old too")
    shown = run("edition", "morning", "--plain", "--subject", "Boats")
    assert "took back the words of letters:daily; took back the words of posts; wrote the subject" in shown
    assert "letters: 1 person on daily — Boats" in shown


def test_a_post_of_ones_own_that_is_too_long_is_to_be_shortened_and_misses_no_story(run, project):
    (project / "post.txt").write_text("Two boats collided. " * 40)
    shown = run("edition", "morning", "--post", str(project / "post.txt"), code=1)
    assert "on mastodon. Shorten it" in shown
    assert "not in this post" not in shown


def test_a_send_by_hand_leaves_out_what_was_dropped_and_says_what_it_is_without(run, project):
    run("edition", "morning", "--drop", "3", "--subject", "Boats")
    done = CliRunner().invoke(cli, ["send", "morning", "--dry-run", "--project", str(project)])
    assert "is on the desk: this is an edition beside it, without its words" in done.stderr
    assert "out\tStory 3: quay & harbour\tdropped by cli:" in done.stdout
    assert "letters: 1 person on daily — Story 2" in done.stdout


def test_a_send_by_hand_says_nothing_of_a_draft_that_nobody_changed(run, project):
    run("edition", "morning", "--drop", "3")
    run("edition", "morning", "--undo", "3")
    done = CliRunner().invoke(cli, ["send", "morning", "--dry-run", "--project", str(project)])
    assert "on the desk" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--drop", "9"], "article 9 is no candidate of it. To take it in: --add 9"),
        (["--drop", "x"], "'x' is no article's number"),
        (["--add", "9"], "there is no article 9"),
        (["--post", "nowhere.txt"], "there is no file nowhere.txt"),
        (["--subject", "X", "--for", "posts"], "it sends no mail by posts. It has: letters:daily"),
        (["--drop", "1", "--seen", "7"], "changed since version 7"),
        (["--drop", "1", "--add", "1"], "article 1: --drop and --add say opposite things. Give one of them"),
        (["--order", "3,1"], "article 3 is left out of it, and has no place. To take it in: --add 3"),
        (["--drop", "2", "--order", "2"], "article 2 is left out of it"),
        (["--subject", " "], "--subject says nothing. Write it; to take back words of your own: --plain"),
    ],
)
def test_what_can_not_be_meant_is_said_and_changes_nothing(run, words, said):
    run("edition", "morning", "--later", "3")
    with pytest.raises(PublisherError) as refused:
        run("edition", "morning", *words)
    assert said in str(refused.value)
    assert numbers(run) == [2, 1]


def test_a_draft_that_somebody_holds_says_so(run):
    run("edition", "morning", "--drop", "2")
    run("hold", "morning", "--why", "the lawyer reads it")
    assert ": the lawyer reads it; `publisher release 1` lets it go on" in run("edition", "morning")
    run("release", "morning")
    assert "held by" not in run("edition", "morning")


def test_a_draft_is_edited_and_not_corrected(run):
    run("edition", "morning", "--drop", "2")
    with pytest.raises(PublisherError, match=r"it is a draft: .* Edit it instead: publisher edition 1"):
        run("correct", "morning")
    assert "dropped article 1" in run("edition", "1", "--drop", "1")


def test_a_past_edition_is_shown_and_can_not_be_changed(run, project):
    clock = Clock(EVENING)
    app = App.open(project, clock)
    fire_due(app)
    clock.moment = at(7, 0)
    fire_due(app)
    app.store.close()
    assert "edition 1 (morning 2026-11-24T07:00): locked" in run("edition", "1")
    with pytest.raises(UsageError, match="it is locked: nothing in it can be changed"):
        run("edition", "1", "--drop", "2")


def test_a_note_is_written_shown_replaced_and_taken_back(run, project):
    assert "no note waits" in run("note", "morning")
    (project / "note.md").write_text("# Good morning\n\nIt rains.")
    assert "the note stands on top of the edition of " in run("note", "morning", str(project / "note.md"))
    assert "with the note by cli:" in run("plan", "morning")
    assert "the note stands" in run("note", "morning", "-", given="The sun shines.")
    assert "The sun shines." in run("note", "morning")
    assert "its note is taken back" in run("note", "morning", "--clear")
    assert "no note waits" in run("note", "morning", "--clear")


def test_a_note_that_says_nothing_or_too_much_is_refused(run, project):
    for text, said in (("  \n", "it says nothing"), ("x" * 20_001, "more than 20,000"), ("\0\1\2", "no text")):
        (project / "note.md").write_text(text)
        with pytest.raises(UsageError, match=said):
            run("note", "morning", str(project / "note.md"))
