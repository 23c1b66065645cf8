"""What Slack is told: words that call nobody, addresses that are links, and what a post can be looked for by."""

from __future__ import annotations

from publisher.model.call import Call
from publisher.model.message import Post
from publisher.model.post_size import urls_in

EVENT = "publisher_post"


def body_of(text: str, preview: bool) -> dict[str, object]:
    """Return the body of one message, as webhooks and bots both have it."""
    return {"text": as_it_is(text), "unfurl_links": preview, "unfurl_media": preview}


def as_it_is(text: str) -> str:
    """Escape what would be a mention, a channel or a link to Slack; the addresses in it are links."""
    pieces, end = [], 0
    for start, stop in urls_in(text):
        address = _plain(text[start:stop].replace("|", "%7C"))
        pieces += [_plain(text[end:start]), f"<{address}>"]
        end = stop
    return "".join([*pieces, _plain(text[end:])])


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def parts_of(call: Call) -> list[dict[str, object]]:
    """Return what each part carries unseen: the same for every call of this delivery."""
    post, reference = call.message, call.recipients[0].reference
    count = len(post.parts) if isinstance(post, Post) else 0
    return [
        {"event_type": EVENT, "event_payload": {"delivery": reference, "part": number + 1}} for number in range(count)
    ]
