"""Every judge over every mail of the default theme; and each judge finds bad mails guilty."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.judges.bench import JUDGES
from tests.judges.mails import ABOUT, Rendered, render_all
from tests.judges.report import PAGE
from tests.judges.structure import SIZE
from tests.judges.verdict import Judge, Verdict

pytestmark = [pytest.mark.web, pytest.mark.timeout(900)]  # the first test of a judge lets it judge all mails

# A mail is spoiled by putting one text in the place of another. What each judge must then say.
SPOILED = (
    ("size", "</body>", f"<!--{'x' * 25_000}--></body>", "more than 25,000"),
    ("axe-core", 'alt="A white ferry leaves the quay at dusk"', "", "light, 700 px: image-alt"),
    ("axe-core", "color: #b3afa5 !important", "color: #3a3a3a !important", "dark, 360 px: color-contrast"),
    ("axe-core", "max-width:600px", "min-width:600px", "light, 360 px: 240 px too wide"),
    ("html-validate", "<h1", '<h1 role="heading"', "no-redundant-role"),
    ("Nu validator", ' width="560"', ' width="100%"', "width"),
    ("HTML check", "</h1>", f"</h1>{'<p style=margin:0>x</p>' * 20}", "css-margin"),
    ("SpamAssassin", "", "Buy now. " * 40, "MPART_ALT_DIFF"),
    ("structure", 'class="sheet" role="presentation"', 'class="sheet"', "a layout table without a role"),
    ("structure", ' lang="en"', "", "html has no lang"),
    ("structure", "<h1", "<h2", "there are 0 h1"),
    ("structure", 'alt="A white ferry leaves the quay at dusk"', "", "no alt"),
    ("structure", ' dir="ltr"', "", "body's wrapper has no dir"),
    ("structure", ' height="373"', ' height="auto"', "height='auto'"),
)


def spoiled(mail: Rendered, before: str, after: str) -> Rendered:
    """Spoil a mail; where nothing is to be replaced, its text part."""
    if not before:
        return replace(mail, text=after)
    assert before in mail.html
    return replace(mail, html=mail.html.replace(before, after))


@pytest.fixture(scope="module")
def verdicts():
    """What a judge says of all mails and of those spoiled for it: asked once, because most take long to start."""
    mails = render_all()
    said: dict[str, dict[str, Verdict]] = {}

    def of(judge: Judge) -> dict[str, Verdict]:
        if missing := judge.lacks():
            pytest.skip(missing)
        if judge.name not in said:
            bad = {f"spoiled-{n}": row for n, row in enumerate(SPOILED) if row[0] == judge.name}
            bad_mails = {name: spoiled(mails["digest-1"], *row[1:3]) for name, row in bad.items()}
            said[judge.name] = judge.hear(mails | bad_mails)
        return said[judge.name]

    return of


@pytest.mark.parametrize("name", ABOUT)
@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.name)
def test_a_mail_reaches_the_target_of_the_judge(judge, name, verdicts):
    assert verdicts(judge)[name].faults == ()


def test_the_report_is_of_these_mails(verdicts):
    """After a change of the templates `make email-report` has to be run again."""
    said = dict(re.findall(r"^\| (\S+) \| \**([\d.]+)", PAGE.read_text("utf-8"), re.MULTILINE))
    assert {name: said.get(name) for name in ABOUT} == {name: verdicts(SIZE)[name].figure for name in ABOUT}


@pytest.mark.parametrize("number", range(len(SPOILED)), ids=[f"{row[0]}: {row[3]}" for row in SPOILED])
def test_a_judge_finds_a_spoiled_mail_guilty(number, verdicts):
    name, _, _, words = SPOILED[number]
    judge = next(judge for judge in JUDGES if judge.name == name)
    faults = verdicts(judge)[f"spoiled-{number}"].faults
    assert any(words in fault for fault in faults), faults
