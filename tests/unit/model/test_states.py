"""Every move of every machine, allowed or not, is known; the drawing says the same as the tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from publisher.model import states

MACHINES = {
    "edition": (states.EditionState, states.EDITION_MOVES),
    "send": (states.SendState, states.SEND_MOVES),
    "call": (states.CallState, states.CALL_MOVES),
    "delivery": (states.DeliveryState, states.DELIVERY_MOVES),
}
DRAWING = Path(__file__).parents[3] / "docs" / "states.md"


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_has_its_row_in_the_table_of_moves(name):
    vocabulary, moves = MACHINES[name]
    assert set(moves) == set(vocabulary)


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_but_the_first_can_be_reached(name):
    vocabulary, moves = MACHINES[name]
    reachable = {state for targets in moves.values() for state in targets}
    first = next(iter(vocabulary))
    assert set(vocabulary) - reachable <= {first}


@pytest.mark.parametrize("name", MACHINES)
def test_the_drawing_says_the_same_as_the_table(name):
    section = DRAWING.read_text().split(f"## {name.title()}\n")[1].split("\n## ")[0]
    drawn = {(m[1], m[2]) for m in re.finditer(r"^\| ([a-z ]+?) \| ([a-z ]+?) \|", section, re.M)} - {("from", "to")}
    _, moves = MACHINES[name]
    assert drawn == {(origin.value, target.value) for origin, targets in moves.items() for target in targets}


def test_every_state_that_people_see_has_a_sentence():
    assert {state.value for state in states.DeliveryState} <= set(states.SENTENCES)
