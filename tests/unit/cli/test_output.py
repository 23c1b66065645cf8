"""Tables: at a terminal texts give way, and what is short stays in one line; elsewhere nothing is cut."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import pytest

from publisher.cli.output import can_ask, headline, say, table, tell
from publisher.clock import now
from tests.ledger import Clock
from tests.project import environment
from tests.unit.app.project import compose_now, open_with_press, write_feed

WIDTH = 100


def test_no_word_of_others_moves_the_cursor(capsys):
    say("a\x1b[2Jb\tc")
    tell("d\x9b1me\rf")
    assert capsys.readouterr() == (
        "a\N{REPLACEMENT CHARACTER}[2Jb\tc\n",
        "d\N{REPLACEMENT CHARACTER}1me\N{REPLACEMENT CHARACTER}f\n",
    )


@pytest.mark.parametrize("stream", ["stdin", "stdout"])
def test_nobody_can_be_asked_where_a_stream_is_closed(monkeypatch, stream):
    monkeypatch.setattr(sys, stream, None)
    assert not can_ask()


def at_a_terminal(folder, *words: str, width: int = WIDTH) -> list[str]:
    """Return the lines that Python, called with these words, prints at a terminal of so many columns."""
    ours, theirs = pty.openpty()
    command = [sys.executable, *words]
    env = {**environment(), "COLUMNS": str(width), "NO_COLOR": "1", "TERM": "xterm"}
    with subprocess.Popen(command, cwd=folder, stdout=theirs, stderr=subprocess.PIPE, env=env):
        os.close(theirs)
        said = b""
        try:
            while piece := os.read(ours, 65_536):
                said += piece
        except OSError:  # how a terminal ends whose other side is closed
            pass
    os.close(ours)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", said.decode())
    return [line.rstrip() for line in plain.splitlines()]


CODE = """
from publisher.cli.output import headline, table
row = [1, "a-name-of-thirty-characters-ab", "2026-11-24 07:00:00 WET", "word " * 20, "reason " * 15]
table("", ["id", "source", "when", "headline", "reason"], [row])
table("", ["id", "source", "when", "sent in", "reason"], [row])
print(headline("endless " * 400))
"""


def test_texts_make_room_for_times_and_names_unless_there_is_none(tmp_path):
    *tables, headline = at_a_terminal(tmp_path, "-c", CODE)
    fits, _, folded = "\n".join(tables).partition("sent in")
    assert re.search(r"1 +a-name-of-thirty-characters-ab +2026-11-24 07:00:00 WET +word", fits)
    assert folded.count("word") == 20  # nothing is lost where not everything has room
    assert len(headline) <= 100
    assert headline.endswith("end…")


def test_an_edition_is_one_line_but_for_its_reason(tmp_path):
    compose_now(open_with_press(tmp_path, Clock(now())))
    shown = at_a_terminal(tmp_path, "-m", "publisher", "editions")
    assert shown[1].split() == ["id", "schedule", "due", "slot", "state", "sent", "why"]
    line = re.compile(r" +\d +morning +[\d-]+ \d\d:\d\d WET +by hand +skipped +0 +nothing new: \S")
    assert len(list(filter(line.match, shown))) == 2
    assert max(map(len, shown)) <= WIDTH


def test_a_long_headline_leaves_the_other_columns_their_room(tmp_path):
    app = open_with_press(tmp_path, Clock(now()))
    write_feed(tmp_path / "feed.xml", **{"word" * 60: "Long", "short": "Short"})
    app.poll_all()
    shown = at_a_terminal(tmp_path, "-m", "publisher", "articles")
    assert len([line for line in shown if re.match(r" +\d +(site|press) ", line)]) == 4
    assert len(shown) < 30


@pytest.mark.parametrize("columns", ["80", "400"])
def test_what_is_no_terminal_gets_every_line_whole_however_wide_that_is(capsys, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    rows = [[number, "listing", "2026-11-24 12:01 CET", "word " * 60, "reason " * 90] for number in (121, 122)]
    table(
        "", ["id", "source", "published", "headline", "reason"], [[*row[:3], headline(row[3]), row[4]] for row in rows]
    )
    head, *lines = capsys.readouterr().out.splitlines()
    assert head == "id\tsource\tpublished\theadline\treason"
    assert [line.split("\t") for line in lines] == [[str(value).strip() for value in row] for row in rows]


def test_what_is_no_terminal_gets_each_column_at_its_place_whatever_stands_there(capsys):
    for link in ("", "https://[bold]news.example/1"):
        table("Mails", ["id", "why", "link"], [[1, None, link], [2, "a\ttab\x1b[2J", ""]], ("why", "link"))
    tamed = "2\ta tab\N{REPLACEMENT CHARACTER}[2J\t"
    first, second = (["Mails", "id\twhy\tlink", f"1\t\t{link}", tamed] for link in ("", "https://[bold]news.example/1"))
    assert capsys.readouterr().out.splitlines() == [*first, *second]


USED = """
from publisher.cli.output import table
table("", ["id", "failed", "link"], [[1, 0, ""], [2, 0, None]], ("failed", "link"))
table("", ["id", "failed", "link"], [[1, 0, "https://[bold]news.example/1"]], ("failed", "link"))
"""


def test_a_terminal_shows_some_columns_only_where_something_stands_in_them(tmp_path):
    shown = [line.split() for line in at_a_terminal(tmp_path, "-c", USED) if line.strip(" ─")]
    assert shown == [["id"], ["1"], ["2"], ["id", "link"], ["1", "https://[bold]news.example/1"]]


NARROW = """
from publisher.cli.output import table
names = ("delivery", "edition", "channel", "to", "state", "attempts", "when", "why", "link")
row = [1812, "12 morning", "telegram", "reader.of.the.gazette@example.org", "cancelled", 3]
row += ["2026-11-24 07:00:00 WET", "telegram answered 400: chat not found, and says no more", LINK]
table("Log", names, [row], ("link",))
"""
URL = "https://news.example/@harbor_gazette/110001234567890123"


@pytest.mark.parametrize(("width", "link"), [(160, ""), (130, ""), (80, ""), (80, URL), (48, "")])
def test_no_word_is_broken_however_narrow_a_terminal_is(tmp_path, width, link):
    shown = at_a_terminal(tmp_path, "-c", NARROW.replace("LINK", repr(link)), width=width)
    words = " ".join(shown).split()
    for word in ("delivery", "morning", "reader.of.the.gazette@example.org", "cancelled", "07:00:00", "telegram", link):
        assert not word or word in words
    assert max(map(len, shown)) <= width
    is_block = any(re.match(r"state +cancelled$", line) for line in shown)
    assert is_block == (width < 130)
    assert any(line.startswith("link") for line in shown) == bool(link)
