"""A newspaper that writes in two languages: one feed, two lists, one schedule."""

from __future__ import annotations

from pathlib import Path

from publisher.app import App
from publisher.store import articles, by_language, edition_lists
from tests.ledger import Clock
from tests.project import ProjectDir
from tests.unit.app.project import EVENING, edit

LISTS = (
    "about: The day's news at seven}\n",
    "about: The day's news at seven}\n  diario: {title: Diário, language: pt}\n",
)
SEND = ("    send:\n      - {via: letters, to: daily}\n", "    send:\n      - {via: letters, to: [daily, diario]}\n")


def write_feed(path: Path, *stories: str) -> None:
    """Write a feed of stories, `pt-BR Praia`: the language, none where it is `-`, and the headline."""
    entries = "".join(_entry(*story.split(" ", 1)) for story in stories)
    head = "<title>Harbor Gazette</title><id>urn:harbor</id><updated>2026-11-23T12:00:00Z</updated>"
    path.write_text(f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom">{head}{entries}</feed>')


def _entry(language: str, title: str) -> str:
    said = "" if language == "-" else f' xml:lang="{language}"'
    link = f'<link href="https://harbor.example/{title}"/>'
    return f"<entry{said}><id>urn:{title}</id><title>{title}</title>{link}<summary>{title}.</summary></entry>"


def open_bilingual(folder: Path, *stories: str, when: str = 'at: "07:00"', more: str = "", database: str = "") -> App:
    """Open the newspaper with these stories, all of them new, at the evening before.

    :param more: lines of the schedule.
    :param database: of a ledger that is elsewhere than in the folder.
    """
    ProjectDir(folder, "http://127.0.0.1:9", when=when, backfill=20)
    edit(
        folder,
        LISTS,
        SEND,
        ("pick: {from: [site], at_most: 8}\n", f"pick: {{at_most: 8}}\n    languages: [en, pt]\n{more}"),
    )
    if database:
        with (folder / ".env").open("a") as file:
            file.write(f"DATABASE_URL={database}\nJOURNAL=publisher.journal\n")
    write_feed(folder / "feed.xml", *stories)
    return App.open(folder, Clock(EVENING))


def carried(app: App) -> list[tuple[str, str, str, list[str]]]:
    """Return slot, language, state and headlines of every edition, in the order in which they were written."""
    with app.store.read() as conn:
        rows = sorted(edition_lists.latest(conn, limit=1000), key=lambda row: row["id"])
        return [(row["slot"], row["language"], row["state"], _headlines(conn, row["id"])) for row in rows]


def _headlines(conn, edition_id: int) -> list[str]:
    found = articles.of_edition(conn, edition_id)
    return sorted(article.article.title for place, article in found if place["position"] is not None)


def numbers(app: App, slot: str, schedule: str = "morning") -> dict[str, int]:
    """Return the editions of a slot by their language."""
    with app.store.read() as conn:
        return {row["language"]: row["id"] for row in by_language.of_slot(conn, {"schedule": schedule, "slot": slot})}
