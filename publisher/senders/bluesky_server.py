"""Requests to the server on which a Bluesky account lives, each under a session that is good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from publisher.model.call import Answer, Picture, Verdict
from publisher.senders.bluesky_answer import WAIT, is_worn, judge_blob, judge_removal
from publisher.senders.bluesky_session import Account, Session, session_of
from publisher.senders.bodies import as_json
from publisher.senders.http import Http, Reply
from publisher.senders.vault import Vault
from publisher.senders.verdicts import refused, stop


@dataclass(frozen=True, slots=True)
class Server:
    """The server of one account."""

    account: Account
    http: Http
    vault: Vault

    def session(self, worn: Session | None = None) -> Session | Verdict:
        return session_of(self.account, self.http, self.vault, worn)

    def me(self, session: Session) -> Reply | Verdict:
        """Ask whose a session is, and whether that account is active."""
        return self._under(
            session, lambda good: self.http.get(f"{good.server}/xrpc/com.atproto.server.getSession", good.bearer)
        )

    def put(self, session: Session, body: bytes) -> Reply | Verdict:
        """Make a record."""
        return self._said(session, "putRecord", body, "application/json")

    def upload(self, session: Session, picture: Picture) -> Answer:
        """Upload a picture, which is gone again if no record soon shows it."""
        reply = self._said(session, "uploadBlob", picture.content, picture.type)
        return stop(reply) if isinstance(reply, Verdict) else reply.answer(judge_blob(reply))

    def look(self, session: Session, collection: str, rkey: str) -> Reply:
        """Look at the record under a key."""
        asked = urlencode({"repo": session.did, "collection": collection, "rkey": rkey})
        return self.http.get(f"{session.server}/xrpc/com.atproto.repo.getRecord?{asked}")

    def remove(self, uri: str) -> Answer:
        """Delete a record."""
        session = self.session()
        if isinstance(session, Verdict):
            return stop(session)
        repo, *place = uri.removeprefix("at://").split("/") if uri.startswith("at://") else [""]
        if len(place) != 2:
            return stop(refused("its address can't be read"))
        if repo != session.did:
            return stop(refused("it stands on another account"))
        body = as_json({"repo": repo, "collection": place[0], "rkey": place[1]})
        reply = self._said(session, "deleteRecord", body, "application/json")
        return stop(reply) if isinstance(reply, Verdict) else reply.answer(judge_removal(reply))

    def _said(self, session: Session, method: str, body: bytes, kind: str) -> Reply | Verdict:
        """Say something about the account's records."""

        def say(good: Session) -> Reply:
            headers = {**good.bearer, "Content-Type": kind}
            return self.http.post(f"{good.server}/xrpc/com.atproto.repo.{method}", body, headers, wait=WAIT)

        return self._under(session, say)

    def _under(self, session: Session, say: Callable[[Session], Reply]) -> Reply | Verdict:
        """Say something; where the session has ended meanwhile nothing was taken, and it is said under a new one."""
        reply = say(session)
        if not is_worn(reply):
            return reply
        renewed = self.session(worn=session)
        return renewed if isinstance(renewed, Verdict) else say(renewed)
