"""The pages in a real browser: the mail as readers see it, no scripts, nobody else asked, open to everyone."""

from __future__ import annotations

import re

import pytest

from publisher.store import subscribers
from publisher.web.showcase import write_out
from tests.unit.web.ledger import fill, open_project, open_with_feed, served, subscription

pytestmark = pytest.mark.browser
WIDTHS = (360, 768, 1280)
CONSOLE = ("/", "/editions", "/editions/1", "/log", "/deliveries/2", "/sources")
CONSOLE += ("/articles", "/articles/1", "/articles/new", "/subscribers", "FILE")
READER = "reader1@example.org"
PREVIEW = "/schedules/morning/preview"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    with served(open_project(folder), folder) as site:
        fill(site)
        yield site


def address_of(site, path: str) -> str:
    """Return where a page is; FILE is that of a subscriber, whose name only this project knows."""
    with site.app.store.read() as conn:
        person = subscribers.find(conn, site.app.hash_of(READER))
    return site.url + path.replace("FILE", f"/subscribers/{site.app.wire_name('reader', person.id)}")


class Visit:
    """A browser's tab, with all that it complained of and asked for."""

    def __init__(self, browser, **options):
        self.context = browser.new_context(java_script_enabled=True, **options)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", self._note_failure)
        self.page.on("request", lambda request: self.asked.append(request.url))

    def _note_failure(self, request) -> None:
        # What the browser itself gives up, because the next page was asked for, is no fault of ours.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url}: {request.failure}")

    def frames(self):
        """Return the mail's frames in order: desktop, phone, dark; each scrolled to and shown."""
        shown = []
        for element in self.page.query_selector_all("iframe"):
            element.scroll_into_view_if_needed()
            frame = element.content_frame()
            frame.wait_for_load_state()
            shown.append((element, frame))
        return shown


@pytest.fixture
def visit(chromium):
    opened: list[Visit] = []

    def open_tab(**options) -> Visit:
        opened.append(Visit(chromium, **options))
        return opened[-1]

    yield open_tab
    for each in opened:
        each.context.close()


def brightness(color: str) -> float:
    """Return 0 (black) to 255 (white) of a computed colour."""
    red, green, blue = (float(part) for part in re.findall(r"[\d.]+", color)[:3])
    return 0.299 * red + 0.587 * green + 0.114 * blue


