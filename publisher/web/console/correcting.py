"""Correcting an edition in the console: what is to be said, what that would change and for whom, and then the deed."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import HTMLResponse, Response
from pydantic import Field, ValidationError

from publisher.app import corrections, errata, noting, written
from publisher.app.standing import edition_title
from publisher.errors import EndedError, PublisherError, StaleError, UsageError
from publisher.model.staff import May
from publisher.speech.phrases import _
from publisher.store import corrections as ledger
from publisher.store import editions, permission
from publisher.web.acts import Acts, Done, Id, Words, in_words, status_of
from publisher.web.door import needs
from publisher.web.forms import Said

if TYPE_CHECKING:
    from publisher.app import App
    from publisher.app.errata import Prepared
    from publisher.web.console.edition import Room

EDITION = "/editions/{edition_id}"
FIELDS = ("note", "subject", "mail", "no_note", "why", "shown")


class Right(Words):
    """What is put right, and how."""

    note: str = Field(default="", max_length=noting.LONGEST, description="Markdown on top of its mails.")
    no_note: bool = Field(default=False, description="Take the note of an earlier correction off.")
    subject: str = Field(default="", max_length=2_000, description="Of its mails from now on; empty: as it is.")
    mail: bool = Field(default=False, description="Mail the right words to whoever has the old ones.")
    why: str = Field(default="", max_length=1_000)
    shown: str = Field(default="", max_length=64, description="The seal of what was shown: it goes, or nothing.")


def routes(app: App, acts: Acts, room: Room) -> APIRouter:
    """Return the addresses of a correction."""
    router = APIRouter(default_response_class=HTMLResponse)

    def form(
        edition_id: int,
        typed: dict[str, Any],
        prepared: Prepared | None = None,
        *,
        wrong: str = "",
        status: int = 200,
        told: list[str] | None = None,
    ) -> Response:
        with app.store.read() as conn:
            row, said = editions.get(conn, edition_id), ledger.erratum(conn, edition_id)
        if row is None:
            raise HTTPException(404, _("There is no such edition."))
        return room.pages.page(
            "edition_correct.html",
            status=status,
            here="editions",
            row=row,
            title=edition_title(app.store, edition_id, app.zone),
            typed={name: typed.get(name, "") for name in FIELDS},
            prepared=prepared,
            earlier=said,
            wrong=wrong,
            told=told or [],
            may_correct=(worker := permission.who()) is not None and worker.may(May.APPROVE),
        )

    def looked(edition_id: int, typed: dict[str, Any], wrong: str = "", status: int = 200) -> Response:
        """Show what a correction would change, and the button that does it; or why it can't be."""
        try:
            said = Right.model_validate({name: value for name, value in typed.items() if value})
            prepared, told = _prepared(app, edition_id, said, asks=True)
        except ValidationError as error:
            return form(edition_id, typed, wrong=room.pages.say(in_words(error)), status=400)
        except PublisherError as error:
            here = status_of(error) if isinstance(error, UsageError) else 400
            return form(edition_id, typed, wrong=room.pages.say(f"{error}."), status=here)
        return form(edition_id, typed, prepared, wrong=wrong, status=status, told=told)

    def again(edition_id: int, said: dict[str, Any], wrong: str, status: int) -> Response:
        if status == 409:  # it may be as it was seen no more: shown is how it is now
            return looked(edition_id, said, wrong, status)
        return form(edition_id, said, wrong=wrong, status=status)

    @router.get(f"{EDITION}/correct")
    def empty(edition_id: Id) -> Response:
        return form(edition_id, {})

    @router.post(f"{EDITION}/correct/look", dependencies=[Depends(needs(May.APPROVE))])
    def look(edition_id: Id, said: Said) -> Response:
        return looked(edition_id, {name: "\n".join(said.fields.get(name, ())).strip() for name in FIELDS})

    @acts.post(f"{EDITION}/correct", may=May.APPROVE, back=EDITION, again=again)
    def correct(edition_id: Id, said: Right) -> Done:
        """Put an edition's words right, for who is still to get it, in the archive, and in posts where networks can."""
        prepared, _ = _prepared(app, edition_id, said)
        title = edition_title(app.store, edition_id, app.zone)
        if prepared.is_nothing:
            raise EndedError("nothing differs from what it says; nothing was changed", where=title)
        if said.shown and not hmac.compare_digest(said.shown.encode(), prepared.seal.encode()):
            raise StaleError("it would change other words by now than those you saw", where=title, remedy="Look again")
        errata.correct(app, edition_id, prepared, said.why)
        found = corrections.account_of(app, edition_id)
        lines = [str(line) for line in (*found.posts, *found.unposted, *found.mails)]
        return Done(said=f"{title}: {'; '.join(['corrected', *lines])}.")

    return router


def _prepared(app: App, edition_id: int, said: Right, *, asks: bool = False) -> tuple[Prepared, list[str]]:
    """Return what a correction would change, and what of its note is left out.

    :param asks: the sources are asked before, so that what was mended there is found.
    :raises PublisherError: it can't be corrected so.
    """
    errata.require_gone_out(app, edition_id)
    if said.note and said.no_note:
        raise UsageError("a note, and none, say different things")
    told = []
    if said.note:
        # Readers wait for what is right: it is no time to ask other servers for pictures.
        faults = written.looked_through(app, said.note, "the note", anyway=True).faults
        told = [fault.said_of("The note") for fault in faults]
    if asks:
        with permission.by_itself():  # they would be asked in a moment in any case
            told += errata.ask_sources(app, edition_id)
    note = said.note or ("" if said.no_note else None)
    prepared = errata.prepare(app, edition_id, note=note, subject=said.subject or None, mail=said.mail)
    errata.require_fit(prepared, edition_title(app.store, edition_id, app.zone))
    return prepared, told
