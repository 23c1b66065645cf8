"""What `publisher check` finds by trying the templates out."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.app import App
from publisher.app.tryouts import idle_templates, tried_templates
from tests.project import ProjectDir

MASTODON = '  mastodon: {sender: mastodon, instance: "https://news.example", token: "${WEBHOOK_SECRET}"}\n'


def lay(folder: Path, **files: str) -> None:
    """Write a project's templates; in a name `__` stands for `/`, the last `_` for the dot."""
    for name, words in files.items():
        path = folder / "templates" / ".".join(name.replace("__", "/").rsplit("_", 1))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(words)


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


@pytest.mark.parametrize(
    ("file", "words", "says"),
    [
        ("email__confirm_txt", "{{ confirm_ulr }}", "templates/email/confirm.txt:1: 'confirm_ulr' is not defined"),
        ("email__confirm_txt", "1 Quay Street, Harbor", "templates/email/confirm: nobody can answer: the text part"),
        ("email__notice_html", "{% extends 'partials/bse.html' %}", "templates/email/notice.html:1: there is no"),
        (
            "partials__footer_txt",
            "{{ edition.slot }}",
            "templates/partials/footer.txt:1: a mail about a subscription has no 'edition'",
        ),
        ("email__welcome_html", BARE.replace("lead.title", "note"), "templates/email/welcome.html:1: 'note' is not"),
    ],
)
def test_a_slip_in_a_letter_about_a_subscription_is_named_before_a_reader_waits_for_it(tmp_path, file, words, says):
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    lay(tmp_path, **{file: words})
    wrong, _ = tried_templates(App.open(tmp_path))
    assert any(line.startswith(says) for line in wrong), wrong


def test_advice_is_about_the_file_where_there_is_no_edition_yet(tmp_path):
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    lay(tmp_path, email__article_html="{{ lead.title.colour }}")
    wrong, _ = tried_templates(App.open(tmp_path))
    assert [line for line in wrong if "article.html:1" in line] == wrong[:1]
    assert "--finish" not in wrong[0]
    assert wrong[0].endswith("Mend it")


def test_a_template_whose_name_is_a_slip_is_noted(tmp_path):
    project = ProjectDir(tmp_path, "http://127.0.0.1:9")
    path = project.folder / "schedules.yaml"
    path.write_text(path.read_text().replace("to: daily}", "to: daily, template: email/weekend.html}"))
    lay(tmp_path, email__weekend_html=BARE, email__weekend_txt="Words", partials__foter_html="", email__mine_html="")
    assert idle_templates(App.open(tmp_path)) == [
        "templates/email/mine.html: no template uses it, and no line of `send:` names it. "
        "Name it there, include it, or take it away",
        "templates/partials/foter.html: no template uses it, and no line of `send:` names it. "
        "Did you mean partials/footer.html? Then give it that name",
    ]


def test_a_part_that_several_messages_share_is_one_line_and_a_line_of_the_file_has_its_number(tmp_path):
    project = ProjectDir(tmp_path, "http://127.0.0.1:9")
    path = project.folder / "schedules.yaml"
    path.write_text(path.read_text().replace("to: daily}", 'to: daily, subject: "{{ lead.titel }}"}'))
    lay(tmp_path, partials__footer_txt="1 Quay Street, Harbor")
    subject, footer = tried_templates(App.open(tmp_path))[0]
    assert subject.startswith("schedules.yaml:")
    assert ": subject of morning: there is no 'titel'" in subject
    assert footer.startswith("templates/email/welcome, templates/email/notice: nobody can unsubscribe: the text part")
