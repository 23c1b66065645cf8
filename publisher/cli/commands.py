"""All commands by name. Each imports what it uses when it runs, so that a small command starts fast."""

from __future__ import annotations

from typing import Annotated

import typer

import publisher
from publisher.cli.approve import approve, reopen
from publisher.cli.articles import group as articles
from publisher.cli.backup import backup, restore
from publisher.cli.breaking import breaking
from publisher.cli.check import check
from publisher.cli.choose import choose
from publisher.cli.clicks import clicks
from publisher.cli.connect import connect
from publisher.cli.correct import correct
from publisher.cli.diff import diff
from publisher.cli.doctor import doctor
from publisher.cli.edition import edition
from publisher.cli.editions import editions
from publisher.cli.events import events
from publisher.cli.extract import extract
from publisher.cli.hold import cancel, hold, release, resend
from publisher.cli.hooks import group as hooks
from publisher.cli.init import init
from publisher.cli.log import log
from publisher.cli.media import group as media
from publisher.cli.note import note
from publisher.cli.output import say
from publisher.cli.parts import scheduler, web, worker
from publisher.cli.pause import pause, resume
from publisher.cli.plan import plan
from publisher.cli.preview import preview
from publisher.cli.prune import prune
from publisher.cli.run import run
from publisher.cli.send import send
from publisher.cli.sources import sources
from publisher.cli.staff import group as staff
from publisher.cli.status import status
from publisher.cli.subscribers import group
from publisher.cli.test import test
from publisher.cli.try_ import try_source
from publisher.cli.unknown import group as unknown
from publisher.cli.upgrade import upgrade
from publisher.cli.verify import verify
from publisher.cli.withdraw import withdraw

ABOUT = "Newsletters and social posts from a newsroom's own articles: on schedule, once, with books that balance."


def _say_version(wanted: bool) -> None:
    if wanted:
        say(f"publisher {publisher.__version__}")
        raise typer.Exit


cli = typer.Typer(
    help=ABOUT,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)


@cli.callback(help=ABOUT)
def start(
    version: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", is_eager=True, callback=_say_version)
    ] = False,
) -> None:
    """Stand before every command."""


cli.command("init")(init)
cli.command("check")(check)
cli.command("connect")(connect)
cli.command("doctor")(doctor)
cli.command("plan")(plan)
cli.command("preview")(preview)
cli.command("edition")(edition)
cli.command("note")(note)
cli.command("approve")(approve)
cli.command("reopen")(reopen)
cli.add_typer(media, name="media")
cli.command("try")(try_source)
cli.command("extract")(extract)
cli.command("run")(run)
cli.command("backup")(backup)
cli.command("restore")(restore)
cli.command("upgrade")(upgrade)
cli.command("scheduler")(scheduler)
cli.command("worker")(worker)
cli.command("web")(web)
cli.command("send")(send)
cli.command("breaking")(breaking)
cli.command("test")(test)
cli.command("pause")(pause)
cli.command("resume")(resume)
cli.command("diff")(diff)
cli.command("status")(status)
cli.command("hold")(hold)
cli.command("release")(release)
cli.command("cancel")(cancel)
cli.command("correct")(correct)
cli.command("withdraw")(withdraw)
cli.command("choose")(choose)
cli.command("resend")(resend)
cli.add_typer(unknown, name="unknown")
cli.command("verify")(verify)
cli.command("prune")(prune)
cli.command("sources")(sources)
cli.add_typer(articles, name="articles")
cli.command("editions")(editions)
cli.command("clicks")(clicks)
cli.command("log")(log)
cli.command("events")(events)
cli.add_typer(group, name="subscribers")
cli.add_typer(staff, name="staff")
cli.add_typer(hooks, name="hooks")
