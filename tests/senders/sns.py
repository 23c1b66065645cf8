"""Amazon SNS on this machine: it signs as the real one does, with a certificate of its own, and can be asked for it."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from publisher.model.event import EventKind
from publisher.senders import ses_events
from publisher.senders.events import Incoming
from publisher.senders.http import Http, Reply
from publisher.senders.verdicts import deferred
from publisher.testing import Received

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-west-1:123456789012:ses-events"
HOST = "https://sns.eu-west-1.amazonaws.com"
CERTIFICATE = f"{HOST}/SimpleNotificationService-0123456789abcdef.pem"
CONFIRM = f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=t0ken"
NOTIFIES = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
CONFIRMS = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


@cache
def key(owner: str = "amazon") -> rsa.RSAPrivateKey:
    """Return one owner's key; made once, because it takes long."""
    return rsa.generate_private_key(65_537, 2_048)


@cache
def certificate(owner: str = "amazon", ends: datetime = NOW + timedelta(days=90)) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder(name, name, key(owner).public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(ends - timedelta(days=400)).not_valid_after(ends)
    return builder.sign(key(owner), SHA256()).public_bytes(Encoding.PEM).decode()


def said(kind: str = "Notification", *, owner: str = "amazon", **fields: object) -> Incoming:
    """Return a message as SNS posts it, signed by one owner's key over what it says by now."""
    body: dict[str, object] = {
        "Type": kind,
        "MessageId": "sns-1",
        "TopicArn": TOPIC,
        "Message": "hello",
        "Timestamp": "2026-01-02T03:04:00.000Z",
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE,
        **({} if kind == "Notification" else {"Token": "t0ken", "SubscribeURL": CONFIRM}),
        **fields,
    }
    names = NOTIFIES if kind == "Notification" else CONFIRMS
    text = "".join(f"{name}\n{body[name]}\n" for name in names if name in body).encode()
    digest = SHA256() if body["SignatureVersion"] == "2" else SHA1()
    signature = key(owner).sign(text, padding.PKCS1v15(), digest)
    return incoming({"Signature": base64.b64encode(signature).decode(), **body})


def incoming(body: dict[str, object]) -> Incoming:
    return Incoming(json.dumps(body).encode(), {"x-amz-sns-message-type": str(body.get("Type"))})


class Amazon(Http):
    """Answers what Amazon's hosts would, and remembers what it was asked for; everything else can't be reached."""

    def __init__(self, pages: dict[str, str] | None = None) -> None:
        super().__init__(clock=lambda: NOW)
        self.pages = {CERTIFICATE: certificate(), CONFIRM: "<ConfirmSubscriptionResponse/>"} if pages is None else pages
        self.asked: list[str] = []

    def get(self, url: str, headers: object = None, *, wait: tuple[str, ...] = ()) -> Reply:
        self.asked.append(url)
        return Reply(200, {}, self.pages[url]) if url in self.pages else Reply(trouble=deferred("no such host"))


class SesByTopic:
    """SES speaks through a topic of Amazon SNS: the topic is what the channel knows it by."""

    event_secrets = (TOPIC, f"{TOPIC}-2")

    def say(self, kind: EventKind, reference: str, secret: str = "") -> Received | None:
        if kind is EventKind.UNSUBSCRIBED:
            return None
        more = {EventKind.HARD_BOUNCE: {"bounceType": "Permanent"}, EventKind.SOFT_BOUNCE: {"bounceType": "Transient"}}
        usual = EventKind.SOFT_BOUNCE if kind is EventKind.HARD_BOUNCE else kind
        name, about = next((name, about) for name, (its, about, _) in ses_events.KINDS.items() if its is usual)
        mail = {"destination": ["reader1@example.org"], "tags": {"reference": [reference]}}
        message = json.dumps({"eventType": name, "mail": mail, about: more.get(kind, {})})
        return self._posted(secret or TOPIC, Message=message, MessageId=f"{kind}-{reference}")

    def sign(self, body: bytes, secret: str) -> Received:
        """Sign a notification anew; whatever else it is goes out as the words of one."""
        known = Received("POST", "", {}, body).json
        is_one = isinstance(known, dict) and "MessageId" in known
        fields = known if is_one else {"Message": body.decode(errors="replace")}
        return self._posted(secret, **{k: v for k, v in fields.items() if k in ("Message", "MessageId")})

    def _posted(self, topic: str, **fields: object) -> Received:
        posted = said(TopicArn=topic, **fields)
        return Received("POST", "", posted.headers, posted.body)
