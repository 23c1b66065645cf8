"""Charts as SVG that a page can hold: no script, no style of its own, words for whoever can't see it.

pygal works out axes, bars and lines. Of what it draws only shapes and labels are taken over, by name; everything else,
its scripts, styles, tooltips and comments, stays behind. How it looks is said by `static/console/figures.css`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

WIDTH, HEIGHT = 960, 300
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
    told: Callable[[float], str] = "{:,.10g}".format  # how its axis prints a number

    @property
    def legend(self) -> Sequence[Series]:
        return (*self.series, *self.limits)

    def bars(self) -> Markup:
        """Draw bars that are stacked."""
        import pygal

        return self._drawn(pygal.StackedBar(_plain(self)))

    def lines(self) -> Markup:
        """Draw a line for each series."""
        import pygal

        return self._drawn(pygal.Line(_plain(self)))

    def _drawn(self, chart: Any) -> Markup:
        chart.x_labels = list(self.labels)
        if self.marked:
            chart.x_labels_major = [self.labels[number] for number in self.marked]
            chart.show_minor_x_labels = False
        for each in self.legend:
            chart.add(each.name, list(each.values))
        looks = [each.look for each in self.series] + [f"limit {each.look}" for each in self.limits]
        inside = "".join(_taken_over(part, looks) for part in chart.render_tree() if _name(part) == "g")
        head = Markup(
            '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{key}-title" '
            'aria-describedby="{key}-says"><title id="{key}-title">{}</title><desc id="{key}-says">{}</desc>'
        ).format(WIDTH, HEIGHT, self.title, self.says, key=self.key)
        return head + Markup(inside) + Markup("</svg>")  # noqa: S704 -- made of shapes and numbers, labels are escaped


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
        show_dots=len(chart.labels) <= 100,
        dots_size=2.5,
        x_label_rotation=0,
        include_x_axis=True,
        allow_interruptions=True,
        truncate_label=-1,
        formatter=chart.told,
        max_scale=7,
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
    said = {key: part.get(key) for key in SHAPES[name] if part.get(key)}
    said["class"] = " ".join(each for each in classes if each in CLASSES)
    numbered = next((each for each in classes if each.startswith("serie-")), "")
    if numbered:
        said["class"] = f"series {looks[int(numbered.removeprefix('serie-'))]}"
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in said.items() if value)
    words = escape(part.text or "") if name == "text" else ""
    return f"<{name}{attributes}>{words}{''.join(_taken_over(each, looks) for each in part)}</{name}>"
