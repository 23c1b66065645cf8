"""A template that takes the place of Publisher's own is named when that changes, until it is saved anew."""

from __future__ import annotations

import pytest

from publisher.app import App, overridden
from publisher.render import default_theme
from tests.ledger import NOW, Clock
from tests.unit.app.project import open_app

NAME = "email/digest.html"


@pytest.fixture
def app(tmp_path) -> App:
    app = open_app(tmp_path, Clock(NOW))
    save(app, "ours")
    (tmp_path / "templates" / "own.html").write_text("takes no other's place")
    return app


def save(app: App, text: str) -> None:
    path = app.folder / "templates" / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def release(tmp_path, monkeypatch):
    """Let another version of Publisher be installed, whose template says this."""

    def install(text: str) -> None:
        theme = tmp_path / "theme"
        (theme / "email").mkdir(parents=True, exist_ok=True)
        (theme / NAME).write_text(text)
        monkeypatch.setattr("publisher.render.default_theme", lambda: theme)

    assert (default_theme() / NAME).is_file()
    return install


def test_one_that_is_first_seen_is_noted(app):
    assert overridden.changed(app) == []


def test_one_whose_origin_changed_is_named_until_it_is_saved_anew(app, release):
    overridden.changed(app)
    release("another")
    for _ in range(2):
        [line] = overridden.changed(app)
        assert line.startswith(f"templates/{NAME}: Publisher's own template of this name has changed since")
    save(app, "ours, after a look")
    assert overridden.changed(app) == []


def test_edits_before_the_origin_changed_do_not_hide_it(app, release):
    overridden.changed(app)
    save(app, "ours, better")
    overridden.changed(app)
    release("another")
    assert len(overridden.changed(app)) == 1


def test_one_that_does_not_lie_here_is_not_forgotten(app, release):
    overridden.changed(app)
    release("another")
    (app.folder / "templates" / NAME).unlink()
    assert overridden.changed(app) == []
    save(app, "ours")
    assert len(overridden.changed(app)) == 1


def test_a_template_that_can_not_be_read_loses_no_note(app, release):
    overridden.changed(app)
    release("another")
    (app.folder / "templates" / "broken.html").write_bytes(b"\xff")
    assert overridden.changed(app) == []
    (app.folder / "templates" / "broken.html").unlink()
    assert len(overridden.changed(app)) == 1
