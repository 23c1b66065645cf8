"""What `publisher doctor` looks at: would a channel's letters be believed, and is it heard what becomes of them.

And does all of it stand on something: disk, clock, database, the web server in front.

A doctor asks: DNS, our own addresses, the ledger, a letter as it was received, and social networks whose an account is.
It sends nothing to readers, changes nothing, and shows no secret.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from publisher.app.doctor import addresses, credentials, dkim, dmarc, hearing, letter, machine, replies, spf
from publisher.app.doctor.alignment import organisation
from publisher.app.doctor.dns import Names
from publisher.app.doctor.finding import Found, Level, Unseen, noted, wrong
from publisher.app.doctor.front import Front
from publisher.app.doctor.letter import Letter
from publisher.app.doctor.patient import Patient
from publisher.app.doctor.web import Web
from publisher.config.values import TO_BE_CHANGED
from publisher.errors import PublisherError
from publisher.senders.registry import sender_class
from publisher.store import credentials as kept

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.model.project import Channel
    from publisher.senders.base import Sender

__all__ = ["Found", "Letter", "Level", "Names", "Web", "deafness", "examine", "left_behind", "surroundings"]

Look = Callable[[], Iterable[Found]]


def examine(app: App, name: str, names: Names, web: Web, received: Letter | None = None) -> list[Found]:
    """Look at one channel.

    :param received: a letter that it sent, as it was received.
    """
    channel = app.project.channels[name]
    try:
        carries = sender_class(channel.sender, channel.where).carries
    except PublisherError as error:
        return [credentials.trouble(error)]
    sender, found = credentials.look(app, channel)
    if channel.sender == "mailpit":
        return [*found, noted("mailpit", "an inbox for development: nothing reaches readers", "Name a provider.")]
    patient = Patient(app, channel, sender, names, web, received)
    if "mail" not in carries or patient.only_posts:
        return found
    return [*found, *_domain(patient), *_letter(patient), *_ways_back(patient)]


def surroundings(app: App, web: Web) -> dict[str, list[Found]]:
    """Look at what all channels stand on: this machine, the database, and what is in front of our addresses."""
    public_url, console_url = app.project.publication.public_url.rstrip("/"), app.settings.serving.console_url
    found = {"this machine": list(machine.look(app))}
    if public_url:
        found["public pages"] = list(seen(Front(app, web, public_url, is_public=True).look))
    if console_url:
        found["the console"] = list(seen(Front(app, web, console_url, is_public=False).look))
    return found


def left_behind(app: App) -> dict[str, list[Found]]:
    """Return what is kept of channels that schedules.yaml has no more, by channel."""
    with app.store.read() as conn:
        gone = kept.of_others(conn, list(app.project.channels))
    words = "sessions and tokens are kept, though schedules.yaml has no such channel any more"
    remedy = "`publisher run` drops them 30 days after it has seen so; put the channel back to use them."
    return {name: [noted("credentials", words, remedy)] for name in gone}


def deafness(app: App, channel: Channel, sender: Sender) -> Found | None:
    """Return that nothing comes back of the letters of a channel, as it is set up; asks nobody."""
    patient = Patient(app, channel, sender, Names(), Web())
    return hearing.deafness(patient) if "mail" in sender.carries and not patient.only_posts else None


def _domain(patient: Patient) -> Iterator[Found]:
    """Look at what DNS says of the domains that letters come from."""
    if patient.app.project.publication.from_email == TO_BE_CHANGED:
        yield wrong("from", f"{TO_BE_CHANGED} is nobody's address", "Write who the mail comes from: publication.from")
        return
    yield from _spf(patient)
    yield from _dkim(patient)
    for domain in patient.from_domains:
        yield from _dmarc(patient, domain)
    for domain in patient.reply_domains:
        yield from seen(partial(replies.look, patient.names, domain))


def _spf(patient: Patient) -> Iterator[Found]:
    includes = patient.sender.spf_includes if patient.sender else ()
    known = _bounces(patient)
    for domain in [known] if known else patient.from_domains:
        own = organisation(domain) in {organisation(each) for each in patient.from_domains}
        yield from seen(partial(spf.look, patient.names, domain, includes if own else (), counts=bool(known)))


def _dkim(patient: Patient) -> Iterator[Found]:
    sender, received = patient.sender, patient.letter
    if received:
        signed = [(each.domain, each.selector) for each in received.signatures if each.domain and each.selector]
        yield from seen(partial(dkim.look_by_letter, patient.names, signed))
    elif sender and sender.dkim_selectors:
        for domain in [sender.signs_as] if sender.signs_as else patient.from_domains:
            places = list(dict.fromkeys([domain, organisation(domain)]))
            yield from seen(partial(dkim.look, patient.names, places, sender.dkim_selectors))
    else:
        remedy = f"Save a letter as it was received: publisher doctor --channel {patient.channel.name} --message FILE"
        yield noted("DKIM", "under which name the key stands, only a letter says", remedy)


def _dmarc(patient: Patient, domain: str) -> Iterator[Found]:
    policies: list[dmarc.Policy] = []
    yield from seen(partial(dmarc.look, patient.names, domain, policies))
    received, signs_as = patient.letter, patient.sender.signs_as if patient.sender else ""
    if received and received.sender != domain:
        return
    signers = [each.domain for each in received.signatures if each.domain] if received else [signs_as] * bool(signs_as)
    if policies and (received or signers):
        yield from dmarc.look_at_alignment(domain, signers, _bounces(patient), policies[0], is_seen=bool(received))


def _bounces(patient: Patient) -> str:
    """Return the domain that bounces come back to; empty: nobody told."""
    if patient.letter and patient.letter.bounces:
        return patient.letter.bounces
    return patient.sender.signs_as if patient.sender else ""


def _letter(patient: Patient) -> Iterable[Found]:
    return letter.look(patient, patient.letter) if patient.letter else ()


def _ways_back(patient: Patient) -> Iterator[Found]:
    """Look at how readers leave, and at how the provider tells what became of letters."""
    yield from seen(partial(addresses.look_at_leaving, patient))
    yield from hearing.look(patient)
    if hearing.hears(patient.sender):
        yield from seen(partial(addresses.look_at_webhook, patient))


def seen(look: Look) -> Iterator[Found]:
    """Say what a look finds; what can't be looked up is a finding too, and keeps nothing else from being looked at."""
    try:
        yield from look()
    except Unseen as unseen:
        yield unseen.finding
