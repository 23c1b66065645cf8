"""`publisher unknown`: the deliveries that may or may not have arrived, by name, and what a person says of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from publisher.cli.opening import open_operator
from publisher.cli.output import AsJson, ProjectDir, confirm, local, say, say_json, table, tell
from publisher.errors import UsageError

if TYPE_CHECKING:
    from publisher.app.operator import Operator
    from publisher.pipeline.operate.doubt import Decided, Word
    from publisher.store.by_hand import Doubtful

group = typer.Typer(help="Deliveries that may or may not have arrived, and what became of them.", no_args_is_help=True)

EditionSaid = Annotated[str, typer.Argument(help="A number, `morning` (its latest) or `morning@2026-11-24`.")]
Delivery = Annotated[list[int] | None, typer.Option("--delivery", help="Only this delivery; may be repeated.")]
To = Annotated[str, typer.Option(help="Only to this address.")]
Everything = Annotated[bool, typer.Option("--all", help="All of every edition.")]
Why = Annotated[str, typer.Option(help="How you know, for those who read the log later.")]
Yes = Annotated[bool, typer.Option("--yes", help="Answer the question before it is asked.")]

COLUMNS = ["delivery", "edition", "channel", "to", "since", "why", "to look it up at the provider"]


@group.command("list")
def show(
    edition: Annotated[str, typer.Option(help="A number, `morning` (its latest) or `morning@2026-11-24`.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many, oldest first.")] = 100,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """List the deliveries that may or may not have arrived: to whom, since when, why, and how to look them up."""
    from publisher.store import by_hand

    operator = open_operator(project)
    wanted = by_hand.Doubtful(edition_id=operator.edition(edition) if edition else None, limit=limit)
    with operator.store.read() as conn:
        found = by_hand.doubtful(conn, wanted)
        count = by_hand.count_doubtful(conn, wanted.edition_id)
    if as_json:
        say_json([_plain(row) for row in found])
        return
    if not found:
        say("Nothing is in doubt.")
        return
    table("", COLUMNS, [_line(row, operator.zone) for row in found])
    if count > len(found):
        say(f"{count:,} in all; these are the first {len(found):,} (--limit)")
    for line in _next_steps(found):
        say(line)


def _decider(word: str) -> Callable[..., None]:
    """Return the command by which a person says this of deliveries in doubt."""

    def decide(
        edition: EditionSaid = "",
        delivery: Delivery = None,
        to: To = "",
        everything: Everything = False,
        why: Why = "",
        yes: Yes = False,
        project: ProjectDir = Path(),
    ) -> None:
        from publisher.pipeline.operate.doubt import Word

        operator, wanted = _open(project, edition, delivery, to, everything)
        _decide(operator, wanted, Word(word), why, yes)

    return decide


WORDS = {
    "resend": "Send them anew, under a new key. Whoever did get the first one gets a second.",
    "treat-as-sent": "Say that they arrived: you looked them up, or would rather send nothing twice.",
    "treat-as-failed": "Say that they did not arrive, without sending them again; `publisher resend` may do so later.",
}
for _word, _help in WORDS.items():
    group.command(_word, help=_help)(_decider(_word))


def _open(
    project: Path, edition: str, delivery: Sequence[int] | None, to: str, everything: bool
) -> tuple[Operator, Doubtful]:
    from publisher.store.by_hand import Doubtful

    said = bool(edition or delivery or to)
    if said == everything:
        what = "--all and the rest say different things" if everything else "it isn't said which deliveries"
        raise UsageError(what, remedy="Give an EDITION, --delivery, --to or --all; see them: publisher unknown list")
    operator = open_operator(project)
    edition_id = operator.edition(edition) if edition else None
    return operator, Doubtful(edition_id, tuple(delivery or ()), operator.hash_of(to) if to else "")


def _decide(operator: Operator, wanted: Doubtful, word: Word, why: str, yes: bool) -> None:
    from publisher.app import handling
    from publisher.pipeline.operate import doubt

    if not (yes or operator.project.practice):
        _ask(operator, wanted, word)
    done = handling.settle(operator, wanted, word, why)
    _say_what_was_settled(operator, done, doubt.SAID[word])
    if done.by_itself:
        tell(
            f"{done.by_itself:,} not yet: they are about to be settled with the provider without you; look again later"
        )
    if done.cancelled:
        tell(f"{done.cancelled:,} belong to a cancelled edition, of which nothing is sent any more")
    if done.of_practice:
        tell(f"{done.of_practice:,} were made in practice, which is over: no reader may get its words")
    if done.moved and word is doubt.Word.RESEND:
        _say_who_sends(operator)
    if not done.moved:
        raise typer.Exit(1)


def _say_what_was_settled(operator: Operator, done: Decided, said: str) -> None:
    """Say how many of which send, and how it stands now."""
    from publisher.app import standing

    for send in standing.these(operator.store, list(done.by_send)):
        title = (
            standing.edition_title(operator.store, send.edition_id, operator.zone)
            if send.edition_id
            else "standing mail"
        )
        say(f"{done.by_send[send.id]:,} {said}: {title}, {send}")
    if not (done.moved or done.by_itself or done.cancelled or done.of_practice):
        say("nothing of that is in doubt: publisher unknown list")


def _ask(operator: Operator, wanted: Doubtful, word: Word) -> None:
    from publisher.pipeline.operate import doubt
    from publisher.store import by_hand

    with operator.store.read() as conn:
        some = by_hand.doubtful(conn, wanted)
    if not some:
        return
    many = f"{wanted.limit:,} or more" if len(some) == wanted.limit else f"{len(some):,}"
    named = ", ".join(str(row["to"]) for row in some[:5]) + (" …" if len(some) > 5 else "")
    questions = {
        doubt.Word.RESEND: f"Send {many} anew ({named})? Whoever got the first one gets a second.",
        doubt.Word.TREAT_AS_SENT: f"Treat {many} as sent ({named})? Whoever did not get it never will.",
        doubt.Word.TREAT_AS_FAILED: f"Treat {many} as failed ({named})?",
    }
    confirm(questions[word], "this can't be taken back")


def _say_who_sends(operator: Operator) -> None:
    """Say whether somebody carries it out, or what to type."""
    from publisher.app.at_work import at_work, missing

    alone = missing(at_work(operator.store))
    tell(f"they go out as soon as `{alone.command}` runs" if alone else "they go out now")


def _line(row: Any, zone: Any) -> list[object]:
    edition = f"{row['edition_id']} {row['schedule']} {row['slot']}" if row["edition_id"] else row["send_id"]
    by = f"id {row['provider_id']}" if row["provider_id"] else f"key {row['key']}"
    return [row["id"], edition, row["channel"], row["to"], local(row["spoke_at"], zone), row["reason"], by]


def _plain(row: Any) -> dict[str, object]:
    names = ("schedule", "slot", "channel", "to", "reason", "provider_id", "key")
    return {
        "delivery": row["id"],
        "edition": row["edition_id"],
        "since": row["spoke_at"],
        "settled_by_itself_at": row["retry_at"],
        **{name: row[name] for name in names},
    }


def _next_steps(found: Sequence[Any]) -> list[str]:
    """Return what to type, for the first edition listed."""
    which = next((str(row["edition_id"]) for row in found if row["edition_id"]), "--all")
    return [
        "Look them up at the provider by address, time and id or key. Then, for all of an edition or one --delivery:",
        f"  they arrived:      publisher unknown treat-as-sent {which}",
        f"  they did not:      publisher unknown resend {which}",
        f"  and never shall:   publisher unknown treat-as-failed {which}",
    ]
