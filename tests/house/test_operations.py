"""Alert rules, dashboard and pages are of one piece: nothing is named that is not told, and no alert has no page."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from publisher.app import App, metrics
from publisher.app.alerts import TOLD
from tests.project import ProjectDir
from tests.runbook import PAGES, ROOT, RULE, named_in, rules

OF_PROMETHEUS = {"up"}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The names of all numbers that are told."""
    folder = tmp_path_factory.mktemp("project")
    ProjectDir(folder, "http://127.0.0.1:9")
    app = App.open(folder)
    text = metrics.text(app).decode()
    app.store.close()
    return set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))


def test_every_number_that_a_rule_or_the_dashboard_names_is_told(told):
    board = json.loads((ROOT / "deploy/grafana/publisher.json").read_text())
    shown = {target["expr"].split()[0] for panel in board["panels"] for target in panel["targets"]}
    named = {RULE.fullmatch(rule["expr"])["name"] for rule in rules().values()}
    assert shown <= told
    assert named - OF_PROMETHEUS <= told
    assert told - shown - named <= {"publisher_info", "publisher_alerts"}


def test_every_rule_has_its_page_and_every_page_its_alert():
    for name, rule in rules().items():
        page = rule["annotations"]["runbook_url"].removeprefix("docs/operations/").removesuffix(".md")
        assert name in named_in(page)[0], page
        assert rule["labels"]["severity"] in ("page", "ticket")
    assert {name for page in PAGES for name in named_in(page)[0]} == set(rules())


def test_every_kind_of_trouble_has_its_page_and_a_rule():
    assert {kind for page in PAGES for kind in named_in(page)[1]} == TOLD
    ruled = [RULE.fullmatch(rule["expr"]) for rule in rules().values()]
    kinds = {kind for found in ruled if found["label"] == "kind" for kind in found["value"].split("|")}
    assert kinds == TOLD - {"channel"}  # whose rules are of numbers that name the channel


def test_whatever_the_code_raises_is_a_kind_that_is_known():
    source = "".join(path.read_text() for path in (ROOT / "publisher/app").rglob("*.py"))
    causes = r'cause\w*\([^\n]*\n(?:    """[^\n]*\n)?    return f"([\w-]+):'
    raised = re.findall(r'Trouble\(\s*f"(\w[\w-]*):', source) + re.findall(causes, source)
    assert len(raised) > 15
    assert set(raised) - TOLD == set()


def test_every_page_says_what_it_means_what_readers_see_and_what_to_type():
    index = (ROOT / "docs/operations/README.md").read_text()
    for name, text in PAGES.items():
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["What it means", "What readers see", "What to type"]
        assert f"({name}.md)" in index


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_prometheus_takes_the_rules():
    subprocess.run(["promtool", "check", "rules", str(ROOT / "deploy/prometheus/alerts.yaml")], check=True)
