"""A picture goes up to X, then its description: X takes the words apart from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from publisher.model.call import Answer, Outcome, Picture, Scope, Verdict
from publisher.senders.bodies import File, as_json, as_multipart
from publisher.senders.http import Reply
from publisher.senders.verdicts import deferred, sent, unknown
from publisher.senders.x_answer import judge

PostTo = Callable[[str, bytes, str], Reply]  # of a path, a body and its type


def upload(picture: Picture, begun: str, post_to: PostTo) -> Answer:
    """Upload a picture, unless that is done, and describe it."""
    if not begun:
        file = File("media", picture.name, picture.type, picture.content)
        reply = post_to("media/upload", *as_multipart([("media_category", "tweet_image")], file))
        verdict = judge(reply)
        if verdict.outcome is not Outcome.SENT or not picture.alt:
            return reply.answer(verdict)
        begun = verdict.provider_id
    about = {"id": begun, "metadata": {"alt_text": {"text": picture.alt}}}
    reply = post_to("media/metadata", as_json(about), "application/json")
    return reply.answer(_described(reply, begun))


def _described(reply: Reply, media: str) -> Verdict:
    """Return what became of a picture when it was described: words that are refused keep it from nothing."""
    if reply.trouble is None and (isinstance(reply.json, dict) or not reply.text.strip()):
        return sent(media)
    verdict = judge(reply) if reply.trouble else unknown(f"HTTP {reply.status} with an answer that can't be read")
    if verdict.outcome is Outcome.REFUSED and verdict.scope is not Scope.ACCOUNT:
        return sent(media)
    is_in_doubt = verdict.outcome is Outcome.UNKNOWN
    return replace(deferred(verdict.reason) if is_in_doubt else verdict, provider_id=media)
