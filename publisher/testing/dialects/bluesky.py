"""How a Bluesky server (PDS) answers."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from publisher.clock import now
from publisher.testing.dialects.base import Accepted, Received, Response, Shown, Trouble, type_of
from publisher.testing.dialects.bluesky_record import POST, pictures_of, wrong_with

DID = "did:plc:4711gazette"
TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
ACCESS_FOR = timedelta(hours=2)


class BlueskyDialect:
    """One account. A record is made once; ``swapRecord`` must be null, since without it a record would be changed.

    Stricter than the real one, which takes what no reader would understand: a facet must lie within the text and on
    whole signs, and who is answered must be there.
    """

    requests_per_upload = 1

    def __init__(self, identifier: str = "gazette.example", password: str = "app-p4ss-w0rd") -> None:  # noqa: S107 - a fake's
        self.identifier, self.password = identifier, password
        self.lives_at = ""  # where the account's document says that it lives
        self.status = ""  # deactivated, suspended: why the account isn't active
        self.access: dict[str, str] = {}  # tokens, and what is wrong with each
        self.refresh: dict[str, str] = {}
        self.records: dict[str, tuple[str, dict[str, Any]]] = {}  # cid and record by uri
        self.blobs: dict[str, bytes] = {}  # pictures by the names of their content
        self.refuses_pictures = False
        self.shown: dict[str, Shown] = {}

    def prepares(self, method: str, path: str) -> bool:
        return not path.endswith(("putRecord", "uploadBlob", "deleteRecord"))

    def counts(self, left: int, until: datetime) -> dict[str, str]:
        reset = str(int(until.timestamp()))
        policy = {"RateLimit-Limit": "5000", "RateLimit-Policy": "5000;w=3600"}
        return {**policy, "RateLimit-Remaining": str(left), "RateLimit-Reset": reset}

    def uploads(self, method: str, path: str) -> bool:
        return path.endswith("uploadBlob")

    def standing(self) -> list[str]:
        return list(self.records)

    def end_sessions(self, error: str = "ExpiredToken", *, for_good: bool = False) -> None:
        """Let every session end; for good: it can't be refreshed either."""
        self.access = dict.fromkeys(self.access, error)
        self.refresh = dict.fromkeys(self.refresh, error) if for_good else self.refresh

    def befall(self, trouble: Trouble, request: Received) -> Sequence[Response]:
        if trouble is Trouble.REVOKED:
            self.password = "another-p4ss-w0rd"  # noqa: S105 -- a fake's
            self.end_sessions(for_good=True)
        return WORDS.get(trouble, ())

    def answer(self, request: Received, number: int) -> Response:
        parts = urlsplit(request.path)
        name = parts.path.removeprefix("/xrpc/com.atproto.")
        if (request.method, name) == ("POST", "server.createSession"):
            return self._logged_in(request, number)
        if (request.method, name) == ("POST", "server.refreshSession"):
            return self._refused(request, self.refresh) or self._session(number)
        if (request.method, name) == ("GET", "server.getSession"):
            return self._refused(request, self.access) or Response(200, self._account())
        if (request.method, name) == ("GET", "repo.getRecord"):
            return self._shown(parse_qs(parts.query))
        if (request.method, name) == ("POST", "repo.uploadBlob"):
            return self._refused(request, self.access) or self._uploaded(request)
        if (request.method, name) == ("POST", "repo.deleteRecord"):
            return self._refused(request, self.access) or self._deleted(request.json)
        if (request.method, name) == ("POST", "repo.putRecord"):
            return self._refused(request, self.access) or self._put(request)
        return _no("MethodNotImplemented", "Method Not Implemented", 501)

    def _logged_in(self, request: Received, number: int) -> Response:
        if request.json != {"identifier": self.identifier, "password": self.password}:
            return _no("AuthenticationRequired", "Invalid identifier or password", 401)
        return self._session(number)

    def _session(self, number: int) -> Response:
        access, refresh = _jwt("access", number), _jwt("refresh", number)
        self.access[access] = self.refresh[refresh] = ""
        body: dict[str, object] = {"accessJwt": access, "refreshJwt": refresh, **self._account()}
        if self.lives_at:
            service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.lives_at}
            body["didDoc"] = {"id": DID, "service": [{"id": "#labeler"}, service]}
        return Response(200, body)

    def _account(self) -> dict[str, object]:
        status = {"status": self.status} if self.status else {}
        return {"did": DID, "handle": self.identifier, "active": not self.status, **status}

    def _refused(self, request: Received, known: dict[str, str]) -> Response | None:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind != "Bearer":
            return _no("AuthMissing", "Authentication Required", 401)
        if known is self.refresh and request.body:
            return _no("InvalidRequest", "A request body was provided when none was expected")
        error = known.get(token, "InvalidToken")
        return (
            _no(error, "Token has expired" if error == "ExpiredToken" else "Token could not be verified")
            if error
            else None
        )

    def _put(self, request: Received) -> Response:
        body = request.json
        if not isinstance(body, dict) or body.keys() != {"repo", "collection", "rkey", "swapRecord", "record"}:
            return _no("InvalidRequest", "Input must have repo, collection, rkey, swapRecord and record")
        if body["repo"] != DID:
            return _no("AccountNotFound", "Account not found", 403)
        if body["collection"] != POST or not TID.fullmatch(str(body["rkey"])):
            return _no("InvalidRequest", "Invalid record key: not a TID")
        record = body["record"]
        if any(not self._is_here(blob) for _, blob in pictures_of(record.get("embed", {}))):
            return _no("BlobNotFound", "Could not find blob")
        if "reply" in record and not self._answered(record["reply"]):
            return _no("InvalidRequest", "reply: who is answered is not there")
        if wrong := next(wrong_with(record), ""):
            return _no("InvalidRequest", f"Invalid {POST} record: {wrong}")
        uri, cid = f"at://{DID}/{POST}/{body['rkey']}", _cid(record)
        if uri in self.records:
            there = self.records[uri][0]
            return (
                Response(200, {"uri": uri, "cid": cid})
                if there == cid
                else _no("InvalidSwap", f"Record was at {there}")
            )
        self.records[uri] = (cid, record)
        if pictures := pictures_of(record.get("embed", {})):
            (alt, blob), in_card = pictures[0], record["embed"]["$type"].endswith("external")
            self.shown[uri] = Shown(self.blobs[blob["ref"]["$link"]], alt, in_card)
        answer = {"uri": uri, "cid": cid, "commit": {"cid": cid, "rev": body["rkey"]}, "validationStatus": "valid"}
        return Response(200, answer, (Accepted("@gazette@news.example", "", uri, request),))

    def _deleted(self, said: Any) -> Response:
        """Delete a record; the answer to one that isn't there is the same, but for the commit."""
        if not isinstance(said, dict) or said.keys() != {"repo", "collection", "rkey"}:
            return _no("InvalidRequest", "Input must have repo, collection and rkey")
        if said["repo"] != DID:
            return _no("AccountNotFound", "Account not found", 403)
        gone = self.records.pop(f"at://{DID}/{said['collection']}/{said['rkey']}", None)
        return Response(200, {"commit": {"cid": gone[0], "rev": said["rkey"]}} if gone else {})

    def _uploaded(self, request: Received) -> Response:
        kind = request.headers.get("content-type", "")
        if self.refuses_pictures or type_of(request.body) != kind:
            return _no("InvalidMimeType", f"Referenced Mimetype does not match stored blob: {kind}")
        cid = f"bafkrei{hashlib.sha256(request.body).hexdigest()[:52]}"
        self.blobs[cid] = request.body
        blob = {"$type": "blob", "ref": {"$link": cid}, "mimeType": kind, "size": len(request.body)}
        return Response(200, {"blob": blob})

    def _shown(self, asked: dict[str, list[str]]) -> Response:
        uri = "at://" + "/".join(asked.get(name, [""])[0] for name in ("repo", "collection", "rkey"))
        if uri not in self.records:
            return _no("RecordNotFound", f"Could not locate record: {uri}")
        cid, record = self.records[uri]
        return Response(200, {"uri": uri, "cid": cid, "value": record})

    def _is_here(self, blob: Any) -> bool:
        content = self.blobs.get(blob["ref"]["$link"])
        said = {"$type": "blob", "ref": blob["ref"], "mimeType": type_of(content or b""), "size": len(content or b"")}
        return content is not None and blob == said

    def _answered(self, reply: Any) -> bool:
        """Say whether both posts that an answer names are there, as they are named."""
        if not isinstance(reply, dict) or reply.keys() != {"root", "parent"}:
            return False
        return all(self.records.get(ref["uri"], ("",))[0] == ref["cid"] for ref in reply.values())


def _cid(record: dict[str, Any]) -> str:
    return "bafyrei" + hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:52]


def _jwt(kind: str, number: int) -> str:
    """Return a token as the real one's: what it says of itself can be read, and here nobody signs it."""
    ends_at = int((now() + ACCESS_FOR).timestamp())
    said = json.dumps({"scope": kind, "exp": ends_at, "jti": number}).encode()
    return f"eyJ.{base64.urlsafe_b64encode(said).decode().rstrip('=')}.s1gnature"


def _no(error: str, message: str, status: int = 400) -> Response:
    return Response(status, {"error": error, "message": message})


WORDS = {
    Trouble.REVOKED: (_no("ExpiredToken", "Token has expired"),),
    Trouble.SUSPENDED: (
        _no("AccountTakedown", "Account has been taken down", 401),
        _no("AccountDeactivated", "Account is deactivated"),
    ),
    Trouble.INSIDE_A_SUCCESS: (Response(200, {"error": "InternalServerError", "message": "Internal Server Error"}),),
}  # what stands behind a link it looks at when somebody reads
