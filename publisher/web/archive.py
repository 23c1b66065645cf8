"""Past editions on the web: lists of them, a feed for each, and each mail on a page of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from publisher.app import archive
from publisher.model.project import MailingList
from publisher.web.atom import Entry, Feed, atom
from publisher.web.frames import with_pictures
from publisher.web.headers import ARCHIVED
from publisher.web.kept import kept
from publisher.web.pages import Pages
from publisher.web.places import Served

if TYPE_CHECKING:
    from publisher.app import App

_HEAD = re.compile(r"<head\b[^>]*>", re.I)


def routes(app: App, pages: Pages) -> APIRouter:
    """Return the addresses of archives, open to the world."""
    router = APIRouter(default_response_class=HTMLResponse)
    looking = ["GET", "HEAD"]

    @router.api_route("/archive", methods=looking)
    def overview(request: Request) -> Response:
        lists = archive.listed(app)
        page = pages.page("archive_lists.html", say=pages.words(), lists=lists, is_found=bool(lists))
        return kept(request, page, is_found=bool(lists))

    @router.api_route("/archive/{list_name}", methods=looking)
    def listing(list_name: str, request: Request, before: str = "") -> Response:
        mailing_list = archive.archived(app, list_name)
        found = archive.listing(app, mailing_list, before) if mailing_list else None
        if mailing_list is None or found is None:
            return _gone(mailing_list)
        return _page(request, mailing_list, "archive_list.html", found=found)

    @router.api_route("/archive/{list_name}/feed.xml", methods=looking)
    def feed(list_name: str, request: Request) -> Response:
        mailing_list = archive.archived(app, list_name)
        found = archive.listing(app, mailing_list) if mailing_list else None
        if mailing_list is None or found is None:
            return _gone(mailing_list)
        answer = Response(atom(_feed(found)), media_type="application/atom+xml")
        return kept(request, answer, is_found=mailing_list.archive == "public")

    @router.api_route("/archive/{list_name}/{name}", methods=looking)
    def edition(list_name: str, name: str, request: Request) -> Response:
        mailing_list = archive.archived(app, list_name)
        found = archive.opened(app, mailing_list, name) if mailing_list else None
        if mailing_list is None or found is None:
            return _gone(mailing_list, name)
        return _page(request, mailing_list, "archive_edition.html", found=found)

    @router.api_route("/archive/{list_name}/{name}/mail", methods=looking)
    def mail(list_name: str, name: str, request: Request) -> Response:
        """Serve the mail itself, for the frame of its page: a page of others' words, so it may do nothing."""
        mailing_list = archive.archived(app, list_name)
        found = archive.opened(app, mailing_list, name) if mailing_list else None
        if mailing_list is None or found is None:
            return _gone(mailing_list, name)
        html = with_pictures(archive.html_of(app, mailing_list, found.mail), Served(app.project.publication.public_url))
        html = _HEAD.sub(lambda head: f'{head[0]}<base target="_top">', html, count=1)
        answer = HTMLResponse(html, headers={"Content-Security-Policy": ARCHIVED})
        return kept(request, answer, is_found=False)  # search engines name the page around it

    def _page(request: Request, mailing_list: MailingList, template: str, **what: Any) -> Response:
        is_public = mailing_list.archive == "public"
        say = pages.words(mailing_list.language)
        page = pages.page(template, say=say, list=mailing_list, is_found=is_public, **what)
        return kept(request, page, is_found=is_public)

    def _gone(mailing_list: MailingList | None, name: str = "") -> Response:
        say = pages.words(mailing_list.language if mailing_list else "")
        is_withdrawn = mailing_list is not None and archive.was_withdrawn(app, mailing_list, name)
        status = 410 if is_withdrawn else 404
        return pages.page("archive_gone.html", status=status, say=say, list=mailing_list, is_withdrawn=is_withdrawn)

    def _feed(found: archive.Listing) -> Feed:
        paper, mailing_list = app.project.publication, found.mailing_list
        address = f"{app.public_url}/archive/{mailing_list.name}"
        host = urlsplit(paper.public_url or paper.url).hostname or "localhost"

        def entry(issue: archive.Issue) -> Entry:
            # Not its address: that is another one once the key is, and readers would see it twice.
            lasting = f"tag:{host},{issue.sent_at:%Y-%m-%d}:archive/{mailing_list.name}/{issue.send_id}"
            return Entry(lasting, issue.title, f"{address}/{issue.name}", issue.sent_at)

        entries = tuple(entry(issue) for issue in found.issues)
        title = mailing_list.title if mailing_list.title == paper.name else f"{paper.name}: {mailing_list.title}"
        return Feed(title, mailing_list.about, address, paper.name, mailing_list.language or paper.language, entries)

    return router
