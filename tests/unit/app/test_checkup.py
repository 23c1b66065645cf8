"""What `publisher check` says about channels before anything is sent."""

from __future__ import annotations

import pytest

from publisher.app import App
from publisher.app.checkup import missing_for_real, past_slots, tried_templates, wrong_channels
from tests.project import MAILGUN, ProjectDir

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


def test_a_language_that_the_words_are_not_written_in_is_noted(tmp_path):
    project = ProjectDir(tmp_path, "http://127.0.0.1:9")
    assert tried_templates(App.open(tmp_path)) == ([], [])
    path = project.folder / "schedules.yaml"
    path.write_text(path.read_text().replace("language: en", "language: ja"))
    wrong, (note,) = tried_templates(App.open(tmp_path))
    assert wrong == []
    assert "words that no editor wrote are English" in note


BARE = "<!DOCTYPE html><html><head><title>x</title></head><body>{{ lead.title }}</body></html>"
OWN = {
    "templates/email/bare.html": BARE,
    "templates/email/bare.txt": "Words",
    "templates/email/half.html": BARE.replace("lead.title", "'{{ recipient.name }}'"),
    "templates/email/huge.html": BARE.replace("</body>", "{% for _ in range(9999) %}eleven bytes{% endfor %}</body>"),
    "templates/social/mute.txt": "{# no words #}",
}
ENTRIES = """\
      - {via: letters, to: daily, from: "Gazette ✅ <news@harbor.example>"}
      - {via: letters, to: daily, template: email/bare.html, subject: "{{ '' }}"}
      - {via: letters, to: daily, template: email/half.html}
      - {via: letters, to: daily, template: email/huge.html}
      - {via: mastodon, template: social/mute.txt}
"""


def test_whatever_a_template_or_the_configuration_would_hold_is_named_before_a_slot_comes(tmp_path):
    project = ProjectDir(tmp_path, "http://127.0.0.1:9")
    for name, words in OWN.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(words)
    path = project.folder / "schedules.yaml"
    text = path.read_text().replace("schedules:\n", f"{MASTODON}schedules:\n")
    path.write_text(text.replace("      - {via: letters, to: daily}\n", ENTRIES))
    said = "\n".join(tried_templates(App.open(tmp_path))[0])
    for what in (
        "the sender's name 'Gazette ✅' looks like a trick",
        "nobody can unsubscribe: the html has no link",
        "nobody can unsubscribe: the text part has no link",
        "the subject is empty",
        "the html lacks the postal address",
        "the headline 'A headline to try the template on' is missing from the text part",
        "{{ recipient stands unreplaced in the html",
        "Gmail would cut the end off",
        "no words are left in the post",
    ):
        assert what in said
    assert all(line.startswith("schedules.yaml:") for line in said.splitlines())


def test_a_logo_over_http_is_still_missing_for_the_real_thing(tmp_path):
    project = ProjectDir(tmp_path, "http://127.0.0.1:9")
    path = project.folder / "schedules.yaml"
    theme = "theme: {logo: {image: http://harbor.example/l.png, width: 240, height: 48}}"
    path.write_text("practice: true\n" + path.read_text().replace("language: en", f"language: en\n  {theme}"))
    app = App.open(tmp_path)
    assert "publication.theme.logo: an https address: many mail programs load no other" in missing_for_real(app)


def test_everything_that_a_channel_misses_is_named_at_once(tmp_path):
    project = ProjectDir(tmp_path, "http://127.0.0.1:9")
    path = project.folder / "schedules.yaml"
    path.write_text(path.read_text().replace("schedules:\n", "  social: {sender: mastodon}\nschedules:\n"))
    instance, token = wrong_channels(App.open(tmp_path))
    assert "channel `social` needs `instance`" in instance
    assert "channel `social` needs `token`" in token


@pytest.mark.parametrize(("once", "is_past"), [("2020-01-01T07:00", True), ("2999-01-01T07:00", False)])
def test_a_single_slot_that_is_past_is_named(tmp_path, once, is_past):
    ProjectDir(tmp_path, "http://127.0.0.1:9", when=f"once: {once}")
    said = past_slots(App.open(tmp_path))
    assert [f"morning: `once: {once}` is past, and fires no more" in line for line in said] == ([True] * is_past)
