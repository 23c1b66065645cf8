"""Wish to letter: what one person asked for is written to them, by the same dispatcher as everything else.

Letters of one kind, list and language that are written within a day share a send, whose books balance like those of any
other; where what they say changes in between, those after it share another. A person has one delivery in each of them,
and so a few letters a day at most, however often somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from publisher.model.message import About, Letter, Mail
from publisher.model.project import Project
from publisher.model.states import DeliveryState, SendState
from publisher.model.subscriber import Errand, Subscriber
from publisher.store import Connection, Store, audience, messages, sends, subscribers
from publisher.store.sql import take_turn

ASKED_FOR = 1  # priority: after alerts, before all that is regular
AT_MOST = 3  # letters on one errand to one person within `sends.SHARED_FOR`


def letter_of(project: Project, about: About, list_name: str, language: str = "", *, practice: bool) -> Letter:
    """Gather everything that a letter is rendered from.

    :param list_name: the list that it is about; empty: none.
    :param language: that the reader chose; empty: the list's.
    """
    paper = project.publication
    mailing_list = project.lists.get(list_name)
    return Letter(
        publication=paper.name,
        site_url=paper.url,
        from_name=paper.from_name,
        from_email=paper.from_email,
        reply_to=paper.reply_to,
        address=paper.address,
        timezone=paper.timezone,
        language=language or (mailing_list.language if mailing_list else "") or paper.language,
        list_name=mailing_list.name if mailing_list else "",
        list_title=mailing_list.title if mailing_list else "",
        list_about=mailing_list.about if mailing_list else "",
        list_domain=urlsplit(paper.public_url).hostname or "",
        practice=practice,
        theme=paper.theme,
        about=about,
    )


def record(
    store: Store,
    render: Callable[[], Mail],
    person: Subscriber,
    errand: Errand,
    *,
    list_name: str = "",
    channel: str,
    said_since: datetime | None = None,
    now: datetime,
    actor: str,
) -> bool:
    """Write a person a letter; False where they have had enough of this kind within the day.

    :param render: makes its words; not called where a send of today has them.
    :param list_name: the list that it is about; empty: none.
    :param said_since: since when its words are these; None: for the whole day.
    """
    standing = _Standing(errand, channel, list_name, said_since, now, actor)
    with store.read() as conn:
        mail = None if standing.open_ones(conn) else render()
    while True:
        with store.write() as conn:
            take_turn(conn, f"letters:{errand.entry}:{channel}")
            already = standing.open_ones(conn)
            if any(standing.add(conn, send_id, person.id) for send_id in already):
                return True
            if len(already) >= AT_MOST:
                return False
            if mail is not None:
                return standing.add(conn, standing.begin(conn, mail, number=len(already) + 1), person.id)
        mail = render()  # they have had one of each: a fresh send, its words made outside of the transaction


@dataclass(frozen=True, slots=True)
class _Standing:
    """The sends that letters on one errand are in."""

    errand: Errand
    channel: str
    list_name: str
    said_since: datetime | None
    now: datetime
    actor: str

    def open_ones(self, conn: Connection) -> list[int]:
        since = max(filter(None, (self.now - sends.SHARED_FOR, self.said_since)))
        return sends.standing_since(conn, self.errand.entry, self.channel, since)

    def add(self, conn: Connection, send_id: int, subscriber_id: int) -> bool:
        """Make the one delivery of a letter to a person; say whether there was none yet."""
        sends.lock(conn, send_id)
        found = messages.of_send(conn, send_id)
        assert found is not None  # noqa: S101 -- it was made with its message
        list_id = subscribers.ensure_list(conn, self.list_name) if self.list_name else None
        is_new = audience.freeze_one(
            conn,
            send_id=send_id,
            subscriber_id=subscriber_id,
            list_id=list_id,
            message_id=found[0],
            due_at=self.now,
        )
        if is_new:
            sends.post_to_books(conn, send_id, {DeliveryState.PENDING.value: 1}, candidates=1)
        return is_new

    def begin(self, conn: Connection, mail: Mail, *, number: int) -> int:
        send_id = sends.add(
            conn,
            edition_id=None,
            entry=self.errand.entry,
            kind=sends.STANDING,
            number=number,
            channel=self.channel,
            audience=[self.list_name] if self.list_name else [],
            priority=ASKED_FOR,
            state=SendState.ADDRESSED,
            reasons=[],
            made_at=self.now,
            actor=self.actor,
            on_unknown="park",
            give_up_after=sends.SHARED_FOR // timedelta(microseconds=1),
        )
        messages.add(conn, send_id, mail, self.now)
        return send_id
