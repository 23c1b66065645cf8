"""The HTTP base: what is bounded, what is never shown, and what silence means."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from publisher.clock import steady
from publisher.model.call import Outcome, Scope
from publisher.senders.http import Http, HttpSettings
from publisher.senders.verdicts import OUT_OF_TIME, deferred
from publisher.testing import FakeProvider, Fault, Received, Response

JSON = {"Content-Type": "application/json"}


class Yes:
    """Accepts anything."""

    def answer(self, request: Received, number: int) -> Response:
        return Response(200, {"id": number, "agent": request.headers["user-agent"]})


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider(Yes()) as running:
        yield running


@pytest.fixture
def http() -> Iterator[Http]:
    made = Http(HttpSettings(connect_timeout=2.0, read_timeout=5.0), secrets=["s3cret/+ä"])
    yield made
    made.close()


def raw_server(answer: bytes) -> str:
    """Serve one connection with these very bytes, then hang up."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError), listening, listening.accept()[0] as peer:  # we hang up on an answer without end
            peer.recv(65_536)
            peer.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}/"


def test_a_body_that_did_not_leave_whole_is_deferred(http: Http, provider: FakeProvider) -> None:
    provider.fails(Fault.dropped_before())
    verdict = http.post(provider.url, b"x" * 30_000_000, JSON).trouble
    assert verdict is not None
    assert verdict.outcome is Outcome.DEFERRED
    assert "did not get it whole" in verdict.reason
    assert provider.requests == []


def test_a_large_body_arrives_whole(http: Http, provider: FakeProvider) -> None:
    body = bytes(range(256)) * 20_000
    assert http.post(provider.url, body, JSON).status == 200
    assert provider.requests[0].body == body
    assert provider.requests[0].headers["content-length"] == str(len(body))


def test_an_empty_body_is_said_to_be_empty(http: Http, provider: FakeProvider) -> None:
    for _ in range(2):  # in chunks, the end of the first would stand before the second
        assert http.post(provider.url, b"", {}).trouble is None
    assert [request.headers["content-length"] for request in provider.requests] == ["0", "0"]
    assert "transfer-encoding" not in provider.requests[0].headers


def test_an_empty_request_without_an_answer_may_have_been_taken(http: Http, provider: FakeProvider) -> None:
    provider.fails(Fault.dropped_after())
    verdict = http.post(provider.url, b"", {}).trouble
    assert verdict is not None
    assert verdict.outcome is Outcome.UNKNOWN


def test_a_good_answer_has_no_trouble(http: Http, provider: FakeProvider) -> None:
    reply = http.post(provider.url, b"{}", JSON)
    assert (reply.status, reply.trouble, reply.word("id")) == (200, None, "1")
    assert reply.word("agent").startswith("Publisher/")


def test_a_host_without_a_name_is_deferred(http: Http) -> None:
    verdict = http.post("http://nowhere.invalid/?token=s3cret", b"{}", JSON).trouble
    assert verdict is not None
    assert verdict.outcome is Outcome.DEFERRED
    assert verdict.reason == "nowhere.invalid could not be reached: no such host; nothing was sent"


def test_an_address_that_cannot_be_called_stops_the_account(http: Http) -> None:
    verdict = http.post("http://exa mple:99999/", b"{}", JSON).trouble
    assert verdict is not None
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "schl\u4e00ssel"])
def test_a_header_that_cannot_be_sent_stops_the_account(http: Http, provider: FakeProvider, value: str) -> None:
    verdict = http.post(provider.url, b"{}", {**JSON, "Idempotency-Key": value}).trouble
    assert verdict is not None
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
    assert provider.requests == []


