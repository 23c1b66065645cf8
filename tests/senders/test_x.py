"""What is X's own; what every sender does is in tests/conformance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from publisher.errors import ConfigError
from publisher.model.call import Outcome, Rest, Scope, Verdict
from publisher.model.message import PictureRules, Post, PostRules, Prices
from publisher.model.post_size import fits
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build, sender_class
from publisher.testing import DIALECTS, FakeProvider, Fault, MemoryJournal, call_to, sample_picture, sample_post

FIRST = "1990000000000000001"
MADE_AT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)  # when the fake's posts are made
KEYS = {"api_key": "x-4pp", "api_secret": "s", "access_token": "x-t0ken", "access_secret": "s"}
DUPLICATE = Fault(
    403, {"title": "Forbidden", "detail": "You are not allowed to create a Tweet with duplicate content."}
)


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("x") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url)


def made(**options: object) -> Sender:
    return build(Channel("x", "x"), {"token": "x-oauth2-t0ken", **options})


def verdict_of(sender: Sender, provider: FakeProvider, fault: Fault) -> Verdict:
    provider.fails(fault)
    return sender.send(call_to(sample_post()), MemoryJournal()).verdict


def problem(status: int, kind: str, detail: str = "no", **headers: str) -> Fault:
    said = {"title": "Problem", "detail": detail, "type": f"https://api.x.com/2/problems/{kind}"}
    return Fault(status, said, headers)


def test_the_request_is_what_the_provider_documents(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(call_to(sample_post()), MemoryJournal())
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/2/tweets")
    assert request.headers["authorization"] == "Bearer x-oauth2-t0ken"
    assert request.headers["content-type"] == "application/json"
    assert request.json == {"text": "1/ The harbour reopens https://harbor.example/1"}
    assert (answer.verdict.provider_id, answer.verdict.url) == (FIRST, f"https://x.com/i/status/{FIRST}")


def test_a_thread_is_posted_part_by_part(sender: Sender, provider: FakeProvider) -> None:
    answer = sender.send(call_to(sample_post(3)), MemoryJournal())
    bodies = [request.json for request in provider.requests]
    parents = [body.get("reply", {}).get("in_reply_to_tweet_id") for body in bodies]
    assert parents == [None, FIRST, "1990000000000000002"]
    assert answer.verdict.provider_id == FIRST


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("x", 280),
        ("日", 140),
        ("👨‍👩‍👧‍👦", 140),
        ("€", 140),
        ("https://harbor.com/a/very/long/path?with=a&query=that&goes=on&and=on ", 11),
    ],
)
def test_what_fits_is_taken_and_one_more_is_not(sender: Sender, text: str, least: int) -> None:
    for many, outcome in ((least, Outcome.SENT), (least + 1, Outcome.REFUSED)):
        assert fits(text * many, sender.rules) == (outcome is Outcome.SENT)
        assert sender.send(call_to(Post((text * many,))), MemoryJournal()).verdict.outcome is outcome


def test_an_account_that_pays_may_say_more(provider: FakeProvider) -> None:
    provider.dialect = DIALECTS["x"](limit=4_000)
    sender = made(base_url=provider.url, limit=4_000)
    pictures = PictureRules(most_bytes=5_000_000, most_alt=1_000)
    assert replace(sender.rules, prices=None) == PostRules("x", 4_000, unit="weighted", threads=True, uploads=pictures)
    call = call_to(Post(("Ferries & more https://harbor.example/1 " + "x" * 3_000,)))
    said = sender.send(call, MemoryJournal()).verdict
    assert said.outcome is Outcome.SENT
    assert sender.ask(call).verdict == said


def test_a_refusal_of_the_message_carries_the_providers_words(sender: Sender) -> None:
    verdict = sender.send(call_to(Post(("x" * 281,))), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert verdict.reason == "HTTP 400: Your Tweet text is too long."


def test_an_empty_post_never_leaves(sender: Sender, provider: FakeProvider) -> None:
    for parts in ((), ("",), ("one", "  ")):
        assert sender.send(call_to(Post(parts)), MemoryJournal()).verdict.outcome is Outcome.REFUSED
    assert provider.requests == []


def test_a_post_that_stands_already_is_sent_with_its_own_id(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault.dropped_after())
    said = [sender.send(call_to(sample_post()), MemoryJournal()).verdict for _ in range(10)]
    assert [verdict.outcome for verdict in said] == [Outcome.UNKNOWN] + [Outcome.SENT] * 9
    assert {verdict.provider_id for verdict in said[1:]} == {FIRST}
    assert len(provider.accepted) == 1


def test_a_part_that_stands_already_is_answered_by_the_next(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault.dropped_after())
    for _ in range(2):
        verdict = sender.send(call_to(sample_post(2)), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.provider_id) == (Outcome.SENT, FIRST)
    assert provider.requests[-1].json["reply"] == {"in_reply_to_tweet_id": FIRST}
    assert len(provider.accepted) == 2


def test_a_duplicate_that_is_not_found_is_sent_but_nothing_can_answer_it(
    sender: Sender, provider: FakeProvider
) -> None:
    assert verdict_of(sender, provider, DUPLICATE) == Verdict(Outcome.SENT)
    provider.fails(DUPLICATE, Fault(401))
    assert sender.send(call_to(sample_post()), MemoryJournal()).verdict == Verdict(Outcome.SENT)
    provider.fails(DUPLICATE)
    verdict = sender.send(call_to(sample_post(2)), MemoryJournal()).verdict
    assert verdict.outcome is Outcome.UNKNOWN
    assert "stands already" in verdict.reason
    assert provider.accepted == []


def test_what_the_account_posted_since_is_asked_for(sender: Sender, provider: FakeProvider) -> None:
    call = replace(call_to(Post(("Ferries & <more> https://harbor.example/1?a=1&b=2", "Second"))), spoke_at=MADE_AT)
    assert sender.ask(call).verdict.outcome is Outcome.UNKNOWN
    journal = MemoryJournal()
    provider.fails(Fault(accept=True, delay=0.001), Fault.server_error())
    sender.send(call, journal)
    assert sender.ask(call).verdict.outcome is Outcome.UNKNOWN  # half a thread
    said = sender.send(call, journal).verdict
    for asked in (call, replace(call, spoke_at=MADE_AT + timedelta(hours=20)), replace(call, spoke_at=None)):
        assert sender.ask(asked).verdict == said
    assert sender.ask(replace(call, spoke_at=MADE_AT + timedelta(days=2))).verdict.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        (problem(401, "unauthorized"), "make a new one"),
        (problem(402, "unknown"), "until there are credits"),
        (problem(403, "credits-depleted"), "until there are credits"),
        (problem(429, "usage-capped"), "until there are credits"),
        (problem(403, "oauth1-permissions"), "read and write"),
        (problem(403, "client-forbidden"), "API v2"),
        (problem(403, "not-authorized", "Your account is suspended"), "look at X"),
    ],
)
def test_what_is_no_fault_of_the_post_stops_the_channel_and_says_what_to_mend(
    sender: Sender, provider: FakeProvider, fault: Fault, remedy: str
) -> None:
    verdict = verdict_of(sender, provider, fault)
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
    assert verdict.reason.startswith(f"HTTP {fault.status}: ")
    assert remedy in verdict.reason


def test_a_part_whose_parent_is_gone_ends_its_thread_and_no_other_post(sender: Sender, provider: FakeProvider) -> None:
    journal = MemoryJournal()
    journal.note("part 1", {"id": "7", "url": ""})
    verdict = sender.send(call_to(sample_post(2)), journal).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)


@pytest.mark.parametrize("day", ["user", "app"])
def test_the_limit_that_lasts_longer_says_when(sender: Sender, provider: FakeProvider, day: str) -> None:
    now = sender.http.clock().replace(microsecond=0)
    soon, late = now + timedelta(minutes=9), now + timedelta(hours=7)
    headers = {"x-rate-limit-reset": str(int(soon.timestamp()))}
    assert verdict_of(sender, provider, problem(429, "about", **headers)).until == soon
    for left, until in (("3", soon), ("0", late)):
        name = f"x-{day}-limit-24hour"
        of_day = {f"{name}-remaining": left, f"{name}-reset": str(int(late.timestamp()))}
        verdict = verdict_of(sender, provider, problem(429, "about", **headers, **of_day))
        assert (verdict.outcome, verdict.until) == (Outcome.DEFERRED, until)


@pytest.mark.parametrize("day", ["user", "app"])
def test_a_post_that_was_the_last_one_of_the_day_says_so(sender: Sender, provider: FakeProvider, day: str) -> None:
    late = sender.http.clock().replace(microsecond=0) + timedelta(hours=7)
    name = f"x-{day}-limit-24hour"
    of_day = {f"{name}-remaining": "0", f"{name}-reset": str(int(late.timestamp()))}
    provider.fails(Fault(201, {"data": {"id": "7"}}, {"x-rate-limit-remaining": "93", **of_day}))
    answer = sender.send(call_to(sample_post()), MemoryJournal())
    assert (answer.verdict.outcome, answer.rest) == (Outcome.SENT, Rest(late))


def test_what_was_only_looked_for_counts_for_nothing(sender: Sender, provider: FakeProvider) -> None:
    provider.leaves(0, sender.http.clock() + timedelta(minutes=9))
    call = call_to(sample_post())
    assert sender.ask(call).rest is None


def test_headers_that_count_say_nothing_of_a_503(sender: Sender, provider: FakeProvider) -> None:
    reset = str(int((sender.http.clock() + timedelta(minutes=9)).timestamp()))
    fault = Fault(503, {"detail": "over capacity"}, {"x-rate-limit-reset": reset})
    assert verdict_of(sender, provider, fault).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "body", [{"errors": [{"detail": "Something is wrong"}]}, {"data": {}}, {"data": {"id": "x"}}, {"errors": [7]}]
)
def test_a_success_that_names_no_post_is_unknown(sender: Sender, provider: FakeProvider, body: object) -> None:
    verdict = verdict_of(sender, provider, Fault(200, body, accept=True))
    assert verdict.outcome is Outcome.UNKNOWN
    assert "Something" not in str(body) or "Something is wrong" in verdict.reason


def test_errors_beside_a_post_do_not_hide_it(sender: Sender, provider: FakeProvider) -> None:
    fault = Fault(201, {"data": {"id": "7"}, "errors": [{"detail": "no card"}]}, accept=True)
    assert verdict_of(sender, provider, fault).provider_id == "7"


@pytest.mark.parametrize(
    "options",
    [
        {"token": None},
        {**KEYS},
        {**KEYS, "token": None, "access_secret": None},
        {"token": None, "api_key": "k"},
    ],
)
def test_it_needs_all_four_secrets_or_a_token(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"needs `a\w+`.*(or `token` alone|besides what is there)"):
        made(**options)


def test_a_post_is_never_repeated_by_itself() -> None:
    assert made().idempotent_for is None
    with pytest.raises(ConfigError, match="`limit`"):
        made(limit=25_001)


def test_a_picture_goes_up_is_described_and_stands_under_the_first_post(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_post(2), picture=sample_picture()), MemoryJournal())
    upload, about, first, second = provider.requests
    assert [each.path for each in provider.requests[:2]] == ["/2/media/upload", "/2/media/metadata"]
    assert upload.parts["media_category"].text == "tweet_image"
    file = upload.parts["media"]
    assert (file.name, file.type, file.content) == ("picture.jpg", "image/jpeg", sample_picture().content)
    media = "1880000000000000001"
    assert about.json == {"id": media, "metadata": {"alt_text": {"text": "A ferry leaves the quay"}}}
    assert first.json["media"] == {"media_ids": [media]}
    assert second.json.keys() == {"text", "reply"}


def test_what_nobody_described_is_not_described_to_x(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_post(), picture=replace(sample_picture(), alt="")), MemoryJournal())
    assert [request.path for request in provider.requests] == ["/2/media/upload", "/2/tweets"]


def test_a_description_without_an_answer_is_given_again_and_the_picture_is_not(
    sender: Sender, provider: FakeProvider
) -> None:
    call, journal = call_to(sample_post(), picture=sample_picture()), MemoryJournal()
    provider.uploads_fail(Fault(accept=True, delay=0.001), Fault.dropped_after())
    assert sender.send(call, journal).verdict.outcome is Outcome.DEFERRED
    assert sender.send(call, journal).verdict.outcome is Outcome.SENT
    paths = [request.path.rpartition("/")[2] for request in provider.requests]
    assert paths == ["upload", "metadata", "metadata", "tweets"]


def test_a_description_that_is_refused_keeps_the_picture_from_nothing(sender: Sender, provider: FakeProvider) -> None:
    provider.uploads_fail(Fault(accept=True, delay=0.001), problem(400, "invalid-request"))
    verdict = sender.send(call_to(sample_post(), picture=sample_picture()), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.reason) == (Outcome.SENT, "")
    assert provider.dialect.shown[verdict.provider_id].alt == ""


def test_a_duplicate_that_had_a_picture_is_found_too(sender: Sender, provider: FakeProvider) -> None:
    call, journal = call_to(sample_post(), picture=sample_picture()), MemoryJournal()
    provider.fails(Fault.dropped_after())
    said = [sender.send(call, journal).verdict for _ in range(2)]
    assert [verdict.outcome for verdict in said] == [Outcome.UNKNOWN, Outcome.SENT]
    assert (said[1].provider_id, len(provider.accepted)) == (provider.accepted[0].id, 1)


@pytest.mark.parametrize(
    ("options", "prices"),
    [
        ({}, ("0.015", "0.20")),
        ({"price_per_post": 0.03}, ("0.03", "0.20")),
        ({"price_with_link": "${PRICE}"}, ("0.015", "0.20")),  # nobody has looked yet what it is
        ({"price_with_link": "-1"}, ("0.015", "0.20")),
        ({"price_with_link": "NaN"}, ("0.015", "0.20")),
    ],
)
def test_what_x_charges_is_reported_unless_the_editor_says_it(
    options: dict[str, object], prices: tuple[str, str]
) -> None:
    found = sender_class("x").rules_of(options).prices
    assert (str(found.per_post), str(found.with_link)) == prices
    assert "confirmed by nobody" in found.unsure
    own = sender_class("x").rules_of({"price_per_post": "0", "price_with_link": 0.1}).prices
    assert own == Prices(Decimal(0), Decimal("0.1"))


@pytest.mark.parametrize("price", ["cheap", -0.1, [], "Infinity"])
def test_a_price_is_a_number(price: object) -> None:
    with pytest.raises(ConfigError, match=r"`price_per_post` must be (a number|0 or more)") as refusal:
        build(Channel("x", "x"), {"token": "x-t0ken", "price_per_post": price})
    assert "the dollars that X charges" in refusal.value.remedy
