"""The leaving page: looking changes nothing, one press leaves, another takes it back. The pictures of posts."""

from __future__ import annotations

import pytest
import requests

from publisher.store import media, subscribers
from publisher.web.places import digest
from tests.unit.web.ledger import NOW, png, subscription, token

URLENCODED = b"List-Unsubscribe=One-Click"
MULTIPART = b'--b1\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b1--\r\n'


def basis(app) -> str:
    with app.store.read() as conn:
        return str(subscribers.subscription(conn, 1, 1)["basis"])


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_looking_changes_nothing(site, method):
    for query in ("", "?List-Unsubscribe=One-Click", "?leave=1", "?undo=1"):
        requests.request(method, site.leaving + query, timeout=5)
    assert subscription(site.app) == "confirmed"


def test_the_page_names_the_list_and_only_hints_at_the_address(site):
    page = requests.get(site.leaving, timeout=5).text
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
        timeout=5,
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
    assert requests.post(own_site.leaving, data=body, headers={"Content-Type": kind}, timeout=5).status_code == 200
    assert subscription(own_site.app) == "left"


def test_leaving_twice_is_no_error(own_site):
    pages = [requests.post(own_site.leaving, data=URLENCODED, timeout=5).text for _ in range(2)]
    assert all("You have left" in page for page in pages)


def test_the_button_leaves_and_undo_takes_it_back(own_site):
    page = requests.post(own_site.leaving, data={"leave": "1"}, timeout=5).text
    assert "You have left" in page
    assert 'name="undo" value="1"' in page
    assert subscription(own_site.app) == "left"
    page = requests.post(own_site.leaving, data={"undo": "1"}, timeout=5).text
    assert "You stay on" in page
    assert subscription(own_site.app) == "confirmed"


def test_whoever_left_is_told_so_when_they_look_again(own_site):
    requests.post(own_site.leaving, data=URLENCODED, timeout=5)
    assert "You are not on “Morning briefing”" in requests.get(own_site.leaving, timeout=5).text


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("made_up", ["x", "a" * 500, "MS4xLjEuAAAA", "%00", "..%2f..", "é"])
def test_a_link_that_is_not_ours_is_a_friendly_page_that_tells_nothing(site, method, made_up):
    answer = requests.request(method, f"{site.url}/u/{made_up}", timeout=5)
    assert answer.status_code in (200, 404)
    assert "Morning briefing" not in answer.text
    assert "example.org" not in answer.text
    assert subscription(site.app) == "confirmed"


def test_a_changed_token_is_not_ours(site):
    good = token(site.app)
    for place in range(len(good)):
        changed = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        requests.post(f"{site.url}/u/{changed}", data=URLENCODED, timeout=5)
        assert subscription(site.app, "reader2@example.org") == "confirmed"


# --- pictures of posts ------------------------------------------------------------------------------------------------

PUBLIC = {"Host": "letters.harbor.example"}


@pytest.fixture(scope="module")
def card(site) -> str:
    with site.app.store.write() as conn:
        return media.keep(conn, media.Kept("image/png", png()), now=NOW)


@pytest.mark.parametrize("headers", [{}, PUBLIC, {**PUBLIC, "X-Forwarded-For": "192.0.2.1"}])
def test_a_picture_is_served_to_the_world_and_may_be_kept_for_ever(site, card, headers):
    answer = requests.get(f"{site.url}/media/{card}.png", headers=headers, timeout=5)
    assert (answer.status_code, answer.content) == (200, png())
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["ETag"] == f'"{card}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers


def test_a_picture_that_is_known_is_not_sent_again(site, card):
    for said in (f'"{card}"', f'W/"{card}"', f'"other", "{card}"'):
        answer = requests.get(f"{site.url}/media/{card}.png", headers={**PUBLIC, "If-None-Match": said}, timeout=5)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == f'"{card}"'


def test_asking_only_for_the_head_of_a_picture_gives_its_size(site, card):
    answer = requests.head(f"{site.url}/media/{card}.png", headers=PUBLIC, timeout=5)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(png()))


@pytest.mark.parametrize("headers", [{}, PUBLIC])
@pytest.mark.parametrize(
    "name", ["0" * 64 + ".png", "x.png", "%00.png", "..%2f..%2fkeys.json.png", "é.png", ".png", "a" * 5_000 + ".png"]
)
def test_any_other_picture_is_not_there(site, headers, name):
    answer = requests.get(f"{site.url}/media/{name}", headers=headers, timeout=5)
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_local_picture_is_shown_on_this_machine_only(site):
    address = f"{site.url}/media/{digest(site.picture)}"
    assert requests.get(address, timeout=5).status_code == 200
    for url in (address, f"{address}.png"):
        assert requests.get(url, headers=PUBLIC, timeout=5).status_code == 404
