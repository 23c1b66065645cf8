"""A hundred thousand texts before X's own library: counted alike, but for what has its reason."""

from __future__ import annotations

import random

import pytest

from tests.judges import tools
from tests.long.figures import record, unless_done
from tests.senders.oracle.node import Library
from tests.senders.oracle.texts import texts
from tests.senders.oracle.x_texts import PACKAGE, REASONS, WORDS, differences

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

TEXTS = 100_000


def test_x_counts_as_we_do_but_for_what_has_its_reason():
    if words := tools.package(PACKAGE):
        pytest.skip(words)
    part = "x:texts"
    unless_done(part)
    with Library("x_text.mjs") as library:
        found = differences(library, list(texts(random.Random(1), TEXTS, more=WORDS)))
    faults = {kind: number for kind, number in found.items() if kind not in REASONS}
    record(part, faults=faults, texts=TEXTS, differences={kind: found[kind] for kind in REASONS})
    assert faults == {}
