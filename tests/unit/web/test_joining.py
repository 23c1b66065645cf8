"""Joining on the web: the same answer for everybody, the words that were shown, limits, and a yes by one press."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests

from publisher.audience import often
from publisher.audience.addresses import normalise
from publisher.model.subscriber import SubscriptionState
from publisher.store import suppressions
from publisher.web.joining import form_words
from publisher.web.pages import Pages
from tests.unit.web.ledger import NOW
from tests.unit.web.readers import (
    PUBLIC,
    asked,
    chosen,
    eventually,
    from_elsewhere,
    kept,
    letters,
    link,
    list_id,
    person,
    put,
    settled,
    site_of,
    with_lists,
)

ASKED = ("left", "open", "erased", "nobody")  # whom a mail asks
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """One for all: each test has readers of its own."""
    with site_of(tmp_path_factory.mktemp("joining")) as site:
        yield site


def post(site, path: str = "/subscribe/daily", headers=None, words: str | None = None, **fields):
    known = asked(requests.get(site.url + path, timeout=30).text) if words is None else words
    return requests.post(
        site.url + path, data={"asked": known, **fields}, headers=headers or from_elsewhere(), timeout=30
    )


def test_a_page_shows_every_open_list_with_what_it_brings(site):
    page = requests.get(f"{site.url}/subscribe", headers=PUBLIC, timeout=30).text
    assert "Morning briefing</strong>: The day’s news at seven" in page
    assert "Breaking" in page
    assert "For members" not in page
    one = requests.get(f"{site.url}/subscribe/weekly", headers=PUBLIC, timeout=30).text
    assert "Get “The week” by e-mail" in one
    assert "Morning briefing" not in one


def test_a_list_in_another_language_is_marked_as_such(tmp_path, ada):
    def in_arabic(text: str) -> str:
        return with_lists(text).replace("daily: {", "daily: {language: ar, archive: public, ")

    with site_of(tmp_path, in_arabic) as site:
        token = link(site.app, "access", put(site.app, ada, "daily", SubscriptionState.CONFIRMED), 0)
        for path in ("/subscribe", f"/a/{token}?language=en", "/archive"):
            assert re.search(
                r'lang="ar"[^>]*>(<[^>]*>)Morning briefing', requests.get(site.url + path, timeout=30).text
            )


@pytest.mark.parametrize("name", ["house", "nowhere", "x" * 500, "%00", "..%2f"])
def test_nobody_signs_up_for_a_list_that_is_not_open(site, name, ada):
    for answer in (
        requests.get(f"{site.url}/subscribe/{name}", headers=PUBLIC, timeout=30),
        requests.post(f"{site.url}/subscribe/{name}", data={"email": ada}, headers=PUBLIC, timeout=30),
    ):
        assert answer.status_code == 404
    settled(site.url)
    assert person(site.app, ada) is None


def test_a_sign_up_is_asked_by_mail_with_the_words_that_were_shown(site, ada):
    answer = post(
        site, email=ada.replace("ada", "Ada").replace("example.org", "EXAMPLE.org"), name="  Ada\u00a0 Lovelace "
    )
    assert answer.status_code == 200
    assert "Look into your mailbox" in answer.text
    eventually(lambda: letters(site.app, ada)["confirm:daily:en"] == 1)
    row = kept(site.app, ada)["daily"]
    assert (row["state"], row["basis"]) == ("unconfirmed", "signed up: sign-up page")
    assert row["wording"].startswith("Morning briefing: The day’s news at seven\nHarbor Gazette sends you")
    found = person(site.app, ada)
    assert (found.email, found.name, found.language) == (ada.replace("ada", "Ada"), "Ada Lovelace", "")


def test_whoever_wants_all_of_many_lists_is_asked_for_each(tmp_path, ada):
    many = [f"list{number}" for number in range(8)]

    def with_many(text: str) -> str:
        return with_lists(text).replace("lists:\n", "lists:\n" + "".join(f"  {each}: {{}}\n" for each in many))

    with site_of(tmp_path, with_many) as site:
        assert post(site, "/subscribe", email=ada, list=many).status_code == 200
        eventually(lambda: letters(site.app, ada).total() == len(many))


def test_several_lists_are_asked_each_by_itself(site, ada):
    post(site, "/subscribe", email=ada, list=["daily", "breaking", "house"])
    eventually(lambda: letters(site.app, ada) == {"confirm:daily:en": 1, "welcome:breaking:en": 1})
    assert chosen(site.app, ada) == {"daily": "unconfirmed", "breaking": "confirmed"}


def test_the_answer_is_the_same_whoever_has_the_address(site):
    put(site.app, "on@example.org", "daily", SubscriptionState.CONFIRMED)
    put(site.app, "left@example.org", "daily", SubscriptionState.LEFT)
    put(site.app, "open@example.org", "daily", SubscriptionState.UNCONFIRMED)
    put(site.app, "bad@example.org", "daily", SubscriptionState.CONFIRMED)
    with site.app.store.write() as conn:
        for email, scope in (("bad@example.org", "all"), ("erased@example.org", "erased")):
            suppressions.add(conn, site.app.hash_of(email), scope, reason="x", now=NOW, actor="test")
    answers = [post(site, email=f"{name}@example.org") for name in (*ASKED, "on", "bad")]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers)) for answer in answers}) == 1
    eventually(lambda: all(letters(site.app, f"{name}@example.org") for name in ASKED))
    settled(site.url)
    assert letters(site.app, "on@example.org") == letters(site.app, "bad@example.org") == {}


def test_a_machine_that_fills_in_what_nobody_sees_gets_the_same_answer_and_nothing(site, ada):
    answer = post(site, email=ada, website="https://spam.example")
    assert "Look into your mailbox" in answer.text
    settled(site.url)
    assert person(site.app, ada) is None


@pytest.mark.parametrize(
    "email",
    [
        "",
        "x",
        "a@b",
        "@example.org",
        "a b@example.org",
        "a@example.org\r\nBcc: all@example.org",
        "a" * 300 + "@x.example",
    ]
    + ["a@" + "x" * 300 + ".example", '"a b"@example.org', "a@-x.example", "<script>@example.org", "a@[127.0.0.1]"],
)
def test_what_is_no_address_is_said_and_what_was_typed_stays(site, email):
    answer = post(site, email=email, name="Ada")
    assert answer.status_code == 400
    assert "does not look like an e-mail address" in answer.text
    assert "<script>@" not in answer.text
    assert 'value="Ada"' in answer.text


@pytest.mark.parametrize("email", ["jörg@münchen.example", "ada@xn--mnchen-3ya.example", "sales@example.org"])
def test_addresses_of_other_scripts_and_of_roles_are_addresses(site, email):
    assert post(site, email=email).status_code == 200
    eventually(lambda: letters(site.app, normalise(email))["confirm:daily:en"] == 1)


@pytest.mark.parametrize(
    "name", ["x" * 81, "Win at https://spam.example", "Ada\r\nBcc: x", "buy.example now", "ada@x", "<b>Ada</b>"]
)
def test_a_name_is_no_place_for_an_advertisement(site, name, ada):
    answer = post(site, email=ada, name=name)
    assert answer.status_code == 400
    assert "Write only your name" in answer.text
    settled(site.url)
    assert person(site.app, ada) is None


@pytest.mark.parametrize("name", ["Ada Lovelace", "Ada “Bo” O’Neill-Smith Jr.", "عائشة", "J. R. R. Tolkien", "李"])
def test_names_of_people_are_names(site, name, ada):
    assert post(site, email=ada, name=name).status_code == 200
    eventually(lambda: person(site.app, ada) is not None)
    assert person(site.app, ada).name == name


def test_consent_is_to_the_words_that_were_shown_and_to_no_others(site, ada):
    answer = post(site, email=ada, words="0" * 32)
    assert answer.status_code == 400
    assert "The words on this page have changed" in answer.text
    settled(site.url)
    assert person(site.app, ada) is None


def test_nothing_chosen_is_said(site, ada):
    assert "Choose at least one newsletter" in post(site, "/subscribe", email=ada).text


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"", ""), (b"\xff\x00", "multipart/form-data; boundary=b1"), (b"{}", "application/json"), (b"a=1&" * 2000, FORM)],
)
def test_a_form_that_says_nothing_is_asked_again(site, body, kind):
    headers = kind if isinstance(kind, dict) else {"Content-Type": kind}
    answer = requests.post(f"{site.url}/subscribe/daily", data=body, headers={**PUBLIC, **headers}, timeout=30)
    assert answer.status_code == 400
    assert "<form" in answer.text


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_looking_at_the_form_signs_nobody_up(site, method, ada):
    requests.request(method, f"{site.url}/subscribe/daily?email={ada}&list=daily", headers=PUBLIC, timeout=30)
    settled(site.url)
    assert person(site.app, ada) is None


# --- the form that stands elsewhere -----------------------------------------------------------------------------------


def fields_of(html: str) -> dict[str, str]:
    return {"asked": asked(html)}


def test_the_form_of_another_site_brings_the_words_that_it_was_printed_with(site, ada):
    html = form_words(site.app, Pages(site.app), "daily")
    assert f'action="{site.app.public_url}/subscribe/daily"' in html
    assert "<script" not in html
    headers = {**PUBLIC, "Origin": "https://harbor.example", "Sec-Fetch-Site": "cross-site"}
    answer = post(site, headers=headers, words=asked(html), email=ada)
    assert answer.status_code == 200
    eventually(lambda: "daily" in chosen(site.app, ada))
    row = kept(site.app, ada)["daily"]
    assert row["basis"] == "signed up: form on harbor.example"
    assert row["wording"].startswith("Morning briefing: The day’s news at seven")


def test_the_words_of_one_lists_form_are_not_those_of_another(site, ada):
    html = form_words(site.app, Pages(site.app), "daily")
    assert post(site, "/subscribe/weekly", words=asked(html), email=ada).status_code == 400


# --- limits -----------------------------------------------------------------------------------------------------------


def from_network(address: str) -> dict[str, str]:
    return {**PUBLIC, "X-Forwarded-For": address}


def asked_by_mail(site) -> list[int]:
    return [letters(site.app, f"a{number}@example.org")["confirm:daily:en"] for number in range(40)]


def test_one_network_causes_no_more_letters_than_its_limit_and_another_none_less(site, ada):
    words = asked(requests.get(f"{site.url}/subscribe/daily", timeout=30).text)

    def one(number: int) -> int:
        headers = from_network(f"198.51.100.1, 192.0.2.{number % 250}")
        return post(site, headers=headers, words=words, email=f"a{number}@example.org").status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(one, range(40)))
    assert statuses.count(200) == often.NETWORK.burst
    assert statuses.count(429) == 40 - often.NETWORK.burst
    eventually(lambda: asked_by_mail(site) == [int(status == 200) for status in statuses])
    assert post(site, headers=from_network("203.0.113.9"), words=words, email=ada).status_code == 200


def test_one_address_gets_three_letters_a_day_whoever_types_it_and_nobody_is_told(site, ada):
    words = asked(requests.get(f"{site.url}/subscribe/daily", timeout=30).text)
    answers = [post(site, headers=from_network(f"10.{n}.0.1"), words=words, email=ada) for n in range(12)]
    assert len({answer.text for answer in answers}) == 1
    settled(site.url)
    assert letters(site.app, ada)["confirm:daily:en"] == 3


def test_neither_networks_nor_addresses_stand_in_the_limits(site, ada):
    post(site, headers=from_network("172.31.7.7"), email=ada)
    eventually(lambda: letters(site.app, ada)["confirm:daily:en"] == 1)
    kept_bytes = b"".join(path.read_bytes() for path in site.app.folder.glob("publisher.db*"))
    assert b"172.31.7" not in kept_bytes


def test_where_no_mail_goes_out_nobody_is_told_that_one_comes(tmp_path, ada):
    def without_mail(text: str) -> str:
        text = with_lists(text).replace("  letters: {sender: mailpit}\n", "")
        return text.replace("      - {via: letters, to: daily}\n", "")

    with site_of(tmp_path, without_mail) as site:
        answer = post(site, email=ada)
    assert answer.status_code == 503
    assert "Please try again" in answer.text


# --- the yes ----------------------------------------------------------------------------------------------------------


def question(site, email: str, name: str = "daily", made_at=NOW) -> str:
    put(site.app, email, name, SubscriptionState.UNCONFIRMED)
    token = link(site.app, "confirm", person(site.app, email).id, list_id(site.app, name), made_at)
    return f"{site.url}/c/{token}"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_looking_at_the_question_answers_nothing(site, method, ada):
    requests.request(method, question(site, ada) + "?confirm=1", headers=PUBLIC, timeout=30)
    assert chosen(site.app, ada) == {"daily": "unconfirmed"}


def test_one_press_says_yes_and_a_second_changes_nothing(site, ada):
    address = question(site, ada)
    page = requests.get(address, headers=PUBLIC, timeout=30).text
    assert "Get “Morning briefing”?" in page
    assert "a…@example.org" in page
    assert ada not in page
    pages = [requests.post(address, headers=PUBLIC, timeout=30).text for _ in range(2)]
    assert "You are subscribed to “Morning briefing”" in pages[0]
    assert pages[0] == pages[1]
    assert chosen(site.app, ada) == {"daily": "confirmed"}
    assert letters(site.app, ada) == {}


def test_parallel_yeses_greet_once(site, ada):
    address = question(site, ada, name="weekly")
    with ThreadPoolExecutor(4) as pool:
        pages = set(pool.map(lambda _: requests.post(address, headers=PUBLIC, timeout=30).text, range(8)))
    assert len(pages) == 1
    assert letters(site.app, ada) == {"welcome:weekly:en": 1}


def test_a_sign_up_that_was_forgotten_says_so_and_offers_another(site, ada):
    old = question(site, ada, made_at=NOW - timedelta(days=8))
    gone = f"{site.url}/c/{link(site.app, 'confirm', 4711, 1)}"
    for address in (old, gone):
        for method in ("GET", "POST"):
            answer = requests.request(method, address, headers=PUBLIC, timeout=30)
            assert answer.status_code == 200
            assert "works no more" in answer.text
            assert 'href="/subscribe"' in answer.text
    assert chosen(site.app, ada) == {"daily": "unconfirmed"}


def test_whoever_left_since_is_not_brought_back_by_an_old_link(site, ada):
    address = question(site, ada)
    put(site.app, ada, "daily", SubscriptionState.LEFT)
    assert "works no more" in requests.post(address, headers=PUBLIC, timeout=30).text
    assert chosen(site.app, ada) == {"daily": "left"}


@pytest.mark.parametrize("purpose", ["leave", "access", "move"])
def test_a_link_for_something_else_confirms_nothing(site, purpose, ada):
    question(site, ada)
    token = link(site.app, purpose, person(site.app, ada).id, list_id(site.app, "daily"))
    assert "works no more" in requests.post(f"{site.url}/c/{token}", headers=PUBLIC, timeout=30).text
    assert chosen(site.app, ada) == {"daily": "unconfirmed"}


def test_a_page_of_another_site_presses_for_nobody(site, ada):
    headers = {**PUBLIC, "Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert requests.post(question(site, ada), headers=headers, timeout=30).status_code == 403
    assert chosen(site.app, ada) == {"daily": "unconfirmed"}
