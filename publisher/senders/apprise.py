"""The bridge to what has no sender of its own: a post to one target of Apprise's, which tells little afterwards."""

from __future__ import annotations

import importlib
import logging
import re
from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, SecretStr, model_validator

from publisher.model.call import Answer, Call, Verdict
from publisher.model.message import Post, PostRules
from publisher.senders.base import Base, Journal, Options, Secret, Sender
from publisher.senders.http import WORDS, Http
from publisher.senders.post import in_parts, longest_part, post_of
from publisher.senders.verdicts import judge_status, sent, unknown

OURS = {  # services with a sender that can do more: links and cards that work, threads, what is unknown looked up
    **dict.fromkeys(("bsky", "bluesky"), "bluesky"),
    **dict.fromkeys(("mastodon", "mastodons", "toot", "toots"), "mastodon"),
    **dict.fromkeys(("x", "twitter", "tweet"), "x"),
    "discord": "discord",
    "slack": "slack",
    "tgram": "telegram",
}
STATUS = re.compile(r"\berror=(\d{3})\b")  # so Apprise's log tells of an answer's status
PIECES = re.compile(r"[^\w.~%+-]+")
SHORTEST_SECRET = 6  # characters; what is shorter is no key


class AppriseOptions(Options):
    base_url: Base | None = Field(None, description="not taken: the host stands in `target`")
    target: Secret = Field(description="the address of one target, as Apprise writes it: `ntfys://HOST/TOPIC`")
    limit: int = Field(1_000, ge=1, description="characters of a post; no more than the service takes")

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if self.base_url:
            raise ValueError("takes no `base_url`: the host stands in `target`")
        scheme = self.target.get_secret_value().partition("://")[0].lower()
        if scheme in OURS:
            raise ValueError(f"`target` is of a network with a sender of its own: write `sender: {OURS[scheme]}`")
        service = _service(self.target)
        if service is None:
            raise ValueError("`target` is no address that Apprise knows, or a part of it is missing")
        if len(service) != 1:
            raise ValueError("`target` names several targets: give each a channel, so that each is accounted for")
        if self.limit > service.body_maxlen:
            raise ValueError(f"`limit` is {self.limit:,}; {service.service_name} takes {service.body_maxlen:,}")
        return self


class AppriseBridge(Sender):
    name = "apprise"
    carries = frozenset({"post"})
    cannot_edit = "Apprise isn't told which post it made"
    options = AppriseOptions
    max_bytes = 1_000_000

    @classmethod
    def rules_of(cls, options: Mapping[str, object]) -> PostRules:
        return PostRules("apprise", cls.stated(options, "limit"), unit="utf16")

    def __init__(self, options: AppriseOptions, http: Http) -> None:
        super().__init__(options, http)
        self._target = options.target
        # Any piece of the address may be a key: which one it is, only the service knows.
        pieces = PIECES.split(options.target.get_secret_value())
        self._masked = Http(http.settings, [each for each in pieces if len(each) >= SHORTEST_SECRET])

    def send(self, call: Call, journal: Journal) -> Answer:
        post = post_of(call, self)
        if isinstance(post, Answer):
            return post
        return in_parts(post, journal, lambda number, out: self._post(post, number))

    def size(self, call: Call) -> int:
        return longest_part(call)

    def _post(self, post: Post, number: int) -> Answer:
        """Have Apprise say it, once; a service is made for each post, since none is made for several threads."""
        library, service = _library(), _service(self._target, self.http.settings.read_timeout)
        desk = library.Apprise(asset=service.asset)
        desk.add(service)
        result = desk.notify(body=post.parts[number], body_format="text")
        log = self._masked.redact(" ".join(self.http.redact(entry.message) for entry in result.logs()))
        verdict, status = _judge(result, log)
        return Answer(verdict, status=status, words=log[:WORDS])


def _judge(result: Any, log: str) -> tuple[Verdict, int | None]:
    """Return what became of a post: only a status in the log proves that it was refused."""
    if result.status.name == "SUCCESS":
        return sent(), None
    statuses = {int(status) for status in STATUS.findall(log)}
    if len(statuses) == 1 and 400 <= (status := statuses.pop()) < 500:
        return judge_status(status, log, None) or unknown(log), status
    return unknown(f"{log or 'Apprise gave no reason'}: nobody knows whether it was posted"), None


def _service(target: SecretStr, patience: float = 0) -> Any:
    """Return Apprise's service for an address, with everything switched off that could say a post twice; or None."""
    library = _library()
    asset = library.AppriseAsset(storage_mode="memory", http_redirects=False, service_timeout=patience)
    service = library.Apprise.instantiate(target.get_secret_value(), asset=asset)
    if service is not None:
        service.retry, service.optional, service.redirects = 0, False, False
        service.overflow_mode = library.OverflowMode.UPSTREAM
    return service


def _library() -> Any:
    """Return Apprise, an extra of ours; it is loaded where a channel uses it."""
    try:
        library = importlib.import_module("apprise")
    except ImportError as error:
        raise ValueError("needs Apprise, which is not installed: `pip install 'publisher[apprise]'`") from error
    log = logging.getLogger("apprise")
    log.setLevel(logging.WARNING)  # whatever other libraries are allowed: by its warnings we know what was refused
    log.propagate = False  # they may name parts of an address; the answer holds them without
    return library
