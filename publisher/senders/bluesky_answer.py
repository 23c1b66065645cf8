"""What answers of a Bluesky server mean: the name of an error says more than its status."""

from __future__ import annotations

from publisher.model.call import Outcome, Scope, Verdict
from publisher.senders.events import within, word
from publisher.senders.exchange import judge_none
from publisher.senders.http import Reply
from publisher.senders.verdicts import deferred, refused, sent, taken_down, unknown
from publisher.senders.windows import Window

WAIT = (Window("RateLimit-Remaining", ("RateLimit-Reset",)),)  # seconds since 1970
WORN = frozenset({"ExpiredToken", "InvalidToken"})  # of a session; nothing was accepted
PASSWORD = "look whether `identifier` is right, and make a new app password"  # noqa: S105 -- no password
AT_BLUESKY = "look at Bluesky what is the matter with the account"
MEND = {  # errors that every post would meet with, and what to do about them
    "AuthenticationRequired": PASSWORD,
    "AuthFactorTokenRequired": "this is the account's own password: make an app password, and write that",
    "AccountTakedown": AT_BLUESKY,
    "AccountDeactivated": AT_BLUESKY,
    "AccountNotFound": PASSWORD,
    **dict.fromkeys(WORN, PASSWORD),
}


def is_worn(reply: Reply) -> bool:
    """Say whether the session was refused, which may have ended by itself."""
    return reply.status in (400, 401) and reply.word("error") in WORN


def is_another(reply: Reply) -> bool:
    """Say whether a record that isn't this one stands under its key."""
    return reply.status == 400 and reply.word("error") == "InvalidSwap"


def judge(reply: Reply) -> Verdict:
    """Return what became of one post."""
    if is_forgotten(reply):
        return deferred("HTTP 400: the server has thrown its picture away; it goes up again")
    verdict, remedy = reply.trouble, MEND.get(reply.word("error"), "")
    if verdict is None:
        return _standing(reply) or unknown(f"HTTP {reply.status} with an answer that can't be read")
    if verdict.outcome is not Outcome.REFUSED:
        return verdict
    if remedy:
        return refused(f"{verdict.reason}; {remedy}", Scope.ACCOUNT)
    return verdict


def judge_blob(reply: Reply) -> Verdict:
    """Return what became of an upload; sent names its content, by which a record shows it."""
    found = word(within(reply.json, "blob", "ref", "$link"))
    return sent(found) if found and reply.trouble is None else judge(reply)


def judge_removal(reply: Reply) -> Verdict:
    """Return what became of a post that was to be deleted; the server says the same of one that is gone already."""
    done = sent() if isinstance(reply.json, dict) else unknown(f"HTTP {reply.status} with an answer that can't be read")
    return taken_down(judge(reply) if reply.trouble else done, is_gone=False, is_token=reply.status == 401)


def is_forgotten(reply: Reply) -> bool:
    """Say whether a record showed a picture that the server has thrown away since: nothing was taken."""
    return reply.status == 400 and reply.word("error") == "BlobNotFound"


def judge_login(reply: Reply) -> Verdict:
    """Return why there is no session."""
    return judge_none(reply, "session", MEND.get(reply.word("error"), PASSWORD))


def judge_found(found: Reply, made_at: object) -> Verdict:
    """Return what it means that another record stands under our key: ours, changed since, or somebody else's.

    :param made_at: ``createdAt`` of the record that was refused.
    """
    if found.trouble:
        return unknown(f"another record stands under its key, and can't be looked at: {found.trouble.reason}")
    if word(within(found.json, "value", "createdAt")) == made_at:
        return _standing(found) or unknown("it stands, but its address can't be read")
    return refused("another post stands under its record key")


def _standing(reply: Reply) -> Verdict | None:
    """Return that a post stands, from an answer that names it; None where it doesn't."""
    uri, cid = reply.word("uri"), reply.word("cid")
    place = uri.removeprefix("at://").split("/")
    if not uri.startswith("at://") or len(place) != 3 or not cid:
        return None
    return sent(uri, f"https://bsky.app/profile/{place[0]}/post/{place[2]}")
