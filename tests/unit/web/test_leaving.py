"""The leaving page: looking changes nothing, one press leaves, another takes it back, and there are other choices."""

from __future__ import annotations

import pytest
import requests

from publisher.model.subscriber import SubscriptionState
from publisher.model.tokens import leaving_token
from publisher.store import consents, subscribers, suppressions
from tests.unit.web.ledger import NOW, subscription, token
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
)

URLENCODED = b"List-Unsubscribe=One-Click"
MULTIPART = b'--b1\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b1--\r\n'


def basis(app) -> str:
    with app.store.read() as conn:
        return str(subscribers.subscription(conn, 1, 1)["basis"])


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_looking_changes_nothing(site, method):
    for query in ("", "?List-Unsubscribe=One-Click", "?leave=1", "?undo=1"):
        requests.request(method, site.leaving + query, timeout=30)
    assert subscription(site.app) == "confirmed"


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["", "/choices"])
def test_the_link_of_a_test_mail_does_nothing_and_says_so(site, method, path):
    start = site.leaving.rpartition("/")[0]
    answer = requests.request(method, f"{start}/test{path}", data={"List-Unsubscribe": "One-Click"}, timeout=30)
    assert (answer.status_code, "Nobody was unsubscribed" in answer.text) == (200, True)
    assert subscription(site.app) == "confirmed"


def test_the_page_names_the_list_and_only_hints_at_the_address(site):
    page = requests.get(site.leaving, timeout=30).text
    assert "Leave “Morning briefing”" in page
    assert "r…@example.org" in page
    assert "reader1" not in page
    assert page.count("<button") == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (URLENCODED, "application/x-www-form-urlencoded"),
        (MULTIPART, "multipart/form-data; boundary=b1"),
        (URLENCODED, "application/x-www-form-urlencoded; charset=UTF-8"),
    ],
)
def test_one_click_leaves_without_cookie_redirect_or_question(own_site, body, kind):
    answer = requests.post(
        own_site.leaving,
        data=body,
        headers={"Content-Type": kind, "Host": "letters.harbor.example", "Sec-Fetch-Site": "cross-site"},
        allow_redirects=False,
        timeout=30,
    )
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert subscription(own_site.app) == "left"
    assert "one-click" in basis(own_site.app)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", ""),
        (b"\xff\x00", "multipart/form-data; boundary=b1"),
        (b"nonsense", "multipart/form-data"),
        (b"{}", "a/b"),
    ],
)
def test_nobody_is_kept_because_of_a_bad_form(own_site, body, kind):
    assert requests.post(own_site.leaving, data=body, headers={"Content-Type": kind}, timeout=30).status_code == 200
    assert subscription(own_site.app) == "left"


def test_leaving_twice_is_no_error(own_site):
    pages = [requests.post(own_site.leaving, data=URLENCODED, timeout=30).text for _ in range(2)]
    assert all("You have left" in page for page in pages)


def test_the_button_leaves_and_undo_takes_it_back(own_site):
    page = requests.post(own_site.leaving, data={"leave": "1"}, timeout=30).text
    assert "You have left" in page
    assert 'name="undo" value="1"' in page
    assert subscription(own_site.app) == "left"
    page = requests.post(own_site.leaving, data={"undo": "1"}, timeout=30).text
    assert "You stay on" in page
    assert subscription(own_site.app) == "confirmed"


def test_whoever_left_is_told_so_when_they_look_again(own_site):
    requests.post(own_site.leaving, data=URLENCODED, timeout=30)
    assert "You are not on “Morning briefing”" in requests.get(own_site.leaving, timeout=30).text


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("made_up", ["x", "a" * 500, "MS4xLjEuAAAA", "%00", "..%2f..", "é"])
def test_a_link_that_is_not_ours_is_a_friendly_page_that_tells_nothing(site, method, made_up):
    answer = requests.request(method, f"{site.url}/u/{made_up}", timeout=30)
    assert answer.status_code in (200, 404)  # 404: no path of ours
    assert "Morning briefing" not in answer.text
    assert "example.org" not in answer.text
    assert subscription(site.app) == "confirmed"


def test_a_changed_token_is_not_ours(site):
    good = token(site.app)
    for place in range(len(good)):
        changed = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        requests.post(f"{site.url}/u/{changed}", data=URLENCODED, timeout=30)
        assert subscription(site.app, "reader2@example.org") == "confirmed"


