"""Bluesky's own code, as a server to post to and as a library to ask what a text is to it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.judges import tools
from tests.senders.oracle.node import Library, free_port, serving

PACKAGES = ("@atproto/pds", "@atproto/api", "@did-plc/server")
PASSWORD = "the-account's-own"


def missing() -> str:
    """Say what is missing on this machine; empty where everything is there."""
    return next((words for name in PACKAGES if (words := tools.package(name))), "")


# --- the server -------------------------------------------------------------------------------------------------------


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Run the server until the end of the block; yield its address."""
    directory, port = free_port(), free_port()
    with serving("bluesky_server.mjs", folder, directory, port):
        yield f"http://localhost:{port}"


class Owner:
    """Whose account it is: makes it, and looks at what stands there."""

    def __init__(self, url: str, name: str) -> None:
        self.url, self.handle = url, f"{name}.test"
        made = self._post("server.createAccount", handle=self.handle, email=f"{name}@a.example", password=PASSWORD)
        self.did, self._token = made["did"], made["accessJwt"]

    def app_password(self) -> str:
        return str(self._post("server.createAppPassword", name=f"publisher {random.random()}")["password"])

    def end_app_passwords(self) -> None:
        for each in self._get("server.listAppPasswords")["passwords"]:
            self._post("server.revokeAppPassword", name=each["name"])

    def posts(self) -> list[dict[str, Any]]:
        """Return what stands, oldest first."""
        listed = self._get("repo.listRecords", repo=self.did, collection="app.bsky.feed.post", limit="100")
        return list(reversed(listed["records"]))

    def change(self, post: dict[str, Any], **values: object) -> None:
        """Change a post by hand, as another program would."""
        self._post("repo.putRecord", **self._place(post), record={**post["value"], **values})

    def picture(self, blob: dict[str, Any]) -> bytes:
        """Return what stands under a picture's name."""
        asked = {"did": self.did, "cid": blob["ref"]["$link"]}
        return requests.get(f"{self.url}/xrpc/com.atproto.sync.getBlob", asked, timeout=20).content

    def _place(self, post: dict[str, Any]) -> dict[str, str]:
        return {"repo": self.did, "collection": "app.bsky.feed.post", "rkey": post["uri"].rpartition("/")[2]}

    def _post(self, method: str, /, **said: object) -> Any:
        return self._asked("POST", method, json=said)

    def _get(self, method: str, /, **said: str) -> Any:
        return self._asked("GET", method, params=said)

    def _asked(self, verb: str, method: str, /, **said: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if hasattr(self, "_token") else {}
        answer = requests.request(verb, f"{self.url}/xrpc/com.atproto.{method}", headers=headers, timeout=20, **said)
        answer.raise_for_status()
        return answer.json() if answer.content else None


# --- the library ------------------------------------------------------------------------------------------------------


def rich_text() -> Library:
    """Return the library: asked about {text, shown, places}, it names facets, graphemes and pieces."""
    return Library("bluesky_richtext.mjs")
