"""What people change in a draft, step by step: each is checked before any is made, and all are made as one change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import methodcaller
from typing import TYPE_CHECKING

from publisher.app import desk, naming, written
from publisher.errors import UsageError
from publisher.model.desk import Changes, Words
from publisher.model.staff import May
from publisher.store import RowMapping, articles, editions, sends
from publisher.store.approvals import is_early
from publisher.store.permission import allowed

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.model.project import Schedule

Step = tuple[str, Callable[[Changes], Changes]]  # in words, and what it does


@allowed(May.EDIT)
def carry_out(app: App, edition_id: int, steps: Sequence[Step], seen: int | None = None) -> Changes:
    """Make all steps as one change: whoever looks sees all of them or none.

    :param seen: the version that whoever changes it looked at.
    :raises UsageError: it is no draft any more.
    :raises StaleError: it was changed since the version that was seen.
    """

    def make(changes: Changes) -> Changes:
        for _, step in steps:
            changes = step(changes)
        return changes

    return desk.change(app, edition_id, make, "; ".join(what for what, _ in steps), seen)


def schedule_of(app: App, edition_id: int) -> Schedule:
    """Return the schedule of a draft, in its language.

    :raises MissingError: there is no such edition.
    :raises UsageError: it is no draft any more; what can be done instead.
    """
    with app.store.read() as conn:
        row = naming.require_edition(conn, edition_id)
        is_approved = row["state"] == "locked" and is_early(conn, row)
        made = sends.of_edition(conn, edition_id)
    where = f"edition {edition_id}"
    if is_approved:
        remedy = f"To change it all the same, before its slot: publisher reopen {edition_id}"
        raise UsageError("it is approved and locked: nothing in it can be changed", where=where, remedy=remedy)
    if row["state"] != "draft":
        remedy = _instead(row["state"], made, edition_id)
        raise UsageError(f"it is {row['state']}: nothing in it can be changed", where=where, remedy=remedy)
    return app.schedule(row["schedule"]).in_language(row["language"])


def _instead(state: str, made: Sequence[RowMapping], edition_id: int) -> str:
    """Return what can be done about an edition that is no draft any more; empty: nothing."""
    if any(send[count] for send in made for count in ("sent", "unknown", "taken")):
        return f"What left can be put right: publisher withdraw {edition_id}"
    if state != "locked":
        return ""
    return f"Nothing of it has left yet; to stop it: publisher cancel {edition_id}"


def order_of(app: App, edition_id: int) -> list[int]:
    """Return the articles that an edition carries, in their order."""
    with app.store.read() as conn:
        places = editions.places_of(conn, edition_id)
    return [place["article_id"] for place in places if place["position"] is not None]


def moved(app: App, edition_id: int, number: int, by: int) -> Step:
    """Return the step that moves an article up (-1) or down (1) among those that an edition carries.

    :raises UsageError: it is not in it, or has no place to move to.
    """
    order = order_of(app, edition_id)
    if number not in order:
        raise UsageError(f"article {number} is not in it, and has no place", where=f"edition {edition_id}")
    before = order.index(number)
    after = before + by
    if not 0 <= after < len(order):
        what = f"article {number} is {'the last' if by > 0 else 'the first'} already"
        raise UsageError(what, where=f"edition {edition_id}")
    order[before], order[after] = order[after], order[before]
    return f"moved article {number} {'down' if by > 0 else 'up'}", methodcaller("arrange", tuple(order))


def about_stories(
    app: App, schedule: Schedule, edition_id: int, wanted: Mapping[str, Sequence[str] | None], order: str = ""
) -> Iterator[Step]:
    """Yield the changes that are about articles.

    :param wanted: the numbers of articles by what is wanted of them: drop, later, undo, add.
    :param order: numbers of articles that come first.
    :raises UsageError: there is no such article, it is no candidate, or opposite things are said of one.
    """
    there, out, actor = _known(app, edition_id), _out(app, edition_id), app.actor
    _refuse_opposites(wanted)
    for said in wanted.get("drop") or ():
        number = _one_of(said, there, edition_id)
        out.add(number)
        yield f"dropped article {number}", methodcaller("drop", number, actor)
    for said in wanted.get("later") or ():
        number = _one_of(said, there, edition_id)
        out.add(number)
        yield f"left article {number} for the next", methodcaller("put_off", number, actor)
    for said in wanted.get("undo") or ():
        number = _number(said)
        out.discard(number)
        yield f"let the schedule decide about article {number}", methodcaller("put_back", number)
    for said in wanted.get("add") or ():
        number = desk.article(app, said).id
        there.add(number)
        out.discard(number)
        yield f"added article {number}", methodcaller("add", number, actor)
    if order:
        numbers = tuple(_one_of(said, there, edition_id) for said in order.replace(",", " ").split())
        _refuse_left_out(numbers, out, edition_id)
        yield f"put article {', '.join(map(str, numbers))} first", methodcaller("arrange", numbers)


def _known(app: App, edition_id: int) -> set[int]:
    with app.store.read() as conn:
        return {article.id for _, article in articles.of_edition(conn, edition_id)}


def _out(app: App, edition_id: int) -> set[int]:
    with app.store.read() as conn:
        row = editions.get(conn, edition_id)
    changes = Changes.of(row["changes"] if row else None)
    return {*changes.dropped, *changes.later}


def _refuse_opposites(wanted: Mapping[str, Sequence[str] | None]) -> None:
    """Refuse to guess which of two opposite things is meant."""
    named: dict[str, str] = {}
    for option, numbers in wanted.items():
        for number in dict.fromkeys(numbers or ()):
            if number in named:
                what = f"article {number}: --{named[number]} and --{option} say opposite things"
                raise UsageError(what, remedy="Give one of them")
            named[number] = option


def _refuse_left_out(numbers: Sequence[int], out: set[int], edition_id: int) -> None:
    """Refuse a place for what people left out: it would have none."""
    for number in numbers:
        if number in out:
            what = f"article {number} is left out of it, and has no place"
            raise UsageError(what, where=f"edition {edition_id}", remedy=f"To take it in: --add {number}")


def _number(said: str) -> int:
    if not said.isdecimal():
        raise UsageError(f"{said!r} is no article's number", remedy="Numbers stand beside the headlines")
    return int(said)


def _one_of(said: str, there: set[int], edition_id: int) -> int:
    number = _number(said)
    if number not in there:
        remedy = f"To take it in: --add {number}"
        raise UsageError(f"article {number} is no candidate of it", where=f"edition {edition_id}", remedy=remedy)
    return number


def worded(app: App, schedule: Schedule, key: str, own: Words) -> Step:
    """Return the step that gives one line of `send:` exactly these words; what is empty the schedule says again.

    :raises UsageError: it has no such line, the line has no such words, or no edition could be made with them.
    """
    written.require_readable(app, subject=own.subject, preheader=own.preheader)
    entry = next((each for each in schedule.send if each.key == key), None)
    if entry is None:
        named = ", ".join(each.key for each in schedule.send)
        raise UsageError(f"it has no line {key!r}", where=schedule.name, remedy=f"It has: {named}")
    if entry.to and own.text:
        raise UsageError(f"{key} sends mail, whose words its template makes", remedy="Write a note on top")
    if not entry.to and (own.subject or own.preheader):
        raise UsageError(f"{key} posts, and a post has no subject", remedy="Write its text")
    names = [name for name in ("subject", "preheader", "text") if getattr(own, name)]
    if not names:
        return f"took back the words of {key}", methodcaller("unword", key)
    return f"wrote the {' and '.join(names)} of {key}", lambda changes: changes.unword(key).word(key, own)


def about_words(app: App, schedule: Schedule, said: Words, to: str = "", *, plain: bool = False) -> Iterator[Step]:
    """Yield the changes that are about words; what is taken back first, so that what is said beside it holds.

    :param to: only of this channel, or line of `send:`.
    :param plain: take back all words of people's own.
    :raises UsageError: there is no such line, several posts could be meant, or no edition could be made with them.
    """
    written.require_readable(app, subject=said.subject, preheader=said.preheader)
    for key in [entry.key for entry in schedule.send if plain and to in ("", entry.key, entry.via)]:
        yield f"took back the words of {key}", methodcaller("unword", key)
    mail = Words(said.subject, said.preheader)
    if mail != Words():
        names = [name for name in ("subject", "preheader") if getattr(said, name)]
        for entry in desk.entries_meant(schedule, to, posts=False):
            what = f"wrote the {' and '.join(names)} of {entry.key}"
            yield what, methodcaller("word", entry.key, mail)
    if said.text:
        (entry,) = desk.entries_meant(schedule, to, posts=True)
        yield f"wrote the post of {entry.key}", methodcaller("word", entry.key, Words(text=said.text))
