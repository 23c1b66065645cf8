"""X's tokens are got anew before they end, by one process at a time, by a refresh token that may be used once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from publisher.errors import ConfigError, StoreError
from publisher.model.call import Outcome, Scope
from publisher.model.message import Post
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build
from publisher.testing import FakeProvider, Fault, MemoryJournal, MemoryVault, call_to
from publisher.testing.dialects.x_app import XAppDialect

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
GIVEN = {"client_id": "x-cl1ent", "refresh_token": "x-r3fresh"}


class Anywhere(XAppDialect):
    """Its faults befall every request, those that only prepare as well."""

    def prepares(self, method: str, path: str) -> bool:
        return False


class Account:
    """A channel over hours: each post by a process of its own."""

    def __init__(self, provider: FakeProvider) -> None:
        self.provider, self.vault, self.now, self.count = provider, MemoryVault(), NOON, 0

    def sender(self, **options: object) -> Sender:
        given = {**GIVEN, "base_url": self.provider.url, **options}
        return build(Channel("x", "x"), given, clock=lambda: self.now, vault=self.vault)

    def post(self, *, minutes: float = 0, **options: object):
        self.now += timedelta(minutes=minutes)
        self.count += 1
        return self.sender(**options).send(call_to(Post((f"Story {self.count}",))), MemoryJournal())

    def asked(self) -> list[str]:
        return [request.path.rpartition("/")[2] for request in self.provider.requests]


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider(XAppDialect()) as running:
        yield running


@pytest.fixture
def account(provider: FakeProvider) -> Account:
    return Account(provider)


def test_a_token_is_got_as_the_provider_documents(account: Account) -> None:
    assert account.post().verdict.outcome is Outcome.SENT
    got, posted = account.provider.requests
    assert (got.method, got.path) == ("POST", "/2/oauth2/token")
    assert got.headers["content-type"] == "application/x-www-form-urlencoded"
    fields = [("grant_type", "refresh_token"), ("refresh_token", "x-r3fresh"), ("client_id", "x-cl1ent")]
    assert got.form == fields
    assert posted.headers["authorization"] == "Bearer x-acc3ss-1"


def test_a_confidential_app_says_who_it_is_by_its_secret() -> None:
    with FakeProvider(XAppDialect(client_secret="x-s3cret")) as provider:
        account = Account(provider)
        assert account.post(client_secret="x-s3cret").verdict.outcome is Outcome.SENT
        assert provider.requests[0].form == [("grant_type", "refresh_token"), ("refresh_token", "x-r3fresh")]
        assert provider.requests[0].headers["authorization"].startswith("Basic ")


def test_one_token_serves_all_posts_and_processes_until_shortly_before_its_end(account: Account) -> None:
    for minutes in (0, 1, 108, 2):
        assert account.post(minutes=minutes).verdict.outcome is Outcome.SENT
    assert account.asked() == ["token", "tweets", "tweets", "tweets", "token", "tweets"]
    assert dict(account.provider.requests[4].form)["refresh_token"] == "x-n3xt-1"


def test_a_refresh_token_is_used_once_however_many_find_the_token_worn_out(account: Account) -> None:
    with ThreadPoolExecutor(8) as pool:
        senders = [account.sender() for _ in range(8)]
        calls = [call_to(Post((f"Story {number}",))) for number in range(8)]
        said = list(pool.map(lambda each: each[0].send(each[1], MemoryJournal()), zip(senders, calls, strict=True)))
    assert {answer.verdict.outcome for answer in said} == {Outcome.SENT}
    assert account.asked().count("token") == 1


def test_a_refresh_token_that_was_used_up_stops_the_channel_and_says_what_to_do(account: Account) -> None:
    account.provider.dialect.refresh = "x-us3d-elsewhere"
    verdict = account.post().verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
    assert "Value passed for the token was invalid" in verdict.reason
    assert "let the account allow the app once more" in verdict.reason
    account.provider.dialect.refresh = "x-an0ther"
    assert account.post(refresh_token="x-an0ther").verdict.outcome is Outcome.SENT


@pytest.mark.parametrize("fault", [Fault.server_error(), Fault.too_many("9"), Fault.dropped_before(), Fault.empty()])
def test_where_there_is_no_token_for_now_nothing_is_posted_and_it_is_tried_again(fault: Fault) -> None:
    with FakeProvider(Anywhere()) as provider:
        account = Account(provider)
        provider.fails(fault)
        answer = account.post()
        assert answer.verdict.outcome is Outcome.DEFERRED
        assert "nothing was posted" in answer.verdict.reason
        assert answer.words == ""  # they may hold half a token
        assert "tweets" not in account.asked()


@pytest.mark.parametrize("said", [{"expires_in": 7_200}, {"expires_in": "soon"}, {"expires_in": 10**30}, {}])
def test_a_token_that_does_not_say_how_long_it_lives_lives_for_two_hours(said: dict[str, object]) -> None:
    with FakeProvider(Anywhere()) as provider:
        account = Account(provider)
        provider.fails(Fault(200, {"access_token": "a", **said}))
        account.post()
        kept = json.loads(account.vault.read("token") or "")
        assert kept["ends_at"] == (NOON + timedelta(hours=2)).isoformat()
        assert kept["refresh"] == "x-r3fresh"  # no other was given: this one may be used again


def test_what_another_version_kept_is_none(account: Account) -> None:
    account.vault.renew("token", None, lambda: '{"of": "x"}')
    assert account.post().verdict.outcome is Outcome.SENT


def test_neither_token_is_shown(account: Account) -> None:
    account.post()
    kept = json.loads(account.vault.read("token") or "")
    sender = account.sender()
    account.provider.fails(Fault(400, {"detail": f"{kept['access']} {kept['refresh']}"}))
    answer = sender.send(call_to(Post(("Story",))), MemoryJournal())
    for secret in (kept["access"], kept["refresh"], "x-r3fresh"):
        assert secret not in repr([answer, sender, *vars(sender).values()])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"client_id": "x"}, "needs `refresh_token` besides"),
        ({"refresh_token": "x"}, "needs `client_id` besides"),
        ({"client_secret": "x"}, "needs `client_id`, `refresh_token` besides"),
        ({**GIVEN, "token": "x"}, "or `client_id` and `refresh_token`"),
        ({**GIVEN, "api_key": "x"}, "or `client_id` and `refresh_token`"),
    ],
)
def test_it_needs_one_way_and_all_of_it(options: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        build(Channel("x", "x"), options)


class Away(MemoryVault):
    """A vault whose database is full, locked or away."""

    def read(self, name: str) -> str | None:
        raise StoreError("the disk is full")


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("x", GIVEN),
        ("bluesky", {"identifier": "harbor.example", "password": "p4ss-word"}),
        ("threads", {"token": "threads-t0ken", "user": 4711}),
    ],
)
def test_where_the_vault_is_away_nothing_was_said_and_the_post_is_put_off(name: str, given: dict[str, object]) -> None:
    with FakeProvider(name) as provider:
        sender = build(Channel(name, name), {**given, "base_url": provider.url}, vault=Away())
        verdict = sender.send(call_to(Post(("Story",))), MemoryJournal()).verdict
        assert verdict.outcome is Outcome.DEFERRED
        assert "the disk is full; nothing was posted" in verdict.reason
        assert provider.requests == []


class Fading(MemoryVault):
    """A vault whose database goes away after so many looks."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks = looks

    def read(self, name: str) -> str | None:
        self.looks -= 1
        if self.looks < 0:
            raise StoreError("the disk is full")
        return super().read(name)


