"""`publisher edition`: the next edition as it lies on the desk, and what people change in it before it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.opening import open_app
from publisher.cli.output import AsJson, ProjectDir, headline, local, reason_lines, say, say_json, table, tell
from publisher.errors import UsageError

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.desk import Page
    from publisher.model.project import Schedule

LONGEST_TEXT = 100_000  # characters of a post that are read from a file


def edition(
    which: Annotated[str, typer.Argument(metavar="EDITION", help="A schedule: its next edition. Or a past one.")],
    drop: Annotated[
        list[str] | None, typer.Option(metavar="ARTICLE", help="Leave it out, here and later. May be repeated.")
    ] = None,
    later: Annotated[
        list[str] | None, typer.Option(metavar="ARTICLE", help="Leave it for the next edition. May be repeated.")
    ] = None,
    add: Annotated[
        list[str] | None, typer.Option(metavar="ARTICLE", help="Take it in, whatever is picked. May be repeated.")
    ] = None,
    undo: Annotated[
        list[str] | None, typer.Option(metavar="ARTICLE", help="Let the schedule decide about it again.")
    ] = None,
    order: Annotated[str, typer.Option(help="These articles first: 12,9,15.")] = "",
    subject: Annotated[str | None, typer.Option(help="The subject of its mails.")] = None,
    preheader: Annotated[str | None, typer.Option(help="What inboxes show after the subject.")] = None,
    post: Annotated[Path | None, typer.Option(metavar="FILE", help="The words of a post: a text file.")] = None,
    to: Annotated[str, typer.Option("--for", help="Only this channel, or line of `send:`.")] = "",
    plain: Annotated[bool, typer.Option("--plain", help="Take back all words of your own.")] = False,
    seen: Annotated[int | None, typer.Option(help="The version you looked at: another one is not changed.")] = None,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Show the next edition as it would go out now, and change it. New articles join until its slot comes."""
    from publisher.app import changing, desk
    from publisher.model.desk import Words

    app = open_app(project)
    schedule = app.edition_to_come(which) if which.partition("/")[0] in app.project.schedules else None
    stories = {"drop": drop, "later": later, "add": add, "undo": undo}
    _refuse_blank(subject=subject, preheader=preheader)
    wants = any(stories.values()) or any((order, subject, preheader, post, plain))
    there = desk.edition_of_next(app, schedule) if schedule is not None else None
    if not wants and schedule is not None and there is None:
        _show_plan(app, schedule)
        return
    edition_id = there or (desk.open_draft(app, schedule) if schedule is not None else app.edition(which))
    if wants:
        schedule = changing.schedule_of(app, edition_id)
        words = Words(subject or "", preheader or "", _text_in(post))
        steps = [
            *changing.about_stories(app, schedule, edition_id, stories, order),
            *changing.about_words(app, schedule, words, to, plain=plain),
        ]
        _tell_of_earlier(app, schedule, add)
        changing.carry_out(app, edition_id, steps, seen)
    page = desk.page(app, edition_id)
    if as_json:
        say_json(_plain(page))
    else:
        _show(page, app)
    if page.is_held:
        raise typer.Exit(1)


def _show_plan(app: App, schedule: Schedule) -> None:
    """Show what the next edition would be, where nobody has opened it yet."""
    from publisher.app.ends import ends_of
    from publisher.app.plan import plan_slot
    from publisher.cli.plan import show

    app.poll_all(schedule.pick.sources)  # what is new has its number then, by which it can be named
    plan = plan_slot(app, schedule)
    show(plan, app, ends_of(app, [plan])[0], numbered=True)
    prepare = schedule.when.prepare
    when = f"at {local(plan.slot.due_at - prepare, app.zone, seconds=False)}, or " if prepare else ""
    how = f"publisher edition {schedule.label} --help"
    say(f"There is no draft of it yet: it is made {when}with the first change ({how})")


def _refuse_blank(**said: str | None) -> None:
    """Refuse words that are none: what stands there would stay, and nobody would know."""
    for option, words in said.items():
        if words is not None and not words.strip():
            raise UsageError(f"--{option} says nothing", remedy="Write it; to take back words of your own: --plain")


def _text_in(path: Path | None) -> str:
    """Return what stands in a file.

    :raises UsageError: it can't be read, or says nothing.
    """
    if path is None:
        return ""
    from publisher.cli.files import text_in

    return text_in(path, LONGEST_TEXT)


def _tell_of_earlier(app: App, schedule: Schedule, added: Sequence[str] | None) -> None:
    """Say of what is added where it went out before: a person may know it, or not."""
    from publisher.app import desk

    for said in added or ():
        if said.isdecimal() and (before := desk.went_out(app, int(said), schedule.name)):
            tell(f"article {said} went out in {before} already")


def _show(page: Page, app: App) -> None:
    from publisher.app import standing
    from publisher.cli.plan import audience_words, subject_words, trial_lines

    title = standing.title(page.edition_id, page.schedule, page.slot.key, app.zone)
    schedule = app.project.schedules.get(page.schedule)
    language = f", in {page.language}" if schedule is not None and schedule.languages.every else ""
    until = f", until {local(page.slot.due_at, app.zone, seconds=False)}" if page.state == "draft" else ""
    say(f"{title}: {page.state}{language}{until}{f' ({page.reason})' if page.reason else ''}")
    if page.held_by:
        say(f"  ! {page.held_by}")
    if page.note:
        say(f"  note by {page.note.actor}, {local(page.note.made_at, app.zone)}:")
        for line in page.note.text.strip().splitlines():
            say(f"    {line}")
    rows = [
        [story.position or "", story.article.id, headline(story.article.article.title), story.reason]
        for story in page.stories
    ]
    if rows:
        table("", ["", "number", "article", "why"], rows)
    for product, audience in zip(page.products, page.audiences, strict=True):
        to = audience_words(product.entry, audience, posts=product.posts)
        say(f"  {product.entry.via}: {to}{subject_words(product)}")
        for line in trial_lines(product, audience.people):
            say(f"    {line}")
        for line in reason_lines(product.entry.via, "held", [asdict(finding) for finding in product.findings]):
            say(f"    {line}")
    for said in page.changes.said:
        say(f"  {local(datetime.fromisoformat(said.at), app.zone)}: {said.actor} {said.what}")
    if page.state == "draft":
        say(f"  version {page.changes.version}")
    if page.approvable:
        say(f"  to approve exactly this: publisher approve {page.edition_id} --version {page.approvable}")


def _plain(page: Page) -> dict[str, object]:
    return {
        "edition": page.edition_id,
        "schedule": page.schedule,
        "language": page.language,
        "slot": page.slot.key,
        "due_at": page.slot.due_at,
        "state": page.state,
        "reason": page.reason,
        "version": page.changes.version,
        "approvable": page.approvable,
        "note": {"text": page.note.text, "actor": page.note.actor, "made_at": page.note.made_at} if page.note else None,
        "articles": [
            {
                "article": story.article.id,
                "position": story.position,
                "title": story.article.article.title,
                "reason": story.reason,
            }
            for story in page.stories
        ],
        "messages": [
            {
                "entry": product.entry.key,
                "people": audience.people,
                "findings": [asdict(each) for each in product.findings],
            }
            for product, audience in zip(page.products, page.audiences, strict=True)
        ],
        "changes": [asdict(each) for each in page.changes.said],
    }
