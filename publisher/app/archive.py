"""Past editions as anybody may read them on the web: no reader's value, link or token is in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from publisher.model.message import Mail, fill_for_nobody
from publisher.model.project import MailingList
from publisher.pipeline.produce import PAST, uncounted
from publisher.store import Connection, archive, clicks, messages
from publisher.store.archive import Past

if TYPE_CHECKING:
    from publisher.app.core import App

PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class Issue:
    """One past edition, as lists of them name it."""

    send_id: int
    name: str  # by which the world knows it
    title: str
    sent_at: datetime
    corrected_at: datetime | None = None  # since when it says other words than its first readers got


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list's past editions, newest first."""

    mailing_list: MailingList
    issues: tuple[Issue, ...]
    has_newer: bool
    has_older: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """One past edition with its mail."""

    issue: Issue
    mail: Mail
    newer: Issue | None
    older: Issue | None


def archived(app: App, list_name: str) -> MailingList | None:
    """Return a list whose past editions can be read on the web; None for any other name."""
    found = app.project.lists.get(list_name)
    return found if found is not None and found.has_archive else None


def listed(app: App) -> list[MailingList]:
    """Return the lists whose archives are named to everybody."""
    return [each for each in app.project.lists.values() if each.archive == "public"]


def listing(app: App, mailing_list: MailingList, before: str = "", *, limit: int = PER_PAGE) -> Listing | None:
    """Return a page of a list's past editions.

    :param before: the name of the edition before which it begins; empty: with the newest. None for an unknown one.
    """
    with app.store.read() as conn:
        last = _past(app, conn, mailing_list, before) if before else None
        if before and last is None:
            return None
        found = archive.page(conn, mailing_list.name, before=last, limit=limit + 1)
    issues = tuple(_issue(app, mailing_list, past) for past in found[:limit])
    return Listing(mailing_list, issues, has_newer=last is not None, has_older=len(found) > limit)


def opened(app: App, mailing_list: MailingList, name: str) -> Opened | None:
    """Return a past edition by its name; None where there is none, or none any more."""
    with app.store.read() as conn:
        past = _past(app, conn, mailing_list, name)
        found = messages.of_send(conn, past.send_id) if past else None
        if past is None or found is None or not isinstance(found[1], Mail):
            return None
        mail = as_written(app, conn, past.send_id, found[1])
        older = archive.page(conn, mailing_list.name, before=past, limit=1)
        newer = archive.after(conn, mailing_list.name, past)
    around = [_issue(app, mailing_list, each) if each else None for each in (newer, *older, None)]
    return Opened(_issue(app, mailing_list, past), mail, around[0], around[1])


def was_withdrawn(app: App, mailing_list: MailingList, name: str) -> bool:
    """Say whether a name is of an edition that anybody could read here, and that the newsroom has taken back."""
    send_id = app.number_of(PAST, name)
    with app.store.read() as conn:
        return send_id is not None and archive.was_withdrawn(conn, mailing_list.name, send_id)


def html_of(app: App, mailing_list: MailingList, mail: Mail) -> str:
    """Return a mail's page as nobody's: where a reader would leave the list, everybody is shown how to join it."""
    return fill_for_nobody(mail.html, _links(app, mailing_list))


def as_written(app: App, conn: Connection, send_id: int, mail: Mail) -> Mail:
    """Return a send's mail with links that lead straight to where they lead: whoever looks at it is not counted."""
    targets = clicks.targets(conn, send_id)
    return uncounted(mail, targets, app.link_id) if targets else mail


def _past(app: App, conn: Connection, mailing_list: MailingList, name: str) -> Past | None:
    send_id = app.number_of(PAST, name)
    return archive.get(conn, mailing_list.name, send_id, in_practice=app.is_practice) if send_id else None


def _issue(app: App, mailing_list: MailingList, past: Past) -> Issue:
    title = " ".join(fill_for_nobody(past.subject, _links(app, mailing_list)).split())
    return Issue(past.send_id, app.wire_name(PAST, past.send_id), title, past.sent_at, past.corrected_at)


def _links(app: App, mailing_list: MailingList) -> Mapping[str, str]:
    return dict.fromkeys(("unsubscribe_url", "preferences_url"), f"{app.public_url}/subscribe/{mailing_list.name}")