def test_nothing_is_said_without_a_token_though_there_was_one_a_moment_ago(account: Account) -> None:
    account.vault = Fading(2)  # before the thread, and for its first part
    verdict = account.sender().send(call_to(Post(("One", "Two"))), MemoryJournal()).verdict
    assert (verdict.outcome, account.asked()) == (Outcome.DEFERRED, ["token", "tweets"])
    assert verdict.reason.startswith("part 2 of 2: no session or token can be had: the disk is full")
    account.vault = Fading(1)
    assert account.sender().ask(call_to(Post(("One",)))).verdict.outcome is Outcome.UNKNOWN
    assert all(request.headers.get("authorization") != "Bearer" for request in account.provider.requests)


@pytest.mark.parametrize(("minutes", "asked"), [(115, ["token", "tweets"]), (121, ["token"])])
def test_until_its_end_a_token_goes_on_where_x_gives_no_other_for_now(minutes: float, asked: list[str]) -> None:
    with FakeProvider(Anywhere()) as provider:
        account = Account(provider)
        account.post()
        provider.fails(Fault.too_many("9"))
        outcome = account.post(minutes=minutes).verdict.outcome
        assert outcome is (Outcome.SENT if "tweets" in asked else Outcome.DEFERRED)
        assert account.asked()[2:] == asked


