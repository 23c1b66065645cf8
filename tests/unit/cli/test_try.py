"""`publisher try --once` at its end: the files are all that is left."""

from __future__ import annotations

from tests.project import ProjectDir


def test_what_is_left_is_said_and_nothing_that_is_gone(tmp_path):
    project = ProjectDir(tmp_path, "http://127.0.0.1:9")
    said = project.publisher("try", "feed.xml", "--once", "--out", "out")
    printed = said[: said.index("out/index.html") + len("out/index.html")]
    assert printed.splitlines()[-1] == f"See the mail and the posts: {tmp_path / 'out' / 'index.html'}"
    assert "127.0.0.1" not in printed
    assert "publisher run" not in printed
