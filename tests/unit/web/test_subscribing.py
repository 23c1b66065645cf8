"""Sign-ups that other systems hand us: ``POST /api/subscriptions``."""

from __future__ import annotations

import json

import pytest
import requests

from publisher.audience import often
from publisher.model.subscriber import SubscriptionState
from tests.unit.web.readers import PUBLIC, chosen, eventually, from_elsewhere, kept, letters, person, put, site_of

PATH = "/api/subscriptions"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with site_of(tmp_path_factory.mktemp("subscribing")) as site:
        yield site


def post(site, headers=None, **said) -> requests.Response:
    return requests.post(site.url + PATH, json=said, headers=headers or from_elsewhere(), timeout=30)


def test_a_sign_up_is_taken_and_asked_by_mail(site, ada):
    answer = post(site, email=ada, lists=["daily", "daily"], name="Ada", language="de", wording="Morgens die Lage?")
    assert answer.status_code == 202
    eventually(lambda: letters(site.app, ada) == {"confirm:daily:de": 1})
    row = kept(site.app, ada)["daily"]
    assert (row["basis"], row["wording"]) == ("signed up: API", "Morgens die Lage?")
    assert (person(site.app, ada).name, person(site.app, ada).language) == ("Ada", "de")


def test_without_words_none_are_made_up(site, ada):
    post(site, email=ada, lists=["daily"])
    eventually(lambda: "daily" in chosen(site.app, ada))
    assert kept(site.app, ada)["daily"]["wording"] is None


def test_the_answer_is_the_same_for_whoever_is_on_it(site, ada):
    put(site.app, ada, "daily", SubscriptionState.CONFIRMED)
    answers = [post(site, email=each, lists=["daily"]) for each in (ada, "nobody@example.org")]
    assert len({(answer.status_code, answer.text) for answer in answers}) == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"lists": ["daily"]}, "email:"),
        ({"email": "x", "lists": ["daily"]}, "email:"),
        ({"email": "a@example.org"}, "lists:"),
        ({"email": "a@example.org", "lists": []}, "lists:"),
        ({"email": "a@example.org", "lists": "daily"}, "lists: must be a list"),
        ({"email": "a@example.org", "lists": [["daily"]]}, "lists: must be a list"),
        ({"email": "a@example.org", "lists": ["house"]}, "nobody can sign up for 'house'"),
        ({"email": 7, "lists": ["daily"]}, "email: must be a text"),
        ({"email": "a@example.org", "lists": ["daily"], "name": "https://x.example"}, "name:"),
        ({"email": "a@example.org", "lists": ["daily"], "wording": "x" * 5000}, "wording:"),
        ({"email": "a@example.org", "lists": ["daily"], "e-mail": "x"}, "there is no such key"),
        ([], "must be an object"),
    ],
)
def test_what_can_not_be_taken_is_said(site, said, words):
    answer = requests.post(site.url + PATH, json=said, headers=from_elsewhere(), timeout=30)
    assert answer.status_code == 400
    assert words in answer.json()["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"email": NaN}'])
def test_a_body_that_is_no_json_is_said(site, body):
    headers = {**from_elsewhere(), "Content-Type": "application/json"}
    assert requests.post(site.url + PATH, data=body, headers=headers, timeout=30).status_code == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_type_is_refused(site, kind):
    headers = {**PUBLIC, "Content-Type": kind}
    assert requests.post(site.url + PATH, data=json.dumps({}), headers=headers, timeout=30).status_code == 415


def test_a_page_elsewhere_may_ask_and_is_named(site, ada):
    headers = {**from_elsewhere(), "Origin": "https://harbor.example", "Sec-Fetch-Site": "cross-site"}
    may = requests.options(site.url + PATH, headers=headers, timeout=30)
    assert (may.status_code, may.headers["Access-Control-Allow-Headers"]) == (204, "Content-Type")
    answer = post(site, headers, email=ada, lists=["daily"])
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (202, "*")
    eventually(lambda: "daily" in chosen(site.app, ada))
    assert kept(site.app, ada)["daily"]["basis"] == "signed up: API, form on harbor.example"


def test_one_network_is_held_back(site):
    headers = {**PUBLIC, "X-Forwarded-For": "192.0.2.1"}
    answers = [post(site, headers, email=f"b{n}@example.org", lists=["daily"]) for n in range(often.NETWORK.burst + 1)]
    assert [answer.status_code for answer in answers] == [202] * often.NETWORK.burst + [429]
    assert "Retry-After" in answers[-1].headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_looking_signs_nobody_up(site, method):
    assert requests.request(method, site.url + PATH, headers=PUBLIC, timeout=30).status_code == 405
