"""Threads' token is renewed before it ends, in the vault that all processes share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from publisher.model.call import Outcome, Scope
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build
from publisher.testing import DIALECTS, FakeProvider, Fault, MemoryJournal, MemoryVault, call_to, sample_post

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
WRITTEN = "threads-t0ken"


class Anywhere(DIALECTS["threads"]):
    """Its faults befall every request, those that only prepare as well."""

    def prepares(self, method: str, path: str) -> bool:
        return False


class Account:
    """A channel over weeks: each post by a process of its own."""

    def __init__(self, provider: FakeProvider) -> None:
        self.provider, self.vault, self.now = provider, MemoryVault(), NOON

    def sender(self, token: str = WRITTEN) -> Sender:
        given = {"token": token, "user": 4711, "base_url": self.provider.url}
        return build(Channel("threads", "threads"), given, clock=lambda: self.now, vault=self.vault)

    def post(self, *, days: float = 0, token: str = WRITTEN) -> str:
        """Post something so many days later; return the token it was posted with."""
        self.now += timedelta(days=days)
        self.verdict = self.sender(token).send(call_to(sample_post()), MemoryJournal()).verdict
        posts = [request for request in self.provider.requests if request.method == "POST"]
        return dict(posts[-1].form)["access_token"]

    def renewals(self) -> int:
        return sum("refresh_access_token" in request.path for request in self.provider.requests)


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("threads") as running:
        yield running


@pytest.fixture
def account(provider: FakeProvider) -> Account:
    return Account(provider)


def test_a_token_is_used_as_it_was_written_on_its_first_day(account: Account) -> None:
    assert account.post() == WRITTEN
    assert account.post(days=0.9) == WRITTEN
    assert account.renewals() == 0
    assert account.sender().token_ends() is None  # nobody said


def test_after_a_day_it_is_renewed_and_the_new_one_is_used_by_every_process(account: Account) -> None:
    account.post()
    new = account.post(days=1)
    assert new == account.provider.dialect.tokens[-1] != WRITTEN
    account.provider.dialect.tokens.remove(WRITTEN)
    assert account.post() == new
    assert account.verdict.outcome is Outcome.SENT
    assert account.renewals() == 1
    assert account.sender().token_ends() == NOON + timedelta(days=61)


def test_it_is_renewed_again_only_when_its_end_is_near(account: Account) -> None:
    account.post()
    new = account.post(days=1)
    assert account.post(days=44.9) == new
    newest = account.post(days=0.2)
    assert newest not in (new, WRITTEN)
    assert account.post(days=1) == newest
    assert account.renewals() == 2


def test_one_that_is_not_renewed_is_used_as_long_as_it_is_taken_and_tried_once_a_day(account: Account) -> None:
    account.provider.dialect.renews = False
    account.post()
    for _ in range(3):
        assert account.post(days=1) == WRITTEN
        assert account.post(days=0.01) == WRITTEN
        assert account.verdict.outcome is Outcome.SENT
    assert account.renewals() == 3
    account.provider.dialect.tokens.clear()
    account.post()
    assert (account.verdict.outcome, account.verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)


@pytest.mark.parametrize(
    "fault",
    [
        Fault.server_error(),
        Fault.dropped_after(),
        Fault.wrong_json(),
        Fault(200, {"access_token": ["x"], "expires_in": 1}),
        Fault(200, {"access_token": "x", "expires_in": "soon"}),
        Fault(200, {"expires_in": 5_184_000}),
    ],
)
def test_an_answer_that_can_not_be_read_changes_nothing(fault: Fault) -> None:
    with FakeProvider(Anywhere()) as provider:
        account = Account(provider)
        account.post()
        provider.fails(fault)
        account.now += timedelta(days=1)
        account.sender().send(call_to(sample_post()), MemoryJournal())
        assert account.renewals() == 1
        assert all(WRITTEN in request.path + request.body.decode() for request in provider.requests)


def test_an_end_beyond_every_calendar_is_not_believed() -> None:
    with FakeProvider(Anywhere()) as provider:
        account = Account(provider)
        account.post()
        provider.fails(Fault(200, {"access_token": WRITTEN, "expires_in": 10**30}))
        account.post(days=1)
        assert account.sender().token_ends() == NOON + timedelta(days=367)
        assert account.post(days=1) == WRITTEN  # the same one, for longer


def test_who_writes_another_token_begins_with_that(account: Account) -> None:
    account.post()
    account.post(days=1)
    account.provider.dialect.tokens.append("an0ther-t0ken")
    assert account.post(token="an0ther-t0ken") == "an0ther-t0ken"
    assert account.sender("an0ther-t0ken").token_ends() is None


def test_what_another_version_kept_is_none(account: Account) -> None:
    for text in ("", "[]", '{"of": 1}', "no JSON"):
        account.vault = MemoryVault()
        account.vault.renew("token", None, lambda text=text: text)
        assert account.post() == WRITTEN


def test_the_token_that_was_given_meanwhile_is_shown_nowhere(account: Account) -> None:
    account.post()
    new = account.post(days=1)
    account.provider.fails(Fault(400, {"error": {"message": f"no post by {new}", "code": 100}}))
    answer = account.sender().send(call_to(sample_post()), MemoryJournal())
    assert "no post by ***" in answer.verdict.reason
    assert new not in repr(answer)
