"""What a message is rendered from: a line of `send:` before its list, the list before the publication."""

import subprocess
import sys
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from publisher.config.schedules import parse_project
from publisher.model.article import Article
from publisher.model.theme import Palette, Theme
from publisher.pipeline.produce import Studio, brief_of
from publisher.render import Renderer, default_theme
from tests.unit.config.project_text import with_line

PAPER = '  timezone: Europe/Lisbon\n  language: pt\n  theme: {accent: "#b3122e", width: 640}\n'


def brief_from(text: str):
    project = parse_project(text.replace("  timezone: Europe/Lisbon\n", PAPER))
    schedule = project.schedules["morning"]
    when = {"slot": "2026-11-24T07:00", "due_at": datetime(2026, 11, 24, 7, tzinfo=UTC)}
    chosen = [Article("Title", url="https://harbor.example/1")]
    return brief_of(project, schedule, schedule.send[0], **when, chosen=chosen)


@pytest.mark.parametrize(
    ("old", "new", "language"),
    [
        ("to: daily", "to: daily", "pt"),
        ("{title: Morning briefing}", "{title: Morning briefing, language: ar}", "ar"),
        ("to: daily", "to: daily, language: he", "he"),
    ],
)
def test_a_message_speaks_the_language_of_its_line_of_its_list_or_of_the_publication(old, new, language):
    brief = brief_from(with_line(old, new))
    direction = "ltr" if language == "pt" else "rtl"
    assert brief.language == language
    page = "".join(part for part in Renderer([default_theme()]).mail(brief).html if isinstance(part, str))
    assert page.count(f'lang="{language}" dir="{direction}"') == 2


def test_a_messages_theme_is_laid_over_the_publications():
    brief = brief_from(with_line("to: daily", 'to: daily, theme: {accent: "#064"}'))
    assert brief.theme == Theme(Palette(accent="#006644"), width=640)


FIRST_EDITION = """
import sys
from publisher.model.project import Channel
from publisher.pipeline.produce import Studio
from publisher.render import Renderer, default_theme
from publisher.senders.registry import sender_class
from tests.unit.render.samples import STORIES, brief

studio = Studio(Renderer([default_theme()]), sender_class)
studio.get_ready([Channel("letters", "mailgun"), Channel("toots", "mastodon", {"instance": "https://a.example"})])
loaded = set(sys.modules)
studio.renderer.mail(brief(*STORIES))
print(*{name.partition(".")[0] for name in set(sys.modules) - loaded})
"""


def test_what_is_ready_loads_nothing_more_for_its_first_mail():
    """A new interpreter: this one has it all."""
    done = subprocess.run([sys.executable, "-c", FIRST_EDITION], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"encodings"}


def test_a_template_that_is_broken_keeps_nobody_from_getting_ready(tmp_path):
    (tmp_path / "email").mkdir()
    (tmp_path / "email" / "digest.html").write_text("{% if")
    Studio(Renderer([tmp_path, default_theme()]), cast(Any, None)).get_ready([])
