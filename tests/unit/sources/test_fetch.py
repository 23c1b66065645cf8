"""Fetching, against a real server."""

from __future__ import annotations

import contextlib
import gzip
import socket
import time
import zlib
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from publisher.errors import SourceError
from publisher.sources.fetch import Fetcher
from publisher.wire import Gate, is_public
from tests.unit.sources.conftest import Site


def test_a_page_comes_with_its_validators(site: Site, fetcher: Fetcher) -> None:
    got = fetcher.get(site.put("/feed", "<rss/>", ETag='"7"', Last_Modified="Mon, 23 Nov 2026 06:00:00 GMT"))
    assert (got.status, got.body, got.etag) == (200, b"<rss/>", '"7"')
    assert got.last_modified == "Mon, 23 Nov 2026 06:00:00 GMT"
    assert got.content_type == "application/rss+xml"


def test_known_validators_are_sent_and_304_is_no_body(site: Site, fetcher: Fetcher) -> None:
    got = fetcher.get(site.status("/feed", 304, ETag='"8"'), etag='"7"', last_modified="yesterday")
    assert (got.status, got.body, got.etag) == (304, b"", '"8"')
    headers = site.asked[0][1]
    assert headers["If-None-Match"] == '"7"'
    assert headers["If-Modified-Since"] == "yesterday"
    assert headers["User-Agent"] == "Publisher tests"


def test_permanent_redirects_are_remembered_up_to_the_first_temporary_one(site: Site, fetcher: Fetcher) -> None:
    site.status("/old", 301, Location="/newer")
    site.status("/newer", 308, Location=site.url("/temporary"))
    site.status("/temporary", 302, Location="/there")
    site.put("/there", "x")
    got = fetcher.get(site.url("/old"))
    assert got.url == site.url("/there")
    assert got.moved_to == site.url("/temporary")


def test_a_temporary_redirect_is_not_remembered(site: Site, fetcher: Fetcher) -> None:
    site.status("/old", 302, Location="/there")
    site.put("/there", "x")
    assert fetcher.get(site.url("/old")).moved_to is None


def test_going_round_in_circles_ends(site: Site, fetcher: Fetcher) -> None:
    site.status("/a", 302, Location="/a")
    with pytest.raises(SourceError, match="more than 5 times"):
        fetcher.get(site.url("/a"))
    assert len(site.asked) == 6


def test_a_redirect_to_something_else_than_the_web_is_refused(site: Site, fetcher: Fetcher) -> None:
    site.status("/a", 302, Location="file:///etc/hostname")
    with pytest.raises(SourceError, match="no web address"):
        fetcher.get(site.url("/a"))


def test_cookies_are_neither_kept_nor_sent(site: Site, fetcher: Fetcher) -> None:
    site.status("/a", 302, Location="/b", Set_Cookie="reader=1")
    site.put("/b", "x")
    fetcher.get(site.url("/a"))
    assert "Cookie" not in site.asked[1][1]


@pytest.mark.parametrize(
    ("code", "words"),
    [(404, "is not there"), (410, "gone for good"), (401, "a name and a password"), (403, "refuses"), (429, "fewer")],
)
def test_a_refusal_is_said_in_words(site: Site, fetcher: Fetcher, code: int, words: str) -> None:
    with pytest.raises(SourceError, match=words) as caught:
        fetcher.get(site.status("/feed", code))
    assert str(code) in str(caught.value)
    assert caught.value.remedy


def test_a_server_in_trouble_is_tried_again_later(site: Site, fetcher: Fetcher) -> None:
    with pytest.raises(SourceError, match=r"in trouble at the moment \(503\)"):
        fetcher.get(site.status("/feed", 503))


def test_a_stated_length_over_the_cap_is_refused_before_it_is_read(site: Site) -> None:
    fetcher = Fetcher("t", cap=1_000, allow_private=True)
    with pytest.raises(SourceError, match=r"larger than 1,000 bytes \(0.001 MB\)"):
        fetcher.get(site.put("/feed", b"x" * 1_001))


def test_the_default_cap_is_stated(site: Site) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "50000000")
        request.end_headers()

    site.pages["/feed"] = answer
    with pytest.raises(SourceError, match=r"larger than 30,000,000 bytes \(30 MB\)"):
        Fetcher("t", allow_private=True).get(site.url("/feed"))


def test_the_cap_counts_what_is_unpacked(site: Site) -> None:
    bomb = gzip.compress(b"\0" * 5_000_000)
    with pytest.raises(SourceError, match="larger than 1,000,000 bytes"):
        Fetcher("t", cap=1_000_000, allow_private=True).get(site.put("/feed", bomb, Content_Encoding="gzip"))


