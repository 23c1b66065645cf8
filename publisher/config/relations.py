"""Check what values have to do with one another, on the file as written, so that no other error hides one of these."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from publisher.config.problems import Problems, suggestion
from publisher.config.reading import Document, Path_
from publisher.config.values import VARIABLE, split_names
from publisher.model.project import BREAKING

NOUNS = {
    "sources": "source",
    "lists": "list",
    "channels": "channel",
    "schedules": "schedule",
    "segments": "segment",
}
EXPANDED = ("channels", "sources")  # no template or subject can carry a secret out
PICTURES = (("logo", "image"), ("logo", "dark"))
HEARTBEAT = ("alerts", "heartbeat")  # is only called, and whoever knows it can feign that all is well

Reference = tuple[Path_, str, object]  # where, section that declares it, name


def check_relations(document: Document, problems: Problems) -> None:
    """Add empty values, misplaced ``${NAME}``, unknown names, circles of fallbacks, http pictures, slots for mail."""
    for path, value in _scalars(document.data, ()):
        _check_value(document, problems, path, value)
    for path, section, name in _references(document.data):
        _check_reference(document, problems, path, section, name)
    _check_fallbacks(document, problems)
    _check_pictures(document, problems)
    _check_slots(document, problems)


def _scalars(value: object, path: Path_) -> Iterator[tuple[Path_, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _scalars(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _scalars(inner, (*path, index))
    else:
        yield path, value


def _check_value(document: Document, problems: Problems, path: Path_, value: object) -> None:
    if value is None:
        hash_remedy = "A text that begins with `#` needs quotes"
        remedy = hash_remedy if path in document.cut else "Write one, or take the line out"
        problems.add(document.where_key(path), f"`{_name(path)}:` has no value", remedy)
    elif isinstance(value, str) and "${" in value:
        if path[0] not in EXPANDED and path != HEARTBEAT:
            what = "`${NAME}` is filled in under `channels:` and `sources:` only"
            problems.add(document.where(path), what, "Write the value itself: a secret must not reach a message")
        elif "${" in VARIABLE.sub("", value):
            problems.add(
                document.where(path), "`${` without a name and `}`", "Write `${NAME}` with letters, digits and `_`"
            )


def _check_pictures(document: Document, problems: Problems) -> None:
    """Refuse pictures over http where readers get them: many mail programs and every web mail load https only."""
    if document.data.get("practice") is True:
        return
    for path, value in _scalars(document.data, ()):
        if path[-2:] in PICTURES and "theme" in path and str(value).startswith("http://"):
            what = f"`{path[-1]}:` is not an https address, and many mail programs load no other"
            problems.add(document.where(path), what, "Put it where https reaches it; http will do in practice only")


def _references(data: dict[str, Any]) -> Iterator[Reference]:
    for name, channel in _groups(data, "channels"):
        yield from _names(("channels", name, "fallback"), "channels", channel)
    told = data.get("alerts")
    if isinstance(told, dict):
        ways = _names(("alerts", "to"), "channels", told)
        yield from (reference for reference in ways if "@" not in str(reference[2]))
    for name, insert in _groups(data, "inserts"):
        yield from _names(("inserts", name, "in"), "schedules", insert)
    for name, schedule in _groups(data, "schedules"):
        path: Path_ = ("schedules", name)
        pick = schedule.get("pick")
        if isinstance(pick, dict):
            yield from _names((*path, "pick", "from"), "sources", pick)
            yield from _names((*path, "pick", "not_in"), "schedules", pick)
    for path, entry in _entries(data):
        yield from _names((*path, "via"), "channels", entry)
        yield from _names((*path, "to"), "lists", entry)
        yield from _names((*path, "segment"), "segments", entry)


def _entries(data: dict[str, Any]) -> Iterator[tuple[Path_, dict[str, Any]]]:
    """Yield the lines of every `send:`, each with its path."""
    for name, schedule in _groups(data, "schedules"):
        send = schedule.get("send")
        for index, entry in enumerate(send if isinstance(send, list) else []):
            if isinstance(entry, dict):
                yield ("schedules", name, "send", index), entry


def _groups(data: dict[str, Any], section: str) -> Iterator[tuple[str, dict[str, Any]]]:
    groups = data.get(section)
    for name, group in groups.items() if isinstance(groups, dict) else ():
        if isinstance(group, dict):
            yield name, group


def _names(path: Path_, section: str, group: dict[str, Any]) -> Iterator[Reference]:
    written = group.get(str(path[-1]))
    names = split_names(written)
    for index, name in enumerate(names if isinstance(names, list) else []):
        yield (*path, index) if isinstance(written, list) else path, section, name


def _check_reference(document: Document, problems: Problems, path: Path_, section: str, name: object) -> None:
    declared = document.data.get(section)
    known = list(declared) if isinstance(declared, dict) else []
    if isinstance(name, dict | list) or name is None:
        return  # of the wrong type, which the shapes say
    is_made_up = section == "schedules" and name == BREAKING  # what a person sends at once needs no schedule
    if str(name) not in known and not is_made_up:
        remedy = suggestion(str(name), known) or f"Declare it under `{section}:`"
        problems.add(document.where(path), f"there is no {NOUNS[section]} `{name}`", remedy)
    elif path[:2] == (section, name):
        problems.add(document.where(path), f"`{_name(path)}: {name}` names itself", "Take it out")


def _check_fallbacks(document: Document, problems: Problems) -> None:
    next_of = {name: channel.get("fallback") for name, channel in _groups(document.data, "channels")}
    done: set[str] = set()
    for start in next_of:
        chain: list[str] = []
        name: object = start
        while isinstance(name, str) and name in next_of and name not in chain and name not in done:
            chain.append(name)
            name = next_of[name]
        if isinstance(name, str) and name in chain[:-1]:
            circle = [*chain[chain.index(name) :], name]
            where = document.where(("channels", chain[-1], "fallback"))
            problems.add(where, f"fallbacks run in a circle: {' → '.join(circle)}", "Take one of them out")
        done.update(chain)


def _check_slots(document: Document, problems: Problems) -> None:
    """Refuse slots on a channel that carries mail to a list: they are for posts, one at a time."""
    slotted = {name for name, channel in _groups(document.data, "channels") if channel.get("slots") is not None}
    for path, entry in _entries(document.data):
        via = entry.get("via")
        if isinstance(via, str) and via in slotted and entry.get("to"):
            what = f"`via: {via}` with `to:` is mail to a list, and the channel has `slots:`, which are for posts"
            remedy = f"Take `slots:` out of the channel {via}: mail goes at its schedule's own times"
            problems.add(document.where((*path, "via")), what, remedy)


def _name(path: Path_) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "")
