"""The examples of docs/console/api.md are requests that work."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from publisher.app import tokens
from publisher.model.staff import May, Role
from tests.unit.app.test_staff import join
from tests.unit.web.test_api import TOKEN, open_site

PAGE = Path(__file__).parents[3] / "docs" / "console" / "api.md"
BASE = "http://127.0.0.1:8025"


def examples() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    lines = "".join(blocks).replace("\\\n", "").splitlines()
    assert all(line.startswith("curl ") and BASE in line for line in lines)
    return lines


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
def test_every_example_of_the_interface_is_answered_well(tmp_path):
    with open_site(tmp_path) as site:
        join(site.app, "anna", Role.ADMIN)
        env = {"TOKEN": tokens.add(site.app, "anna", "docs", list(May)), "CMS_TOKEN": TOKEN, "PATH": "/usr/bin:/bin"}
        found = examples()
        for line in found:
            command = line.replace("curl ", "curl -sS --fail-with-body ", 1).replace(BASE, site.url)
            done = subprocess.run(["sh", "-c", command], env=env, capture_output=True, text=True, timeout=30)
            assert done.returncode == 0, f"{line}: {done.stdout} {done.stderr}"
            assert isinstance(json.loads(done.stdout), dict), line
    assert len(found) >= 8
