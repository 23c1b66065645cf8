"""A test: real mail to a few addresses, and nothing that counts as sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from operator import methodcaller

import pytest

from publisher.app import App, desk, proofs
from publisher.audience import imports
from publisher.errors import UsageError
from publisher.model.message import Mail, Slot
from publisher.pipeline.operate import editing
from publisher.store import archive, edition_lists, log, schedules, suppressions
from publisher.testing import FakeProvider, Fault
from tests.ledger import MAIL, Clock
from tests.project import ProjectDir
from tests.unit.app.project import EVENING, compose_now, edit

MAILPIT = {"sender": "mailpit"}
TO = ["ada@harbor.example", "bo@harbor.example"]


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("mailpit") as running:
        yield running


@pytest.fixture
def app(tmp_path, provider) -> Iterator[App]:
    ProjectDir(tmp_path, provider.url, channel=MAILPIT)
    edit(tmp_path, ("daily: {title: Morning briefing,", "daily: {title: Morning briefing, archive: public,"))
    app = App.open(tmp_path, Clock(EVENING))
    yield app
    app.store.close()


def said(app: App, *addresses: str, email: str = "") -> list[proofs.Said]:
    made = proofs.make(app, app.schedule("morning"), email=email)
    return proofs.send(app, made, addresses or TO)


def subscribe(app: App, email: str, name: str = "") -> None:
    key = app.keys.current("suppression")[1]
    imports.add_one(app.store, email, "daily", name=name, hash_key=key, now=EVENING, actor="test")


def mails(provider: FakeProvider) -> list[dict]:
    return [request.json for request in provider.requests]


def test_it_goes_to_these_addresses_marked_and_with_links_by_which_nobody_leaves(app, provider):
    assert said(app) == [proofs.Said(each, "letters") for each in TO]
    assert provider.addresses() == TO
    for mail in mails(provider):
        assert mail["Subject"] == "[Test] Story 3: quay & harbour"
        assert "https://letters.harbor.example/u/test" in mail["HTML"]
        assert "/archive/" not in mail["HTML"] + mail["Text"]
        assert not [name for name in mail.get("Headers", {}) if name.lower().startswith("list-unsubscribe")]


def test_nothing_counts_as_sent_and_the_line_among_the_editions_says_what_was_done(app):
    said(app)
    with app.store.read() as conn:
        (row,) = edition_lists.latest(conn, limit=10)
        assert (row["slot"].partition(":")[0], row["state"], row["sends"]) == ("test", "skipped", 0)
        assert (row["reason"], row["actor"]) == ("a test to 2 addresses: 2 of 2 mails sent", app.actor)
        assert (log.find(conn, log.Filter()), archive.page(conn, "daily", limit=5)) == ([], [])
        assert not schedules.has_history(conn, "morning")
    assert [each.id for each, _ in compose_now(app).picked] == [3, 2, 1], "no article is used up"


def test_the_draft_is_what_is_tested(app, provider):
    app.poll_all()
    schedule = app.schedule("morning")
    editing.write_note(app.store, "morning", "# A word before\n\nFrom the desk.", actor="ada", now=app.clock())
    desk.change(app, desk.open_draft(app, schedule), methodcaller("drop", 3, "ada"), "dropped 3")
    said(app, "ada@harbor.example")
    (mail,) = mails(provider)
    assert mail["Subject"] == "[Test] Story 2: quay & harbour"
    assert "From the desk." in mail["Text"]


def test_a_subscribers_own_values_are_shown_to_whoever_gets_the_test(app, provider):
    subscribe(app, "reader@example.org", "Grace Reader")
    made = proofs.make(app, app.schedule("morning"), email="reader@example.org")
    assert made.reader.values["first_name"] == "Grace"
    assert said(app, "ada@harbor.example", email="reader@example.org")[0].why_not == ""
    assert provider.addresses() == ["ada@harbor.example"]
    with pytest.raises(UsageError, match="nobody has the address nobody@example"):
        proofs.make(app, app.schedule("morning"), email="nobody@example.org")


def test_what_was_not_taken_is_said_and_a_crash_leaves_the_line_that_says_so(app, provider, monkeypatch):
    provider.fails(Fault.server_error())
    first, second = said(app)
    assert (bool(first.why_not), second.why_not) == (True, "")
    app.clock.advance(timedelta(minutes=1))

    def dies(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(proofs, "_why_not", dies)
    with pytest.raises(KeyboardInterrupt):
        said(app)
    with app.store.read() as conn:
        reasons = [row["reason"] for row in edition_lists.latest(conn, limit=2)]
    assert reasons == [
        "a test to 2 addresses that did not come to its end: some of them may have it",
        "a test to 2 addresses: 1 of 2 mails sent",
    ]


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("", "it isn't said to whom"),
        ("ada", "'ada' is no e-mail address"),
        (",".join(f"a{number}@harbor.example" for number in range(21)), "21 addresses, and a test goes to 20 at most"),
        ("gone@example.org", "gone@example.org must not be written to"),
    ],
)
def test_whom_a_test_does_not_go_to(app, to, words):
    with app.store.write() as conn:
        hashed = app.hash_of("gone@example.org")
        suppressions.add(conn, hashed, "all", reason="hard bounce", now=EVENING, actor="test")
    with pytest.raises(UsageError, match=words):
        proofs.addresses_said(app, to)


def test_addresses_are_said_once_however_they_stand_there(app):
    assert proofs.addresses_said(app, " ada@Harbor.example, bo@harbor.example ada@harbor.example") == TO


def test_the_mark_stands_before_a_subject_that_begins_with_a_readers_name():
    mail = Mail((Slot("first_name", "header", "you"), ", good morning"), MAIL.html, MAIL.text, (), "", "")
    assert proofs.as_test(mail).subject == ("[Test] ", Slot("first_name", "header", "you"), ", good morning")
    assert proofs.as_test(MAIL).headers == ()
