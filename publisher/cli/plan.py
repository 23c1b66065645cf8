"""`publisher plan`: the next slots, and what each would send to how many people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from publisher.cli.opening import open_app
from publisher.cli.output import AsJson, ProjectDir, headline, local, reason_lines, say, say_json, table
from publisher.model.counting import many
from publisher.model.desk import FILE

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.audiences import Audience
    from publisher.app.ends import End
    from publisher.app.plan import Plan
    from publisher.model.cost import Cost
    from publisher.model.project import Entry
    from publisher.pipeline.produce import Produced
    from publisher.pipeline.queues import Place

At = Annotated[str, typer.Option(help="Plan as if it were then: 2026-11-24T07:00 (the publication's clock).")]


def plan(
    schedule: Annotated[str, typer.Argument(help="Only this schedule, or its edition in a language: morning/pt.")] = "",
    at: At = "",
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Show the next slots: which articles would go to how many, until when. Runs the real thing and writes nothing."""
    from publisher.app.ends import ends_of
    from publisher.app.looking import look
    from publisher.app.plan import moment_said, plan_slot

    app = open_app(project)
    moment = moment_said(at, app.zone) if at else None
    names = [schedule] if schedule else list(app.project.schedules)
    chosen = [edition for name in names for edition in app.editions_of(name)]
    looked = look(app, chosen)  # once for all: several may read one source
    plans = [plan_slot(app, each, moment, looked) for each in chosen]
    ends = ends_of(app, plans)
    if as_json:
        say_json([plain(each, end) for each, end in zip(plans, ends, strict=True)])
    else:
        for each, end in zip(plans, ends, strict=True):
            show(each, app, end)
    if app.trouble or any(each.is_held for each in plans):
        raise typer.Exit(1)


def show(plan: Plan, app: App, ends: Sequence[End | None], when: str = "", *, numbered: bool = False) -> None:
    """Print one plan for people.

    :param ends: for each of its messages, when it would end.
    :param when: in words; empty: its slot.
    :param numbered: with the articles' numbers, which they have where the ledger knows them all.
    """
    name, choice = plan.schedule.label, plan.choice
    slot = "on every new article" if plan.schedule.when.new else local(plan.slot.due_at, app.zone)
    say(f"{name}: {when or slot}")
    for problem in plan.problems:
        say(f"  ! {problem}")
    for line in what_waits(plan):
        say(line)
    if choice.skipped:
        say(f"  skipped: {choice.skipped}")
    kinds = {"in": choice.picked, "named": choice.noted, "out": choice.left}
    rows = [
        [kind, each.id if numbered else "", headline(each.article.title), reason]
        for kind, found in kinds.items()
        for each, reason in found
    ]
    if rows and numbered:
        table("", ["", "number", "article", "why"], rows)
    elif rows:
        table("", ["", "article", "why"], [[kind, title, why] for kind, _, title, why in rows])
    if choice.note:
        signed = f"the note by {choice.note.actor}, {local(choice.note.made_at, app.zone, seconds=False)}"
        say(f"  with {f'the letter in {plan.schedule.write}' if choice.note.actor == FILE else signed}")
    for product, audience, end, cost, place in _counted(plan, ends):
        to = audience_words(product.entry, audience, plan.editions, product.posts)
        say(f"  {product.entry.via}: {to}{subject_words(product)}")
        if place:
            say(f"    {place.words(app.zone)}")
        for line in trial_lines(product, audience.people):
            say(f"    {line}")
        if end and (words := end.words(app.zone)):
            say(f"    {words}")
        if cost:
            say(f"    {cost}")
        for line in reason_lines(product.entry.via, "held", [asdict(finding) for finding in product.findings]):
            say(f"    {line}")
    for channel, finding in plan.broken:
        for line in reason_lines(channel, "would be held", [asdict(finding)]):
            say(f"  ! {line}")
    say()


def what_waits(plan: Plan) -> list[str]:
    """Return the lines that say that a schedule is paused, so that no slot fires, and what of it waits for a person."""
    why = [f"  ! paused: {plan.paused} (publisher resume {plan.schedule.name})"] if plan.paused else []
    return [*why, *(f"  ! {line}" for line in plan.waiting)]


