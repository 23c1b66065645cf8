"""What is Mastodon's own; what every sender does is in tests/conformance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.clock import now
from publisher.model.call import Outcome, Scope
from publisher.model.message import PictureRules, Post, PostRules
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_picture, sample_post
from publisher.testing.dialects import Shown


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("mastodon") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url)


def made(**options: object) -> Sender:
    given = {"instance": "https://news.example/", "token": "mastodon-t0ken", **options}
    return build(Channel("mastodon", "mastodon"), given)


def test_the_request_is_what_the_provider_documents(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(call_to(sample_post()), MemoryJournal())
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/api/v1/statuses")
    assert request.headers["idempotency-key"] == "call-1-k3y"
    assert request.json == {
        "status": "1/ The harbour reopens https://harbor.example/1",
        "visibility": "public",
        "language": "en",
    }
    assert answer.verdict.provider_id == "110001"
    assert answer.verdict.url == "https://news.example/@gazette/110001"


def test_what_is_not_used_is_absent_from_the_request(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_post()), MemoryJournal())
    assert not {"in_reply_to_id", "spoiler_text", "media_ids"} & provider.requests[0].json.keys()


def test_a_refusal_of_the_message_carries_the_providers_words(sender: Sender, provider: FakeProvider) -> None:
    verdict = sender.send(call_to(Post(("x" * 501,))), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert verdict.reason.startswith("HTTP 422: Validation failed: Text character limit of 500 exceeded; ")


def test_a_server_that_takes_less_than_the_channel_says_fails_the_post_with_what_to_write(provider) -> None:
    sender = made(base_url=provider.url, limit=5_000)
    verdict = sender.send(call_to(Post(("x" * 501,))), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert "; write the `limit` that the server has" in verdict.reason
    assert sender.send(call_to(Post(("x" * 500,)), key="call-2"), MemoryJournal()).verdict.outcome is Outcome.SENT


def test_a_thread_stands_as_far_as_a_server_takes_it_that_takes_less_than_the_channel_says(provider) -> None:
    call, journal = call_to(Post(("One", "x" * 501, "Three"))), MemoryJournal()
    sender = made(base_url=provider.url, limit=5_000)
    for _ in range(3):
        verdict = sender.send(call, journal).verdict
        assert (verdict.outcome, verdict.reason[-17:]) == (Outcome.REFUSED, "; 1 already posted"[-17:])
    assert [status["status"] for status in provider.dialect.statuses.values()] == ["One"]


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_refused_post_is_final(sender: Sender, provider: FakeProvider, status: int) -> None:
    provider.fails(Fault(status, {"error": "no"}))
    verdict = sender.send(call_to(sample_post()), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)


@pytest.mark.parametrize("form", ["iso", "epoch"])
def test_the_rate_limits_reset_is_kept(sender: Sender, provider: FakeProvider, form: str) -> None:
    until = now().replace(microsecond=0) + timedelta(minutes=5)
    value = str(int(until.timestamp())) if form == "epoch" else until.isoformat().replace("+00:00", ".000000Z")
    provider.fails(Fault(429, {"error": "Too many requests"}, {"X-RateLimit-Reset": value}))
    verdict = sender.send(call_to(sample_post()), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.until) == (Outcome.DEFERRED, until)


def test_an_upload_that_was_the_last_one_lets_its_post_go_and_says_so(sender: Sender, provider: FakeProvider) -> None:
    until = now() + timedelta(minutes=30)
    limits = provider.dialect.counts(0, until)
    picture = {"id": "22134248", "type": "image", "url": None}
    provider.dialect.media["22134248"] = Shown(b"", "")
    provider.uploads_fail(Fault(200, picture, limits))
    answer = sender.send(call_to(sample_post(), picture=sample_picture()), MemoryJournal())
    assert answer.verdict.outcome is Outcome.SENT
    assert answer.rest is not None
    assert abs(answer.rest.until - until) < timedelta(seconds=1)


def test_a_503_that_only_counts_our_requests_does_not_say_that_nothing_was_taken(
    sender: Sender, provider: FakeProvider
) -> None:
    reset = (now() + timedelta(minutes=5)).isoformat()  # stands on every answer
    provider.fails(Fault(503, "busy", {"X-RateLimit-Reset": reset}))
    assert sender.send(call_to(sample_post()), MemoryJournal()).verdict.outcome is Outcome.UNKNOWN


def test_a_thread_is_posted_part_by_part(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(call_to(sample_post(3)), MemoryJournal())
    bodies = [request.json for request in provider.requests]
    assert [body.get("in_reply_to_id") for body in bodies] == [None, "110001", "110002"]
    assert [body["visibility"] for body in bodies] == ["public", "unlisted", "unlisted"]
    assert len({request.headers["idempotency-key"] for request in provider.requests}) == 3
    assert answer.verdict.provider_id == "110001"


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault.dropped_after(), Outcome.UNKNOWN),
        (Fault.too_many("9"), Outcome.DEFERRED),
        (Fault.server_error(), Outcome.UNKNOWN),
    ],
)
def test_a_retry_continues_a_thread_where_it_broke(
    sender: Sender, provider: FakeProvider, fault: Fault, outcome: Outcome
) -> None:
    call, journal = call_to(sample_post(3)), MemoryJournal()
    provider.fails(Fault(accept=True, drop="", delay=0.01), fault)
    broken = sender.send(call, journal).verdict
    assert broken.outcome is outcome
    assert broken.reason.startswith("part 2 of 3")
    answer = sender.send(call, journal)
    assert answer.verdict.outcome is Outcome.SENT
    assert answer.verdict.provider_id == "110001"
    statuses = [taken.request.json["status"] for taken in provider.accepted]
    assert statuses == list(sample_post(3).parts)


def test_a_thread_that_was_all_posted_is_sent_without_asking(sender: Sender, provider: FakeProvider) -> None:
    call, journal = call_to(sample_post(2)), MemoryJournal()
    sender.send(call, journal)
    answer = sender.send(call, journal)
    assert (answer.verdict.outcome, answer.verdict.url) == (Outcome.SENT, "https://news.example/@gazette/110001")
    assert len(provider.requests) == 2


def test_an_empty_post_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    for parts in ((), ("",), ("one", "  ")):
        assert sender.send(call_to(Post(parts)), MemoryJournal()).verdict.outcome is Outcome.REFUSED
    assert provider.requests == []


def test_a_picture_goes_up_with_its_description_before_its_post(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_post(2), picture=sample_picture()), MemoryJournal())
    upload, first, second = provider.requests
    assert (upload.method, upload.path) == ("POST", "/api/v2/media")
    assert upload.headers["authorization"] == "Bearer mastodon-t0ken"
    assert upload.parts["description"].text == "A ferry leaves the quay"
    file = upload.parts["file"]
    assert (file.name, file.type, file.content) == ("picture.jpg", "image/jpeg", sample_picture().content)
    assert [each.json.get("media_ids") for each in (first, second)] == [["220001"], None]


def test_what_nobody_described_goes_up_without_a_description(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_post(), picture=replace(sample_picture(), alt="")), MemoryJournal())
    assert provider.requests[0].parts.keys() == {"file"}


def test_a_picture_that_the_server_is_still_at_work_on_is_waited_for_and_goes_up_once(
    sender: Sender, provider: FakeProvider
) -> None:
    provider.dialect.works_on = 3
    call, journal = call_to(sample_post(), picture=sample_picture()), MemoryJournal()
    for _ in range(3):
        waiting = sender.send(call, journal).verdict
        assert (waiting.outcome, waiting.provider_id) == (Outcome.DEFERRED, "")
        assert waiting.until is not None
    assert sender.send(call, journal).verdict.outcome is Outcome.SENT
    asked = [f"{request.method} {request.path}" for request in provider.uploading()]
    assert asked == ["POST /api/v2/media", *["GET /api/v1/media/220001"] * 3]


def test_a_picture_that_is_gone_before_it_was_ready_goes_up_again(sender: Sender, provider: FakeProvider) -> None:
    provider.dialect.works_on = 1
    call, journal = call_to(sample_post(), picture=sample_picture()), MemoryJournal()
    sender.send(call, journal)
    provider.dialect.media.clear()
    assert sender.send(call, journal).verdict.outcome is Outcome.SENT
    assert [request.method for request in provider.uploading()] == ["POST", "GET", "POST"]


def test_a_token_that_may_not_upload_stops_the_channel_and_says_what_it_needs(
    sender: Sender, provider: FakeProvider
) -> None:
    provider.uploads_fail(Fault(403, {"error": "This action is outside the authorized scopes"}))
    verdict = sender.send(call_to(sample_post(), picture=sample_picture()), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
    assert verdict.reason.endswith("; the token needs the scope write:media")


def test_the_rate_limit_of_uploads_is_kept(sender: Sender, provider: FakeProvider) -> None:
    until = now().replace(microsecond=0) + timedelta(minutes=20)
    provider.uploads_fail(Fault(429, {"error": "Too many requests"}, {"X-RateLimit-Reset": until.isoformat()}))
    verdict = sender.send(call_to(sample_post(), picture=sample_picture()), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.until) == (Outcome.DEFERRED, until)


def test_the_limits_are_the_editors() -> None:
    pictures = PictureRules(most_bytes=4_000_000, most_alt=1_500)
    assert made().rules == PostRules("mastodon", 500, 23, threads=True, uploads=pictures)
    assert made(limit=5_000, url_length=25).rules == PostRules("mastodon", 5_000, 25, threads=True, uploads=pictures)


def test_a_server_that_ignores_keys_is_never_asked_twice() -> None:
    assert made().idempotent_for == timedelta(hours=1)
    assert made(honours_keys=False).idempotent_for is None


def test_the_editor_decides_who_sees_a_post(provider: FakeProvider) -> None:
    made(base_url=provider.url, visibility="private").send(call_to(sample_post(2)), MemoryJournal())
    assert [request.json["visibility"] for request in provider.requests] == ["private", "private"]
