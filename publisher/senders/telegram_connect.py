"""How a bot of Telegram's gets a token and a place to post in: by @BotFather, and by being let into a chat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from publisher.model.call import Verdict
from publisher.senders.bodies import as_json
from publisher.senders.connecting import Ask, Grant, Step, Talk, Way
from publisher.senders.events import within, word
from publisher.senders.http import Http
from publisher.senders.telegram_answer import MEND, judge
from publisher.senders.verdicts import refused

API = "https://api.telegram.org"
BROADCASTS = "channel"
ADMINISTRATORS = ("administrator", "creator")
LET_IN = MEND["not enough rights"]


def whose(bot: str, chat: str, http: Http) -> str | Verdict:
    """Ask who the bot is, and whether it may post in the chat.

    :param bot: the API's address with the token.
    """
    me = _asked(http, bot, "getMe")
    if isinstance(me, Verdict):
        return me
    place = _asked(http, bot, "getChat", {"chat_id": chat})
    if isinstance(place, Verdict):
        return place
    member = _asked(http, bot, "getChatMember", {"chat_id": chat, "user_id": within(me, "id")})
    if isinstance(member, Verdict):
        return member
    if not _may_post(member, place):
        return refused(f"the bot may not post in {_title(place)}; {LET_IN}")
    return f"@{word(within(me, 'username'))} in {_title(place)}"


def _make(talk: Talk) -> Step:
    return Step(
        (
            "In Telegram write to @BotFather, send it /newbot and answer its questions.",
            "Copy the token that it answers with.",
        ),
        (talk.ask("token"),),
        "https://t.me/BotFather",
    )


def _let_in(talk: Talk) -> Step:
    """Make sure of the token first; where the chat is known nothing more is asked."""
    name = word(within(_said(talk, "getMe"), "username"))
    if talk["chat"]:
        return Step()
    return Step(
        (
            f"Let @{name} into the channel or group: in a channel as an administrator who may post messages.",
            "Then write something there, so that the bot hears of it.",
        ),
        (Ask("done", "press Enter when that is done", is_optional=True),),
    )


def _choose(talk: Talk) -> Step:
    """Show the chats that the bot has heard of since; where it has heard of none one is typed in."""
    if talk["chat"]:
        return Step()
    found = dict(_chats(_said(talk, "getUpdates")))
    ask = Ask("chat", "where the bot posts", choices=found) if found else talk.ask("chat")
    return Step(() if found else ("The bot has heard of no channel or group yet.",), (ask,))


def _token(talk: Talk) -> Grant:
    return Grant({name: talk[name] for name in ("token", "chat")})


def _said(talk: Talk, method: str) -> Any:
    """Return what Telegram says; raises where it says no."""
    said = _asked(talk.http, f"{talk.host(API)}/bot{quote(talk['token'], safe=':')}", method)
    if isinstance(said, Verdict):
        raise talk.refusal(said, "Telegram doesn't take it")
    return said


def _asked(http: Http, bot: str, method: str, body: Mapping[str, object] | None = None) -> Any:
    """Return the result of a method, or a Verdict."""
    reply = http.post(f"{bot}/{method}", as_json(body or {}), {"Content-Type": "application/json"})
    is_fine = reply.trouble is None and within(reply.json, "ok") is True
    return within(reply.json, "result") if is_fine else judge(reply, "", http.clock())


def _chats(updates: Any) -> Iterator[tuple[str, str]]:
    """Yield the channels and groups that updates speak of: by number, with their titles."""
    for update in updates if isinstance(updates, list) else []:
        for about in update.values() if isinstance(update, dict) else []:
            chat = within(about, "chat") if isinstance(about, dict) else None
            if isinstance(chat, dict) and word(chat.get("type")) not in ("", "private"):
                yield word(chat.get("id")), _title(chat)


def _may_post(member: Any, chat: Any) -> bool:
    """Say whether a member's rights are enough: in a channel the right to post, elsewhere not to be shut out."""
    status = word(within(member, "status"))
    if word(within(chat, "type")) == BROADCASTS:
        return status in ADMINISTRATORS and (status == "creator" or within(member, "can_post_messages") is True)
    return status not in ("left", "kicked", "") and within(member, "can_send_messages") is not False


def _title(chat: Any) -> str:
    return word(within(chat, "title")) or word(within(chat, "username")) or word(within(chat, "id"))


WAYS = (Way("", "", ("token",), ("chat",), (_make, _let_in, _choose, _token)),)
