"""What X's answers mean: the type of a problem says more than its status."""

from __future__ import annotations

import html
from typing import Any
from unicodedata import normalize

from publisher.model.call import Outcome, Scope, Verdict
from publisher.senders.events import reason, within, word
from publisher.senders.http import Reply
from publisher.senders.verdicts import refused, sent, taken_down, unknown
from publisher.senders.windows import Window

BUDGET = "X takes nothing more until there are credits or a higher cap: see its developer console"
RIGHTS = "give the app the right to read and write, then make the account's access token anew"
MEND = {  # ends of types of problems that aren't the post's fault, and what to do about them
    "usage-capped": BUDGET,
    "credits": BUDGET,
    "oauth1-permissions": RIGHTS,
    "client-forbidden": "put the app into a project that may use API v2",
}
OF_STATUS = {
    401: "the token has ended or was revoked: make a new one",
    402: BUDGET,
    403: "look at X whether the account and its app may post",
}
# Of a quarter of an hour and, where it is used up, of a day; seconds since 1970.
LIMITS = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")
WAIT = tuple(Window(f"{name}-remaining", (f"{name}-reset",)) for name in LIMITS)


def judge(reply: Reply) -> Verdict:
    """Return what became of one post that is no duplicate."""
    verdict = reply.trouble
    if verdict is None:
        number = word(within(reply.json, "data", "id"))
        return sent(number, url_of(number)) if number.isdecimal() else _without_id(reply)
    kind = word(within(reply.json, "type")).rpartition("/")[2]
    spent = next((remedy for name, remedy in MEND.items() if remedy is BUDGET and name in kind), "")
    if verdict.outcome is Outcome.UNKNOWN or (verdict.outcome is Outcome.DEFERRED and not spent):
        return verdict
    if reply.status == 403 and "reply" in verdict.reason.lower():  # to what it answers, not to who posts
        return refused(verdict.reason)
    remedy = spent or MEND.get(kind) or OF_STATUS.get(reply.status or 0, "")
    return refused(f"{verdict.reason}; {remedy}", Scope.ACCOUNT) if remedy else verdict


def judge_removal(reply: Reply) -> Verdict:
    """Return what became of one post that was to be taken down."""
    is_done = reply.trouble is None and within(reply.json, "data", "deleted") is True
    verdict = sent() if is_done else judge(reply)
    return taken_down(verdict, is_gone=reply.status == 404, is_token=reply.status == 401)


def is_duplicate(reply: Reply) -> bool:
    """Say whether X refused the words because they stand already."""
    return reply.status == 403 and "duplicate content" in (reply.trouble.reason.lower() if reply.trouble else "")


def found_in(listed: Reply, text: str) -> str:
    """Return the id of the newest post of these words; empty where none is listed, or asking went wrong."""
    rows = within(listed.json, "data") if listed.trouble is None else None
    wanted = _folded(text)
    numbers = (word(within(row, "id")) for row in rows if _words(row) == wanted) if isinstance(rows, list) else ()
    return next((number for number in numbers if number.isdecimal()), "")


def url_of(number: str) -> str:
    return f"https://x.com/i/status/{number}" if number else ""


def _without_id(reply: Reply) -> Verdict:
    errors = within(reply.json, "errors")
    rows = errors if isinstance(errors, list) else []
    said = reason(*(within(row, "detail") or within(row, "message") for row in rows)) or "an answer that can't be read"
    return unknown(f"HTTP {reply.status} with {said}")


def _words(row: Any) -> str:
    """Return a listed post as it was written: X escapes it, and puts addresses of its own in place of ours.

    After the words of one with a picture stands an address of the picture, which nobody wrote.
    """
    note = within(row, "note_tweet")
    said = note if isinstance(note, dict) else row
    text, urls = word(within(said, "text")), within(said, "entities", "urls")
    for url in urls if isinstance(urls, list) else []:
        if (short := word(within(url, "url"))) and (whole := word(within(url, "expanded_url"))):
            text = text.replace(short, "" if within(url, "media_key") else whole)
    return _folded(html.unescape(text))


def _folded(text: str) -> str:
    return " ".join(normalize("NFC", text).split())
