"""What verbs say stands on the pages in the publication's language, and runs as that is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import requests

from publisher.app import App
from publisher.model.staff import Role
from tests.unit.web.browsers import signed_in
from tests.unit.web.ledger import NOW, Site, fill, open_project, served


@contextmanager
def speaking(language: str, folder: Path) -> Iterator[Site]:
    open_project(folder)
    file = folder / "schedules.yaml"
    file.write_text(file.read_text().replace("language: en", f"language: {language}"))
    with served(App.open(folder, clock=lambda: NOW), folder) as site:
        fill(site)
        yield site


def words(text: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def test_what_needs_a_person_and_what_an_edit_changes_are_said_in_german(tmp_path):
    with speaking("de", tmp_path) as site, signed_in(site.app, site.url, Role.ADMIN) as browser:
        browser.do("/channels/mastodon/stop", why="Wartung")
        today = words(browser.get("/").text)
        assert "der Kanal mastodon ist gestoppt: stopped by console:admin: Wartung" in today
        assert "dann: „Behoben: fortsetzen“ auf der Seite des Kanals mastodon" in today
        text = (tmp_path / "schedules.yaml").read_text()
        looked = browser.do("/schedules/check", text=text.replace("07:00", "08:00"), seen="").text
        shown = words(looked.replace("\n", " "))
        assert "morning geändert" in shown
        assert "07:00, jeden Tag" in words(browser.get("/schedules").text)


def test_pages_run_from_right_to_left_and_the_file_does_not(tmp_path):
    with speaking("he", tmp_path) as site:
        page = requests.get(f"{site.url}/calendar", timeout=10).text
        assert '<html lang="he" dir="rtl">' in page
        assert "→ קודם" in page and "אחר כך ←" in page
        assert (
            ".sheet, .difference pre { direction: ltr; }"
            in requests.get(f"{site.url}/static/console.css", timeout=10).text
        )
