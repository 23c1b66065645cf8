"""Whom a doctor looks at: one channel, with all that there is to ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cached_property
from typing import TYPE_CHECKING

from publisher.app.doctor.dns import in_ascii
from publisher.model.tokens import read_leaving_token

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.app.doctor.dns import Names
    from publisher.app.doctor.letter import Letter
    from publisher.app.doctor.web import Web
    from publisher.model.project import Channel, Entry
    from publisher.senders.base import Sender


@dataclass(frozen=True)
class Patient:
    """One channel.

    :ivar sender: None: its options are not complete.
    :ivar letter: one that it sent, as it was received.
    """

    app: App
    channel: Channel
    sender: Sender | None
    names: Names
    web: Web
    letter: Letter | None = None

    @cached_property
    def from_domains(self) -> list[str]:
        """The domains that readers see in From."""
        return _domains(sender for sender, _ in self._written)

    @cached_property
    def reply_domains(self) -> list[str]:
        """The domains that readers' answers go to."""
        return _domains(reply or sender for sender, reply in self._written)

    @property
    def only_posts(self) -> bool:
        """Say whether a channel that could carry letters is used for posts alone."""
        return bool(self._entries) and not any(entry.to for entry in self._entries)

    @cached_property
    def _entries(self) -> list[Entry]:
        """Whatever goes out by this channel, also in another's place."""
        channels = self.app.project.channels
        through = {name for name, each in channels.items() if self.channel.name in (name, each.fallback)}
        every = [entry for schedule in self.app.project.schedules.values() for entry in schedule.send]
        return [entry for entry in every if entry.via in through]

    @property
    def _written(self) -> list[tuple[str, str]]:
        """From and Reply-To of the letters."""
        paper = self.app.project.publication
        own = [(entry.from_email, entry.reply_to) for entry in self._entries if entry.to]
        return [(sender or paper.from_email, reply or paper.reply_to) for sender, reply in own or [("", "")]]

    @property
    def public_url(self) -> str:
        """Where readers and providers reach us, also in practice."""
        return self.app.project.publication.public_url.rstrip("/")

    def is_leaving_link(self, url: str) -> bool:
        """Say whether an address is a leaving link that we made."""
        start, token = f"{self.public_url}/u/", url.rpartition("/")[2]
        return bool(self.public_url) and url == start + token and bool(read_leaving_token(token, self.app.link_key))


def _domains(addresses: Iterable[str]) -> list[str]:
    found = (in_ascii(parseaddr(address)[1].rpartition("@")[2]) for address in addresses)
    return list(dict.fromkeys(domain for domain in found if domain))
