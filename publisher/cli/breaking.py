"""`publisher breaking`: one article at once, past settle times, pace and queues."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.output import AsJson, ProjectDir, can_ask, confirm, reason_lines, say
from publisher.cli.plan import audience_words
from publisher.cli.send import REAL, carry_out, open_for_work
from publisher.errors import UsageError

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.breaking import News


def breaking(
    article: Annotated[str, typer.Argument(metavar="ARTICLE-OR-URL", help="A number, or the address of a page.")],
    to: Annotated[str, typer.Option(metavar="LISTS", help="Lists: breaking,daily.")] = "",
    via: Annotated[str, typer.Option(metavar="CHANNELS", help="Channels: letters,telegram.")] = "",
    title: Annotated[str, typer.Option(help="Its headline, where its page can't be read: you write it.")] = "",
    summary: Annotated[str, typer.Option(help="With --title: what it says.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Also if it went out already.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Answer the question before a real send.")] = False,
    allow_private: Annotated[bool, typer.Option("--allow-private", help="Fetch from the private network too.")] = False,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Send one article now: before all that waits, and in quiet hours. Without --to and --via as `breaking:` says."""
    from publisher.app import App
    from publisher.app import breaking as news_desk
    from publisher.app.named import article_meant

    if summary and not title:
        raise UsageError("--summary goes with --title", remedy="Give both, or neither")
    app = App.open(project)
    schedule = news_desk.schedule_said(app, _names(to), _names(via))
    with ExitStack() as stack:
        open_for_work(app, stack, "breaking")
        schedule = news_desk.schedule_said(app, _names(to), _names(via))  # of what holds, which the file need not be
        news_desk.refuse_paused(app, schedule)
        how = {"headline": title, "summary": summary}
        meant = article_meant(app, article, **how, allow_private=allow_private)
        news = news_desk.foresee(app, meant, schedule)
        if not as_json:
            show(news, app)
        news_desk.require_fit(news)
        if not app.is_practice:
            _ask(news, again=again, yes=yes)
        carry_out(app, [news_desk.send(app, news)], as_json)


def _names(said: str) -> list[str]:
    return said.replace(",", " ").split()


def _ask(news: News, *, again: bool, yes: bool) -> None:
    """Ask once; that it went out already is a question of its own, which --yes doesn't answer."""
    is_again = news.is_told and not again
    if is_again and not can_ask():
        raise UsageError(news.told_words, remedy="Give --again to send it all the same")
    if is_again or not yes:
        confirm("Send it again now?" if news.goes_again else "Send it now?", REAL)


def show(news: News, app: App) -> None:
    """Print what would go out, to whom, and what is to be known of it."""
    from publisher.web.message_views import entry_view

    article = news.meant.article
    number = "new in the ledger" if news.meant.given else f"article {article.id}"
    say(f"{news.schedule.name}: now — {article.article.title} ({number})")
    for told in news.told:
        say(f"  ! {told.words}")
    for note in news.notes:
        say(f"  ! {note}")
    each = zip(news.products, news.audiences, news.ends, news.costs, strict=True)
    for product, audience, end, cost in each:
        view = entry_view(app, product, audience, end)
        say(f"\n{product.entry.via}: {audience_words(product.entry, audience, posts=product.posts)}")
        for line in filter(None, (view.ends, str(cost or ""))):
            say(f"  {line}")
        if view.mail:
            say(f"  subject: {view.mail.subject}\n  from:    {view.mail.sender}")
        for text, length in view.post.parts if view.post else ():
            say("\n".join(f"  | {line}".rstrip() for line in text.splitlines()))
            say(f"  {length:,} {view.post.units if view.post else ''}")
        for line in reason_lines(product.entry.via, "held", view.findings):
            say(f"  {line}")
    say()
