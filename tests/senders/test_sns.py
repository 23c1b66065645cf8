"""Whether Amazon SNS is believed, and nobody else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from publisher.senders.events import Incoming, NotBelieved
from publisher.senders.sns import Topics
from tests.senders.sns import CERTIFICATE, CONFIRM, HOST, NOW, TOPIC, Amazon, certificate, incoming, said

EVIL = "arn:aws:sns:eu-west-1:666666666666:ses-events"


def topics(amazon: Amazon | None = None, *, takes_sha1: bool = False) -> Topics:
    return Topics([TOPIC], (amazon or Amazon()).get, takes_sha1=takes_sha1)


def refusal(request: Incoming, amazon: Amazon | None = None) -> NotBelieved:
    with pytest.raises(NotBelieved) as refused:
        topics(amazon).hear(request, NOW)
    return refused.value


def changed(request: Incoming, **fields: Any) -> Incoming:
    return incoming({**json.loads(request.body), **fields})


def test_a_notification_is_believed_with_or_without_a_subject():
    for fields in ({}, {"Subject": "Amazon SES Email Event Notification"}):
        heard = topics().hear(said(**fields), NOW)
        assert heard is not None
        assert heard["Message"] == "hello"


def test_a_certificate_is_fetched_once():
    amazon = Amazon()
    ours = topics(amazon)
    for _ in range(3):
        ours.hear(said(), NOW)
    assert amazon.asked == [CERTIFICATE]


@pytest.mark.parametrize("field", ["Message", "MessageId", "Subject", "Timestamp"])
def test_what_was_changed_on_the_way_is_not_believed(field):
    assert refusal(changed(said(Subject="x"), **{field: "2026-01-02T03:04:01.000Z"})).status == 401


@pytest.mark.parametrize("signature", ["", "AAAA", "no base64!", "é", 7, None])
def test_what_is_not_signed_is_not_believed(signature):
    assert refusal(changed(said(), Signature=signature)).status == 401


def test_another_customers_topic_is_refused_though_amazon_signed_it():
    amazon = Amazon()
    refused = refusal(said(TopicArn=EVIL), amazon)
    assert (refused.status, amazon.asked) == (401, [])
    assert "events_topic" in str(refused)


@pytest.mark.parametrize(
    "url",
    [
        CERTIFICATE.replace("https", "http"),
        CERTIFICATE.replace(".com/", ".com.evil.example/"),
        CERTIFICATE.replace("https://", "https://evil.example@"),
        CERTIFICATE.replace(".com/", ".com@evil.example/"),
        CERTIFICATE.replace(".com/", ".com:8443/"),
        CERTIFICATE.replace(".com/", ".com\\@evil.example/"),
        CERTIFICATE.replace("https://sns.", "https://evil-sns."),
        CERTIFICATE.replace("eu-west-1", "us-east-1"),
        CERTIFICATE.replace("eu-west-1", "eu-west-1.evil"),
        CERTIFICATE.replace("eu-west-1", "eu%2dwest-1"),
        f"{HOST}/other.pem",
        f"{HOST}/x/../SimpleNotificationService-0a.pem",
        f"{HOST}/SimpleNotificationService-0a.pem?x",
        f"{CERTIFICATE}\n",
        "",
        None,
    ],
)
def test_a_certificate_from_elsewhere_is_never_asked_for(url):
    amazon = Amazon()
    assert refusal(said(owner="mallory", SigningCertURL=url), amazon).status == 401
    assert amazon.asked == []


def test_another_key_than_the_certificates_is_not_believed():
    assert "doesn't match" in str(refusal(said(owner="mallory")))


def test_a_certificate_out_of_its_time_is_not_believed():
    amazon = Amazon({CERTIFICATE: certificate(ends=NOW - timedelta(days=1))})
    assert "not valid at this time" in str(refusal(said(), amazon))


@pytest.mark.parametrize("pages", [{}, {CERTIFICATE: ""}, {CERTIFICATE: "<html>busy</html>"}])
def test_a_certificate_that_can_not_be_had_is_asked_for_again(pages):
    amazon = Amazon(dict(pages))
    ours = topics(amazon)
    with pytest.raises(NotBelieved) as refused:
        ours.hear(said(), NOW)
    assert refused.value.status == 503  # so SNS says it again
    amazon.pages[CERTIFICATE] = certificate()
    assert ours.hear(said(), NOW) is not None


def test_sha1_is_believed_only_where_somebody_asked_for_it():
    old = said(SignatureVersion="1")
    assert "SignatureVersion to 2" in str(refusal(old))
    assert topics(takes_sha1=True).hear(old, NOW) is not None
    assert topics(takes_sha1=True).hear(said(), NOW) is not None
    for version in ("3", 2, None):
        assert refusal(changed(said(), SignatureVersion=version)).status == 401


@pytest.mark.parametrize(
    ("timestamp", "is_fresh"),
    [
        ("2026-01-02T02:00:00.000Z", True),
        ("2026-01-02T01:58:00.000Z", False),
        ("2026-01-02T04:05:00.000Z", True),
        ("2026-01-02T05:30:00.000Z", False),
        ("2026-01-02T03:04:00", False),
        ("yesterday", False),
    ],
)
def test_an_old_message_said_again_is_not_believed(timestamp, is_fresh):
    request = said(Timestamp=timestamp)
    if is_fresh:
        assert topics().hear(request, NOW) is not None
    else:
        assert "too long ago" in str(refusal(request))


def test_a_header_that_says_another_type_is_not_believed():
    body = said().body
    for headers in ({}, {"x-amz-sns-message-type": "SubscriptionConfirmation"}):
        assert refusal(Incoming(body, headers)).status == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"{}", b'{"Type": []}', b'{"Type": "Received"}'])
def test_what_is_no_message_is_a_bad_request(body):
    assert refusal(Incoming(body, {"x-amz-sns-message-type": "Notification"})).status == 400


def test_a_subscription_to_our_topic_is_confirmed_and_tells_nothing():
    amazon = Amazon()
    assert topics(amazon).hear(said("SubscriptionConfirmation"), NOW) is None
    assert amazon.asked == [CERTIFICATE, CONFIRM]


def test_a_subscription_to_another_topic_is_never_confirmed():
    amazon = Amazon()
    assert refusal(said("SubscriptionConfirmation", TopicArn=EVIL), amazon).status == 401
    assert amazon.asked == []


@pytest.mark.parametrize(
    "url",
    [
        CONFIRM.replace("https", "http"),
        CONFIRM.replace("eu-west-1.amazonaws.com/", "us-east-1.amazonaws.com/"),
        CONFIRM.replace(".com/", ".com.evil.example/"),
        CONFIRM.replace("https://", "https://me@"),
        CONFIRM.replace("/?", "/../?"),
        f"{CONFIRM} x",
        "http://127.0.0.1/",
        "",
    ],
)
def test_a_subscription_is_never_confirmed_elsewhere(url):
    amazon = Amazon()
    assert refusal(said("SubscriptionConfirmation", SubscribeURL=url), amazon).status == 401
    assert amazon.asked == [CERTIFICATE]


def test_a_subscription_that_can_not_be_confirmed_is_asked_for_again():
    assert refusal(said("SubscriptionConfirmation"), Amazon({CERTIFICATE: certificate()})).status == 503


def test_the_end_of_a_subscription_is_believed_and_not_taken_up_again():
    amazon = Amazon()
    assert topics(amazon).hear(said("UnsubscribeConfirmation"), NOW) is None
    assert amazon.asked == [CERTIFICATE]