# What mailbox providers send. Google's is the example of its own help for senders; the others are those of RFC 8058 and
# the variants of it that its words allow: a body with a charset, with a line's end, without one, and none at all.
ONE_CLICKS = {
    "Gmail": (b"List-Unsubscribe=One-Click", {"Content-Type": "application/x-www-form-urlencoded"}),
    "RFC 8058, multipart": (
        b'---FormBoundaryjWmhtjORrn\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n'
        b"---FormBoundaryjWmhtjORrn--\r\n",
        {"Content-Type": "multipart/form-data; boundary=-FormBoundaryjWmhtjORrn"},
    ),
    "a charset": (b"List-Unsubscribe=One-Click", {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}),
    "a line's end": (b"List-Unsubscribe=One-Click\r\n", {"Content-Type": "application/x-www-form-urlencoded"}),
    "chunks": (iter([b"List-Unsubscribe", b"=One-Click"]), {"Content-Type": "application/x-www-form-urlencoded"}),
    "no type": (b"List-Unsubscribe=One-Click", {}),
    "no body": (b"", {"Content-Type": "application/x-www-form-urlencoded"}),
    "other fields": (b"a=b&List-Unsubscribe=One-Click&c", {"Content-Type": "application/x-www-form-urlencoded"}),
}


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """One for all: each test has readers of its own."""
    with site_of(tmp_path_factory.mktemp("leaving")) as site:
        yield site


def leaving(site, email: str, name: str = "daily", state=SubscriptionState.CONFIRMED) -> str:
    person_id = put(site.app, email, name, state)
    key_id, key = site.app.keys.current("link")
    return f"{site.url}/u/{leaving_token(person_id, list_id(site.app, name), key_id, key)}"


def see(address: str) -> str:
    return requests.get(address, headers=PUBLIC, timeout=30).text


def press(address: str, **fields) -> requests.Response:
    return requests.post(address, data=fields, headers=PUBLIC, timeout=30)


@pytest.mark.parametrize("provider", ONE_CLICKS)
def test_one_click_of_every_provider_leaves(many, ada, provider):
    body, headers = ONE_CLICKS[provider]
    address = leaving(many, ada)
    answer = requests.post(address, data=body, headers={**PUBLIC, **headers}, allow_redirects=False, timeout=30)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)
    assert chosen(many.app, ada) == {"daily": "left"}


@pytest.mark.parametrize("token", ["x", "A" * 300, "MS4xLjEuQUFBQQ", "doctor"])
def test_one_click_on_a_link_that_is_not_ours_is_no_error_that_a_provider_would_count(many, token):
    answer = requests.post(f"{many.url}/u/{token}", data=URLENCODED, headers=PUBLIC, timeout=30)
    assert answer.status_code == 200
    assert "This link does nothing" in answer.text


@pytest.mark.parametrize("purpose", ["confirm", "access", "move"])
def test_a_link_for_something_else_ends_nothing(many, ada, purpose):
    leaving(many, ada)
    token = link(many.app, purpose, person(many.app, ada).id, list_id(many.app, "daily"))
    assert "This link does nothing" in press(f"{many.url}/u/{token}").text
    assert chosen(many.app, ada) == {"daily": "confirmed"}


# --- choices ----------------------------------------------------------------------------------------------------------


def choose(address: str, **fields) -> requests.Response:
    page = see(f"{address}/choices")
    was = [part.partition('"')[0] for part in page.split('name="was" value="')[1:]]
    own = {"asked": asked(page), "was": was, "list": was, "pause": "", "language": "", **fields}
    return press(f"{address}/choices", **own)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_looking_at_the_choices_changes_nothing(many, ada, method):
    address = leaving(many, ada)
    for path in ("/choices?list=weekly&pause=4&language=de", "/choices/link"):
        requests.request(method, address + path, headers=PUBLIC, timeout=30)
    assert chosen(many.app, ada) == {"daily": "confirmed"}
    assert letters(many.app, ada) == {}


def test_the_choices_show_the_open_lists_and_the_address_masked(many, ada):
    page = see(leaving(many, ada, "house") + "/choices")
    assert "For members" in page  # they are on it, though nobody can join it by themselves
    assert "The week" in page
    assert ada not in page
    assert "a…@example.org" in page


