"""Saying a message to a webhook, to a real receiver: judged by two libraries, bounded, and only where it may go."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from standardwebhooks import Webhook as StandardWebhook
from svix.webhooks import Webhook as SvixWebhook

from publisher.senders import hook
from publisher.senders.hook import Saying, fault_in, say
from publisher.wire import Gate
from tests.receiver import receiving
from tests.tls import Authority

KEYS = [b"0" * 32, b"1" * 24]
SECRETS = ["whsec_" + base64.b64encode(key).decode() for key in KEYS]
BODY = b'{"type":"hook.test","timestamp":"2026-11-24T07:00:00+00:00","data":{}}'
OPEN = Gate(allows=lambda address: address.startswith("127."))


@pytest.fixture
def receiver():
    with receiving() as receiver:
        yield receiver


def said(address: str, *, allow_private: bool = True, gate: Gate = OPEN) -> hook.Heard:
    return say(Saying(address, "msg_1", BODY, KEYS, allow_private), datetime.now(UTC), gate)


@pytest.mark.parametrize("oracle", [StandardWebhook, SvixWebhook])
@pytest.mark.parametrize("secret", SECRETS)
def test_a_library_believes_what_is_said_by_either_secret(receiver, oracle, secret):
    assert said(receiver.address).trouble == ""
    headers, body = receiver.heard[0]
    oracle(secret).verify(body, headers)  # raises where it doesn't believe
    with pytest.raises(Exception, match=r"(?i)signature"):
        oracle(secret).verify(body + b" ", headers)
    assert len(headers["webhook-signature"].split()) == 2
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ftp://news.example/", "https://"),
        ("file:///etc/passwd", "no web address"),
        ("javascript:alert(1)", "no web address"),
        ("https://", "no web address"),
        ("https://news.example:99999/", "no web address"),
        ("https://[::1/", "no web address"),
        ("https://news.example/a b", "no web address"),
        ("https://news.example/\r\nX-Evil: 1", "no web address"),
        ("http://news.example/", "this machine alone"),
        ("http://127.0.0.1.news.example/", "this machine alone"),
        ("https://anna:secret@news.example/", "no name and no password"),
        ("https://anna@news.example/", "no name and no password"),
        ("https://news.example/#part", "must hold no #"),
        ("https://news.example/#", "must hold no #"),
        ("https://news.example/" + "x" * 2_000, "longer than"),
    ],
)
def test_what_can_be_no_webhooks_address(address, words):
    assert words in fault_in(address)


@pytest.mark.parametrize(
    "address", ["https://news.example/hooks?key=1", "http://localhost:8000/", "http://[::1]:80/", "http://127.0.0.9/x"]
)
def test_what_can_be_one(address):
    assert fault_in(address) == ""


def test_an_address_inside_is_refused_before_anything_is_said(receiver):
    assert "own network" in said(receiver.address, allow_private=False, gate=Gate()).trouble
    assert receiver.heard == []


def test_a_name_that_leads_inside_by_now_is_refused(receiver):
    address = receiver.address.replace("127.0.0.1", "news.example")
    rebound = Gate(resolve=lambda host, port: ["93.184.216.34", "10.0.0.1"])
    assert "own network" in said(address, allow_private=False, gate=rebound).trouble


def test_http_goes_to_this_machine_alone_even_where_the_own_network_is_allowed():
    inside = Gate(resolve=lambda host, port: ["10.0.0.1"])
    assert "own network" in said("http://localhost:9/", gate=inside).trouble


def test_a_redirect_is_not_followed(receiver):
    receiver.status, receiver.headers = 307, {"Location": receiver.address + "/elsewhere"}
    heard = said(receiver.address)
    assert (heard.status, len(receiver.paths)) == (307, 1)
    assert "not followed" in heard.trouble


def test_a_large_answer_is_not_read(receiver):
    def much(request):
        request.send_response(200)
        request.send_header("Content-Length", str(50_000_000))
        request.end_headers()
        for _ in range(500):
            request.wfile.write(b"<b>" + b"x" * 99_997)

    receiver.answer = much
    begun = time.monotonic()
    heard = said(receiver.address)
    assert (heard.trouble, len(heard.words), time.monotonic() - begun < 2) == ("", 500, True)


def test_whoever_hangs_is_left_alone(receiver, monkeypatch):
    monkeypatch.setattr(hook, "TOTAL", 0.4)
    ended = Event()
    receiver.answer = lambda request: ended.wait(10)
    heard = said(receiver.address)
    ended.set()
    assert (heard.status, heard.trouble, heard.took < 2) == (None, "it did not answer in time", True)
    until = time.monotonic() + 10  # on a busy machine the receiver may not have had its turn yet
    while not receiver.heard and time.monotonic() < until:
        time.sleep(0.01)
    assert len(receiver.heard) == 1


def test_whoever_answers_a_byte_at_a_time_is_left_alone(receiver, monkeypatch):
    monkeypatch.setattr(hook, "TOTAL", 0.4)

    def drip(request):
        for letter in b"HTTP/1.1 200 OK\r\n" * 20:
            request.wfile.write(bytes([letter]))
            time.sleep(0.05)

    receiver.answer = drip
    assert said(receiver.address).trouble == "it did not answer in time"


def test_an_answer_that_breaks_off_behind_its_status_counts(receiver):
    def cut(request):
        request.send_response(200)
        request.send_header("Content-Length", "10")
        request.end_headers()
        request.wfile.write(b"half")
        request.close_connection = True

    receiver.answer = cut
    heard = said(receiver.address)
    assert (heard.status, heard.trouble, heard.words) == (200, "", "half")


def test_whoever_hangs_up_without_an_answer_is_told_of_as_that(receiver):
    def hang_up(request):
        request.close_connection = True

    receiver.answer = hang_up
    assert said(receiver.address).trouble == "it broke off before it answered"


def test_when_to_ask_again_is_heeded_where_that_is_why(receiver):
    receiver.headers = {"Retry-After": "120"}
    for status, heeded in ((429, True), (503, True), (500, False)):
        receiver.status = status
        again_at = said(receiver.address).again_at
        assert (again_at is not None) is heeded, status
        if again_at:
            assert timedelta(seconds=110) < again_at - datetime.now(UTC) < timedelta(seconds=130)


def test_nothing_listens_or_no_such_host():
    assert said("http://127.0.0.1:9/").trouble == "nothing answers there"

    def unknown(host, port):
        raise OSError("no such host")

    assert said("https://news.example/", gate=Gate(resolve=unknown), allow_private=False).trouble == (
        "no such host is known"
    )


def test_a_certificate_that_nobody_vouches_for_is_not_believed(tmp_path):
    authority = Authority(tmp_path)
    with receiving(authority.certificate("IP:127.0.0.1")) as receiver:
        assert "not believed" in said(receiver.address).trouble
        assert receiver.heard == []
        believed = Gate(allows=OPEN.allows, authorities=str(authority.file))
        assert said(receiver.address, gate=believed).trouble == ""


def test_neither_repr_shows_a_key():
    assert "000" not in repr(Saying("https://news.example/", "msg_1", BODY, KEYS))
