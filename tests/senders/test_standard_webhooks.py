"""Who signed, and when: ours to verify, judged by two libraries that sign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from standardwebhooks import Webhook as StandardWebhook
from svix.webhooks import Webhook as SvixWebhook

from publisher.senders.events import Incoming, NotBelieved
from publisher.senders.standard_webhooks import headers_for, keys_of, verify

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
AT = datetime.fromtimestamp(1767323045, UTC)
BODY = (
    b'{"type":"email.delivered","created_at":"2026-01-02T03:04:05.000Z",'
    b'"data":{"email_id":"e1","to":["a@example.com"]}}'
)
KNOWN = "v1,gz5h2kFSt4AodacSx8AgsiEWLflh+QCZwlQUlOkhs5Y="


def heard(signature=KNOWN, *, at="1767323045", body=BODY, family="svix", named="msg_kat1", secret=SECRET, now=AT):
    headers = {f"{family}-id": named, f"{family}-timestamp": at, f"{family}-signature": signature}
    return verify(Incoming(body, headers), secret.split(), now)


@pytest.mark.parametrize("family", ["svix", "webhook"])
def test_the_known_answer_is_believed_under_either_name(family):
    assert heard(family=family) == "msg_kat1"


@pytest.mark.parametrize("oracle", [StandardWebhook, SvixWebhook])
def test_what_a_library_signs_is_believed(oracle):
    signature = oracle(SECRET).sign("msg_1", AT, BODY.decode())
    assert heard(signature, named="msg_1") == "msg_1"


def test_what_we_sign_a_library_believes_and_so_do_we():
    now = datetime.now(UTC)
    headers = headers_for(keys_of(SecretStr(SECRET)), "msg_2", int(now.timestamp()), BODY)
    StandardWebhook(SECRET).verify(BODY, headers)
    SvixWebhook(SECRET).verify(BODY, headers)
    assert verify(Incoming(BODY, headers), [SECRET], now) == "msg_2"


@pytest.mark.parametrize("signature", [f"v1,AAAA {KNOWN}", f"{KNOWN} v1a,AAAA", f"v2,x  {KNOWN}"])
def test_one_of_several_signatures_is_enough(signature):
    assert heard(signature)


@pytest.mark.parametrize("secret", [f"{OTHER} {SECRET}", f"{SECRET} {OTHER}"])
def test_both_secrets_hold_during_a_rotation(secret):
    assert heard(secret=secret)


@pytest.mark.parametrize("late", [-300, -299, 299, 300])
def test_five_minutes_either_way_are_fresh(late):
    assert heard(now=AT + timedelta(seconds=late))


@pytest.mark.parametrize(
    "wrong",
    [
        {"now": AT + timedelta(seconds=301)},
        {"now": AT - timedelta(seconds=301)},
        {"signature": ""},
        {"signature": KNOWN.removeprefix("v1,")},
        {"signature": KNOWN.replace("v1", "v2")},
        {"signature": "v1,ünïcode \ud800"},
        {"body": BODY + b" "},
        {"named": "msg_kat2"},
        {"named": ""},
        {"at": "1767323046"},
        {"at": ""},
        {"at": "1767323045.0"},
        {"at": "nan"},
        {"secret": OTHER},
        {"family": "other"},
    ],
)
def test_nothing_else_is_believed(wrong):
    with pytest.raises(NotBelieved) as refusal:
        heard(**wrong)
    assert refusal.value.status == 401


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from([f"svix-{part}" for part in ("id", "timestamp", "signature")]), st.text()))
def test_no_headers_raise_anything_else(headers):
    with pytest.raises(NotBelieved):
        verify(Incoming(BODY, headers), [SECRET], AT)
