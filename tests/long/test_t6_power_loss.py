"""T6: ten thousand cuts through the write-ahead log of a real run."""

from __future__ import annotations

import time

import pytest

from tests.crash.power import Recording, cut_and_judge
from tests.long.figures import record, unless_done

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]
PARTS, CUTS = 10, 1_000


@pytest.mark.parametrize("number", range(1, PARTS + 1))
def test_no_cut_leaves_books_that_do_not_balance(number):
    folder = unless_done(f"t6:{number}")
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    wrong, seen = cut_and_judge(Recording.make(folder), CUTS, seed=number)
    record(f"t6:{number}", faults=wrong[:5], cuts=CUTS, seconds=round(time.monotonic() - began), **seen)
    assert wrong == []
