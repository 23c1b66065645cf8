"""Open pages are told what has changed: once looked for, rendered once, and no more than their role may see."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
import requests

from publisher.app import staff
from publisher.model.staff import Role
from publisher.model.states import SendState
from publisher.pipeline.operate import holding
from publisher.store import sends
from publisher.web.door import COOKIE
from publisher.web.inbox import Inbox
from publisher.web.live import MOST, MOST_EACH, Seen, Streams
from publisher.web.server import Server, make_app
from tests.unit.web.browsers import signed_in
from tests.unit.web.ledger import HOSTILE_WORDS, NOW, Site, fill, open_project

NAMES = ("anna", "ben", "cleo", "dora")


@pytest.fixture
def lively(tmp_path):
    """A project with an edition under way, whose pages are told of changes quickly."""
    app = open_project(tmp_path)
    web = make_app(app, Inbox(tmp_path / "inbox"))
    web.state.streams.look_every, web.state.streams.check_every = 0.05, 0.2
    server = Server(web)
    server.start()
    site = Site(app, server.url, Inbox(tmp_path / "inbox"))
    site.streams, site.server = web.state.streams, server
    fill(site)
    yield site
    server.stop()


@contextmanager
def listening(site, browser=requests, about="today"):
    path = f"/live?about={about}"
    url = path if isinstance(browser, requests.Session) else site.url + path
    with browser.get(url, stream=True, timeout=10) as answer:
        yield answer


def events(answer):
    """Yield each event that comes: its kind, and what it says."""
    kind = ""
    for line in answer.iter_lines(chunk_size=None):
        name, _, value = line.decode().partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            yield kind, json.loads(value)


def part(heard, part_id: str, words: str = "") -> str:
    """Wait until a part is told, with these words in it."""
    for kind, said in heard:
        if kind == "part" and said["id"] == part_id and words in said["html"]:
            return str(said["html"])
    raise AssertionError(f"{part_id} was not told with {words!r}")


def finish(site) -> None:
    with site.app.store.write() as conn:
        sends.post_to_books(conn, site.post_send, {"pending": -1, "sent": 1})
        sends.move(conn, site.post_send, SendState.SENDING, started_at=NOW)
        sends.move(conn, site.post_send, SendState.DONE, done_at=NOW)


def test_it_is_a_stream_of_events_that_nobody_keeps(lively):
    with listening(lively) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["X-Accel-Buffering"] == "no"
        assert "no-store" in answer.headers["Cache-Control"]
        lines = answer.iter_lines(chunk_size=None)
        assert next(lines) == b"retry: 3000"
        assert b": still here" in lines  # a word for whoever is in between, while nothing changes


def test_the_newest_state_comes_first_and_then_what_changes_and_what_has_ended_is_said(lively):
    with listening(lively) as answer, listening(lively, about=f"edition-{lively.edition}") as other:
        heard, of_edition = events(answer), events(other)
        assert "1 pending" in part(heard, "today-under-way").replace("\n", "")
        part(of_edition, f"send-{lively.post_send}-live", "state-pending")
        finish(lively)
        for stream in (heard, of_edition):
            said = next(told["words"] for kind, told in stream if kind == "said")
            assert said == "edition 1 (morning 2026-11-24T07:00): mastodon to its account: done; 1 of 1 got it"
    with listening(lively, about=f"edition-{lively.edition}") as answer:
        assert "state-done" in part(events(answer), f"send-{lively.post_send}-live")


def test_a_page_that_was_opened_before_there_were_sends_comes_to_show_them(lively):
    with listening(lively, about=f"edition-{lively.edition}") as answer:
        told = part(events(answer), f"edition-{lively.edition}-live")
    for send_id in (lively.mail_send, lively.post_send):
        assert f'id="send-{send_id}-live"' in told


def test_who_holds_what_stands_at_once_on_the_first_page(lively):
    with listening(lively) as answer:
        heard = events(answer)
        part(heard, "today-person")
        holding.hold_edition(lively.app.store, lively.edition, actor="cli:ada", why=HOSTILE_WORDS, now=NOW)
        told = part(heard, "today-person", "cli:ada")
    assert "&lt;img src=x" in told and "<img" not in told


def told_to(lively, role: Role) -> str:
    with signed_in(lively.app, lively.url, role) as browser, listening(lively, browser) as answer:
        return part(events(answer), "today-person", "storm")


def test_each_role_is_offered_what_it_may_do_and_no_form_of_a_session(lively):
    holding.hold_all(lively.app.store, actor="cli:ada", why="storm", now=NOW)
    editor, operator = told_to(lively, Role.EDITOR), told_to(lively, Role.OPERATOR)
    assert 'action="/sending/release"' in operator and 'name="csrf_token" value=""' in operator
    assert "action=" not in editor and "“Let sending go on” on Today" in editor
    answer = requests.get(f"{lively.url}/live?about=today", allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in")


def test_it_is_only_to_be_looked_at(site):
    assert requests.post(f"{site.url}/live?about=today", timeout=10).status_code == 405


@pytest.mark.parametrize("about", ["", "everything", "edition-0", "edition-1x", f"edition-{10**18}", "<script>"])
def test_what_no_page_is_about_is_refused(site, about):
    assert requests.get(f"{site.url}/live", params={"about": about}, timeout=10).status_code == 400


def test_a_page_is_about_a_few_things(site):
    asked = [("about", f"edition-{number}") for number in range(1, 7)]
    assert requests.get(f"{site.url}/live", params=asked, timeout=10).status_code == 400
    assert requests.get(f"{site.url}/live", timeout=10).status_code == 400


def test_it_ends_when_they_sign_out_get_another_role_or_work_here_no_more(lively):
    app, url = lively.app, lively.url
    with ExitStack() as stack:
        anna, ben, cleo, dora = (stack.enter_context(signed_in(app, url, name=name)) for name in NAMES)
        answers = [stack.enter_context(listening(lively, each)) for each in (anna, ben, cleo, dora)]
        heard = [events(answer) for answer in answers]
        for each in heard:
            part(each, "today-person")
        anna.do("/sign-out")
        staff.set_role(app, "ben", Role.EDITOR, "cli:test")
        staff.end(app, "cleo", "cli:test")
        for each in heard[:3]:
            assert list(each)[-1] == ("over", {"why": "signed out"})
        finish(lively)
        part(heard[3], "today-gone", '<td class="number" data-label="Sent">2</td>')


def test_it_ends_when_the_first_of_the_staff_comes(lively):
    with listening(lively) as answer:
        heard = events(answer)
        part(heard, "today-person")
        with signed_in(lively.app, lively.url):
            assert list(heard)[-1][0] == "over"


def open_streams(site, browser, number: int) -> list[socket.socket]:
    host, port = site.url.removeprefix("http://").split(":")
    request = f"GET /live?about=today HTTP/1.1\r\nHost: {host}\r\nCookie: {COOKIE}={browser.cookies[COOKIE]}\r\n\r\n"
    opened = [socket.create_connection((host, int(port))) for _ in range(number)]
    for each in opened:
        each.sendall(request.encode())
    return opened


def test_a_session_has_so_many_and_others_have_theirs(lively):
    with signed_in(lively.app, lively.url) as browser, signed_in(lively.app, lively.url, Role.EDITOR) as other:
        with listening(lively, browser) as answer:
            heard = events(answer)  # kept: with it goes the connection
            part(heard, "today-person")
            opened = open_streams(lively, browser, MOST_EACH - 1)
            assert all(each.recv(12) == b"HTTP/1.1 200" for each in opened)
            with listening(lively, browser) as refused:
                assert refused.status_code == 429
            with listening(lively, other) as another:
                assert another.status_code == 200
            for each in opened:
                each.close()
        end = time.monotonic() + 5
        while len(lively.streams) and time.monotonic() < end:
            time.sleep(0.02)
        assert len(lively.streams) == 0


def test_the_server_stops_though_pages_are_open(lively):
    with listening(lively) as answer:
        heard = events(answer)
        part(heard, "today-person")
        began = time.monotonic()
        lively.server.stop()
        assert time.monotonic() - began < 2


class Counted:
    """Looks at nothing, and counts how often."""

    def __init__(self) -> None:
        self.looks = 0
        self.fails = False

    def look(self, wishes):
        self.looks += 1
        if self.fails:
            raise OSError("gone")
        return Seen({wish: {"part": "x" * self.looks} for wish in wishes})

    def roles(self, sessions):
        return dict.fromkeys(sessions)


def streams_of(lookout) -> Streams:
    streams = Streams(lookout)
    streams.look_every, streams.check_every, streams.patient_for = 0.02, 0.1, 0.1
    return streams


def apart(work):
    """Run it in a thread of its own: that of the test may have a browser's loop running."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def answered(stream, send, *, until) -> None:
    """Let a stream answer until something has happened, and then let its listener go."""
    gone = asyncio.Event()

    async def receive():
        await gone.wait()
        return {"type": "http.disconnect"}

    answering = asyncio.create_task(stream({"type": "http"}, receive, send))
    for _ in range(300):
        if until() or answering.done():
            break
        await asyncio.sleep(0.01)
    gone.set()
    await asyncio.wait_for(answering, 2)


