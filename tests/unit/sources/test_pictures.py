"""The words of the picture that is chosen: what it shows, who took it, and what is read to those who don't see it."""

from __future__ import annotations

import pytest

from publisher.sources.pictures import Picture, choose

URL = "https://harbor.example/bridge.jpg"


@pytest.mark.parametrize(
    ("caption", "credit", "told"),
    [
        ("It opened. Photo: Jane Doe", "", ("It opened.", "Jane Doe")),
        ("It opened. Photo: Jane Doe", "Jane DOE", ("It opened.", "Jane Doe")),
        ("It opened. Photo: Jane Doe", "Agency", ("It opened. Photo: Jane Doe", "Agency")),
        ("It opened.", "Agency", ("It opened.", "Agency")),
    ],
)
def test_a_credit_in_a_caption_is_told_apart_unless_another_is_given(caption, credit, told):
    image = choose([Picture(URL, caption=caption, credit=credit)])
    assert (image.caption, image.credit) == told


def test_the_caption_without_its_credit_stands_in_for_an_alternative_text():
    assert choose([Picture(URL, caption="It opened. Photo: Jane Doe")]).alt == "It opened."
    assert choose([Picture(URL, alt="A bridge", caption="It opened.")]).alt == "A bridge"
