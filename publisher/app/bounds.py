"""Who may change what in schedules.yaml, key by key: what is parsed is compared, so no way of writing gets round it.

What isn't named here takes an operator, a key that nobody knows yet among them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from publisher.config.reading import Path_
from publisher.errors import NotAllowedError
from publisher.model.project import Project
from publisher.model.staff import LEAST, May
from publisher.store import permission

ANY = "*"
ABSENT: Any = object()
_OF_SCHEDULES = ("when", "pick", "pace", "give_up_after", "backfill", "was", "on_update", "never_twice", "languages")
_OF_MESSAGES = ("via", "to", "segment", "subject", "subjects", "try", "preheader", "language", "after", "theme")
_OF_POSTS = ("picture", "without_picture")
# Whose words, times and looks these are. Not theirs: `from` and `reply_to` say in whose name a mail comes, `measure`
# whether readers are counted, `on_unknown` whether somebody may get a thing twice.
EDITORS: tuple[Path_, ...] = (
    ("publication", "theme"),
    ("inserts",),
    *(("schedules", ANY, name) for name in _OF_SCHEDULES),
    *(("schedules", ANY, "send", ANY, name) for name in (*_OF_MESSAGES, *_OF_POSTS)),
)
# Keys that name a file of the project: an editor may name what is named there already, and no other.
FILES: tuple[Path_, ...] = (
    ("inserts", ANY, "file"),
    ("schedules", ANY, "write"),
    ("schedules", ANY, "send", ANY, "template"),
)
APPROVE: Path_ = ("schedules", ANY, "approve")
SEND: Path_ = ("schedules", ANY, "send")


@dataclass(frozen=True, slots=True)
class Touched:
    """One thing that a change changes, and what that takes."""

    place: str  # `channels.letters.rate`
    may: May
    why: str = ""


def touched(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Touched]:
    """Return what two files differ in, as their parsed values say it, and what each takes."""
    before = _following(before, after)
    named = {pattern: {str(value) for value in _values_at(before, pattern)} for pattern in FILES}
    return [
        Touched(".".join(map(str, path)), _needed(path, old, new, named))
        for path, old, new in _differences(dict(before), dict(after), ())
    ]


def goes_round(before: Project, after: Project) -> list[Touched]:
    """Return the schedules by which readers or accounts would get without approval what takes one so far."""
    guarded = {each for one in before.schedules.values() if one.waits_for_approval for each in one.reaches}
    found = []
    for schedule in after.schedules.values():
        old = before.schedules.get(schedule.name) or before.schedules.get(schedule.was)
        had = old.reaches if old is not None and not old.waits_for_approval else set()
        if not schedule.waits_for_approval and (schedule.reaches - had) & guarded:
            reached = ", ".join(sorted(name for _, name in (schedule.reaches - had) & guarded))
            why = f"{reached} so far gets only what somebody approved"
            found.append(Touched(f"schedules.{schedule.name}", May.APPROVE, why))
    return found


def refused(found: Sequence[Touched]) -> list[Touched]:
    """Return what of a change isn't theirs who ask; nothing where a command at the terminal does."""
    member = permission.who()
    if not permission.is_asked():
        return []
    return [each for each in found if member is None or not member.may(each.may)]


def require(found: Sequence[Touched]) -> None:
    """Refuse a change of which a part isn't theirs who ask.

    :raises NotAllowedError: naming each such key, and the role that it takes.
    """
    theirs = refused(found)
    if not theirs:
        return
    member = permission.who()
    if member is None:
        raise NotAllowedError(permission.NOBODY, remedy=permission.TO_BEGIN)
    named = "; ".join(map(words_of, theirs[:5])) + (f"; and {len(theirs) - 5} more" if len(theirs) > 5 else "")
    raise NotAllowedError(
        f"not yours to change as {member.role.value}: {named}", remedy="Take that out, or ask one who may to save it"
    )


