"""What answers of Meta's Graph API mean, wherever it is spoken: a code in the body says more than the status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from publisher.model.call import Scope, Verdict
from publisher.senders.events import reason, within, word
from publisher.senders.http import Reply
from publisher.senders.verdicts import deferred, refused, sent, taken_down, unknown

TOKEN = dict.fromkeys((102, 190), "the token has ended or was revoked: make a new one")
RIGHTS = (3, 10, *range(200, 300))
SLOWLY = {4, 17, 32, 341, 613, 80001}
DOUBTFUL = {1, 2}
MISSING = {(100, 33)}  # code and subcode: there is no such thing, or no right to it


def judge_graph(reply: Reply, mend: Mapping[Any, str]) -> Verdict:
    """Return what an answer means that every request may get: its id, or its error, which may stand inside a 200.

    :param mend: codes and subcodes of what isn't the post's fault, and what to do about it, beside those of a token.
    """
    error = error_in(reply)
    if not error:
        return reply.trouble or reply.accepted("id")
    said = f"HTTP {reply.status}: {reason(error.get('message'))}"
    code, subcode = codes_of(reply)
    if remedy := TOKEN.get(code) or mend.get(subcode) or mend.get(code):
        return refused(f"{said}; {remedy}", Scope.ACCOUNT)
    if code in SLOWLY or reply.status == 429:
        return deferred(said, reply.trouble.until if reply.trouble else None)
    if code in DOUBTFUL or error.get("is_transient") is True:
        return unknown(said)
    return replace(reply.trouble, reason=said) if reply.trouble else refused(said)


def judge_removal(reply: Reply, mend: Mapping[Any, str], *, was_said: bool) -> Verdict:
    """Return what became of a post that was to be taken down; `mend` as for any request.

    :param was_said: an earlier try may have taken it down. Only then is what is missing gone: Meta says the same of a
        post that this token has no right to.
    """
    verdict = sent() if is_done(reply) else judge_graph(reply, mend)
    code, _ = codes_of(reply)
    return taken_down(
        verdict, is_gone=was_said and codes_of(reply) in MISSING, is_token=code in TOKEN or reply.status == 401
    )


def is_done(reply: Reply) -> bool:
    """Say whether an answer says that what was asked for is done, where it names no post."""
    return not error_in(reply) and reply.trouble is None and within(reply.json, "success") is True


def error_in(reply: Reply) -> dict[str, Any]:
    """Return the error that an answer holds, whatever its status; empty where it holds none."""
    error = within(reply.json, "error")
    return error if isinstance(error, dict) else {}


def codes_of(reply: Reply) -> tuple[int, int]:
    """Return the code and the subcode of an answer's error; 0 where there is none."""
    code, subcode = (error_in(reply).get(name) for name in ("code", "error_subcode"))
    return (code if isinstance(code, int) else 0, subcode if isinstance(subcode, int) else 0)


def found_in(listed: Reply, *texts: str, words: str = "text", link: str = "permalink") -> Verdict:
    """Return the newest listed post that says one of these texts; without an id where there is none.

    :param words: under which name its words stand.
    :param link: under which name its address stands.
    """
    rows = within(listed.json, "data") if listed.trouble is None else None
    wanted = [text.split() for text in texts]
    for row in rows if isinstance(rows, list) else []:
        if word(within(row, words)).split() in wanted and (number := word(within(row, "id"))):
            return sent(number, word(within(row, link)))
    return sent()
