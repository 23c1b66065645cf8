"""A changed file is taken over while we run; a bad one is refused aloud and the former goes on."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from publisher.app import App, versions
from publisher.app.reload import FileWatch
from publisher.config import giving_way, replacing
from publisher.errors import ConfigError, StoreError
from publisher.store import alerts, channels
from tests.ledger import Clock
from tests.unit.app.project import EVENING, add_schedule, edit, open_app


@pytest.fixture
def app(tmp_path):
    return open_app(tmp_path, Clock(EVENING))


@pytest.fixture
def changes():
    return []


@pytest.fixture
def watch(app, changes):
    watch = FileWatch(app, lambda: changes.append(list(app.project.schedules)))
    watch.look()
    return watch


def open_causes(app: App) -> list[str]:
    with app.store.read() as conn:
        return [row["cause"] for row in alerts.open_ones(conn)]


def test_a_file_that_stays_as_it_is_changes_nothing(watch, changes):
    assert watch.look() is False
    assert changes == []


def test_a_good_file_holds_at_the_next_look(watch, app, changes, tmp_path):
    before = app.version_id
    add_schedule(tmp_path, "evening")
    assert watch.look() is True
    assert changes == [["morning", "evening"]]
    assert app.version_id != before


def test_a_bad_file_is_refused_once_for_each_content_and_the_former_goes_on(watch, app, changes, tmp_path):
    edit(tmp_path, ('at: "07:00"', 'at: "25:00"'), ("at_most: 8", "at_mst: 8"))
    with capture_logs() as said:
        assert watch.look() is False
        assert watch.look() is False
        (tmp_path / "schedules.yaml").touch()
        assert watch.look() is False
    problems = [line["problem"] for line in said if line["event"] == "schedules_refused"]
    assert len(problems) == 2
    assert any("25:00" in problem for problem in problems)
    assert changes == []
    assert str(app.project.schedules["morning"].when.at[0]) == "07:00:00"
    assert open_causes(app) == ["schedules-refused"]


def test_a_file_that_is_mended_clears_the_alert(watch, app, tmp_path):
    edit(tmp_path, ('at: "07:00"', 'at: "25:00"'))
    watch.look()
    edit(tmp_path, ('at: "25:00"', 'at: "08:00"'))
    assert watch.look() is True
    assert open_causes(app) == []


def test_a_file_that_is_put_back_as_it_was_clears_the_alert(watch, app, tmp_path):
    edit(tmp_path, ('at: "07:00"', 'at: "25:00"'))
    watch.look()
    edit(tmp_path, ('at: "25:00"', 'at: "07:00"'))
    watch.look()
    assert open_causes(app) == []


def test_a_file_that_vanishes_is_refused_and_the_former_goes_on(watch, app, tmp_path):
    (tmp_path / "schedules.yaml").unlink()
    assert watch.look() is False
    assert "morning" in app.project.schedules
    assert open_causes(app) == ["schedules-refused"]


def test_a_secret_that_is_changed_is_used_by_the_next_call(watch, app, tmp_path):
    before = app.senders.of("letters")
    (tmp_path / ".env").write_text("MAILGUN_API_KEY=key-another\n")
    assert watch.look() is True
    assert app.senders.of("letters") is not before
    assert app.settings.resolve("${MAILGUN_API_KEY}") == "key-another"


def test_a_broken_env_is_refused_without_showing_it(watch, app, tmp_path):
    (tmp_path / ".env").write_text('MAILGUN_API_KEY="key-0123456789\n')
    with capture_logs() as said:
        assert watch.look() is False
    assert "key-0123456789" not in str(said)
    assert app.settings.resolve("${MAILGUN_API_KEY}") == "key-0123456789"


def test_a_start_with_a_refused_file_goes_on_with_the_version_that_held(app, tmp_path):
    versions.accepted(app)
    edit(tmp_path, ('at: "07:00"', 'at: "25:00"'))
    again = App.open(tmp_path, Clock(EVENING), go_on=True)
    assert str(again.project.schedules["morning"].when.at[0]) == "07:00:00"
    assert FileWatch(again, lambda: None).look() is False
    assert open_causes(again) == ["schedules-refused"]


def test_a_first_start_with_a_refused_file_is_an_error(tmp_path):
    open_app(tmp_path, Clock(EVENING))
    edit(tmp_path, ('at: "07:00"', 'at: "25:00"'))
    with pytest.raises(ConfigError, match="25:00"):
        App.open(tmp_path, Clock(EVENING), go_on=True)


def test_a_changed_secret_lets_the_channel_that_was_stopped_go_on(watch, app, tmp_path):
    with app.store.write() as conn:
        for name in app.project.channels:
            channels.stop(conn, name, reason="bad key", now=EVENING)
    add_schedule(tmp_path, "evening")
    watch.look()
    assert stopped(app) == set(app.project.channels)  # nothing of them was changed
    path = tmp_path / "schedules.yaml"
    path.write_text(path.read_text().replace("base_url: http", "base_url: https", 1))
    watch.look()
    assert len(stopped(app)) == len(app.project.channels) - 1


def stopped(app):
    with app.store.read() as conn:
        return {name for name in app.project.channels if channels.is_stopped(conn, name)}


def test_a_change_that_a_busy_database_kept_from_being_taken_over_is_tried_again(watch, app, tmp_path, monkeypatch):
    add_schedule(tmp_path, "evening")
    take = app.take

    def busy(*_, **__):
        raise StoreError("another process has held the database for more than 30 s")

    monkeypatch.setattr(app, "take", busy)
    with pytest.raises(StoreError):
        watch.look()
    monkeypatch.setattr(app, "take", take)
    assert watch.look() is True
    assert "evening" in app.project.schedules
    assert watch.look() is False


def test_a_save_is_not_undone_by_a_look_that_began_before_it(watch, tmp_path, monkeypatch):
    add_schedule(tmp_path, "evening")
    monkeypatch.setattr(giving_way, "PATIENCE", 0)
    with replacing.alone(tmp_path), pytest.raises(ConfigError, match="another program"):
        watch.look()
    assert watch.look() is True
