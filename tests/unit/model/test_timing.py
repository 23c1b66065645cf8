"""How long calls may take: a lease outlasts the answer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.model.timing import Timing

SECOND = timedelta(seconds=1)


def test_a_lease_outlasts_the_answer_and_the_margin():
    spans = {"connect_timeout": 2 * SECOND, "read_timeout": 10 * SECOND, "margin": 3 * SECOND}
    assert Timing(lease=14 * SECOND, **spans).reserve == 13 * SECOND
    with pytest.raises(ValueError, match="the lease is not longer than the read timeout and the margin together"):
        Timing(lease=13 * SECOND, **spans)
