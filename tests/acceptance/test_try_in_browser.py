"""The pages in a real browser: what `try` leaves as files, and the leaving link of a mail."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path

import pytest

from publisher.app import App
from publisher.store import subscribers
from publisher.web.inbox import Inbox
from publisher.web.server import Server, make_app
from tests.project import ProjectDir

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.browser


@contextmanager
def page_of(chromium, width: int = 1280, scheme: str = "light"):
    """A page that remembers what went wrong in it and what it asked the network for."""
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.errors, page.asked = [], []
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on("request", lambda request: page.asked.append(request.url))
    yield page
    context.close()


@pytest.fixture(scope="module")
def left(tmp_path_factory):
    """What `publisher try` leaves of the example newspaper."""
    folder = tmp_path_factory.mktemp("try")
    feed = ROOT / "examples" / "harbor-gazette" / "feed.xml"
    ProjectDir(folder, "http://127.0.0.1:9").publisher("try", str(feed), "--once", "--out", "out")
    return folder / "out"


def test_the_page_opens_from_disk_and_shows_the_mail_light_dark_and_on_a_phone(chromium, left):
    with page_of(chromium) as page:
        page.goto((left / "index.html").as_uri())
        frames = [frame for frame in page.frames if frame != page.main_frame]
        assert len(frames) == 3
        for frame in frames:
            frame.wait_for_selector("h1")
            assert "Night ferry to the islands" in frame.inner_text("body")
        desktop, phone, dark = frames
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360
        assert brightness(desktop) > 200
        assert brightness(dark) < 60
        pictures = page.evaluate("[...document.images].map(image => image.naturalWidth)")
        assert pictures
        assert all(width > 0 for width in pictures)
        assert page.errors == []
        assert all(url.startswith("file:") for url in page.asked)


def brightness(frame) -> float:
    """Return how light the ground behind the headline is, 0 to 255."""
    colour = frame.evaluate(
        """() => {
            let at = document.querySelector("h1");
            while (at && getComputedStyle(at).backgroundColor === "rgba(0, 0, 0, 0)") at = at.parentElement;
            return getComputedStyle(at || document.body).backgroundColor;
        }"""
    )
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3]) / 3


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_mail_has_its_pictures_and_never_needs_scrolling_sideways(chromium, left, width, scheme):
    with page_of(chromium, width, scheme) as page:
        page.goto((left / "email.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("h1").count() == 1
        assert (brightness(page) < 60) == (scheme == "dark")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A project in practice that has sent one edition, with its pages served."""
    folder = tmp_path_factory.mktemp("served")
    project = ProjectDir(folder, "http://127.0.0.1:9")
    path = folder / "schedules.yaml"
    path.write_text("practice: true\n" + path.read_text())
    project.subscribe(1)
    project.publisher("send", "morning")
    app = App.open(folder)
    server = Server(make_app(app, Inbox(folder / "inbox")))
    server.start()
    yield app, server.url
    server.stop()


def test_a_reader_leaves_by_the_link_in_the_mail_and_comes_back(chromium, served):
    app, url = served
    (mail,) = Inbox(app.folder / "inbox").latest("mail")
    token = re.search(r"/u/([\w-]+)", mail["HTML"])[1]
    with page_of(chromium, 360) as page:
        page.goto(f"{url}/u/{token}")
        assert state(app) == "confirmed"  # looking changes nothing
        assert "r…@example.org" in page.inner_text("main")
        page.get_by_role("button").first.click()
        assert state(app) == "left"
        page.get_by_role("button").first.click()
        assert state(app) == "confirmed"
        assert page.errors == []


def state(app) -> str:
    with app.store.read() as conn:
        (row,) = subscribers.everyone(conn)
        return row["state"]
