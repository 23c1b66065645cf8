"""An App over a project whose file can be edited, on a clock that stands still until it is moved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from publisher.app import App, composing
from publisher.pipeline.compose import Choice
from publisher.store import edition_lists, editions, sends
from tests.ledger import Clock
from tests.project import ProjectDir

EVENING = datetime(2026, 11, 23, 20, tzinfo=UTC)
MORNING = datetime(2026, 11, 24, 7, 0, 1, tzinfo=UTC)


def open_app(folder: Path, clock: Clock, when: str = 'at: "07:00"', **options: object) -> App:
    """Make a project with one schedule and open it."""
    ProjectDir(folder, "http://127.0.0.1:9", when=when, **options)
    return App.open(folder, clock)


@contextmanager
def reading(folder: Path, source: str, when: str = 'at: "07:00"') -> Iterator[App]:
    """Open a project whose source `site` is another one, in the own network, that has no articles from before."""
    ProjectDir(folder, "http://127.0.0.1:9", when=when, backfill=0)
    edit(folder, ("feed: feed.xml", f"{source}\n    allow_private: true"))
    app = App.open(folder, Clock(EVENING))
    yield app
    app.store.close()


def edit(folder: Path, *changes: tuple[str, str]) -> None:
    """Change the project's schedules.yaml; what is changed must be there."""
    path = folder / "schedules.yaml"
    text = path.read_text()
    for old, new in changes:
        assert old in text, f"{old!r} is not in {text}"
        text = text.replace(old, new)
    path.write_text(text)


def add_schedule(folder: Path, name: str, when: str = 'at: "07:00"', more: str = "") -> None:
    text = f"  {name}:\n    when: {{{when}}}\n{more}    send:\n      - {{via: letters, to: daily}}\n"
    path = folder / "schedules.yaml"
    path.write_text(path.read_text() + text)


def open_with_press(folder: Path, clock: Clock) -> App:
    """Open a project with two feeds, each looked at once; its schedule names what has changed since it was sent."""
    open_app(folder, clock, backfill=0)
    press = ("lists:\n", "  press:\n    feed: press.xml\nlists:\n")
    both = ("pick: {from: [site], at_most: 8}", "pick: {from: [site, press], at_most: 8}\n    on_update: note")
    edit(folder, press, both)
    write_feed(folder / "feed.xml", first="A first word")
    write_feed(folder / "press.xml", other="Another house")
    app = App.open(folder, clock)
    compose_now(app)
    clock.advance(timedelta(hours=1))
    return app


def write_feed(path: Path, **stories: str) -> None:
    """Write a feed of stories, the newest first; each name is the title and the last part of the address."""
    items = "".join(
        f"<item><title>{name.title()}</title><link>https://harbor.example/{name}</link>"
        f"<description>{text}</description></item>"
        for name, text in stories.items()
    )
    path.write_text(f'<?xml version="1.0"?><rss version="2.0"><channel><title>Harbor</title>{items}</channel></rss>')


def compose_now(app: App, schedule: str = "morning") -> Choice:
    """Compose an edition as `publisher send` does; return what it chose."""
    return composing.compose(app, app.schedule(schedule), composing.manual_slot(app), actor="test").choice


def found(app: App, schedule: str = "") -> list[tuple[str, str]]:
    """Return slot and state of every edition, in the order in which they were written."""
    with app.store.read() as conn:
        rows = sorted(edition_lists.latest(conn, limit=1000, schedule=schedule), key=lambda row: row["id"])
    return [(row["slot"], row["state"]) for row in rows]


def reasons(app: App, schedule: str = "") -> list[str]:
    with app.store.read() as conn:
        rows = sorted(edition_lists.latest(conn, limit=1000, schedule=schedule), key=lambda row: row["id"])
    return [row["reason"] for row in rows]


def stories(app: App, edition_id: int) -> list[int]:
    """Return the articles that an edition carries."""
    with app.store.read() as conn:
        places = editions.places_of(conn, edition_id)
    return sorted(place["article_id"] for place in places if place["position"] is not None)


def sends_of(app: App, edition_id: int) -> list[dict]:
    with app.store.read() as conn:
        return [dict(row) for row in sends.of_edition(conn, edition_id)]
