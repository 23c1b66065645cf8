"""The page that the first command leads to: one edition as readers get it, left as files."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping

from publisher.errors import MissingError
from publisher.model.article import LedgerArticle
from publisher.model.message import Post
from publisher.model.states import DeliveryState
from publisher.store import deliveries, log, messages
from publisher.store import media as cards
from publisher.web import media
from publisher.web.folder import Folder
from publisher.web.frames import frame
from publisher.web.message_views import MailView, filled
from publisher.web.pages import Pages, stylesheet
from publisher.web.places import Lying, digest, own_card
from publisher.web.views import EditionView, SendView, edition_view

if TYPE_CHECKING:
    from publisher.app import App

LINES = 100  # of the send log on the page; the whole is in the log, and in log.json
WHOLE = 2_000_000
# Nothing can be done on a page that lies in a folder.
UNTOUCHED: dict[str, Any] = {"desk": None, "buttons": None, "asked": None, "outcomes": (), "changes": None}
UNTOUCHED |= {"wrong": "", "typed": {}}


def write_files(app: App, edition_id: int, out: Path) -> list[Path]:
    """Leave an edition's page as files that open without a server: ``index.html`` and what it shows; return them.

    :raises UsageError: there is no such edition.
    :raises OSError: the folder can't be written.
    """
    view = _view(app, edition_id)
    folder = Folder(out)
    public_url = app.project.publication.public_url
    places = Lying(lambda url: _copy_picture(app, url, folder), public_url)
    for send in view.sends:
        if send.mail is not None:
            for dark in (False, True):
                folder.write(places.frame(send.row["id"], dark=dark), frame(send.mail.html, places, dark=dark))
    page = Pages(app).html("edition.html", places, edition=view, lines=LINES, **UNTOUCHED)
    folder.write("index.html", page)
    folder.write("style.css", stylesheet())
    return folder.written


def _copy_picture(app: App, url: str, folder: Folder) -> str:
    if own := own_card(url, app.project.publication.public_url):
        return _copy_card(app, own, folder)
    path = media.find(app, digest(url))
    if path is None:
        return ""
    name = f"pictures/{digest(url)[:16]}{path.suffix.lower()}"
    folder.copy(path, name)
    return name


def _copy_card(app: App, card: str, folder: Folder) -> str:
    with app.store.read() as conn:
        kept = cards.get(conn, card)
    if kept is None:
        return ""
    folder.write_bytes(name := f"pictures/{card[:16]}.png", kept.content)
    return name


def write_out(app: App, edition_id: int, out: Path) -> list[Path]:
    """Leave an edition as files for people and programs; return them.

    ``edition.json``, ``email.html``, ``email.txt`` and ``email.json`` (as the first reader gets the mail; a second
    mail of the edition is ``email-2.…``), ``posts/<channel>.txt``, ``log.json``, and the page of `write_files`.

    :raises UsageError: there is no such edition.
    :raises OSError: the folder can't be written.
    """
    view = _view(app, edition_id)
    folder = Folder(out)
    names: Counter[str] = Counter()
    for send in view.sends:
        if send.mail is not None:
            _write_mail(_for_first_reader(app, send), folder, _next_name(names, "email"))
        elif send.post is not None:
            name = _next_name(names, re.sub(r"[^\w.-]", "_", send.row["channel"]))
            folder.write(f"posts/{name}.txt", _post_text(app, send))
    folder.write_json("edition.json", _edition_plain(view))
    with app.store.read() as conn:
        whole = log.find(conn, log.Filter(edition_id=edition_id, limit=WHOLE))
    folder.write_json("log.json", [_delivery_plain(row) for row in sorted(whole, key=itemgetter("id"))])
    return folder.written + write_files(app, edition_id, out)


def _view(app: App, edition_id: int) -> EditionView:
    view = edition_view(app, edition_id, deliveries=LINES)
    if view is None:
        raise MissingError(f"there is no edition {edition_id}", remedy="See them: publisher editions")
    return view


def _next_name(names: Counter[str], name: str) -> str:
    names[name] += 1
    return name if names[name] == 1 else f"{name}-{names[name]}"


def _for_first_reader(app: App, send: SendView) -> MailView:
    """Return the mail with the values of its first reader; with a made-up one's where it went to nobody."""
    assert send.mail is not None  # noqa: S101 -- only called for mail
    with app.store.read() as conn:
        first = deliveries.first_of_send(conn, send.row["id"])
        member = deliveries.members(conn, [first], app.store.now())[0] if first is not None else None
    return filled(send.mail.mail, app.sending.introduce(member).values) if member else send.mail


def _write_mail(view: MailView, folder: Folder, name: str) -> None:
    folder.write(f"{name}.html", view.html)
    folder.write(f"{name}.txt", view.text)
    own = {"subject": view.subject, "from": view.sender, "reply_to": view.mail.reply_to}
    folder.write_json(f"{name}.json", {**own, "headers": dict(view.headers)})


def _post_text(app: App, send: SendView) -> str:
    with app.store.read() as conn:
        found = messages.of_send(conn, send.row["id"])
    assert found is not None  # noqa: S101 -- a send with a post view has its post
    assert isinstance(found[1], Post)  # noqa: S101 -- and a post it is
    return found[1].text + "\n"


def _edition_plain(view: EditionView) -> dict[str, Any]:
    row = view.row
    mailed = next((send for send in view.sends if send.mail is not None), None)
    return {
        **{name: row[name] for name in ("id", "schedule", "slot", "language", "due_at", "state", "reason")},
        "articles": [_article_plain(article, reason) for article, reason in view.picked],
        "left_out": [_article_plain(article, reason) for article, reason in view.left],
        "mail": "email.html" if mailed else None,
        "mail_missing_because": "" if mailed else _why_no_mail(view),
        "sends": [_send_plain(send) for send in view.sends],
    }


def _why_no_mail(view: EditionView) -> str:
    if view.row["reason"]:
        return str(view.row["reason"])
    held = [str(finding["what"]) for send in view.sends for finding in send.findings if finding["blocks"]]
    return "; ".join(held) or "no entry of this schedule sends mail"


def _article_plain(known: LedgerArticle, reason: str) -> dict[str, Any]:
    article = known.article
    names = ("title", "url", "authors", "categories", "published_at", "summary", "language")
    image = asdict(article.image) if article.image else None
    plain = {name: getattr(article, name) for name in names}
    return {**plain, "image": image, "source": known.source, "reason": reason, "notes": article.notes}


def _send_plain(send: SendView) -> dict[str, Any]:
    names = ("channel", "state", "candidates", *(state.value for state in DeliveryState))
    return {**{name: send.row[name] for name in names}, "to": send.row["audience"], "checks": send.findings}


def _delivery_plain(row: RowMapping) -> dict[str, Any]:
    names = ("schedule", "slot", "channel", "kind", "to", "state", "attempts", "due_at", "spoke_at", "status")
    plain = {name: row[name] for name in names}
    words = {"provider_id": row["provider_id"], "reason": row["reason"], "url": row["url"]}
    return {"delivery": row["id"], "edition": row["edition_id"], **plain, **words}
