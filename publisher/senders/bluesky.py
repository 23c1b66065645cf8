"""Bluesky (AT Protocol): posts and threads, each part a record under a key of ours, which stands once by that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

from pydantic import Field

from publisher.model.call import Answer, Call, Outcome, Verdict
from publisher.model.message import Post, PostRules
from publisher.senders.base import Base, Journal, Options, Secret, Sender
from publisher.senders.bluesky_answer import WAIT, is_another, is_worn, judge, judge_found, judge_removal
from publisher.senders.bluesky_record import COLLECTION, Ref, record_key, record_of, request_of
from publisher.senders.bluesky_session import Account, Session, session_of
from publisher.senders.http import Http, Reply, as_json
from publisher.senders.post import in_parts, longest_part, post_of, take_down
from publisher.senders.verdicts import refused, stop, unknown


class BlueskyOptions(Options):
    identifier: str = Field(min_length=1, description="the account's handle, without @: gazette.bsky.social")
    password: Secret = Field(description="an app password of the account, not its own one")
    host: Base = Field("https://bsky.social", description="where the account logs in")


class Bluesky(Sender):
    name = "bluesky"
    carries = frozenset({"post"})
    options = BlueskyOptions
    max_bytes = 100_000
    takes_down = True
    idempotent_for = timedelta(days=1)  # a record stands for good; later a person may have deleted it

    @classmethod
    def rules_of(cls, options: Mapping[str, object]) -> PostRules:
        return PostRules("bluesky", 300, most_bytes=3_000, shows_short=True, threads=True, shows_card=True)

    def __init__(self, options: BlueskyOptions, http: Http) -> None:
        super().__init__(options, http)
        host, password = options.base_url or options.host, options.password.get_secret_value()
        self._account = Account(options.identifier.removeprefix("@"), password, host, stays=bool(options.base_url))

    def send(self, call: Call, journal: Journal) -> Answer:
        post = post_of(call, self)
        if isinstance(post, Answer):
            return post
        return in_parts(post, journal, lambda number, out: self._post(post, number, out, call.key, journal))

    def withdraw(self, call: Call, journal: Journal) -> Answer:
        session = session_of(self._account, self.http, self.vault)
        if isinstance(session, Verdict):
            return stop(session)
        return take_down(call, journal, lambda uri: self._remove(session, uri))

    def size(self, call: Call) -> int:
        return longest_part(call)

    def _post(self, post: Post, number: int, out: Sequence[Verdict], key: str, journal: Journal) -> Answer:
        """Post one part. Its record is frozen before it is first said, and thawed where nothing can stand of it."""
        begun, noted = journal.noted(_step(0)) or {}, journal.noted(_step(number)) or {}
        session = session_of(self._account, self.http, self.vault)
        if isinstance(session, Verdict):
            return stop(_doubted(session) if noted else session)
        if begun.get("repo", session.did) != session.did:
            return stop(unknown("it was begun on another account: look there what stands of it"))
        frozen = noted or self._frozen(post, number, out, f"{key} {number}", session, journal)
        journal.note(_step(number), frozen)
        reply, verdict = self._put(session, frozen)
        if verdict.outcome is Outcome.SENT:
            journal.note(_step(number), {**frozen, "cid": reply.word("cid")})
        elif verdict.outcome is not Outcome.UNKNOWN and not noted:
            journal.note(_step(number), {})  # said later it is of that moment, not of this one
        else:
            verdict = _doubted(verdict)
        return reply.answer(verdict)

    def _frozen(
        self, post: Post, number: int, out: Sequence[Verdict], seed: str, session: Session, journal: Journal
    ) -> dict[str, object]:
        """Make the record of a part, and all that must be the same however often it is said."""
        now = self.http.clock()
        refs = [_ref(verdict, journal.noted(_step(place)) or {}) for place, verdict in enumerate(out)]
        record = record_of(post, number, now, (refs[0], refs[-1]) if refs else None)
        rkey = record_key(now, seed)
        body = as_json(request_of(session.did, rkey, record)).decode()
        return {"repo": session.did, "rkey": rkey, "made_at": record["createdAt"], "body": body}

    def _put(self, session: Session, frozen: Mapping[str, object]) -> tuple[Reply, Verdict]:
        session, reply = self._say(session, "putRecord", str(frozen["body"]).encode())
        if not is_another(reply):
            return reply, judge(reply)
        asked = urlencode({"repo": session.did, "collection": COLLECTION, "rkey": frozen["rkey"]})
        found = self.http.get(f"{session.server}/xrpc/com.atproto.repo.getRecord?{asked}")
        return found, judge_found(found, frozen["made_at"])

    def _remove(self, session: Session, uri: str) -> Answer:
        """Delete a record; one that isn't there is deleted too, says the server."""
        owner, _, rkey = uri.removeprefix("at://").partition(f"/{COLLECTION}/")
        if owner != session.did:
            return stop(refused("it stands on another account"))
        _, reply = self._say(session, "deleteRecord", as_json({"repo": owner, "collection": COLLECTION, "rkey": rkey}))
        return reply.answer(judge_removal(reply))

    def _say(self, session: Session, what: str, body: bytes) -> tuple[Session, Reply]:
        """Say something; where the session has ended meanwhile nothing was taken, and it is said under a new one."""
        reply = self._request(session, what, body)
        if not is_worn(reply):
            return session, reply
        renewed = session_of(self._account, self.http, self.vault, worn=session)
        if isinstance(renewed, Verdict):
            return session, replace(reply, text="", trouble=renewed)
        return renewed, self._request(renewed, what, body)

    def _request(self, session: Session, what: str, body: bytes) -> Reply:
        headers = {"Authorization": f"Bearer {session.access}", "Content-Type": "application/json"}
        return self.http.post(f"{session.server}/xrpc/com.atproto.repo.{what}", body, headers, wait=WAIT)


def _doubted(verdict: Verdict) -> Verdict:
    """Say of what is put off that an earlier try may have been taken: no other channel takes over."""
    is_put_off = verdict.outcome is Outcome.DEFERRED
    return unknown(f"{verdict.reason}; a try before this one may have been taken") if is_put_off else verdict


def _step(number: int) -> str:
    return f"record {number + 1}"


def _ref(verdict: Verdict, noted: Mapping[str, object]) -> Ref:
    return {"uri": verdict.provider_id, "cid": str(noted["cid"])}
