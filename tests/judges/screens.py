"""What readers see: each mail in Chromium, light and dark, at a desk and on a phone. axe-core judges; pictures too."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from tests import browser as machine
from tests.judges import tools
from tests.judges.pictures import draw
from tests.judges.verdict import Judge, Mails, Verdict

VIEWS = tuple((scheme, width) for scheme in ("light", "dark") for width in (700, 360))
_ADDRESS = "https://mail.example/"
_AXE = tools.MODULES / "axe-core" / "axe.min.js"
# A mail stands inside its client's page, which has the landmarks.
_ASK = """
async () => {
    const { violations } = await axe.run(document, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        rules: { "landmark-one-main": { enabled: false }, region: { enabled: false } },
    });
    return violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 120)}`));
}
"""
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@contextmanager
def page_of(browser: Any, html: str, scheme: str, width: int) -> Iterator[Any]:
    """Show a mail with the pictures that are drawn for it; whatever else it asks for is not there."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)

    def answer(route: Any) -> None:
        url = route.request.url
        if url == _ADDRESS:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        elif picture := draw(url.rpartition("/")[2].removesuffix(".jpg")):
            route.fulfill(body=picture, content_type="image/svg+xml")
        else:
            route.abort()

    context.route("**/*", answer)
    page = context.new_page()
    page.goto(_ADDRESS, wait_until="load")
    yield page
    context.close()


def _hear(mails: Mails) -> dict[str, Verdict]:
    with machine.opened() as browser:
        return {name: _verdict(browser, mail.html) for name, mail in mails.items()}


def _verdict(browser: Any, html: str) -> Verdict:
    counts, faults = [], []
    for scheme, width in VIEWS:
        with page_of(browser, html, scheme, width) as page:
            page.evaluate(_AXE.read_text("utf-8"))
            violations = page.evaluate(_ASK)
            too_wide = page.evaluate(_TOO_WIDE)
        counts.append(len(violations))
        faults += [f"{scheme}, {width} px: {violation}" for violation in violations]
        faults += [f"{scheme}, {width} px: {too_wide} px too wide"] if too_wide > 0 else []
    return Verdict(" ".join(map(str, counts)), tuple(faults))


AXE = Judge(
    "axe-core",
    "axe-core: light 700 and 360 px, dark 700 and 360 px",
    "0 in each, and nothing to scroll sideways",
    lambda: tools.package("axe-core") or ("" if machine.find() else machine.MISSING),
    lambda: tools.version_of("axe-core"),
    _hear,
)


def photograph(mails: Mails, folder: Path, *, tallest: int, from_below: Sequence[str] = ()) -> list[Path]:
    """Leave a small PNG of every view of every mail, of so many pixels at most: its beginning, or its end."""
    made = []
    with machine.opened() as browser:
        for name, mail in mails.items():
            for scheme, width in VIEWS:
                with page_of(browser, mail.html, scheme, width) as page:
                    made.append(folder / f"{name}-{width}-{scheme}.png")
                    made[-1].write_bytes(_picture(page, width, tallest, from_below=name in from_below))
    return made


def _picture(page: Any, width: int, tallest: int, *, from_below: bool) -> bytes:
    whole = int(page.evaluate("document.documentElement.scrollHeight"))
    height = min(tallest, whole)
    clip = {"x": 0, "y": whole - height if from_below else 0, "width": width, "height": height}
    return small_png(page.screenshot(full_page=True, clip=clip))


def small_png(content: bytes) -> bytes:
    """Keep the 64 commonest colours as they are and turn the others, edges of letters mostly, into the nearest."""
    shot = Image.open(io.BytesIO(content)).convert("RGB")
    common = sorted(shot.getcolors(1 << 24), reverse=True)[:64]
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for _, colour in common for part in colour])
    out = io.BytesIO()
    shot.quantize(palette=palette, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()
