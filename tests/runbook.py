"""The alert rules and their pages, read from the files that people get; and whether a rule holds for given numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs/operations"
PAGES = {path.stem: path.read_text("utf-8") for path in FOLDER.glob("*.md") if path.stem != "README"}
RULE = re.compile(r'(sum\()?(?P<name>\w+)(\{(?P<label>\w+)=~?"(?P<value>[^"]*)"\})?\)? (?P<op><|>|>=) (?P<bound>\S+)')


def rules() -> dict[str, dict]:
    """Return the rules by their alerts."""
    groups = YAML(typ="safe").load(ROOT / "deploy/prometheus/alerts.yaml")["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def named_in(page: str) -> tuple[set[str], set[str]]:
    """Return the alerts of Prometheus, and the kinds of Publisher's own, that a page is for."""
    line = PAGES[page].splitlines()[2]
    names = set(re.findall(r"`([^`]+)`", line)) - {"publisher status"}
    ours = {name for name in names if not name.startswith("Publisher")}
    return names - ours, ours


def commands(page: str) -> list[str]:
    """Return what the page says to type, line by line."""
    blocks = re.findall(r"^```\n(.*?)^```", PAGES[page], re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def holds(rule: dict, numbers: bytes) -> bool:
    """Say whether a rule's condition holds; of how long it has to, nothing is asked."""
    found = RULE.fullmatch(rule["expr"])
    assert found, f"a rule that this test can't read: {rule['expr']}"
    values = list(_values(found, numbers.decode()))
    values = [sum(values)] if found[1] else values
    bound, compare = float(found["bound"]), {"<": float.__lt__, ">": float.__gt__, ">=": float.__ge__}[found["op"]]
    return any(compare(float(value), bound) for value in values)


def _values(found: re.Match[str], text: str) -> Iterator[float]:
    for family in text_string_to_metric_families(text):
        for each in family.samples:
            label = each.labels.get(found["label"] or "", "")
            if each.name == found["name"] and (found["label"] is None or re.fullmatch(found["value"], label)):
                yield each.value