def test_one_look_in_one_thread_serves_all_and_nobody_looks_for_nobody():
    lookout, threads = Counted(), []

    async def send(message):
        threads.append(threading.active_count())

    async def listen() -> int:
        streams = streams_of(lookout)
        each = [streams.listen("", None, ["today"]) for _ in range(MOST)]
        assert streams.listen("", None, ["today"]) is None
        await asyncio.gather(*(answered(stream, send, until=lambda: lookout.looks >= 5) for stream in each))
        await asyncio.sleep(0.1)
        seen = lookout.looks
        await asyncio.sleep(0.1)
        return lookout.looks - seen

    assert apart(listen()) == 0
    assert lookout.looks < 20
    assert max(threads) <= min(threads) + 1  # the one that looks


def test_who_does_not_take_what_they_are_told_is_let_go_and_what_waits_for_them_does_not_grow():
    lookout, taken = Counted(), []

    async def stuck(message):
        if message["type"] == "http.response.body" and b"part" in message["body"]:
            await asyncio.sleep(10)
        taken.append(message)

    async def listen() -> float:
        streams = streams_of(lookout)
        began = time.monotonic()
        await answered(streams.listen("", None, ["today"]), stuck, until=lambda: False)
        assert len(streams) == 0
        return time.monotonic() - began

    assert apart(listen()) < 1
    assert len(taken) == 2  # its beginning, and when to come back


def test_a_look_that_fails_ends_no_stream_and_is_made_again():
    lookout, heard = Counted(), []
    lookout.fails = True

    async def send(message):
        lookout.fails = lookout.looks < 2
        heard.append(message.get("body", b""))

    async def listen() -> None:
        stream = streams_of(lookout).listen("", None, ["today"])
        await answered(stream, send, until=lambda: any(b"event: part" in each for each in heard))

    apart(listen())
    assert any(b"event: part" in each for each in heard)
