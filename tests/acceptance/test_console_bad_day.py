"""An operator's bad day at the console, in a real browser, beside a real `publisher run` whose provider is down."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager

import pytest
import requests

from publisher.model.event import EventKind
from publisher.testing import FakeProvider, Fault
from tests.acceptance.seat import SCRIPT, Seat, seat
from tests.acceptance.test_crash import running, wait_for
from tests.project import WEBHOOK, ProjectDir
from tests.unit.app.test_staff import WORDS

pytestmark = pytest.mark.browser
READERS = 30
BEFORE = 4  # get it before the provider is down
SPARE = """\
  spare:
    sender: mailpit
    base_url: {url}
schedules:
"""


@contextmanager
def newsroom(folder, provider, spare):
    """A project that holds what it has until somebody lets it go."""
    project = ProjectDir(folder, provider.url, channel={**WEBHOOK, "fallback": "spare"}, when="every: 2s")
    file = folder / "schedules.yaml"
    file.write_text(file.read_text().replace("schedules:\n", SPARE.format(url=spare.url)))
    project.subscribe(READERS)
    project.publisher("hold", "--all", "--why", "until we are at our desks")
    with running(project):
        yield project


def address_of(project: ProjectDir) -> str:
    """Return where its console is, as `run` says."""
    log = project.folder / "run.log"
    wait_for(lambda: re.search(r"Harbor Gazette: (\S+)", log.read_text()), "the console")
    return re.search(r"Harbor Gazette: (\S+)", log.read_text())[1]


def test_an_operator_sees_what_is_down_what_carries_on_and_settles_what_nobody_knows(chromium, tmp_path):
    with (
        FakeProvider("webhook") as provider,
        FakeProvider("mailpit") as spare,
        newsroom(tmp_path, provider, spare) as at,
    ):
        provider.fails(*[Fault.slow(0.01)] * BEFORE, *[Fault.unavailable("1")] * 500)
        spare.fails(Fault.dropped_after(), Fault.dropped_after(), Fault(400, {"Error": f"no such mailbox {SCRIPT}"}))
        console = address_of(at)
        link = re.search(rf"{console}(/welcome/\S+)", at.publisher("staff", "add", "olga", "--role", "operator"))[1]
        with seat(chromium, console) as olga:
            chooses_a_password(olga, link)
            lets_it_go_and_sees_what_is_wrong(olga)
            mends_the_channel(olga, provider)
            settles_what_nobody_knows(olga)
            sends_it_again(olga)
            hears_of_a_bounce(olga, provider)
        assert "the books balance" in at.publisher("verify")
        once = [*provider.addresses(), *spare.addresses()]
        assert set(once) == {f"reader{number}@example.org" for number in range(READERS)}
        assert len(once) == READERS + 1, "she had one sent anew, and nobody else got it twice"


def chooses_a_password(olga: Seat, link: str) -> None:
    olga.goes_to(link)
    olga.page.get_by_label("Password").fill(WORDS)
    olga.press("Sign in")
    assert "until we are at our desks" in olga.sees("All sending is held")


def lets_it_go_and_sees_what_is_wrong(olga: Seat) -> None:
    """The page that is open comes to say what rests, what carries on, and what nobody knows."""
    olga.press("Let sending go on")
    assert olga.said == "Sending goes on."
    olga.page.evaluate("window.isTheSamePage = true")
    olga.sees("rests until", "2 deliveries", within="#today-person")
    olga.sees("spare carries on: letters can't send now (HTTP 503: busy)")
    assert olga.page.evaluate("window.isTheSamePage") is True


def mends_the_channel(olga: Seat, provider: FakeProvider) -> None:
    olga.follow("Channel letters", within="#today-person")
    olga.follow("letters")
    shown = olga.sees("HTTP 503: busy", "Its last calls")
    assert shown.count("deferred") >= 5 and "sent" in shown
    provider.recovers()
    olga.press("It is mended: let it go on")
    assert olga.said == "Channel letters goes on."
    assert "letters\n\nwell" in olga.page.inner_text("main")


def settles_what_nobody_knows(olga: Seat) -> None:
    """One was looked up and had arrived, of the other nobody knows more: it goes anew."""
    olga.goes_to("/editions/1")
    olga.sees("27 sent", "1 failed", "2 unknown")
    olga.goes_to("/")
    olga.follow("2 deliveries", within="#today-person")
    assert "30 candidates = 27 sent + 1 failed + 2 unknown" in olga.sees("broke the connection before it answered")
    olga.page.go_back()
    olga.page.locator("#today-person").get_by_role("link", name="may or may not have arrived").click()
    olga.follow("Settle what is unknown…")
    olga.page.get_by_role("checkbox").first.check()
    olga.page.get_by_label("They arrived").check()
    olga.page.get_by_label("How you know").fill("in the provider's log")
    olga.press("Settle them so")
    assert "1 treated as sent." in olga.said
    olga.page.get_by_label("All of them").check()
    olga.page.get_by_label("Send them anew").check()
    olga.press("Settle them so")
    assert "1 sent anew." in olga.said and "Nothing of it is in doubt." in olga.page.inner_text("main")


def sends_it_again(olga: Seat) -> None:
    olga.goes_to("/editions/1")
    olga.sees("29 sent", "1 failed")
    olga.goes_to("/log?edition=1&state=failed")
    olga.page.get_by_role("link", name="delivery ").click()
    shown = olga.sees("Evidence", "The provider’s words")
    assert shown.count(f"no such mailbox {SCRIPT}") == 3
    olga.goes_to("/editions/1")
    olga.follow("Resend to the failed…")
    olga.press("Send it again")
    assert "1 to send again." in olga.said
    olga.sees("30 candidates = 30 sent")


def hears_of_a_bounce(olga: Seat, provider: FakeProvider) -> None:
    """A reader's mail server says later, with markup in its words, that there is no such mailbox."""
    reader = provider.accepted[0].request.json["recipients"][0]
    event = {"type": EventKind.HARD_BOUNCE, "reference": reader["id"], "email": reader["email"], "reason": SCRIPT}
    signed = provider.dialect.sign(json.dumps([event]).encode(), provider.dialect.event_secrets[0])
    said = requests.post(f"{olga.url}/webhooks/letters", signed.body, headers=dict(signed.headers), timeout=20)
    assert said.ok
    olga.goes_to("/log?edition=1")
    olga.page.get_by_label("Address").fill(reader["email"])
    olga.press("Show")
    olga.page.get_by_role("link", name="delivery ").click()
    wait_for(lambda: "hard bounce" in olga.page.reload().text(), "the bounce")
    assert SCRIPT in olga.sees("What was said later", "hard bounce")
    olga.goes_to("/log?edition=1")
    olga.sees("30 candidates = 29 sent + 1 failed")
