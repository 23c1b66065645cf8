"""Two engines that move styles into the elements agree, as Chromium computes them."""

from __future__ import annotations

import re

import css_inline
import pytest

from publisher.model.message import Brief
from publisher.render.context import context_of
from publisher.render.conventions import Conventions
from publisher.render.engine import Engine, default_theme
from publisher.render.inline import inline
from publisher.render.merge import merge_names
from publisher.render.wording import words_of
from tests.golden.test_messages import BRIEFS

pytestmark = pytest.mark.browser

BOX = ["display", "padding", "margin", "border", "width", "height", "max-width", "background-color"]
TEXT = ["color", "font-family", "font-size", "font-weight", "font-style", "line-height", "text-align", "word-break"]
PROPERTIES = [*BOX, *TEXT, "text-decoration", "direction"]
COMPUTED = """(names) => [...document.body.querySelectorAll("*")].map(element => {
    const style = getComputedStyle(element);
    return [element.tagName, element.className, ...names.map(name => style.getPropertyValue(name))];
})"""
OTHER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True, remove_inlined_selectors=True)


def before(brief: Brief) -> str:
    """Return a mail as its template makes it, its styles still together."""
    page = "email/article.html" if len(brief.articles) == 1 else "email/digest.html"
    context = context_of(brief) | merge_names() | {"subject": "Subject", "preheader": "Words", "preheader_padding": []}
    engine, conventions = Engine([default_theme()]), Conventions(brief.language, brief.timezone)
    return engine.render(page, context | {"words": words_of(engine, context, conventions)}, conventions)


def by_the_other(html: str) -> str:
    """Inline with css-inline; the block that stays as it is it would inline too, so it is put back afterwards."""
    head, block, rest = re.split(r'(<style data-premailer="ignore">.*?</style>)', html, flags=re.DOTALL)
    return OTHER.inline(head + rest).replace("</head>", f"{block}</head>")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [700, 360])
def test_the_computed_styles_are_those_of_the_other_engine(chromium, width, scheme):
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
    page = context.new_page()
    for name, brief in BRIEFS.items():
        html = before(brief)
        found = []
        for inlined in (inline(html, where=name), by_the_other(html)):
            page.set_content(inlined)
            found.append(page.evaluate(COMPUTED, PROPERTIES))
        ours, theirs = found
        assert len(ours) > 20
        for one, other in zip(ours, theirs, strict=True):
            unlike = [each for each in zip(PROPERTIES, one[2:], other[2:], strict=True) if each[1] != each[2]]
            assert one == other, f"{name}, <{one[0]} class={one[1]!r}>: {unlike}"
    context.close()
