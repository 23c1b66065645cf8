"""Bluesky as we speak it, before its own server; and what a text is to us, before its own library."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from publisher.model.call import Outcome, Scope
from publisher.model.message import Card, Post, Withdrawal
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build
from publisher.testing import MemoryJournal, MemoryVault, call_to, sample_picture, sample_post
from tests.senders.oracle import bluesky as oracle
from tests.senders.oracle.bluesky_texts import REASONS, differences
from tests.senders.oracle.texts import texts

pytestmark = pytest.mark.web


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[str]:
    if words := oracle.missing():
        pytest.skip(words)
    with oracle.server(tmp_path_factory.mktemp("bluesky")) as url:
        yield url


@pytest.fixture
def owner(server: str) -> oracle.Owner:
    """An account of this test alone."""
    return oracle.Owner(server, f"gazette-{random.randrange(10**9)}")


@pytest.fixture
def vault() -> MemoryVault:
    return MemoryVault()


@pytest.fixture
def sender(owner: oracle.Owner, vault: MemoryVault) -> Iterator[Sender]:
    made = sender_of(owner, owner.app_password(), vault)
    yield made
    made.http.close()


def sender_of(owner: oracle.Owner, password: str, vault: MemoryVault) -> Sender:
    given = {"identifier": owner.handle, "password": password, "host": owner.url}
    return build(Channel("bluesky", "bluesky"), given, vault=vault)


def test_a_post_stands_as_it_was_meant(sender: Sender, owner: oracle.Owner) -> None:
    card = Card("https://harbor.example/1?x=ü", "The harbour reopens", "Ferries sail again.")
    post = Post(("Café ☕ – read 👉 https://harbor.example/2026/11/28/the-ferry #Überraschung",), "pt-PT", card)
    verdict = sender.send(call_to(post), MemoryJournal()).verdict
    (standing,) = owner.posts()
    assert (verdict.outcome, verdict.provider_id) == (Outcome.SENT, standing["uri"])
    value = standing["value"]
    assert value["text"] == "Café ☕ – read 👉 harbor.example/2026/11/28/th… #Überraschung"
    raw = value["text"].encode()
    facets = sorted(value["facets"], key=lambda facet: facet["index"]["byteStart"])
    places = [(facet["index"]["byteStart"], facet["index"]["byteEnd"]) for facet in facets]
    assert [raw[start:stop].decode() for start, stop in places] == ["harbor.example/2026/11/28/th…", "#Überraschung"]
    assert [facet["features"][0].get("uri") for facet in facets] == [
        "https://harbor.example/2026/11/28/the-ferry",
        None,
    ]
    assert value["embed"]["external"] == {
        "uri": "https://harbor.example/1?x=ü",
        "title": "The harbour reopens",
        "description": "Ferries sail again.",
    }
    assert value["langs"] == ["pt-PT"]


@pytest.mark.parametrize("in_card", [True, False])
def test_a_picture_stands_in_the_card_or_alone(sender: Sender, owner: oracle.Owner, in_card: bool) -> None:
    journal, picture = MemoryJournal(), sample_picture(in_card=in_card)
    for _ in range(10):
        assert sender.send(call_to(sample_post(), picture=picture), journal).verdict.outcome is Outcome.SENT
    (standing,) = owner.posts()
    embed = standing["value"]["embed"]
    shown = embed["external"]["thumb"] if in_card else embed["images"][0]["image"]
    assert (shown["mimeType"], shown["size"]) == ("image/jpeg", len(picture.content))
    assert owner.picture(shown) == picture.content
    assert in_card or embed["images"][0]["alt"] == picture.alt


def test_one_delivery_said_ten_times_is_one_post(sender: Sender, owner: oracle.Owner) -> None:
    journal, call = MemoryJournal(), call_to(sample_post())
    said = {sender.send(call, journal).verdict for _ in range(10)}
    assert len(said) == 1
    assert len(owner.posts()) == 1


def test_a_thread_said_ten_times_stands_once(sender: Sender, owner: oracle.Owner) -> None:
    journal, call = MemoryJournal(), call_to(sample_post(3))
    for _ in range(10):
        assert sender.send(call, journal).verdict.outcome is Outcome.SENT
        for part in (1, 2, 3):
            journal.notes.pop(f"part {part}", None)  # as if each answer had been lost
    first, second, third = owner.posts()
    refs = [{"uri": post["uri"], "cid": post["cid"]} for post in (first, second)]
    assert second["value"]["reply"] == {"root": refs[0], "parent": refs[0]}
    assert third["value"]["reply"] == {"root": refs[0], "parent": refs[1]}


def test_a_thread_is_taken_down_however_often_it_is_said(sender: Sender, owner: oracle.Owner) -> None:
    journal = MemoryJournal()
    sender.send(call_to(sample_post(3)), journal)
    parts = tuple(str((journal.noted(f"part {number}") or {})["id"]) for number in (1, 2, 3))
    for _ in range(3):
        assert sender.withdraw(call_to(Withdrawal(parts)), MemoryJournal()).verdict.outcome is Outcome.SENT
    assert owner.posts() == []


def test_what_was_changed_by_hand_since_is_left_as_it_is(sender: Sender, owner: oracle.Owner) -> None:
    journal, call = MemoryJournal(), call_to(sample_post())
    sender.send(call, journal)
    (post,) = owner.posts()
    owner.change(post, text="Corrected by hand")
    assert sender.send(call, journal).verdict.provider_id == post["uri"]
    assert [each["value"]["text"] for each in owner.posts()] == ["Corrected by hand"]


def test_one_login_serves_posts_processes_and_restarts(owner: oracle.Owner, vault: MemoryVault) -> None:
    password = owner.app_password()
    sender_of(owner, password, vault).send(call_to(sample_post()), MemoryJournal())
    session = vault.read("session")
    for _ in range(3):
        sender_of(owner, "forgotten-meanwhile", vault).send(call_to(sample_post()), MemoryJournal())
    assert vault.read("session") == session
    assert len(owner.posts()) == 4


def test_a_session_that_the_server_refuses_is_refreshed(
    sender: Sender, owner: oracle.Owner, vault: MemoryVault
) -> None:
    sender.send(call_to(sample_post()), MemoryJournal())
    seen = vault.read("session") or ""
    spoilt = seen.replace('"access": "', '"access": "x')
    vault.renew("session", seen, lambda: spoilt)
    assert sender.send(call_to(sample_post()), MemoryJournal()).verdict.outcome is Outcome.SENT
    assert vault.read("session") not in (seen, spoilt)
    assert len(owner.posts()) == 2


def test_a_password_that_was_taken_back_stops_the_channel_once_its_session_is_over(
    sender: Sender, owner: oracle.Owner, vault: MemoryVault
) -> None:
    sender.send(call_to(sample_post()), MemoryJournal())
    owner.end_app_passwords()
    seen = vault.read("session") or ""
    vault.renew("session", seen, lambda: seen.replace('"access": "', '"access": "x'))
    verdict = sender.send(call_to(sample_post()), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
    assert "make a new app password" in verdict.reason


def test_the_limits_are_those_that_we_count(sender: Sender, owner: oracle.Owner) -> None:
    family = "👨‍👩‍👧‍👦"
    link = " https://harbor.example/2026/11/28/the-ferry"
    for text in ("x" * 300, family * 120, "字" * (300 - 30) + link):
        assert sender.send(call_to(Post((text,))), MemoryJournal()).verdict.outcome is Outcome.SENT
    for text, words in (("x" * 301, "got 301"), (family * 121, "got 3025")):
        verdict = sender.send(call_to(Post((text,))), MemoryJournal()).verdict
        assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
        assert words in verdict.reason
    assert len(owner.posts()) == 3


def test_whatever_the_text_the_server_takes_its_record(sender: Sender, owner: oracle.Owner) -> None:
    luck = random.Random(11)
    taken = 0
    for text in texts(luck, 200):
        if text.strip() and sender.send(call_to(Post((text[:150],))), MemoryJournal()).verdict.outcome is Outcome.SENT:
            taken += 1
    assert taken == 200


def test_bluesky_counts_and_finds_as_we_do_but_for_what_has_its_reason() -> None:
    if words := oracle.missing():
        pytest.skip(words)
    with oracle.rich_text() as library:
        found = differences(library, list(texts(random.Random(2), 2_000)))
    assert found.keys() <= REASONS.keys(), found.keys() - REASONS.keys()
    assert len(found) > 8  # it differs in what we know of, so it does look
