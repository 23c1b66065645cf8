"""Past editions on the web: what went out, as nobody's; what was stopped is not there."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree as Xml

import feedparser
import pytest
import requests

from publisher.app import App
from publisher.model.states import SendState
from publisher.pipeline.operate import withdrawing
from publisher.store import messages, sends
from tests.unit.app.project import edit
from tests.unit.web.ledger import served
from tests.unit.web.past import ADDRESS, HOSTILE, address, open_paper, paper, send_out

ATOM = "{http://www.w3.org/2005/Atom}"
PUBLIC = {"Host": "letters.harbor.example"}


@pytest.fixture(scope="module")
def past(tmp_path_factory):
    """Read only: a newspaper with three past editions, oldest first."""
    with paper(tmp_path_factory.mktemp("paper")) as site:
        site.app.sent = [send_out(site.app) for _ in range(3)]
        yield site


@pytest.fixture
def own(tmp_path):
    with paper(tmp_path) as site:
        yield site


def get(site, path: str, **headers: str) -> requests.Response:
    return requests.get(site.url + path, headers={**PUBLIC, **headers}, timeout=5)


def test_the_archive_leads_from_the_lists_to_the_editions_newest_first(past):
    overview = get(past, "/archive").text
    assert 'href="/archive/daily"' in overview
    assert "desk" not in overview and "/archive/own" not in overview
    listing = get(past, "/archive/daily").text
    places = [listing.index(address(past.app, send_id)) for send_id in past.app.sent]
    assert places == sorted(places, reverse=True)


def test_an_edition_has_its_title_its_day_its_neighbours_and_a_way_to_subscribe(past):
    page = get(past, address(past.app, past.app.sent[1])).text
    assert "<h1>Story 4: quay &amp; harbour</h1>" in page
    assert "November 23, 2026" in page
    assert f'rel="prev" href="{address(past.app, past.app.sent[0])}"' in page
    assert f'rel="next" href="{address(past.app, past.app.sent[2])}"' in page
    assert 'href="/subscribe/daily"' in page


DIGEST = re.compile(r"[0-9a-f]{12,}")  # in whose letters anybody's name may stand


def test_nothing_of_any_reader_is_in_a_page_a_mail_or_the_feed(past):
    paths = ["/archive", "/archive/daily", "/archive/daily/feed.xml"]
    for send_id in past.app.sent:
        paths += [address(past.app, send_id), f"{address(past.app, send_id)}/mail"]
    for path in paths:
        answer = get(past, path)
        assert answer.status_code == 200, path
        said = DIGEST.sub("", f"{answer.text} {answer.headers}".lower())
        for secret in (ADDRESS, HOSTILE, "zoë", "ada", "reader.example", "/u/", "[email]", "{{"):
            assert secret.lower() not in said, (path, secret)


def test_a_mail_as_nobodys_has_defaults_nothing_or_the_way_to_join(past):
    mail = get(past, f"{address(past.app, past.app.sent[0])}/mail").text
    assert "For our reader, ,\nof </p>" in mail
    assert mail.count('href="https://letters.harbor.example/subscribe/daily"') == 2


def test_a_mail_says_where_it_can_be_read_on_the_web(past):
    send_id = past.app.sent[0]
    with past.app.store.read() as conn:
        _, mail = messages.of_send(conn, send_id)
    page = f"https://letters.harbor.example{address(past.app, send_id)}"
    for text in (mail.html, mail.text):
        assert page in "".join(part for part in text if isinstance(part, str))


def test_the_mail_is_shown_in_a_sandbox_and_its_links_open_in_the_whole_window(past):
    page = get(past, address(past.app, past.app.sent[0]))
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    mail = get(past, f"{address(past.app, past.app.sent[0])}/mail")
    rules = mail.headers["Content-Security-Policy"].split("; ")
    assert rules[0].startswith("sandbox ") and "allow-scripts" not in rules[0] and "allow-same-origin" not in rules[0]
    assert "default-src 'none'" in rules and "frame-ancestors 'self'" in rules
    assert '<base target="_top">' in mail.text


def test_a_page_that_has_not_changed_is_not_sent_again(past):
    for path in ("/archive", "/archive/daily", "/archive/daily/feed.xml", address(past.app, past.app.sent[0])):
        first = get(past, path)
        assert first.headers["Cache-Control"] == "public, max-age=300"
        again = get(past, path, **{"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]


def test_search_engines_may_name_what_is_public_and_nothing_else(own):
    edit(own.app.folder, ("to: daily", "to: desk"))
    public, unlisted = get(own, "/archive/daily"), get(own, "/archive/desk")
    assert public.headers["X-Robots-Tag"] == "all" and "noindex" not in public.text
    assert unlisted.headers["X-Robots-Tag"] == "noindex" and 'content="noindex"' in unlisted.text
    assert unlisted.status_code == 200


def test_the_feed_is_atom_and_tells_of_every_edition(past):
    answer = get(past, "/archive/daily/feed.xml")
    assert answer.headers["Content-Type"] == "application/atom+xml"
    root = Xml.fromstring(answer.content)
    assert root.tag == f"{ATOM}feed"
    for owner, needed in (
        (root, ("id", "title", "updated", "author")),
        *((e, ENTRY) for e in root.iter(f"{ATOM}entry")),
    ):
        assert [name for name in needed if owner.find(f"{ATOM}{name}") is None] == []
    read = feedparser.parse(answer.content)
    assert not read.bozo
    links = [f"https://letters.harbor.example{address(past.app, send_id)}" for send_id in reversed(past.app.sent)]
    assert [entry.link for entry in read.entries] == links
    assert read.feed.links[0].href == "https://letters.harbor.example/archive/daily/feed.xml"
    assert len({entry.id for entry in read.entries}) == 3


ENTRY = ("id", "title", "updated", "link")


def test_an_archive_in_which_nothing_is_says_so_and_has_a_feed(own):
    assert "Nothing has been sent yet." in get(own, "/archive/daily").text
    assert feedparser.parse(get(own, "/archive/daily/feed.xml").content).feed.updated.startswith("1970")


@pytest.mark.parametrize("state", ["ready", "held", "paused", "cancelled"])
def test_what_did_not_go_out_or_was_stopped_is_nowhere(own, state):
    send_id = send_out(own.app, begin=state != "ready")
    with own.app.store.write() as conn:
        conn.execute(sends.update(sends.sends).where(sends.sends.c.id == send_id).values(state=state))
    assert address(own.app, send_id) not in get(own, "/archive/daily").text
    assert address(own.app, send_id) not in get(own, "/archive/daily/feed.xml").text
    for path in (address(own.app, send_id), f"{address(own.app, send_id)}/mail"):
        answer = get(own, path)
        assert answer.status_code == 404
        assert "This edition is not here" in answer.text and "Story" not in answer.text


def test_an_edition_whose_posts_are_taken_back_is_taken_from_the_archive(own):
    send_id = send_out(own.app)
    with own.app.store.write() as conn:
        send = dict(sends.get(conn, send_id)) | {"kind": sends.WITHDRAWAL, "state": SendState.READY, "audience": []}
        sends.add(conn, **{name: value for name, value in send.items() if name not in ("id", "archive")})
    assert get(own, address(own.app, send_id)).status_code == 404
    assert "Nothing has been sent yet." in get(own, "/archive/daily").text


def test_practice_is_in_no_archive_but_its_mails_links_work_while_it_lasts(tmp_path):
    app = open_paper(tmp_path, ("version: 1", "version: 1\npractice: true"))
    send_id = send_out(app)
    with served(app, tmp_path) as site:
        assert "Nothing has been sent yet." in get(site, "/archive/daily").text
        assert get(site, address(app, send_id)).status_code == 200
    edit(tmp_path, ("practice: true", "practice: false"))
    with served(App.open(tmp_path, app.clock), tmp_path) as site:
        assert get(site, address(app, send_id)).status_code == 404


@pytest.mark.parametrize("path", ["", "/feed.xml", "/{}", "/{}/mail"])
@pytest.mark.parametrize("list_name", ["own", "none", "..", "%3Cscript%3E"])
def test_a_list_without_an_archive_shows_nothing(past, list_name, path):
    name = address(past.app, past.app.sent[0]).rpartition("/")[2]
    answer = get(past, f"/archive/{list_name}{path.format(name)}")
    assert answer.status_code == 404
    assert "Story" not in answer.text and "<script>" not in answer.text


def mutations(name: str) -> list[str]:
    """Return names that are almost one: another number, another digit, another kind, cut, longer, escaped."""
    kind, (number, _, mac) = name[0], name[1:].partition("-")
    other = "l" if kind == "a" else "a"
    flipped = mac[:-1] + ("0" if mac[-1] != "0" else "1")
    made = [f"{int(number) + 1}-{mac}", f"{number}-{flipped}", f"{number}-{mac[:-1]}", f"{number}-{mac}0"]
    made += [f"0{number}-{mac}", f"-{mac}", number, f"{number}-{mac.upper()}", f"９-{mac}", f"{number}%2F-{mac}"]
    made = [kind + each for each in made] + [f"{other}{number}-{mac}", f"{kind.upper()}{number}-{mac}", number]
    return [*made, "this-edition", "%00", "a" * 4000, "<b>", "'\""]


def test_a_name_that_we_did_not_give_opens_nothing(past):
    for made in mutations(address(past.app, past.app.sent[0]).rpartition("/")[2]):
        answer = get(past, f"/archive/daily/{made}")
        assert answer.status_code in (400, 404, 414) and "Story" not in answer.text, made
        assert get(past, "/archive/daily?before=" + made).status_code in (400, 404, 414), made


def test_an_edition_of_one_list_is_in_no_other_lists_archive(past):
    name = address(past.app, past.app.sent[0]).rpartition("/")[2]
    assert get(past, f"/archive/desk/{name}").status_code == 404


def test_looking_at_the_archive_changes_nothing(past):
    before = dump(past.app)
    for path in ("/archive", "/archive/daily", address(past.app, past.app.sent[0])):
        for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"):
            requests.request(method, past.url + path, headers=PUBLIC, timeout=5)
    assert dump(past.app) == before


def dump(app) -> list:
    with app.store.read() as conn:
        return [
            conn.exec_driver_sql(f"SELECT * FROM {name}").all() for name in ("sends", "messages", "clicks", "changes")
        ]


@pytest.mark.parametrize(
    ("language", "word", "way"), [("de", "Frühere Ausgaben", "ltr"), ("ar", "الأعداد السابقة", "rtl")]
)
def test_the_archive_speaks_the_lists_language(tmp_path, language, word, way):
    change = ("archive: public}", f"archive: public, language: {language}}}")
    with paper(tmp_path, change) as site:
        send_id = send_out(site.app)
        for path in ("/archive/daily", address(site.app, send_id), "/archive/daily/x"):
            page = get(site, path).text
            assert f'<html lang="{language}" dir="{way}">' in page
            assert word in page


def test_a_corrected_edition_says_its_newest_words_and_since_when(own):
    send_id = send_out(own.app)
    assert "Corrected" not in get(own, address(own.app, send_id)).text
    own.app.clock.advance(timedelta(days=1))
    with own.app.store.write() as conn:
        _, mail = messages.of_send(conn, send_id)
        messages.add(conn, send_id, replace(mail, subject=("The right words",)), own.app.clock(), revision=2)
    page = get(own, address(own.app, send_id)).text
    assert "<h1>The right words</h1>" in page
    assert "Corrected on November 24, 2026" in page
    assert "Corrected" not in get(own, f"{address(own.app, send_id)}/mail").text


def test_a_withdrawn_edition_says_that_it_was_and_nothing_else_of_it(own):
    send_id, never = send_out(own.app), send_out(own.app, begin=False)
    with own.app.store.read() as conn:
        ids = [sends.get(conn, each)["edition_id"] for each in (send_id, never)]
    for edition_id in ids:
        what = {"actor": "ada", "why": "a secret reason", "now": own.app.clock()}
        withdrawing.withdraw_edition(own.app.store, edition_id, own.app.sending.means, **what)
    answer = get(own, address(own.app, send_id))
    assert answer.status_code == 410
    assert "This edition was withdrawn" in answer.text
    assert "Story" not in answer.text and "secret" not in answer.text and "ada" not in answer.text
    assert get(own, f"{address(own.app, send_id)}/mail").status_code == 410
    assert get(own, address(own.app, never)).status_code == 404
    assert get(own, "/archive/daily/nothing").status_code == 404
    assert address(own.app, send_id) not in get(own, "/archive/daily").text
