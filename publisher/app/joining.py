"""What people ask for by typing an address: lists, or a link to what is theirs.

Nobody learns by it whether an address is known. So the world is answered first, alike for all; what was asked for is
done afterwards, and trouble with it is the newsroom's to see.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from publisher.app import letters
from publisher.app.links import LASTS
from publisher.audience import often, signup
from publisher.audience.signup import READER, Answer, Question, Wish
from publisher.errors import ConfigError, PublisherError
from publisher.model.subscriber import LetterKind, Subscriber
from publisher.store import signups, subscribers

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.app.links import Claim

log = structlog.get_logger()

UNKNOWN = "unknown"  # the network of whoever comes without one


def wait_of(app: App, network: str, letters_wanted: int) -> timedelta:
    """Take letters from what a network may cause; return zero, or how long it has to wait.

    :param network: as `web.network` says it; empty: it isn't known, and all such share one limit.
    """
    of = app.hash_of(f"network {network}") if network else UNKNOWN
    wait = often.take(app.store, often.NETWORK, of, letters_wanted, app.store.now())
    if wait and not network:
        log.warning(
            "network_unknown",
            remedy="let the web server in front pass X-Forwarded-For, and trust it: docs/deploying.md",
        )
    return wait


def why_not(app: App, list_names: Sequence[str] = ("",)) -> str:
    """Say why nobody can be written to now; empty where they can."""
    try:
        for name in list_names:
            letters.channel_of(app, name)
    except ConfigError as error:
        return str(error)
    return ""


def sign_up(app: App, wish: Wish) -> None:
    """Write down what somebody asked for, and ask the address by mail. Never raises: nobody is there to hear it."""
    try:
        if often.take(app.store, often.ADDRESS, wish.address_hash, len(wish.lists), app.store.now()):
            log.info("sign_up_refused", why="too many letters to this address today")
            return
        for answer in signup.sign_up(app.store, wish, app.store.now()):
            _follow(app, answer)
    except PublisherError as error:
        log.error("sign_up_failed", why=str(error))


def _follow(app: App, answer: Answer) -> None:
    if answer.to_ask:
        letters.confirm(app, answer.person, answer.list_name, actor=READER)
    elif answer.is_new:
        _welcome(app, answer.person, answer.list_name)


def look(app: App, claim: Claim) -> Question | None:
    """Return what a link to confirm asks; None where nobody is there to be asked any more."""
    return signup.question(app.store, claim.subscriber_id, claim.about, claim.made_at)


def confirm(app: App, claim: Claim) -> Question | None:
    """Take a yes, and greet a new reader where their list does; None as for `look`."""
    said = signup.confirm(app.store, claim.subscriber_id, claim.about, claim.made_at, app.store.now())
    if said is not None and said.is_new:
        log.info("signed_up", list=said.list_name, subscriber=said.person.id)
        _welcome(app, said.person, said.list_name)
    return said


def _welcome(app: App, person: Subscriber, list_name: str) -> None:
    """Greet a new reader, where the list does so. They are one all the same if that goes wrong."""
    mailing_list = app.project.lists.get(list_name)
    if mailing_list is None or not mailing_list.welcome:
        return
    try:
        letters.welcome(app, person, list_name, actor=READER)
    except PublisherError as error:
        log.error("welcome_failed", list=list_name, why=str(error))


def send_link(app: App, email: str) -> None:
    """Mail the owner of an address the link to what is theirs, where we know it. Never raises, as `sign_up`."""
    address_hash = app.hash_of(email)
    try:
        if often.take(app.store, often.ADDRESS, address_hash, 1, app.store.now()):
            log.info("link_refused", why="too many letters to this address today")
            return
        with app.store.read() as conn:
            person = subscribers.find(conn, address_hash)
        if person is not None:
            letters.access(app, person, actor=READER)
    except PublisherError as error:
        log.error("link_failed", why=str(error))


def ask_new_address(app: App, person: Subscriber, email: str) -> None:
    """Ask at another address whether it is theirs; nothing changes before the answer. Never raises, as `sign_up`."""
    address_hash = app.hash_of(email)
    try:
        if often.take(app.store, often.ADDRESS, address_hash, 1, app.store.now()):
            log.info("move_refused", why="too many letters to this address today")
            return
        with app.store.write() as conn:
            new = signups.enter(conn, email, address_hash, now=app.store.now())
        letters.move(app, person, new, actor=READER)
    except PublisherError as error:
        log.error("move_failed", why=str(error))


def forget_unconfirmed(app: App) -> None:
    """Forget sign-ups that nobody confirmed while their link worked."""
    now = app.store.now()
    gone = signup.forget_unconfirmed(app.store, now - LASTS[LetterKind.CONFIRM], now)
    often.forget(app.store, now)
    if gone:
        log.info("sign_ups_forgotten", people=gone)
