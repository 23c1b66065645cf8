"""How an account of Bluesky's lets us post: by an app password."""

from __future__ import annotations

from publisher.model.call import Verdict
from publisher.senders.bluesky_server import Server
from publisher.senders.connecting import copied


def whose(server: Server) -> str | Verdict:
    """Log in, and say as whom."""
    session = server.session()
    return session if isinstance(session, Verdict) else server.account.identifier


WAYS = (
    copied(
        ("password",),
        "At Bluesky, as the account that posts, open Settings, Privacy and Security, App Passwords.",
        "Add an app password named Publisher, and copy it: it is shown once.",
        needs=("identifier",),
        page="https://bsky.app/settings/app-passwords",
    ),
)
