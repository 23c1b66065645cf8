"""Bluesky (AT Protocol): posts and threads, each part a record under a key of ours, which stands once by that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from pydantic import Field

from publisher.model.call import Answer, Call, Outcome, Verdict
from publisher.model.message import PictureRules, Post, PostRules
from publisher.senders.base import Base, Journal, Options, Secret, Sender
from publisher.senders.bluesky_answer import is_another, is_forgotten, judge, judge_found
from publisher.senders.bluesky_connect import WAYS, whose
from publisher.senders.bluesky_record import COLLECTION, Ref, embed_of, record_key, record_of, request_of
from publisher.senders.bluesky_server import Server
from publisher.senders.bluesky_session import Account, Session
from publisher.senders.bodies import as_json
from publisher.senders.http import Http, Reply
from publisher.senders.pictures import STEP, Shown, picture_of, uploaded
from publisher.senders.post import AROUND, in_parts, post_of, size_with_picture, take_down
from publisher.senders.verdicts import stop, unknown

UPLOADS = PictureRules(most_bytes=1_000_000, most_alt=2_000)
KEPT = timedelta(hours=1)  # a picture that no record shows is thrown away "soon"


class BlueskyOptions(Options):
    identifier: str = Field(min_length=1, description="the account's handle, without @: gazette.bsky.social")
    password: Secret = Field(description="an app password of the account, not its own one")
    host: Base = Field("https://bsky.social", description="where the account logs in")


class Bluesky(Sender):
    name = "bluesky"
    carries = frozenset({"post"})
    options = BlueskyOptions
    max_bytes = UPLOADS.most_bytes + AROUND
    takes_down = True
    cannot_edit = "Bluesky goes on showing a post as it was first"
    ways = WAYS
    idempotent_for = timedelta(days=1)  # a record stands for good; later a person may have deleted it

    @classmethod
    def rules_of(cls, options: Mapping[str, object]) -> PostRules:
        counted = PostRules("bluesky", 300, most_bytes=3_000, shows_short=True, threads=True)
        return replace(counted, shows_card=True, uploads=UPLOADS)

    def __init__(self, options: BlueskyOptions, http: Http) -> None:
        super().__init__(options, http)
        host, password = options.base_url or options.host, options.password.get_secret_value()
        self._account = Account(options.identifier.removeprefix("@"), password, host, stays=bool(options.base_url))

    @property
    def _server(self) -> Server:
        return Server(self._account, self.http, self.vault)

    def send(self, call: Call, journal: Journal) -> Answer:
        post = post_of(call, self)
        if isinstance(post, Answer):
            return post
        return in_parts(post, journal, lambda number, out: self._post(post, number, out, call, journal))

    def withdraw(self, call: Call, journal: Journal) -> Answer:
        return take_down(call, journal, self._server.remove)

    def whose(self) -> str | Verdict:
        return whose(self._server)

    def size(self, call: Call) -> int:
        return size_with_picture(call)

    def _post(self, post: Post, number: int, out: Sequence[Verdict], call: Call, journal: Journal) -> Answer:
        """Post one part. Its record is frozen before it is first said, and thawed where nothing can stand of it."""
        begun, noted = journal.noted(_step(0)) or {}, journal.noted(_step(number)) or {}
        session = self._server.session()
        if isinstance(session, Verdict):
            return stop(_doubted(session) if noted else session)
        if begun.get("repo", session.did) != session.did:
            return stop(unknown("it was begun on another account: look there what stands of it"))
        shown = self._shown(number, call, session, journal, is_frozen=bool(noted))
        if isinstance(shown, Answer):
            return shown
        frozen = noted or self._frozen(post, number, out, call, shown.id, session.did, journal)
        journal.note(_step(number), frozen)
        reply, verdict = self._put(session, frozen)
        if is_forgotten(reply):
            journal.note(STEP, {})  # it goes up again
        if verdict.outcome is Outcome.SENT:
            journal.note(_step(number), {**frozen, "cid": reply.word("cid")})
        elif is_forgotten(reply) or (verdict.outcome is not Outcome.UNKNOWN and not noted):
            journal.note(_step(number), {})  # said later it is of that moment, not of this one
        else:
            verdict = _doubted(verdict)
        return shown.told(reply.answer(verdict))

    def _shown(self, number: int, call: Call, session: Session, journal: Journal, *, is_frozen: bool) -> Shown | Answer:
        """Return what a part shows of the post's picture: what is frozen shows what it did."""
        if number > 0:
            return Shown()
        if is_frozen:
            return Shown(refusal=str((journal.noted(STEP) or {}).get("refused", "")))
        return uploaded(call, self, journal, lambda picture, _: self._server.upload(session, picture), KEPT)

    def _frozen(
        self, post: Post, number: int, out: Sequence[Verdict], call: Call, image: str, did: str, journal: Journal
    ) -> dict[str, object]:
        """Make the record of a part, and all that must be the same however often it is said."""
        now = self.http.clock()
        refs = [_ref(verdict, journal.noted(_step(place)) or {}) for place, verdict in enumerate(out)]
        embed = embed_of(post.card, picture_of(call, self), image) if number == 0 else None
        record = record_of(post, number, now, (refs[0], refs[-1]) if refs else None, embed)
        rkey = record_key(now, f"{call.key} {number}")
        body = as_json(request_of(did, rkey, record)).decode()
        return {"repo": did, "rkey": rkey, "made_at": record["createdAt"], "body": body}

    def _put(self, session: Session, frozen: Mapping[str, object]) -> tuple[Reply, Verdict]:
        """Say a record, or look at the one that stands in its place."""
        reply = self._server.put(session, str(frozen["body"]).encode())
        if isinstance(reply, Verdict):
            return Reply(), reply
        if not is_another(reply):
            return reply, judge(reply)
        found = self._server.look(session, COLLECTION, str(frozen["rkey"]))
        return found, judge_found(found, frozen["made_at"])


def _step(number: int) -> str:
    return f"record {number + 1}"


def _ref(verdict: Verdict, noted: Mapping[str, object]) -> Ref:
    return {"uri": verdict.provider_id, "cid": str(noted["cid"])}


def _doubted(verdict: Verdict) -> Verdict:
    """Say of what is put off that an earlier try may have been taken: no other channel takes over."""
    is_put_off = verdict.outcome is Outcome.DEFERRED
    return unknown(f"{verdict.reason}; a try before this one may have been taken") if is_put_off else verdict
