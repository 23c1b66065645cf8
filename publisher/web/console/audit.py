"""The console's page of who did what when."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field

from publisher.audience.cells import harmless
from publisher.model.staff import May
from publisher.store import staff, trail
from publisher.store.trail import Deed
from publisher.web.acts import Acts
from publisher.web.console.addresses import address
from publisher.web.console.paging import PAGE, Limit, Mark, Page, no_such_page, pack, unpack
from publisher.web.console.subscribers import READER
from publisher.web.door import needs
from publisher.web.pages import Pages

if TYPE_CHECKING:
    from publisher.app import App

HERE = "/audit"
MOST = 5_000  # lines of a file
STRETCH = 200_000  # lines that a page looks through for those of somebody
KINDS = ("edition", "article", "source", "schedule", "subscriber", "channel", "staff", "version", "hook", "sending")
# Where a thing is seen, by what it is called in what was done.
PLACES = {"edition": "/editions/{}", "article": "/articles/{}", "source": "/sources/{}", "channel": "/channels/{}"}
PLACES |= {"schedule": "/schedules", "staff": "/people", "version": "/schedules"}
Who = Annotated[str, Query(max_length=100, description="As it stands beside what they did: console:anna, or anna.")]
About = Annotated[str, Query(max_length=200, description="edition:12, or only edition.")]


class AuditLine(BaseModel):
    """One thing that somebody did."""

    at: datetime
    who: str = Field(description="console:NAME, cli:NAME of who was at the terminal, or publisher.")
    what: str
    about: str = Field(description="edition:12, channel:letters …; empty: nothing in particular.")
    where: str = Field(description="The page that shows it; empty: none does.")


def routes(app: App, pages: Pages, acts: Acts) -> APIRouter:
    """Return the addresses of the audit."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get(HERE)
    def every(who: Who = "", about: About = "", after: Mark = "") -> Response:
        lines, mark = _page(app, who, about, after, PAGE, STRETCH)
        with app.store.read() as conn:
            people = [member.name for member in staff.every(conn)]
        asked = {"who": who.strip(), "about": about.strip()}
        older = address(HERE, **asked, after=mark) if mark else ""
        return pages.page(
            "audit.html",
            here="audit",
            lines=lines,
            asked=asked,
            older=older,
            cut_short=bool(older) and len(lines) < PAGE,
            is_first=not after,
            people=people,
            kinds=KINDS,
            file=address(f"{HERE}.csv", **asked),
        )

    @router.get(f"{HERE}.csv", dependencies=[Depends(needs(May.OPERATE))])
    def file(who: Who = "", about: About = "") -> Response:
        lines, _ = _page(app, who, about, "", MOST)
        said = {"Content-Disposition": 'attachment; filename="audit.csv"'}
        return Response(_as_csv(lines), media_type="text/csv; charset=utf-8", headers=said)

    @acts.api.get(HERE, response_model=Page[AuditLine])
    def lines(who: Who = "", about: About = "", after: Mark = "", limit: Limit = PAGE) -> Page[AuditLine]:
        """List who did what when, newest first. A page may be short of lines, and go on."""
        found, mark = _page(app, who, about, after, limit, STRETCH)
        return Page[AuditLine](items=found, after=mark)

    return router


def _page(app: App, who: str, about: str, after: str, limit: int, stretch: int = 0) -> tuple[list[AuditLine], str]:
    """Return a page of lines, and the mark of the next; empty: that was all."""
    before = _before(unpack(after, list)[0]) if after else None
    wanted = trail.Wanted(who.strip(), about.strip(), before, limit, stretch)
    with app.store.read() as conn:
        found, goes_on = trail.find(conn, wanted)
    return [_line(app, deed) for deed in found], pack(list(goes_on.values())) if goes_on else ""


def _before(numbers: list[object]) -> dict[str, int]:
    """Return of each kind of rows where a page goes on.

    :raises UsageError: no mark of ours says that.
    """
    known = [number for number in numbers if type(number) is int and 0 <= number <= 2**63 - 1]
    if len(known) != len(numbers) or len(known) != len(trail.KINDS):
        raise no_such_page()
    return dict(zip(trail.KINDS, known, strict=True))


def _line(app: App, deed: Deed) -> AuditLine:
    kind, _, which = deed.about.partition(":")
    where = PLACES.get(kind, "").format(quote(which, safe="")) if which else ""
    about = deed.about
    if kind == "subscriber" and which.isdecimal():
        name = app.wire_name(READER, int(which))
        where, about = f"/subscribers/{name}", f"subscriber:{which}"
    return AuditLine(at=deed.at, who=deed.actor, what=deed.what, about=about, where=where)


def _as_csv(lines: Sequence[AuditLine]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["at", "who", "what", "about"])
    writer.writerows([line.at.isoformat(), *map(harmless, (line.who, line.what, line.about))] for line in lines)
    return text.getvalue()
