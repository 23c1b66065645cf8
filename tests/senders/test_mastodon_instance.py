"""What servers say of themselves, and what is believed of it."""

from __future__ import annotations

import pytest

from publisher.model.project import Channel
from publisher.senders.advice import Advice
from publisher.senders.registry import build
from publisher.testing import FakeProvider, Fault

LIES = (0, -1, 10_000_000_000, "500", "many", 499.5, True, None, [], {}, "x" * 10_000, 10**400)


@pytest.fixture
def provider():
    with FakeProvider("mastodon") as running:
        yield running


def advice(provider, **options) -> list[Advice]:
    given = {"instance": "https://news.example", "token": "mastodon-t0ken", "base_url": provider.url, **options}
    return list(build(Channel("mastodon", "mastodon"), given).advice())


def says(provider, limit: object = 500, url: object = 23, version: object = "4.5.2") -> None:
    statuses = {"max_characters": limit, "characters_reserved_per_url": url}
    provider.dialect.instance = {"version": version, "configuration": {"statuses": statuses}}


def test_a_server_that_says_what_the_channel_says_is_fine(provider):
    assert advice(provider) == []
    (asked,) = provider.requests
    assert "authorization" not in asked.headers  # anybody may ask


@pytest.mark.parametrize(("limit", "is_needed"), [(300, True), (5_000, False)])
def test_another_limit_is_told_and_a_lower_one_is_trouble(provider, limit, is_needed):
    says(provider, limit)
    (found,) = advice(provider)
    assert found.what == f"the server takes {limit:,} characters in a post, and the channel says 500"
    assert (found.remedy, found.is_needed) == (f"Write `limit: {limit}`.", is_needed)
    assert advice(provider, limit=limit) == []


@pytest.mark.parametrize(("cost", "is_needed"), [(25, True), (20, False)])
def test_another_cost_of_addresses_is_told_and_a_higher_one_is_trouble(provider, cost, is_needed):
    says(provider, url=cost)
    (found,) = advice(provider)
    assert (found.remedy, found.is_needed) == (f"Write `url_length: {cost}`.", is_needed)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: repr(lie)[:20])
def test_what_can_be_no_limit_is_told_and_what_the_channel_says_holds(provider, lie):
    says(provider, lie, lie)
    found = advice(provider)
    assert [each.remedy.partition(" of ")[0] for each in found] == ["`limit: 500`", "`url_length: 23`"]
    assert not any(each.is_needed for each in found)
    assert all(len(each.what) < 120 for each in found)


@pytest.mark.parametrize("version", ["2.7.2 (compatible; Pleroma 2.9.1)", "0.20.3+git-1a2b3c4", "4.3.0 (Compatible)"])
def test_a_server_that_may_ignore_keys_is_told_for_its_posts_could_stand_twice(provider, version):
    says(provider, version=version)
    (found,) = advice(provider)
    assert (found.remedy.partition(",")[0], found.is_needed) == ("Write `honours_keys: false`", True)
    assert version in found.what
    assert advice(provider, honours_keys=False) == []


@pytest.mark.parametrize("body", ["null", "[]", "{}", '{"configuration": []}', '{"version": []}', "[" * 100_000, "<p>"])
def test_nonsense_is_told_and_raises_nothing(provider, body):
    provider.fails(Fault(200, body, {"Content-Type": "application/json"}))
    assert [each.is_needed for each in advice(provider)] == [False, False]


@pytest.mark.parametrize("fault", [Fault(404, {"error": "Not Found"}), Fault.server_error(), Fault.dropped_before()])
def test_a_server_that_does_not_answer_is_told(provider, fault):
    provider.fails(fault)
    (found,) = advice(provider)
    assert found.what.startswith("the server can't be asked for its limits: ")
    assert not found.is_needed
