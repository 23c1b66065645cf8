"""Letters to one person, because they asked for something: written here, sent by the dispatcher like all others."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from publisher.app.forthcoming import expect
from publisher.app.links import LASTS
from publisher.app.telling import mail_channels
from publisher.errors import ConfigError, TemplateError
from publisher.model.message import About, Access, Confirm, Letter, Mail, Move
from publisher.model.subscriber import Errand, LetterKind, Subscriber
from publisher.pipeline import letters
from publisher.pipeline.produce import reach

if TYPE_CHECKING:
    from publisher.app.core import App


def confirm(app: App, person: Subscriber, list_name: str, *, actor: str) -> bool:
    """Ask an address's owner whether they want a list; False where they were asked often enough today.

    :raises ConfigError: no channel carries mail.
    """
    about = Confirm(app.clock(), app.clock() + LASTS[LetterKind.CONFIRM])
    return _write(app, person, LetterKind.CONFIRM, about, list_name=list_name, actor=actor)


def welcome(app: App, person: Subscriber, list_name: str, *, actor: str) -> bool:
    """Greet a new reader of a list; otherwise as `confirm`."""
    about, said_since = expect(app, list_name)
    return _write(app, person, LetterKind.WELCOME, about, list_name=list_name, said_since=said_since, actor=actor)


def access(app: App, person: Subscriber, *, actor: str) -> bool:
    """Mail an address's owner the link to what is theirs; otherwise as `confirm`."""
    about = Access(app.clock(), app.clock() + LASTS[LetterKind.ACCESS])
    return _write(app, person, LetterKind.ACCESS, about, actor=actor)


def move(app: App, person: Subscriber, new: Subscriber, *, actor: str) -> bool:
    """Ask at a new address whether it is theirs; otherwise as `confirm`.

    :param person: who moves.
    :param new: who has the new address, as yet on no list.
    """
    about = Move(app.clock(), app.clock() + LASTS[LetterKind.MOVE])
    return _write(app, new, LetterKind.MOVE, about, detail=str(person.id), language=person.language, actor=actor)


def channel_of(app: App, list_name: str = "") -> str:
    """Return the channel that such letters go by: the one that the list's own mail takes, else the first for mail.

    :raises ConfigError: no channel carries mail.
    """
    if not (app.is_practice or reach.is_reachable(app.project.publication.public_url)):
        raise ConfigError("readers could not follow the links", where="schedules.yaml", remedy=reach.SET_PUBLIC_URL)
    entries = [entry for schedule in app.project.schedules.values() for entry in schedule.send]
    found = [entry.via for entry in entries if list_name and list_name in entry.to] or mail_channels(app.project)
    if not found:
        remedy = "Add one under `channels:`, see docs/senders.md"
        raise ConfigError("no channel carries mail, so nobody can be asked", where="schedules.yaml", remedy=remedy)
    return found[0]


def _write(
    app: App,
    person: Subscriber,
    kind: LetterKind,
    about: About,
    *,
    list_name: str = "",
    detail: str = "",
    language: str = "",
    said_since: datetime | None = None,
    actor: str,
) -> bool:
    chosen = person.language or language
    letter = letters.letter_of(app.project, about, list_name, chosen, practice=app.is_practice)
    return letters.record(
        app.store,
        lambda: _checked(app, letter),
        person,
        Errand(kind, detail or list_name, letter.language),
        list_name=list_name,
        channel=channel_of(app, list_name),
        said_since=said_since,
        now=app.clock(),
        actor=actor,
    )


def _checked(app: App, letter: Letter) -> Mail:
    mail = app.studio.renderer.letter(letter)
    for finding in app.studio.renderer.check(mail, letter):
        if finding.blocks:
            raise TemplateError(finding.what, where=f"the letter “{mail.subject[0]}”", remedy=finding.remedy)
    return mail
