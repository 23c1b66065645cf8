"""What the console says, and that it says strangers' words as words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from publisher.app.status import status_of
from publisher.errors import SourceError
from publisher.model.article import Article, Standing
from publisher.model.project import Source
from publisher.model.states import SendState
from publisher.pipeline import address, polls
from publisher.pipeline.operate import holding, stopping
from publisher.store import articles, facts, messages, schedules, sends, sources
from publisher.web.pages import to_type
from tests.ledger import add_article, add_edition
from tests.unit.web.ledger import HOSTILE_WORDS, NOW, OUR_SCRIPT, add_reader, png


def page(site, path: str) -> str:
    answer = requests.get(site.url + path, timeout=10)
    assert answer.status_code == 200, path
    return answer.text


PAGES = [
    "/",
    "/sources",
    "/editions",
    "/editions/1",
    "/articles",
    "/articles/1",
    "/log",
    "/deliveries/1",
    "/deliveries/2",
    "/deliveries/3",
]


@pytest.mark.parametrize("path", PAGES)
def test_strangers_words_never_become_markup(site, path):
    text = page(site, path)
    assert "<script" not in text.replace(OUR_SCRIPT, "")
    assert "<img src=x" not in text
    assert 'href="javascript' not in text


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_a_language_one_heading_and_landmarks(site, path):
    text = page(site, path)
    assert '<html lang="en">' in text
    assert text.count("<h1") == 1
    for mark in ("<header", "<nav aria-label", "<main", "<footer", 'href="#content"'):
        assert mark in text


def test_the_overview_says_what_comes_and_what_needs_a_person(site):
    text = page(site, "/")
    assert "Wed 25 Nov 2026, 07:00 WET" in text
    assert "on every new article" in text
    assert "state=unknown" in text


def test_a_channel_that_warms_up_stands_on_the_overview(own_site):
    project = own_site.app.project
    letters = replace(project.channels["letters"], warm_up=timedelta(days=14), per_day=120_000)
    own_site.app.project = replace(project, practice=False, channels={**project.channels, "letters": letters})
    text = page(own_site, "/")
    assert "Channel <strong>letters</strong> warms up from its first letter on: 14 days, 50 recipients" in text


def test_a_paused_schedule_says_so_instead_of_its_next_slots(own_site):
    with own_site.app.store.write() as conn:
        schedules.begin(conn, "morning", NOW, "test")
        assert schedules.pause(conn, "morning", reason="the <i>desk</i> is away", actor="cli:ada", now=NOW)
    text = page(own_site, "/")
    assert "paused: the &lt;i&gt;desk&lt;/i&gt; is away" in text
    assert "publisher resume morning" in text
    assert "07:00 WET" not in text.split("What went out today")[0]


def test_an_edition_that_is_held_before_it_has_a_send_says_so_everywhere(own_site):
    store = own_site.app.store
    edition = add_edition(store, "2026-11-25T07:00")
    holding.hold_edition(store, edition, actor="cli:ada", why="the <i>desk</i> waits", now=NOW)
    for path in ("/", "/editions", f"/editions/{edition}"):
        text = page(own_site, path)
        assert "by cli:ada: the &lt;i&gt;desk&lt;/i&gt; waits" in text
        assert f"publisher release {edition}" in text


def fail(store, name, when):
    with store.write() as conn:
        trouble = SourceError("404 <i>gone</i>")
        polls.note_bad(conn, sources.ensure(conn, name), Source(name, "feed", "feed.xml"), trouble, when)


def test_a_source_that_the_file_has_no_more_needs_nobody_here_and_in_status(own_site):
    fail(own_site.app.store, "bomb", NOW - timedelta(days=1))
    assert "bomb" not in page(own_site, "/")
    fail(own_site.app.store, "site", NOW - timedelta(days=1))
    assert "the source site has never been read: 404 &lt;i&gt;gone&lt;/i&gt;" in page(own_site, "/")


def test_the_first_page_says_what_status_says(own_site):
    own_site.app.trouble = "schedules.yaml:1:1: wrong"
    text = page(own_site, "/")
    found = status_of(own_site.app.store, own_site.app.project, NOW, own_site.app.trouble)
    assert f"<p>{found.headline}</p>" in text
    assert "schedules.yaml:1:1: wrong." in text


def test_a_failing_source_and_a_held_send_stand_on_the_first_page(own_site):
    reason = {"check": "size", "blocks": True, "what": "<b>too large</b>", "remedy": "Shorten it"}
    fail(own_site.app.store, "site", NOW)
    with own_site.app.store.write() as conn:
        sends.move(conn, own_site.post_send, SendState.SENDING)
        sends.move(conn, own_site.post_send, SendState.PAUSED, reasons=[reason])
    text = page(own_site, "/")
    assert "404 &lt;i&gt;gone&lt;/i&gt;" in text
    assert "404 &lt;i&gt;gone&lt;/i&gt;" in page(own_site, "/sources")
    assert "&lt;b&gt;too large&lt;/b&gt;" in text
    assert "Shorten it" in text


def test_the_first_page_says_what_is_held_what_is_wrong_and_what_to_type(own_site):
    store = own_site.app.store
    words = {"what": f"stopped: {HOSTILE_WORDS}", "affected": "4 readers wait", "command": "publisher release 1"}
    with store.write() as conn:
        facts.hold_everything(conn, actor="cli:ada", why="storm", now=NOW)
    own_site.app.alert("channel:letters", **words)
    text = page(own_site, "/")
    assert "All sending is held</strong> by cli:ada" in text
    assert "publisher release --all" in text
    assert "4 readers wait" in text
    assert "<code>publisher release 1</code>" in text
    assert "Nobody has been told of 1 alert yet" in text
    assert "<strong>Urgent:</strong>" in text
    assert "<img src=x" not in text


@pytest.mark.parametrize(
    ("words", "marked"),
    [
        (
            "publisher articles --why --source site; or: publisher articles discard --source site",
            "[publisher articles --why --source site]; or: [publisher articles discard --source site]",
        ),
        ("publisher status (it is tried again by itself)", "[publisher status] (it is tried again by itself)"),
        ("publisher status, and the log of `publisher run`", "[publisher status], and the log of [publisher run]"),
        ("write `backfill: <2>` under it", "write [backfill: &lt;2&gt;] under it"),
        ("mend <it>, then: publisher resend 1", "mend &lt;it&gt;, then: [publisher resend 1]"),
    ],
)
def test_each_command_in_a_sentence_is_one_to_type(words, marked):
    assert to_type(words) == marked.replace("[", "<code>").replace("]", "</code>")


def test_an_edition_that_was_stopped_after_some_had_left_says_so(own_site):
    stopping.cancel_edition(own_site.app.store, 1, reason="cancelled by cli:ada", now=NOW)
    text = page(own_site, "/editions/1")
    assert "stopped; what had left had left: cancelled by cli:ada" in text
    assert "stopped before it left: cancelled by cli:ada" not in text


def test_an_edition_keeps_the_headline_under_which_a_story_was_sent(own_site):
    with own_site.app.store.write() as conn:
        articles.revise(conn, 1, Article("A headline of later", url="https://harbor.example/ferry"), NOW)
    text = page(own_site, f"/editions/{own_site.edition}")
    assert "&lt;script&gt;alert(&#39;headline&#39;)&lt;/script&gt;" in text
    assert "A headline of later" not in text
    assert "A headline of later" in page(own_site, "/articles/1")


def test_an_edition_shows_articles_with_reasons_and_books_that_add_up(site):
    text = page(site, f"/editions/{site.edition}")
    assert "Taken: new at the source." in text
    assert "Left out: more than 1 (at_most)." in text
    assert "&lt;script&gt;alert(&#39;headline&#39;)&lt;/script&gt;" in text
    bar = text[text.index("<svg") : text.index("</svg>")]
    widths = [float(width) for width in re.findall(r' width="([\d.]+)"', bar)]
    assert sum(widths) == pytest.approx(1000)
    words = re.sub(r"<[^>]+>|\s+", " ", text)
    assert re.search(r"3 +candidates += +1 sent", words)
    assert "may or may not have arrived" in text


def test_an_edition_shows_the_mail_in_four_views_and_the_post_as_a_card(site):
    text = page(site, f"/editions/{site.edition}")
    assert text.count("<iframe") == 3
    assert text.count(" sandbox></iframe>") == 3
    assert "Good morning Ada" in text
    assert "69 of 500 characters" in text
    assert 'alt="The quay"' in text


def test_the_mail_is_filled_with_a_made_up_reader_and_never_with_a_real_one(site):
    text = page(site, f"/messages/{site.mail_send}/html")
    assert "Good morning Ada" in text
    assert "/u/" not in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 4),
        ("?state=unknown", 1),
        ("?channel=mastodon", 1),
        ("?edition=1", 4),
        ("?edition=morning", 4),
        ("?state=sent&channel=letters", 1),
        ("?edition=morning@2026-11-23", 0),
        ("?edition=nope", 0),
    ],
)
def test_the_log_is_filtered(site, query, found):
    assert page(site, f"/log{query}").count('<th scope="row">') == found


@pytest.mark.parametrize(
    ("typed", "found"), [("READER2@example.org", 1), ("stranger@example.org", 0), ("", 4), ("<", 0)]
)
def test_the_log_of_one_address_has_it_in_no_address_of_a_page(site, typed, found):
    asked = {"edition": "morning", "to": typed}
    answer = requests.post(f"{site.url}/log", asked, timeout=10)
    assert (answer.status_code, answer.text.count('<th scope="row">')) == (200, found)
    assert "example.org" not in answer.url and "%40" not in answer.url
    assert typed == "<" or f'value="{typed.lower()}"' in answer.text
    assert 'method="post"' in page(site, "/log")


def test_what_is_no_address_is_said_and_stays_in_the_field(site):
    answer = requests.post(f"{site.url}/log", {"to": "ada"}, timeout=10)
    assert "An email address must have an @-sign." in answer.text
    assert 'value="ada" aria-invalid="true"' in answer.text


def test_the_log_of_somebody_who_is_gone_says_so(site):
    assert "There is no such subscriber, or they were erased." in page(site, "/log?reader=reader1-made-up")


def test_a_filter_that_finds_no_edition_says_so(site):
    assert "There is no edition &#39;nope&#39;" in page(site, "/log?edition=nope").replace("&#34;", '"')


def test_what_was_asked_stays_in_the_form_as_text(site):
    hostile = '"><script>alert(1)</script>'
    text = page(site, f"/log?edition=1&channel={hostile}&reader={hostile}")
    text += requests.post(f"{site.url}/log", {"to": hostile, "edition": "1", "channel": hostile}, timeout=10).text
    assert "&lt;script" in text
    assert "<script" not in text.replace(OUR_SCRIPT, "")


def add_test_send(site) -> None:
    """Send the same mail once more, to everyone who is on the list by now."""
    with site.app.store.write() as conn:
        made = sends.get(conn, site.mail_send)
        same = {name: made[name] for name in ("edition_id", "channel", "audience", "priority", "reasons", "actor")}
        again = sends.add(conn, **same, entry="again", kind="test", number=1, state="ready", made_at=NOW)
        messages.add(conn, again, messages.of_send(conn, site.mail_send)[1], NOW)
    address.record(site.app.store, again, now=NOW)


def test_the_log_is_paged_by_key_to_its_end(own_site):
    for number in range(120):
        add_reader(own_site.app, f"many{number}@example.org")
    add_test_send(own_site)
    seen: list[str] = []
    path = "/log?channel=letters"
    while path:
        text = page(own_site, path)
        seen += re.findall(r"/deliveries/(\d+)", text)
        following = re.search(r'href="([^"]+)">Next page', text)
        path = following[1].replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == 126
    assert [int(each) for each in seen] == [*range(5, 128), 1, 2, 3]  # the newest send first


def test_a_delivery_shows_its_evidence(site):
    text = page(site, f"/deliveries/{site.delivery('failed')}")
    for word in ("key-of-this-call", "reader2@example.org", "200", "07:00:00 WET", "&lt;img src=x"):
        assert word in text
    assert HOSTILE_WORDS not in text


def test_a_delivery_that_was_never_tried_says_so(site):
    assert "It has not been tried." in page(site, f"/deliveries/{site.delivery('pending')}")


def test_a_picture_is_shown_only_if_an_article_has_it_and_it_lies_below_the_feed(own_site):
    served = re.findall(r'src="(/media/[0-9a-f]{64})"', page(own_site, f"/editions/{own_site.edition}"))
    answer = requests.get(own_site.url + served[0], timeout=5)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.content == png()
    assert requests.get(f"{own_site.url}/media/{'0' * 64}", timeout=5).status_code == 404


def test_an_articles_page_tells_what_became_of_it_and_where_it_was_sent(own_site):
    with own_site.app.store.write() as conn:
        articles.note(conn, [(1, "merged", "it came under another id: the same canonical URL as 1")], NOW)
    text = page(own_site, "/articles/1")
    assert "the same canonical URL as 1" in text
    assert "number 1" in text
    assert 'href="/editions/1"' in text
    listed = page(own_site, "/articles")
    assert re.search(r'href="/articles/1">.*</a></th>\s*<td data-label="Number">1</td>', listed)
    assert requests.get(own_site.url + "/articles/99999", timeout=10).status_code == 404


def test_an_articles_page_shows_what_stands_in_it_and_what_was_mended(own_site):
    shown = page(own_site, "/articles/1")
    for words in ("the &lt;b&gt;desk&lt;/b&gt;", "At the quay", "its date is none", "Ann Lee"):
        assert words in shown
    assert re.search(r'<img src="/media/[0-9a-f]{64}" alt="The quay">', shown)
    assert re.search(r'<iframe [^>]*src="/articles/1/text" [^>]*sandbox></iframe>', shown)


def test_an_articles_text_is_a_page_of_its_own_that_can_do_nothing(own_site):
    answer = requests.get(own_site.url + "/articles/1/text", timeout=10)
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"sandbox", "default-src 'none'", "base-uri 'none'", "frame-ancestors 'self'"} <= set(policy)
    assert "<p>What happened at the quay.</p>" in answer.text
    assert "<script" not in answer.text
    assert re.search(r'<img src="/media/[0-9a-f]{64}">', answer.text)
    assert requests.get(own_site.url + "/articles/99999/text", timeout=10).status_code == 404


def test_articles_that_are_held_say_so_with_the_command(own_site):
    with own_site.app.store.write() as conn:
        source = sources.ensure(conn, "site")
        why = "one of 21 new articles in one poll, where 20 are the most (flood)"
        number = add_article(conn, source["id"], Article("Too much"), Standing.HELD, "flood", why)
    assert "1 of site held" in page(own_site, "/articles")
    assert f"publisher articles release {number}" in page(own_site, f"/articles/{number}")
    assert "<code>publisher articles discard 1</code>" in page(own_site, "/articles/1")  # which is new
