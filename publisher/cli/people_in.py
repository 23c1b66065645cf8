"""`publisher subscribers import` and `add`: how people come in by an operator's hand."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.output import ProjectDir, say, tell
from publisher.errors import UsageError
from publisher.model.counting import many

if TYPE_CHECKING:
    from publisher.audience.imports import Progress, Report

ListName = Annotated[str, typer.Option("--list", help="A list of schedules.yaml.")]


def import_(
    file: Annotated[Path, typer.Argument(help="CSV; an export of listmonk, Mailchimp, Ghost or Substack is known.")],
    list_name: ListName,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", help="FIELD=COLUMN where a column isn't guessed: email, name, first_name … Repeatable."),
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of the file; found out if it isn't said.")] = "",
    rejected: Annotated[
        Path | None, typer.Option(help="Where bad rows go, with reasons; FILE.rejected.csv beside it if not said.")
    ] = None,
    ask: Annotated[
        bool, typer.Option("--ask", help="Write to everybody who isn't known to have confirmed, and ask.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen and write nothing.")] = False,
    project: ProjectDir = Path(),
) -> None:
    """Subscribe the people of a CSV file to a list: all of it or nothing. Bad rows go to a file, with reasons."""
    from publisher.app import App, importing
    from publisher.audience.imports import Options

    app = App.open(project)
    beside = rejected or file.with_name(f"{file.stem}.rejected.csv")
    options = Options(_pairs(mapping or []), encoding, beside, ask, dry_run)
    with _progress() as progress:
        report, letters = importing.import_people(app, file, app.list_named(list_name), options, progress)
    for line in _how_read(file, report):
        tell(line)
    for line in _what_not(file, report):
        tell(line)
    say(f"{'would import into' if dry_run else 'imported into'} {list_name}: {', '.join(_parts(report))}")
    if letters:
        say(f"{many(letters, 'letter asks', 'letters ask')} them; `publisher run` sends them")
    if report.refused:
        raise typer.Exit(1)


def _pairs(said: list[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in said]
    for field, sign, column in pairs:
        if not (field.strip() and sign and column.strip()):
            raise UsageError(f"--map {field}: this is no FIELD=COLUMN", remedy='For instance: --map email="E-Mail 2"')
    return {field.strip(): column for field, _, column in pairs}


def _how_read(file: Path, report: Report) -> Iterator[str]:
    if report.system:
        yield f"{file}: an export of {report.system}"
    if report.is_guessed:
        yield f"{file}: not UTF-8; read as {report.encoding} (--encoding says otherwise)"
    yield "; ".join(report.columns)
    if report.roles:
        yield f"note: {many(report.roles, 'address is an office’s', 'addresses are an office’s')} (info@, press@ …)"


def _what_not(file: Path, report: Report) -> Iterator[str]:
    for line, said, why in report.bad:
        yield f"{file}:{line}: {said or '(empty)'}: {why}"
    if report.refused > len(report.bad):
        yield f"… and {report.refused - len(report.bad):,} more"
    if report.rejected:
        yield f"all of them, with reasons: {report.rejected}"


def _parts(report: Report) -> list[str]:
    parts = [f"{report.added:,} new", f"{report.updated:,} known from other lists", f"{report.already:,} already there"]
    rest = (
        (report.left, "had left and stay off"),
        (report.left_there, "had left where they come from, and aren't written to"),
        (report.suppressed, "suppressed, as they were where they come from"),
        (report.asked, "to be asked"),
        (report.learned, "of whom more is known now"),
        (report.erased, "erased while the file was read, and not taken"),
        (report.refused, "not taken (named above)"),
    )
    return parts + [f"{count:,} {words}" for count, words in rest if count]


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """Show at a terminal how far it is; elsewhere nothing."""
    if not (sys.stderr and sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        tasks = {name: bar.add_task(name, total=None) for name in ("reading", "writing")}
        yield lambda name, done, of: bar.update(tasks[name], completed=done, total=of)


def add(
    email: str,
    list_name: ListName,
    name: Annotated[str, typer.Option(help="As it should stand in a mail.")] = "",
    project: ProjectDir = Path(),
) -> None:
    """Subscribe one person, on your word."""
    from publisher.app import App, people

    for line in people.add(App.open(project), email, list_name, name=name):
        say(line)


def form(list_name: Annotated[str, typer.Argument(metavar="LIST")], project: ProjectDir = Path()) -> None:
    """Print a sign-up form for your own site: plain HTML that needs no scripts."""
    from publisher.app import App
    from publisher.web.joining import form_words
    from publisher.web.pages import Pages

    app = App.open(project)
    say(form_words(app, Pages(app), app.list_named(list_name)).rstrip())
