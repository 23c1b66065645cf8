"""Values from the environment and .env; none of them is ever shown."""

import os

import pytest

from publisher.config.schedules import parse_project
from publisher.config.settings import Settings
from publisher.errors import ConfigError
from tests.unit.config.project_text import with_line


def test_the_environment_wins_over_the_file(tmp_path):
    (tmp_path / ".env").write_text("A=file\nB='quoted # text'\nexport C=c # comment\n", encoding="utf-8")
    settings = Settings.load(tmp_path, {"A": "environment"})
    assert settings.resolve("${A}|${B}|${C}") == "environment|quoted # text|c"


def test_the_environment_stays_as_it_is(tmp_path):
    (tmp_path / ".env").write_text("PUBLISHER_TEST_ONLY=1\n", encoding="utf-8")
    assert Settings.load(tmp_path).resolve("${PUBLISHER_TEST_ONLY}") == "1"
    assert "PUBLISHER_TEST_ONLY" not in os.environ


def test_a_value_is_taken_as_it_stands(tmp_path):
    (tmp_path / ".env").write_text("A=x${B}y$z\nB=b\n", encoding="utf-8")
    assert Settings.load(tmp_path, {}).resolve("${A}") == "x${B}y$z"


def test_a_directory_without_env_is_fine(tmp_path):
    assert Settings.load(tmp_path, {"A": "1"}).resolve("${A}") == "1"


@pytest.mark.parametrize("values", [{}, {"MAILGUN_API_KEY": ""}])
def test_a_name_that_is_not_set_says_where_and_what_to_add(values):
    with pytest.raises(ConfigError) as caught:
        Settings(values).resolve("key-${MAILGUN_API_KEY}", "schedules.yaml:12:7")
    assert str(caught.value) == (
        "schedules.yaml:12:7: ${MAILGUN_API_KEY} is not set. Add MAILGUN_API_KEY=… to .env or the environment"
    )


def test_a_line_that_cannot_be_read_is_named_and_not_repeated(tmp_path):
    (tmp_path / ".env").write_text("A=1\nTOKEN='hunter2\nB=2\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Settings.load(tmp_path, {})
    assert str(caught.value) == ".env:2: this line can't be read. Write NAME=value"


def test_a_file_in_another_encoding_is_named(tmp_path):
    (tmp_path / ".env").write_bytes(b"A=\xe9\n")
    with pytest.raises(ConfigError, match=r"^\.env: the file is not UTF-8"):
        Settings.load(tmp_path, {})


def test_a_repr_shows_no_value():
    assert repr(Settings({"A": "hunter2"})) == "Settings(1 values)"


CHANNEL = """
    sender: mailpit
    base_url: ${BASE}
    api_key: ${KEY}
    port: 25
    hosts: ["${HOST}", b]
    more: {deep: "x${KEY}"}
"""


def test_the_options_of_a_channel_are_resolved_all_the_way_down():
    channel = parse_project(with_line("{sender: mailpit}", CHANNEL)).channels["letters"]
    assert Settings({"KEY": "k", "HOST": "h"}).resolve_options(channel) == {
        "api_key": "k",
        "port": 25,
        "hosts": ["h", "b"],
        "more": {"deep": "xk"},
    }
    assert channel.options["api_key"] == "${KEY}"


def test_everything_that_is_missing_is_listed_with_its_place():
    text = with_line("{sender: mailpit}", CHANNEL).replace("https://harbor.example/feed", '"https://x/${FEED}"')
    notes = Settings({"HOST": "h"}).missing(parse_project(text))
    assert [(note.where, note.what) for note in notes] == [
        ("schedules.yaml:7:3", "${FEED} is not set"),
        ("schedules.yaml:14:15", "${BASE} is not set"),
        ("schedules.yaml:15:14", "${KEY} is not set"),
        ("schedules.yaml:18:11", "${KEY} is not set"),
    ]


def test_credentials_of_systemd_win_over_the_file_and_the_environment_over_both(tmp_path):
    (tmp_path / ".env").write_text("A=file\nB=file\nC=file\n")
    given = tmp_path / "credentials"
    given.mkdir()
    (given / "publisher.env").write_text("B=credential\nC=credential\nD=from a list\n")
    (given / "MAILGUN_API_KEY").write_text("key-0123456789\n")
    (given / "other.pem").write_text("of another program")
    settings = Settings.load(tmp_path, {"CREDENTIALS_DIRECTORY": str(given), "C": "environment"})
    assert settings.resolve("${A} ${B} ${C} ${D} ${MAILGUN_API_KEY}") == (
        "file credential environment from a list key-0123456789"
    )
    assert {"key-0123456789", "credential", "from a list"} <= settings.hidden
    assert settings.get("other.pem") == ""


def test_credentials_that_are_not_there_are_said(tmp_path):
    with pytest.raises(ConfigError, match="CREDENTIALS_DIRECTORY: the directory can't be read"):
        Settings.load(tmp_path, {"CREDENTIALS_DIRECTORY": str(tmp_path / "missing")})


def test_ports_are_no_secret(tmp_path):
    (tmp_path / ".env").write_text("PUBLISHER_CONSOLE=8025\nTOKEN=secret\n")
    assert Settings.load(tmp_path, {}).hidden == {"secret"}
