"""Posts to one network, sent by `publisher run` that is killed again and again; see `loop.py`, `network.py`.

A post has one delivery, so each is a send of its own: they are written into the ledger by the product's own functions,
since making a thousand editions is what other loops are about. Every third is a thread, every fourth has a picture,
where the network has such.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from publisher.model.message import Card, Post, PostRules, Upload
from publisher.senders.registry import sender_class
from publisher.store import Store, media
from publisher.testing import sample_picture
from tests.crash.apart import started
from tests.crash.broken import VARIABLE
from tests.crash.loop import QUICK, Loop, Plan
from tests.crash.network import Weather
from tests.crash.oracle import Ledger, Verdict
from tests.crash.post_oracle import judge_posts
from tests.ledger import NOW, add_edition, add_send
from tests.project import ProjectDir

TROUBLE = Weather(put_off=0.04, doubtful=0.08, slow=0.01, latency=0.1)
PATIENCE = {**QUICK, "PUBLISHER_ASK_AFTER": "3s"}  # a doubt is looked at within seconds
LOOKS = 3  # at each doubt, before it is left to a person
MORE = 25  # posts, where all are sent before every kill was made
DOUBTS = "SELECT id, coalesce(tries, 1) FROM calls WHERE state = 'unknown' AND retry_at IS NOT NULL"
PICTURE = sample_picture()


@dataclass(frozen=True, slots=True)
class Account:
    """A channel to one network, and what the network can prove."""

    sender: str
    options: Mapping[str, object] = field(default_factory=dict)
    repeats: bool = False  # the network tells a repeat from a new post
    is_believed: bool = False  # any 2xx of its is a success
    settles: bool = False  # no post stays in doubt, whatever happened to its requests

    @property
    def rules(self) -> PostRules:
        rules = sender_class(self.sender).rules_of(self.options)
        assert rules is not None
        return rules

    def at(self, url: str) -> dict[str, str]:
        """Return the channel as YAML has it, without the address that a project adds."""
        given = {"target": f"json://{urlsplit(url).netloc}/apprise-k3y"} if self.sender == "apprise" else self.options
        return {"sender": self.sender, **{name: json.dumps(value) for name, value in given.items()}}


DISCORD_HOOK = "https://discord.com/api/webhooks/4711/discord-t0ken"
X_KEYS = {
    "api_key": "x-4pp",
    "api_secret": "x-4pp-secret",
    "access_token": "x-t0ken",
    "access_secret": "x-t0ken-secret",
}
ACCOUNTS = {
    "mastodon": Account(
        "mastodon", {"instance": "https://news.example", "token": "mastodon-t0ken"}, repeats=True, settles=True
    ),
    "bluesky": Account(
        "bluesky", {"identifier": "gazette.example", "password": "app-p4ss-w0rd"}, repeats=True, settles=True
    ),
    "threads": Account("threads", {"token": "threads-t0ken", "user": 4711}, repeats=True),
    "webhook": Account(
        "webhook",
        {"url": "https://hooks.example/press", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
        repeats=True,
        is_believed=True,
        settles=True,
    ),
    "discord bot": Account("discord", {"token": "discord-t0ken", "channel": "815"}, repeats=True),
    "slack bot": Account("slack", {"token": "xoxb-slack-t0ken", "channel": "C0HARBOR"}),
    "x": Account("x", X_KEYS),
    "facebook": Account("facebook", {"token": "facebook-t0ken", "page": 4711}),
    "linkedin": Account("linkedin", {"token": "linkedin-t0ken", "author": "urn:li:person:h4rbor"}),
    "telegram": Account("telegram", {"token": "7001:telegram-t0ken", "chat": "@harbor_gazette"}),
    "discord webhook": Account("discord", {"webhook": DISCORD_HOOK}),
    "slack webhook": Account("slack", {"webhook": "https://hooks.slack.com/services/T1/B2/slackt0ken"}),
    "apprise": Account("apprise", is_believed=True),
}


class PostLoop(Loop):
    """A project with a channel to one network, and lives of `publisher run` that end when we say so."""

    settings = PATIENCE
    ends_after = (0.02, 0.4)
    leaves = 16  # twice as many as are under way at once

    def __init__(
        self, folder: Path, account: Account, posts: int, kills: int, weather: Weather = TROUBLE, broken: str = ""
    ) -> None:
        environ = {VARIABLE: broken} if broken else {}
        super().__init__(folder, Plan(posts, kills, readers=1, environ=environ, seed=weather.seed))
        self.account = account
        self._weather = replace(weather, name=account.sender, is_believed=account.is_believed)
        self._looked: dict[int, int] = {}  # tries of each doubt when the weather became calm

    @contextmanager
    def provider(self) -> Iterator[str]:
        with started("tests.crash.network", self._weather, self.log) as (url, self._process):
            yield url

    def judged(self) -> Verdict:
        assert "the books balance" in self._project.publisher("verify")
        return judge_posts(self.database, self.log, repeats=self.account.repeats)

    def set_up(self, url: str) -> None:
        channel = self.account.at(url)
        self._project = ProjectDir(self.folder, url, channel=channel, when='once: "2099-01-01T07:00"', secrets="")
        path = self.folder / "schedules.yaml"
        text = path.read_text().replace("{via: letters, to: daily}", "{via: letters}")
        if self.account.sender == "apprise":
            text = text.replace(f"    base_url: {url}\n", "")
        path.write_text(text)
        self._project.publish(0)
        self._remember(posts=0)
        with closing(Store.create(self.database)) as store:
            self._add(store, self.plan.deliveries)

    def last_life(self) -> None:
        """Let everything come to its end in calm weather."""
        if not self._weather.lasts:
            self._process.send_signal(signal.SIGUSR1)
        self._looked = self._doubts()
        super().last_life()

    def hanging(self) -> int:
        """Return how many doubts are still to be looked at; one that stays a doubt is looked at some times."""
        return sum(tries < self._looked.get(call, 0) + LOOKS for call, tries in self._doubts().items())

    def _doubts(self) -> dict[int, int]:
        return dict(Ledger(self.database).rows(DOUBTS))

    def _more_work(self) -> None:
        with closing(Store.open(self.database)) as store:
            self._add(store, MORE)

    def _add(self, store: Store, count: int) -> None:
        """Write down more posts, each the send of an edition."""
        first = self.done["posts"] + 1
        self._remember(posts=self.done["posts"] + count)
        with store.write() as conn:
            media.keep(conn, media.Kept(PICTURE.type, PICTURE.content), now=NOW, only_uploaded=True)
        for number in range(first, first + count):
            edition = add_edition(store, f"story {number}")
            add_send(store, edition, lists=(), message=post_of(number, self.account.rules))


def post_of(number: int, rules: PostRules) -> Post:
    """Return a post that says of each of its parts which it is."""
    parts = 2 + number % 2 if rules.threads and number % 3 == 0 else 1
    url = f"https://harbor.example/{number}"
    texts = (f"Story {number}, part {part} of {parts}: the harbour reopens {url}" for part in range(1, parts + 1))
    upload = None
    if rules.uploads and number % 4 == 0:
        in_card = rules.shows_card and number % 8 == 0
        upload = Upload(media.digest_of(PICTURE.content), "A ferry", PICTURE.width, PICTURE.height, in_card)
    card = Card(url, f"Story {number}", "Ferries sail again.") if upload is None or upload.in_card else None
    return Post(tuple(texts), "en", card, upload)
