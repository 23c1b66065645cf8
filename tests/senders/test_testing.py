"""What we ship for the authors of senders: the fake is strict, and remembers."""

from __future__ import annotations

import subprocess
import sys

import pytest
import requests

from publisher import testing
from publisher.testing import (
    DIALECTS,
    Accepted,
    FakeProvider,
    Fault,
    MemoryJournal,
    Received,
    Response,
    call_to,
    dialects,
    expand_mailgun,
    sample_post,
)
from publisher.testing.provider import short_by_one

GOT = Received("POST", "/", {}, b"")


def test_the_package_needs_no_pytest_until_the_suite_is_asked_for() -> None:
    code = "import sys, publisher.testing; sys.exit('pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_a_request_that_is_not_the_providers_is_not_accepted(name: str) -> None:
    with FakeProvider(name) as provider:
        for path in ("/", "/api/v1/send", "/api/v1/statuses", "/v3/mg.harbor.example/messages"):
            requests.post(provider.url + path, data=b"nonsense", timeout=5)
        assert len(provider.requests) == 4
        assert provider.accepted == []


def test_mailgun_refuses_to_show_readers_to_one_another() -> None:
    form = [("from", "a@x"), ("subject", "s"), ("text", "t"), ("to", "a@example.org"), ("to", "b@example.org")]
    with FakeProvider("mailgun") as provider:
        url = f"{provider.url}/v3/mg.harbor.example/messages"
        refused = requests.post(url, data=form, auth=("api", "key-0123456789"), timeout=5)
        assert refused.status_code == 400
        taken = requests.post(url, data=form[:4], auth=("api", "key-0123456789"), timeout=5)
        assert taken.status_code == 200


def test_faults_come_one_by_one_and_then_end() -> None:
    with FakeProvider("mailpit") as provider:
        provider.fails(Fault.server_error(), Fault.web_page(), Fault.unavailable("3"))
        statuses = [requests.post(provider.url, data=b"", timeout=5).status_code for _ in range(4)]
    assert statuses == [500, 502, 503, 404]


def test_an_answer_can_count_one_reader_fewer_than_were_taken() -> None:
    taken = (Accepted("a@example.org", "", "1", GOT), Accepted("b@example.org", "", "1", GOT))
    said = {"results": [{"id": 1}, {"id": 2}], "accepted": 2, "id": "2"}
    assert short_by_one(Response(200, said, taken)).body == {"results": [{"id": 1}], "accepted": 1, "id": "2"}
    quiet = Response(200, {"id": "x", "accepted": True}, taken)
    assert short_by_one(quiet) == quiet


def test_a_mastodon_that_ignores_keys_doubles_a_post() -> None:
    body = {"status": "Hello"}
    headers = {"Authorization": "Bearer mastodon-t0ken", "Idempotency-Key": "k"}
    for honours, posts in ((True, 1), (False, 2)):
        with FakeProvider(DIALECTS["mastodon"](honours_keys=honours)) as provider:
            for _ in range(2):
                requests.post(f"{provider.url}/api/v1/statuses", json=body, headers=headers, timeout=5)
            assert len(provider.accepted) == posts


def test_variables_are_put_in_once_and_not_looked_at_again() -> None:
    form = [
        ("to", "Ana <a@example.org>"),
        ("to", "b@example.org"),
        ("subject", "%recipient.x%, 100% %recipient.none%"),
        ("recipient-variables", '{"a@example.org": {"x": "%recipient.y%", "y": "no"}, "b@example.org": {"x": "B"}}'),
    ]
    subjects = [message["subject"] for message in expand_mailgun(form)]
    assert subjects == ["%recipient.y%, 100% %recipient.none%", "B, 100% %recipient.none%"]


def test_a_journal_takes_only_what_the_store_could_keep() -> None:
    journal = MemoryJournal()
    assert journal.noted("part 1") is None
    journal.note("part 1", {"id": "7"})
    assert journal.noted("part 1") == {"id": "7"}
    with pytest.raises(TypeError):
        journal.note("part 2", {"at": object()})


def test_a_post_goes_to_one_account() -> None:
    assert len(call_to(sample_post()).recipients) == 1


def test_whatever_a_dialect_is_written_with_is_at_hand_under_one_name() -> None:
    for name in dialects.__all__:
        assert name in testing.__all__
        assert getattr(testing, name) is getattr(dialects, name)
