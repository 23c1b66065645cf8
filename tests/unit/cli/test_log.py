"""The send log on paper: where a post stands, and where a mail went."""

from __future__ import annotations

import csv
import json

import pytest
import requests
from typer.testing import CliRunner

from publisher.app import App
from publisher.cli.commands import cli
from publisher.cli.send import send
from publisher.errors import UsageError
from publisher.testing import FakeProvider
from tests.project import ProjectDir
from tests.unit.app.project import edit
from tests.unit.web.ledger import served

CHANNEL = "channels:\n  mastodon: {{sender: mastodon, instance: {url}, token: mastodon-t0ken}}\n"


@pytest.fixture
def project(tmp_path):
    with FakeProvider("mastodon") as network, FakeProvider("mailgun") as letters:
        house = ProjectDir(tmp_path, letters.url)
        both = ("{via: letters, to: daily}", "{via: letters, to: daily}\n      - {via: mastodon}")
        edit(tmp_path, ("channels:\n", CHANNEL.format(url=network.url)), both)
        house.subscribe(1)
        send("morning", yes=True, project=tmp_path)
        network.posted = f"https://news.example/@gazette/{network.accepted[0].id}"
        yield tmp_path, network


def log(folder, *words: str) -> str:
    return CliRunner().invoke(cli, ["log", *words, "--project", str(folder)], catch_exceptions=False).stdout


def test_the_log_says_where_a_post_stands(project):
    folder, network = project
    rows = {row["channel"]: row for row in csv.DictReader(log(folder).splitlines(), delimiter="\t")}
    assert {name: row["link"] for name, row in rows.items()} == {"mastodon": network.posted, "letters": ""}
    assert {row["channel"]: row["url"] for row in json.loads(log(folder, "--json"))}["mastodon"] == network.posted


def test_so_do_the_consoles_pages(project, tmp_path):
    folder, network = project
    with served(App.open(folder), tmp_path) as site:
        page = requests.get(f"{site.url}/editions/1", timeout=10).text
    assert page.count(f'<a href="{network.posted}" rel="noopener noreferrer">the post</a>') == 1


def test_the_log_is_filtered_by_domain_and_by_when_a_send_began(project):
    folder, _ = project
    assert log(folder, "--domain", "example.org", "--json").count('"delivery"') == 1
    assert json.loads(log(folder, "--domain", "example.com", "--json")) == []
    assert json.loads(log(folder, "--until", "2001-01-01", "--json")) == []
    assert log(folder, "--since", "2001-01-01", "--json").count('"delivery"') == 2
    with pytest.raises(UsageError, match="since: 'soon' is no time"):
        log(folder, "--since", "soon")


def test_all_of_it_is_written_as_csv(project):
    folder, network = project
    rows = list(csv.DictReader(log(folder, "--csv").splitlines()))
    assert [(row["channel"], row["state"], row["url"]) for row in rows] == [
        ("mastodon", "sent", network.posted),
        ("letters", "sent", ""),
    ]
    assert len(log(folder, "--csv", "--limit", "1").splitlines()) == 2
