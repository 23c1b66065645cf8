"""A newsroom on a clock that is moved: its project, its provider and networks, its readers, and what each of them got.

Everything below the clock is real: the file, the feed, the ledger, templates, senders, and HTTP servers that answer as
the providers do. What a person types is the command itself, in this process, on the newsroom's clock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any
from unittest import mock
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from sqlalchemy import text
from typer.testing import CliRunner

from publisher.app import App, versions
from publisher.app.operator import Operator
from publisher.app.slots import fire_due
from publisher.app.telling import Teller
from publisher.audience import imports
from publisher.cli.commands import cli
from publisher.config.keys import KeyRing
from publisher.model.states import SendState
from publisher.store import processes, sends
from publisher.testing import FakeProvider
from publisher.testing.merge import expand_mailgun
from tests.ledger import Clock
from tests.project import SECRETS

MINUTE = timedelta(minutes=1)
LONGEST_STEP = 10 * MINUTE  # nobody looks at the clock more rarely; while something is under way, each minute
MOST_TURNS = 1_000  # of dispatch at one moment: more is a loop


@dataclass(frozen=True, slots=True)
class Mail:
    """What one reader found in the inbox."""

    at: str  # the newsroom's day and clock: `tue 07:00`
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Story:
    """One article of the site's feed."""

    name: str
    title: str
    text: str
    at: datetime
    category: str = "News"
    language: str = ""


