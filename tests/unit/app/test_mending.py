"""A stop for a fault of the set-up ends when that is mended; one of an account that was refused is a person's."""

from __future__ import annotations

import pytest

from publisher.app import App, composing, versions
from publisher.app.checkup import stopped_channels
from publisher.app.plan import plan_slot
from publisher.app.preview import preview
from publisher.app.reload import FileWatch
from publisher.app.status import status_of
from publisher.config.schedules import load_project
from publisher.store import channels, processes
from tests.ledger import Clock, subscribe
from tests.project import SECRETS, ProjectDir
from tests.unit.app.project import EVENING, edit, open_app, sends_of

REFUSED = "the provider refused the account: HTTP 401: Forbidden"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("MAILGUN_API_KEY", "WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def app(tmp_path):
    """An app with an edition that waits for a channel whose secret is not set."""
    app = open_app(tmp_path, Clock(EVENING), secrets="")
    subscribe(app.store, 4)
    composing.compose(app, app.schedule("morning"), composing.manual_slot(app), actor="test")
    app.sending.advance()
    with processes.at_work(app.store, "test", EVENING) as app.process_id:
        assert app.sending.duties().dispatch("letters")
    assert stands(app) == ("paused", ["channel"], True)
    return app


def stands(app: App) -> tuple[str, list[str], bool]:
    """Return how the send stands, why, and whether its channel is stopped."""
    (send,) = sends_of(app, 1)
    with app.store.read() as conn:
        return send["state"], [reason["check"] for reason in send["reasons"]], channels.is_stopped(conn, "letters")


def reopen(app: App) -> App:
    """Open the project anew, as a process that sends does."""
    again = App.open(app.folder, app.clock)
    versions.accepted(again)
    return again


def refuse(app: App) -> None:
    with app.store.write() as conn:
        channels.stop(conn, "letters", reason=REFUSED, now=EVENING)


def test_a_secret_that_is_there_lets_the_channel_go_on_when_the_next_process_opens(app):
    reopen(app)
    assert stands(app) == ("paused", ["channel"], True)  # not mended yet
    (app.folder / ".env").write_text(SECRETS)
    reopen(app)
    assert stands(app) == ("sending", [], False)


def test_a_running_process_sees_it_when_it_takes_the_files_over(app):
    watch = FileWatch(app, lambda: None)
    watch.look()
    edit(app.folder, ("    api_key: ${MAILGUN_API_KEY}", "    # the key\n    api_key: ${MAILGUN_API_KEY}"))
    assert watch.look()
    assert stands(app) == ("paused", ["channel"], True)
    (app.folder / ".env").write_text(SECRETS)
    assert watch.look()
    assert stands(app) == ("sending", [], False)


def test_a_process_that_has_the_secret_lets_it_go_on_before_it_makes_the_next_edition(app):
    (app.folder / ".env").write_text(SECRETS)
    again = App.open(app.folder, app.clock)
    again.version_id = app.version_id  # it was open when another process stopped the channel
    again.sending._produce(1)
    assert stands(app) == ("sending", [], False)


@pytest.mark.parametrize("is_running", [False, True])
def test_in_practice_the_inbox_carries_what_no_set_up_could(app, is_running):
    edit(app.folder, ("version: 1", "version: 1\npractice: true"))
    if is_running:
        app.take(load_project(app.folder), app.settings)
    else:
        reopen(app)
    assert stands(app) == ("sending", [], False)


def test_a_refused_account_stays_for_a_person_in_practice_too(app):
    refuse(app)
    (app.folder / ".env").write_text(SECRETS)
    reopen(app)
    edit(app.folder, ("version: 1", "version: 1\npractice: true"))
    reopen(app)
    assert stands(app) == ("paused", ["channel"], True)


@pytest.mark.parametrize("is_refused", [False, True])
def test_a_stop_of_a_channel_that_is_gone_is_over_and_what_waits_for_it_says_so(app, is_refused):
    if is_refused:
        refuse(app)
    edit(app.folder, ("  letters:\n", "  post:\n"), ("via: letters", "via: post"))
    before = status_of(app.store, App.open(app.folder, app.clock).project, EVENING)
    again = reopen(app)
    assert stands(app) == ("paused", ["lost-channel"], False)
    for found in (before, status_of(app.store, again.project, EVENING)):
        assert found.channels == ()
        (trouble,) = [each for each in found.troubles if each.kind == "channel"]
        assert "there is no channel letters any more" in trouble.what
        assert "`publisher cancel 1`" in trouble.command


def test_check_plan_and_preview_say_where_an_account_was_refused_and_what_lets_it_go_on(app):
    (app.folder / ".env").write_text(SECRETS)
    app = reopen(app)
    assert stopped_channels(app) == []
    refuse(app)
    (note,) = stopped_channels(app)
    assert note.startswith(f"schedules.yaml:18:3: letters is stopped: {REFUSED}. ")
    assert note.endswith("publisher release --channel letters")
    ProjectDir.publish_in(app.folder, 4)
    (planned,) = plan_slot(app, app.schedule("morning")).products
    (shown,) = preview(app, app.schedule("morning")).products
    for product in (planned, shown):
        assert [each.remedy for each in product.findings if REFUSED in each.what] == [
            "Once that is mended at the provider: publisher release --channel letters"
        ]
    assert (planned.is_held, shown.is_held) == (True, False)
