"""The page of a preview: what would go out, in frames of its own, and nothing kept of it in the ledger."""

from __future__ import annotations

import re
import sqlite3
from datetime import timedelta
from html import unescape

import pytest
import requests
from fastapi import HTTPException

from publisher.app.preview import preview
from publisher.store import schedules
from publisher.web.headers import MAIL
from publisher.web.previews import KEPT, Shelf, Shown, write_files
from tests.unit.app.project import edit
from tests.unit.web.ledger import NOW, OUR_SCRIPT, open_with_feed, png, served

PAGE = "/schedules/morning/preview"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    with served(open_with_feed(folder), folder) as site:
        yield site


@pytest.fixture
def own_site(tmp_path):
    with served(open_with_feed(tmp_path), tmp_path) as site:
        yield site


def get(site, path: str, status: int = 200) -> requests.Response:
    answer = requests.get(site.url + path, timeout=10)
    assert answer.status_code == status, answer.text
    return answer


def page(site, query: str = "", status: int = 200) -> str:
    return get(site, PAGE + query, status).text


def frames(text: str) -> list[str]:
    return [unescape(address) for address in re.findall(r'<iframe class="mail[^"]*" src="([^"]+)"', text)]


def test_the_page_shows_the_mail_in_every_light_its_headers_its_checks_and_the_post_with_its_count(site):
    text = page(site)
    assert [address.partition("html")[2] for address in frames(text)] == ["", "", "?dark=1", "?dark=1", "?pictures=0"]
    assert text.count("sandbox></iframe>") == 5
    assert "The ferry is back." in text.partition("As text")[2].partition("</pre>")[0]
    assert "List-Unsubscribe-Post" in text and "KB of HTML" in text
    assert re.search(r"\d+ of 500 characters", text)
    assert "To 1 person." in text
    assert "<script" not in text.replace(OUR_SCRIPT, "")


def test_a_send_that_its_channel_draws_out_says_when_it_would_end(own_site, tmp_path):
    quiet = ("letters: {sender: mailpit}", 'letters: {sender: mailpit, quiet: "06:00-09:30"}')
    edit(tmp_path, ("practice: true", "practice: false"), quiet)
    assert "To 1 person. It ends about 09:30." in page(own_site)


def test_a_frame_is_the_mail_with_its_pictures_or_without(site):
    light, _, dark, _, bare = frames(page(site))
    answer = get(site, light)
    assert answer.headers["Content-Security-Policy"] == MAIL
    (picture,) = set(re.findall(r'src="(/previews/[^"]+)"', answer.text))
    assert get(site, picture).content == png()
    assert get(site, dark).text != answer.text
    without = get(site, bare).headers["Content-Security-Policy"].split("; ")
    assert {"img-src 'none'", "sandbox", "default-src 'none'"} <= set(without)


@pytest.mark.parametrize("path", ["/previews/none/0/html", "/previews/none/pictures/x"])
def test_a_preview_that_is_not_kept_says_what_to_do(site, path):
    assert "load its page anew" in get(site, path, 404).text


def test_a_frame_or_picture_that_the_preview_lacks_is_not_there(site):
    start = frames(page(site))[0].rpartition("/0/")[0]
    for rest in ("/1/html", "/9/html", "/-1/html", "/pictures/" + "0" * 64, "/pictures/schedules.yaml"):
        get(site, start + rest, 404)


def test_nothing_is_written_down(site):
    def dump() -> list[str]:
        with sqlite3.connect(site.app.folder / "publisher.db") as conn:
            return list(conn.iterdump())

    before = dump()
    assert len(frames(page(site, "?as=ada@example.org&ask=1"))) == 5
    assert dump() == before


def test_a_subscriber_is_named_and_why_they_would_not_get_it(own_site):
    assert "ada@example.org would not" not in page(own_site, "?as=ada@example.org")
    path = own_site.app.folder / "schedules.yaml"
    path.write_text(
        path.read_text().replace("lists:\n", "lists:\n  weekly: {title: Weekly}\n").replace("to: daily", "to: weekly")
    )
    text = page(own_site, "?as=ada@example.org")
    assert "ada@example.org would not get it:</strong> is not on weekly." in text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?as=nobody@example.org", "nobody has the address nobody@example.org"),
        ("?at=tomorrow", "is no time. Write it like 2026-11-24T07:00"),
        ("?at=2020-01-01T07:00", "2020-01-01 07:00 is past"),
    ],
)
def test_what_cannot_be_shown_is_said_in_the_page_with_the_form_as_it_was(site, query, words):
    text = page(site, query, 400)
    assert words in unescape(text.partition('role="alert"')[2].partition("</div>")[0])
    assert f'value="{query.partition("=")[2]}"' in text
    assert "/preview/files?" in text  # it goes on following the files