@pytest.mark.parametrize(("name", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_packed_answers_are_unpacked(site: Site, fetcher: Fetcher, name: str, pack: object) -> None:
    body = b"<rss>" + b"a" * 200_000 + b"</rss>"
    packed = pack(body)  # type: ignore[operator]
    assert fetcher.get(site.put("/feed", packed, Content_Encoding=name)).body == body


def test_an_answer_that_breaks_off_is_no_answer(site: Site, fetcher: Fetcher) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        request.wfile.write(b"<rss>")

    site.pages["/feed"] = answer
    with pytest.raises(SourceError, match="broke off"):
        fetcher.get(site.url("/feed"))


def test_the_beginning_is_read_as_far_as_it_is_enough(site: Site, fetcher: Fetcher) -> None:
    url = site.put("/large", b"a" * 50_000 + b"b" + b"c" * 5_000_000, "image/png")
    body = fetcher.begin(url, lambda data: b"b" in data, most=100_000)
    assert 50_000 < len(body) < 100_000
    assert len(fetcher.begin(url, lambda data: False, most=100_000)) == 100_000
    assert site.asked[0][1]["Range"] == "bytes=0-99999"
    assert site.asked[0][1]["Accept-Encoding"] == "identity"


def test_a_beginning_is_checked_and_timed_as_a_whole_page_is(site: Site, fetcher: Fetcher) -> None:
    with pytest.raises(SourceError, match="own network"):
        Fetcher("test").begin(site.put("/x", b"x"), lambda data: False, most=10)
    slow = replace(fetcher, total=0.3)
    with pytest.raises(SourceError, match=r"still sending after 0\.3 seconds"):
        slow.begin(site.trickle("/slow", b"x" * 100), lambda data: False, most=1_000)


def test_silence_ends_after_the_timeout(site: Site) -> None:
    site.pages["/feed"] = lambda request: time.sleep(1.0)
    with pytest.raises(SourceError, match=r"did not answer within 0.2 seconds"):
        Fetcher("t", timeout=0.2, allow_private=True).get(site.url("/feed"))


def test_a_trickle_ends_after_the_total_time(site: Site) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        with contextlib.suppress(OSError):  # the reader hangs up, as it should
            for _ in range(30):
                request.wfile.write(b"x")
                request.wfile.flush()
                time.sleep(0.05)

    site.pages["/feed"] = answer
    with pytest.raises(SourceError, match=r"still sending after 0.3 seconds"):
        Fetcher("t", timeout=1.0, total=0.3, allow_private=True).get(site.url("/feed"))


def test_a_head_that_trickles_ends_after_the_total_time(site: Site) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        with contextlib.suppress(OSError):
            for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 60:
                request.wfile.write(bytes([letter]))
                request.wfile.flush()
                time.sleep(0.03)

    site.pages["/feed"] = answer
    begun = time.monotonic()
    with pytest.raises(SourceError, match=r"still sending after 0.3 seconds"):
        Fetcher("t", timeout=1.0, total=0.3, allow_private=True).get(site.url("/feed"))
    assert time.monotonic() - begun < 1


def test_a_kept_connection_that_was_closed_meanwhile_is_no_failure(site: Site, fetcher: Fetcher) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.protocol_version = "HTTP/1.1"  # says that the connection is kept, and closes it
        request.send_response(200)
        request.send_header("Content-Length", "1")
        request.end_headers()
        request.wfile.write(b"x")
        request.close_connection = True

    site.pages["/feed"] = answer
    assert [fetcher.get(site.url("/feed")).body for _ in range(5)] == [b"x"] * 5


def test_nothing_listening_is_said(fetcher: Fetcher) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SourceError, match="can't be reached: nothing answers there"):
        fetcher.get(f"http://127.0.0.1:{port}/feed")


@pytest.mark.parametrize("allowed", [True, False])
def test_an_unknown_host_is_said(allowed: bool) -> None:
    with pytest.raises(SourceError, match="no such host is known"):
        Fetcher("t", timeout=2, allow_private=allowed).get("http://no-such-host.invalid/feed")


@pytest.mark.parametrize(
    "url", ["ftp://harbor.example/", "file:///etc/hostname", "harbor", "", "http://", "http://[::1/"]
)
def test_what_is_no_web_address_is_refused(fetcher: Fetcher, url: str) -> None:
    with pytest.raises(SourceError, match="no web address"):
        fetcher.get(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "[::ffff:127.0.0.1]", "10.0.0.8"])
def test_the_own_network_is_not_read_unless_allowed(host: str) -> None:
    with pytest.raises(SourceError, match="own network") as caught:
        Fetcher("t").get(f"http://{host}:1/feed")
    assert "allow_private" in caught.value.remedy


