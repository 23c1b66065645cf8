"""What is no error and worth a word."""

import pytest

from publisher.config.schedules import parse_project
from tests.unit.config.project_text import BASE, with_line


def notes_of(text: str) -> tuple[str, ...]:
    return tuple(str(note).removeprefix("schedules.yaml:") for note in parse_project(text).notes)


def test_a_plain_project_needs_no_note():
    assert notes_of(BASE) == ()


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ("to: daily", "to: daily, after: 30m", "19:35: `after:` is read but not carried out yet"),
    ],
)
def test_a_key_whose_work_comes_later_says_so(old, new, note):
    assert notes_of(with_line(old, new)) == (note,)


def test_a_warm_up_that_more_than_doubles_each_day_is_a_warning_that_says_how_long_it_should_be():
    (note,) = notes_of(with_line("sender: mailpit", "sender: mailpit, warm_up: 3d, per_day: 120000"))
    assert note == (
        "12:30: `warm_up: 3d` has each day 13.4 times as many readers as the one before, "
        "and mailbox providers mistrust more than twice as many. Write `warm_up: 12d` or longer"
    )
    for fine in ("warm_up: 12d, per_day: 120000", "warm_up: 3d", "warm_up: 1d, per_day: 100"):
        assert notes_of(with_line("sender: mailpit", f"sender: mailpit, {fine}")) == ()


@pytest.mark.parametrize(
    "option",
    ["api_key", "token", "secret", "password", "access_key", "secret_key", "app_password", "webhook", "target"],
)
def test_a_secret_in_clear_is_a_warning_that_does_not_repeat_it(option):
    (note,) = notes_of(with_line("sender: mailpit", f"sender: mailpit, {option}: hunter2"))
    name = f"LETTERS_{option.upper()}"
    assert f"`{option}:` is written in clear. Write `${{{name}}}` here and `{name}=…` into .env" in note
    assert "hunter2" not in note


def test_a_secret_from_the_environment_needs_no_warning():
    assert notes_of(with_line("{sender: mailpit}", "\n    sender: mailpit\n    api_key: ${KEY}")) == ()


def test_a_password_in_an_address_is_a_warning():
    (note,) = notes_of(with_line("https://harbor.example/feed", '"https://me:hunter2@harbor.example/feed"'))
    assert "`feed:` holds a password in clear" in note
    assert "hunter2" not in note


def test_a_subject_that_a_hash_has_cut_is_a_warning():
    text = with_line(
        "      - {via: letters, to: daily}", "      - via: letters\n        to: daily\n        subject: Issue #5"
    )
    assert notes_of(text) == (
        "21:18: the text ends before ` #`, which begins a comment. "
        "Put quotes around the whole text if it belongs to it",
    )


def test_a_comment_is_not_taken_for_a_cut_text():
    assert notes_of(with_line("name: Harbor Gazette\n", "name: Harbor Gazette # our name\n")) == ()
    assert notes_of(with_line("timezone: Europe/Lisbon", "timezone: Europe/Lisbon #ours")) == ()


def test_schedules_without_a_source_are_worth_a_word():
    text = with_line("sources:\n  site: {feed: https://harbor.example/feed}\n", "").replace("{from: site}", "{}")
    assert notes_of(text) == ("12:1: there are schedules but no sources. Add `sources:` with `feed:` or `folder:`",)


def test_who_got_what_should_be_known_as_long_as_an_article_may_wait():
    spared = with_line("    pick: {from: site}", "    never_twice: true\n    pick: {from: site, newer_than: 60d}")
    (note,) = notes_of(spared + "retention: {attempts: 20d, deliveries: 45d}\n")
    assert note == (
        "17:5: its articles wait up to 60d, and who got what is kept for 45d: a reader may get one twice. "
        "Write `deliveries: 60d` or more under `retention:`"
    )
    assert notes_of(spared + "retention: {attempts: 20d, deliveries: 60d}\n") == ()
    assert notes_of(BASE + "retention: {attempts: 7d, deliveries: 7d}\n") == ()
