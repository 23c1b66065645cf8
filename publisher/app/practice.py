"""In practice everything goes to the built-in inbox: real requests, real answers, nobody outside."""

from __future__ import annotations

from base64 import b64encode

from publisher.model.call import Answer, Call
from publisher.model.message import Mail
from publisher.model.project import Channel
from publisher.senders.base import Journal, Options, Sender
from publisher.senders.http import Http
from publisher.senders.registry import build


class PracticeSender(Sender):
    """Stands in for any channel: mail as to Mailpit, a post as a signed webhook."""

    name = "practice"
    carries = frozenset({"mail", "post"})
    max_bytes = 10_000_000
    is_practice = True

    def __init__(self, mail: Sender, post: Sender) -> None:
        super().__init__(Options(base_url=None), Http())
        self._mail = mail
        self._post = post

    def send(self, call: Call, journal: Journal) -> Answer:
        return self._for(call).send(call, journal)

    def size(self, call: Call) -> int:
        return self._for(call).size(call)

    def _for(self, call: Call) -> Sender:
        return self._mail if isinstance(call.message, Mail) else self._post


def practice_sender(channel: str, inbox: str, key: bytes) -> PracticeSender:
    """Return the stand-in for a channel.

    :param inbox: base address of the built-in inbox.
    :param key: signs the webhooks, as a real channel's secret would.
    """
    mail = {"base_url": f"{inbox}/inbox"}
    post = {"url": f"{inbox}/inbox/posts/{channel}", "secret": f"whsec_{b64encode(key).decode()}"}
    return PracticeSender(build(Channel(channel, "mailpit"), mail), build(Channel(channel, "webhook"), post))
