"""How long a text is to us, before X's own library."""

from __future__ import annotations

import random
import sys
import unicodedata
from collections.abc import Iterator

import pytest

from tests.judges import tools
from tests.senders.oracle.node import Library
from tests.senders.oracle.texts import texts
from tests.senders.oracle.x_texts import PACKAGE, REASONS, WORDS, differences

pytestmark = pytest.mark.web


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    if words := tools.package(PACKAGE):
        pytest.skip(words)
    with Library("x_text.mjs") as running:
        yield running


def test_x_counts_as_we_do_but_for_what_has_its_reason(library: Library) -> None:
    found = differences(library, [*WORDS, *texts(random.Random(2), 2_000, more=WORDS)])
    assert found.keys() == REASONS.keys()  # it differs in what we know of, so it does look


def test_every_sign_weighs_what_x_says(library: Library) -> None:
    signs = [chr(number) for number in range(0x20, sys.maxunicode) if unicodedata.category(chr(number))[0] != "C"]
    assert differences(library, ["".join(signs[first : first + 50]) for first in range(0, len(signs), 50)]) == {}
