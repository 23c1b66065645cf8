"""How an account of Bluesky's lets us post: by an app password."""

from __future__ import annotations

from publisher.model.call import Verdict
from publisher.senders.bluesky_answer import AT_BLUESKY, judge
from publisher.senders.bluesky_server import Server
from publisher.senders.connecting import copied
from publisher.senders.events import within
from publisher.senders.verdicts import refused, unknown


def whose(server: Server) -> str | Verdict:
    """Log in, unless a session is kept, and ask who that is."""
    session = server.session()
    reply = session if isinstance(session, Verdict) else server.me(session)
    if isinstance(reply, Verdict):
        return reply
    if reply.trouble:
        return judge(reply)
    if within(reply.json, "active") is False:
        return refused(f"the account is {reply.word('status') or 'not active'}; {AT_BLUESKY}")
    return reply.word("handle") or unknown("the answer names no account")


WAYS = (
    copied(
        ("password",),
        "At Bluesky, as the account that posts, open Settings, Privacy and Security, App Passwords.",
        "Add an app password named Publisher, and copy it: it is shown once.",
        needs=("identifier",),
        page="https://bsky.app/settings/app-passwords",
    ),
)
