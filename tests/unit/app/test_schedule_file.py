"""schedules.yaml saved by people: compared and swapped, in force at once, and theirs byte for byte."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

from publisher.app import schedule_file, versions
from publisher.app.reload import FileWatch
from publisher.app.slots import fire_due
from publisher.app.versions import propose
from publisher.config import replacing
from publisher.errors import NotAllowedError, StaleError, UsageError
from publisher.model.staff import Member, Role
from publisher.store import edition_lists, permission, project_versions, schedules, staff
from tests.ledger import NOW, Clock
from tests.unit.app.project import EVENING, MORNING, open_app


@pytest.fixture
def app(tmp_path):
    app = open_app(tmp_path, Clock(EVENING))
    yield app
    app.store.close()


@contextmanager
def signed_in(role: Role = Role.EDITOR, name: str = "anna"):
    with permission.asking(Member(1, name, role, NOW)):
        yield


def file_of(app):
    return app.folder / "schedules.yaml"


def seen(app) -> str:
    return schedule_file.read(app).digest


def later(app) -> str:
    """Return the file with its schedule an hour later."""
    text = file_of(app).read_text()
    assert "07:00" in text
    return text.replace("07:00", "08:00")


def test_what_is_saved_holds_from_then_on_under_their_name(app):
    with signed_in():
        saved = schedule_file.save(app, later(app), seen(app))
    assert "08:00" in file_of(app).read_text()
    assert str(app.schedule("morning").when.at[0]) == "08:00:00"
    with app.store.read() as conn:
        row = project_versions.get(conn, schedules.accepted_version(conn))
        done = staff.done(conn)[0]
    assert (row["digest"], row["actor"], saved.is_new) == (app.project.version, "console:anna", True)
    assert (done["actor"], done["what"]) == ("console:anna", "saved schedules.yaml: schedules.morning.when.at")


def test_the_watch_of_the_files_finds_nothing_more_to_do(app):
    changed = []
    watch = FileWatch(app, lambda: changed.append(1))
    watch.look()
    with signed_in():
        schedule_file.save(app, later(app), seen(app))
    version = app.version_id
    watch.look()
    assert app.version_id == version
    assert changed == [1]  # the slots are planned anew


def test_of_two_who_save_at_once_one_is_told_and_nothing_is_overwritten(app):
    base = seen(app)

    def save(number: int) -> str:
        with signed_in(name=f"anna{number}"):
            try:
                schedule_file.save(app, file_of(app).read_text().replace('"07:00"', f'"0{number}:30"'), base)
            except StaleError as error:
                return str(error)
        return ""

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(save, range(1, 5)))
    assert sorted(map(bool, said)) == [False, True, True, True]
    assert f'"0{said.index("") + 1}:30"' in file_of(app).read_text()


def test_a_file_that_a_deploy_changed_is_left_as_it_is(app):
    base, mine = seen(app), later(app)
    file_of(app).write_text(file_of(app).read_text() + "# deployed\n")
    with signed_in(), pytest.raises(StaleError, match="changed meanwhile"):
        schedule_file.save(app, mine, base)
    with pytest.raises(StaleError):
        replacing.put(app.folder, mine, has_mark=False, instead_of=base)  # at the last moment, too
    assert file_of(app).read_text().endswith("# deployed\n")
    assert list(app.folder.glob("publisher.db.env-*")) == []


@pytest.mark.parametrize("words", ["sned:", "send: [", "\x00", ""])
def test_with_an_error_nothing_is_saved(app, words):
    before = file_of(app).read_bytes()
    with signed_in(), pytest.raises(UsageError, match="Nothing was saved"):
        schedule_file.save(app, before.decode().replace("send:", words), seen(app))
    assert file_of(app).read_bytes() == before


def test_what_cannot_be_accepted_is_taken_back_from_the_disk(app):
    before = file_of(app).read_bytes()
    again = (
        before.decode()
        + '  evening:\n    was: morning\n    when: {at: "18:00"}\n    send: [{via: letters, to: daily}]\n'
    )
    with signed_in():
        schedule_file.save(app, before.decode() + "# new\n", seen(app))
        held = file_of(app).read_bytes()
        with pytest.raises(UsageError, match="there still is a schedule morning"):
            schedule_file.save(app, again, seen(app))
    assert file_of(app).read_bytes() == held
    assert "evening" not in app.project.schedules


def test_an_editor_saves_no_operators_key_and_a_comment_is_anybodys(app):
    text = file_of(app).read_text()
    with signed_in():
        with pytest.raises(NotAllowedError, match=r"publication\.name \(operator\)"):
            schedule_file.save(app, text.replace("name: ", "name: The "), seen(app))
        schedule_file.save(app, f"# of the desk\n{text}", seen(app))
        assert schedule_file.check(app, text.replace("name: ", "name: The ")).refused == (
            "publication.name (operator)",
        )
    with signed_in(Role.OPERATOR, "bo"):
        schedule_file.save(app, file_of(app).read_text().replace("name: ", "name: The "), seen(app))
    assert app.project.publication.name.startswith("The ")


def test_mark_line_ends_mode_and_link_stay(app):
    path = file_of(app)
    real = app.folder / "kept" / "real.yaml"
    real.parent.mkdir()
    text = path.read_text().replace("\n", "\r\n").rstrip()
    real.write_bytes(b"\xef\xbb\xbf" + text.encode())
    real.chmod(0o640)
    path.unlink()
    path.symlink_to("kept/real.yaml")
    typed = schedule_file.read(app).text.replace("\r\n", "\n").replace("07:00", "08:00")
    with signed_in():
        schedule_file.save(app, typed, seen(app))
    assert path.is_symlink()
    assert real.read_bytes() == b"\xef\xbb\xbf" + text.replace("07:00", "08:00").encode()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_a_link_out_of_the_project_and_a_file_without_a_write_bit_are_not_written(app, tmp_path_factory):
    path, outside = file_of(app), tmp_path_factory.mktemp("outside") / "real.yaml"
    path.chmod(0o444)
    with signed_in(), pytest.raises(UsageError, match=r"read-only here\. Nothing was saved"):
        schedule_file.save(app, later(app), seen(app))
    path.replace(outside)
    path.symlink_to(outside)
    before = outside.read_bytes()
    with signed_in(), pytest.raises(UsageError, match="leads out of the project"):
        schedule_file.save(app, later(app), seen(app))
    assert outside.read_bytes() == before


def test_a_file_broken_from_outside_is_shown_with_its_errors_and_mended(app):
    good = file_of(app).read_text()
    with signed_in():
        schedule_file.save(app, f"# ours\n{good}", seen(app))
    file_of(app).write_text(good.replace("send:", "sned:\n  - ["))
    base = schedule_file.read(app)
    found = schedule_file.check(app, base.text)
    assert found.problems
    assert not schedule_file.held(app, base).is_file
    with signed_in():
        schedule_file.save(app, good.replace("07:00", "09:00"), base.digest)
    assert str(app.schedule("morning").when.at[0]) == "09:00:00"
    file_of(app).write_bytes(b"\xff\xfe")
    assert "line 1 is not UTF-8" in schedule_file.read(app).trouble
    file_of(app).unlink()
    with signed_in():
        schedule_file.save(app, good, "")
    assert file_of(app).read_text() == good


def test_a_slot_that_fired_goes_by_the_version_that_held_when_it_came(app):
    fire_due(app)
    with app.store.read() as conn:
        before = schedules.accepted_version(conn)
    text = later(app)
    app.clock.moment = MORNING
    with ThreadPoolExecutor(2) as pool:
        fired = pool.submit(fire_due, app)
        saved = pool.submit(_save, app, text)
        saved.result()
        fired.result()
    fire_due(app)
    with app.store.read() as conn:
        rows = edition_lists.latest(conn, limit=5)
        after = schedules.accepted_version(conn)
    assert after != before
    assert [row["slot"] for row in rows] == ["2026-11-24T07:00"]
    assert rows[0]["project_version_id"] in (before, after)


def _save(app, text: str) -> None:
    with signed_in():
        schedule_file.save(app, text, seen(app))


def test_an_earlier_version_holds_again_and_says_since_when(app):
    with signed_in():
        schedule_file.save(app, file_of(app).read_text() + "# one\n", seen(app))
        first = app.version_id
        schedule_file.save(app, later(app), seen(app))
        app.clock.advance(timedelta(hours=1))
        with app.store.read() as conn:
            text = project_versions.get(conn, first)["text"]
    with signed_in(name="bo"):
        saved = schedule_file.save(app, text, seen(app), is_exact=True)
    held = schedule_file.held(app, schedule_file.read(app))
    assert (saved.version_id, held.version_id, held.actor) == (first, first, "console:bo")
    assert held.since == EVENING + timedelta(hours=1)


@contextmanager
def failing(app, table, meanwhile=lambda: None):
    """Let no row of a table be written; until then the file may be changed by somebody else."""

    def fail(_conn, _cursor, sql, *_rest):
        if sql.startswith((f"INSERT INTO {table} ", f"UPDATE {table} ", f"DELETE FROM {table} ")):
            meanwhile()
            raise RuntimeError("the disk is gone")

    event.listen(app.store._writers, "before_cursor_execute", fail)
    with pytest.raises(RuntimeError, match="the disk is gone"):
        yield
    event.remove(app.store._writers, "before_cursor_execute", fail)


def what_holds(app) -> str:
    with app.store.read() as conn:
        return project_versions.get(conn, schedules.accepted_version(conn))["text"]


def test_what_somebody_else_wrote_while_a_save_failed_is_not_overwritten(app):
    theirs = file_of(app).read_text() + "# by hand\n"
    with signed_in(), failing(app, "project_versions", lambda: file_of(app).write_text(theirs)):
        schedule_file.save(app, later(app), seen(app))
    assert file_of(app).read_text() == theirs


def test_what_fails_before_the_version_holds_leaves_file_and_ledger_as_they_were(app):
    before = file_of(app).read_text()
    versions.accepted(app)
    with signed_in(), failing(app, "project_versions"):
        schedule_file.save(app, later(app), seen(app))
    assert (file_of(app).read_text(), what_holds(app)) == (before, before)


def test_what_fails_once_the_version_holds_leaves_the_file_that_holds(app):
    versions.accepted(app)
    new = later(app).replace("mg.harbor.example", "mail.harbor.example")
    with signed_in(role=Role.ADMIN), failing(app, "channels"):
        schedule_file.save(app, new, seen(app))
    assert (file_of(app).read_text(), what_holds(app), app.project.text) == (new, new, new)


def test_who_dies_between_the_file_and_the_ledger_has_it_taken_by_the_next_start(app):
    versions.accepted(app)
    text = later(app)
    replacing.put(app.folder, text, has_mark=False, instead_of=seen(app))
    app.clock.advance(timedelta(hours=1))
    os.utime(file_of(app), (app.clock().timestamp(),) * 2)
    again = type(app).open(app.folder, app.clock)
    propose(again)
    assert (what_holds(again), again.project.text) == (text, text)
    again.store.close()
