from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.render.colour import contrast, from_lch, mix, readable, to_lch

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#767676", "#ffffff", 4.54), ("#777777", "#ffffff", 4.48), ("#abc", "#abc", 1.0)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    whole = [colour if len(colour) == 7 else "#aabbcc" for colour in (one, other)]
    assert round(contrast(*whole), 2) == ratio
    assert contrast(*whole) == contrast(*reversed(whole))


@settings(deadline=None)
@given(COLOURS)
def test_a_colour_comes_back_from_lightness_chroma_and_hue(colour: str) -> None:
    back = from_lch(to_lch(colour))
    for one, other in zip(bytes.fromhex(colour[1:]), bytes.fromhex(back[1:]), strict=True):
        assert abs(one - other) <= 2


@settings(deadline=None)
@given(COLOURS, COLOURS)
def test_any_colour_is_made_readable_on_any_other(colour: str, paper: str) -> None:
    found = readable(colour, paper)
    assert contrast(found, paper) >= 4.5
    assert found == colour or contrast(colour, paper) < 4.5


def test_the_nearest_that_passes_keeps_its_hue() -> None:
    assert readable("#e0a800", "#ffffff") == "#967005"
    assert readable("#777777", "#ffffff") == "#767676"


def test_a_mixture_lies_between() -> None:
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
