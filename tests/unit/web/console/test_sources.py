"""Sources: how each stands, a look at it now, and nothing secret of its address."""

from __future__ import annotations

import pytest
import requests

from publisher.app import App, tokens
from publisher.config.settings import Settings
from publisher.model.staff import May, Role
from publisher.store import sources, staff
from tests.unit.web.browsers import signed_in
from tests.unit.web.ledger import open_project, open_with_feed, served

CANARY = "f33d-canary"
SECRET_FEED = "https://ada:${PASS}@feeds.example.invalid/rss?key=${KEY}"


@pytest.fixture
def fed(tmp_path):
    open_with_feed(tmp_path)
    with served(App.open(tmp_path), tmp_path) as site:
        yield site


def test_an_editor_has_a_source_looked_at_now_and_is_told_what_came(fed):
    with signed_in(fed.app, fed.url, Role.EDITOR) as editor:
        text = editor.said("/sources/site/look")
        assert "site was looked at: 1 new." in text or "site was looked at: nothing is new." in text
        assert "Ferry</a>" in text and "<script>alert" not in text
        assert "state-well" in text
        assert "site was looked at: nothing is new." in editor.said("/sources/site/look")
        (fed.app.folder / "feed" / "feed.xml").unlink()
        assert "state-failing" in editor.said("/sources/site/look")
        assert editor.do("/sources/nope/look").status_code == 404
        assert editor.get("/sources/nope").status_code == 404
        token = tokens.add(fed.app, "editor", "looks", [May.LOOK])
    with fed.app.store.read() as conn:
        done = staff.done(conn)
    assert ("console:editor", "had site asked at once", "source:site") in {
        (row["actor"], row["what"], row["about"]) for row in done
    }
    asked = {"headers": {"Authorization": f"Bearer {token}"}, "timeout": 10}
    (line,) = requests.get(f"{fed.url}/api/v1/sources", **asked).json()["items"]
    assert (line["name"], line["state"], line["lately"]) == ("site", "failing", 1)
    assert requests.post(f"{fed.url}/api/v1/sources/site/look", **asked).status_code == 403


def test_without_a_form_of_the_session_nobody_is_asked(fed):
    with signed_in(fed.app, fed.url, Role.EDITOR) as editor:
        assert editor.post("/sources/site/look", data={"csrf_token": "x"}).status_code == 403
    assert requests.post(f"{fed.url}/sources/site/look", timeout=10).status_code == 401
    with fed.app.store.read() as conn:
        assert sources.find(conn, "site") is None


def test_a_password_and_a_key_in_an_address_are_shown_nowhere(tmp_path):
    open_project(tmp_path)
    (tmp_path / ".env").write_text(f"PASS={CANARY}-1\nKEY={CANARY}-2\nWORD={CANARY}-3\n")
    path = tmp_path / "schedules.yaml"
    text = path.read_text().replace("{feed: feed/feed.xml}", f'{{feed: "{SECRET_FEED}"}}')
    other = 'feed: "http://127.0.0.1:9/${WORD}/rss", allow_private: true'
    path.write_text(text.replace("lists:", f"  hidden: {{{other}}}\nlists:"))
    with served(App.open(tmp_path), tmp_path) as site, signed_in(site.app, site.url, Role.EDITOR) as editor:
        assert f"{CANARY}-1" in Settings.load(tmp_path).hidden
        pages = [editor.said(f"/sources/{name}/look") for name in ("site", "hidden")]
        pages += [editor.get(path).text for path in ("/sources", "/sources/site", "/sources/hidden", "/audit")]
        token = tokens.add(site.app, "editor", "looks", [May.LOOK])
        asked = {"headers": {"Authorization": f"Bearer {token}"}, "timeout": 10}
        pages.append(requests.get(f"{site.url}/api/v1/sources", **asked).text)
    assert "feeds.example.invalid" in pages[0]
    assert [page for page in pages if CANARY in page] == []
