"""`publisher choose`: a person decides which of two subjects the rest of the readers gets."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from publisher.cli.hold import UnderWay, Yes
from publisher.cli.opening import open_operator
from publisher.cli.output import AsJson, ProjectDir, confirm, say, say_json, tell
from publisher.errors import EndedError

if TYPE_CHECKING:
    from publisher.app.operator import Operator
    from publisher.app.trials import TrialNow


class Subject(StrEnum):
    """Which of two."""

    A = "a"
    B = "b"


def choose(
    edition: UnderWay,
    subject: Annotated[Subject, typer.Argument(help="a or b.", case_sensitive=False)],
    yes: Yes = False,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """End the trial of two subjects before its time: those who wait for it get this one. The halves keep theirs."""
    from publisher.app import standing
    from publisher.app.at_work import at_work, missing
    from publisher.app.naming import Meant
    from publisher.app.trials import plain
    from publisher.pipeline import trial

    operator = open_operator(project)
    edition_id = operator.edition(edition, Meant.UNDER_WAY)
    title = standing.edition_title(operator.store, edition_id, operator.zone)
    tried = _open_ones(operator, edition_id, title)
    if not (yes or operator.project.practice):
        for each in tried:
            for line in each.lines(operator.zone):
                tell(line)
        confirm(f"Send subject {subject.upper()} of {title} to the rest?", "this would go to real people")
    for each in tried:
        if trial.choose(operator.store, each.send_id, subject, actor=operator.actor, now=operator.clock()):
            count = trial.let_go(operator.store, each.send_id, operator.clock())
            tell(f"{title}: subject {subject.upper()} goes to the {count:,} who waited")
        else:
            tell(f"{title}: it was decided, or stopped, meanwhile")
    found = _of(operator, edition_id)
    if as_json:
        say_json([plain(each) for each in found])
        return
    for each in found:
        say(f"{each.entry}: {each.words(operator.zone)}")
    if alone := missing(at_work(operator.store)):
        say(str(alone))


def _of(operator: Operator, edition_id: int) -> list[TrialNow]:
    from publisher.app.trials import trial_now
    from publisher.store import sends

    with operator.store.read() as conn:
        found = [trial_now(conn, send) for send in sends.of_edition(conn, edition_id)]
    return [each for each in found if each is not None]


def _open_ones(operator: Operator, edition_id: int, title: str) -> list[TrialNow]:
    """Return the trials of an edition that are not decided.

    :raises EndedError: there is none, and why.
    """
    found = _of(operator, edition_id)
    undecided = [each for each in found if each.ends_at is not None]
    if undecided:
        return undecided
    if not found:
        raise EndedError("it has but one subject", where=title, remedy="Two are tried with `subjects: [A, B]`")
    decided = [each.words(operator.zone) for each in found if each.trial.winner]
    if decided:
        raise EndedError(f"there is nothing to choose: {decided[0]}", where=title)
    remedy = f"To stop it: publisher hold {edition_id}"
    raise EndedError("nobody has got it yet: its two subjects are not tried so far", where=title, remedy=remedy)
