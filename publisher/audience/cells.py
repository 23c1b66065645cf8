"""Cells of a table that people open in a spreadsheet: none is run as a formula, and each comes back as it was."""

from __future__ import annotations

from collections.abc import Sequence

_BEGINS = ("=", "+", "-", "@", "\t", "\r")
_TEXT = "'"  # what follows it a spreadsheet takes for text


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet runs."""
    return f"{_TEXT}{cell}" if _would_be_run(cell) else cell


def as_meant(cells: list[str]) -> Sequence[str]:
    """Return cells without the apostrophes that only a spreadsheet needs."""
    if not any(cell.startswith(_TEXT) for cell in cells):
        return cells  # nearly always, a million times
    return [cell.removeprefix(_TEXT) if _would_be_run(cell) else cell for cell in cells]


def _would_be_run(cell: str) -> bool:
    """Say whether it is a formula, or one with apostrophes before it: whatever takes one off must find one more."""
    return cell.lstrip(_TEXT).startswith(_BEGINS)
