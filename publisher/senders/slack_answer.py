"""What Slack's answers mean: a bot's 200 may be a refusal, and a webhook says one word."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from publisher.model.call import Outcome, Scope, Verdict
from publisher.senders.events import reason, within, word
from publisher.senders.http import Reply
from publisher.senders.verdicts import deferred, edited, refused, retry_at, sent, taken_down, unknown

ASK = "ask whoever administers the workspace why the app may not post"
TOKEN = "copy the bot's token again"  # noqa: S105 -- no secret but what to do about it
INVITE = "invite the bot into the channel"
HOOK = "make a new webhook and write its address"
MEND = {  # a bot's errors that aren't the post's fault, and what to do about them
    **dict.fromkeys(("invalid_auth", "account_inactive", "token_revoked", "token_expired", "not_authed"), TOKEN),
    **dict.fromkeys(("missing_scope", "no_permission"), "give the app the scope chat:write, and install it again"),
    "channel_not_found": "check `channel`, and that the bot is in it",
    "not_in_channel": INVITE,
    "is_archived": "bring the channel back from the archive, or write another",
    **dict.fromkeys(
        ("restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel"),
        "let the bot post in the channel",
    ),
    **dict.fromkeys(("access_denied", "accesslimited", "ekm_access_denied", "enterprise_is_restricted"), ASK),
    **dict.fromkeys(("org_login_required", "team_access_not_granted", "two_factor_setup_required"), ASK),
}
SLOWLY = {"ratelimited", "rate_limited", "message_limit_exceeded"}
DOUBTFUL = {"fatal_error", "internal_error", "service_unavailable", "request_timeout"}
DEAD = {403, 404, 410}  # of a webhook: it, its channel or its workspace is gone


def judge(reply: Reply, link: Callable[[str], str], now: datetime) -> Verdict:
    """Return what became of a bot's message.

    :param link: makes the address of a message of its time.
    """
    said = reply.json
    error = reason(within(said, "error"), within(said, "needed"))
    if reply.trouble is not None:
        verdict, remedy = reply.trouble, MEND.get(word(within(said, "error")), "")
        is_refused = remedy and verdict.outcome is Outcome.REFUSED
        return refused(f"{verdict.reason}; {remedy}", Scope.ACCOUNT) if is_refused else verdict
    if within(said, "ok") is True and (ts := word(within(said, "ts"))):
        return sent(ts, link(ts))
    if within(said, "ok") is not False or not error:
        return unknown(f"HTTP {reply.status} with an answer that can't be read")
    return _inside(word(within(said, "error")), error, retry_at(reply.headers, ("Retry-After",), now))


def _inside(name: str, error: str, until: datetime | None) -> Verdict:
    """Take a 200 for the error that it holds."""
    if name in SLOWLY:
        return deferred(error, until)
    if name in DOUBTFUL:
        return unknown(error)
    return refused(f"{error}; {MEND[name]}", Scope.ACCOUNT) if name in MEND else refused(error)


def judge_edit(reply: Reply, now: datetime) -> Verdict:
    """Return what became of a bot's message that was to say something else."""
    return edited(judge(reply, lambda ts: "", now), is_gone=_is_gone(reply), is_token=_is_token(reply))


def judge_removal(reply: Reply, now: datetime) -> Verdict:
    """Return what became of a bot's message that was to be taken down."""
    return taken_down(judge(reply, lambda ts: "", now), is_gone=_is_gone(reply), is_token=_is_token(reply))


def _is_gone(reply: Reply) -> bool:
    return word(within(reply.json, "error")) == "message_not_found"


def _is_token(reply: Reply) -> bool:
    return reply.status == 401 or MEND.get(word(within(reply.json, "error"))) == TOKEN


def judge_webhook(reply: Reply) -> Verdict:
    """Return what became of a webhook's message: `ok`, and no word more, is its success."""
    if reply.trouble is None:
        return sent() if reply.text.strip() == "ok" else unknown(f"HTTP {reply.status} with an answer that isn't `ok`")
    if reply.status in DEAD:
        return refused(f"{reply.trouble.reason}; {HOOK}", Scope.ACCOUNT)
    return reply.trouble


def rows_of(reply: Reply) -> list[Any]:
    """Return the messages that an answer lists; none where it lists none, or asking went wrong."""
    rows = within(reply.json, "messages") if reply.trouble is None and within(reply.json, "ok") is True else None
    return rows if isinstance(rows, list) else []


def found_in(rows: Sequence[Any], wanted: Mapping[str, object]) -> str:
    """Return the time of the message that carries this; empty where none does."""
    payload = wanted["event_payload"]
    return next((word(within(row, "ts")) for row in rows if within(row, "metadata", "event_payload") == payload), "")
