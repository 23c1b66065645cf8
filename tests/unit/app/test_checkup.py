"""What `publisher check` says about channels before anything is sent."""

from __future__ import annotations

import pytest

from publisher.app import App
from publisher.app.checkup import (
    missing_for_real,
    notes_of_channels,
    notes_of_file,
    past_slots,
    public_alerts,
    wrong_channels,
)
from publisher.app.doctor import hearing
from tests.project import MAILGUN, ProjectDir
from tests.unit.app.doctor.ward import patient

MASTODON = '  mastodon: {sender: mastodon, instance: "https://news.example", token: "${WEBHOOK_SECRET}"}\n'
LETTERS_2 = '  letters-2: {sender: webhook, url: "https://hooks.example", secret: "${WEBHOOK_SECRET}"}\n'


@pytest.mark.parametrize(
    ("fallback", "says"), [("mastodon", "mastodon can't carry what letters carries"), ("letters-2", "")]
)
def test_a_fallback_must_carry_what_its_channel_carries(tmp_path, fallback, says):
    project = ProjectDir(tmp_path, "http://127.0.0.1:9", channel={**MAILGUN, "fallback": fallback})
    path = project.folder / "schedules.yaml"
    path.write_text(path.read_text().replace("schedules:\n", f"{MASTODON}{LETTERS_2}schedules:\n"))
    said = wrong_channels(App.open(tmp_path))
    assert [says in line for line in said] == ([True] if says else [])


def test_a_logo_over_http_is_still_missing_for_the_real_thing(tmp_path):
    project = ProjectDir(tmp_path, "http://127.0.0.1:9")
    path = project.folder / "schedules.yaml"
    theme = "theme: {logo: {image: http://harbor.example/l.png, width: 240, height: 48}}"
    path.write_text("practice: true\n" + path.read_text().replace("language: en", f"language: en\n  {theme}"))
    app = App.open(tmp_path)
    assert "publication.theme.logo: an https address: many mail programs load no other" in missing_for_real(app)


@pytest.mark.parametrize(
    ("address", "is_nobody"),
    [
        ("news@example.org", True),
        ("news@mail.example.com", True),
        ("news@harbor.example", True),
        ("news@example.co.uk", False),
        ("news@myexample.org", False),
    ],
)
def test_a_sender_that_nobody_can_be_is_missing_in_practice_and_with_a_provider_by_its_line(
    tmp_path, address, is_nobody
):
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    path = tmp_path / "schedules.yaml"
    text = path.read_text().replace("news@harbor.example", address)

    def said(text: str) -> list[str]:
        path.write_text(text)
        app = App.open(tmp_path)
        return [line for line in missing_for_real(app) if line.startswith("schedules.yaml:6:9: ")]

    found = [True] * is_nobody
    assert [address in line for line in said(text.replace("    base_url: http://127.0.0.1:9\n", ""))] == found
    assert [address in line for line in said(f"{text}\npractice: true\n")] == found
    assert said(text) == []  # a server of this machine stands in for the provider


def test_everything_that_a_channel_misses_is_named_at_once(tmp_path):
    project = ProjectDir(tmp_path, "http://127.0.0.1:9")
    path = project.folder / "schedules.yaml"
    path.write_text(path.read_text().replace("schedules:\n", "  social: {sender: mastodon}\nschedules:\n"))
    instance, token = wrong_channels(App.open(tmp_path))
    assert "channel `social` needs `instance`" in instance
    assert "channel `social` needs `token`" in token


def test_a_secret_that_is_not_set_hides_nothing_else_and_is_missing_not_wrong(tmp_path):
    ProjectDir(tmp_path, "http://127.0.0.1:9", channel={"sender": "mailgun", "api_key": "${UNSET}"})
    app = App.open(tmp_path)
    (wrong,) = wrong_channels(app)
    assert "channel `letters` needs `domain`" in wrong
    assert [line for line in missing_for_real(app) if "${UNSET} is not set" in line]