class Newsroom:
    """Use it in a `with` block.

    :param monday: midnight at which its week begins, in its own zone.
    """

    def __init__(self, folder: Path, text: str, networks: Sequence[str], monday: datetime) -> None:
        self.folder, self.monday, self.zone = folder, monday, ZoneInfo(str(monday.tzinfo))
        self.clock = Clock(monday.astimezone(UTC))
        self.stories: dict[str, Story] = {}
        self._stack = ExitStack()
        self.networks = {name: self._stack.enter_context(FakeProvider(name)) for name in networks}
        self._seen = dict.fromkeys(networks, 0)
        self.inboxes: defaultdict[str, list[Mail]] = defaultdict(list)
        self.said: list[tuple[str, str, str]] = []  # what each network was told: when, where, the words
        urls = {name: network.url for name, network in self.networks.items()}
        (folder / "schedules.yaml").write_text(text.format(**urls), encoding="utf-8")
        (folder / ".env").write_text(SECRETS)
        KeyRing.create(folder / "keys.json")
        self._write_feed()
        for opens in (App, Operator):  # whoever types a command has the newsroom's clock
            self._stack.enter_context(mock.patch.object(opens, "open", partial(_opened, opens.open, self.clock)))
        self._begin()

    def _begin(self) -> None:
        self.app = App.open(self.folder)
        self._process = ExitStack()
        self._process.callback(self.app.store.close)
        at_work = processes.at_work(self.app.store, "run", self.clock())
        self.app.process_id = self._process.enter_context(at_work)
        versions.accepted(self.app)
        self.app.sending.take_over()
        self._teller = Teller(self.app)

    def __enter__(self) -> Newsroom:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.close()
        self._stack.close()

    # --- time ---------------------------------------------------------------------------------------------------------

    def at(self, when: str) -> None:
        """Let time pass until then (`tue 06:40`), and everything happen that is due by then."""
        day, time = when.split()
        number = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(day)
        hour, minute = map(int, time.split(":"))
        until = self.monday.replace(hour=hour, minute=minute) + timedelta(days=number)
        assert until.astimezone(UTC) >= self.clock.moment, f"{when} is past"
        while self.clock.moment < until.astimezone(UTC):
            step = MINUTE if self._is_under_way() else LONGEST_STEP
            self.clock.moment = min(self.clock.moment + step, until.astimezone(UTC))
            self.work()

    def _is_under_way(self) -> bool:
        with self.app.store.read() as conn:
            return bool(sends.in_state(conn, SendState.ADDRESSED, SendState.SENDING))

    def now(self) -> str:
        """Return the newsroom's day and clock."""
        return self.clock.moment.astimezone(self.zone).strftime("%a %H:%M").lower()

    def work(self) -> None:
        """Do what is due at this moment, as `publisher run` does."""
        duties = self.app.sending.duties()
        self.app.poll_all()
        fire_due(self.app)
        for _ in range(MOST_TURNS):
            duties.advance()
            turns = [duties.dispatch(name) for name in duties.channels()]
            if not any(turns):
                break
        else:
            raise AssertionError(f"there is no end of it at {self.now()}")
        self._teller.tell()
        self._open_letters()

    def turn(self, channel: str) -> bool:
        """Let one channel have one turn: a send is under way then."""
        self.app.sending.advance()
        had = self.app.sending.duties().dispatch(channel)
        self._open_letters()
        return had

    def restart(self) -> None:
        """End the process, and begin another."""
        self._process.close()
        self._begin()

    # --- who reads, and what they got ---------------------------------------------------------------------------------

    def subscribe(self, list_name: str, *addresses: str) -> None:
        key = self.app.keys.current("suppression")[1]
        for address in addresses:
            imports.add_one(self.app.store, address, list_name, name="", hash_key=key, now=self.clock(), actor="test")

    def _open_letters(self) -> None:
        """Put what the provider and the networks took since the last look where it belongs."""
        for name, network in self.networks.items():
            fresh, self._seen[name] = network.requests[self._seen[name] :], len(network.requests)
            for request in fresh:
                if name != "mailgun":
                    self._hear(name, request)
                elif request.method == "POST":
                    for letter in expand_mailgun(request.form):
                        got = Mail(self.now(), letter["subject"], letter["text"], letter["html"])
                        self.inboxes[letter["to"]].append(got)

    def _hear(self, name: str, request) -> None:
        if request.method == "GET" or (request.json is None and request.method != "DELETE"):
            return
        words = {"POST": "posts", "PUT": "edits", "PATCH": "edits", "DELETE": "deletes"}[request.method]
        body = request.json or {}
        said = str(body.get("status") or body.get("content") or body.get("text") or "")
        self.said.append((self.now(), f"{name} {words}", said))

    def subjects(self, address: str) -> list[tuple[str, str]]:
        """Return when a reader got which mails."""
        return [(mail.at, mail.subject) for mail in self.inboxes[address]]

    # --- what people do -----------------------------------------------------------------------------------------------

    def publish(self, name: str, title: str, text: str = "", category: str = "News", language: str = "") -> None:
        """Let a story stand in the site's feed; one that is there already is changed."""
        before = self.stories.get(name)
        at = before.at if before else self.clock.moment
        self.stories[name] = Story(name, title, text or f"What is known of {name}.", at, category, language)
        self._write_feed()
        self.app.poll_all()

    def number(self, name: str) -> str:
        """Return the number of a story in the ledger."""
        with self.app.store.read() as conn:
            query = text("SELECT id FROM articles WHERE url = :url")
            return str(conn.execute(query, {"url": f"https://harbor.example/{name}"}).scalar_one())

    def type(self, *words: str, code: int = 0, given: str = "", waits: bool = False) -> str:
        """Type a command; return what it printed.

        :param waits: it waits for what goes out: time passes while it runs.
        """
        line = [*words, "--project", str(self.folder)]
        with self._passing() if waits else nullcontext():
            done = CliRunner().invoke(cli, line, catch_exceptions=False, input=given)
        assert done.exit_code == code, f"{words}: {done.output}"
        self._open_letters()
        return done.output

    @contextmanager
    def _passing(self) -> Iterator[None]:
        """Let a minute pass in half a second."""
        over = Event()

        def pass_on() -> None:
            while not over.wait(0.05):
                self.clock.advance(timedelta(seconds=6))

        passing = Thread(target=pass_on)
        passing.start()
        try:
            yield
        finally:
            over.set()
            passing.join()

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def _write_feed(self) -> None:
        items = "".join(
            _item(story) for story in sorted(self.stories.values(), key=lambda story: story.at, reverse=True)
        )
        head = "<title>Harbor Gazette</title><link>https://harbor.example</link>"
        path = self.folder / "feed.new"
        path.write_text(
            f'<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>{head}{items}</channel></rss>'
        )
        path.replace(self.folder / "feed.xml")


def _opened(really: Callable[..., Any], clock: Clock, folder: Path, *_: object, **how: bool) -> Any:
    return really(folder, clock, **how)


def _item(story: Story) -> str:
    date = story.at.strftime("%a, %d %b %Y %H:%M:%S +0000")
    link = f"https://harbor.example/{story.name}"
    spoken = f"<dc:language>{story.language}</dc:language>" if story.language else ""
    return (
        f"<item><title>{escape(story.title)}</title><link>{link}</link><pubDate>{date}</pubDate>"
        f"<category>{story.category}</category>{spoken}<description>{escape(story.text)}</description></item>"
    )
