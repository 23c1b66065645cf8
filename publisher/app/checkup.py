"""What `publisher check` looks at: channels, templates, and what is missing before real readers can be written to."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from publisher.app import telling
from publisher.app.core import App
from publisher.app.doctor import deafness
from publisher.config.values import is_nobodys
from publisher.errors import PublisherError
from publisher.model.project import Channel, Entry
from publisher.pipeline import produce
from publisher.pipeline.produce.cards import refusal
from publisher.senders.registry import sender_class
from publisher.store import subscribers


def wrong_channels(app: App) -> list[str]:
    """Return what is wrong with the channels, and with the entries that use them."""
    wrong: list[str] = []
    for channel in app.project.channels.values():
        try:
            sender_class(channel.sender, channel.where)
            wrong += _wrong_options(app, channel)
            wrong += _wrong_fallback(app, channel)
        except PublisherError as error:
            wrong.append(str(error))
    for schedule in app.project.schedules.values():
        wrong += [words for entry in schedule.send if (words := wrong_entry(app, entry))]
    return [*dict.fromkeys(wrong), *_wrong_alerts(app)]  # lists of several languages may share a line of `send:`


def _wrong_alerts(app: App) -> list[str]:
    """Return why someone who is to be told of trouble can't be told."""
    alerts = app.project.alerts
    wrong = [
        f"{alerts.where}: {name} carries no posts. Under `to:` write an e-mail address, or a channel that does"
        for name in alerts.channels
        if "post" not in telling.carries(app.project.channels[name])
    ]
    if alerts.addresses and not telling.mail_channels(app.project):
        wrong.append(f"{alerts.where}: no channel carries mail to {alerts.addresses[0]}. Name a channel that posts")
    return wrong


def ways_of_alerts(app: App) -> str:
    """Say that trouble would be told nobody, or only by the one way that may itself be the trouble; else nothing."""
    alerts = app.project.alerts
    if not alerts.to:
        return "alerts: nobody is told when something is wrong: write `alerts: {to: [you@your.example]}`"
    ways = {*alerts.channels, *(telling.mail_channels(app.project) if alerts.addresses else [])}
    if len(ways) == 1:
        return f"{alerts.where}: alerts have a single way out, {ways.pop()}: if that fails nobody is told. Add another"
    return ""


def public_alerts(app: App) -> list[str]:
    """Return a note for each channel that tells of trouble where a schedule posts: readers would see it."""
    posting = {entry.via: schedule.name for schedule in app.project.schedules.values() for entry in schedule.send}
    alerts = app.project.alerts
    return [
        f"{alerts.where}: {name} carries the posts of {posting[name]} too: readers would see what is wrong here."
        " Name a channel of your own under `to:`, such as a chat of the desk"
        for name in alerts.channels
        if name in posting
    ]


def _wrong_fallback(app: App, channel: Channel) -> list[str]:
    """Say where a fallback could not carry what its channel carries: posts are cut to the network that they go to."""
    if not channel.fallback:
        return []
    ours, theirs = (sender_class(app.project.channels[name].sender) for name in (channel.name, channel.fallback))
    both_mail = "mail" in ours.carries and "mail" in theirs.carries
    if both_mail or ours is theirs:
        return []
    where = channel.places.get("fallback", channel.where)
    remedy = "Name a channel of the same sender, or take the line out"
    return [f"{where}: {channel.fallback} can't carry what {channel.name} carries. {remedy}"]


def _wrong_options(app: App, channel: Channel) -> list[str]:
    """Return everything that its sender misses or can't take, so that it is mended in one go.

    A ${NAME} that has no value yet is missing, and listed as that, not wrong.
    """
    problems = [str(problem) for problem in app.senders.option_problems(channel)]
    if not problems:
        app.senders.build(channel)
    unset = {str(problem) for problem in app.settings.unset(channel)}
    return [problem for problem in problems if problem not in unset]


def wrong_entry(app: App, entry: Entry) -> str:
    """Return why an entry's channel can't carry it; empty where it can, or isn't known at all."""
    try:
        sender = sender_class(app.project.channels[entry.via].sender)
    except PublisherError:
        return ""  # said of the channel already
    if entry.to and "mail" not in sender.carries:
        return f"{entry.where}: {entry.via} ({sender.name}) has no readers. Take `to:` out of this entry"
    if not entry.to and "post" not in sender.carries:
        return f"{entry.where}: {entry.via} ({sender.name}) sends mail. Say to which list: `to: NAME`"
    rules = None if entry.to else sender.rules_of(app.project.channels[entry.via].options)
    why = refusal(entry, rules) if rules else None
    return f"{entry.where}: {why[0]}. {why[1]}" if why else ""


def notes_of_file(app: App, errors: Iterable[str]) -> list[str]:
    """Return the notes of the file, but for places that are wrong: a name that is misspelt is to be mended first."""
    said = tuple(errors)
    return [str(note) for note in app.project.notes if not any(line.startswith(f"{note.where}: ") for line in said)]


