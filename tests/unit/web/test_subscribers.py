"""The console's page of a subscriber: found by an address that stands in no other address, with all that is known."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from publisher.audience import erasing
from publisher.model.event import Event, EventKind
from publisher.model.subscriber import SubscriptionState
from publisher.store import consents, events, log, subscribers, suppressions
from tests.unit.web.ledger import HOSTILE, HOSTILE_WORDS, NOW, OUR_SCRIPT
from tests.unit.web.readers import list_id, person, put

READER = "reader1@example.org"


def asked_for(site, address: str, **options) -> requests.Response:
    return requests.post(f"{site.url}/subscribers", data={"address": address}, timeout=10, **options)


def file_of(site, address: str = READER) -> str:
    answer = asked_for(site, address)
    assert answer.status_code == 200
    return answer.text


def heard(site, words: str) -> None:
    """Let the provider say something of the reader's mail."""
    with site.app.store.write() as conn:
        (mail,) = log.find(conn, log.Filter(address_hash=site.app.hash_of(READER)))
        bounced = Event(EventKind.SOFT_BOUNCE, "1", NOW)
        events.add(conn, "letters", bounced, mail["id"], words=words, now=NOW)


def test_the_file_has_consent_lists_suppressions_and_every_mail_with_what_came_later(own_site):
    app = own_site.app
    heard(own_site, HOSTILE_WORDS)
    found = person(app, READER)
    with app.store.write() as conn:
        said = {"basis": "sign-up page", "now": NOW + timedelta(hours=1), "actor": "subscriber"}
        said["wording_id"] = consents.wording(conn, "Yes, <b>send</b> it.", "en", NOW)
        on = SubscriptionState.CONFIRMED
        subscribers.set_subscription(conn, found.id, subscribers.ensure_list(conn, "daily"), on, **said)
        blocked = {"reason": HOSTILE, "now": NOW, "actor": "cli:ada"}
        suppressions.add(conn, app.hash_of(READER), "list:weekly", **blocked)
    text = file_of(own_site)
    for words in (
        READER,
        "Reader1 Writer",
        'sign-up page: <q lang="en">Yes, &lt;b&gt;send&lt;/b&gt; it.</q>',
        "wording 1",
        "Suppressed list:weekly",
        "cli:ada: &lt;script&gt;",
        f"{EventKind.SOFT_BOUNCE} <time",
        "&lt;img src=x onerror=alert(1)&gt; mailbox full",
        f'href="/editions/{own_site.edition}"',
    ):
        assert words in text, words
    assert "<script" not in text.replace(OUR_SCRIPT, "") and "<img" not in text
    before = text.split("<h2>Before</h2>")[1]
    assert "confirmed" in before and "test" in before


def test_the_address_stands_in_no_url_and_the_page_can_be_loaded_again(site):
    answer = asked_for(site, READER, allow_redirects=False)
    assert answer.status_code == 303
    there = answer.headers["Location"]
    assert there.startswith("/subscribers/reader") and "@" not in there and "%40" not in there
    assert READER in requests.get(site.url + there, timeout=10).text
    assert READER not in requests.get(f"{site.url}/subscribers?address={READER}", timeout=10).text
    assert 'method="post"' in requests.get(f"{site.url}/subscribers", timeout=10).text


@pytest.mark.parametrize(
    "name", ["1", "reader1", "reader1-00000000000000000000", "past1-00", "reader99999999999999999999"]
)
def test_a_name_that_nobody_gave_out_opens_nothing(site, name):
    answer = requests.get(f"{site.url}/subscribers/{name}", timeout=10)
    assert answer.status_code == 404
    assert READER not in answer.text


def test_of_strangers_it_says_that_nobody_has_the_address_and_who_forbade_it(own_site):
    app = own_site.app
    with app.store.write() as conn:
        blocked = {"reason": "a lawyer's letter", "now": NOW, "actor": "cli:ada"}
        suppressions.add(conn, app.hash_of("stranger@example.org"), "all", **blocked)
    text = file_of(own_site, "stranger@example.org")
    assert "Nobody has this address." in text
    assert "Suppressed everywhere" in text and "a lawyer&#39;s letter" in text
    assert "Suppressed" not in file_of(own_site, "another@example.org")


@pytest.mark.parametrize(
    "typed", ["", "ada", "a@b", "<x>@example.org", "ada@example.org, bob@example.org", "é" * 3_000]
)
def test_what_is_no_address_is_said_beside_the_field(site, typed):
    answer = asked_for(site, typed)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text and "<x>" not in answer.text


def test_an_address_is_found_however_it_is_typed(site):
    assert READER in file_of(site, "  Reader1@EXAMPLE.org ")


def test_a_page_of_another_site_may_not_ask(site):
    answer = asked_for(site, READER, headers={"Sec-Fetch-Site": "cross-site"}, allow_redirects=False)
    assert answer.status_code == 403


def test_who_was_erased_has_no_file_any_more(own_site):
    app = own_site.app
    there = asked_for(own_site, READER, allow_redirects=False).headers["Location"]
    erased = {"hash_of": app.hash_of, "why": "asked", "now": NOW, "actor": "cli:ada"}
    assert erasing.erase(app.store, person(app, READER).id, **erased)
    answer = requests.get(own_site.url + there, timeout=10)
    assert answer.status_code == 404 and READER not in answer.text
    assert "Nobody has this address." in file_of(own_site)


def test_somebody_without_mails_or_lists_has_a_file_too(own_site):
    number = put(own_site.app, "new@example.org", "daily", SubscriptionState.UNCONFIRMED)
    assert number and list_id(own_site.app, "daily")
    text = file_of(own_site, "new@example.org")
    assert "unconfirmed" in text and "No mail was ever meant for them." in text