def test_keys_that_are_not_set_are_named_by_their_variables_all_at_once_and_nothing_else_of_them(tmp_path):
    keys = {"api_key": "${X_KEY}", "api_secret": "${X_SECRET}", "access_token": "${X_TOKEN}"}
    ProjectDir(tmp_path, "http://127.0.0.1:9", channel={"sender": "x", **keys, "access_secret": "${X_TOKEN_SECRET}"})
    path = tmp_path / "schedules.yaml"
    path.write_text(path.read_text().replace("{via: letters, to: daily}", "{via: letters}"))
    app = App.open(tmp_path)
    assert wrong_channels(app) == []
    said = [line for line in missing_for_real(app) if "publisher connect letters" in line]
    names = ("X_KEY", "X_SECRET", "X_TOKEN", "X_TOKEN_SECRET")
    assert [f"${{{name}}} is not set. Add {name}=… to .env" in line for name, line in zip(names, said, strict=True)]


@pytest.mark.parametrize(("via", "is_noted"), [("letters", True), ("desk", False)])
def test_a_channel_that_readers_see_is_noted_where_it_tells_of_trouble(tmp_path, via, is_noted):
    ProjectDir(tmp_path, "http://127.0.0.1:9", channel={"sender": "telegram", "token": "7001:t0ken", "chat": "-1001"})
    path = tmp_path / "schedules.yaml"
    text = path.read_text().replace("{via: letters, to: daily}", "{via: letters}")
    desk = '  desk: {sender: telegram, token: "7001:t0ken", chat: "-1001"}\nschedules:\n'
    path.write_text(f"alerts: {{to: [{via}]}}\n" + text.replace("schedules:\n", desk))
    notes = public_alerts(App.open(tmp_path))
    assert ["letters carries the posts of morning too: readers would see" in note for note in notes] == [
        True
    ] * is_noted


@pytest.mark.parametrize(("once", "is_past"), [("2020-01-01T07:00", True), ("2999-01-01T07:00", False)])
def test_a_single_slot_that_is_past_is_named(tmp_path, once, is_past):
    ProjectDir(tmp_path, "http://127.0.0.1:9", when=f"once: {once}")
    said = past_slots(App.open(tmp_path))
    assert [f"morning: `once: {once}` is past, and fires no more" in line for line in said] == ([True] * is_past)


def test_a_provider_that_forces_its_own_unsubscribe_header_is_noted(tmp_path):
    project = ProjectDir(tmp_path, "http://127.0.0.1:9", channel={**MAILGUN, "events_key": "${WEBHOOK_SECRET}"})
    assert notes_of_channels(App.open(tmp_path)) == []
    spark = '  spark: {sender: sparkpost, api_key: "${MAILGUN_API_KEY}", events_password: "${WEBHOOK_SECRET}"}\n'
    spark += "  bare: {sender: sparkpost}\n"
    path = project.folder / "schedules.yaml"
    path.write_text(path.read_text().replace("schedules:\n", f"{spark}schedules:\n"))
    (note,) = notes_of_channels(App.open(tmp_path))
    assert note.startswith("schedules.yaml:")
    assert "spark: SparkPost puts its own List-Unsubscribe in place of ours" in note


def test_a_provider_that_is_not_heard_is_noted_in_the_words_of_the_doctor(tmp_path):
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    app = App.open(tmp_path)
    (note,) = notes_of_channels(app)
    assert "`events_key` is not set, so bounces and complaints are not heard of" in note
    assert note == f"schedules.yaml:18:3: letters: {next(iter(hearing.look(patient(app))))}"


def test_a_misspelt_secret_has_one_hint_the_right_name(tmp_path):
    channel = {"sender": "ses", "region": "eu-west-1", "acces_key": "AKIA", "secret_access_key": "${WEBHOOK_SECRET}"}
    ProjectDir(tmp_path, "http://127.0.0.1:9", channel=channel)
    app = App.open(tmp_path)
    (wrong,) = wrong_channels(app)
    assert wrong.endswith("no option `acces_key`. Did you mean `access_key_id`?")
    assert (len(app.project.notes), notes_of_file(app, [wrong])) == (1, [])