def _counted(
    plan: Plan, ends: Sequence[End | None]
) -> Iterator[tuple[Produced, Audience, End | None, Cost | None, Place | None]]:
    return zip(plan.products, plan.audiences, ends, plan.costs, plan.places, strict=True)


def audience_words(entry: Entry, audience: Audience, editions: int = 1, posts: int = 1) -> str:
    """Return to whom it goes; of several editions what follows is the first.

    :param posts: of which a thread is made; 1: it is none.
    """
    if not entry.to:
        thread = f"a thread of {many(posts, 'post')}" if posts > 1 else ""
        if editions > 1:
            return f"{editions:,} posts, one for each article; the first{f' is {thread}' if thread else ''}"
        return thread or "one post"
    to = f"{many(audience.people, 'person', 'people')} on {', '.join(entry.to)}"
    to += f", in the segment {entry.segment}" if entry.segment else ""
    to += f" ({audience.left_out})" if audience.left_out else ""
    return f"{editions:,} editions, one for each article, each to {to}; the first" if editions > 1 else to


def subject_words(product: Any) -> str:
    """Return what a message says first, as it follows on whom it goes to."""
    from publisher.model.message import Mail, fill
    from publisher.pipeline.produce import preview_values

    if product.second is not None:
        return ""  # two, on lines of their own
    if isinstance(product.message, Mail):
        return f" — {fill(product.message.subject, preview_values())}"
    return f" — {product.message.parts[0].splitlines()[0]}" if product.message and product.message.parts else ""


def trial_lines(product: Produced, people: int) -> list[str]:
    """Return the two subjects of a mail, and who would get which; nothing where it has but one."""
    from publisher.app.trials import foreseen, subjects_of

    if product.trial is None:
        return []
    both = [f"subject {name}: {subject}" for name, subject in zip("AB", subjects_of(product), strict=True)]
    return [*both, foreseen(product.trial, people)]


def _plain_trial(product: Produced, people: int) -> dict[str, object] | None:
    from publisher.app.trials import subjects_of

    if product.trial is None:
        return None
    first, second, rest = product.trial.sizes(people)
    too_few = product.trial.is_too_small(first + second)
    return {"subjects": list(subjects_of(product)), "a": first, "b": second, "rest": rest, "too_few": too_few}


def plain(plan: Plan, ends: Sequence[End | None]) -> dict[str, object]:
    """Return one plan as JSON shows it."""

    def article(candidate: Any, reason: str) -> dict[str, object]:
        own = candidate.article
        return {"title": own.title, "url": own.url, "published_at": own.published_at, "reason": reason}

    return {
        "schedule": plan.schedule.name,
        "language": plan.schedule.languages.only,
        "slot": plan.slot.key,
        "due_at": plan.slot.due_at,
        "paused": plan.paused,
        "waiting": list(plan.waiting),
        "editions": plan.editions,
        "skipped": plan.choice.skipped,
        "articles": [article(*pair) for pair in plan.choice.picked],
        "named": [article(*pair) for pair in plan.choice.noted],
        "left_out": [article(*pair) for pair in plan.choice.left],
        "problems": list(plan.problems),
        "broken": [{"channel": channel, **asdict(finding)} for channel, finding in plan.broken],
        "sends": [
            {
                "channel": product.entry.via,
                "to": list(product.entry.to),
                "segment": product.entry.segment,
                "people": audience.people,
                "asked_for_quiet": audience.quiet,
                "have_the_article": audience.have_it,
                "posts": product.posts,
                "trial": _plain_trial(product, audience.people),
                "ends_at": end.ends_at if end else None,
                "days": {str(day): count for day, count in end.days.items()} if end else {},
                "cost": _plain_cost(cost) if cost else None,
                "goes_at": place.goes_at if place else None,
                "after_others": place.behind if place else 0,
                "held": product.is_held,
                "findings": [asdict(finding) for finding in product.findings],
            }
            for product, audience, end, cost, place in _counted(plan, ends)
        ],
    }


def _plain_cost(cost: Cost) -> dict[str, object]:
    """Return what a network charges as JSON shows it; amounts are text, so that none is rounded."""
    from publisher.model.cost import money

    return {
        "amount": money(cost.amount).removeprefix("$"),
        "currency": "USD",
        "posts": cost.plain + cost.linked,
        "with_link": cost.linked,
        "unsure": cost.prices.unsure,
    }
