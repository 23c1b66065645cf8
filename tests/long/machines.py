"""State machines that run until they have taken enough steps, over ledgers of one engine."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable

from hypothesis import seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from publisher.store import Store


def empty_ledgers(engine: str, request, tmp_path) -> Callable[[], Store]:
    """Return what opens an empty ledger at each call."""
    if engine == "postgresql":
        server = request.getfixturevalue("postgresql")
        return lambda: Store.open(server.ledger())
    names = itertools.count()
    return lambda: Store.open(tmp_path / f"{next(names)}.db")


def take_steps(
    kind: type[RuleBasedStateMachine],
    counted: Counter[str],
    wanted: int,
    empty: Callable[[], Store],
    first_seed: int,
    how: settings,
) -> None:
    """Run the machine with one seed after another until it has counted so many steps.

    :param counted: the machine's own count; begins anew.
    """
    counted.clear()
    for run in itertools.count():
        machine = type("Machine", (kind,), {"open_store": staticmethod(empty)})
        run_state_machine_as_test(seed(first_seed + run)(machine), settings=how)
        if counted["taken"] >= wanted:
            return
