"""Articles: found by their headline, and what people say of them."""

from __future__ import annotations

import re

import pytest
import requests

from publisher.app import tokens
from publisher.model.article import Article, Standing
from publisher.model.staff import May, Role
from publisher.store import articles, headlines, sources, staff
from publisher.store.tables import articles as rows
from tests.ledger import add_article
from tests.unit.web.ledger import HOSTILE


def hold(site, title: str = "Too much", source: str = "site") -> int:
    with site.app.store.write() as conn:
        row = sources.ensure(conn, source)
        return add_article(conn, row["id"], Article(title), Standing.HELD, "flood", "one of 21 new articles (flood)")


def stands(site, number: int) -> str:
    with site.app.store.read() as conn:
        return articles.get(conn, number).standing.value


def listed(text: str) -> list[int]:
    return [int(number) for number in re.findall(r'<th scope="row"[^>]*><a href="/articles/(\d+)"', text)]


@pytest.fixture
def editor(own_site, member_of):
    return member_of(Role.EDITOR)


def test_an_editor_lets_a_held_article_go_and_the_page_says_so(own_site, editor):
    number = hold(own_site)
    assert "Let it go out" in editor.get(f"/articles/{number}").text
    text = editor.said(f"/articles/{number}/release", why="it <b>is</b> news")
    assert "1 article released." in text
    assert "released by console:editor: it &lt;b&gt;is&lt;/b&gt; news" in text
    assert stands(own_site, number) == "new"
    with own_site.app.store.read() as conn:
        (done, *_) = staff.done(conn)
    assert (done["actor"], done["about"]) == ("console:editor", f"article:{number}")


def test_an_article_is_discarded_and_taken_back(own_site, editor):
    assert "went out before" not in editor.said("/articles/2/discard")
    assert stands(own_site, 2) == "discarded"
    assert "was discarded before" in editor.said("/articles/2/discard")
    editor.do("/articles/2/release")
    assert stands(own_site, 2) == "new"


def test_several_are_decided_on_at_once_by_number_or_all_of_a_source(own_site, editor):
    numbers = [hold(own_site, f"Held {each}") for each in range(3)]
    text = editor.said("/articles/discard", ids=[numbers[0], numbers[2]])
    assert "2 articles discarded." in text
    assert [stands(own_site, each) for each in numbers] == ["discarded", "held", "discarded"]
    assert "1 article released." in editor.said("/articles/release", source="site")
    assert "Nothing of site is held." in editor.said("/articles/release", source="site")
    assert stands(own_site, numbers[1]) == "new"


@pytest.mark.parametrize("fields", [{}, {"ids": ["1"], "source": "site"}, {"ids": [str(2**63)]}, {"ids": ["x"]}])
def test_what_says_nothing_or_too_much_does_nothing(own_site, editor, fields):
    number = hold(own_site)
    assert 'role="alert"' in editor.said("/articles/release", **fields)
    assert stands(own_site, number) == "held"


def test_a_source_that_isnt_there_is_missed_and_nothing_done(own_site, editor):
    number = hold(own_site)
    assert editor.do("/articles/release", source="nope").status_code == 404
    assert stands(own_site, number) == "held"


def test_without_a_form_of_this_session_nothing_is_done(own_site, editor):
    number = hold(own_site)
    assert editor.post(f"/articles/{number}/release", data={"csrf_token": "0" * 64}).status_code == 403
    assert requests.post(f"{own_site.url}/articles/{number}/release", timeout=10).status_code == 401
    assert stands(own_site, number) == "held"


def test_whoever_only_looks_by_a_token_decides_nothing(own_site, editor):
    number = hold(own_site)
    token = tokens.add(own_site.app, "editor", "looks", [May.LOOK])
    said = {"headers": {"Authorization": f"Bearer {token}"}, "timeout": 10}
    at = f"{own_site.url}/api/v1/articles"
    assert requests.post(f"{at}/{number}/release", json={}, **said).status_code == 403
    found = requests.get(f"{at}?standing=held", **said).json()
    assert [(each["id"], each["standing"], each["source"]) for each in found["items"]] == [(number, "held", "site")]
    whole = requests.get(f"{at}/1", **said).json()
    assert whole["headline"] == HOSTILE and whole["editions"][0]["position"] == 1
    assert re.fullmatch(r"[\d:T-]+(Z|\+00:00)", whole["first_seen_at"])
    assert requests.get(f"{at}/999", **said).status_code == 404
    assert requests.get(f"{at}/{2**63}", **said).status_code == 404
    assert requests.get(f"{at}?standing=nope", **said).status_code == 422


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("words=ÄRGER+hafen", {"Der Hafen und der Ärger"}),
        ("words=%25", {"100% of it"}),
        ("standing=held", {"Held"}),
        ("standing=gone", {"Gone"}),
        ("source=other&words=held", {"Held"}),
        ("source=site&standing=held", set()),
        ("source=nobody", set()),
    ],
)
def test_articles_are_found_by_words_in_any_case_by_source_and_by_standing(own_site, query, found):
    app = own_site.app
    with app.store.write() as conn:
        row = sources.ensure(conn, "other")
        for title in ("Der Hafen und der Ärger", "100% of it", "Gone"):
            number = add_article(conn, row["id"], Article(title))
        conn.execute(rows.update().where(rows.c.id == number).values(gone_at=app.clock()))
    hold(own_site, "Held", "other")
    text = requests.get(f"{own_site.url}/articles?{query}", timeout=10).text
    assert set(re.findall(r'<th scope="row"[^>]*><a [^>]*>([^<]+)</a>', text)) == found


@pytest.mark.parametrize("query", ["", "source=site&", "words=story&"])
def test_a_list_is_paged_to_its_end_each_article_once(own_site, query, monkeypatch):
    monkeypatch.setattr(headlines, "WITHIN", 70)
    with own_site.app.store.write() as conn:
        row = sources.ensure(conn, "site")
        for number in range(120):
            add_article(conn, row["id"], Article(f"Story {number}"))
    path, seen = f"/articles?{query}", []
    while path:
        text = requests.get(own_site.url + path, timeout=10).text
        seen += listed(text)
        older = re.search(r'href="([^"]+)" rel="next"', text)
        path = older[1].replace("&amp;", "&") if older else ""
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == (121 if "words" in query else 122)


def test_a_search_that_ends_early_says_so(site, monkeypatch):
    monkeypatch.setattr(headlines, "WITHIN", 1)
    text = requests.get(f"{site.url}/articles?words=nothing", timeout=10).text
    assert "Older ones were not looked at yet" in text and "Search further back" in text


@pytest.mark.parametrize("query", [f"after={2**63}", "after=-1", "standing=nope", f"words={'x' * 201}"])
def test_what_can_t_be_asked_is_said(site, query):
    assert requests.get(f"{site.url}/articles?{query}", timeout=10).status_code == 400
