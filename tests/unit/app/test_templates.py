"""Templates that hold: read within bounds, kept once, and laid out on machines that have none, or others."""

from __future__ import annotations

import os

import pytest

from publisher.app import App, templates, versions
from publisher.app.following import follow
from publisher.app.reload import REFUSED, FileWatch
from publisher.app.versions import propose
from publisher.errors import ConfigError, StoreError
from publisher.render.engine import LARGEST_TEMPLATE
from publisher.store import alerts, project_versions, schedules
from publisher.store import templates as kept
from tests.ledger import NOW, Clock
from tests.unit.app.project import open_app

DIGEST = "email/digest.html"


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def folder(tmp_path, clock, postgresql_url, monkeypatch):
    """The directory of the machine with the scheduler; the ledger is on PostgreSQL."""
    folder = tmp_path / "first"
    folder.mkdir()
    open_app(folder, clock).store.close()
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    monkeypatch.setenv("JOURNAL", str(tmp_path / "publisher.journal"))
    at(folder / "schedules.yaml", -100)
    return folder


def at(path, seconds: float):
    """Let a file, and the folders up to `templates`, be saved so long after NOW."""
    moment = NOW.timestamp() + seconds
    for each in (path, *path.parents):
        os.utime(each, (moment, moment))
        if each.name == "templates" or path.suffix == ".yaml":
            return path
    return path


def lay(folder, name: str, text: str, seconds: float = -50):
    path = folder / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return at(path, seconds)


@pytest.fixture
def scheduler(folder, clock) -> App:
    """The process that proposes: its project has a template of its own."""
    lay(folder, DIGEST, "first")
    app = App.open(folder, clock)
    propose(app)
    return app


@pytest.fixture
def worker(scheduler, tmp_path, clock) -> App:
    """A process of another machine, where another template lies."""
    machine = tmp_path / "second"
    machine.mkdir()
    for name in ("keys.json", ".env"):
        (machine / name).write_bytes((scheduler.folder / name).read_bytes())
    lay(machine, DIGEST, "not this one")
    lay(machine, "email/article.html", "nor this one")
    return App.open_following(machine, clock)


def sees(app: App) -> dict[str, str]:
    """Return the templates that a process renders with, beside the default theme."""
    root = app.templates.folder
    return {path.relative_to(root).as_posix(): path.read_text() for path in root.rglob("*.*") if path.is_file()}


def texts_kept(app: App) -> set[str]:
    with app.store.read() as conn:
        going = kept.going_with(conn, schedules.accepted_version(conn))
        assert going is not None
        rows = conn.exec_driver_sql("SELECT text FROM templates").scalars().all()
        assert set(kept.texts_of(conn, going.names).values()) <= set(rows)
    return set(rows)


def test_a_worker_renders_with_what_holds_whatever_lies_on_its_disk(worker):
    assert sees(worker) == {DIGEST: "first"}
    assert worker.studio.renderer._engine.folders[0] == worker.templates.folder.resolve()


def test_a_changed_template_holds_on_every_machine_and_one_that_is_gone_on_none(scheduler, worker):
    watch = FileWatch(scheduler, lambda: None, scheduler.project.version)
    assert not watch.look()
    lay(scheduler.folder, DIGEST, "second", 5)
    lay(scheduler.folder, "partials/x.html", "third", 5)
    assert watch.look() and sees(scheduler) == {DIGEST: "second", "partials/x.html": "third"}
    assert follow(worker) and sees(worker) == sees(scheduler)
    assert not follow(worker)
    (scheduler.folder / "templates" / DIGEST).unlink()
    at(scheduler.folder / "templates" / "email", 20)
    assert watch.look() and follow(worker)
    assert sees(worker) == {"partials/x.html": "third"} and texts_kept(worker) == {"third"}


def test_a_folder_without_templates_takes_none_away(scheduler, worker, clock):
    (scheduler.folder / "templates" / DIGEST).unlink()
    at(scheduler.folder / "templates" / "email", 20)
    propose(App.open(scheduler.folder, clock))
    assert not follow(worker)


def test_a_text_is_kept_once_and_stays_when_only_the_schedules_change(scheduler, worker):
    lay(scheduler.folder, "email/other.html", "first", 5)
    propose(scheduler)
    assert texts_kept(scheduler) == {"first"}
    path = scheduler.folder / "schedules.yaml"
    path.write_text(f"{path.read_text()}# news\n")
    other = App.open(scheduler.folder, scheduler.clock)
    versions.accepted(other)  # as `publisher send` does, which proposes no templates
    assert follow(worker) and set(sees(worker)) == {DIGEST, "email/other.html"}
    with worker.store.read() as conn:
        assert project_versions.find(conn, worker.version_id)["text"].endswith("# news\n")


