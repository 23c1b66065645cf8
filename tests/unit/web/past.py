"""A newspaper with past editions: made and begun by the product's own functions, and served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from publisher.app import App, composing
from publisher.audience import imports
from publisher.pipeline.produce import LINK, PAST
from publisher.store import clicks, sends, tables
from tests.ledger import Clock
from tests.project import ProjectDir
from tests.unit.app.project import EVENING, edit
from tests.unit.web.ledger import Site, served

LISTS = (
    "daily: {title: Morning briefing, about: The day's news at seven}",
    "daily: {title: Morning briefing, archive: public}\n  desk: {title: From the desk, archive: unlisted}\n  own: {}",
)
MEASURED = ("pick: {from: [site], at_most: 8}", "pick: {from: [site], at_most: 8}\n    measure: clicks")
# A footer that says all that there is to say of a reader.
FOOTER = """<tr><td class="foot">
<p>For {{ recipient.name | default("our reader") }}, {{ recipient.email }},
of {{ recipient.city }}</p>
<p><a href="{{ unsubscribe_url }}">Leave</a> <a href="{{ preferences_url }}">Choose</a></p>
{% include "partials/address.html" %}</td></tr>
"""
ADDRESS = "zoe.hostile@reader.example"
HOSTILE = "Zoë<script>alert(1)</script>"


def open_paper(folder: Path, *changes: tuple[str, str]) -> App:
    """Make a project with an archive, and readers whose names are attacks."""
    ProjectDir(folder, "http://127.0.0.1:9")
    own = folder / "templates" / "partials" / "footer.html"
    own.parent.mkdir(parents=True)
    own.write_text(FOOTER)
    edit(folder, LISTS, *changes)
    app = App.open(folder, Clock(EVENING))
    key = app.keys.current("suppression")[1]
    for address, name in ((ADDRESS, HOSTILE), ("ada@reader.example", "Ada Reader")):
        imports.add_one(app.store, address, "daily", name=name, hash_key=key, now=EVENING, actor="test")
    return app


def send_out(app: App, schedule: str = "morning", *, begin: bool = True) -> int:
    """Compose an edition by hand and let its mail begin; return the id of the send."""
    app.clock.advance(timedelta(minutes=10))
    with app.store.read() as conn:
        stories = 3 + conn.execute(select(func.count()).select_from(tables.sends)).scalar_one()
    ProjectDir.publish_in(app.folder, stories)
    found = composing.compose(app, app.schedule(schedule), composing.manual_slot(app), actor="test")
    app.sending.advance()
    with app.store.write() as conn:
        send_id = sends.of_edition(conn, found.edition_id)[0]["id"]
        if begin:
            sends.begin(conn, send_id, app.clock())
    return send_id


def address(app: App, send_id: int, list_name: str = "daily") -> str:
    return f"/archive/{list_name}/{app.wire_name(PAST, send_id)}"


def links(app: App, send_id: int) -> dict[str, str]:
    """Return the doors of a send's counted links by where they lead."""
    with app.store.read() as conn:
        return {url: f"/l/{app.wire_name(LINK, each)}" for each, url in clicks.targets(conn, send_id).items()}


@contextmanager
def paper(folder: Path, *changes: tuple[str, str]) -> Iterator[Site]:
    app = open_paper(folder, *changes)
    with served(app, folder) as site:
        yield site
