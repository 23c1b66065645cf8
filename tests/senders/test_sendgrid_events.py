"""What SendGrid says afterwards."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from sendgrid.helpers.eventwebhook import EventWebhook

from publisher.errors import ConfigError
from publisher.model.event import Event, EventKind
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.events import Incoming, NotBelieved
from publisher.senders.http import Http
from publisher.senders.registry import build
from publisher.senders.sendgrid import SendGrid
from tests.senders.test_events import JSON

NOW = datetime(2026, 1, 2, 3, 4, 30, tzinfo=UTC)
SIGNED_AT = "1767323045"
# A known answer, made once and agreed on by SendGrid's own package (see below).
KEY = (
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEcNoCzyOJM488bjKBVHt5l/ZLeJVc0MznCQTwJlkzXa2vw96gkOu6Sd+a4YJAuf9SNLVeTTvyRVkB"
    "9PQrdF6zRA=="
)
SIGNATURE = "MEYCIQD+A/FmFdUq2bMz0tLmTWOTxDN6PEaX9f9oFFLvdWRZYQIhAJ6OiNLCPtdlyqyAomP+FIOS3t46OcQ8WYiBGg32F27i"
BODY = b'[{"email":"a@example.com","event":"delivered","sg_event_id":"e1"}]\r\n'  # the line's end is signed along

OURS = ec.generate_private_key(ec.SECP256R1())
OUR_KEY = base64.b64encode(OURS.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
KEYS = ("event", "email", "type", "timestamp", "sg_event_id", "sg_message_id", "reason", "reference", "status")


def made(**options: object) -> Sender:
    given = build(Channel("letters", "sendgrid"), {"api_key": "SG.0123456789", **options})
    given.http = Http(clock=lambda: NOW)
    return given


def signed(body: bytes, timestamp: str = SIGNED_AT) -> Incoming:
    signature = base64.b64encode(OURS.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))).decode()
    return incoming(body, signature, timestamp)


def incoming(body: bytes, signature: str, timestamp: str = SIGNED_AT) -> Incoming:
    prefix = "x-twilio-email-event-webhook-"
    return Incoming(body, {f"{prefix}signature": signature, f"{prefix}timestamp": timestamp})


def heard(**item: object) -> list[Event]:
    return list(made(events_key=OUR_KEY).hear(signed(json.dumps([item]).encode())))


def test_the_known_answer_is_believed_and_nothing_near_it() -> None:
    sender = made(events_key=KEY)
    (event,) = sender.hear(incoming(BODY, SIGNATURE))
    assert (event.kind, event.key, event.address) == (EventKind.DELIVERED, "e1", "a@example.com")
    near = [
        incoming(BODY.rstrip(), SIGNATURE),
        incoming(json.dumps(json.loads(BODY)).encode(), SIGNATURE),
        incoming(BODY, SIGNATURE, str(int(SIGNED_AT) + 1)),
        incoming(BODY, SIGNATURE, ""),
        incoming(BODY, ""),
        incoming(BODY, "!!"),
        incoming(BODY, base64.b64encode(b"x" * 70).decode()),
        Incoming(BODY, {}),
        signed(BODY),
    ]
    for request in near:
        with pytest.raises(NotBelieved) as refusal:
            sender.hear(request)
        assert refusal.value.status == 401


def test_the_providers_own_package_says_the_same() -> None:
    theirs = EventWebhook(KEY)
    assert theirs.verify_signature(BODY.decode(), SIGNATURE, SIGNED_AT)
    assert not theirs.verify_signature(BODY.decode().rstrip(), SIGNATURE, SIGNED_AT)
    ours = signed(BODY)
    said = ours.headers["x-twilio-email-event-webhook-signature"]
    assert EventWebhook(OUR_KEY).verify_signature(BODY.decode(), said, SIGNED_AT)
    assert made(events_key=OUR_KEY).hear(ours)


def test_both_keys_hold_during_a_rotation() -> None:
    for keys in (f"{OUR_KEY} {KEY}", f"{KEY} {OUR_KEY}"):
        sender = made(events_key=keys)
        assert sender.hear(signed(BODY))
        assert sender.hear(incoming(BODY, SIGNATURE))


def test_a_repeat_within_a_day_is_believed_and_an_old_one_is_not() -> None:
    sender = made(events_key=OUR_KEY)
    at = int(NOW.timestamp())
    assert sender.hear(signed(BODY, str(at - 25 * 3_600)))
    for timestamp in (str(at - 25 * 3_600 - 1), str(at + 26 * 3_600), "yesterday"):
        with pytest.raises(NotBelieved):
            sender.hear(signed(BODY, timestamp))


def test_without_a_secret_nobody_is_believed() -> None:
    with pytest.raises(NotBelieved, match="`events_key`") as refusal:
        made().hear(signed(BODY))
    assert refusal.value.status == 401


@pytest.mark.parametrize("key", ["nonsense", "AAAA", base64.b64encode(b"0" * 91).decode()])
def test_a_key_that_can_be_none_is_refused_when_it_is_read(key: str) -> None:
    with pytest.raises(ConfigError, match="`events_key` is no verification key"):
        made(events_key=key)


def test_a_key_of_another_curve_is_refused() -> None:
    other = ec.generate_private_key(ec.SECP384R1()).public_key()
    key = base64.b64encode(other.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    with pytest.raises(ConfigError, match="`events_key` is no verification key"):
        made(events_key=key)


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ({"event": "delivered"}, EventKind.DELIVERED),
        ({"event": "deferred"}, EventKind.DELAYED),
        ({"event": "bounce", "type": "bounce"}, EventKind.HARD_BOUNCE),
        ({"event": "bounce", "bounce_classification": "Invalid Address"}, EventKind.HARD_BOUNCE),
        ({"event": "bounce", "type": "blocked"}, EventKind.SOFT_BOUNCE),
        ({"event": "bounce", "type": "bounce", "bounce_classification": "Technical"}, EventKind.SOFT_BOUNCE),
        ({"event": "bounce", "type": "bounce", "bounce_classification": "Content"}, EventKind.SOFT_BOUNCE),
        ({"event": "bounce", "type": "bounce", "bounce_classification": "Reputation"}, EventKind.SOFT_BOUNCE),
        ({"event": "dropped", "reason": "Bounced Address"}, EventKind.DROPPED),
        ({"event": "spamreport"}, EventKind.COMPLAINED),
        ({"event": "unsubscribe"}, EventKind.UNSUBSCRIBED),
        ({"event": "group_unsubscribe"}, EventKind.UNSUBSCRIBED),
    ],
)
def test_each_word_of_the_provider_has_its_kind(item: dict[str, str], kind: EventKind) -> None:
    assert [event.kind for event in heard(**item)] == [kind]


@pytest.mark.parametrize("word", ["processed", "open", "click", "group_resubscribe", "account_status_change", "", None])
def test_what_is_no_event_of_ours_is_left_out(word: str | None) -> None:
    assert heard(event=word) == []


def test_everything_that_the_provider_tells_is_kept() -> None:
    (event,) = heard(
        event="bounce",
        type="bounce",
        email="ana@example.org",
        timestamp=1_767_323_000,
        sg_event_id="abc==",
        sg_message_id="14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
        status="5.1.1",
        reason="550 no such\r\nuser",
        reference="d7-ref",
    )
    assert event == Event(
        EventKind.HARD_BOUNCE,
        "abc==",
        datetime(2026, 1, 2, 3, 3, 20, tzinfo=UTC),
        reference="d7-ref",
        provider_id="14c5d75ce93.dfd.64b469",
        address="ana@example.org",
        words="5.1.1 550 no such user",
    )


def test_a_message_id_of_today_is_read_too() -> None:
    (event,) = heard(event="delivered", sg_message_id="W86EgYT6SQKk0lRf.recvd-canary-5f45b-1-62-0.0")
    assert event.provider_id == "W86EgYT6SQKk0lRf"


def test_the_same_word_twice_has_the_same_key() -> None:
    word = {"event": "delivered", "email": "ana@example.org", "timestamp": 1_767_323_000, "sg_message_id": "m1"}
    keys = {heard(**word)[0].key, heard(**word)[0].key}
    assert len(keys) == 1
    assert heard(**{**word, "timestamp": 1_767_323_001})[0].key not in keys


@settings(max_examples=15, deadline=timedelta(seconds=2))
@given(JSON | st.lists(st.dictionaries(st.sampled_from(KEYS), JSON)), st.sampled_from(["bounce", "delivered", ""]))
def test_nothing_that_is_signed_is_a_fault(value: object, event: str) -> None:
    items = [{**each, "event": event} for each in value if isinstance(each, dict)] if isinstance(value, list) else value
    sender = made(events_key=OUR_KEY)
    assert isinstance(sender, SendGrid)
    for word in sender.hear(signed(json.dumps(items).encode())):
        assert word.key
        assert word.happened_at <= NOW


def test_a_body_that_is_no_json_is_a_bad_request() -> None:
    with pytest.raises(NotBelieved) as refusal:
        made(events_key=OUR_KEY).hear(signed(b"[{"))
    assert refusal.value.status == 400
