"""What is the owner's alone: a link that is mailed to the address, and what it opens."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from publisher.model.subscriber import SubscriptionState
from publisher.store import suppressions
from tests.unit.web.ledger import NOW
from tests.unit.web.readers import (
    PUBLIC,
    asked,
    chosen,
    eventually,
    from_elsewhere,
    letters,
    link,
    person,
    put,
    settled,
    site_of,
)

ON = SubscriptionState.CONFIRMED


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with site_of(tmp_path_factory.mktemp("owner")) as site:
        yield site


@pytest.fixture
def own(site, ada) -> str:
    """The address of a reader's own page."""
    return f"{site.url}/a/{link(site.app, 'access', put(site.app, ada, 'daily', ON), 0)}"


def see(address: str) -> str:
    return requests.get(address, headers=PUBLIC, timeout=30).text


def press(address: str, **fields) -> requests.Response:
    return requests.post(address, data=fields, headers=PUBLIC, timeout=30)


def test_whoever_types_an_address_gets_a_link_there_and_a_stranger_the_same_answer(site, ada):
    put(site.app, ada, "daily", ON)
    typed = (ada.upper(), "nobody@example.org", "erased@example.org")
    answers = [
        requests.post(f"{site.url}/my", data={"email": each}, headers=from_elsewhere(), timeout=30) for each in typed
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    eventually(lambda: letters(site.app, ada) == {"access::en": 1})
    assert person(site.app, "nobody@example.org") is None


def test_the_answer_is_in_the_language_of_the_page(site):
    for email in ("nobody@example.org", "x"):
        answer = requests.post(f"{site.url}/my?language=ar", {"email": email}, headers=from_elsewhere(), timeout=30)
        assert '<html lang="ar" dir="rtl"' in answer.text


def test_one_address_gets_few_links_a_day(site, ada):
    put(site.app, ada, "daily", ON)
    for _ in range(8):
        requests.post(f"{site.url}/my", data={"email": ada}, headers=from_elsewhere(), timeout=30)
    settled(site.url)
    assert letters(site.app, ada) == {"access::en": 3}


@pytest.mark.parametrize("email", ["", "x", "a" * 300 + "@example.org", "<script>@x"])
def test_what_is_no_address_is_said(site, email):
    answer = requests.post(f"{site.url}/my", data={"email": email}, headers=from_elsewhere(), timeout=30)
    assert (answer.status_code, "does not look like" in answer.text) == (400, True)


def test_the_page_shows_the_address_in_full_and_all_that_can_be_done(site, own, ada):
    page = see(own)
    assert ada in page
    assert all(words in page for words in ("New address", "Download my data", "Erase everything about me"))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_looking_changes_nothing(site, own, ada, method):
    for path in ("?list=weekly", "/address?email=new@example.org", "/data", "/erase?sure=1"):
        requests.request(method, own + path, headers=PUBLIC, timeout=30)
    settled(site.url)
    assert chosen(site.app, ada) == {"daily": "confirmed"}
    assert letters(site.app, ada) == {}


def test_lists_are_chosen_here_too(site, own, ada):
    page = press(own, asked=asked(see(own)), was="daily", list=["weekly"], pause="2", language="de")
    assert "Gespeichert." in page.text
    assert chosen(site.app, ada) == {"daily": "left", "weekly": "confirmed"}


@pytest.mark.parametrize("purpose", ["leave", "confirm", "move"])
def test_no_other_link_opens_it(site, own, ada, purpose):
    token = link(site.app, purpose, person(site.app, ada).id, 0)
    for path in ("", "/data", "/erase"):
        answer = requests.get(f"{site.url}/a/{token}{path}", headers=PUBLIC, timeout=30)
        assert (answer.status_code, "This link does nothing" in answer.text) == (200, True)
        assert ada not in answer.text


def test_the_link_of_an_ordinary_mail_opens_none_of_it(site, own, ada):
    key_id, key = site.app.keys.current("link")
    from publisher.model.tokens import leaving_token

    token = leaving_token(person(site.app, ada).id, 1, key_id, key)
    for path in ("/address", "/data", "/erase"):
        assert press(f"{site.url}/u/{token}{path}", email="thief@example.org").status_code == 404
        assert "does nothing" in press(f"{site.url}/a/{token}{path}", email="thief@example.org").text or path == "/data"
    assert person(site.app, ada) is not None
    assert person(site.app, "thief@example.org") is None


def test_the_link_lasts_a_day(site, ada):
    number = put(site.app, ada, "daily", ON)
    old = link(site.app, "access", number, 0, NOW - timedelta(hours=24))
    assert "This link does nothing" in see(f"{site.url}/a/{old}")
    assert ada in see(f"{site.url}/a/{link(site.app, 'access', number, 0, NOW - timedelta(hours=23))}")


def test_the_data_come_as_a_file(site, own, ada):
    answer = requests.get(f"{own}/data", headers=PUBLIC, timeout=30)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["email"] == ada
    assert [each["list"] for each in answer.json()["lists"]] == ["daily"]


def test_everything_is_erased_after_it_was_asked_once(site, own, ada):
    assert "can’t be undone" in see(f"{own}/erase")
    assert person(site.app, ada) is not None
    page = press(f"{own}/erase").text
    assert "Everything is erased" in page
    assert person(site.app, ada) is None
    with site.app.store.read() as conn:
        assert [row["scope"] for row in suppressions.of(conn, site.app.hash_of(ada))] == ["erased"]
    for address in (own, f"{own}/erase", f"{own}/data"):
        assert "This link does nothing" in see(address)
    assert "This link does nothing" in press(f"{own}/erase").text


# --- another address --------------------------------------------------------------------------------------------------


def test_another_address_holds_when_it_was_confirmed_there_and_not_before(site, own, ada):
    new = ada.replace("ada", "new")
    number = person(site.app, ada).id
    assert f"A mail is on its way to {new}" in press(f"{own}/address", email=new).text
    eventually(lambda: letters(site.app, new) == {f"move:{number}:en": 1})
    assert person(site.app, ada).id == number
    address = f"{site.url}/m/{link(site.app, 'move', person(site.app, new).id, number)}"
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE"):
        requests.request(method, address, headers=PUBLIC, timeout=30)
    page = see(address)
    assert new in page
    assert ada not in page
    assert person(site.app, ada) is not None
    assert "Your new address holds" in press(address).text
    assert person(site.app, new).id == number
    assert chosen(site.app, new) == {"daily": "confirmed"}
    assert person(site.app, ada) is None
    assert "Your new address holds" in press(address).text


def test_a_link_to_the_old_address_opens_nothing_after_the_move(site, ada):
    number = put(site.app, ada, "daily", ON)
    before = f"{site.url}/a/{link(site.app, 'access', number, 0, NOW - timedelta(hours=1))}"
    new = put(site.app, ada.replace("ada", "new"), "weekly", ON)
    assert ada in see(before)
    press(f"{site.url}/m/{link(site.app, 'move', new, number)}")
    assert "This link does nothing" in see(before)


def test_what_was_asked_for_before_a_move_moves_nobody_after_it(site, ada):
    number = put(site.app, ada, "daily", ON)
    thief, home = put(site.app, ada.replace("ada", "thief"), "weekly", ON), put(site.app, f"new-{ada}", "weekly", ON)
    before = NOW - timedelta(hours=1)
    asked_by_a_thief = f"{site.url}/m/{link(site.app, 'move', thief, number, before)}"
    assert "thief" in see(asked_by_a_thief)
    press(f"{site.url}/m/{link(site.app, 'move', home, number, before)}")
    assert "This link does nothing" in see(asked_by_a_thief)
    assert "This link does nothing" in press(asked_by_a_thief).text
    assert person(site.app, f"new-{ada}").id == number


def test_one_network_asks_few_strangers_whether_an_address_is_theirs(site, own):
    here = from_elsewhere()
    strangers = [f"stranger{number}@example.org" for number in range(32)]
    answers = [requests.post(f"{own}/address", {"email": each}, headers=here, timeout=30) for each in strangers]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429] * 2
    settled(site.url)
    assert [letters(site.app, each).total() for each in strangers] == [1] * 30 + [0] * 2


def test_the_own_address_and_what_is_none_are_said(site, own, ada):
    for email, words in ((ada.upper(), "your address already"), ("x", "does not look like")):
        answer = press(f"{own}/address", email=email)
        assert (answer.status_code, words in answer.text) == (400, True)
    settled(site.url)
    assert letters(site.app, ada) == {}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("made_up", ["x", "A" * 500, "MS4xLjEuQUFBQQ"])
def test_made_up_links_do_nothing(site, method, made_up):
    for start in ("a", "m", "c"):
        answer = requests.request(method, f"{site.url}/{start}/{made_up}", headers=PUBLIC, timeout=30)
        assert answer.status_code == 200
        assert "example.org" not in answer.text
