"""`publisher connect`: an editor is walked to what a channel's network or provider asks for, and it is kept."""

from __future__ import annotations

import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.output import ProjectDir, can_ask, say, tell
from publisher.errors import UsageError

if TYPE_CHECKING:
    from publisher.app.connecting import Connecting, Written
    from publisher.senders.connecting import Ask, Grant, Step, Way


def connect(
    channel: Annotated[str, typer.Argument(help="A channel of schedules.yaml.")],
    open_page: Annotated[bool, typer.Option("--open", help="Open the pages that it names in the browser.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Replace what is set already, unasked.")] = False,
    project: ProjectDir = Path(),
) -> None:
    """Say step by step how a channel gets its token or key, ask for it, try it, write it into .env. Posts nothing."""
    from publisher.app import App
    from publisher.app.connecting import Connecting

    connecting = Connecting(App.open(project), channel)
    if not connecting.ways:
        _describe(connecting)
        return
    if not can_ask():
        raise _nobody_asked(connecting)
    way = _way(connecting)
    _agree(connecting.replaced(way), yes)
    grant = _walk(connecting, way, open_page)
    _tell_whose(connecting, connecting.tried(grant))
    _tell_what_next(connecting, connecting.write(grant))


def _nobody_asked(connecting: Connecting) -> UsageError:
    """Return the error for whoever can't be asked: what to set, by which variable."""
    ways = [_and(connecting.variables(way) or way.gives) for way in connecting.ways]
    page = f"docs/senders.md says where it is found, under {connecting.channel.sender}"
    return UsageError(
        "there is no terminal to ask at", remedy=f"Run it at one, or write {' or '.join(ways)} into .env: {page}"
    )


def _describe(connecting: Connecting) -> None:
    """Say what a sender takes that asks for no secret."""
    say(f"{connecting.channel.sender} asks for no token or key. Under `{connecting.channel.name}:` it takes")
    for line in connecting.described():
        say(f"  {line}")


def _way(connecting: Connecting) -> Way:
    """Return the way that is meant, asking where there are several."""
    from publisher.senders.connecting import Ask

    ways = {way.name: way for way in connecting.ways}
    if len(ways) == 1:
        return connecting.ways[0]
    choices = {name: way.about for name, way in ways.items()}
    return ways[_answer(connecting, Ask("way", "there are several ways", choices=choices))]


def _agree(set_already: Sequence[str], yes: bool) -> None:
    """Say what may be replaced, and ask whether it may be."""
    if not set_already:
        return
    is_one = len(set_already) == 1
    said = f"{_and(set_already)} {'is' if is_one else 'are'} set already."
    if yes:
        say(f"{said} What you give takes {'its' if is_one else 'their'} place.")
    else:
        typer.confirm(f"{said} Replace {'it' if is_one else 'them'}?", default=False, abort=True)


def _walk(connecting: Connecting, way: Way, open_page: bool) -> Grant:
    """Go through the steps; what is given is kept here alone until the end."""
    from publisher.app.connecting import noted, waits
    from publisher.senders.connecting import Grant

    given: dict[str, str] = {}
    for number in range(len(way.moves)):
        step = connecting.step(way, number, given)
        if isinstance(step, Grant):
            return step
        if waits(step):
            _show(step, open_page)
        given = noted(given, step, [(ask.name, _answer(connecting, ask)) for ask in step.asks])
    raise AssertionError(f"the way of {connecting.channel.sender} ends without a grant")


def _show(step: Step, open_page: bool) -> None:
    for sentence in step.do:
        say(sentence)
    if step.page:
        say(f"    {step.page}")
        if open_page:
            webbrowser.open(step.page)


def _answer(connecting: Connecting, ask: Ask) -> str:
    """Ask until the answer is one in its form."""
    options = list(ask.choices)
    for number, value in enumerate(options, 1):
        say(f"{number}. {value}: {' '.join(ask.choices[value].split())}")
    hidden = "; it isn't shown" if ask.is_secret else ""
    question = f"{ask.what[:1].upper()}{ask.what[1:]}; a number" if options else f"{ask.name} ({ask.what}{hidden})"
    while True:
        said = str(typer.prompt(question, default="", show_default=False, hide_input=ask.is_secret)).strip()
        if options and said.isdecimal() and 0 < int(said) <= len(options):
            return options[int(said) - 1]
        problem = "that is none of these" if options else connecting.problem(ask, said)
        if not problem:
            return said
        tell(problem)


def _tell_whose(connecting: Connecting, said: str | None) -> None:
    sender = connecting.channel.sender
    if said is None:
        say(f"{sender} can't be asked without sending: the first letter or post tells whether this is right")
    else:
        say(f"{sender} takes it: {' '.join(said.split())}")


def _tell_what_next(connecting: Connecting, written: Written) -> None:
    if written.names:
        say(f"Written into .env: {_and(written.names)}")
    if written.is_closed:
        say("Others could read .env until now; now its owner alone may. For Publisher as another user, of GROUP:")
        say("    chgrp GROUP .env && chmod 640 .env")
    if written.lines:
        say(f"Write under `{connecting.channel.name}:` in schedules.yaml:")
        for line in written.lines:
            say(f"    {line}")
    if how := connecting.go_on(written):
        say(how)
    say("Then: publisher check")


def _and(names: Sequence[str]) -> str:
    return " and ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else names[0]
