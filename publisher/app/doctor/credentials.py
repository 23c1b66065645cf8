"""Whether a channel has what its provider asks for, in a form that it can be meant, and a network takes it.

Nothing of it is shown. A session or token that is due is got anew by the question, as by a post."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from publisher.app.doctor.finding import Found, fine, noted, wrong
from publisher.app.trouble.outlets import ENDING
from publisher.errors import ConfigError, PublisherError
from publisher.model.call import Outcome
from publisher.senders.base import Sender

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.model.project import Channel


def look(app: App, channel: Channel) -> tuple[Sender | None, list[Found]]:
    """Build the channel's sender; return it, None where it can't be built, and what is to be said."""
    try:
        problems = app.senders.option_problems(channel)
        sender = None if problems else app.senders.build(channel)
    except PublisherError as error:
        return None, [trouble(error)]
    if sender is None:
        return None, [trouble(problem) for problem in problems]
    return sender, [
        fine("options", "all that is needed is there, and right in form"),
        *_forced(sender),
        *_account(channel.name, sender),
        *_ending(app, channel.name, sender),
        *_advised(sender),
    ]


def trouble(error: PublisherError) -> Found:
    """Return an error of a channel as a finding."""
    where = f"{error.where}: " if error.where else ""
    place = ".env or schedules.yaml" if isinstance(error, ConfigError) else "schedules.yaml"
    return wrong("options", where + error.what, error.remedy or f"Put it right in {place}.")


def _account(channel: str, sender: Sender) -> Iterator[Found]:
    """Ask a network whose the credentials of a channel of posts are, and what they may do as far as it says."""
    if "post" not in sender.carries or type(sender).whose is Sender.whose:
        return
    about, said = "account", sender.whose()
    if said is None:
        yield noted(about, f"{sender.name} doesn't tell whose this token is", "The next post tells whether it is good.")
    elif isinstance(said, str):
        yield fine(about, f"{sender.name} takes it: {said}")
    elif said.outcome is Outcome.REFUSED:
        yield wrong(about, f"{sender.name} doesn't take it: {said.reason}", f"Get it anew: publisher connect {channel}")
    else:
        yield noted(about, f"{sender.name} could not be asked: {said.reason}", "Look again in a while.")


def _ending(app: App, channel: str, sender: Sender) -> Iterator[Found]:
    ends_at = sender.token_ends()
    if ends_at is None:
        return
    day, now = ends_at.astimezone(app.zone), app.clock()
    if ends_at > now + ENDING:
        yield fine("token", f"lives until {day:%Y-%m-%d}, and is renewed before")
        return
    said = f"{'ends' if ends_at > now else 'ended'} on {day:%Y-%m-%d}, and the network renews it no more"
    yield wrong("token", said, f"Get a new one: publisher connect {channel}")


def _advised(sender: Sender) -> Iterator[Found]:
    """Say what the network says of itself otherwise than the options do."""
    for each in sender.advice():
        yield (wrong if each.is_needed else noted)(sender.name, each.what, each.remedy)


def _forced(sender: Sender) -> Iterator[Found]:
    if sender.forces_unsubscribe:
        yield noted("unsubscribe header", sender.forces_unsubscribe)
