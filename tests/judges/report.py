"""`make email-report`: every judge over every mail, a page with the figures, and pictures of what readers see.

Exits with 1 where a target is missed, or where a judge is missing on this machine.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests import browser
from tests.judges.bench import JUDGES
from tests.judges.mails import ABOUT, render_all
from tests.judges.screens import photograph
from tests.judges.tools import run
from tests.judges.verdict import Judge, Verdict

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "email-report.md"
PICTURES = ROOT / "docs" / "images" / "email"
TALLEST = 1600  # pixels of a picture: the repository keeps these files

Verdicts = dict[Judge, dict[str, Verdict]]

_PAGE = """\
# What the judges say of our mails

Written by `make email-report`; what is judged, by whom and why, is in [testing.md](testing.md). The mails are made by
Publisher's own renderer with the theme that comes with it, of stories that are as long as real ones.

{table}

{missed}

| judge | version | target |
|---|---|---|
{judges}

## The mails

{mails}
"""


def main() -> int:
    """Write the page and the pictures; return the exit code."""
    if lacking := [words for judge in JUDGES if (words := judge.lacks())]:
        sys.stderr.write("".join(f"{words}\n" for words in lacking))
        return 1
    mails = render_all()
    verdicts = {judge: judge.hear(mails) for judge in JUDGES}
    PICTURES.mkdir(parents=True, exist_ok=True)
    made = set(photograph(mails, PICTURES, tallest=TALLEST, from_below=("digest-30",)))
    for old in set(PICTURES.glob("*.png")) - made:
        old.unlink()
    PAGE.write_text(page_of(verdicts), "utf-8")
    missed = missed_of(verdicts)
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}, {len(made)} pictures in {PICTURES.relative_to(ROOT)}\n")
    sys.stdout.write("".join(f"{line}\n" for line in missed) or "every target is reached\n")
    return 1 if missed else 0


def missed_of(verdicts: Verdicts) -> list[str]:
    """Return a line for each target that is missed."""
    return [
        f"{name}: {judge.name}: {fault}"
        for judge, by_mail in verdicts.items()
        for name, verdict in by_mail.items()
        for fault in verdict.faults
    ]


def page_of(verdicts: Verdicts) -> str:
    """Write the page, in Markdown."""
    judges = tuple(verdicts)
    head = f"| mail | {' | '.join(judge.measures for judge in judges)} |\n|---|{'---|' * len(judges)}"
    rows = [f"| {name} | {' | '.join(_cell(verdicts[judge][name]) for judge in judges)} |" for name in ABOUT]
    missed = [f"- `{line}`" for line in missed_of(verdicts)]
    versions = [f"| {judge.name} | {judge.version() or '–'} | {judge.target} |" for judge in judges]
    return _PAGE.format(
        table="\n".join([head, *rows]),
        missed="\n".join(["Missed:", "", *missed]) if missed else "Every target is reached.",
        judges="\n".join([*versions, f"| (the browser) | {_browser()} | |"]),
        mails="\n".join(_mail(name) for name in ABOUT).rstrip(),
    )


def _cell(verdict: Verdict) -> str:
    return f"**{verdict.figure}**" if verdict.faults else verdict.figure


def _browser() -> str:
    return " ".join(run([browser.find() or "chromium", "--version"]).stdout.split()[:2])


def _mail(name: str) -> str:
    views = {"700-light": 240, "700-dark": 240, "360-light": 124, "360-dark": 124}  # shown so wide, to scale
    shown = "".join(
        f'<img src="images/email/{name}-{view}.png" alt="{name}, {view.replace("-", " px, ")}" width="{width}">\n'
        for view, width in views.items()
    )
    return f"### {name}\n\n{ABOUT[name].capitalize()}.\n\n{shown}"


if __name__ == "__main__":
    sys.exit(main())