def test_an_answer_that_breaks_off_is_unknown(http: Http) -> None:
    url = raw_server(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id": 1}')
    verdict = http.post(url, b"{}", JSON).trouble
    assert verdict is not None
    assert (verdict.outcome, verdict.reason) == (Outcome.UNKNOWN, "HTTP 200, but the answer broke off")


def test_a_refusal_that_breaks_off_is_a_refusal_all_the_same(http: Http) -> None:
    url = raw_server(b"HTTP/1.1 400 Bad\r\nContent-Length: 500\r\n\r\nno")
    verdict = http.post(url, b"{}", JSON).trouble
    assert verdict is not None
    assert verdict.outcome is Outcome.REFUSED


def test_what_is_no_http_is_unknown(http: Http) -> None:
    url = raw_server(b"220 mail.example ESMTP\r\n")
    verdict = http.post(url, b"{}", JSON).trouble
    assert verdict is not None
    assert verdict.outcome is Outcome.UNKNOWN


def test_an_answer_in_chunks_is_read_whole(http: Http) -> None:
    url = raw_server(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{"id":\r\n3\r\n 7}\r\n0\r\n\r\n')
    reply = http.post(url, b"{}", JSON)
    assert (reply.trouble, reply.word("id")) == (None, "7")


def test_an_answer_without_end_is_cut(http: Http) -> None:
    http.settings = replace(http.settings, body_cap=100_000)
    url = raw_server(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5_000_000)
    reply = http.post(url, b"{}", JSON)
    assert reply.trouble is not None
    assert reply.trouble.outcome is Outcome.UNKNOWN
    assert len(reply.text) < 300_000


def test_an_answer_that_drips_is_cut_at_the_deadline(http: Http) -> None:
    http.settings = replace(http.settings, connect_timeout=0.1, read_timeout=0.3)
    listening = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def drip() -> None:
        with suppress(OSError), listening, listening.accept()[0] as peer:
            peer.recv(65_536)
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(100):
                if done.wait(0.05):
                    return
                peer.sendall(b"x")

    threading.Thread(target=drip, daemon=True).start()
    reply = http.post(f"http://127.0.0.1:{listening.getsockname()[1]}/", b"{}", JSON)
    done.set()
    assert reply.trouble is not None
    assert reply.trouble.outcome is Outcome.UNKNOWN
    assert len(reply.text) < 20


def slow_server(answer: Callable[[socket.socket], None]) -> str:
    """Serve one connection to which little is buffered, then hang up."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    listening.bind(("127.0.0.1", 0))
    listening.listen()

    def serve() -> None:
        with suppress(OSError), listening, listening.accept()[0] as peer:
            answer(peer)

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}/"


def test_the_time_for_an_answer_begins_when_the_request_has_left(http: Http) -> None:
    http.settings = replace(http.settings, read_timeout=1.0)
    size = 12_000_000

    def answer(peer: socket.socket) -> None:
        time.sleep(0.7)  # an upload that takes its time
        with peer.makefile("rb") as heard:
            while heard.readline().strip():
                pass
            heard.read(size)
        time.sleep(0.6)
        peer.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"id": 1}')

    reply = http.post(slow_server(answer), b"x" * size, JSON)
    assert (reply.trouble, reply.word("id")) == (None, "1")


@pytest.mark.parametrize(
    ("head", "body"),
    [(b"Content-Length: 9", b'{"id": 1}'), (b"Transfer-Encoding: chunked", b'9\r\n{"id": 1}\r\n0\r\n\r\n')],
)
def test_an_answer_that_comes_whole_in_the_last_moment_counts(http: Http, head: bytes, body: bytes) -> None:
    http.settings = replace(http.settings, read_timeout=0.5)

    def answer(peer: socket.socket) -> None:
        peer.recv(65_536)
        time.sleep(0.3)
        peer.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")
        time.sleep(0.3)
        peer.sendall(body)
        time.sleep(0.1)

    reply = http.post(slow_server(answer), b"{}", JSON)
    assert (reply.trouble, reply.word("id")) == (None, "1")


def test_a_request_that_is_taken_too_slowly_is_given_up_and_deferred(http: Http) -> None:
    http.settings = replace(http.settings, connect_timeout=0.1, read_timeout=0.3)

    def sip(peer: socket.socket) -> None:
        for _ in range(100):
            if not peer.recv(131_072):
                return
            time.sleep(0.03)

    verdict = http.post(slow_server(sip), b"x" * 30_000_000, JSON).trouble
    assert verdict is not None
    assert verdict.outcome is Outcome.DEFERRED
    assert "took the request too slowly" in verdict.reason


def test_connecting_is_part_of_the_time_for_leaving(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    http.settings = replace(http.settings, connect_timeout=0.05, read_timeout=0.2)
    resolve = socket.getaddrinfo

    def slowly(*args: Any, **named: Any) -> Any:
        time.sleep(0.4)
        return resolve(*args, **named)

    monkeypatch.setattr(socket, "getaddrinfo", slowly)
    verdict = http.post(slow_server(lambda peer: None), b"{}", JSON).trouble
    assert verdict is not None
    assert (verdict.outcome, "too slowly" in verdict.reason) == (Outcome.DEFERRED, True)


def test_a_request_that_has_not_left_by_the_moment_that_a_call_has_is_broken_off(http: Http) -> None:
    def sip(peer: socket.socket) -> None:
        for _ in range(100):
            if not peer.recv(131_072):
                return
            time.sleep(0.03)

    with http.until(steady() + 0.3):
        verdict = http.post(slow_server(sip), b"x" * 30_000_000, JSON).trouble
    assert verdict is not None
    assert (verdict.outcome, "too slowly" in verdict.reason) == (Outcome.DEFERRED, True)


def test_no_request_begins_after_the_moment_that_a_call_has_left(http: Http, provider: FakeProvider) -> None:
    with http.until(steady() + 60):
        assert http.post(provider.url, b"{}", JSON).trouble is None
    with http.until(steady() - 0.001):
        for reply in (http.post(provider.url, b"{}", JSON), http.get(provider.url), http.delete(provider.url)):
            assert reply.trouble == deferred(OUT_OF_TIME)
    assert len(provider.requests) == 1


def test_secrets_are_never_shown_in_any_form(provider: FakeProvider) -> None:
    http = Http(secrets=["s3cret/+ä", "pass word"])
    provider.fails(Fault(400, {"message": "s3cret/+ä, s3cret/%2B%C3%A4, s3cret%2F%2B%C3%A4, pass%20word"}))
    reply = http.post(provider.url, b"{}", {**JSON, "Authorization": "Basic czNjcmV0"})
    assert reply.trouble is not None
    assert "s3cret" not in reply.text + reply.trouble.reason
    assert reply.trouble.reason == "HTTP 400: ***, ***, ***, ***"
    assert "s3cret" not in repr(http)


def test_a_key_of_a_letter_or_three_takes_no_letters_out_of_words() -> None:
    http = Http(secrets=["k", "key", "four"])
    http.hide("e")
    assert http.redact("the key of four", "OAuth k") == "the key of ***"


def test_of_what_a_provider_gave_the_newest_are_hidden_beside_what_was_written() -> None:
    http = Http(secrets=["written"])
    for number in range(1000):
        http.hide(f"t0ken-{number:04}")
    assert http.redact("written t0ken-0999 t0ken-0998 t0ken-0997") == "*** *** *** ***"
    assert len(http._secrets) < 100


def test_what_two_threads_hide_at_once_is_both_hidden() -> None:
    http = Http()
    for first in range(0, 4000, 8):
        some = [f"t0ken-{first + number:04}" for number in range(8)]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(http.hide, some))
        assert http.redact(" ".join(some)) == " ".join(["***"] * 8)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"message": "  too\n long "}, "HTTP 400: too long"),
        ({"error": {"code": 7, "text": "no"}}, 'HTTP 400: {"code": 7, "text": "no"}'),
        ({"errors": ["a", "b"]}, 'HTTP 400: ["a", "b"]'),
        ([1, 2], "HTTP 400: [1, 2]"),
        ("plain words", "HTTP 400: plain words"),
        ("", "HTTP 400"),
        ("<html><title>Oh\n no</title>", "HTTP 400: a web page Oh no"),
        ("[" * 200_000, "HTTP 400: " + "[" * 300),
    ],
)
def test_the_reason_is_in_the_providers_own_words(
    http: Http, provider: FakeProvider, body: object, reason: str
) -> None:
    provider.fails(Fault(400, body))
    trouble = http.post(provider.url, b"{}", JSON).trouble
    assert trouble is not None
    assert trouble.reason == reason


def test_proxies_of_the_environment_are_not_used(provider: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert Http().post(provider.url, b"{}", JSON).status == 200


def test_many_threads_share_one_way_out(http: Http, provider: FakeProvider) -> None:
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: http.post(provider.url, b"{}", JSON), range(64)))
    assert {reply.status for reply in replies} == {200}
    assert len(provider.requests) == 64


def test_nothing_is_retried_in_secret(http: Http, provider: FakeProvider) -> None:
    provider.fails(Fault.server_error(), Fault.dropped_after(), Fault.too_many("0"))
    for _ in range(3):
        http.post(provider.url, b"{}", JSON)
    assert len(provider.requests) == 3


def test_something_is_put_where_it_was_asked_for(http: Http, provider: FakeProvider) -> None:
    assert http.put(f"{provider.url}/place", b"bytes", {"Content-Type": "image/jpeg"}).status == 200
    (request,) = provider.requests
    assert (request.method, request.path, request.body) == ("PUT", "/place", b"bytes")


def test_a_deletion_has_no_body_and_in_doubt_it_may_have_been_heard() -> None:
    with FakeProvider("mastodon") as provider:
        http = Http()
        provider.fails(Fault(204), Fault.dropped_before())
        assert http.delete(f"{provider.url}/api/v1/statuses/1", {"Authorization": "Bearer x"}).status == 204
        (request,) = provider.requests
        assert (request.method, request.body) == ("DELETE", b"")
        assert "transfer-encoding" not in request.headers
        trouble = http.delete(f"{provider.url}/api/v1/statuses/1").trouble
        assert trouble is not None
        assert trouble.outcome is Outcome.UNKNOWN
        http.close()
