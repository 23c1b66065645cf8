"""What trying the templates on made-up articles finds, for `publisher check`: whatever would hold every message."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from publisher.app.checkup import wrong_entry
from publisher.app.core import App
from publisher.app.templates import FOLDER as TEMPLATES
from publisher.config.reading import FILE
from publisher.errors import PublisherError
from publisher.model.article import Article, Image
from publisher.model.message import Access, Confirm, Finding, Move, Notice, Welcome
from publisher.model.project import Entry
from publisher.pipeline import letters, produce
from publisher.senders.registry import sender_class, sender_names
from publisher.store import send_reasons

# By the rest of the check.
_SAID_ELSEWHERE = (send_reasons.CHANNEL, "public-url", "insert-missing", "unusable-text", "left-out")
_SAY_WHERE = ("contrast", "english-words", "unknown-word")  # checks that name the place themselves
SAMPLE = (
    Article(
        title="A headline to try the template on",
        url="https://example.org/story",
        summary="A summary of two sentences. This is the second one.",
        html="<p>The first paragraph.</p><p>The second one.</p>",
        text="The first paragraph.\n\nThe second one.",
        authors=("A. Writer",),
        categories=("News",),
        image=Image("https://example.org/picture.jpg", alt="A picture", width=1200, height=630),
    ),
)


def tried_templates(app: App) -> tuple[list[str], list[str]]:
    """Return what would hold messages, and what is worth a note, by a single made-up article and by several.

    What several messages have in common, as a rule a part that they share, is one line with all their places.
    """
    places: dict[Finding, dict[str, None]] = {}
    for place, finding in [*_of_entries(app), *_of_letters(app)]:
        if not _is_said_elsewhere(app, finding):
            places.setdefault(finding, {})[place] = None
    wrong, notes = list[str](), list[str]()
    for finding, found in places.items():
        (wrong if finding.blocks else notes).append(_line(", ".join(found), finding))
    return wrong, notes


def _line(places: str, finding: Finding) -> str:
    """Say where, what and what to do."""
    said = f"{finding.what}. {finding.remedy}"
    if finding.check in _SAY_WHERE or (finding.check == "template" and said.startswith(f"{TEMPLATES}/")):
        return said
    return f"{places}: {said.removeprefix(f'{FILE}, ')}"  # a line of the file itself is said with its number


def idle_templates(app: App) -> list[str]:
    """Return a note for each file in the project's templates that nothing uses: as a rule its name is a slip."""
    named = {name for entry in _sound_entries(app) for name in _names_used(app, entry)}
    return [
        f"{TEMPLATES}/{name}: no template uses it, and no line of `send:` names it. "
        + (f"Did you mean {meant}? Then give it that name" if meant else "Name it there, include it, or take it away")
        for name, meant in app.studio.renderer.idle(named, _languages(app))
    ]


def _languages(app: App) -> set[str]:
    """Return the languages that messages are in."""
    entries = [entry for schedule in app.project.schedules.values() for entry in schedule.send]
    stated = {entry.language for entry in entries} | {each.language for each in app.project.lists.values()}
    return {app.project.publication.language, *stated} - {""}


def _names_used(app: App, entry: Entry) -> Iterator[str]:
    """Yield the names by which an entry finds templates, beside those of the default theme."""
    channel = app.project.channels[entry.via]
    rules = sender_class(channel.sender).rules_of(channel.options)
    if rules:
        yield f"social/{rules.network}.txt"
    if entry.template:
        yield from (entry.template, f"{entry.template.removesuffix('.html')}.txt")


def _sound_entries(app: App) -> list[Entry]:
    """Return the entries that can be tried: of the others it is said already why not."""
    entries = [entry for schedule in app.project.schedules.values() for entry in schedule.send]
    is_known = {name: each.sender in sender_names() for name, each in app.project.channels.items()}
    return [entry for entry in entries if is_known[entry.via] and not wrong_entry(app, entry)]


def _of_entries(app: App) -> Iterator[tuple[str, Finding]]:
    sound = _sound_entries(app)
    for schedule in app.project.schedules.values():
        for entry in (each for each in schedule.send if each in sound):
            for chosen in (SAMPLE, SAMPLE * 3):
                product = produce.produce_entry(
                    app.studio, app.project, schedule, entry, slot="check", due_at=app.clock(), chosen=chosen
                )
                yield from ((entry.where, finding) for finding in product.findings)


def _of_letters(app: App) -> Iterator[tuple[str, Finding]]:
    """Try the mails about a subscription, once in each language that they would be written in."""
    paper, now = app.project.publication, app.clock()
    until = now + timedelta(days=2)
    tried = (
        Confirm(now, until),
        Access(now, until),
        Move(now, until),
        Welcome(5, now),
        Notice("A word", "<p>Words.</p>"),
    )
    for mailing_list in {each.language or paper.language: each for each in app.project.lists.values()}.values():
        for about in tried:
            letter = letters.letter_of(app.project, about, mailing_list.name, practice=app.is_practice)
            place = f"{TEMPLATES}/email/{type(about).__name__.lower()}"
            try:
                findings = app.studio.renderer.check(app.studio.renderer.letter(letter), letter)
            except PublisherError as error:
                findings = (produce.failed(error),)
            yield from ((place, finding) for finding in findings if finding.check != "from-name")


def _is_said_elsewhere(app: App, finding: Finding) -> bool:
    has_no_address = finding.check == "no-postal-address" and not app.project.publication.address
    return has_no_address or finding.check in _SAID_ELSEWHERE