def test_without_a_token_x_is_not_asked_again_before_it_wants_to_be() -> None:
    with FakeProvider(Anywhere()) as provider:
        account = Account(provider)
        provider.fails(Fault.too_many("180"))
        for minutes in (0, 2):  # another process, another post
            verdict = account.post(minutes=minutes).verdict
            assert (verdict.outcome, verdict.until) == (Outcome.DEFERRED, NOON + timedelta(seconds=180))
            assert "HTTP 429: too many requests; nothing was posted" in verdict.reason
        assert account.asked() == ["token"]
        assert account.post(minutes=1).verdict.outcome is Outcome.SENT
        assert account.asked() == ["token", "token", "tweets"]
        assert dict(provider.requests[1].form)["refresh_token"] == "x-r3fresh"


def test_a_wait_that_a_clock_ahead_noted_keeps_nobody_from_asking() -> None:
    with FakeProvider(Anywhere()) as provider:
        account = Account(provider)
        provider.fails(Fault.too_many("180"))
        account.post(minutes=60 * 24 * 365)
        assert account.post(minutes=-60 * 24 * 365).verdict.outcome is Outcome.SENT
        assert account.asked() == ["token", "token", "tweets"]


def test_with_a_token_that_lives_x_is_not_asked_again_before_it_wants_to_be() -> None:
    with FakeProvider(Anywhere()) as provider:
        account = Account(provider)
        account.post()
        provider.fails(Fault.too_many("180"))
        for minutes in (112, 2, 1):
            assert account.post(minutes=minutes).verdict.outcome is Outcome.SENT
        assert account.asked()[2:] == ["token", "tweets", "tweets", "token", "tweets"]


def test_a_wait_in_a_header_that_counts_is_kept_for_a_token_too() -> None:
    with FakeProvider(Anywhere()) as provider:
        account = Account(provider)
        until = NOON + timedelta(minutes=11)
        provider.fails(Fault(429, {"error": "slow"}, {"x-rate-limit-reset": str(int(until.timestamp()))}))
        assert account.post().verdict.until == until


def test_who_writes_another_refresh_token_does_not_wait() -> None:
    with FakeProvider(Anywhere()) as provider:
        account = Account(provider)
        provider.fails(Fault.too_many("180"))
        account.post()
        provider.dialect.refresh = "x-an0ther"
        assert account.post(refresh_token="x-an0ther").verdict.outcome is Outcome.SENT


def test_a_token_that_has_ended_as_it_comes_is_followed_by_another() -> None:
    with FakeProvider(Anywhere()) as provider:
        account = Account(provider)
        provider.fails(Fault(200, {"access_token": "x-acc3ss-0", "expires_in": 0}))
        assert account.post().verdict.outcome is Outcome.SENT
