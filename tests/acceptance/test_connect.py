"""An editor at a terminal connects a channel to an account at Mastodon."""

from __future__ import annotations

import re
import stat

import pytest

from publisher.testing import FakeProvider
from publisher.testing.dialects.mastodon_app import MastodonServerDialect
from tests.project import ProjectDir
from tests.terminal import Terminal

MASTODON = {"sender": "mastodon", "instance": "https://news.example", "token": "${MASTODON_TOKEN}"}
OTHERS = "# kept by Ann\nexport OTHER='two words'\n"


@pytest.fixture
def provider():
    with FakeProvider(MastodonServerDialect()) as running:
        yield running


@pytest.fixture
def project(tmp_path, provider):
    made = ProjectDir(tmp_path, provider.url, channel=MASTODON, secrets=OTHERS)
    path = tmp_path / "schedules.yaml"
    without_lists = path.read_text().replace("{via: letters, to: daily}", "{via: letters}")
    path.write_text(re.sub(r"lists:\n.*\n", "", without_lists))
    return made


def page_in(shown: str) -> str:
    return next(word for word in shown.split() if word.startswith("https://"))


def test_an_editor_allows_the_app_types_its_code_and_is_ready(project, provider):
    env = project.folder / ".env"
    with Terminal(["connect", "letters"], project.folder) as terminal:
        page = page_in(terminal.until("code (the code on the page that follows; it isn't shown): "))
        code = provider.dialect.consent.allow(page)
        terminal.type_unseen(code)
        assert terminal.ends() == 0, terminal.shown
    token = provider.dialect.token
    assert "mastodon takes it: @gazette\nWritten into .env: MASTODON_TOKEN\n" in terminal.shown
    assert env.read_text() == f"{OTHERS}MASTODON_TOKEN={token}\n"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    for secret in (code, token, *provider.dialect.apps.values()):
        assert secret not in terminal.shown
    project.publisher("check")
    project.publisher("doctor")
