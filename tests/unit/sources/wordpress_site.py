"""A WordPress on loopback, as far as its REST API tells of posts: after the public handbook of the REST API."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Answer = tuple[int, dict[str, str], bytes]
JSON = {"Content-Type": "application/json; charset=UTF-8"}
HTML = {"Content-Type": "text/html; charset=UTF-8"}
PAGE = b"<!DOCTYPE html><html><head><title>Harbor Gazette</title></head><body><h1>Soon back</h1></body></html>"


@dataclass
class WordPress:
    """Posts by id, and how the site behaves."""

    address: str
    posts: dict[int, dict[str, Any]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    login: tuple[str, str] | None = None  # asked for by every route
    status: int = 200  # of every answer
    is_html: bool = False
    has_pretty_addresses: bool = True
    knows_modified_after: bool = True
    knows_include: bool = True
    tells_totals: bool = True
    ignores_pages: bool = False
    before_page: Callable[[int], None] = lambda number: None

    def post(self, post_id: int, title: str = "", *, date: str = "", modified: str = "", **more: Any) -> None:
        """Publish a post, or edit it."""
        date = date or f"2026-11-{post_id % 28 + 1:02d}T07:00:00"
        self.posts[post_id] = {
            "id": post_id,
            "date": date,
            "date_gmt": date,
            "modified_gmt": modified or date,
            "guid": {"rendered": f"{self.address}/?p={post_id}"},
            "status": "publish",
            "link": f"{self.address}/story-{post_id}/",
            "title": {"rendered": title or f"Story {post_id}"},
            "content": {"rendered": f"<p>What happened at the quay, number {post_id}.</p>", "protected": False},
            "excerpt": {"rendered": f"<p>The quay, number {post_id}.</p>", "protected": False},
            **more,
        }

    def answer(self, path: str, query: dict[str, str], authorization: str) -> Answer:
        route = query.pop("rest_route", "") if path == "/" else path.removeprefix("/wp-json")
        if self.is_html:
            return self.status, HTML, PAGE
        if path != "/" and not (path.startswith("/wp-json/") and self.has_pretty_addresses):
            return 404, HTML, PAGE
        if self.status != 200:
            return self.refusal(self.status, "rest_forbidden")
        if self.login and authorization != basic(*self.login):
            return self.refusal(401, "rest_not_logged_in")
        if route == "/":
            return 200, JSON, json.dumps({"name": "Harbor &amp; Gazette"}).encode()
        return self._posts(query) if route == "/wp/v2/posts" else self.refusal(404, "rest_no_route")

    def refusal(self, status: int, code: str) -> Answer:
        said = {"code": code, "message": "No.", "data": {"status": status}}
        return status, JSON, json.dumps(said).encode()

    def _posts(self, query: dict[str, str]) -> Answer:
        self.asked.append(query)
        number, size = int(query["page"]), int(query["per_page"])
        self.before_page(number)
        wanted = query.get("status", "publish").split(",")
        if wanted != ["publish"] and not self.login:
            return self.refusal(400, "rest_invalid_param")
        found = [post for post in self.posts.values() if post["status"] in wanted]
        if "include" in query and self.knows_include:
            named = query["include"].split(",")
            found = [post for post in found if str(post["id"]) in named]
        key = {"date": "date_gmt", "modified": "modified_gmt"}[query.get("orderby", "date")]
        if "after" in query:
            found = [post for post in found if (post["date_gmt"] or "") > query["after"].rstrip("Z")]
        if "modified_after" in query and self.knows_modified_after:
            found = [post for post in found if post["modified_gmt"] > query["modified_after"].rstrip("Z")]
        found.sort(key=lambda post: (post[key] or "", post["id"]), reverse=True)
        pages = -(-len(found) // size)
        if number > max(1, pages) and not self.ignores_pages:
            return self.refusal(400, "rest_post_invalid_page_number")
        start = 0 if self.ignores_pages else (number - 1) * size
        fields = [name.partition(".")[0] for name in query.get("_fields", "").split(",")]
        shown = [
            {name: value for name, value in post.items() if "_fields" not in query or name in fields}
            for post in found[start : start + size]
        ]
        totals = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)} if self.tells_totals else {}
        return 200, {**JSON, **totals}, json.dumps(shown).encode()


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@contextmanager
def wordpress_site() -> Iterator[WordPress]:
    """Serve a WordPress on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            status, headers, body = site.answer(unquote(parts.path), query, self.headers.get("Authorization", ""))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda request, address: None  # a connection that the reader keeps ends with the test
    site = WordPress(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield site
    finally:  # else a test that fails inside keeps its process from ending
        server.shutdown()
        server.server_close()
        thread.join()
