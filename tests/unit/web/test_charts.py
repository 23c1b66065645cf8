"""Charts bring shapes and words, and nothing that a page of ours may not hold."""

from __future__ import annotations

import re

import pytest
from lxml import etree

from publisher.web.charts import SHAPES, Chart, Series, _ticks

HOSTILE = "</text><script>alert(1)</script>\"'&"
SVG = "{http://www.w3.org/2000/svg}"


def chart(*values, limits=(), labels=None, **how) -> Chart:
    series = [Series(f"{HOSTILE}{number}", f"look-{number}", each) for number, each in enumerate(values)]
    shown = labels or [f"{HOSTILE}{number}" for number in range(len(values[0]))]
    return Chart("key", f"Title {HOSTILE}", f"Says {HOSTILE}", shown, series, limits=limits, **how)


@pytest.mark.parametrize("draw", [Chart.bars, Chart.lines])
def test_a_chart_is_shapes_of_ours_with_a_title_and_words(draw):
    text = str(draw(chart([1, 2, 3], [0, None, 5], limits=[Series("measure", "watched", [4] * 3)])))
    root = etree.fromstring(text)
    assert (root.get("role"), root.get("aria-labelledby"), root.get("aria-describedby")) == (
        "img",
        "key-title",
        "key-says",
    )
    assert [(each.tag, each.get("id"), each.text) for each in root[:2]] == [
        ("title", "key-title", f"Title {HOSTILE}"),
        ("desc", "key-says", f"Says {HOSTILE}"),
    ]
    for part in root.iter():
        if part.tag not in ("svg", "title", "desc"):
            assert set(part.attrib) <= set(SHAPES[part.tag]), part.tag
    assert not re.search(r"style=|<style|<script|xlink|pygal|on[a-z]+=", text.replace(HOSTILE, ""))


def test_each_series_has_its_look_and_as_many_bars_as_it_has_something_to_show():
    root = etree.fromstring(str(chart([1, 0, 3], [2, 2, None]).bars()))
    found = [len(root.findall(f".//g[@class='series look-{number}']//rect")) for number in range(2)]
    assert found == [2, 2]


def test_a_gap_is_a_gap_and_a_measure_has_no_dots():
    root = etree.fromstring(str(chart([1, None, 3], limits=[Series("m", "watched", [4] * 3)]).lines()))
    assert len(root.findall(".//g[@class='series look-0']//circle")) == 2
    assert not root.findall(".//g[@class='series limit watched']//circle")


def test_marked_labels_are_shown_whole_and_numbers_as_they_are_told():
    text = str(chart([0, 1_500], labels=["24 November", "25 November"], marked=[1]).bars())
    assert "24 November" not in text
    assert ">25 November</text>" in text
    assert ">1,500</text>" in text


@pytest.mark.parametrize("values", [[None, None], [0, 0]])
def test_nothing_to_show_is_drawn_without_an_error(values):
    assert "<svg" in str(chart(values).lines())


@pytest.mark.parametrize(
    ("highest", "least", "expected"),
    [
        (0, 1, [0, 1]),
        (3, 1, [0, 1, 2, 3]),
        (7, 1, [0, 2, 4, 6, 8]),
        (12, 1, [0, 5, 10, 15]),
        (10**6, 1, [0, 200_000, 400_000, 600_000, 800_000, 10**6]),
        (0.3, 0.1, [0, 0.1, 0.2, 0.3]),
        (0.05, 0.1, [0, 0.1]),
    ],
)
def test_an_axis_has_few_round_numbers(highest, least, expected):
    assert _ticks(highest, least) == pytest.approx(expected)
