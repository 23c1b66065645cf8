"""The files for containers: read by Docker's own program, and true to what the program knows everywhere."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from ipaddress import ip_address
from pathlib import Path

import pytest
import typer.main
from ruamel.yaml import YAML

from publisher.cli.commands import cli
from publisher.config.settings import Settings
from tests.unit.web.ledger import open_project, served

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "deploy" / "compose.yaml"
CONTAINER = (ROOT / "deploy" / "Containerfile").read_text()
SOURCES = "".join(path.read_text() for path in (ROOT / "publisher").rglob("*.py"))


@pytest.fixture(scope="module")
def composed() -> dict:
    return YAML(typ="safe").load(COMPOSE)


def ours(composed: dict) -> dict[str, dict]:
    return {name: each for name, each in composed["services"].items() if each["image"] == "publisher"}


def compose() -> list[str]:
    """The command of Docker's own plugin, or of the older program that Debian has: neither needs an engine to read."""
    docker = shutil.which("docker")
    if docker and not subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        return [docker, "compose"]
    older = shutil.which("docker-compose")
    if not older:
        pytest.skip("docker-compose is not installed")
    return [older]


def test_docker_understands_the_file(tmp_path):
    text = COMPOSE.read_text().replace("name: publisher\n", "")  # what the older one does not know yet
    (tmp_path / "compose.yaml").write_text(text)
    words = [*compose(), "--file", str(tmp_path / "compose.yaml"), "config", "--quiet"]
    env = {"POSTGRES_PASSWORD": "x", "PATH": "/usr/bin:/bin:/usr/local/bin"}
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    del env["POSTGRES_PASSWORD"]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert "write it into .env" in done.stderr


def test_there_are_the_parts_of_many_machines(composed):
    parts = {name: each["command"] for name, each in ours(composed).items()}
    assert parts == {"scheduler": ["scheduler"], "worker": ["worker"], "web": ["web"]}
    assert composed["services"]["worker"]["deploy"]["replicas"] == 2
    assert {each["command"][0] for each in ours(composed).values()} <= set(typer.main.get_command(cli).commands)


def test_every_setting_that_a_file_names_is_one_that_we_read(composed):
    named = {name for each in ours(composed).values() for name in each["environment"]}
    named |= set(re.findall(r"\b(PUBLISHER_[A-Z_]+)=", CONTAINER))
    assert {"DATABASE_URL", "JOURNAL", "PUBLISHER_PUBLIC", "PUBLISHER_TRUSTED_PROXIES"} <= named
    assert [name for name in named if f'"{name}"' not in SOURCES] == []


def test_every_part_has_the_same_ledger_journal_and_project_and_may_do_little(composed):
    for name, each in ours(composed).items():
        assert each["environment"]["DATABASE_URL"].endswith("@database/publisher"), name
        assert each["environment"]["JOURNAL"].startswith("/journal/"), name
        assert each["volumes"] == ["./project:/var/lib/publisher", "journal:/journal"], name
        assert (each["read_only"], each["cap_drop"]) == (True, ["ALL"]), name
        assert each["depends_on"]["database"]["condition"] == "service_healthy", name
    volumes = {place.partition(":")[0] for each in composed["services"].values() for place in each["volumes"]}
    assert {place for place in volumes if not place.startswith(".")} == set(composed["volumes"])


def test_nothing_is_published_but_on_this_machine(composed):
    ports = [port for each in composed["services"].values() for port in each.get("ports", [])]
    assert sorted(ports) == ["127.0.0.1:8025:8025", "127.0.0.1:8026:8026"]


def test_the_pages_listen_where_the_ports_lead_and_believe_this_machine_alone(composed):
    serving = Settings(composed["services"]["web"]["environment"]).serving
    assert (serving.console.port, serving.public.port) == (8025, 8026)
    gateway = composed["networks"]["default"]["ipam"]["config"][0]["gateway"]
    assert [str(each) for each in serving.trusted] == [f"{ip_address(gateway)}/32"]


def test_the_container_is_nobody_special_and_installs_what_is_pinned():
    lines = CONTAINER.replace("\\\n", " ").splitlines()
    assert [line for line in lines if line.startswith("USER")] == ["USER publisher"]
    installs = [line for line in lines if "pip install" in line]
    assert len(installs) == 2
    assert all("--require-hashes" in line or "--no-deps --no-build-isolation" in line for line in installs)
    copied = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]
    assert copied
    assert [name for name in copied if not (ROOT / name).exists()] == []
    let_in = (ROOT / ".dockerignore").read_text().split()
    assert [name for name in copied if f"!{name}" not in let_in] == []


def test_its_check_of_health_asks_what_we_answer(tmp_path):
    words = json.loads(re.search(r"HEALTHCHECK .*CMD (\[.*\])", CONTAINER)[1])
    with served(open_project(tmp_path), tmp_path) as site:
        code = words[2].replace("http://127.0.0.1:8025", site.url)
        exec(compile(code, "HEALTHCHECK", "exec"), {})  # fails with an error for any answer but yes
    with pytest.raises(OSError, match="refused"):
        exec(compile(code, "HEALTHCHECK", "exec"), {})