def notes_of_channels(app: App) -> list[str]:
    """Return a note for each channel whose provider puts its own unsubscribe header in, or is not heard."""
    notes = []
    for channel in app.project.channels.values():
        try:
            sender = app.senders.build(channel)
        except PublisherError:
            continue  # what it misses is said already
        found = (sender.forces_unsubscribe, deafness(app, channel, sender))
        notes += [f"{channel.where}: {channel.name}: {each}" for each in found if each]
    return notes


def stopped_channels(app: App) -> list[str]:
    """Return a note for each channel whose account was refused: nothing goes through it until a person says so."""
    found = map(app.senders.refusal_of, app.project.channels.values())
    return [str(refusal) for refusal in found if refusal is not None]


def past_slots(app: App) -> list[str]:
    """Return a note for each schedule whose only slot is past: it fires no more."""
    return [
        f"{schedule.where}: {schedule.name}: `once: {local:%Y-%m-%dT%H:%M}` is past, and fires no more."
        " Write a time to come, or take the schedule out"
        for schedule in app.project.schedules.values()
        if schedule.when.once is not None and schedule.when.once <= app.clock()
        for local in [schedule.when.once.astimezone(app.zone)]
    ]


def notes_of_papers(app: App) -> list[str]:
    """Return a note for each file of inserts and letters that can't be read, and each insert that shows no more."""
    notes = []
    for insert in app.project.inserts.values():
        if insert.until is not None and insert.until < app.clock().astimezone(app.zone).date():
            notes.append(
                f"{insert.where}: {insert.name}: `until: {insert.until}` is past, and it shows no more."
                " Write a day to come, or take the insert out"
            )
        else:
            notes += _unreadable(app, insert.file, f"{insert.where}: {insert.name}", "each mail with it is held")
    for schedule in app.project.schedules.values():
        if schedule.write:
            place = f"{schedule.where}: {schedule.name}"
            notes += _unreadable(app, schedule.write, place, "its slots are skipped without it")
    return notes


def _unreadable(app: App, path: str, place: str, so: str) -> list[str]:
    """Say of a file that people write what keeps it from readers, and what of it they don't get."""
    from publisher.app import papers, pictures  # here: who only lists what is missing reads no files
    from publisher.sources import written

    try:
        text = papers.text_of(app, path)
    except PublisherError as error:
        return [f"{place}: {error.where}: {error.what}: {so}. {error.remedy}"]
    return [f"{place}: {fault.said_of(path)}" for fault in written.read(text, partial(pictures.called, app)).faults]


def missing_for_real(app: App) -> list[str]:
    """Return what is still missing before real readers can be written to."""
    paper = app.project.publication
    missing = []
    if app.is_practice:
        missing.append("practice: true stands in schedules.yaml: take it out when the rest is done")
    if not produce.is_reachable(paper.public_url):
        missing.append("publication.public_url: the https address at which readers reach Publisher, to unsubscribe")
    missing += _nobodys_senders(app)
    missing += [f"{place}: an https address: many mail programs load no other" for place in _http_logos(app)]
    if not paper.address:
        missing.append("publication.address: the postal address, which the law asks for in every newsletter")
    missing += [str(note) for note in app.settings.missing(app.project)]
    for channel in app.project.channels.values():
        if channel.sender == "mailpit":
            missing.append(f"channels.{channel.name}: mailpit is an inbox for development; name a provider")
    with app.store.read() as conn:
        missing += [
            f"lists.{name}: nobody is on it: publisher subscribers import FILE.csv --list {name}"
            for name in app.project.lists
            if not subscribers.count(conn, [name])
        ]
    return missing


def _nobodys_senders(app: App) -> list[str]:
    """Return the senders that nobody can be: their domains are kept for examples, and every provider refuses them."""
    channels = app.project.channels
    if not (app.is_practice or any(_carries_mail_out(app, channel) for channel in channels.values())):
        return []
    paper, entries = app.project.publication, [each for one in app.project.schedules.values() for each in one.send]
    written = [(paper.where, paper.from_email), *((each.where, each.from_email) for each in entries)]
    return [
        f"{where}: {address} is nobody's address: that domain is for examples. Write who the mail comes from"
        for where, address in dict.fromkeys(written)
        if address and is_nobodys(address.rpartition("@")[2])
    ]


def _carries_mail_out(app: App, channel: Channel) -> bool:
    """Say whether a channel carries mail to a provider, and not to a server of the house that stands in for one."""
    try:
        carries_mail = "mail" in sender_class(channel.sender).carries
        base_url = app.settings.resolve(channel.base_url)
    except PublisherError:
        return False  # said of the channel already
    return carries_mail and (not base_url or produce.is_reachable(base_url))


def _http_logos(app: App) -> list[str]:
    """Return where logos are that no reader would see: practice lets them pass."""
    themes = {"publication.theme": app.project.publication.theme}
    for schedule in app.project.schedules.values():
        themes |= {f"{entry.where}, theme": entry.theme for entry in schedule.send}
    return [
        f"{place}.logo"
        for place, theme in themes.items()
        if theme.logo and "http:" in (theme.logo.image[:5], theme.logo.dark[:5])
    ]
