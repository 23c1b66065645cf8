"""Is it correct HTML? html-validate with its accessibility rules, and the Nu validator."""

from __future__ import annotations

import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.judges import tools
from tests.judges.verdict import Judge, Mails, Verdict

_HTML_VALIDATE = tools.MODULES / "html-validate" / "bin" / "html-validate.mjs"
_NU = tools.MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"

Faults = dict[str, list[str]]


@contextmanager
def _files(mails: Mails) -> Iterator[Path]:
    """Write the mails into a folder, each under its name."""
    with tempfile.TemporaryDirectory() as folder:
        for name, mail in mails.items():
            Path(folder, f"{name}.html").write_text(mail.html, "utf-8")
        yield Path(folder)


def _verdicts(mails: Mails, faults: Faults) -> dict[str, Verdict]:
    return {name: Verdict(str(len(faults[name])), tuple(faults[name])) for name in mails}


def _by_html_validate(mails: Mails) -> dict[str, Verdict]:
    faults: Faults = defaultdict(list)
    with _files(mails) as folder:
        said = folder / "said.json"  # a pipe would cut it off at 64 KB
        words = [tools.node(), str(_HTML_VALIDATE), "--config", str(tools.HERE / ".htmlvalidate.json")]
        done = tools.run([*words, "--formatter", f"json={said}", *(f"{name}.html" for name in mails)], folder=folder)
        if not said.is_file():
            raise RuntimeError(f"html-validate gave no answer: {done.stderr[-400:]}")
        for result in json.loads(said.read_text("utf-8")):
            for message in result["messages"]:
                where = f"{message['line']}:{message['column']}"
                faults[Path(result["filePath"]).stem].append(f"{message['ruleId']} at {where}: {message['message']}")
    return _verdicts(mails, faults)


def _by_nu(mails: Mails) -> dict[str, Verdict]:
    faults: Faults = defaultdict(list)
    with _files(mails) as folder:
        words = ["java", "-Xss1m", "-jar", str(_NU), "--errors-only", "--exit-zero-always", "--format", "json"]
        done = tools.run([*words, *(str(folder / f"{name}.html") for name in mails)])
    try:
        messages: list[dict[str, Any]] = json.loads(done.stderr)["messages"]
    except ValueError as error:
        raise RuntimeError(f"the Nu validator gave no answer: {done.stderr[-400:]}") from error
    for message in messages:
        if not message["message"].startswith("CSS:"):  # it knows no mso- properties
            where = f"{message.get('lastLine')}:{message.get('lastColumn')}"
            faults[Path(message["url"]).stem].append(f"at {where}: {message['message']}")
    return _verdicts(mails, faults)


def _version_of_nu() -> str:
    said = tools.run(["java", "-jar", str(_NU), "--version"])
    return next(iter(re.findall(r"\d[\d.]+", said.stdout + said.stderr)), "?")


HTML_VALIDATE = Judge(
    "html-validate",
    "errors, html-validate",
    "0, rules `standard` and `a11y`",
    lambda: tools.package("html-validate"),
    lambda: tools.version_of("html-validate"),
    _by_html_validate,
)
NU = Judge(
    "Nu validator",
    "errors, Nu validator",
    "0, CSS apart",
    lambda: tools.package("vnu-jar") or tools.program("java", "default-jre-headless"),
    _version_of_nu,
    _by_nu,
)
