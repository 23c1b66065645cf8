"""What Telegram's answers mean: its own codes and words are in the body, whatever the status is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from publisher.model.call import Outcome, Scope, Verdict
from publisher.senders.events import reason, within, word
from publisher.senders.http import Reply
from publisher.senders.verdicts import edited, judge_status, moment, refused, sent, taken_down, unknown

OF_CHANNELS = "-100"  # before the number of a channel or supergroup
GONE, TOO_OLD = "message to delete not found", "message can't be deleted"
NOT_FOUND, AS_IT_IS = ("message to edit not found", "message_id_invalid"), "message is not modified"
NO_TEXT = "there is no text in the message to edit"
MEND = {  # Telegram's words, in lower case, for what isn't the post's fault, and what to do about it
    "unauthorized": "copy the token from @BotFather again",
    "chat not found": "check `chat`, and that the bot is a member",
    "message thread not found": "check `topic`",
    "topic_closed": "open the topic again, or write another `topic`",
    "not enough rights": "let the bot post there, as an administrator",
    "need administrator rights": "let the bot post there, as an administrator",
    "have no rights to send": "let the bot post there, as an administrator",
    "chat_write_forbidden": "let the bot post there, as an administrator",
    "chat_admin_required": "let the bot post there, as an administrator",
    "chat_restricted": "look in Telegram why the chat is restricted",
    "user_banned_in_channel": "look in Telegram why the bot is banned there",
    "bot was kicked": "let the bot into the chat again",
    "bot was blocked": "whoever blocked the bot has to start it again",
    "not a member": "let the bot into the chat, as an administrator of a channel",
}


def judge(reply: Reply, chat: str, now: datetime) -> Verdict:
    """Return what became of one message.

    :param chat: where it went, as the editor wrote it.
    """
    said = reply.json
    if reply.trouble is None and within(said, "ok") is True:
        return _taken(said, chat)
    verdict = reply.trouble or _error_in(said)
    if verdict.outcome is Outcome.DEFERRED:
        wait = moment(word(within(said, "parameters", "retry_after")), now)
        return replace(verdict, until=wait or verdict.until)
    return _of_the_account(verdict, reply) if verdict.outcome is Outcome.REFUSED else verdict


def judge_removal(reply: Reply, chat: str, now: datetime) -> Verdict:
    """Return what became of one message that was to be taken down."""
    said = reply.json
    words = reason(within(said, "description")).lower()
    is_done = reply.trouble is None and within(said, "ok") is True and within(said, "result") is True
    verdict = sent() if is_done else judge(reply, chat, now)
    if TOO_OLD in words:
        verdict = replace(verdict, reason=f"{verdict.reason}; a bot takes down only what is younger than 48 hours")
    return taken_down(verdict, is_gone=GONE in words, is_token=reply.status in (401, 404))


def judge_edit(reply: Reply, chat: str, now: datetime) -> Verdict:
    """Return what became of one message that was to say something else; it may say so already."""
    words = reason(within(reply.json, "description")).lower()
    verdict = sent() if AS_IT_IS in words else judge(reply, chat, now)
    is_gone = any(said_so in words for said_so in NOT_FOUND)
    return edited(verdict, is_gone=is_gone, is_token=reply.status in (401, 404))


def has_no_text(reply: Reply) -> bool:
    """Say whether a message wasn't edited because its words stand under a picture."""
    return NO_TEXT in reason(within(reply.json, "description")).lower()


def _taken(said: Any, chat: str) -> Verdict:
    number = word(within(said, "result", "message_id"))
    if not number.isdecimal():
        return unknown("HTTP 200 with an answer that can't be read")
    name = word(within(said, "result", "chat", "username")) or chat.removeprefix("@")
    if name.startswith(OF_CHANNELS):
        name = f"c/{name.removeprefix(OF_CHANNELS)}"
    return sent(number, "" if name.lstrip("-").isdecimal() else f"https://t.me/{name}/{number}")


def _error_in(said: Any) -> Verdict:
    """Take a 200 that says it is none for what it says."""
    code = within(said, "error_code")
    found = judge_status(code, reason(within(said, "description")), None) if isinstance(code, int) else None
    return found or unknown("HTTP 200 with an answer that can't be read")


def _of_the_account(verdict: Verdict, reply: Reply) -> Verdict:
    """Stop the channel where every post would be refused as this one was, and say what to do."""
    moved = word(within(reply.json, "parameters", "migrate_to_chat_id"))
    if moved:
        return refused(f"{verdict.reason}; the group has another number now: write `chat: {moved}`", Scope.ACCOUNT)
    if reply.status == 404:  # no such method: what stands before it in the address is no token
        return refused(f"{verdict.reason}; {MEND['unauthorized']}", Scope.ACCOUNT)
    words = verdict.reason.lower()
    remedy = next((remedy for said_so, remedy in MEND.items() if said_so in words), "")
    return refused(f"{verdict.reason}; {remedy}", Scope.ACCOUNT) if remedy else verdict
