"""`publisher articles`: what the ledger knows, why each was taken or not, and what a person says of those held."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from publisher.cli.opening import open_app, open_operator
from publisher.cli.output import AsJson, ProjectDir, headline, local, say, say_json, table, tell
from publisher.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from publisher.app.provenance import Provenance
    from publisher.app.sources import Opened
    from publisher.model.article import LedgerArticle
    from publisher.pipeline.operate.intake import Word

group = typer.Typer(invoke_without_command=True, rich_markup_mode=None)

Source = Annotated[str, typer.Option(help="Only this source.")]
Limit = Annotated[int, typer.Option(min=1, help="How many, newest first.")]
Why = Annotated[bool, typer.Option("--why", help="Show what became of each: taken, merged, held, changed, sent where.")]
One = Annotated[int, typer.Option("--article", help="Only this article.")]
Ids = Annotated[list[int] | None, typer.Argument(metavar="ARTICLE…", help="Their numbers.", show_default=False)]
Everything = Annotated[bool, typer.Option("--all", help="All that are held.")]
HeldOf = Annotated[str, typer.Option("--source", help="Those of this source that are held.")]
AsNew = Annotated[bool, typer.Option("--as-new", help="Also if it was there when its source was first polled.")]
Reason = Annotated[str, typer.Option("--why", help="The reason, for those who read it later.")]


@group.callback()
def listing(
    context: typer.Context,
    source: Source = "",
    limit: Limit = 50,
    why: Why = False,
    article: One = 0,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """List the articles in the ledger, newest first: why each was taken or not, and in which editions it was sent."""
    if context.invoked_subcommand is None:
        articles(source, limit, why, article, project, as_json)


def articles(
    source: str = "",
    limit: int = 50,
    why: bool = False,
    article: int = 0,
    project: Path = Path(),
    as_json: bool = False,
) -> None:
    """Print the list."""
    from publisher.app.provenance import provenance_of
    from publisher.store import articles as ledger

    app = open_app(project)
    if source:
        _check_source(app, source)
    with app.store.read() as conn:
        latest = ledger.find(conn, [article]).values() if article else ledger.latest(conn, limit=limit, source=source)
        found = list(latest)
        sent = ledger.went_out_in(conn, [each.id for each in found])
        told = provenance_of(conn, found) if why else []
    if article and not found:
        raise UsageError(f"there is no article {article}", remedy="Look: publisher articles")
    if as_json:
        more = {each.article.id: _plain(each) for each in told}
        say_json([{**asdict(each), "sent_in": sent[each.id], **more.get(each.id, {})} for each in found])
    elif why:
        for each in told:
            _tell_all(each, app.zone)
    else:
        _list(found, sent, app.zone)


def _list(found: Sequence[LedgerArticle], sent: Mapping[int, list[dict[str, Any]]], zone: ZoneInfo) -> None:
    table(
        "",
        ["id", "source", "published", "headline", "standing", "sent in", "reason"],
        [
            [each.id, each.source, local(each.article.published_at, zone, seconds=False), headline(each.article.title)]
            + [each.standing + (", gone" if each.gone_at else "")]
            + [", ".join(map(_sent_in, sent[each.id])), each.reason]
            for each in found
        ],
    )


def _sent_in(edition: Mapping[str, Any]) -> str:
    return f"{edition['edition']} {edition['schedule']}{' (practice)' if edition['practice'] else ''}"


def _tell_all(told: Provenance, zone: ZoneInfo) -> None:
    from publisher.app.provenance import place_words

    each = told.article
    say(f"{each.id} {each.article.title}")
    say(f"  {each.standing}: {each.reason}")
    published = local(each.article.published_at, zone) or "without a date"
    say(f"  from {each.source}, {published}; revision {each.revision}; {each.article.url or 'without a link'}")
    for line in each.article.notes:
        say(f"  note: {line}")
    lines = [(row["at"], f"{row['event']}: {row['reason']}") for row in told.history]
    for row in told.places:
        lines.append((row["made_at"], f"edition {row['edition_id']} of {row['schedule']}: {place_words(row)}"))
    for at, words in sorted(lines, key=lambda line: line[0]):
        say(f"  {local(at, zone)}  {words}")
    say()


def _plain(told: Provenance) -> dict[str, Any]:
    history = [{name: row[name] for name in ("at", "event", "reason")} for row in told.history]
    places = [{**row, "practice": row["practice"] is not None} for row in told.places]
    return {"history": history, "editions": places}


def _check_source(opened: Opened, name: str) -> None:
    """Refuse a source that neither the file nor the ledger knows: of one taken out of the file articles stay."""
    from publisher.app.sources import check_name
    from publisher.store import sources

    with opened.store.read() as conn:
        met = [row["name"] for row in sources.every(conn)]
    check_name(name, [*opened.project.sources, *met])


@group.command("release")
def release(
    ids: Ids = None,
    source: HeldOf = "",
    everything: Everything = False,
    as_new: AsNew = False,
    why: Reason = "",
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Let articles go out that were held: a flood, a possible reuse of an id, an old date; or that were discarded."""
    if as_new and not ids:
        raise UsageError("--as-new is for articles that are named", remedy="publisher articles release 812 --as-new")
    _decide("released", ids or [], source, everything, why, project, as_json, as_new=as_new)


@group.command("discard")
def discard(
    ids: Ids = None,
    source: HeldOf = "",
    everything: Everything = False,
    why: Reason = "",
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Let articles go out no more: any by number, or all that are held; they stay known, and are new no second time."""
    _decide("discarded", ids or [], source, everything, why, project, as_json)


def _decide(
    word: Word,
    ids: list[int],
    source: str,
    everything: bool,
    why: str,
    project: Path,
    as_json: bool,
    *,
    as_new: bool = False,
) -> None:
    from publisher.pipeline.operate import intake

    if sum(map(bool, (ids, source, everything))) != 1:
        verb = "release" if word == "released" else "discard"
        what = "it isn't said which articles" if not (ids or source or everything) else "that says twice which articles"
        raise UsageError(what, remedy=f"publisher articles {verb} 812 813, or --source NAME, or --all")
    operator = open_operator(project)
    if source:
        _check_source(operator, source)
    actor, now = operator.actor, operator.clock()
    done = intake.decide(operator.store, word, ids, source=source, as_new=as_new, actor=actor, why=why, now=now)
    if as_json:
        say_json({word: done})
    for line in intake.already_out(operator.store, done) if word == "discarded" else []:
        tell(line)  # first: a person who discards it may think that nobody has it
    articles_said = "1 article" if len(done) == 1 else f"{len(done):,} articles"
    if done or not ids:
        tell(f"{articles_said} {word}" if done else _nothing_held(word, source))
    for line in intake.remarks(operator.store, word, ids, done):
        tell(line)
    if not done or set(ids) - set(done):
        raise typer.Exit(1)


def _nothing_held(word: Word, source: str) -> str:
    nothing = f"nothing of {source} is held" if source else "nothing is held"
    return nothing if word == "released" else f"{nothing}; what is new is discarded by its number: publisher articles"
