"""`publisher hooks`, as a person types it."""

from __future__ import annotations

import json
import re

import pytest

from publisher.app import App
from publisher.app.speaking import Speaker
from publisher.cli import hooks
from publisher.errors import UsageError
from tests.project import ProjectDir
from tests.receiver import receiving


def test_from_the_first_word_to_the_last(tmp_path, capsys):
    ProjectDir(tmp_path, "http://127.0.0.1:9")

    def said(verb, *words, **options) -> str:
        verb(*words, project=tmp_path, **options)
        return capsys.readouterr().out

    with receiving() as receiver:
        added = said(hooks.add, receiver.address, on=["edition.closed"], allow_private=True)
        (secret,) = re.findall(r"^whsec_\S+$", added, re.MULTILINE)
        assert "message 1 is said soon" in said(hooks.test, 1)
        app = App.open(tmp_path)
        speaker = Speaker(app)
        speaker.speak()
        while speaker.is_busy:
            pass
        app.store.close()
        assert len(receiver.heard) == 1
    listed = said(hooks.list_, as_json=True)
    (hook,) = json.loads(listed)
    assert (hook["state"], hook["events"], hook["waiting"]) == ("open", ["edition.closed"], 0)
    assert secret not in listed + said(hooks.list_)
    assert "HTTP 204" in said(hooks.log, 1, state=None, limit=50)
    (message,) = json.loads(said(hooks.log, 1, state=None, limit=50, as_json=True))
    assert (message["kind"], message["state"]) == ("hook.test", "said")
    assert "1 message is said again" in said(hooks.again, 1, 1)
    assert "nothing was given up" in said(hooks.again, 1)
    assert "is paused" in said(hooks.pause, 1, "it moves")
    assert "is told again" in said(hooks.resume, 1)
    assert secret not in said(hooks.rotate, 1)
    assert "has ended" in said(hooks.end, 1, yes=True)


def test_an_event_that_is_none_is_refused_before_anything_is_written(tmp_path):
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    with pytest.raises(UsageError, match=r"edition\.closed"):
        hooks.add("https://news.example/", on=["edition.close"], project=tmp_path)
