"""`publisher doctor`: a line for each finding, and no as the answer where there is trouble."""

from __future__ import annotations

import json

import dns.resolver
import pytest
from typer.testing import CliRunner

from publisher.cli.commands import cli
from publisher.errors import UsageError
from publisher.testing import FakeProvider
from publisher.testing.dialects.mastodon import MastodonDialect
from tests.names import answering
from tests.project import MAILGUN, ProjectDir
from tests.unit.app.project import edit

POSTS = (
    '  mastodon: {sender: mastodon, instance: "https://news.example", base_url: "URL", token: "${WEBHOOK_SECRET}"}\n'
)


TOKEN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # WEBHOOK_SECRET of the project


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project of a mail channel and one of posts, on a machine whose name server knows nothing of them."""
    ProjectDir(tmp_path, "http://127.0.0.1:9", channel=MAILGUN)
    with answering({}) as server, FakeProvider(MastodonDialect(TOKEN)) as network:
        posts = POSTS.replace("URL", network.url)
        edit(
            tmp_path, ("schedules:\n", f"{posts}schedules:\n"), ("https://letters.harbor.example", "http://127.0.0.1:9")
        )
        monkeypatch.setattr(dns.resolver, "default_resolver", server.resolver)
        yield tmp_path


def run(folder, *words: str, code: int) -> str:
    done = CliRunner().invoke(cli, ["doctor", "--project", str(folder), *words])
    if isinstance(done.exception, UsageError):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout


def test_each_channel_has_its_findings_each_with_how_it_is_and_what_to_do(folder):
    said = run(folder, code=1)
    assert said.startswith("this machine\n  ok      disk of ")
    assert "\npublic pages\n  trouble public address http://127.0.0.1:9: nobody listens there" in said
    assert "\nletters\n  ok      options: " in said
    assert "\n  trouble DMARC of harbor.example: there is no record" in said
    assert "\nmastodon\n  ok      options: " in said


def test_one_channel_without_trouble_is_answered_with_yes(folder):
    assert "letters" not in run(folder, "--channel", "mastodon", code=0)


def test_the_findings_as_json(folder):
    told = json.loads(run(folder, "--json", "--channel", "mastodon", code=0))
    assert told == {
        "mastodon": [
            {"level": "ok", "about": "options", "said": "all that is needed is there, and right in form", "remedy": ""},
            {"level": "ok", "about": "account", "said": "mastodon takes it: @gazette", "remedy": ""},
        ]
    }


def test_a_letter_is_of_one_channel_that_there_is(folder):
    with pytest.raises(UsageError, match="of one channel"):
        run(folder, "--message", "letter.eml", code=2)
    with pytest.raises(UsageError, match="no channel 'leters'"):
        run(folder, "--channel", "leters", code=2)
    with pytest.raises(UsageError, match="can't be read"):
        run(folder, "--channel", "letters", "--message", "missing.eml", code=2)
