"""The console shows each language's edition of a schedule that has several."""

from __future__ import annotations

import re

import pytest
import requests

from publisher.app.slots import fire_due
from tests.unit.app.bilingual import numbers, open_bilingual
from tests.unit.app.project import MORNING
from tests.unit.web.ledger import served


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    app = open_bilingual(folder, "en Ferry", "pt Ponte")
    fire_due(app)
    app.clock.moment = MORNING
    fire_due(app)
    with served(app, folder) as site:
        yield site


def page(site, path: str, status: int = 200) -> str:
    answer = requests.get(site.url + path, timeout=10)
    assert answer.status_code == status, answer.text
    return answer.text


def test_editions_are_listed_with_their_language(site):
    for path in ("/", "/editions"):
        rows = re.findall(r'/editions/(\d+)">morning \d+</a> <span class="soft">(\w+)</span>', page(site, path))
        assert {language: int(number) for number, language in rows} == numbers(site.app, "2026-11-24T07:00")


def test_an_edition_names_its_language_and_leads_to_the_others(site):
    found = numbers(site.app, "2026-11-24T07:00")
    text = page(site, f"/editions/{found['pt']}")
    assert f'<dt>Language</dt><dd>pt; also in <a href="/editions/{found["en"]}">en</a></dd>' in text
    assert "Ponte" in text and "Ferry" not in text


def test_each_languages_edition_has_its_preview(site):
    assert '/schedules/morning/preview?language=pt">' in page(site, "/")
    text = page(site, "/schedules/morning/preview?language=pt")
    assert "preview in pt" in text and "The mail to diario" in text and "The mail to daily" not in text
    assert 'name="language" value="pt"' in text
    assert "The mail to daily" in page(site, "/schedules/morning/preview")


def test_a_language_that_there_is_not_has_no_page(site):
    page(site, "/schedules/morning/preview?language=de", 404)
    page(site, "/schedules/morning/preview?language=%3Cscript%3E", 404)
