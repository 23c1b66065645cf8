"""The power goes: whatever the disk holds of the last moments, the ledger opens and its books balance."""

from __future__ import annotations

from tests.crash.power import Recording, cut_and_judge


def test_a_log_that_is_cut_or_torn_at_any_byte_leaves_balanced_books(tmp_path):
    wrong, seen = cut_and_judge(Recording.make(tmp_path), cuts=200, seed=1)
    assert wrong == []
    assert seen["with calls under way"] > 20
