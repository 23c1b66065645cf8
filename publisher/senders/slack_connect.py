"""How a workspace of Slack's lets us post: by a webhook of an app's, or by the app's bot."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from publisher.model.call import Verdict
from publisher.senders.bodies import as_json
from publisher.senders.connecting import copied
from publisher.senders.events import within
from publisher.senders.http import Http
from publisher.senders.slack_answer import judge, judge_webhook
from publisher.senders.verdicts import refused

APPS = "https://api.slack.com/apps"
ALIVE = "no_text"  # what a webhook that is good says of a post without words
NEEDED = "chat:write"
SCOPES = "x-oauth-scopes"  # header, on every answer to a bot


def whose_webhook(url: str, headers: Mapping[str, str], http: Http) -> str | Verdict:
    """Send a post without words, which Slack refuses: as such where the webhook is good."""
    reply = http.post(url, as_json({"text": ""}), headers)
    return "a webhook that is good" if reply.status == 400 and reply.text.strip() == ALIVE else judge_webhook(reply)


def whose_bot(api: str, channel: str, headers: Mapping[str, str], http: Http) -> str | Verdict:
    """Ask who the bot is, what it may do, and whether it is in the channel."""
    reply = http.post(f"{api}/auth.test", b"", headers)
    if not reply.word("user"):
        return judge(reply, str, http.clock())
    scopes = reply.headers.get(SCOPES, NEEDED).replace(" ", "").split(",")
    if NEEDED not in scopes:
        return refused(f"the bot's token lacks {NEEDED}: give it to the app, and install it again")
    listed = http.get(f"{api}/conversations.history?{urlencode({'channel': channel, 'limit': '1'})}", headers)
    if within(listed.json, "ok") is not True:
        return judge(listed, str, http.clock())
    return f"{reply.word('user')} in {reply.word('team')}"


WAYS = (
    copied(
        ("webhook",),
        "At Slack make an app for your workspace. Under Incoming Webhooks switch them on, add one for the channel, "
        "and copy its address.",
        name="webhook",
        about="quickly set up; no threads, no links in the log, and posts can't be taken down",
        page=APPS,
    ),
    copied(
        ("token",),
        "At Slack make an app for your workspace. Under OAuth & Permissions give its bot chat:write and "
        "channels:history (groups:history for a private channel), install it, and copy the bot token.",
        "Invite the bot into the channel. The channel's ID stands at the foot of its details.",
        needs=("channel",),
        name="bot",
        about="threads, links and withdrawals, and a post without an answer is looked for",
        page=APPS,
    ),
)