def test_older_templates_propose_nothing(scheduler, worker, tmp_path, clock):
    machine = worker.folder
    (machine / "schedules.yaml").write_bytes((scheduler.folder / "schedules.yaml").read_bytes())
    second = App.open(machine, clock)
    propose(second)
    assert sees(second) == {DIGEST: "first"} and not follow(worker)


def test_an_older_file_is_not_proposed_by_a_later_look_either(scheduler, clock):
    path = scheduler.folder / "schedules.yaml"
    held = scheduler.project.version
    path.write_text(f"{path.read_text()}# older\n")
    at(path, -3600)
    older = App.open(scheduler.folder, clock)
    watch = FileWatch(older, lambda: None, propose(older))
    assert not watch.look() and older.project.version == held
    lay(scheduler.folder, DIGEST, "second", 5)
    assert watch.look() and (older.project.version, sees(older)) == (held, {DIGEST: "second"})


def test_on_a_ledger_in_a_file_the_directory_is_rendered_as_it_is(tmp_path, clock):
    app = open_app(tmp_path, clock)
    lay(tmp_path, DIGEST, "now")
    versions.accepted(app)
    assert app.templates.folder == tmp_path / "templates"
    with app.store.read() as conn:
        assert kept.going_with(conn, app.version_id) is None


def hostile(name: str, root):
    path = root / "email" / "x.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    if name == "huge":
        path.write_bytes(b"x" * (LARGEST_TEMPLATE + 1))
    elif name == "many":
        for number in range(templates.MOST + 1):
            (root / f"{number}.html").touch()
    elif name == "all too large":
        for number in range(9):
            (root / f"{number}.html").write_bytes(b"x" * LARGEST_TEMPLATE)
    elif name == "link out":
        (root.parent / "secret.txt").write_text("canary")
        path.symlink_to(root.parent / "secret.txt")
    elif name == "folder out":
        (root / "more").symlink_to(root.parent)
    elif name == "circle":
        path.symlink_to(path)
    elif name == "binary":
        path.write_bytes(b"\xff\xfe\x00PNG")
    elif name == "zeros":
        path.write_bytes(b"text\0text")
    elif name == "pipe":
        os.mkfifo(path)


HOSTILE = {
    "huge": "templates/email/x.html: it is larger than 500,000 bytes",
    "many": "templates: there are more than 1,000 files",
    "all too large": "larger than 4,000,000 bytes together",
    "link out": "templates/email/x.html: it is no file of this folder",
    "folder out": "templates/more: it is a link to a folder",
    "circle": "templates/email/x.html: it",
    "binary": "templates/email/x.html: it isn't UTF-8 text",
    "zeros": "templates/email/x.html: it isn't text",
    "pipe": "templates/email/x.html: it is no file",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_can_not_be_taken_to_other_machines_is_refused_in_one_line(tmp_path, name):
    root = tmp_path / "templates"
    hostile(name, root)
    with pytest.raises(ConfigError, match=HOSTILE[name]) as refused:
        templates.read_in(tmp_path)
    assert "canary" not in str(refused.value) and "\n" not in str(refused.value)
    assert templates.stamp_of(tmp_path) and templates.digest_of(tmp_path)


def test_what_is_no_template_stays_where_it_is(tmp_path):
    root = tmp_path / "templates"
    (root / ".git").mkdir(parents=True)
    (root / ".git" / "x.html").write_text("hidden")
    (root / "logo.png").write_bytes(b"\x89PNG\xff")
    (root / "x.css").write_text("a{}")
    (root / "same.css").symlink_to(root / "x.css")
    assert templates.read_in(tmp_path) == {"x.css": "a{}", "same.css": "a{}"}
    assert templates.read_in(tmp_path / "nowhere") == {}


def test_a_refused_template_is_an_alert_and_what_held_goes_on(scheduler, worker, clock):
    watch = FileWatch(scheduler, lambda: None, scheduler.project.version)
    watch.look()
    (scheduler.folder / "templates" / DIGEST).write_bytes(b"\xff")
    at(scheduler.folder / "templates" / DIGEST, 5)
    assert not watch.look() and sees(scheduler) == {DIGEST: "first"} and not follow(worker)
    with scheduler.store.read() as conn:
        [alert] = [row for row in alerts.open_ones(conn) if row["cause"] == REFUSED]
    assert f"templates/{DIGEST}: it isn't UTF-8 text" in alert["what"]
    assert templates.unfit(scheduler) == [f"templates/{DIGEST}: it isn't UTF-8 text. Mend it, or take it out of there"]


def test_a_name_in_the_ledger_that_leads_elsewhere_is_not_written(tmp_path):
    for name in ("../x.html", "/x.html", "a/../../x.html"):
        with pytest.raises(StoreError, match="leads elsewhere"):
            templates.Bench().lay_out({name: "x"})
