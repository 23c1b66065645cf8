"""An editor's project with a Bluesky channel, from the command line: one login serves every process."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from publisher.testing import FakeProvider
from tests.project import ProjectDir

PASSWORD = "app-p4ss-w0rd"
BLUESKY = {"sender": "bluesky", "identifier": "gazette.example", "password": "${BLUESKY_PASSWORD}"}


@pytest.fixture
def provider():
    with FakeProvider("bluesky") as running:
        yield running


@pytest.fixture
def project(tmp_path, provider):
    made = ProjectDir(tmp_path, provider.url, channel=BLUESKY, secrets=f"BLUESKY_PASSWORD={PASSWORD}\n")
    path = tmp_path / "schedules.yaml"
    path.write_text(path.read_text().replace("{via: letters, to: daily}", "{via: letters}"))
    return made


def asked(provider: FakeProvider) -> list[str]:
    return [request.path.rpartition(".")[2] for request in provider.requests]


def test_processes_that_follow_one_another_post_by_one_session(project, provider):
    said = project.publisher("send", "morning", "--yes")
    project.publish(6)
    said += project.publisher("send", "morning", "--yes")
    card = ["uploadBlob", "putRecord"]  # its picture, then the post
    assert asked(provider) == ["createSession", *card, *card]
    texts = [record["text"] for _, record in provider.dialect.records.values()]
    assert [text.partition("\n")[0] for text in texts] == ["Story 3: quay & harbour", "Story 6: quay & harbour"]
    cards = [record["embed"]["external"]["uri"] for _, record in provider.dialect.records.values()]
    assert cards == ["https://harbor.example/3", "https://harbor.example/6"]
    log = project.publisher("log", "--json")
    assert log.count('"https://bsky.app/profile/did:plc:4711gazette/post/') == 2
    _nothing_is_shown(project.folder, provider, said + log + project.publisher("log"))


def _nothing_is_shown(folder: Path, provider: FakeProvider, said: str) -> None:
    """Make sure that neither password nor session stands in what was said, or in any file but `.env`."""
    tokens = [*provider.dialect.access, *provider.dialect.refresh]
    with sqlite3.connect(folder / "publisher.db") as plain:
        ledger = "\n".join(plain.iterdump())
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".env"]
    for secret in (PASSWORD, *tokens):
        assert secret not in said
        assert secret not in ledger
        assert not any(secret.encode() in content for content in files)


def test_a_wrong_password_stops_the_channel_and_says_what_to_mend(project, provider):
    provider.dialect.password = "another"
    project.publisher("send", "morning", "--yes", code=1)
    assert "look whether `identifier` is right, and make a new app password" in project.publisher("status", code=1)
    assert asked(provider) == ["createSession"]
