"""A file of people, brought in for a project; whoever is to be asked gets a letter by the usual dispatcher."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from publisher.app import letters
from publisher.audience import imports
from publisher.audience.imports import Options, Progress, Report
from publisher.model.subscriber import Subscriber
from publisher.store import newcomers, subscribers

if TYPE_CHECKING:
    from publisher.app.core import App

PAGE = 500  # people at a time


def import_people(
    app: App, file: Path, list_name: str, options: Options, progress: Progress | None = None
) -> tuple[Report, int]:
    """Bring the people of a file in; return what became of them, and how many letters ask.

    :raises ImportFileError: the file can't be read at all.
    :raises ConfigError: people are to be asked, and there is no way to ask them. Nothing was written.
    """
    if options.ask:
        letters.channel_of(app, list_name)
    key = app.keys.current("suppression")[1]
    report = imports.import_csv(
        app.store,
        file,
        list_name,
        hash_key=key,
        now=app.clock(),
        actor=app.actor,
        options=options,
        progress=progress,
    )
    return report, _ask(app, list_name) if options.ask and not options.dry_run else 0


def _ask(app: App, list_name: str) -> int:
    """Ask all who are still to be asked, also those of an import that was cut off here."""
    return sum(
        letters.confirm(app, person, list_name, actor=app.actor) for page in _unasked(app, list_name) for person in page
    )


def _unasked(app: App, list_name: str) -> Iterator[list[Subscriber]]:
    after = 0
    while True:
        with app.store.write() as conn:
            list_id = subscribers.ensure_list(conn, list_name)
            ids = newcomers.to_be_asked(conn, list_id, app.actor, after, PAGE)
            page = [person for each in ids if (person := subscribers.get(conn, each))]
        if not ids:
            return
        yield page
        after = ids[-1]
