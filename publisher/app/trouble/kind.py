"""What one trouble is, and the words that several of them are said in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping

from publisher.app.standing import because, stands, title
from publisher.speech.phrases import _, ngettext

FRESH = timedelta(days=1)  # how long what failed is spoken of
EVERYONE = _("everyone it is for")


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that needs a person."""

    cause: str  # kind and name: channel:letters, held:12
    what: str
    affected: str
    command: str  # what to type next
    urgent: bool  # False: it can wait till morning
    channel: str = ""  # the channel that failed
    edition_id: int | None = None  # of which something is wrong

    @property
    def kind(self) -> str:
        return self.cause.partition(":")[0]


def title_of(send: RowMapping, zone: ZoneInfo) -> str:
    return title(send["edition_id"], send["schedule"], send["slot"], zone)


def waiting_behind(readers: int, count: int) -> str:
    of = ngettext("%(count)s send", "%(count)s sends", count)
    return ngettext("%(count)s reader of %(sends)s waits", "%(count)s readers of %(sends)s wait", readers, sends=of)


def audience_of(send: RowMapping) -> str:
    return _("everyone on %(lists)s", lists=", ".join(send["audience"])) if send["audience"] else _("its account")


def stopped(send: RowMapping, reason: Mapping[str, Any], zone: ZoneInfo) -> str:
    """Say which send of which edition stands still, and why."""
    return because(title_of(send, zone), stands(send, reason["what"]))


def then(first: str, command: str) -> str:
    return _("%(first)s; then: %(command)s", first=first, command=command)


def either(first: str, command: str) -> str:
    return _("%(first)s; or: %(command)s", first=first, command=command)
