"""Cells that a spreadsheet would run are harmless in what we write, and come back as they were."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from publisher.audience.cells import as_meant, harmless


@given(st.lists(st.text(st.sampled_from("=+-@'ab\t"), max_size=4)))
@example(["=1+1", "'=1+1", "O'Brien", "'tis", ""])
def test_no_cell_is_run_and_each_comes_back(cells):
    written = [harmless(cell) for cell in cells]
    assert not [cell for cell in written if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert list(as_meant(written)) == cells
