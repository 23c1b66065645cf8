"""What is Bluesky's own; what every sender does is in tests/conformance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from publisher.clock import now
from publisher.errors import ConfigError
from publisher.model.call import Call, Outcome, Scope, Verdict
from publisher.model.message import Post, PostRules, Withdrawal
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.bluesky_record import record_key, tid
from publisher.senders.registry import build
from publisher.senders.verdicts import sent
from publisher.testing import (
    DIALECTS,
    FakeProvider,
    Fault,
    MemoryJournal,
    MemoryVault,
    call_to,
    sample_picture,
    sample_post,
)
from publisher.testing.dialects.bluesky import DID

CALL = call_to(sample_post())
GIVEN = {"identifier": "gazette.example", "password": "app-p4ss-w0rd"}
LOGIN, REFRESH, UPLOAD = "createSession", "refreshSession", "uploadBlob"
PUT, GET = "putRecord", "getRecord"


class Anywhere(DIALECTS["bluesky"]):
    """Its faults befall every request, those that only prepare as well."""

    def prepares(self, method: str, path: str) -> bool:
        return False


class Clock:
    """Says the time that it is set to."""

    def __init__(self) -> None:
        self.now = now()

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("bluesky") as running:
        yield running


@pytest.fixture
def anywhere() -> Iterator[FakeProvider]:
    with FakeProvider(Anywhere()) as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url)


def made(vault: MemoryVault | None = None, clock: Clock | None = None, **options: object) -> Sender:
    return build(Channel("bluesky", "bluesky"), {**GIVEN, **options}, clock=clock or now, vault=vault)


def said_of(sender: Sender, journal: MemoryJournal | None = None, post: Post | None = None) -> Verdict:
    return sender.send(replace(CALL, message=post or CALL.message), journal or MemoryJournal()).verdict


def asked(provider: FakeProvider) -> list[str]:
    return [request.path.partition("?")[0].rpartition(".")[2] for request in provider.requests]


def records(provider: FakeProvider) -> list[dict]:
    return [record for _, record in provider.dialect.records.values()]


def no(error: str, status: int = 400, message: str = "no") -> Fault:
    return Fault(status, {"error": error, "message": message})


# --- the record -------------------------------------------------------------------------------------------------------


def test_the_requests_are_what_the_provider_documents(provider: FakeProvider) -> None:
    clock = Clock()
    clock.now = datetime(2026, 11, 24, 7, 0, 0, 123_456, UTC)
    answer = made(base_url=provider.url, clock=clock).send(CALL, MemoryJournal())
    login, put = provider.requests
    assert (login.method, login.path) == ("POST", "/xrpc/com.atproto.server.createSession")
    assert login.json == GIVEN
    assert (put.method, put.path) == ("POST", "/xrpc/com.atproto.repo.putRecord")
    assert put.headers["authorization"].startswith("Bearer eyJ")
    rkey = record_key(clock.now, "call-1-k3y 0")
    assert put.json == {
        "repo": DID,
        "collection": "app.bsky.feed.post",
        "rkey": rkey,
        "swapRecord": None,
        "record": {
            "$type": "app.bsky.feed.post",
            "text": "1/ The harbour reopens harbor.example/1",
            "createdAt": "2026-11-24T07:00:00.123Z",
            "langs": ["en"],
            "facets": [
                {
                    "index": {"byteStart": 23, "byteEnd": 39},
                    "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://harbor.example/1"}],
                }
            ],
            "embed": {
                "$type": "app.bsky.embed.external",
                "external": {
                    "uri": "https://harbor.example/1",
                    "title": "The harbour reopens",
                    "description": "Ferries sail again.",
                },
            },
        },
    }
    assert answer.verdict == Verdict(
        Outcome.SENT,
        provider_id=f"at://{DID}/app.bsky.feed.post/{rkey}",
        url=f"https://bsky.app/profile/{DID}/post/{rkey}",
    )


@pytest.mark.parametrize(
    ("microseconds", "clock", "key"),
    [
        (0, 0, "2222222222222"),
        (1, 0, "2222222222322"),
        (1_767_225_600_000_000, 0, "3mbd3542k2222"),
        (1_767_225_600_000_000, 1_023, "3mbd3542k22zz"),
        (1_767_225_600_123_456, 517, "3mbd3546cm2k7"),
    ],
)
def test_a_record_key_is_written_as_the_network_does(microseconds: int, clock: int, key: str) -> None:
    assert tid(microseconds, clock) == key


def test_two_posts_of_one_moment_have_keys_of_their_own() -> None:
    moment = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    keys = {record_key(moment, f"call-{number} 0") for number in range(20)}
    assert len(keys) > 15  # ten bits tell them apart, and a collision is refused, never overwritten
    assert {key[:11] for key in keys} == {record_key(moment, "")[:11]}


def test_a_post_without_card_link_or_tag_is_plain(sender: Sender, provider: FakeProvider) -> None:
    said_of(sender, post=Post(("Olá",), "pt-PT"))
    (record,) = records(provider)
    assert record.keys() == {"$type", "text", "createdAt", "langs"}
    assert (record["text"], record["langs"]) == ("Olá", ["pt-PT"])


def test_a_thread_is_answered_part_by_part(sender: Sender, provider: FakeProvider) -> None:
    verdict = said_of(sender, post=sample_post(3))
    first, second, third = provider.dialect.records.items()
    refs = [{"uri": uri, "cid": cid} for uri, (cid, _) in (first, second, third)]
    assert "reply" not in first[1][1]
    assert second[1][1]["reply"] == {"root": refs[0], "parent": refs[0]}
    assert third[1][1]["reply"] == {"root": refs[0], "parent": refs[1]}
    assert ["embed" in record for record in records(provider)] == [True, False, False]
    assert verdict.provider_id == first[0]


def test_it_counts_what_is_shown() -> None:
    rules = PostRules("bluesky", 300, most_bytes=3_000, shows_short=True, threads=True, shows_card=True)
    assert replace(made().rules, uploads=None) == rules


def test_a_post_too_long_for_the_network_is_refused_by_it(sender: Sender) -> None:
    verdict = said_of(sender, post=Post(("x" * 301,)))
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert "maximum 300, got 301" in verdict.reason


# --- its picture ------------------------------------------------------------------------------------------------------


def with_picture(**values: bool) -> Call:
    return replace(CALL, picture=sample_picture(**values))


def test_a_picture_goes_up_as_it_is_and_stands_in_the_card(sender: Sender, provider: FakeProvider) -> None:
    call = with_picture(in_card=True)
    sender.send(call, MemoryJournal())
    upload = provider.requests[1]
    assert (upload.method, upload.path) == ("POST", "/xrpc/com.atproto.repo.uploadBlob")
    assert (upload.headers["content-type"], upload.body) == ("image/jpeg", call.picture.content)
    thumb = records(provider)[0]["embed"]["external"]["thumb"]
    assert thumb == provider.answers[1].body["blob"]


def test_an_attached_picture_has_its_words_and_its_ratio(sender: Sender, provider: FakeProvider) -> None:
    sender.send(with_picture(), MemoryJournal())
    embed = records(provider)[0]["embed"]
    assert embed["$type"] == "app.bsky.embed.images"
    (image,) = embed["images"]
    assert (image["alt"], image["aspectRatio"]) == ("A ferry leaves the quay", {"width": 320, "height": 180})


def test_a_picture_that_the_server_has_thrown_away_goes_up_again(sender: Sender, provider: FakeProvider) -> None:
    journal, call = MemoryJournal(), with_picture(in_card=True)
    provider.fails(no("BlobNotFound"))
    assert sender.send(call, journal).verdict.outcome is Outcome.DEFERRED
    assert sender.send(call, journal).verdict.outcome is Outcome.SENT
    assert asked(provider) == [LOGIN, UPLOAD, PUT, UPLOAD, PUT]


def test_one_that_is_in_doubt_and_whose_picture_is_gone_was_never_taken(sender: Sender, provider: FakeProvider) -> None:
    journal, call = MemoryJournal(), with_picture(in_card=True)
    provider.fails(Fault.dropped_before())
    sender.send(call, journal)
    provider.dialect.blobs.clear()
    assert sender.send(call, journal).verdict.outcome is Outcome.DEFERRED
    assert sender.send(call, journal).verdict.outcome is Outcome.SENT
    assert len(records(provider)) == 1


def test_a_session_that_ends_before_the_upload_is_refreshed(sender: Sender, provider: FakeProvider) -> None:
    said_of(sender)
    provider.dialect.end_sessions()
    assert sender.send(with_picture(), MemoryJournal()).verdict.outcome is Outcome.SENT
    assert asked(provider) == [LOGIN, PUT, UPLOAD, REFRESH, UPLOAD, PUT, PUT]


# --- once -------------------------------------------------------------------------------------------------------------


def test_a_repeat_has_the_bytes_of_the_first_whatever_time_it_is(provider: FakeProvider) -> None:
    clock, journal = Clock(), MemoryJournal()
    sender = made(base_url=provider.url, clock=clock)
    provider.fails(Fault.dropped_after())
    assert said_of(sender, journal).outcome is Outcome.UNKNOWN
    clock.now += timedelta(minutes=70)
    assert said_of(sender, journal).outcome is Outcome.SENT
    first, second = provider.speaking()
    assert first.body == second.body
    assert len(records(provider)) == 1


def test_a_post_that_was_put_off_is_of_the_moment_in_which_it_stands(provider: FakeProvider) -> None:
    clock, journal = Clock(), MemoryJournal()
    sender = made(base_url=provider.url, clock=clock)
    provider.fails(Fault.too_many("3600"))
    assert said_of(sender, journal).outcome is Outcome.DEFERRED
    clock.now = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    said_of(sender, journal)
    assert records(provider)[0]["createdAt"] == "2026-11-24T09:30:00.000Z"


def test_what_was_in_doubt_is_said_again_unchanged_after_it_was_put_off(sender: Sender, provider: FakeProvider) -> None:
    journal = MemoryJournal()
    provider.fails(Fault.dropped_after(), Fault.too_many("9"))
    assert said_of(sender, journal).outcome is Outcome.UNKNOWN
    assert said_of(sender, journal).outcome is Outcome.UNKNOWN  # the first may stand: no other channel takes over
    assert said_of(sender, journal).outcome is Outcome.SENT
    assert len({request.body for request in provider.speaking()}) == 1
    assert len(records(provider)) == 1


def test_a_post_in_doubt_stays_so_while_there_is_no_session(anywhere: FakeProvider) -> None:
    sender, journal = made(base_url=anywhere.url), MemoryJournal()
    anywhere.fails(Fault(200, accept=True, delay=0.001), Fault.dropped_after())
    assert said_of(sender, journal).outcome is Outcome.UNKNOWN
    anywhere.dialect.end_sessions(for_good=True)
    anywhere.fails(Fault(200, accept=True, delay=0.001), Fault.server_error())
    assert said_of(sender, journal).outcome is Outcome.UNKNOWN
    restarted = made(base_url=anywhere.url)
    anywhere.fails(Fault.server_error())
    assert said_of(restarted, journal).outcome is Outcome.UNKNOWN
    assert said_of(restarted, journal).outcome is Outcome.SENT
    assert len(records(anywhere)) == 1


def test_the_record_is_noted_before_it_is_said(provider: FakeProvider) -> None:
    class Dying(MemoryJournal):
        """Ends with its process at the second note: after the request was taken, before anything is said of it."""

        def note(self, step: str, data: object) -> None:
            if self.notes:
                raise SystemExit
            super().note(step, data)

    journal = Dying()
    with pytest.raises(SystemExit):
        said_of(made(base_url=provider.url), journal)
    alive = MemoryJournal()
    alive.notes = journal.notes
    assert said_of(made(base_url=provider.url), alive).outcome is Outcome.SENT
    assert len(records(provider)) == 1


def test_a_post_that_somebody_changed_since_still_stands(sender: Sender, provider: FakeProvider) -> None:
    journal = MemoryJournal()
    provider.fails(Fault.dropped_after())
    said_of(sender, journal)
    ((uri, (_, record)),) = provider.dialect.records.items()
    provider.dialect.records[uri] = ("bafyanother", {**record, "text": "corrected by hand"})
    verdict = said_of(sender, journal)
    assert (verdict.outcome, verdict.provider_id) == (Outcome.SENT, uri)
    assert json.loads(journal.notes["record 1"])["cid"] == "bafyanother"


def test_another_post_under_its_key_is_never_overwritten(sender: Sender, provider: FakeProvider) -> None:
    journal = MemoryJournal()
    provider.fails(Fault.dropped_before())
    said_of(sender, journal)
    rkey = json.loads(journal.notes["record 1"])["rkey"]
    another = {"text": "of another program", "createdAt": "2020-01-01T00:00:00Z"}
    provider.dialect.records[f"at://{DID}/app.bsky.feed.post/{rkey}"] = ("bafyanother", another)
    verdict = said_of(sender, journal)
    assert (verdict.outcome, verdict.reason) == (Outcome.REFUSED, "another post stands under its record key")
    assert records(provider) == [another]


def test_what_can_not_be_looked_at_stays_in_doubt(anywhere: FakeProvider) -> None:
    sender = made(base_url=anywhere.url)
    said_of(sender)
    anywhere.fails(no("InvalidSwap"), Fault.server_error())
    verdict = said_of(sender)
    assert (verdict.outcome, asked(anywhere)[-1]) == (Outcome.UNKNOWN, GET)
    anywhere.fails(no("InvalidSwap"), Fault(200, {"uri": 1}))
    assert said_of(sender).outcome is Outcome.REFUSED


def test_a_post_that_was_begun_on_another_account_is_left_to_a_person(sender: Sender, provider: FakeProvider) -> None:
    journal = MemoryJournal()
    journal.note("record 1", {"repo": "did:plc:another", "rkey": "3mbd3542k2222", "made_at": "", "body": "{}"})
    verdict = said_of(sender, journal)
    assert (verdict.outcome, provider.speaking()) == (Outcome.UNKNOWN, [])
    assert "another account" in verdict.reason


# --- the session ------------------------------------------------------------------------------------------------------


def test_one_session_serves_all_posts_and_all_processes(provider: FakeProvider) -> None:
    vault = MemoryVault()
    for _ in range(3):
        assert said_of(made(vault, base_url=provider.url)).outcome is Outcome.SENT
    assert asked(provider) == [LOGIN, PUT, PUT, PUT]


def test_a_session_is_refreshed_shortly_before_it_ends(provider: FakeProvider) -> None:
    clock = Clock()
    sender = made(base_url=provider.url, clock=clock)
    said_of(sender)
    clock.now += timedelta(minutes=114)
    said_of(sender)
    clock.now += timedelta(minutes=2)
    said_of(sender)
    said_of(sender)
    assert asked(provider) == [LOGIN, PUT, PUT, REFRESH, PUT, REFRESH, PUT]  # the fake's clock has not moved
    refreshed = next(request for request in provider.requests if request.path.endswith(REFRESH))
    assert refreshed.body == b""


@pytest.mark.parametrize("error", ["ExpiredToken", "InvalidToken"])
def test_a_session_that_ended_early_is_refreshed_and_the_post_said_again(
    sender: Sender, provider: FakeProvider, error: str
) -> None:
    said_of(sender)
    provider.dialect.end_sessions(error)
    assert said_of(sender).outcome is Outcome.SENT
    assert asked(provider) == [LOGIN, PUT, PUT, REFRESH, PUT]
    assert len(records(provider)) == 2


def test_a_server_that_lets_a_refresh_token_be_used_again_is_understood(anywhere: FakeProvider) -> None:
    vault = MemoryVault()
    sender = made(vault, base_url=anywhere.url)
    said_of(sender)
    before = json.loads(vault.read("session") or "")
    anywhere.dialect.end_sessions()
    again = {"did": DID, "accessJwt": before["access"], "refreshJwt": before["refresh"]}
    anywhere.fails(Fault(200, accept=True, delay=0.001), Fault(200, {**again, "accessJwt": "another"}))
    said_of(sender)
    after = json.loads(vault.read("session") or "")
    assert (after["access"], after["refresh"]) == ("another", before["refresh"])


def test_where_refreshing_is_refused_it_logs_in_again(sender: Sender, provider: FakeProvider) -> None:
    said_of(sender)
    provider.dialect.end_sessions(for_good=True)
    assert said_of(sender).outcome is Outcome.SENT
    assert asked(provider) == [LOGIN, PUT, PUT, REFRESH, LOGIN, PUT]


def test_a_server_that_refuses_every_session_stops_the_account(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(no("ExpiredToken"), no("ExpiredToken"))
    verdict = said_of(sender)
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
    assert asked(provider) == [LOGIN, PUT, REFRESH, PUT]


def test_a_channel_whose_account_was_changed_logs_in_as_the_new_one(provider: FakeProvider) -> None:
    vault = MemoryVault()
    said_of(made(vault, base_url=provider.url))
    provider.dialect.identifier = "evening.example"
    assert said_of(made(vault, base_url=provider.url, identifier="@evening.example")).outcome is Outcome.SENT
    assert asked(provider) == [LOGIN, PUT, LOGIN, PUT]


def test_a_session_of_another_version_is_none(provider: FakeProvider) -> None:
    for text in ("", "[]", "{}", '{"owner": 1, "token": 2}', "not JSON"):
        vault = MemoryVault()
        vault.renew("session", None, lambda text=text: text)
        assert said_of(made(vault, base_url=provider.url)).outcome is Outcome.SENT


@pytest.mark.parametrize(
    "token", ["opaque", "a.b.c", "a.bm8.c", "a.e30.c", "a.eyJleHAiOiJ4In0.c", "a.eyJleHAiOjFlOTl9.c"]
)
def test_a_session_that_does_not_say_when_it_ends_is_used_until_it_is_refused(
    anywhere: FakeProvider, token: str
) -> None:
    anywhere.fails(Fault(200, {"did": DID, "accessJwt": token, "refreshJwt": "r"}))
    sender = made(base_url=anywhere.url)
    assert said_of(sender).outcome is Outcome.SENT
    assert asked(anywhere) == [LOGIN, PUT, REFRESH, LOGIN, PUT]  # the fake doesn't know it


@pytest.mark.parametrize(
    ("error", "status", "scope", "words"),
    [
        ("AuthenticationRequired", 401, Scope.ACCOUNT, "make a new app password"),
        ("AuthFactorTokenRequired", 401, Scope.ACCOUNT, "make an app password"),
        ("AccountTakedown", 401, Scope.ACCOUNT, "look at Bluesky"),
        ("InvalidRequest", 400, Scope.ACCOUNT, "look whether `identifier` is right"),
        ("RateLimitExceeded", 429, Scope.PASSING, "nothing was posted"),
        ("InternalServerError", 500, Scope.PASSING, "nothing was posted"),
    ],
)
def test_without_a_session_nothing_is_posted(
    anywhere: FakeProvider, error: str, status: int, scope: Scope, words: str
) -> None:
    anywhere.fails(no(error, status))
    verdict = said_of(made(base_url=anywhere.url))
    assert verdict.outcome is (Outcome.DEFERRED if scope is Scope.PASSING else Outcome.REFUSED)
    assert (verdict.scope, asked(anywhere)) == (scope, [LOGIN])
    assert verdict.reason.startswith("no session: ")
    assert words in verdict.reason


@pytest.mark.parametrize("fault", [Fault.dropped_after(), Fault.empty(), Fault.wrong_json(), Fault(200, {"did": DID})])
def test_a_login_without_an_answer_is_put_off(anywhere: FakeProvider, fault: Fault) -> None:
    anywhere.fails(fault)
    answer = made(base_url=anywhere.url).send(CALL, MemoryJournal())
    assert (answer.verdict.outcome, answer.words) == (Outcome.DEFERRED, "")  # its words may hold half a session
    assert anywhere.speaking() == anywhere.requests[:1]


def test_a_refresh_without_an_answer_is_no_reason_to_log_in(anywhere: FakeProvider) -> None:
    sender = made(base_url=anywhere.url)
    said_of(sender)
    anywhere.dialect.end_sessions()
    anywhere.fails(Fault(200, accept=True, delay=0.001), Fault.server_error())
    assert said_of(sender).outcome is Outcome.DEFERRED
    assert asked(anywhere) == [LOGIN, PUT, PUT, REFRESH]


def test_logins_are_waited_with_as_the_server_says(anywhere: FakeProvider) -> None:
    clock = Clock()
    clock.now = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    reset = clock.now + timedelta(minutes=4)
    anywhere.fails(Fault(429, {"error": "RateLimitExceeded"}, {"RateLimit-Reset": str(int(reset.timestamp()))}))
    assert said_of(made(base_url=anywhere.url, clock=clock)).until == reset


def test_an_account_that_is_not_active_stops_the_channel(sender: Sender, provider: FakeProvider) -> None:
    provider.dialect.status = "deactivated"
    verdict = said_of(sender)
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
    assert verdict.reason == "the account is deactivated; look at Bluesky what is the matter with the account"


def test_another_process_that_is_logging_in_is_waited_for(provider: FakeProvider) -> None:
    class Busy(MemoryVault):
        def renew(self, *_: object) -> None:
            return None

    clock = Clock()
    verdict = said_of(made(Busy(), base_url=provider.url, clock=clock))
    assert (verdict.outcome, verdict.until) == (Outcome.DEFERRED, clock.now + timedelta(seconds=30))
    assert provider.requests == []


# --- where the account lives ------------------------------------------------------------------------------------------


def test_posts_go_where_the_account_lives(provider: FakeProvider) -> None:
    with FakeProvider("bluesky") as host:
        host.dialect = provider.dialect  # one account, seen at two addresses
        provider.dialect.lives_at = f"{provider.url}/"
        sender = made(host=host.url)
        assert said_of(sender).outcome is Outcome.SENT
        assert (asked(host), asked(provider)) == ([LOGIN], [PUT])
        provider.dialect.end_sessions()
        said_of(sender)
        assert (asked(host), asked(provider)) == ([LOGIN], [PUT, PUT, REFRESH, PUT])


@pytest.mark.parametrize("elsewhere", ["ftp://pds.example", "javascript:alert(1)", "", "pds.example"])
def test_an_address_that_can_not_be_meant_is_not_followed(provider: FakeProvider, elsewhere: str) -> None:
    provider.dialect.lives_at = elsewhere
    assert said_of(made(host=provider.url)).outcome is Outcome.SENT


def test_a_server_that_was_named_is_never_left(sender: Sender, provider: FakeProvider) -> None:
    provider.dialect.lives_at = "http://127.0.0.1:9"
    assert said_of(sender).outcome is Outcome.SENT


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status", "scope"),
    [
        ("InvalidRequest", 400, Scope.MESSAGE),
        ("InvalidRecord", 400, Scope.MESSAGE),
        ("PayloadTooLarge", 413, Scope.MESSAGE),
        ("AccountNotFound", 403, Scope.ACCOUNT),
        ("AccountTakedown", 400, Scope.ACCOUNT),
        ("AuthMissing", 401, Scope.ACCOUNT),
    ],
)
def test_an_error_is_the_posts_or_the_accounts(
    sender: Sender, provider: FakeProvider, error: str, status: int, scope: Scope
) -> None:
    provider.fails(no(error, status, "the provider's words"))
    verdict = said_of(sender)
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, scope)
    assert "the provider's words" in verdict.reason


def test_a_limit_is_waited_for_as_its_header_says(provider: FakeProvider) -> None:
    clock = Clock()
    clock.now = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    reset = clock.now + timedelta(minutes=50)
    limits = {"RateLimit-Limit": "5000", "RateLimit-Remaining": "0", "RateLimit-Reset": str(int(reset.timestamp()))}
    provider.fails(Fault(429, {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}, limits))
    verdict = said_of(made(base_url=provider.url, clock=clock))
    assert (verdict.outcome, verdict.until) == (Outcome.DEFERRED, reset)


@pytest.mark.parametrize(
    "body", [{"uri": "at://did/x/y"}, {"uri": "https://a.example", "cid": "b"}, {"uri": 1, "cid": "b"}]
)
def test_a_success_that_names_no_post_is_unknown(sender: Sender, provider: FakeProvider, body: object) -> None:
    provider.fails(Fault(200, body, accept=True))
    assert said_of(sender).outcome is Outcome.UNKNOWN


# --- taken down -------------------------------------------------------------------------------------------------------


def test_a_post_is_deleted_by_its_address(sender: Sender, provider: FakeProvider) -> None:
    verdict = said_of(sender)
    removal = replace(CALL, message=Withdrawal((verdict.provider_id,), verdict.url))
    assert sender.withdraw(removal, MemoryJournal()).verdict == sent(verdict.provider_id, verdict.url)
    request = provider.requests[-1]
    assert (request.method, request.path) == ("POST", "/xrpc/com.atproto.repo.deleteRecord")
    rkey = verdict.provider_id.rpartition("/")[2]
    assert request.json == {"repo": DID, "collection": "app.bsky.feed.post", "rkey": rkey}
    assert records(provider) == []


def test_a_session_that_ended_is_refreshed_for_a_deletion_too(sender: Sender, provider: FakeProvider) -> None:
    verdict = said_of(sender)
    provider.dialect.end_sessions()
    removal = replace(CALL, message=Withdrawal((verdict.provider_id,)))
    assert sender.withdraw(removal, MemoryJournal()).verdict.outcome is Outcome.SENT
    assert records(provider) == []


def test_a_post_of_another_account_is_left_to_a_person(sender: Sender, provider: FakeProvider) -> None:
    said_of(sender)
    removal = replace(CALL, message=Withdrawal(("at://did:plc:another/app.bsky.feed.post/3mbd3542k2222",)))
    verdict = sender.withdraw(removal, MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert verdict.reason == "it stands on another account"
    assert len(records(provider)) == 1


def test_without_a_session_nothing_is_deleted_and_it_is_tried_again(anywhere: FakeProvider) -> None:
    sender = made(base_url=anywhere.url)
    anywhere.fails(Fault.server_error())
    removal = replace(CALL, message=Withdrawal((f"at://{DID}/app.bsky.feed.post/3mbd3542k2222",)))
    assert sender.withdraw(removal, MemoryJournal()).verdict.outcome is Outcome.DEFERRED


# --- what an editor writes --------------------------------------------------------------------------------------------


def test_an_account_needs_a_name_and_a_password() -> None:
    with pytest.raises(ConfigError, match="`identifier` is empty"):
        made(identifier="")
    with pytest.raises(ConfigError, match="needs `password`: an app password"):
        build(Channel("bluesky", "bluesky"), {"identifier": "gazette.example"})


def test_neither_password_nor_session_is_shown(provider: FakeProvider) -> None:
    vault = MemoryVault()
    sender = made(vault, base_url=provider.url)
    said_of(sender)
    shown = repr([sender, vars(sender), vault, *vars(sender).values()])
    session = json.loads(vault.read("session") or "")
    for secret in ("app-p4ss-w0rd", session["access"], session["refresh"]):
        assert secret not in shown
