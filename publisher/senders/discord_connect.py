"""How a channel of Discord's lets us post: by a webhook, or by a bot."""

from __future__ import annotations

from collections.abc import Mapping

from publisher.model.call import Verdict
from publisher.senders.connecting import copied
from publisher.senders.discord_answer import judge
from publisher.senders.http import Http
from publisher.senders.verdicts import unknown

APPS = "https://discord.com/developers/applications"


def whose_webhook(url: str, http: Http) -> str | Verdict:
    """Look at the webhook."""
    reply = http.get(url)
    if reply.trouble:
        return judge(reply, "", http.clock())
    return reply.word("name") or unknown("the answer names no webhook")


def whose_bot(me: str, channel: str, headers: Mapping[str, str], http: Http) -> str | Verdict:
    """Ask who the bot is, and whether it sees the channel.

    :param me: the address at which it is told of itself.
    """
    itself = http.get(me, headers)
    place = itself if itself.trouble else http.get(channel, headers)
    if place.trouble:
        return judge(place, "", http.clock())
    return f"{itself.word('username') or itself.word('id')} in #{place.word('name') or place.word('id')}"


WAYS = (
    copied(
        ("webhook",),
        "At Discord open the channel's settings, Integrations, Webhooks, make a new one, and copy its address.",
        name="webhook",
        about="quickly set up; a post without an answer stays unknown until you have looked",
    ),
    copied(
        ("token",),
        "At Discord make an application, and under Bot reset its token and copy it.",
        "Under OAuth2 make an address with the scope bot and the permissions View Channels, Send Messages and "
        "Read Message History; open it, and add the bot to your server.",
        "Switch on the developer mode in Discord's settings, under Advanced: then a channel's menu copies its number.",
        needs=("channel",),
        name="bot",
        about="answers in threads, and a post without an answer is looked for",
        page=APPS,
    ),
)
