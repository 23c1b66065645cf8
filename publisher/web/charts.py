"""Charts as SVG that a page can hold: no script, no style of its own, words for whoever can't see it.

pygal works out axes, bars and lines. Of what it draws only shapes and labels are taken over, by name; everything else,
its scripts, styles, tooltips and comments, stays behind. How it looks is said by `static/console/figures.css`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

WIDTH, HEIGHT = 960, 300
MOST_DOTS = 100  # on a line without gaps
TICKS = 5  # steps of an axis
TEXT = 13  # size of labels, in units of the drawing
SHAPES = {
    "g": ("transform", "class"),
    "path": ("d", "class"),
    "rect": ("x", "y", "width", "height", "class"),
    "circle": ("cx", "cy", "r", "class"),
    "text": ("x", "y", "class"),
}
LEFT_BEHIND = ("text-overlay", "tooltip-overlay", "background", "legends", "titles")
CLASSES = {"axis", "x", "y", "guide", "major", "line"}  # that the stylesheet knows
Number = float | int | None


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or one part of each bar.

    :param look: a class of the stylesheet.
    """

    name: str
    look: str
    values: Sequence[Number]  # None: there is nothing to show


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, and the same in words.

    :param key: names its parts on the page.
    :param says: the main figures, in sentences.
    """

    key: str
    title: str
    says: str
    labels: Sequence[str]  # one for each value
    series: Sequence[Series]
    marked: Sequence[int] = ()  # which of the labels are shown; none: all
    limits: Sequence[Series] = ()  # lines that are a measure, not a figure
    told: Callable[[float], str] = "{:,.0f}".format  # how its axis prints a number
    least: float = 1  # between two numbers of its axis

    @property
    def legend(self) -> Sequence[Series]:
        return (*self.series, *self.limits)

    def bars(self) -> Markup:
        """Draw bars that are stacked."""
        from pygal import StackedBar

        heights = [
            sum(value or 0 for value in values) for values in zip(*(each.values for each in self.series), strict=True)
        ]
        return self._drawn(StackedBar(_plain(self)), max(heights, default=0))

    def lines(self) -> Markup:
        """Draw a line for each series."""
        from pygal import Line

        heights = [value or 0 for each in self.legend for value in each.values]
        return self._drawn(Line(_plain(self)), max(heights, default=0))

    def _drawn(self, chart: Any, highest: float) -> Markup:
        shown = set(self.marked or range(len(self.labels)))
        chart.x_labels = [label if number in shown else "" for number, label in enumerate(self.labels)]
        chart.y_labels = _ticks(highest, self.least)
        chart.range = (0, chart.y_labels[-1])
        if self.marked:
            chart.x_labels_major = [self.labels[number] for number in self.marked]
            chart.show_minor_x_labels = False
        for each in self.series:
            chart.add(each.name, list(each.values))
        for each in self.limits:
            chart.add(each.name, list(each.values), show_dots=False)
        looks = [each.look for each in self.series] + [f"limit {each.look}" for each in self.limits]
        inside = "".join(_taken_over(part, looks) for part in chart.render_tree() if _name(part) == "g")
        head = Markup(
            '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{key}-title" '
            'aria-describedby="{key}-says"><title id="{key}-title">{}</title><desc id="{key}-says">{}</desc>'
        ).format(WIDTH, HEIGHT, self.title, self.says, key=self.key)
        return head + Markup(inside) + Markup("</svg>")  # noqa: S704 -- made of shapes and numbers, labels are escaped


def _ticks(highest: float, least: float) -> list[float]:
    """Return the numbers beside an axis: from nothing to the first round one that is not below the highest value."""
    step = least
    while highest / step > TICKS:
        step *= 2.5 if f"{step:e}".startswith("2") else 2
    return [number * step for number in range(max(math.ceil(highest / step - 1e-9), 1) + 1)]


def _plain(chart: Chart) -> Any:
    from pygal.config import Config
    from pygal.style import Style

    sizes = {"label_font_size": TEXT, "major_label_font_size": TEXT}
    return Config(
        js=[],
        css=[],
        style=Style(font_family="sans-serif", **sizes),
        width=WIDTH,
        height=HEIGHT,
        margin=8,
        show_legend=False,
        show_dots=len(chart.labels) <= MOST_DOTS or any(None in each.values for each in chart.series),
        dots_size=2.5,
        x_label_rotation=0,
        include_x_axis=True,
        allow_interruptions=True,
        truncate_label=-1,
        value_formatter=chart.told,
        no_prefix=True,
    )


def _name(part: Any) -> str:
    return part.tag.rpartition("}")[2] if isinstance(part.tag, str) else ""


def _taken_over(part: Any, looks: Sequence[str]) -> str:
    """Return a shape with what is in it as text; empty where it is no shape, or nothing that anybody looks at."""
    name, classes = _name(part), part.get("class", "").split()
    if name not in SHAPES or any(each in LEFT_BEHIND for each in classes):
        return ""
    if name == "rect" and float(part.get("height", 0)) == 0:
        return ""
    if "guides" in classes and not any(each.text for each in part if _name(each) == "text"):
        return ""  # of a label that is not shown
    said = {key: part.get(key) for key in SHAPES[name] if part.get(key)}
    said["class"] = " ".join(each for each in classes if each in CLASSES)
    numbered = next((each for each in classes if each.startswith("serie-")), "")
    if numbered:
        said["class"] = f"series {looks[int(numbered.removeprefix('serie-'))]}"
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in said.items() if value)
    words = escape(part.text or "") if name == "text" else ""
    inside = words + "".join(_taken_over(each, looks) for each in part)
    return "" if name == "g" and not inside else f"<{name}{attributes}>{inside}</{name}>"
