"""What LinkedIn's answers mean: a post's name is in a header, and a duplicate's in the refusal."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from publisher.model.call import Outcome, Scope, Verdict
from publisher.senders.events import within, word
from publisher.senders.http import Reply
from publisher.senders.verdicts import deferred, edited, next_midnight, refused, sent, unknown

SOON = timedelta(seconds=5)
IMAGE = re.compile(r"urn:li:image:[\w-]+")
URN = re.compile(r"urn:li:(?:share|ugcPost):\d+")
DUPLICATE = "DUPLICATE_POST"
OLD = "write a `version` that LinkedIn still serves"
MEND = {  # statuses of what isn't the post's fault, and what to do about it
    401: "the token has ended or was revoked: make a new one",
    403: "the token needs w_member_social, or w_organization_social of one who may post for `author`",
    426: OLD,
}


def judge(reply: Reply, now: datetime) -> Verdict:
    """Return what became of one post."""
    if reply.trouble is None:
        urn = URN.fullmatch(reply.headers.get("x-restli-id", "").strip())
        return _stands(urn[0]) if urn else unknown(f"HTTP {reply.status} with an answer that doesn't name the post")
    verdict, said = reply.trouble, reply.json
    if verdict.outcome is Outcome.DEFERRED:
        used_up = reply.status == 429 and verdict.until is None and "DAY limit" in verdict.reason
        return replace(verdict, until=next_midnight(now)) if used_up else verdict
    if verdict.outcome is not Outcome.REFUSED:
        return verdict
    if DUPLICATE in _codes(said):
        named = URN.search(reply.text)
        return _stands(named[0]) if named else sent()
    if reply.status == 409:  # nobody says with what it conflicts
        return unknown(verdict.reason)
    remedy = OLD if "NONEXISTENT_VERSION" in _codes(said) else MEND.get(reply.status or 0, "")
    return refused(f"{verdict.reason}; {remedy}", Scope.ACCOUNT) if remedy else verdict


def judge_edit(reply: Reply, now: datetime) -> Verdict:
    """Return what became of one post that was to say something else."""
    if reply.trouble is None:
        return sent() if reply.status == 204 else unknown(f"HTTP {reply.status}, which isn't 204")
    if DUPLICATE in _codes(reply.json):  # another post says so: this one is as it was
        return refused(reply.trouble.reason)
    return edited(judge(reply, now), is_gone=reply.status == 404, is_token=reply.status == 401)


def place_in(reply: Reply, api: str) -> tuple[str, str]:
    """Return a picture's name and where it is to be put; both empty where the answer names no place of LinkedIn's.

    :param api: where LinkedIn is called; the token goes to no other host.
    """
    image, url = (word(within(reply.json, "value", name)) for name in ("image", "uploadUrl"))
    if reply.trouble:
        return "", ""
    return (image, url) if IMAGE.fullmatch(image) and _is_theirs(url, api) else ("", "")


def _is_theirs(url: str, api: str) -> bool:
    try:
        place, ours = urlsplit(url), urlsplit(api)
        is_theirs = place.scheme == "https" and f".{place.hostname}".endswith(".linkedin.com")
    except ValueError:
        return False
    return is_theirs or (place.scheme, place.netloc) == (ours.scheme, ours.netloc)


def judge_place(reply: Reply, now: datetime) -> Verdict:
    """Return why there is no place to put a picture."""
    return judge(reply, now) if reply.trouble else unknown(f"HTTP {reply.status} without a place for the picture")


def judge_put(reply: Reply, now: datetime) -> Verdict | None:
    """Return what is wrong with the answer to a picture that was put; LinkedIn's own says nothing but 201."""
    if reply.trouble:
        return judge(reply, now)
    return unknown(f"HTTP {reply.status} with a web page") if reply.text.lstrip().startswith("<") else None


def judge_image(reply: Reply, image: str, now: datetime) -> Verdict:
    """Return whether a picture that was put can be shown; where that isn't said, it may be."""
    state = reply.word("status")
    if state in ("PROCESSING", "WAITING_UPLOAD"):
        return replace(deferred(f"LinkedIn is still at work on the picture ({state})", now + SOON), provider_id=image)
    if state == "PROCESSING_FAILED":
        return refused("LinkedIn could not read it")
    return sent(image)


def _codes(said: Any) -> set[str]:
    """Return the codes of a refusal, of the whole and of its fields."""
    errors = within(said, "errorDetails", "inputErrors")
    rows = errors if isinstance(errors, list) else []
    return {word(within(each, "code")) for each in (said, *rows)}


def _stands(urn: str) -> Verdict:
    return sent(urn, f"https://www.linkedin.com/feed/update/{urn}/")
