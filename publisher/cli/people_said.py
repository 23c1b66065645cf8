"""`publisher subscribers unsubscribe`, `suppress`, `move`, `erase`, `unsuppress`: what arrives by telephone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from publisher.cli.hold import Yes
from publisher.cli.opening import open_operator
from publisher.cli.output import AsJson, ProjectDir, confirm, local, say, say_json, table
from publisher.cli.people import NobodyError, person_at
from publisher.errors import UsageError

if TYPE_CHECKING:
    from publisher.app.operator import Operator
    from publisher.store.erasures import Receipt

Why = Annotated[str, typer.Option(help="How you know it: kept, with your name.")]
OfList = Annotated[str, typer.Option("--list", help="Only this list of schedules.yaml; all if not said.")]


def unsubscribe(email: str, why: Why, list_name: OfList = "", project: ProjectDir = Path()) -> None:
    """Take a person off a list, or off all, because they asked you to."""
    from publisher.audience import by_phone

    said, operator = _reason(why), open_operator(project)
    _require_list(operator, list_name)
    person, _ = person_at(operator, email)
    ended = by_phone.leave(operator.store, person.id, list_name, why=said, now=operator.now(), actor=operator.actor)
    if not ended:
        where = list_name or "any list"
        raise NobodyError(f"{email} isn't on {where}", remedy=f"See: publisher subscribers show {email}")
    say(f"{person.email} has left {', '.join(ended)}; what was not yet on its way doesn't go")


def suppress(email: str, why: Why, list_name: OfList = "", project: ProjectDir = Path()) -> None:
    """Let nobody write to an address any more, whoever brings it in; also to one that isn't known here."""
    from publisher.app.people import address_of
    from publisher.audience import by_phone

    said, operator = _reason(why), open_operator(project)
    _require_list(operator, list_name)
    address_hash = operator.hash_of(address_of(email))
    stood = by_phone.suppress(
        operator.store, address_hash, list_name, why=said, now=operator.now(), actor=operator.actor
    )
    where = f"by {list_name}" if list_name else "by any list"
    if stood is not None:
        since = local(stood["made_at"], operator.zone)
        say(f"{email} was suppressed already, since {since}, by {stood['actor']}: {stood['reason']}")
        return
    say(f"nobody writes to {email} {where} any more")


def move(
    old: Annotated[str, typer.Argument(help="The address that they have here.")],
    new: Annotated[str, typer.Argument(help="The address that they want.")],
    why: Why,
    project: ProjectDir = Path(),
) -> None:
    """Give a person another address, on your word. Whoever has it already becomes one with them; nothing is lost."""
    from publisher.app.people import address_of
    from publisher.audience import by_phone
    from publisher.store import subscribers, suppressions

    said, operator = _reason(why), open_operator(project)
    person, _ = person_at(operator, old)
    email = address_of(new)
    address_hash = operator.hash_of(email)
    if operator.hash_of(person.email) == address_hash:
        raise UsageError(f"{old} and {new} are the same address", remedy="Give the new one second")
    with operator.store.read() as conn:
        other = subscribers.find(conn, address_hash)
    now, actor = operator.now(), operator.actor
    if not by_phone.move(operator.store, person.id, email, address_hash=address_hash, why=said, now=now, actor=actor):
        raise NobodyError(f"{old} has just been erased", remedy="Nothing was changed")
    say(f"{person.email} is {email} now" + ("; the two have become one person" if other else ""))
    with operator.store.read() as conn:
        blocks = [row for row in suppressions.of(conn, address_hash) if suppressions.holds(row)]
    for row in blocks:
        say(f"note: nobody writes to {email} ({row['reason']}); if that is over: publisher subscribers unsuppress")


def erase(email: str, why: Why, yes: Yes = False, project: ProjectDir = Path()) -> None:
    """Forget a person for good. What stays is a keyed hash, by which no import brings them back, and a receipt."""
    from publisher.app import forgetting
    from publisher.audience import erasing

    said, operator = _reason(why), open_operator(project)
    for done in erasing.finish_all(operator.store):
        say(f"an erasure that was cut short is finished: receipt {done.number}, {_counted(done)}")
    person, _ = person_at(operator, email)
    if not yes:
        say(f"{person.email}: name, address, lists, history and what was known goes; letters that wait don't go out")
        confirm(f"Erase {person.email}?", "this can't be undone")
    hash_of, now, actor = operator.hash_of, operator.now(), operator.actor
    how: dict[str, Any] = {"hash_of": hash_of, "why": said, "now": now, "actor": actor}
    receipt = forgetting.erase_for(operator.folder, operator.store, person.id, **how)
    if receipt is None:
        raise NobodyError(f"{email} has just been erased by somebody else", remedy="There is nothing left to do")
    say("erased. This can't be undone; they themselves may join again")
    say(f"receipt {receipt.number}, which names nobody: {_counted(receipt)}")


def receipts(
    limit: Annotated[int, typer.Option(min=1, help="How many, newest first.")] = 100,
    project: ProjectDir = Path(),
    as_json: AsJson = False,
) -> None:
    """Show the receipts of erasures: when, by whom and why, and how much went; of nobody who it was."""
    from dataclasses import asdict

    from publisher.store import erasures

    operator = open_operator(project)
    with operator.store.read() as conn:
        found = erasures.receipts(conn, limit)
    if as_json:
        say_json([asdict(each) for each in found])
        return
    rows = [[each.number, local(each.at, operator.zone), each.actor, each.why, _counted(each)] for each in found]
    table("", ["receipt", "when", "by", "why", "rows"], rows)


def _counted(receipt: Receipt) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in receipt.counted.items())


def unsuppress(
    email: str,
    why: Annotated[str, typer.Option(help="How you know that it was wrong; kept with your name.")],
    yes: Annotated[bool, typer.Option("--yes", help="Also where they complained.")] = False,
    project: ProjectDir = Path(),
) -> None:
    """Let an address be written to again that was suppressed wrongly."""
    from publisher.audience import lifting

    if not why.strip():
        raise UsageError("nothing is lifted without a reason", remedy='Say it: --why "the mailbox was full"')
    operator = open_operator(project)
    done = lifting.lift(
        operator.store,
        operator.hash_of(email),
        why=why.strip(),
        even_complaints=yes,
        now=operator.now(),
        actor=operator.actor,
    )
    if done.complaint:
        remedy = "If they themselves want it again: --yes"
        raise UsageError(f"{email} called a letter spam ({done.complaint})", remedy=remedy)
    for row in done.lifted:
        since = local(row["made_at"], operator.zone)
        say(f"{email} may be written to again; suppressed since {since}: {row['reason']}")
    if not done.lifted:
        say(f"{email} isn't suppressed")
        raise typer.Exit(1)


def _reason(why: str) -> str:
    if not why.strip():
        raise UsageError("nothing is changed without a reason", remedy='Say it: --why "she rang on Monday"')
    return " ".join(why.split())


def _require_list(operator: Operator, name: str) -> None:
    if name and name not in operator.project.lists:
        known = ", ".join(operator.project.lists) or "none"
        raise UsageError(f"there is no list {name!r}", remedy=f"Lists in schedules.yaml: {known}")
