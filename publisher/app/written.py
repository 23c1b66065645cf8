"""What people write is looked through before it is kept: what would not reach readers is said to whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from publisher.app import pictures
from publisher.errors import PublisherError, TemplateError, UsageError
from publisher.sources import written
from publisher.sources.written import Fault, Written

if TYPE_CHECKING:
    from publisher.app.core import App


def looked_through(app: App, text: str, where: str, *, anyway: bool = False) -> Written:
    """Return a text as readers will see it; what is left out of it stands in its faults.

    :param where: what errors call it: the file's name.
    :param anyway: pictures elsewhere on the web are not asked for.
    :raises UsageError: it shows a picture that can't be had, or nothing at all.
    """
    found = written.read(text, partial(pictures.called, app))
    grave = [fault for fault in found.faults if fault.is_grave]
    grave += [] if anyway or grave else list(_not_there(app, found))
    if grave:
        first, more = grave[0], len(grave) - 1
        place = f"{where}:{first.line}" if first.line else where
        raise UsageError(first.what + (f" (and {more} more)" if more else ""), where=place, remedy=first.remedy)
    return found


def require_readable(app: App, **words: str) -> None:
    """Refuse a subject or a preheader that no edition could be made with, as one in which a {{ is never closed.

    :param words: by what errors call them.
    :raises UsageError: what is wrong with which, and what to do.
    """
    for name, said in words.items():
        try:
            if said:
                app.studio.renderer.require_readable(said, where=name)
        except TemplateError as error:
            raise UsageError(error.what, where=error.where, remedy=error.remedy) from error


def _not_there(app: App, found: Written) -> Iterator[Fault]:
    """Yield the pictures elsewhere that don't come when they are asked for, each once."""
    for address, line in dict(reversed(found.fetched)).items():
        try:
            app.studio.renderer.size_of(fetched(app, address))
        except PublisherError as error:
            why = error.what.removeprefix(f"{address} ").rstrip(".")
            what = f"the picture {address} can't be had: {why}"
            yield Fault(what, "Correct its address; to keep it all the same: --anyway", line, is_grave=True)


def fetched(app: App, address: str) -> bytes:
    """Return a picture from the open Internet: nothing of the own network is asked for one.

    :raises PublisherError: nothing came.
    """
    from publisher.app import photos  # here: it fetches, and who only shows what waits fetches nothing

    return photos.fetch(app, "", address)
