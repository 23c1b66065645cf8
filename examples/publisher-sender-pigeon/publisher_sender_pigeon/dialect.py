"""Pigeon Post on this machine: it answers as strictly as the real one, and speaks with its signature."""

import json
from collections.abc import Mapping

from publisher.clock import now
from publisher.model.event import EventKind
from publisher.testing import Accepted, Received, Response
from publisher_sender_pigeon.events import KINDS, signature

TOKEN = "pigeon-t0ken"
WORDS: Mapping[EventKind, str] = {kind: said for said, kind in KINDS.items()}


class PigeonDialect:
    event_secrets = ("new-feather", "old-feather")

    def __init__(self) -> None:
        self.rejects: set[str] = set()  # whom it turns down, letter by letter
        self.known: dict[str, object] = {}  # answers by idempotency key

    def answer(self, request: Received, number: int) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Response(401, {"message": "who are you?"})
        if (request.method, request.path) != ("POST", "/v1/letters") or not isinstance(request.json, dict):
            return Response(404, {"message": "no such loft"})
        if not 1 <= len(request.json["letters"]) <= 100:
            return Response(422, {"message": "1 to 100 letters"})
        key = request.headers["idempotency-key"]
        if key in self.known:
            return Response(200, self.known[key])
        return self._take(request, key, number)

    def say(self, kind: EventKind, reference: str, secret: str = "") -> Received | None:
        if kind not in WORDS:
            return None
        about = {"letter": f"p-{reference}", "to": "reader1@example.org", "reference": reference}
        event = {"type": WORDS[kind], "at": int(now().timestamp()), **about}
        return self.sign(json.dumps([event]).encode(), secret or self.event_secrets[0])

    def sign(self, body: bytes, secret: str) -> Received:
        timestamp = str(int(now().timestamp()))
        headers = {"pigeon-timestamp": timestamp, "pigeon-signature": signature(secret, timestamp, body)}
        return Received("POST", "", headers, body)

    def _take(self, request: Received, key: str, number: int) -> Response:
        rows, taken = [], []
        for place, letter in enumerate(request.json["letters"]):
            if letter["to"] in self.rejects:
                rows.append({"refused": "no roof to land on"})
                continue
            rows.append({"id": f"p{number}-{place}"})
            taken.append(Accepted(letter["to"], key, f"p{number}-{place}", request))
        self.known[key] = {"letters": rows}
        return Response(200, self.known[key], tuple(taken))
