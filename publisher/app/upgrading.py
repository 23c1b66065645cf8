"""`publisher upgrade`: everybody else ends, a backup is made, the migrations are run, and the books are counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import publisher
from publisher.app.backup import back_up
from publisher.app.ledger import DATABASE, open_ledger
from publisher.app.verification import verify_books
from publisher.clock import Clock
from publisher.config.settings import Settings
from publisher.errors import StoreError, UsageError
from publisher.model.counting import many
from publisher.store import RowMapping, Store, facts, processes
from publisher.store.migrate import HEAD, Step

PATIENCE = 90.0  # seconds in which the others finish their calls and end
LOOK = 0.25  # seconds between two looks at who is still there


@dataclass(frozen=True, slots=True)
class Premises:
    """What a backup is made of: a project's directory with its ledger, of whatever version."""

    folder: Path
    settings: Settings
    store: Store
    clock: Clock


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What an upgrade did.

    :ivar before: the version of Publisher that worked with the ledger last; empty: one that didn't say.
    :ivar steps: the migrations that were run, the first one first.
    :ivar backup: None: none was made.
    :ivar sends: how many were counted.
    :ivar wrong: each thing that is wrong with the books, in one line.
    """

    before: str
    steps: tuple[Step, ...]
    backup: Path | None
    sends: int
    wrong: tuple[str, ...]


def upgrade(
    folder: Path, clock: Clock, backup: Path | None, say: Callable[[str], object], patience: float = PATIENCE
) -> Upgraded:
    """Bring a ledger up to this version; whatever goes wrong, it is then as it was before.

    The backup is made when nobody is at work any more: whoever goes back to it has lost nothing.

    :param backup: the file to write; None: none is made.
    :param say: tells a person what is going on.
    :raises StoreError: there is no ledger, it is of a newer version, or somebody doesn't end.
    """
    settings = Settings.load(folder)
    if not settings.database_url and not (folder / DATABASE).exists():
        raise UsageError("there is no ledger yet, so nothing to upgrade", remedy="`publisher run` makes one")
    with closing(open_ledger(folder, settings, clock, to_upgrade=True)) as store:
        premises = Premises(folder, settings, store, clock)
        before = _program(store)
        steps: tuple[Step, ...] = ()
        if store.schema() != HEAD:
            with _alone(store, clock, say, patience):
                steps = _migrate(premises, backup, say)
    return _checked(premises, before, steps, backup if steps else None)


@contextmanager
def _alone(store: Store, clock: Clock, say: Callable[[str], object], patience: float) -> Iterator[None]:
    """Be the only one at work: whoever else is sees that this is an upgrade, finishes its calls, and ends.

    Who begins later sees it too, and doesn't: so only those from before are waited for.
    """
    with processes.upgrading(store, clock()) as mine:
        _refuse_second(store, mine)
        _wait_for_others(store, mine, say, patience)
        yield


def _refuse_second(store: Store, mine: int) -> None:
    others = [row for row in processes.living(store) if row["command"] == processes.UPGRADE and row["id"] < mine]
    if others:
        what = f"{processes.named(others[0])} is at it already"
        raise StoreError(what, where=store.where, remedy="Leave it to that one")


def _wait_for_others(store: Store, mine: int, say: Callable[[str], object], patience: float) -> None:
    until, said = time.monotonic() + patience, False
    while others := [row for row in processes.living(store) if _is_before(row, mine)]:
        names = ", ".join(map(processes.named, others))
        if time.monotonic() > until:
            what = f"still at work: {names}"
            raise StoreError(
                what, where=store.where, remedy="End it, then `publisher upgrade` again; nothing was changed"
            )
        if not said:
            say(f"waits until they have ended: {names}")
            said = True
        time.sleep(LOOK)


def _is_before(row: RowMapping, mine: int) -> bool:
    """Say whether a process may not have seen this upgrade: numbers are given before they are seen."""
    return row["id"] != mine and not (row["command"] == processes.UPGRADE and row["id"] > mine)


def _migrate(premises: Premises, backup: Path | None, say: Callable[[str], object]) -> tuple[Step, ...]:
    store = premises.store
    if store.schema() == HEAD:  # another one did it while we waited
        return ()
    if backup is not None:
        say(f"writes a backup: {backup}")
        back_up(premises, backup)
    return tuple(store.upgrade())


def _program(store: Store) -> str:
    with store.read() as conn:
        return facts.program(conn)


def _checked(premises: Premises, before: str, steps: tuple[Step, ...], backup: Path | None) -> Upgraded:
    """Open it as every command does, and count its books; the others may be at work again meanwhile."""
    with closing(open_ledger(premises.folder, premises.settings, premises.clock)) as store:
        with store.write() as conn:
            facts.note_program(conn, publisher.__version__)
        counted = verify_books(store, premises.clock) if steps else []
    wrong = [f"send {count.send_id}, {count.channel}: {line}" for count in counted for line in count.wrong]
    return Upgraded(before, steps, backup, len(counted), tuple(wrong))


def in_words(done: Upgraded) -> list[str]:
    """Return what an upgrade changed, a line each."""
    now = publisher.__version__
    was = done.before or "an earlier one"
    lines = [f"Publisher {now}" if was == now else f"Publisher {now}; the ledger was last worked with by {was}"]
    if not done.steps:
        return [*lines, f"the ledger has schema {HEAD} already: there was nothing to migrate"]
    lines += [f"{many(len(done.steps), 'migration')}, and the ledger has schema {HEAD}:"]
    lines += [f"  {step.number}  {step.words}" for step in done.steps]
    if done.backup:
        lines.append(f"the ledger as it was: {done.backup}")
    balance = f"{many(len(done.wrong), 'thing')} wrong in the books:" if done.wrong else "the books balance"
    return [*lines, f"{many(done.sends, 'send')} counted: {balance}", *(f"  {line}" for line in done.wrong)]
