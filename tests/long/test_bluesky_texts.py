"""A hundred thousand texts before Bluesky's own library: counted alike, and found alike but for what has its reason."""

from __future__ import annotations

import random

import pytest

from tests.long.figures import record, unless_done
from tests.senders.oracle import bluesky as oracle
from tests.senders.oracle.bluesky_texts import REASONS, differences
from tests.senders.oracle.texts import texts

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

TEXTS = 100_000


def test_bluesky_counts_and_finds_as_we_do_but_for_what_has_its_reason():
    if words := oracle.missing():
        pytest.skip(words)
    part = "bluesky:texts"
    unless_done(part)
    with oracle.rich_text() as library:
        found = differences(library, list(texts(random.Random(1), TEXTS)))
    faults = {kind: number for kind, number in found.items() if kind not in REASONS}
    record(part, faults=faults, texts=TEXTS, differences={kind: found[kind] for kind in REASONS})
    assert faults == {}
