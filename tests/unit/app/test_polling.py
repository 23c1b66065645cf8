"""Polling a real feed server: as a good guest, each source with a state of its own."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from publisher.app import App, intake
from publisher.app.sources import standing
from publisher.errors import StoreError
from publisher.store import articles, sources
from tests.ledger import Clock
from tests.project import ProjectDir
from tests.site import serving

BEGUN = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
PATIENCE = 10.0
MINUTE = timedelta(minutes=1)


@pytest.fixture
def site():
    with serving() as site:
        yield site


@pytest.fixture
def clock():
    return Clock(BEGUN)


@pytest.fixture
def open_app(tmp_path, clock):
    """Open a project with these sources, each at an address."""

    def open_project(**addresses: str) -> App:
        if not (tmp_path / "schedules.yaml").exists():
            ProjectDir(tmp_path, "http://127.0.0.1:9")
        path = tmp_path / "schedules.yaml"
        before, _, rest = path.read_text().partition("sources:\n")
        after = rest[rest.index("lists:") :]
        lines = [f"  {name}: {{feed: '{url}', every: 5m, allow_private: true}}\n" for name, url in addresses.items()]
        path.write_text(f"{before}sources:\n{''.join(lines)}{after}")
        return App.open(tmp_path, clock)

    return open_project


def look(app: App) -> int:
    """Poll whatever is due, to the end; return how many were."""
    count = intake.begin_due(app)
    until = time.monotonic() + PATIENCE
    while app.polling.is_busy and time.monotonic() < until:
        time.sleep(0.002)
    intake.write_down(app)
    return count


def row(app: App, name: str = "site"):
    with app.store.read() as conn:
        return sources.find(conn, name)


def state(app: App, name: str = "site"):
    return next(each for each in standing(app) if each.name == name)


def titles(app: App) -> list[str]:
    with app.store.read() as conn:
        return sorted(each.article.title for each in articles.latest(conn, limit=100))


def test_a_source_is_asked_when_its_turn_comes_and_only_whether_anything_is_new(open_app, site, clock):
    app = open_app(site=site.feed("/feed", "One"))
    assert [look(app), look(app)] == [1, 0]
    clock.advance(6 * MINUTE)
    assert look(app) == 1
    assert site.statuses == [200, 304]
    headers = site.asked[1][1]
    assert headers["Accept-Encoding"] == "gzip, deflate"
    assert headers["User-Agent"].startswith("Publisher (Harbor Gazette; https://harbor.example")
    assert state(app).state == "well"
    assert BEGUN + 11 * MINUTE <= state(app).next_poll_at <= BEGUN + 12 * MINUTE


def test_once_a_day_the_whole_is_asked_for(open_app, site, clock):
    app = open_app(site=site.feed("/feed", "One"))
    for _ in range(4):
        look(app)
        clock.advance(timedelta(hours=12, minutes=1))
    assert site.statuses == [200, 304, 200, 304]


def test_what_is_new_behind_another_etag_is_taken(open_app, site, clock):
    app = open_app(site=site.feed("/feed", "One"))
    look(app)
    site.feed("/feed", "Two", "One")
    clock.advance(6 * MINUTE)
    look(app)
    assert titles(app) == ["One", "Two"]


def test_a_server_that_asks_for_rest_gets_it_and_the_page_says_so(open_app, site, clock):
    app = open_app(site=site.feed("/feed", "One", Cache_Control="max-age=3600"))
    look(app)
    clock.advance(59 * MINUTE)
    assert look(app) == 0
    assert state(app).waits_why == "it asks for 60 min between two polls (Cache-Control)"
    app.poll_all()  # an edition asks all the same: its readers want what is there now
    assert len(site.asked) == 2


def test_a_feed_that_names_hours_to_skip_is_not_read_in_them(open_app, site, clock):
    head = "<ttl>30</ttl><skipHours><hour>7</hour><hour>8</hour></skipHours>"
    app = open_app(site=site.feed("/feed", "One", head=head))
    look(app)
    assert row(app)["next_poll_at"].hour == 9


def test_too_many_requests_are_followed_by_the_silence_that_is_asked_for(open_app, site, clock):
    app = open_app(site=site.status("/feed", 429, Retry_After="1800"))
    look(app)
    assert state(app).state == "failing"
    assert "30 min (Retry-After)" in state(app).waits_why
    clock.advance(29 * MINUTE)
    assert look(app) == 0
    assert "fewer questions" in app.poll_all()[0].error
    assert len(site.asked) == 1
    clock.advance(MINUTE * 5)
    site.feed("/feed", "One")
    look(app)
    assert state(app).state == "well"
    assert state(app).failures == 0


def test_what_is_gone_is_asked_no_more_until_a_person_says_so(open_app, site, clock):
    app = open_app(site=site.status("/feed", 410))
    look(app)
    clock.advance(timedelta(days=30))
    assert look(app) == 0
    assert "gone for good (410)" in app.poll_all()[0].error
    assert len(site.asked) == 1
    assert (state(app).state, state(app).next_poll_at) == ("stopped", None)
    assert "publisher sources --start site" in state(app).remedy
    site.feed("/feed", "One")
    with app.store.write() as conn:
        sources.start(conn, "site", actor="cli:ada")
    assert look(app) == 1
    assert state(app).state == "well"
    assert row(app)["actor"] == "cli:ada"


def test_a_source_that_is_well_is_asked_at_once_where_a_person_says_so(open_app, site, clock):
    app = open_app(site=site.feed("/feed", "One"))
    assert [look(app), look(app)] == [1, 0]
    with app.store.write() as conn:
        sources.start(conn, "site", actor="cli:ada")
    assert [look(app), look(app)] == [1, 0]
    assert state(app).state == "well"


def test_another_address_in_the_file_starts_it_again_and_takes_no_validators_along(open_app, site, clock):
    look(open_app(site=site.status("/feed", 410)))
    app = open_app(site=site.feed("/new", "One"))
    assert look(app) == 1
    assert "If-None-Match" not in site.asked[-1][1]
    app = open_app(site=site.feed("/other", "One"))
    look(app)
    assert "If-None-Match" not in site.asked[-1][1]
    assert site.statuses == [410, 200, 200]


def test_a_failing_source_is_asked_less_and_less_and_says_what_is_wrong(open_app, site, clock):
    app = open_app(site=site.url("/nothing"))
    waits = []
    for _ in range(4):
        assert look(app) == 1
        waits.append(row(app)["next_poll_at"] - clock())
        clock.moment = row(app)["next_poll_at"]
    assert all(1.7 * first < second < 2.3 * first for first, second in pairwise(waits))
    assert "is not there (404)" in state(app).error
    assert state(app).failures == 4
    assert "4 times in a row" in state(app).waits_why


def test_after_three_days_of_the_same_move_the_new_address_is_asked_directly(open_app, site, clock):
    app = open_app(site=site.status("/old", 301, Location="/new"))
    site.feed("/new", "One")
    for day in range(4):
        look(app)
        assert state(app).moved_to == site.url("/new")
        assert state(app).is_moved == (day >= 2)
        clock.advance(timedelta(days=1, minutes=1))
    assert [path for path, _ in site.asked] == ["/old", "/new"] * 3 + ["/new"]
    assert titles(app) == ["One"]
    site.pages.pop("/new")  # the new address was not for ever either
    site.feed("/old", "One")
    look(app)
    clock.advance(timedelta(days=1))
    look(app)
    assert [path for path, _ in site.asked[-2:]] == ["/new", "/old"]
    assert state(app).state == "well"


def test_good_items_are_taken_the_others_named_and_the_next_request_is_for_the_whole(open_app, site, clock):
    whole = "<rss version='2.0'><channel><title>x</title><item><title>Good</title></item><item><title>Ba"
    app = open_app(site=site.put("/feed", whole, ETag='"1"'))
    look(app)
    assert titles(app) == ["Good"]
    assert "its last item is incomplete" in state(app).problems[0]
    assert state(app).state == "in part"
    clock.advance(6 * MINUTE)
    look(app)
    assert "If-None-Match" not in site.asked[1][1]
    site.feed("/feed", "Good")
    clock.advance(6 * MINUTE)
    look(app)
    assert state(app).problems == ()


def test_a_source_that_never_answers_delays_no_other_and_no_edition_longer_than_its_patience(open_app, site, clock):
    go = threading.Event()
    app = open_app(dead=site.silent("/dead", go), site=site.feed("/feed", "One"))
    assert intake.begin_due(app) == 2
    collected = {each.source: each for each in app.poll_all(patience=timedelta(seconds=0.5))}
    assert collected["dead"].error == "dead: no answer within 0.5 s"
    assert collected["site"].error == ""
    assert titles(app) == ["One"]
    go.set()


def test_two_processes_ask_a_source_once(open_app, site, clock):
    first = open_app(site=site.feed("/feed", "One"))
    second = open_app(site=site.url("/feed"))
    assert intake.begin_due(first) + intake.begin_due(second) == 1
    look(first)
    look(second)
    assert len(site.asked) == 1


def test_a_source_that_no_reader_can_make_sense_of_has_a_state_too(open_app, site, clock, monkeypatch):
    app = open_app(site=site.put("/feed", b"\x89PNG\r\n\x1a\n" + b"\0" * 500, "image/png"))
    look(app)
    assert state(app).state == "failing"
    assert "is no feed" in state(app).error


def test_a_password_in_a_sources_address_is_in_nothing_that_a_reader_gets(open_app, site):
    item = "<item><title>One</title><link>/one</link><description>&lt;img src='/a.png'&gt; Text</description></item>"
    site.put("/feed", f"<rss version='2.0'><channel><title>T</title><link>/</link>{item}</channel></rss>")
    app = open_app(site=site.url("/feed").replace("http://", "http://editor:secret@"))
    look(app)
    with app.store.read() as conn:
        (only,) = articles.latest(conn, limit=10)
    assert only.article.url == site.url("/one")
    assert "secret" not in repr(only)


def test_a_source_that_someone_else_is_at_is_left_to_them(open_app, site, clock):
    app = open_app(site=site.feed("/feed", "One"))
    look(app)
    with app.store.write() as conn:
        taken = intake._claim(conn, [app.project.sources["site"]], met={"site", "other"}, now=clock() + 6 * MINUTE)
        assert [*taken] == ["site"]
        unmet = replace(app.project.sources["site"], name="other")
        assert intake._claim(conn, [unmet], met={"site", "other"}, now=clock() + 6 * MINUTE) == {}


@pytest.mark.parametrize(("body", "is_kept"), [("<item><title>One</title></item><item/>", True), ("<item><tit", False)])
def test_a_document_that_breaks_off_is_asked_for_whole_the_next_time_and_one_with_a_bad_item_is_not(
    open_app, site, body, is_kept
):
    end = "</channel></rss>" if is_kept else ""
    head = "<rss version='2.0'><channel><title>T</title><item><title>Zero</title></item>"
    app = open_app(site=site.put("/feed", head + body + end, ETag='"1"'))
    look(app)
    assert row(app)["problems"]
    assert row(app)["etag"] == ('"1"' if is_kept else None)


def test_a_ledger_in_trouble_is_no_trouble_of_the_source(site, open_app):
    app = open_app(site=site.feed("/feed", "One"))
    app.poll_all()  # from here on its schedules are accepted: what a poll writes is what it has read
    site.feed("/feed", "Two", "One")
    app.store.close()
    with pytest.raises(StoreError, match="the ledger is closed"):
        app.poll_all()