def words_of(each: Touched) -> str:
    """Say what takes which role: ``channels.letters.rate (operator)``."""
    return f"{each.place} ({LEAST[each.may].value}{f': {each.why}' if each.why else ''})"


def _needed(path: Path_, old: Any, new: Any, named: Mapping[Path_, set[str]]) -> May:
    if _is(path, APPROVE):
        return _of_approval(old, new)
    for pattern in FILES:
        if _is(path, pattern):
            return May.EDIT if new is ABSENT or str(new) in named[pattern] else May.OPERATE
    is_taken_out = new is ABSENT and (_is(path, ("schedules", ANY)) or _is(path, (*SEND, ANY)))
    return May.EDIT if is_taken_out or any(_is(path[: len(each)], each) for each in EDITORS) else May.OPERATE


def _of_approval(old: Any, new: Any) -> May:
    """Whoever is asked can agree: who that is says an operator. To loosen what stands there takes one who agrees."""

    def asked(value: Any) -> Any:
        return value.get("ask", ABSENT) if isinstance(value, dict) else ABSENT

    if new is not ABSENT and not _same(asked(old), asked(new)):
        return May.OPERATE
    return May.EDIT if old is ABSENT else May.APPROVE


def _following(before: Mapping[str, Any], after: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the former file with schedules under the names that `was:` gives them, to be compared with themselves."""
    old, new = before.get("schedules"), after.get("schedules")
    if not isinstance(old, dict) or not isinstance(new, dict):
        return before
    names = {
        str(each["was"]): name
        for name, each in new.items()
        if isinstance(each, dict) and each.get("was") in old and name not in old and each["was"] not in new
    }
    return {**before, "schedules": {names.get(name, name): each for name, each in old.items()}}


def _differences(old: Any, new: Any, path: Path_) -> Iterator[tuple[Path_, Any, Any]]:
    if _is(path, APPROVE):
        if not _same(old, new):
            yield path, old, new
    elif isinstance(new, dict) and (new or isinstance(old, dict)):
        yield from _in_group(old if isinstance(old, dict) else {}, new, path)
    elif _is(path, SEND) and isinstance(new, list):
        yield from _in_send(old if isinstance(old, list) else [], new, path)
    elif not _same(old, new):
        yield path, old, new


def _in_group(old: dict[str, Any], new: dict[str, Any], path: Path_) -> Iterator[tuple[Path_, Any, Any]]:
    for key in {**old, **new}:
        yield from _differences(old.get(key, ABSENT), new.get(key, ABSENT), (*path, key))
    if path and path[0] != "schedules" and [key for key in old if key in new] != [key for key in new if key in old]:
        yield path, old, new  # an order may mean something


def _in_send(old: list[Any], new: list[Any], path: Path_) -> Iterator[tuple[Path_, Any, Any]]:
    """Compare messages with those that stood in their place; one that is only moved has not changed."""
    before, after = map(_plain, old), map(_plain, new)
    for kind, first, last, begin, end in SequenceMatcher(None, list(before), list(after), False).get_opcodes():
        if kind != "equal":
            pairs = zip_longest(old[first:last], new[begin:end], fillvalue=ABSENT)
            for number, (one, other) in enumerate(pairs, begin):
                yield from _differences(one, other, (*path, number))


def _values_at(value: Any, pattern: Path_) -> Iterator[Any]:
    if not pattern:
        yield value
    elif isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            if pattern[0] in (ANY, key):
                yield from _values_at(inner, pattern[1:])


def _is(path: Path_, pattern: Path_) -> bool:
    return len(path) == len(pattern) and all(each in (ANY, part) for part, each in zip(path, pattern, strict=True))


def _same(old: Any, new: Any) -> bool:
    """Say whether two values are the same; `true`, `1` and `1.0` are not."""
    return _plain(old) == _plain(new)


def _plain(value: Any) -> str:
    return "" if value is ABSENT else json.dumps(value)
