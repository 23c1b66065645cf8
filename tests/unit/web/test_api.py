"""Articles that another system pushes: who may, how often, what is taken, and what is said of the rest."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
import requests

from publisher.config.schedules import parse_project
from publisher.store import articles
from publisher.web.allowance import Allowance
from tests.site import serving
from tests.unit.web.ledger import PROJECT, open_project, served

TOKEN, OTHER = "cms-token-0123456789abcdef", "wire-token-0123456789abcdef"
SOURCES = """  site: {feed: feed/feed.xml}
  cms: {push: true, token: "${CMS_TOKEN}", allow_private: true}
  wire: {push: true, token: "${WIRE_TOKEN}"}
  short: {push: true, token: "${SHORT_TOKEN}"}
  desk: {push: true}
"""
STORY = {
    "id": "cms-4711",
    "title": "Bridge opens",
    "url": "https://harbor.example/bridge",
    "text": "It opened.\n\nAt last.",
}


@contextmanager
def open_site(folder: Path):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("CMS_TOKEN", TOKEN), ("WIRE_TOKEN", OTHER), ("SHORT_TOKEN", "short")):
            patch.setenv(name, value)
        app = open_project(folder)
        app.project = parse_project(PROJECT.replace("  site: {feed: feed/feed.xml}\n", SOURCES))
        with served(app, folder) as site:
            yield site


@pytest.fixture
def site(tmp_path: Path):
    with open_site(tmp_path) as site:
        yield site


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """For what is refused: nothing is written."""
    with open_site(tmp_path_factory.mktemp("project")) as site:
        yield site


def push(site, body: object = STORY, token: str = TOKEN, method: str = "POST", path: str = "", **headers: str):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"} | headers
    sent = {name.replace("_", "-"): value for name, value in sent.items() if value}
    return requests.request(method, f"{site.url}/api/articles{path}", data=data, headers=sent, timeout=20)


def kept(site) -> list:
    with site.app.store.read() as conn:
        return articles.latest(conn, limit=10)


def test_a_pushed_article_is_new_from_the_first_one_on(site):
    answer = push(site)
    (article,) = kept(site)
    assert (answer.status_code, answer.json()["article"], answer.json()["outcome"]) == (201, article.id, "taken")
    assert (article.source, article.standing, article.article.title) == ("cms", "new", "Bridge opens")
    assert article.article.html == "<p>It opened.</p>\n<p>At last.</p>"
    assert answer.json()["reason"] == article.reason


def test_everything_that_is_sent_is_kept(site):
    more = {
        "html": "<p>It opened.</p><script>x()</script>",
        "summary": "A bridge.",
        "authors": ["Ann Lee"],
        "categories": ["News", "Transport"],
        "published_at": "2026-11-23T07:00:00+01:00",
        "language": "en-GB",
        "image": {"url": "https://harbor.example/b.jpg", "alt": "A bridge", "caption": "At night", "credit": "Bo Day"},
    }
    push(site, {"id": "1", "title": "Bridge <b>opens</b>", "url": STORY["url"], **more})
    article = kept(site)[0].article
    assert (article.title, article.html, article.summary) == ("Bridge <b>opens</b>", "<p>It opened.</p>", "A bridge.")
    assert (article.authors, article.categories, article.language) == (("Ann Lee",), ("News", "Transport"), "en-GB")
    assert article.published_at.isoformat() == "2026-11-23T06:00:00+00:00"
    assert (article.image.alt, article.image.caption, article.image.credit) == ("A bridge", "At night", "Bo Day")


def test_its_pictures_are_asked_for_once_and_one_that_is_not_there_is_named_in_the_answer(site):
    with serving() as pictures:
        url = pictures.put("/b.gif", b"GIF89a\x80\x02\xe0\x01\x80\x00\x00", "image/gif")
        html = f'<p>It opened.</p><figure><img src="{pictures.url("/lost.gif")}" width="9" height="9"></figure>'
        body = {"id": "1", "title": "Bridge opens", "html": html, "image": {"url": url}}
        first, again = push(site, body), push(site, body)
        assert [(answer.status_code, len(answer.json()["notes"])) for answer in (first, again)] == [(201, 1), (200, 1)]
        assert first.json()["notes"][0].startswith("a picture of its text was dropped: ")
        article = kept(site)[0].article
        assert (article.html, article.image.width, article.image.height) == ("<p>It opened.</p>", 640, 480)
        assert len(pictures.asked) == 2
        pictures.status("/b.gif", 404)
        assert push(site, {**body, "title": "Bridge closes"}, method="PUT", path="/1").json()["outcome"] == "revised"
        assert kept(site)[0].article.image is None


def test_a_picture_inside_the_own_network_is_not_asked_for_unless_that_is_said(site):
    with serving() as pictures:
        push(site, {"id": "1", "title": "Bridge opens", "image": {"url": pictures.url("/b.gif")}}, token=OTHER)
        assert pictures.asked == []
    assert "allow_private: true" in kept(site)[0].article.notes[0]


def test_a_repeat_is_the_same_article(site):
    first, again = push(site), push(site)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["article"] == again.json()["article"]
    assert (again.json()["outcome"], again.json()["reason"]) == ("known", "the same was sent before")
    assert len(kept(site)) == 1


def test_other_words_under_the_same_id_are_refused(site):
    article = push(site).json()["article"]
    answer = push(site, {**STORY, "title": "Bridge closes"})
    assert (answer.status_code, answer.json()["article"]) == (409, article)
    assert "PUT /api/articles/ID" in answer.json()["error"]
    assert kept(site)[0].article.title == "Bridge opens"


def test_a_change_is_a_revision(site):
    article = push(site).json()["article"]
    said = {name: value for name, value in STORY.items() if name != "id"}
    answer = push(site, {**said, "title": "Bridge closes"}, method="PUT", path="/cms-4711")
    assert (answer.status_code, answer.json()["article"], answer.json()["outcome"]) == (200, article, "revised")
    assert answer.json()["reason"] == "revision 2: title changed"
    assert (kept(site)[0].article.title, kept(site)[0].revision) == ("Bridge closes", 2)
    assert push(site, STORY, method="PUT", path="/another").status_code == 400


def withdraw(site, key: str = "cms-4711", token: str = TOKEN):
    return push(site, b"", token, method="DELETE", path=f"/{key}", Content_Type="")


def test_what_is_withdrawn_is_gone_however_often_that_is_said(site):
    article = push(site).json()["article"]
    for _ in range(2):
        answer = withdraw(site)
        assert (answer.status_code, answer.json()) == (200, {"article": article, "outcome": "withdrawn"})
    assert kept(site)[0].gone_at is not None
    with site.app.store.read() as conn:
        events = [row["event"] for row in articles.history(conn, [article])[article]]
    assert events == ["taken", "gone"]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_what_is_sent_again_after_it_was_withdrawn_is_there_again(site, method):
    push(site)
    withdraw(site)
    answer = push(site, method=method, path="/cms-4711" if method == "PUT" else "")
    assert (answer.status_code, answer.json()["outcome"]) == (200, "known")
    assert kept(site)[0].gone_at is None


def test_only_the_source_that_sent_an_article_withdraws_it(site):
    push(site)
    assert withdraw(site, token=OTHER).status_code == 404
    assert withdraw(site, token="wrong").status_code == 401
    assert withdraw(site, "cms-4712").json() == {"error": "no article has this id"}
    assert kept(site)[0].gone_at is None


def test_an_id_may_be_an_address(site):
    key = "https://harbor.example/bridge?id=1"
    push(site, {**STORY, "id": key})
    assert withdraw(site, quote(key, safe="")).status_code == 200


def test_a_change_of_what_was_never_sent_is_an_article(site):
    answer = push(site, STORY, method="PUT", path="/cms-4711")
    assert (answer.status_code, answer.json()["outcome"]) == (201, "taken")
    assert answer.json()["reason"] == "new at the source"


def test_what_was_taken_out_of_a_text_is_said(site):
    html = (
        '<p>It <a href="javascript:x()">opened</a>, <a href="/late">at last</a>.</p><script>x()</script>'
        '<img src="/p.gif" width="1" height="1"><img src="/b.jpg" width="900">'
    )
    answer = push(site, {**STORY, "text": "", "html": html})
    notes = [
        "1 link dropped: it leads to no web page, or shares the article",
        "1 picture dropped: it can't be shown, or is there only to count readers",
        "<script> dropped: mail can't show it",
    ]
    assert answer.json()["notes"][:-1] == notes  # the last says that the other picture can't be reached
    assert kept(site)[0].article.notes == tuple(answer.json()["notes"])


def test_the_key_of_the_request_stands_in_for_an_id(site):
    said = {"title": "Bridge opens", "text": "It opened."}
    first = push(site, said, Idempotency_Key="k-1")
    assert (first.status_code, push(site, said, Idempotency_Key="k-1").status_code) == (201, 200)
    assert push(site, {**said, "text": "It closed."}, Idempotency_Key="k-1").status_code == 409
    assert push(site, said).json() == {
        "error": "id: is missing: give each article an id of your own, or the header Idempotency-Key"
    }


def test_a_token_opens_its_own_source(site):
    push(site)
    push(site, {**STORY, "title": "From the wire", "url": ""}, token=OTHER)
    assert {article.source for article in kept(site)} == {"cms", "wire"}


@pytest.mark.parametrize("token", ["wrong", "", "short", TOKEN[:-1], TOKEN + "x"])
def test_a_wrong_token_is_refused(site, token):
    answer = push(site, token=token)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert push(site, Authorization=f"Basic {TOKEN}").status_code == 401
    assert kept(site) == []


def test_a_token_is_never_logged(site, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    push(site)
    push(site, token="a-wrong-token-of-some-length")
    said = caplog.text + "".join(capsys.readouterr())
    assert TOKEN not in said
    assert "a-wrong-token" not in said


def test_wrong_tokens_are_soon_answered_later_and_right_ones_go_on(site):
    codes = [push(site, token="wrong").status_code for _ in range(12)]
    assert codes == [401] * 10 + [429] * 2
    assert int(push(site, token="wrong").headers["Retry-After"]) > 0
    assert push(site).status_code == 201


def test_an_allowance_fills_again():
    now = [0.0]
    allowance = Allowance(2, lambda: now[0])
    assert [allowance.take() for _ in range(3)] == [0, 0, 31]
    now[0] = 31.0
    assert [allowance.take() for _ in range(2)] == [0, 29]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "title: is empty"),
        ({"title": " \n "}, "title: is empty"),
        ({"title": "\u200b\u00ad"}, None),
        ({"title": 7}, "title: should be text"),
        ({"url": "javascript:alert(1)"}, "url: is no web address (https://…)"),
        ({"url": "/bridge"}, "url: is no web address (https://…)"),
        ({"image": {"url": "data:image/png;base64,xx"}}, "image.url: is no web address (https://…)"),
        ({"image": "b.jpg"}, "image: should be an object"),
        ({"image": {}}, "image.url: is missing"),
        ({"html": "<p>x</p>"}, "html: stands beside text: send one of the two"),
        ({"published_at": "yesterday"}, "published_at: is no time with a zone: write 2026-11-23T07:00:00+01:00"),
        ({"published_at": "2026-11-23T07:00:00"}, "published_at: is no time with a zone: write"),
        ({"autor": "Ann"}, "autor: is no field; there are id, title, url,"),
        ({"authors": "Ann"}, "authors: should be a list"),
        ({"authors": ["x"] * 51}, "authors: is longer than 50"),
        ({"id": "x" * 201}, "id: is longer than 200"),
    ],
)
def test_a_body_that_can_not_be_meant_is_refused_by_field(shared, changes, words):
    answer = push(shared, {**STORY, **changes})
    assert answer.status_code in ((400,) if words else (201, 400))
    assert (words or "") in str(answer.json())


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe{}", b"[" * 100_000])
def test_a_body_that_is_no_object_is_refused(shared, body):
    answer = push(shared, body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("the body ")


def test_a_body_of_another_type_is_refused(shared):
    assert push(shared, Content_Type="text/plain").status_code == 415


def test_20_mb_are_refused(shared):
    answer = push(shared, b'{"title": "' + b"x" * 20_000_000 + b'"}')
    assert (answer.status_code, answer.json()["error"]) == (
        413,
        "This is too large. Not more than 1,024 KB can be sent to this address.",
    )


def test_the_interface_is_reached_by_the_public_name_and_the_console_is_not(site):
    assert push(site, Host="letters.harbor.example").status_code == 201
    assert push(site, Host="elsewhere.example").status_code == 421
    there = requests.get(f"{site.url}/articles/new", headers={"Host": "letters.harbor.example"}, timeout=5)
    assert there.status_code == 404


def test_looking_at_the_interface_is_no_way_to_read(shared):
    assert requests.get(f"{shared.url}/api/articles", timeout=5).json() == {
        "error": "This can’t be done here. Check the address, or go on from the overview."
    }
