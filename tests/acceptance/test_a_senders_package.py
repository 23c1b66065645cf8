"""A sender of somebody else's: built, installed, tested and used as the package that it is."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from publisher.app import App
from publisher.model.event import EventKind
from publisher.testing import FakeProvider
from publisher.web.inbox import Inbox
from publisher.web.server import Server, make_app
from tests.project import ProjectDir, environment

EXAMPLE = Path(__file__).parents[2] / "examples" / "publisher-sender-pigeon"
CHANNEL = {"sender": "pigeon", "token": "${PIGEON_TOKEN}", "events_secret": "${PIGEON_EVENTS_SECRET}"}
SECRETS = "PIGEON_TOKEN=pigeon-t0ken\nPIGEON_EVENTS_SECRET=new-feather\n"


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The package, in a folder of its own. Nothing is fetched: hatchling is in our lock."""
    folder = tmp_path_factory.mktemp("pigeon")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=EXAMPLE, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    install = ["install", "--quiet", "--no-deps", "--no-index", "--no-compile", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", *install, "--target", str(folder / "site"), str(wheel)], check=True)
    return folder / "site"


@pytest.fixture(scope="module")
def dialect(installed):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(installed)
        yield importlib.import_module("publisher_sender_pigeon.dialect").PigeonDialect


@pytest.fixture
def provider(dialect):
    with FakeProvider(dialect()) as running:
        yield running


@pytest.fixture
def project(tmp_path, provider, installed):
    return ProjectDir(tmp_path, provider.url, channel=CHANNEL, secrets=SECRETS, plugins=installed)


def test_its_own_tests_pass_where_only_the_installed_package_is(installed, tmp_path):
    shutil.copytree(EXAMPLE / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", "."]
    ended = subprocess.run(
        [*words, "tests"], cwd=tmp_path, env=environment(installed), capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " passed" in ended.stdout


def test_a_project_sends_through_it_and_hears_what_became_of_the_letters(project, provider):
    project.subscribe(3)
    project.publisher("check")
    project.publisher("send", "morning", "--yes")
    (request,) = provider.requests
    assert sorted(provider.addresses()) == [f"reader{n}@example.org" for n in range(3)]

    gone, *others = request.json["letters"]
    said = provider.dialect.say(EventKind.HARD_BOUNCE, gone["reference"])
    forged = provider.dialect.sign(said.body, "another-feather")
    app = App.open(project.folder)
    server = Server(make_app(app, Inbox(project.folder / "inbox")))
    server.start()
    try:
        statuses = [
            requests.post(f"{server.url}/webhooks/letters", data=each.body, headers=each.headers, timeout=5).status_code
            for each in (forged, said, said)
        ]
    finally:
        server.stop()
    assert statuses == [401, 200, 200]
    states = {line["to"]: line["state"] for line in project.json("log")}
    assert states == {gone["to"]: "failed", **{letter["to"]: "sent" for letter in others}}