def gate(*answers: list[str]) -> tuple[list[str], Gate]:
    """Return a gate that takes only 127.0.0.1 for open, names whose addresses change at each question, and the log."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return asked, Gate(allows=lambda address: address == "127.0.0.1", resolve=resolve)


def named(url: str) -> str:
    return url.replace("127.0.0.1", "news.example")


def test_a_name_that_changes_its_address_after_it_was_looked_at_leads_to_the_one_looked_at(site: Site) -> None:
    asked, changing = gate(["127.0.0.1"], ["127.0.0.9"])
    got = Fetcher("t", gate=changing).get(named(site.put("/feed", "from outside")))
    assert got.body == b"from outside"
    assert asked == ["news.example"]
    assert site.asked[0][1]["Host"] == named(site.address).removeprefix("http://")


def test_a_name_that_leads_inside_by_the_next_connection_is_refused_then(site: Site) -> None:
    asked, changing = gate(["127.0.0.1"], ["127.0.0.9"])
    site.status("/feed", 302, Location="/there", Connection="close")
    with pytest.raises(SourceError, match="own network"):
        Fetcher("t", gate=changing).get(named(site.put("/there", "x").replace("/there", "/feed")))
    assert (len(asked), len(site.asked)) == (2, 1)


def test_a_host_with_one_address_inside_is_refused_whole(site: Site) -> None:
    _, mixed = gate(["127.0.0.1", "10.0.0.1"])
    with pytest.raises(SourceError, match="own network"):
        Fetcher("t", gate=mixed).get(named(site.put("/feed", "x")))
    assert site.asked == []


def test_the_next_address_of_a_host_is_tried_where_nothing_answers_at_the_first(site: Site) -> None:
    both = Gate(allows=lambda address: True, resolve=lambda host, port: ["127.0.0.9", "127.0.0.1"])
    assert Fetcher("t", gate=both).get(named(site.put("/feed", "x"))).body == b"x"


@pytest.mark.parametrize("inside", ["127.0.0.9:1", "169.254.169.254", "[::1]"])
def test_a_redirect_into_the_own_network_is_refused(site: Site, inside: str) -> None:
    by_number = Gate(allows=lambda address: address == "127.0.0.1", resolve=lambda host, port: [host])
    with pytest.raises(SourceError, match="own network") as caught:
        Fetcher("t", gate=by_number).get(site.status("/feed", 301, Location=f"http://{inside}/latest/meta-data/"))
    assert inside in str(caught.value)


def test_a_password_goes_to_the_address_that_holds_it_and_nowhere_else(site: Site, fetcher: Fetcher) -> None:
    site.status("/feed", 302, Location=site.put("/there", "x"))
    fetcher.get(site.url("/feed").replace("http://", "http://editor:h%40sh@"))
    assert [headers.get("Authorization") for _, headers in site.asked] == ["Basic ZWRpdG9yOmhAc2g=", None]


def test_an_address_with_a_password_opens_its_whole_site_and_no_other(site: Site) -> None:
    own, other = site.put("/page", "x"), site.put("/other", "x").replace("127.0.0.1", "localhost")
    login = site.url("/feed").replace("http://", "http://editor:h%40sh@")
    fetcher = Fetcher("t", allow_private=True, opened_by=(login,))
    for address in (own, other):
        fetcher.get(address)
    assert [headers.get("Authorization") for _, headers in site.asked] == ["Basic ZWRpdG9yOmhAc2g=", None]
    assert "h%40sh" not in repr(fetcher)


@pytest.mark.parametrize(
    ("headers", "rest"),
    [
        ({"Cache_Control": "public, max-age=900", "Age": "300"}, 600),
        ({"Cache_Control": "max-age=900, no-cache"}, 0),
        ({"Cache_Control": "max-age=99999999"}, 86_400),
        ({"Expires": "Tue, 24 Nov 2026 07:20:00 GMT"}, 1_200),
        ({"Expires": "0"}, 0),
        ({}, 0),
    ],
)
def test_how_long_an_answer_stays_fresh_is_told(site: Site, fetcher: Fetcher, headers: dict, rest: int) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response_only(200)
        request.send_header("Date", "Tue, 24 Nov 2026 07:00:00 GMT")
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()

    site.pages["/feed"] = answer
    assert fetcher.get(site.url("/feed")).fresh_for == timedelta(seconds=rest)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("120", 120), ("Tue, 24 Nov 2026 07:02:00 GMT", 120), ("999999", 86_400), ("soon", None), (None, None)],
)
def test_a_server_that_asks_to_be_left_alone_says_for_how_long(
    site: Site, fetcher: Fetcher, said: str | None, seconds: int | None
) -> None:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response_only(429)
        request.send_header("Date", "Tue, 24 Nov 2026 07:00:00 GMT")
        if said:
            request.send_header("Retry-After", said)
        request.end_headers()

    site.pages["/feed"] = answer
    with pytest.raises(SourceError) as caught:
        fetcher.get(site.url("/feed"))
    assert caught.value.status == 429
    assert caught.value.retry_after == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "192.168.1.1",
            "172.16.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("255.255.255.255", "::", "::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "::ffff:10.0.0.1"),
        *("64:ff9b::7f00:1", "2002:7f00:1::", "2002:0a00:0001::1", "192.0.2.1", "198.51.100.7"),
    ],
)
def test_inside_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::808:808"])
def test_outside_addresses_are_public(address: str) -> None:
    assert is_public(address)


def test_a_secret_in_the_address_reaches_no_message(site: Site, fetcher: Fetcher) -> None:
    url = site.status("/feed?key=s3cret", 404).replace("http://", "http://editor:hush@")
    with pytest.raises(SourceError) as caught:
        fetcher.get(url)
    assert "s3cret" not in str(caught.value)
    assert "hush" not in str(caught.value)
    assert caught.value.__cause__ is None
    got = fetcher.get(site.put("/ok?key=s3cret", "body"))
    assert "s3cret" not in repr(got)
