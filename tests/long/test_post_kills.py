"""Every social network: a thousand posts, faults at any point of any request, and kill -9 every fifty."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from tests.crash.posts import ACCOUNTS, TROUBLE, PostLoop
from tests.long.figures import record, unless_done

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

POSTS, KILLS = 1_000, 20


@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_thousand_posts_and_a_kill_every_fifty_lose_and_double_nothing(name):
    part = f"posts:{name}"
    folder = unless_done(part)
    shutil.rmtree(folder, ignore_errors=True)  # what the network knew went with its process
    account = ACCOUNTS[name]
    loop = PostLoop(folder, account, POSTS, KILLS, replace(TROUBLE, seed=list(ACCOUNTS).index(name)))
    verdict = loop.run()
    record(part, faults=verdict.faults, seconds=loop.done["seconds"], **verdict.figures)
    assert verdict.faults == {}, verdict
    assert not account.settles or "unknown" not in verdict.figures, verdict
    shutil.rmtree(folder)
