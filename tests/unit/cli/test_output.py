"""Tables at a terminal: texts give way, and what is short stays in one line."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

from publisher.cli.output import headline
from publisher.clock import now
from tests.ledger import Clock
from tests.project import environment
from tests.unit.app.project import compose_now, open_with_press, write_feed

WIDTH = 100


def at_a_terminal(folder, *words: str) -> list[str]:
    """Return the lines that Python, called with these words, prints at a terminal of 100 columns."""
    ours, theirs = pty.openpty()
    command = [sys.executable, *words]
    env = {**environment(), "COLUMNS": str(WIDTH), "NO_COLOR": "1", "TERM": "xterm"}
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
from publisher.cli.output import table
row = [1, "a-name-of-thirty-characters-ab", "2026-11-24 07:00:00 WET", "word " * 20, "reason " * 15]
table("", ["id", "source", "when", "headline", "reason"], [row])
table("", ["id", "source", "when", "sent in", "reason"], [row])
"""


def test_texts_make_room_for_times_and_names_unless_there_is_none(tmp_path):
    fits, _, folded = "\n".join(at_a_terminal(tmp_path, "-c", CODE)).partition("sent in")
    assert re.search(r"1 +a-name-of-thirty-characters-ab +2026-11-24 07:00:00 WET +word", fits)
    assert folded.count("word") == 20  # nothing is lost where not everything has room


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


def test_a_headline_is_cut_where_no_table_has_room_for_it():
    assert headline("Bridge opens") == "Bridge opens"
    assert headline("word " * 400).endswith("word…")
    assert len(headline("word " * 400)) <= 100
