"""Erasing reaches what practice sent, beside the ledger."""

from __future__ import annotations

import pytest

from publisher.app import forgetting
from publisher.errors import PublisherError
from publisher.web.inbox import Inbox
from tests.ledger import NOW, open_store, subscribe
from tests.unit.audience.people import find, hash_of

SAID = {"hash_of": hash_of, "why": "wrote", "now": NOW, "actor": "cli:bo"}


def test_what_practice_sent_them_goes_and_what_it_sent_others_stays(tmp_path):
    store, inbox = open_store(tmp_path), Inbox(tmp_path / "inbox")
    subscribe(store, 2)
    inbox.add("mail", {"to": "Reader1@example.org", "html": "<p>Good morning</p>"})
    inbox.add("mail", {"to": "reader2@example.org", "html": "<p>Good morning</p>"})
    receipt = forgetting.erase(tmp_path, store, find(store, "reader1@example.org").id, **SAID)
    assert receipt.counted["inbox"] == 1
    assert [message["to"] for message in inbox.latest("mail")] == ["reader2@example.org"]
    assert forgetting.erase(tmp_path, store, receipt.subscriber_id, **SAID) is None


def test_what_can_not_be_deleted_is_said_and_nobody_was_erased(tmp_path, monkeypatch):
    store, inbox = open_store(tmp_path), Inbox(tmp_path / "inbox")
    subscribe(store, 1)
    inbox.add("mail", {"to": "reader1@example.org"})
    (path,) = (tmp_path / "inbox").iterdir()
    path.rename(path.with_suffix(".kept"))
    path.mkdir()  # no file that could be deleted: it is left alone
    assert forgetting._forget_practice(tmp_path / "inbox", ["reader1@example.org"]) == 1

    def refuse(self, missing_ok=False):
        raise PermissionError(13, "Permission denied")

    path.with_suffix(".kept").write_text("reader1@example.org")
    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    with pytest.raises(PublisherError, match="can't be deleted: Permission denied"):
        forgetting.erase(tmp_path, store, find(store, "reader1@example.org").id, **SAID)
    assert find(store, "reader1@example.org")
