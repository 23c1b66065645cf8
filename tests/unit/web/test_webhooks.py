"""What providers say to `/webhooks/CHANNEL`: believed or not, taken once, counted, and never a fault."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from urllib.parse import urlsplit

import pytest
import requests
from starlette.types import Message

from publisher.config.schedules import parse_project
from publisher.errors import NotWrittenError, StoreError
from publisher.model.tokens import wire_id
from publisher.senders.bodies import basic
from publisher.senders.standard_webhooks import headers_for, keys_of
from publisher.store import facts, log
from publisher.web.webhooks import Webhooks
from tests.unit.web.ledger import PROJECT, fill, open_project, served

NEW = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_QfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CHANNELS = """
  letters: {sender: webhook, url: "https://hooks.harbor.example/in", secret: "${HOOK}"}
  marked: {sender: postmark, server_token: "${TOKEN}", events_password: "${HOOK}"}
  broken: {sender: webhook, url: "https://hooks.harbor.example/in", secret: "${NOWHERE}"}
  mute: {sender: mailpit, base_url: "http://127.0.0.1:9"}
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    for name, value in (("HOOK", f"{NEW} {OTHER}"), ("TOKEN", "t0ken")):
        monkeypatch.setenv(name, value)
    app = open_project(tmp_path)
    written = PROJECT.replace("practice: true\n", "").replace("\n  letters: {sender: mailpit}\n", CHANNELS)
    app.project = parse_project(written)
    with served(app, tmp_path) as site:
        fill(site)
        yield site


def say(site, body: object, *, secret: str = NEW, channel: str = "letters", key: str = "e1", at: float = 0, **more):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = headers_for(keys_of(_secret(secret)), key, int(at or time.time()), raw)
    headers = {**signed, "Content-Type": "application/json", **more.pop("headers", {})}
    return requests.post(f"{site.url}/webhooks/{channel}", data=raw, headers=headers, timeout=20)


def _secret(value: str):
    from pydantic import SecretStr

    return SecretStr(value)


def about(site, state: str, **said) -> dict[str, object]:
    reference = wire_id("d", site.delivery(state), site.app.keys.current("wire")[1])
    return {"id": f"ev-{state}", "reference": reference, "at": "2026-11-24T07:00:01Z", **said}


def states(site) -> dict[str, int]:
    with site.app.store.read() as conn:
        rows = log.find(conn, log.Filter(send_id=site.mail_send))
    found = [row["state"] for row in rows]
    return {state: found.count(state) for state in set(found)}


def counted(site) -> dict[str, int]:
    site.app.hearing.keep()
    with site.app.store.read() as conn:
        return facts.heard(conn, "letters")


def test_what_the_provider_says_is_taken_once_and_settles_the_doubt(site):
    assert states(site) == {"sent": 1, "failed": 1, "unknown": 1}
    event = about(site, "unknown", type="delivered")
    assert say(site, event).status_code == 200
    assert states(site) == {"sent": 2, "failed": 1}
    assert say(site, event, key="again").status_code == 200
    assert counted(site) == {"new": 1, "repeated": 1}


def test_a_hard_bounce_ends_with_a_suppression(site):
    bounced = about(site, "sent", type="hard bounce", reason="550 no such user", email="reader1@example.org")
    assert say(site, bounced).status_code == 200
    assert states(site) == {"failed": 2, "unknown": 1}
    with site.app.store.read() as conn:
        (row,) = conn.exec_driver_sql("SELECT scope, reason FROM suppressions").all()
    assert tuple(row) == ("all", "hard bounce: 550 no such user")


