"""What is LinkedIn's own; what every sender does is in tests/conformance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from publisher.errors import ConfigError
from publisher.model.call import Outcome, Scope, Verdict
from publisher.model.message import Card, PictureRules, Post, PostRules
from publisher.model.post_size import fits
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.linkedin_payload import as_it_is
from publisher.senders.registry import build
from publisher.senders.verdicts import next_midnight
from publisher.testing import DIALECTS, FakeProvider, Fault, MemoryJournal, call_to, sample_picture, sample_post

DUPLICATE = {"status": 422, "code": "DUPLICATE_POST", "message": "Content is a duplicate of urn:li:ugcPost:77"}


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("linkedin") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url)


def made(**options: object) -> Sender:
    given = {"token": "linkedin-t0ken", "author": "urn:li:person:h4rbor", **options}
    return build(Channel("linkedin", "linkedin"), given)


def verdict_of(sender: Sender, provider: FakeProvider, fault: Fault) -> Verdict:
    provider.fails(fault)
    return sender.send(call_to(sample_post()), MemoryJournal()).verdict


def test_the_request_is_what_the_provider_documents(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(call_to(sample_post()), MemoryJournal())
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/rest/posts")
    assert request.headers["authorization"] == "Bearer linkedin-t0ken"
    assert request.headers["linkedin-version"] == "202601"
    assert request.headers["x-restli-protocol-version"] == "2.0.0"
    assert request.json == {
        "author": "urn:li:person:h4rbor",
        "commentary": "1/ The harbour reopens https://harbor.example/1",
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
        "content": {
            "article": {
                "source": "https://harbor.example/1",
                "title": "The harbour reopens",
                "description": "Ferries sail again.",
            }
        },
    }
    assert answer.verdict.provider_id == "urn:li:share:7400001"
    assert answer.verdict.url == "https://www.linkedin.com/feed/update/urn:li:share:7400001/"


def test_what_is_not_used_is_absent_from_the_request(sender: Sender, provider: FakeProvider) -> None:
    for card in (None, Card("https://harbor.example/2", "The ferry")):
        sender.send(call_to(Post(("The ferry",), card=card)), MemoryJournal())
    bare, short = (request.json for request in provider.requests)
    assert "content" not in bare
    assert short["content"] == {"article": {"source": "https://harbor.example/2", "title": "The ferry"}}


def test_an_organisation_posts_with_a_version_that_the_editor_chose(provider: FakeProvider) -> None:
    provider.dialect = DIALECTS["linkedin"](author="urn:li:organization:42")
    sender = made(base_url=provider.url, author="urn:li:organization:42", version="202609")
    verdict = sender.send(call_to(sample_post()), MemoryJournal()).verdict
    assert provider.requests[0].headers["linkedin-version"] == "202609"
    assert provider.requests[0].json["author"] == "urn:li:organization:42"
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)  # the fake serves one version
    assert "write a `version`" in verdict.reason


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Price (new) 50% [a_b] *x* {y} a|b ~z <t> @me \\",
            "Price \\(new\\) 50% \\[a\\_b\\] \\*x\\* \\{y\\} a\\|b \\~z \\<t\\> \\@me \\\\",
        ),
        ("#Harbor and #Ferry, but # 1 and #\u2060no1", "#Harbor and #Ferry, but \\# 1 and \\#\u2060no1"),
        ("https://harbor.example/a_b(c)#top", "https://harbor.example/a\\_b\\(c\\)\\#top"),
        (
            "@[Mayor](urn:li:person:7) {hashtag|\\#|x}",
            "\\@\\[Mayor\\]\\(urn:li:person:7\\) \\{hashtag\\|\\\\\\#\\|x\\}",
        ),
    ],
)
def test_nobody_is_mentioned_and_only_hashtags_are_markup(text: str, said: str) -> None:
    assert as_it_is(text) == said


@pytest.mark.parametrize("sign", ["x", "é", "日", "👍", "(", "👨‍👩‍👧‍👦"])
def test_what_fits_is_taken_and_one_sign_more_is_not(sender: Sender, sign: str) -> None:
    most = 3_000 // (len(sign.encode("utf-16-le")) // 2)
    for text, outcome in ((sign * most, Outcome.SENT), (sign * (most + 1), Outcome.REFUSED)):
        assert fits(text, sender.rules) == (outcome is Outcome.SENT)
        assert sender.send(call_to(Post((text,))), MemoryJournal()).verdict.outcome is outcome


def test_a_refusal_of_the_message_carries_the_providers_words(sender: Sender) -> None:
    verdict = sender.send(call_to(Post(("x" * 3_001,))), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert verdict.reason == "HTTP 422: commentary is longer than 3000"


def test_an_empty_post_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    for parts in ((), ("",), ("one", "  ")):
        assert sender.send(call_to(Post(parts)), MemoryJournal()).verdict.outcome is Outcome.REFUSED
    assert provider.requests == []


def test_a_post_that_stands_already_is_sent_and_named_by_the_refusal(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault.dropped_after())
    said = [sender.send(call_to(sample_post()), MemoryJournal()).verdict for _ in range(10)]
    assert [verdict.outcome for verdict in said] == [Outcome.UNKNOWN] + [Outcome.SENT] * 9
    assert {verdict.provider_id for verdict in said[1:]} == {"urn:li:share:7400001"}
    assert len(provider.accepted) == 1


def test_a_duplicate_is_sent_wherever_the_code_stands_and_even_without_a_name(
    sender: Sender, provider: FakeProvider
) -> None:
    verdict = verdict_of(sender, provider, Fault(422, DUPLICATE))
    assert (verdict.outcome, verdict.provider_id) == (Outcome.SENT, "urn:li:ugcPost:77")
    verdict = verdict_of(sender, provider, Fault(422, {**DUPLICATE, "message": "Content is a duplicate"}))
    assert (verdict.outcome, verdict.provider_id, verdict.url) == (Outcome.SENT, "", "")
    words = {"message": "commentary says DUPLICATE_POST and urn:li:share:7", "code": "INVALID_VALUE"}
    assert verdict_of(sender, provider, Fault(422, words)).outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("status", "code", "remedy"),
    [
        (401, "EXPIRED_ACCESS_TOKEN", "make a new one"),
        (401, "REVOKED_ACCESS_TOKEN", "make a new one"),
        (403, "ACCESS_DENIED", "w_organization_social"),
        (426, "NONEXISTENT_VERSION", "write a `version`"),
        (400, "NONEXISTENT_VERSION", "write a `version`"),
    ],
)
def test_what_is_no_fault_of_the_post_stops_the_channel_and_says_what_to_mend(
    sender: Sender, provider: FakeProvider, status: int, code: str, remedy: str
) -> None:
    verdict = verdict_of(sender, provider, Fault(status, {"message": "no", "code": code}))
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
    assert verdict.reason.startswith(f"HTTP {status}: no; ")
    assert remedy in verdict.reason


def test_a_quota_of_the_day_is_asked_for_at_midnight(sender: Sender, provider: FakeProvider) -> None:
    words = {"message": "Resource level throttle APPLICATION_AND_MEMBER DAY limit for calls is reached."}
    before = sender.http.clock()
    verdict = verdict_of(sender, provider, Fault(429, words))
    assert verdict.outcome is Outcome.DEFERRED
    assert verdict.until in (next_midnight(before), next_midnight(sender.http.clock()))
    verdict = verdict_of(sender, provider, Fault(429, words, {"Retry-After": "30"}))
    assert verdict.until is not None
    assert verdict.until - sender.http.clock() <= timedelta(seconds=30)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(409, {"message": "conflict"}),
        Fault(201, "", accept=True),
        Fault(201, "", {"x-restli-id": "urn:li:person:7"}, accept=True),
        Fault(500, DUPLICATE),
    ],
)
def test_what_may_have_been_taken_is_unknown_and_is_not_said_again(
    sender: Sender, provider: FakeProvider, fault: Fault
) -> None:
    assert verdict_of(sender, provider, fault).outcome is Outcome.UNKNOWN
    assert (sender.idempotent_for, sender.asked_for) == (None, None)


def test_a_card_stands_under_the_first_post_alone(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_post(2)), MemoryJournal())
    assert ["content" in request.json for request in provider.requests] == [True, False]


def test_a_picture_is_put_where_linkedin_says_and_named_in_the_card(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_post(), picture=sample_picture(in_card=True)), MemoryJournal())
    asked, put, said = provider.requests
    assert (asked.method, asked.path) == ("POST", "/rest/images?action=initializeUpload")
    assert asked.json == {"initializeUploadRequest": {"owner": "urn:li:person:h4rbor"}}
    assert (put.method, put.body) == ("PUT", sample_picture().content)
    assert (put.headers["content-type"], put.headers["authorization"]) == ("image/jpeg", "Bearer linkedin-t0ken")
    assert said.json["content"]["article"]["thumbnail"] == "urn:li:image:C4E1"


def test_an_attached_picture_stands_in_the_cards_place_with_its_description(
    sender: Sender, provider: FakeProvider
) -> None:
    sender.send(call_to(sample_post(), picture=sample_picture()), MemoryJournal())
    assert provider.requests[-1].json["content"] == {
        "media": {"id": "urn:li:image:C4E1", "altText": "A ferry leaves the quay"}
    }


def test_a_picture_that_linkedin_is_still_at_work_on_is_waited_for_and_put_once(provider: FakeProvider) -> None:
    provider.dialect = DIALECTS["linkedin"](author="urn:li:organization:42")
    sender = made(base_url=provider.url, author="urn:li:organization:42")
    call, journal = call_to(sample_post(), picture=sample_picture()), MemoryJournal()
    late = Fault(accept=True, delay=0.001)
    provider.uploads_fail(late, late, Fault(200, {"status": "PROCESSING"}))
    waiting = sender.send(call, journal).verdict
    assert provider.requests[-1].path == "/rest/images/urn%3Ali%3Aimage%3AC4E1"
    assert (waiting.outcome, waiting.provider_id) == (Outcome.DEFERRED, "")
    assert waiting.until is not None
    provider.uploads_fail(Fault(200, {"status": "PROCESSING"}))
    assert sender.send(call, journal).verdict.outcome is Outcome.DEFERRED
    assert sender.send(call, journal).verdict.outcome is Outcome.SENT
    assert [request.method for request in provider.uploading()] == ["POST", "PUT", "GET", "GET", "GET"]


def test_a_picture_that_linkedin_can_not_read_is_left_out(provider: FakeProvider) -> None:
    provider.dialect = DIALECTS["linkedin"](author="urn:li:organization:42")
    sender = made(base_url=provider.url, author="urn:li:organization:42")
    late = Fault(accept=True, delay=0.001)
    provider.uploads_fail(late, late, Fault(200, {"status": "PROCESSING_FAILED"}))
    verdict = sender.send(call_to(sample_post(), picture=sample_picture()), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.reason) == (
        Outcome.SENT,
        "sent without its picture: LinkedIn could not read it",
    )
    assert "article" in provider.requests[-1].json["content"]  # the card stands, where a picture was to replace it


def test_an_organisation_that_may_not_ask_about_its_picture_posts_it(provider: FakeProvider) -> None:
    provider.dialect = DIALECTS["linkedin"](author="urn:li:organization:42")
    sender = made(base_url=provider.url, author="urn:li:organization:42")
    late = Fault(accept=True, delay=0.001)
    provider.uploads_fail(late, late, Fault(403, {"message": "Not enough permissions", "code": "ACCESS_DENIED"}))
    verdict = sender.send(call_to(sample_post(), picture=sample_picture()), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.reason) == (Outcome.SENT, "")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/dms-uploads/1",
        "https://linkedin.com.evil.example/1",
        "http://www.linkedin.com/1",
        "//[",
        "",
    ],
)
def test_no_token_goes_to_a_place_that_is_not_linkedins(sender: Sender, provider: FakeProvider, url: str) -> None:
    place = {"value": {"image": "urn:li:image:C4E1", "uploadUrl": url}}
    provider.uploads_fail(Fault(200, place))
    verdict = sender.send(call_to(sample_post(), picture=sample_picture()), MemoryJournal()).verdict
    assert verdict.outcome is Outcome.DEFERRED
    assert len(provider.requests) == 1


def test_a_picture_of_yesterday_is_put_again(sender: Sender, provider: FakeProvider) -> None:
    journal = MemoryJournal()
    at = sender.http.clock() - timedelta(hours=13)
    journal.note("picture", {"id": "urn:li:image:gone", "ready": True, "at": at.isoformat()})
    verdict = sender.send(call_to(sample_post(), picture=sample_picture()), journal).verdict
    assert verdict.outcome is Outcome.SENT
    assert provider.requests[-1].json["content"]["media"]["id"] == "urn:li:image:C4E1"


def test_the_limits_are_the_networks() -> None:
    uploads = PictureRules(most_bytes=5_000_000, most_alt=4_000)
    assert made().rules == PostRules("linkedin", 3_000, unit="utf16", shows_card=True, uploads=uploads)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("author", each) for each in ("h4rbor", "urn:li:company:7", "urn:li:organization:x", "")),
        *(("version", each) for each in ("2026", "202613", "v2")),
    ],
)
def test_an_option_that_can_not_be_meant_is_refused(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"`{name}`"):
        made(**{name: value})
