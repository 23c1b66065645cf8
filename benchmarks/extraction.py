"""How well `publisher extract` finds the text of real pages, and leaves the rest.

    python -m benchmarks.extraction FOLDER [--halves] [--show] [--with-title]

FOLDER holds `pages.tar.xz` and `gold.json`: for each page snippets of text that belong to its article (`with`) and that
don't (`without`), at most six of each. A snippet is found where it stands in the extracted text, white space folded.
Precision is with-found / (with-found + without-found), recall with-found / all with; a page is clean where no
`without` is found.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

AT_MOST = 6  # snippets of a side of a page


@dataclass(frozen=True)
class Page:
    """How one page came out."""

    name: str
    wanted: int
    missing: tuple[str, ...]
    noise: tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="with pages.tar.xz and gold.json")
    parser.add_argument("--halves", action="store_true", help="score pages of even and of odd place apart as well")
    parser.add_argument("--show", action="store_true", help="name each snippet that is missing or too much")
    parser.add_argument("--with-title", action="store_true", help="look for snippets in the title as well")
    given = parser.parse_args()
    gold = json.loads((given.folder / "gold.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="publisher-extraction-") as made:
        with tarfile.open(given.folder / "pages.tar.xz") as archive:
            archive.extractall(made, filter="data")
        texts = _extracted(sorted(path for path in Path(made).rglob("*") if path.name in gold), given.with_title)
    pages = [_judged(name, gold[name], texts.get(name, "")) for name in sorted(gold)]
    if given.show:
        _show(pages)
    parts = {"all": pages} | ({"even": pages[::2], "odd": pages[1::2]} if given.halves else {})
    for part, chosen in parts.items():
        print(json.dumps({"benchmark": "extraction", "pages": part, **_score(chosen)}))


def _extracted(paths: list[Path], with_title: bool) -> dict[str, str]:
    """Run the command once for all pages and return the text of each; a page that gives none has none."""
    command = [sys.executable, "-m", "publisher", "extract", "--json", *map(str, paths)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    title = "{title}\n{text}" if with_title else "{text}"
    return {Path(line["page"]).name: title.format(**line) for line in lines if "text" in line}


def _judged(name: str, gold: dict[str, list[str]], text: str) -> Page:
    folded = _fold(text)
    wanted, unwanted = gold["with"][:AT_MOST], gold["without"][:AT_MOST]
    missing = tuple(snippet for snippet in wanted if _fold(snippet) not in folded)
    return Page(name, len(wanted), missing, tuple(snippet for snippet in unwanted if _fold(snippet) in folded))


def _fold(text: str) -> str:
    return " ".join(text.split())


def _score(pages: list[Page]) -> dict[str, float]:
    wanted = sum(page.wanted for page in pages)
    found = wanted - sum(len(page.missing) for page in pages)
    noise = sum(len(page.noise) for page in pages)
    precision, recall = found / (found + noise), found / wanted
    clean = sum(not page.noise for page in pages) / len(pages)
    f1 = 2 * precision * recall / (precision + recall)
    figures = {"precision": precision, "recall": recall, "f1": f1, "clean_pages": clean}
    return {"count": len(pages), **{name: round(value, 4) for name, value in figures.items()}}


def _show(pages: list[Page]) -> None:
    for page in pages:
        for sign, snippets in (("missing", page.missing), ("noise", page.noise)):
            for snippet in snippets:
                print(f"{page.name}: {sign}: {_fold(snippet)[:160]}")


if __name__ == "__main__":
    main()
