"""`publisher media`, and what `publisher note` says of pictures, as an editor types them."""

from __future__ import annotations

import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from publisher.cli.commands import cli
from publisher.errors import PublisherError
from tests.ledger import Clock
from tests.site import serving
from tests.unit.app.project import EVENING, open_app
from tests.unit.web.ledger import png


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    open_app(tmp_path, Clock(EVENING)).store.close()
    (tmp_path / "bank.png").write_bytes(png(200, 100))

    def run(*words: str) -> str:
        done = CliRunner().invoke(cli, [*words], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return run


def refused(run, *words: str) -> str:
    with pytest.raises(PublisherError) as raised:
        run(*words)
    return f"{raised.value} ({raised.value.exit_code})"


def test_a_picture_is_added_listed_and_removed(run):
    assert run("media", "list").startswith("No picture was added yet")
    assert run("media", "add", "bank.png", "--alt", "A [bank]") == "![A \\[bank\\]](media:bank.png)\n"
    (listed,) = json.loads(run("media", "list", "--json"))
    assert listed["url"].startswith("https://letters.harbor.example/media/")
    assert (listed["name"], listed["alt"], listed["type"]) == ("bank.png", "A [bank]", "image/png")
    assert run("media", "remove", "bank.png") == "bank.png: removed\n"


def test_somebody_has_to_say_what_a_picture_shows(run):
    assert "nobody says what it shows" in refused(run, "media", "add", "bank.png")
    assert "say different things" in refused(run, "media", "add", "bank.png", "--alt", "x", "--decorative")
    assert run("media", "add", "bank.png", "--decorative", "--name", "Ünser Bild!") == "![](media:unser-bild)\n"
    assert "is no name of a picture" in refused(run, "media", "add", "bank.png", "--decorative", "--name", "图")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "no picture of a known kind"),
        (b"\x89PNG\r\n\x1a\n", "no picture of a known kind"),
        (b"\0" * 5_000_001, "larger than 5,000,000 bytes"),
    ],
)
def test_a_hostile_file_is_refused(run, tmp_path, content, why):
    (tmp_path / "bank.png").write_bytes(content)
    assert why in refused(run, "media", "add", "bank.png", "--alt", "x")
    assert run("media", "list").startswith("No picture was added yet")


def test_a_picture_is_kept_without_what_its_camera_wrote(run, tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "Camera of Anna"
    Image.new("RGB", (300, 200), "red").save(tmp_path / "bank.png", exif=exif)
    run("media", "add", "bank.png", "--alt", "x")
    assert b"Anna" not in (tmp_path / "publisher.db").read_bytes()


def test_a_note_with_a_broken_picture_is_refused_with_its_line(run, tmp_path):
    (tmp_path / "note.md").write_text("Hello\n\n![x](pic.png)\n")
    said = refused(run, "note", "morning", "note.md")
    assert "note.md:3: the picture pic.png is never found. Add it with `publisher media add FILE`" in said
    assert said.endswith("(2)")
    assert "no note waits" in run("note", "morning")


def test_a_note_with_a_script_goes_on_without_it_and_says_so(run, tmp_path):
    (tmp_path / "note.md").write_text("Hello <script>alert(1)</script>\n")
    said = run("note", "morning", "note.md")
    assert "note.md:1: <script> is left out. Take it out: mails can't show it" in said
    assert "stands on top of the edition" in said


def test_a_picture_elsewhere_must_be_there_and_is_never_asked_for_in_the_own_network(run, tmp_path):
    with serving() as site:
        picture = site.url("/pic.png")
        (tmp_path / "note.md").write_text(f"Hello\n\n![x]({picture})\n")
        said = refused(run, "note", "morning", "note.md")
        assert f"note.md:3: the picture {picture} can't be had: " in said
        assert "--anyway" in said
        assert "stands on top" in run("note", "morning", "note.md", "--anyway")
    assert site.asked == []
