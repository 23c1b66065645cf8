"""Whether what became of letters comes back: does the channel hear its provider, and what has it heard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from publisher.app.doctor.finding import Found, fine, noted, wrong
from publisher.senders.base import Sender
from publisher.senders.events import Incoming, NoSecret, NotBelieved
from publisher.store import events, facts

if TYPE_CHECKING:
    from publisher.app.doctor.patient import Patient

KINDS = ("refused", "foreign", "forged")  # what should not be


def hears(sender: Sender | None) -> bool:
    """Say whether a sender can be told anything at all."""
    return sender is not None and type(sender).hear is not Sender.hear


def look(patient: Patient) -> Iterator[Found]:
    """Look at whether anybody is believed, and at what was said so far."""
    about, sender = "events", patient.sender
    if sender is None:
        return
    if not hears(sender):
        yield noted(
            about, f"{sender.name} tells nothing afterwards", "Look at its own pages for bounces and complaints."
        )
        return
    yield deafness(patient) or fine(about, "the channel knows its provider by what is set")
    yield _heard(patient)


def deafness(patient: Patient) -> Found | None:
    """Return that a channel which could hear its provider believes nobody; None: it does, or can be told nothing."""
    sender = patient.sender
    option = _missing(sender) if sender and hears(sender) else ""
    if sender is None or not option:
        return None
    remedy = f"Set it (docs/senders.md, {sender.name}), and the address at the provider: {_address(patient)}"
    return wrong("events", f"`{option}` is not set, so bounces and complaints are not heard of", remedy)


def _missing(sender: Sender) -> str:
    """Return the option without which it believes nobody; empty: there is something to know its provider by."""
    try:
        sender.hear(Incoming(b"", {}))
    except NoSecret as missing:
        return missing.option
    except NotBelieved:
        pass
    return ""


def _heard(patient: Patient) -> Found:
    with patient.app.store.read() as conn:
        counts = facts.heard(conn, patient.channel.name)
        last = events.last_heard(conn).get(patient.channel.name)
    odd = ", ".join(f"{counts[kind]:,} {kind}" for kind in KINDS if counts.get(kind))
    about = "what was heard"
    if last is None and counts.get("refused"):
        remedy = "The secret here is not the one that the provider uses: copy it again."
        return wrong(about, f"nothing that was believed ({odd})", remedy)
    if last is None:
        return noted(about, "nothing so far", f"At the provider, events go to {_address(patient)}")
    when = last.astimezone(patient.app.zone)
    return fine(about, f"last on {when:%Y-%m-%d at %H:%M %Z}" + (f"; {odd}" if odd else ""))


def _address(patient: Patient) -> str:
    return f"{patient.public_url or 'PUBLIC_URL'}/webhooks/{patient.channel.name}"