def test_another_list_is_joined_by_the_link_with_its_words_and_without_another_mail(many, ada):
    answer = choose(leaving(many, ada), list=["weekly", "house"])
    assert "Saved." in answer.text
    assert chosen(many.app, ada) == {"daily": "left", "weekly": "confirmed"}
    row = kept(many.app, ada)["weekly"]
    assert row["wording"].startswith("The week\nHarbor Gazette sends you")
    assert row["basis"] == "chosen: on the page behind the link in a mail"


def test_a_page_that_was_left_open_undoes_nothing_that_was_chosen_since(many, ada):
    address = leaving(many, ada)
    old = asked(see(f"{address}/choices"))
    choose(address, list=["daily", "weekly"])
    press(f"{address}/choices", asked=old, was=["daily"], list=["daily"], pause="1", language="")
    assert chosen(many.app, ada) == {"daily": "confirmed", "weekly": "confirmed"}


def test_joining_by_words_that_have_changed_is_asked_again(many, ada):
    answer = choose(leaving(many, ada), list=["daily", "weekly"], asked="0" * 32)
    assert (answer.status_code, "have changed" in answer.text) == (400, True)
    assert chosen(many.app, ada) == {"daily": "confirmed"}


def paused(site, email: str) -> str:
    until = person(site.app, email).paused_until
    return until.astimezone(site.app.zone).isoformat() if until else ""


@pytest.mark.parametrize(
    ("fields", "until"),
    [
        ({"pause": "1"}, "2026-12-01T00:00:00+00:00"),
        ({"pause": "4"}, "2026-12-22T00:00:00+00:00"),
        ({"pause": "day", "day": "2027-07-01"}, "2027-07-01T00:00:00+01:00"),
    ],
)
def test_a_pause_lasts_until_a_day_begins_where_the_newspaper_is(many, ada, fields, until):
    address = leaving(many, ada)
    assert "Nothing comes until" in choose(address, **fields).text
    assert paused(many, ada) == until
    choose(address)
    assert paused(many, ada) == until
    assert "Nothing comes until" not in choose(address, pause="end").text
    assert paused(many, ada) == ""


@pytest.mark.parametrize("day", ["", "x", "2026-11-24", "2020-01-01", "2028-01-01", "99999-01-01", "2026-02-30"])
def test_a_day_that_can_not_be_is_said(many, ada, day):
    answer = choose(leaving(many, ada), pause="day", day=day)
    assert (answer.status_code, "Choose a day" in answer.text) == (400, True)
    assert paused(many, ada) == ""


def test_a_language_that_is_chosen_is_that_of_the_page_and_of_letters(many, ada):
    address = leaving(many, ada)
    page = choose(address, language="ar").text
    assert '<html lang="ar" dir="rtl">' in page
    assert person(many.app, ada).language == "ar"
    assert '<html lang="ar" dir="rtl">' in see(address)
    choose(address, language="tlh")
    assert person(many.app, ada).language == "ar"


def test_whoever_is_not_written_to_is_told_so_by_their_own_link(many, ada):
    address = leaving(many, ada)
    with many.app.store.write() as conn:
        suppressions.add(conn, many.app.hash_of(ada), "all", reason="hard bounce", now=NOW, actor="test")
    page = see(f"{address}/choices")
    assert "No mail goes to this address" in page
    assert "news@harbor.example" in page


def test_the_link_to_what_is_the_owners_goes_to_the_address_and_to_nobody_else(many, ada):
    address = leaving(many, ada)
    page = press(f"{address}/choices/link").text
    assert "a link is on its way" in page
    assert "/a/" not in page
    eventually(lambda: letters(many.app, ada) == {"access::en": 1})


@pytest.mark.parametrize("path", ["/choices", "/choices/link"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_is_chosen_by_a_link_that_is_not_ours(many, path, method):
    answer = requests.request(method, f"{many.url}/u/abc{path}", headers=from_elsewhere(), timeout=30)
    assert answer.status_code in (200, 405, 404)
    assert "Morning briefing" not in answer.text


def test_what_was_before_is_kept(many, ada):
    address = leaving(many, ada)
    press(address, leave="1")
    press(address, undo="1")
    settled(many.url)
    with many.app.store.read() as conn:
        told = [(row["what"], row["words"]) for row in consents.history(conn, person(many.app, ada).id)]
    assert told == [("confirmed", "test"), ("left", "left: the page behind the link")]
