"""The pictures of posts, which the world may fetch."""

from __future__ import annotations

import pytest
import requests

from publisher.store import media
from publisher.web.places import digest
from tests.unit.web.ledger import NOW, png

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


def test_a_picture_that_was_only_uploaded_is_shown_on_this_machine_only(site):
    picture = media.Kept("image/png", png() + b"of a network")
    with site.app.store.write() as conn:
        uploaded = media.keep(conn, picture, now=NOW, only_uploaded=True)
    address = f"{site.url}/media/{uploaded}.png"
    assert requests.get(address, timeout=5).content == picture.content
    known = {**PUBLIC, "If-None-Match": f'"{uploaded}"'}
    assert [requests.get(address, headers=each, timeout=5).status_code for each in (PUBLIC, known)] == [404, 404]
    with site.app.store.write() as conn:
        media.keep(conn, picture, now=NOW)  # a card of the same content
    assert requests.get(address, headers=PUBLIC, timeout=5).content == picture.content


def test_a_local_picture_is_shown_on_this_machine_only(site):
    address = f"{site.url}/media/{digest(site.picture)}"
    assert requests.get(address, timeout=5).status_code == 200
    for url in (address, f"{address}.png"):
        assert requests.get(url, headers=PUBLIC, timeout=5).status_code == 404


def test_a_picture_that_people_added_is_served_under_the_ending_of_its_type(site):
    with site.app.store.write() as conn:
        kept = media.Kept("image/jpeg", b"a picture")
        media.add(conn, kept, name="bank.jpg", alt="A bank", actor="cli:anna", now=NOW)
    answer = requests.get(f"{site.url}/media/{media.digest_of(b'a picture')}.jpg", headers=PUBLIC, timeout=5)
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, b"a picture", "image/jpeg")
