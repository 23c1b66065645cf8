"""The page about pushed articles is run: its request gives its answer."""

from __future__ import annotations

import json
import re
from pathlib import Path

import requests

from publisher.config.schedules import parse_project
from tests.site import serving
from tests.unit.web.ledger import PROJECT, open_project, served

PAGE = (Path(__file__).parents[3] / "docs" / "sources" / "push.md").read_text(encoding="utf-8")
ARTICLE, ANSWER = (json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))
SOURCE = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1]
HEADERS = dict(re.findall(r'-H "([\w-]+): ([^"]+)"', PAGE))


def test_the_request_of_the_page_gives_its_answer(tmp_path, monkeypatch):
    token = "a-token-of-more-than-20-characters"
    monkeypatch.setenv("CMS_TOKEN", token)
    app = open_project(tmp_path)
    indented = "".join(f"  {line}\n" for line in (*SOURCE.splitlines(), "  allow_private: true"))
    app.project = parse_project(PROJECT.replace("sources:\n", f"sources:\n{indented}"))
    headers = {name: value.replace("$CMS_TOKEN", token) for name, value in HEADERS.items()}
    with served(app, tmp_path) as site, serving() as pictures:
        picture = pictures.put("/bridge.gif", b"GIF89a\x80\x02\xe0\x01\x80\x00\x00", "image/gif")
        article = {**ARTICLE, "image": {**ARTICLE["image"], "url": picture}}
        said = requests.post(f"{site.url}/api/articles", json=article, headers=headers, timeout=5)
        assert (said.status_code, said.json()) == (201, ANSWER)
        path = re.search(r"PUT (/api/articles/\S+)`", PAGE)[1]
        said = requests.put(site.url + path, json={**article, "title": "Mended"}, headers=headers, timeout=5)
        assert (said.status_code, said.json()["article"], said.json()["outcome"]) == (200, 1, "revised")
        path = re.search(r"DELETE (/api/articles/\S+)`", PAGE)[1]
        said = requests.delete(site.url + path, headers=headers, timeout=5)
        assert (said.status_code, said.json()) == (200, {"article": 1, "outcome": "withdrawn"})


def test_every_status_of_the_page_is_one_that_is_given():
    code = (Path(__file__).parents[3] / "publisher" / "web" / "api.py").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| ([\d, ]+) \|", PAGE, re.MULTILINE))
    described = set(re.findall(r"\b[24]\d\d\b", code)) - {"422"}  # which the description needs, and nothing answers
    assert {status for each in told for status in each.split(", ")} == described