def background(element, frame) -> float:
    """Return how bright the mail really is on the screen, wherever its styles say so."""
    assert element.bounding_box()["height"] > 300
    return brightness(frame.evaluate("getComputedStyle(document.body).backgroundColor"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_frames_show_the_mail_on_desktop_phone_and_dark_screen(site, visit, scheme):
    tab = visit(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    tab.page.goto(f"{site.url}/editions/{site.edition}")
    frames = tab.frames()
    assert len(frames) == 3
    for _, frame in frames:
        assert frame.locator("h1").inner_text() == "Good morning Ada"
        assert frame.evaluate("document.images[0].naturalWidth") == 40
    widths = [frame.evaluate("innerWidth") for _, frame in frames]
    assert widths == [640, 360, 640]
    sizes = [frame.evaluate("getComputedStyle(document.querySelector('h1')).fontSize") for _, frame in frames]
    assert sizes == ["30px", "20px", "30px"]  # the mail's own rule for phones
    desktop, phone, dark = (background(*each) for each in frames)
    assert desktop > 200 and phone > 200
    assert dark < 40


def test_pages_raise_no_complaint_and_ask_nobody_else(site, visit):
    tab = visit()
    for address in [*(address_of(site, path) for path in (*CONSOLE, "/inbox", "/inbox/posts")), site.leaving]:
        tab.page.goto(address)
        tab.frames()
    assert tab.complaints == []
    assert {url for url in tab.asked if not url.startswith(site.url + "/")} == set()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_the_screen(site, visit, width):
    tab = visit(viewport={"width": width, "height": 800})
    for path in (*CONSOLE, PREVIEW, f"{PREVIEW}?at=x", "/inbox", "/inbox/posts"):
        tab.page.goto(address_of(site, path))
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_a_headline_without_a_space_widens_no_form(site, visit):
    tab = visit(viewport={"width": 390, "height": 800})
    tab.page.goto(f"{site.url}/editions")
    choices = f"<fieldset><label><input type=radio><span>{'x' * 300}</span></label></fieldset>"
    tab.page.evaluate("it => document.querySelector('main').insertAdjacentHTML('beforeend', it)", choices)
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("width", WIDTHS)
def test_a_line_of_a_mails_text_is_not_broken_again(site, visit, width):
    tab = visit(viewport={"width": width, "height": 800})
    tab.page.goto(site.url + PREVIEW)
    lines = """pre => {
        pre.textContent = ("=".repeat(72) + "\\n").repeat(60);
        return Math.round(pre.offsetHeight / parseFloat(getComputedStyle(pre).lineHeight));
    }"""
    assert tab.page.locator(".text pre").first.evaluate(lines) == 60
    scrolls = "box => box.scrollWidth > box.clientWidth"
    assert tab.page.locator(".text").first.evaluate(scrolls) == (width == 360)


@pytest.mark.parametrize("path", ["/articles", "/sources", "FILE"])
def test_on_a_phone_no_cell_of_these_tables_is_beyond_the_edge(site, visit, path):
    tab = visit(viewport={"width": 360, "height": 800})
    tab.page.goto(address_of(site, path))
    cells = tab.page.query_selector_all("tbody td, tbody th")
    boxes = [box for box in (cell.bounding_box() for cell in cells) if box]
    assert len(boxes) >= 4
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 360 for box in boxes)


@pytest.mark.parametrize("path", ["/", "/editions", "/log?since=2026-01-01"])
def test_at_1300_every_column_of_the_editions_and_of_the_log_is_on_the_screen(site, visit, path):
    tab = visit(viewport={"width": 1300, "height": 800})
    tab.page.goto(site.url + path)
    fill = """() => {
        for (const cell of document.querySelectorAll("td.wraps"))
            cell.textContent = "127.0.0.1 gave no answer in time; the request may have been heard. ".repeat(3);
        for (const cell of document.querySelectorAll(".edition-lines td.number")) cell.textContent = "1,000,000";
        for (const words of document.querySelectorAll("td .soft")) words.textContent = "practice: waits for a person";
        return [...document.querySelectorAll(":is(.edition-lines, .log-lines)")].map((table) => table.parentElement)
            .map((box) => box.scrollWidth - box.clientWidth);
    }"""
    wide = tab.page.evaluate(fill)
    assert wide and max(wide) <= 0


def test_an_address_breaks_behind_its_at_sign_before_anywhere_else(site, visit):
    tab = visit(viewport={"width": 1300, "height": 800})
    tab.page.goto(f"{site.url}/log?since=2026-01-01")
    broken = """() => {
        const cell = [...document.querySelectorAll(".log-lines th")].find((each) => each.textContent.includes("@"));
        return [...cell.childNodes].filter((each) => each.nodeType === 3 && each.textContent.trim()).map((each) => {
            const range = document.createRange();
            range.selectNodeContents(each);
            return range.getClientRects().length;
        });
    }"""
    parts = tab.page.evaluate(broken)
    assert len(parts) == 3 and set(parts) == {1}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_articles_text_is_shown_in_a_frame_of_its_own(site, visit, scheme):
    tab = visit(viewport={"width": 390, "height": 900}, color_scheme=scheme)
    tab.page.goto(f"{site.url}/articles/1")
    ((_, frame),) = tab.frames()
    assert "happened at the quay" in frame.evaluate("document.body.innerText")
    assert (brightness(frame.evaluate("getComputedStyle(document.body).backgroundColor")) > 200) is (scheme == "light")
    assert tab.page.evaluate("document.querySelector('.picture img').naturalWidth") == 40
    assert tab.complaints == []


def test_a_preview_shows_the_mail_in_every_light_and_offers_what_is_saved_without_scripts(tmp_path, chromium):
    with served(open_with_feed(tmp_path), tmp_path) as site:
        context = chromium.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
        look_at_preview(site, context.new_page())
        context.close()


def look_at_preview(site, page) -> None:
    page.goto(site.url + PREVIEW)
    shown = []
    for element in page.query_selector_all("iframe.mail"):
        element.scroll_into_view_if_needed()
        element.content_frame().wait_for_load_state()
        shown.append((element, element.content_frame()))
    pictures = [frame.evaluate("document.images[0].naturalWidth") for _, frame in shown]
    assert pictures == [40, 40, 40, 40, 0]
    assert [frame.evaluate("innerWidth") for _, frame in shown] == [640, 360, 640, 360, 640]
    assert [background(*each) < 40 for each in shown] == [False, False, True, True, False]
    own = site.app.folder / "templates" / "partials" / "footer.html"
    own.parent.mkdir(parents=True)
    own.write_text("<tr><td>{{ nothing }}</td></tr>")
    page.frame_locator("iframe.strip").get_by_role("link", name="Show it as it is now").click()
    assert "'nothing' is not defined" in page.get_by_text("Held:").first.locator("..").inner_text()
    own.unlink()
    page.frame_locator("iframe.strip").get_by_role("link", name="Show it as it is now").press("Enter")
    page.wait_for_selector("iframe.mail")


def test_the_pages_left_as_files_show_the_same_from_disk(site, visit, tmp_path):
    write_out(site.app, site.edition, tmp_path)
    tab = visit(viewport={"width": 1280, "height": 900})
    tab.page.goto((tmp_path / "index.html").as_uri())
    frames = tab.frames()
    for _, frame in frames:
        assert frame.locator("h1").inner_text() == "Good morning Ada"
        assert frame.evaluate("document.images[0].naturalWidth") == 40
    assert background(*frames[0]) > 200
    assert background(*frames[2]) < 40
    assert tab.page.evaluate("document.querySelector('.link-card img').naturalWidth") == 40
    assert tab.complaints == []
    assert all(url.startswith(tmp_path.as_uri()) for url in tab.asked)


def test_a_reader_leaves_and_comes_back_without_scripts(tmp_path, chromium):
    with served(open_project(tmp_path), tmp_path) as site:
        fill(site)
        context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 700})
        page = context.new_page()
        page.goto(site.leaving)
        assert subscription(site.app) == "confirmed"
        page.get_by_role("button", name="Leave “Morning briefing”").click()
        assert page.get_by_role("heading", level=1).inner_text() == "You have left “Morning briefing”"
        assert subscription(site.app) == "left"
        page.get_by_role("button", name="Undo").click()
        assert subscription(site.app) == "confirmed"
        context.close()


def test_a_subscribers_file_is_found_without_scripts_and_by_keyboard_alone(site, chromium):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 700})
    page = context.new_page()
    page.goto(f"{site.url}/subscribers")
    page.get_by_label("Address").focus()
    page.keyboard.type(READER)
    page.keyboard.press("Enter")
    page.wait_for_url("**/subscribers/reader*")
    assert page.get_by_role("heading", level=1).inner_text() == READER
    page.reload()
    assert page.get_by_role("heading", level=1).inner_text() == READER
    context.close()


def test_the_page_can_be_used_by_keyboard_alone(site, visit):
    tab = visit()
    tab.page.goto(f"{site.url}/log")
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.textContent") == "Skip to the content"
    assert tab.page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    tab.page.keyboard.press("Enter")
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.id") == "edition"
    tab.page.keyboard.type("nope")
    tab.page.keyboard.press("Enter")
    assert "There is no edition" in tab.page.get_by_role("alert").inner_text()
