"""People whom somebody of the newsroom brings in or asks about by hand: at the terminal, or in the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from publisher.audience import imports, lifting
from publisher.audience.addresses import normalise
from publisher.audience.record import block_words
from publisher.errors import StaleError, UsageError
from publisher.model.staff import May
from publisher.model.subscriber import Subscriber, SubscriptionState
from publisher.store import subscribers
from publisher.store.permission import allowed
from publisher.store.staff import Line

if TYPE_CHECKING:
    from publisher.app.core import App


def address_of(email: str) -> str:
    """Return an address as it is kept.

    :raises UsageError: it can't be one.
    """
    try:
        return normalise(email)
    except ValueError as why:
        raise UsageError(str(why), where=email, remedy="Check the address") from why


def with_address(app: App, email: str) -> Subscriber | None:
    """Return who has an address; None: nobody.

    :raises UsageError: it can't be one.
    """
    with app.store.read() as conn:
        return subscribers.find(conn, app.hash_of(address_of(email)))


@allowed(May.OPERATE)
def add(app: App, email: str, list_name: str, *, name: str = "") -> list[str]:
    """Subscribe one person, on the word of whoever asks; return what is to be said of it.

    :raises UsageError: there is no such list, they have left it or were erased, or they haven't said yes yet.
    """
    key = app.keys.current("suppression")[1]
    chosen, now = app.list_named(list_name), app.clock()
    line = Line(app.actor, f"put a subscriber on {list_name}", now)
    report = imports.add_one(app.store, email, chosen, name=name, hash_key=key, now=now, actor=app.actor, line=line)
    if report.erased:
        raise UsageError(f"{email} was erased because they wanted it", remedy="Only they can come back: they sign up")
    if report.left:
        raise UsageError(f"{email} has left {list_name} and stays off", remedy="Only they can come back, by their link")
    person = with_address(app, email)
    return _how_it_stands(app, person, email, list_name, "was already on" if report.already else "is on")


def _how_it_stands(app: App, person: Subscriber | None, email: str, list_name: str, words: str) -> list[str]:
    """Say whether a person whom somebody added is written to."""
    with app.store.read() as conn:
        row = subscribers.standing_on(conn, person.id, [list_name]).get(list_name) if person else None
    if row is not None and row["state"] == SubscriptionState.UNCONFIRMED:
        raise UsageError(f"{email} hasn't said yes to {list_name} yet", remedy="A mail asks them: they press in it")
    said = [f"{email} {words} {list_name}"]
    if row is not None and row["suppressed"] is not None:
        said.append(f"but nobody writes to them: {row['suppressed']}. See: publisher subscribers unsuppress {email}")
    return said


def lift(app: App, address_hash: str, why: str, *, even_complaints: bool) -> str:
    """Let an address be written to again, and say so.

    :raises UsageError: its owner called a letter spam, and that isn't said to be over.
    :raises StaleError: it isn't suppressed.
    """
    now, actor = app.clock(), app.actor
    done = lifting.lift(app.store, address_hash, why=why, even_complaints=even_complaints, now=now, actor=actor)
    if done.complaint:
        remedy = "Only if they themselves want it again: say that too, and do it once more"
        raise UsageError(f"they called a letter spam ({done.complaint})", remedy=remedy)
    if not done.lifted:
        raise StaleError("this address isn’t suppressed")
    return f"It may be written to again. Until now: {'; '.join(map(block_words, done.lifted))}."
