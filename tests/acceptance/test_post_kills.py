"""Posts to networks that fail at random, by a run that is killed: none lost, none said twice, doubt by name.

The short form of `tests/long/test_post_kills.py`; the oracle reads only the network's log and the ledger.
"""

from __future__ import annotations

import pytest

from tests.crash.network import Weather
from tests.crash.posts import ACCOUNTS, PostLoop

# Nothing that waits for seconds, and shorter than what lets a channel rest.
STORM = Weather(doubtful=0.25, lasts=4, latency=0.1, spares_uploads=True)


@pytest.mark.parametrize("network", ["mastodon", "bluesky", "telegram"])
def test_kills_lose_no_post_and_double_none(tmp_path, network):
    account = ACCOUNTS[network]
    verdict = PostLoop(tmp_path / "loop", account, 24, 1, STORM).run()
    assert verdict.faults == {}, verdict
    assert verdict.figures["kills"] == 1
    assert not account.settles or "unknown" not in verdict.figures, verdict
