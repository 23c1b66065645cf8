"""What is worth saying about a file that is no error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from publisher.config.catalogue import is_later
from publisher.config.channels import is_secret
from publisher.config.problems import line_and_column
from publisher.config.reading import Document, Path_
from publisher.config.shape import Shape
from publisher.config.values import duration_text, variable_name
from publisher.model.project import Note
from publisher.model.retention import Retention
from publisher.model.warming import growth, is_hasty, least_days

if TYPE_CHECKING:
    from publisher.config.schedules import ProjectShape

# Where a ` #` is more likely meant as text than as a comment.
TEXTS = {
    "name", "address", "title", "about", "subject", "preheader", "subjects", "categories", "not_categories"
}  # fmt: skip


def notes_of(shape: ProjectShape, document: Document) -> tuple[Note, ...]:
    """Return the notes in the order of the file."""
    notes = (
        *secrets_in(document),
        *_cut_texts(document),
        *_without_sources(document),
        *_later_keys(shape, document, ()),
        *_hasty_warm_ups(shape, document),
        *_approvals(shape, document),
        *_forgetful(shape, document),
    )
    return tuple(sorted(notes, key=lambda note: line_and_column(note.where)))


def _later_keys(value: object, document: Document, path: Path_) -> Iterator[Note]:
    if isinstance(value, Shape):
        for name, field in type(value).model_fields.items():
            if name in value.model_fields_set:
                here = (*path, field.alias or name)
                if is_later(field):
                    yield Note(document.where_key(here), f"`{here[-1]}:` is read but not carried out yet")
                else:
                    yield from _later_keys(getattr(value, name), document, here)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _later_keys(inner, document, (*path, key))
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from _later_keys(inner, document, (*path, index))


def secrets_in(document: Document) -> Iterator[Note]:
    """Yield a note for each value that is a secret, and isn't kept in .env."""
    for path in document.places:
        value = _at(document, path)
        if path and path[0] in ("channels", "sources") and isinstance(value, str) and "${" not in value:
            if len(path) > 2 and is_secret(str(path[-1])):
                yield _in_clear(document, path, f"`{path[-1]}:` is written in clear")
            elif _has_password(value):
                yield _in_clear(document, path, f"`{path[-1]}:` holds a password in clear")


def _in_clear(document: Document, path: Path_, what: str) -> Note:
    name = variable_name(*(part for part in path[1:] if isinstance(part, str)))
    return Note(document.where(path), what, f"Write `${{{name}}}` here and `{name}=…` into .env")


def _has_password(value: str) -> bool:
    try:
        return "://" in value and bool(urlsplit(value).password)
    except ValueError:
        return False


def _at(document: Document, path: Path_) -> object:
    value: object = document.data
    for part in path:
        value = value[part]  # type: ignore[index]  # the path was made from this value
    return value


def _cut_texts(document: Document) -> Iterator[Note]:
    for path in document.cut:
        if next((part for part in reversed(path) if isinstance(part, str)), "") in TEXTS:
            what = "the text ends before ` #`, which begins a comment"
            yield Note(document.where(path), what, "Put quotes around the whole text if it belongs to it")


def _hasty_warm_ups(shape: ProjectShape, document: Document) -> Iterator[Note]:
    for name, channel in shape.channels.items():
        span, per_day = channel.warm_up, channel.per_day
        if span is not None and per_day is not None and is_hasty(span, per_day):
            what = f"`warm_up: {duration_text(span)}` has each day {growth(span, per_day):.1f} times as many readers"
            why = "as the one before, and mailbox providers mistrust more than twice as many"
            remedy = f"Write `warm_up: {least_days(per_day)}d` or longer"
            yield Note(document.where_key(("channels", name, "warm_up")), f"{what} {why}", remedy)


def _approvals(shape: ProjectShape, document: Document) -> Iterator[Note]:
    for name, schedule in shape.schedules.items():
        where = document.where_key(("schedules", name, "approve"))
        if schedule.prepares_unasked:
            what = "there is no `prepare:`: the draft that has to be approved is made 1 hour before the slot"
            yield Note(where, what, "Write `prepare: 45m` under `when:` for another time")
        told = shape.alerts.to if shape.alerts else ()
        if schedule.approve and not schedule.approve.ask and not any("@" in to for to in told):
            what = "nobody is asked to approve it: neither `ask:` nor `alerts: to:` has an address"
            yield Note(where, what, "Write `ask: [anna@example.org]` into it")


def _forgetful(shape: ProjectShape, document: Document) -> Iterator[Note]:
    """Yield a note for each schedule whose articles may wait longer than it is kept who has them already."""
    kept = shape.retention.deliveries if shape.retention else Retention().deliveries
    for name, schedule in shape.schedules.items():
        waits = schedule.pick.record().waits
        if schedule.never_twice and kept < waits:
            what = f"its articles wait up to {duration_text(waits)}, and who got what is kept for {duration_text(kept)}"
            where = document.where_key(("schedules", name, "never_twice"))
            remedy = f"Write `deliveries: {duration_text(waits)}` or more under `retention:`"
            yield Note(where, f"{what}: a reader may get one twice", remedy)


def _without_sources(document: Document) -> Iterator[Note]:
    if document.data.get("schedules") and not document.data.get("sources"):
        where = document.where_key(("schedules",))
        yield Note(where, "there are schedules but no sources", "Add `sources:` with `feed:` or `folder:`")