def test_an_unknown_schedule_names_the_nearest(site):
    assert "Did you mean morning?" in unescape(get(site, "/schedules/mornin/preview", 404).text)


def test_a_broken_template_is_shown_with_its_line_and_recovers_when_it_is_saved(own_site):
    template = own_site.app.folder / "templates" / "email" / "article.html"
    template.parent.mkdir(parents=True)
    template.write_text("<p>\n{{ artcles }}</p>")
    text = unescape(page(own_site))
    assert "templates/email/article.html:2: 'artcles' is not defined." in text
    assert "Nearest: articles" in text and "It would be held." in text
    assert frames(text) == []
    template.unlink()
    assert len(frames(page(own_site))) == 5


def test_a_broken_schedule_file_is_shown_whole_and_recovers_when_it_is_saved(own_site):
    path = own_site.app.folder / "schedules.yaml"
    good = path.read_text()
    path.write_text(good.replace("language:", "lingo:").replace("title:", "titel:"))
    text = unescape(page(own_site, "", 400))
    assert "`lingo:` is not a key here" in text and "Did you mean `title:`?" in text
    path.write_text(good)
    page(own_site)


def test_the_frame_that_follows_the_files_offers_what_was_saved_without_a_script(own_site):
    following = unescape(re.search(r'<iframe class="strip" src="([^"]+)"', page(own_site, "?as=ada@example.org"))[1])
    quiet = get(own_site, following)
    assert quiet.headers["Refresh"] == "2"
    assert "frame-ancestors 'self'" in quiet.headers["Content-Security-Policy"]
    assert "A file was saved" not in quiet.text
    path = own_site.app.folder / "schedules.yaml"
    path.write_text(path.read_text() + "\n")
    offer = get(own_site, following)
    assert "Refresh" not in offer.headers  # what can be followed stays where it is
    assert f'<a href="{PAGE}?as=ada%40example.org" target="_top">' in offer.text


def test_the_offer_leads_to_no_other_page(site):
    text = get(site, f"{PAGE}/files?since=x&back=%22%3E%3Cscript%3E").text
    assert "<script" not in text.replace(OUR_SCRIPT, "")
    text = get(site, f"{PAGE}/files?since=x&back=//elsewhere.example").text
    assert f'href="{PAGE}?//elsewhere.example"' in text


def test_sources_are_not_asked_at_each_word_that_an_editor_changes(own_site):
    page(own_site)
    (own_site.app.folder / "feed" / "feed.xml").unlink()
    assert "there is no file" not in page(own_site)
    text = page(own_site, "?ask=1")
    assert "there is no file" in text
    assert "No article was ever seen" in text


def test_a_paused_schedule_says_so(own_site):
    own_site.app.poll_all()
    with own_site.app.store.write() as conn:
        schedules.pause(conn, "morning", reason="holidays", actor="test", now=NOW)
    assert "Paused:</strong> holidays." in page(own_site)


def test_the_console_leads_to_it(site):
    assert f'href="{PAGE}"' in get(site, "/").text


def test_only_the_last_previews_are_kept(site):
    shelf = Shelf()
    keys = [shelf.put(Shown(site.app, None)) for _ in range(KEPT + 1)]
    with pytest.raises(HTTPException):
        shelf.get(keys[0])
    assert shelf.get(keys[1])


def test_it_can_be_left_as_files_that_refer_only_to_what_lies_beside_them(site, tmp_path):
    made = preview(site.app, site.app.schedule("morning"), NOW + timedelta(hours=1))
    written = write_files(site.app, made, tmp_path)
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == {*written, tmp_path / ".publisher-pages"}
    for html in tmp_path.glob("*.html"):
        text = html.read_text("utf-8")
        assert "<script" not in text.replace(OUR_SCRIPT, "") and "127.0.0.1" not in text
        assert "file:" not in text.replace("img-src * file:", "")
        for said in re.findall(r'(?:src|href)="([^"#]+)"', text):
            assert said.startswith("https://") or (tmp_path / said).is_file(), said
    assert "img-src 'none'" in (tmp_path / "mail-0-bare.html").read_text("utf-8")
    assert [path.read_bytes() for path in (tmp_path / "pictures").iterdir()] == [png()]
