"""What every post sender does before it speaks: refuse what can't be posted."""

from __future__ import annotations

from publisher.model.call import Answer, Call
from publisher.model.message import Post
from publisher.senders.base import Sender
from publisher.senders.verdicts import refused, stop


def post_of(call: Call, sender: Sender) -> Post | Answer:
    """Return the post of a call; an Answer where nothing can be posted, and nothing was."""
    post = call.message
    if not isinstance(post, Post):
        return stop(refused(f"{sender.name} carries posts, not mail"))
    if len(call.recipients) != 1:
        return stop(refused(f"{len(call.recipients)} accounts; a post goes to one per call"))
    if not post.parts or not all(part.strip() for part in post.parts):
        return stop(refused("the post, or a part of the thread, is empty"))
    return oversized(max(len(part.encode()) for part in post.parts), sender) or post


def oversized(size: int, sender: Sender) -> Answer | None:
    """Refuse a request of more bytes than the sender takes, before it leaves."""
    if size <= sender.max_bytes:
        return None
    return stop(refused(f"{size:,} bytes; {sender.name} takes {sender.max_bytes:,} per request"))
