"""`make demo-picture`: what the demo shows of its mail, as README's picture."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests import browser
from tests.judges.screens import small_png
from tests.judges.tools import run

ROOT = Path(__file__).parents[2]
FEED = ROOT / "examples" / "harbor-gazette" / "feed.xml"
PICTURE = ROOT / "docs" / "images" / "demo.png"
WIDTH, MARGIN = 1160, 20  # pixels


def main() -> None:
    """Run the demo, and take a picture of the first part of its page."""
    with tempfile.TemporaryDirectory() as folder:
        done = run([sys.executable, "-m", "publisher", "try", str(FEED), "--once", "--out", "out"], folder=Path(folder))
        if done.returncode:
            sys.exit(done.stderr)
        PICTURE.write_bytes(_picture(Path(folder, "out", "index.html")))
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)}\n")


def _picture(index: Path) -> bytes:
    with browser.opened() as running:
        page = running.new_page(viewport={"width": WIDTH, "height": 2_400})  # frames out of sight are not painted
        page.goto(index.as_uri())
        mail = page.locator("section").first
        for place in range(mail.locator("iframe").count()):
            mail.locator("iframe").nth(place).content_frame.locator("h1").wait_for()
        box = mail.bounding_box()
        clip = {"x": 0, "y": box["y"] - MARGIN, "width": WIDTH, "height": box["height"] + 2 * MARGIN}
        return small_png(page.screenshot(clip=clip))


if __name__ == "__main__":
    main()