def test_both_secrets_of_a_rotation_are_believed_and_no_other_is(site):
    event = about(site, "sent", type="delivered")
    assert say(site, event, secret=OTHER).status_code == 200
    refused = say(site, {**event, "id": "x"}, secret="whsec_XfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert (refused.status_code, "error" in refused.json()) == (401, True)
    assert say(site, event, at=time.time() - 3600).status_code == 401
    assert NEW not in refused.text
    assert counted(site) == {"new": 1, "refused": 2}


def test_words_that_are_not_about_us_are_answered_and_counted_and_suppress_nobody(site):
    foreign = {"id": "f", "type": "complained", "reference": "d1-0123456789", "at": "2026-11-24T07:00:00Z"}
    assert say(site, foreign).status_code == 200
    assert say(site, {**foreign, "reference": "order-77"}, key="e2").status_code == 200
    assert counted(site) == {"foreign": 2}
    with site.app.store.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM suppressions").scalar() == 0
        assert conn.exec_driver_sql("SELECT count(*) FROM events").scalar() == 0


def test_a_known_word_with_another_meaning_is_refused_as_said_before(site):
    assert say(site, about(site, "sent", type="delivered")).status_code == 200
    forged = say(site, about(site, "sent", type="complained"))
    assert forged.status_code == 401
    assert counted(site) == {"new": 1, "forged": 1}
    with site.app.store.read() as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM suppressions").scalar() == 0


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\x00", b"[" * 50_000, b"null", b'{"type": 3}', b'[[["x"]]]'])
def test_nonsense_that_is_signed_is_no_fault(site, body):
    assert say(site, body).status_code in (200, 400)
    assert states(site) == {"sent": 1, "failed": 1, "unknown": 1}


def test_channels_that_are_not_there_or_hear_nothing_or_are_not_ready(site):
    assert say(site, {}, channel="nowhere").status_code == 404
    assert say(site, {}, channel="mute").status_code == 404
    assert say(site, {}, channel="broken").status_code == 503  # the provider says it again later
    assert requests.get(f"{site.url}/webhooks/letters", timeout=20).status_code == 200
    assert requests.head(f"{site.url}/webhooks/letters", timeout=20).status_code == 200


def test_a_password_is_asked_for_where_nothing_is_signed(site):
    url, body = f"{site.url}/webhooks/marked", {"RecordType": "Delivery"}
    refused = requests.post(url, json=body, timeout=20)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, 'Basic realm="webhooks"')
    wrong = requests.post(url, json=body, headers={"Authorization": basic("press", "wrong")}, timeout=20)
    assert wrong.status_code == 401
    right = requests.post(url, json=body, headers={"Authorization": basic("press", NEW)}, timeout=20)
    assert right.status_code == 200


def test_providers_reach_it_by_the_public_name_and_as_no_browser_does(site):
    event = about(site, "sent", type="delivered")
    public = {"Host": "letters.harbor.example", "Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    assert say(site, event, headers=public).status_code == 200
    assert say(site, event, headers={"Host": "evil.example"}).status_code == 421


def test_a_body_of_50_mb_is_refused_without_being_kept(site):
    where = urlsplit(site.url)
    with socket.create_connection((where.hostname, where.port), timeout=30) as raw:
        size = 50_000_000
        raw.sendall(
            f"POST /webhooks/letters HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: {size}\r\n\r\n".encode()
        )
        piece = b"x" * 1_000_000
        for _ in range(50):
            raw.sendall(piece)
        assert raw.recv(100).startswith(b"HTTP/1.1 413")


async def said_to(webhooks: Webhooks, body: str, channel: str = "letters") -> int:
    """Say something to a channel and return the status of the answer."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body.encode(), "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": f"/webhooks/{channel}", "headers": [], "query_string": b""}
    await webhooks(scope, receive, send)
    return int(sent[0]["status"])


async def nothing_else(scope, receive, send) -> None:
    raise AssertionError("this is no page")


def in_a_loop(work):
    """Run a coroutine in a thread of its own: a browser's tests leave a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result(60)


def test_what_comes_while_others_are_written_down_goes_with_the_next():
    groups: list[list[bytes]] = []
    may_go_on = Event()

    def take(channel, said):
        if channel == "others":
            return [(200, "")]
        groups.append([each.body for each in said])
        assert may_go_on.wait(20)
        return [(200, "")] * len(said)

    async def all_at_once() -> list[int]:
        webhooks = Webhooks(nothing_else, take=take)
        waiting = []
        for number in range(20):
            waiting.append(asyncio.ensure_future(said_to(webhooks, str(number))))
            while len(groups) < min(number + 1, 2):
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert await said_to(webhooks, "x", "others") == 200  # waits for nobody else's provider
        may_go_on.set()
        return await asyncio.gather(*waiting)

    assert in_a_loop(all_at_once()) == [200] * 20
    assert groups == [[b"0"], [b"1"], [str(number).encode() for number in range(2, 20)]]


def test_whoever_comes_in_the_moment_in_which_the_others_end_is_answered():
    gates = [Event(), Event()]
    taken = iter(gates)

    def take(channel, said):
        assert next(taken, gates[0]).wait(20)
        return [(200, "")] * len(said)

    async def one_after_another() -> list[int]:
        webhooks = Webhooks(nothing_else, take=take)
        first = []
        for number in range(2):
            first.append(asyncio.ensure_future(said_to(webhooks, str(number))))
            await asyncio.sleep(0.05)
        third: list[asyncio.Future[int]] = []
        first[1].add_done_callback(lambda _: third.append(asyncio.ensure_future(said_to(webhooks, "2"))))
        for gate in gates:
            gate.set()
        await asyncio.gather(*first)
        return await asyncio.wait_for(asyncio.gather(*third), 10)

    assert in_a_loop(one_after_another()) == [200]


@pytest.mark.parametrize(
    ("error", "statuses"),
    [
        (NotWrittenError("the disk is full", where="ledger", remedy="Make room"), [503] * 6),
        (ValueError("no"), [200] * 5),
    ],
)
def test_what_fails_fails_alone_and_trouble_of_the_ledger_is_told_to_all(error, statuses):
    started = Event()

    def take(channel, said):
        if not started.is_set():
            started.set()
            time.sleep(0.2)  # the others gather meanwhile
        if any(each.body == b"5" for each in said) or isinstance(error, StoreError):
            raise error
        return [(200, "")] * len(said)

    async def all_at_once() -> list[object]:
        webhooks = Webhooks(nothing_else, take=take)
        waiting = (said_to(webhooks, str(number)) for number in range(6))
        return await asyncio.gather(*waiting, return_exceptions=True)

    answers = in_a_loop(all_at_once())
    assert [each for each in answers if each is not error] == statuses
