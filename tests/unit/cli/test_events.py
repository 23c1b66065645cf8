"""`publisher events`, and the way back: what was said of whom, how much was refused, who may be written to again."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from typer.testing import CliRunner

from publisher.app import App
from publisher.audience import imports
from publisher.cli.commands import cli
from publisher.errors import UsageError
from publisher.model.call import Answer, Outcome, Verdict
from publisher.model.event import Event, EventKind
from publisher.pipeline import dispatch, hear
from publisher.pipeline.dispatch.answer import record_answer
from publisher.store import facts
from tests.ledger import NOW, Clock, add_edition, add_send, desk
from tests.project import ProjectDir

READER = "reader0@example.org"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """A project whose letter to two readers bounced at one and was called spam by the other.

    One for all tests: each lets back another reader, or nobody.
    """
    folder = tmp_path_factory.mktemp("project")
    ProjectDir(folder, "http://127.0.0.1:9")
    app = App.open(folder, Clock())
    for number in range(2):
        key = app.keys.current("suppression")[1]
        email = f"reader{number}@example.org"
        imports.add_one(app.store, email, "daily", name="", hash_key=key, now=NOW, actor="test")
    add_send(app.store, add_edition(app.store))
    mine = desk(app.store, Clock())
    claimed = dispatch.claim(app.store, mine, "letters", 2)
    assert dispatch.begin(app.store, mine, claimed)
    record_answer(app.store, mine, claimed, Answer(Verdict(Outcome.SENT)))
    kinds = (EventKind.HARD_BOUNCE, EventKind.COMPLAINED)
    said = [
        (reader.delivery_id, Event(kind, kind, NOW, words=f"word of {reader.delivery_id}"))
        for reader, kind in zip(claimed.call.recipients, kinds, strict=True)
    ]
    hear.record(app.store, "letters", said, now=NOW)
    with app.store.write() as conn:
        facts.add_heard(conn, "letters", Counter(new=2, refused=1_200))
    return app


def run(app: App, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, [*words, "--project", str(app.folder)])
    if isinstance(done.exception, UsageError):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout


def test_events_stand_newest_first_and_each_channel_says_how_much_it_heard(app):
    said = run(app, "events").splitlines()
    assert [kind for line in said for kind in ("hard bounce", "complained") if kind in line] == [
        "complained",
        "hard bounce",
    ]
    assert said[-1] == "letters: 2 new, 1,200 refused"


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        (("--to", READER), ["hard bounce"]),
        (("--kind", "hard-bounce"), ["hard bounce"]),
        (("--kind", "delivered"), []),
        (("--channel", "letters", "--limit", "1"), ["complained"]),
    ],
)
def test_events_can_be_narrowed_down(app, words, kinds):
    told = json.loads(run(app, "events", "--json", *words))
    assert [row["kind"] for row in told["events"]] == kinds
    assert told["heard"] == {"letters": {"new": 2, "refused": 1_200}}


@pytest.mark.parametrize(
    ("words", "says"), [(("--kind", "opened"), "no event is called 'opened'"), (("--channel", "leters"), "letters")]
)
def test_what_there_is_not_is_answered_with_what_there_is(app, words, says):
    with pytest.raises(UsageError) as error:
        run(app, "events", *words)
    assert says in str(error.value)


def test_a_reader_who_was_suppressed_is_shown_with_the_reason_and_let_back(app):
    assert "suppressed everywhere" in run(app, "subscribers", "show", READER)
    assert READER in [row["email"] for row in json.loads(run(app, "subscribers", "suppressed", "--json"))]
    assert "hard bounce: word of" in run(app, "subscribers", "suppressed")
    assert "may be written to again" in run(app, "subscribers", "unsuppress", READER, "--why", "the mailbox is back")
    assert "lifted by cli:" in run(app, "subscribers", "show", READER)
    (block,) = json.loads(run(app, "subscribers", "show", READER, "--json"))["suppressions"]
    assert block["reason"].endswith(": the mailbox is back")
    assert "isn't suppressed" in run(app, "subscribers", "unsuppress", READER, "--why", "again", code=1)
    assert READER not in run(app, "subscribers", "suppressed", "--json")


def test_whoever_complained_is_let_back_only_on_a_second_word(app):
    words = ("subscribers", "unsuppress", "reader1@example.org", "--why", "she wrote to us")
    with pytest.raises(UsageError, match="called a letter spam"):
        run(app, *words)
    assert "may be written to again" in run(app, *words, "--yes")


def test_nobody_is_let_back_without_a_reason(app):
    with pytest.raises(UsageError, match="without a reason"):
        run(app, "subscribers", "unsuppress", READER, "--why", " ")
