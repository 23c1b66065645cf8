"""Amazon SNS, by which SES tells what became of letters: is it Amazon who speaks, and of a topic of ours?

Any customer of Amazon can have a message signed that says anything, on a topic of their own. So the topic decides
first: it must be one that the channel names, and where certificates and confirmations may be fetched follows from it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator

from publisher.senders.events import Incoming, NotBelieved, read_json, word
from publisher.senders.http import Reply
from publisher.senders.sigv4 import domain_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.x509 import Certificate

WINDOW = timedelta(minutes=65)  # SNS says a thing again for up to an hour
TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
SIGNED: Mapping[str, tuple[str, ...]] = {  # what is signed of each type, in this order
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


def _all_topics(value: str) -> str:
    if not value or not all(TOPIC.fullmatch(name) for name in value.split()):
        raise ValueError("must be the ARN of a topic, `arn:aws:sns:REGION:ACCOUNT:NAME`, or several, one space between")
    return value


TopicNames = Annotated[str, AfterValidator(_all_topics)]


class Topics:
    """The topics that one channel hears. Used by many threads.

    :param names: their ARNs.
    :param fetch: asks for an address without following a redirect.
    :param takes_sha1: whether signatures of version 1 are believed too.
    """

    def __init__(self, names: Sequence[str], fetch: Callable[[str], Reply], *, takes_sha1: bool) -> None:
        self._names = names
        self._fetch = fetch
        self._takes_sha1 = takes_sha1
        self._certificates: dict[str, Certificate] = {}  # by address; Amazon gives a new one a new address

    def hear(self, incoming: Incoming, now: datetime) -> Mapping[str, Any] | None:
        """Return a notification, once it is sure that Amazon sent it; None for what only concerns the subscription.

        A subscription to a topic of ours is confirmed on the way.

        :raises NotBelieved: it is somebody else's, or old, or can't be understood; 503 where Amazon can't be asked.
        """
        said = self._read(incoming)
        region = said["TopicArn"].split(":")[3]
        host = f"sns.{region}.{domain_of(region)}"
        self._must_be_signed(said, host, now)
        if not _is_fresh(word(said.get("Timestamp")), now):
            raise NotBelieved("signed too long ago")
        if said["Type"] == "SubscriptionConfirmation":
            self._confirm(word(said.get("SubscribeURL")), host)
        return said if said["Type"] == "Notification" else None

    def _read(self, incoming: Incoming) -> Mapping[str, Any]:
        """Return the message if it is one, and its topic is ours."""
        said: Any = read_json(incoming.body)
        kind = said.get("Type") if isinstance(said, dict) else None
        if not isinstance(kind, str) or kind not in SIGNED:
            raise NotBelieved("not a message of SNS; raw message delivery must be off", 400)
        if incoming.headers.get("x-amz-sns-message-type") != kind:
            raise NotBelieved("the header x-amz-sns-message-type says something else than the body")
        if said.get("TopicArn") not in self._names:
            raise NotBelieved("the topic is not one of this channel's `events_topic`")
        return dict(said)

    def _must_be_signed(self, said: Mapping[str, Any], host: str, now: datetime) -> None:
        from cryptography.exceptions import InvalidSignature  # here: only who hears needs it, and it loads slowly
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA1, SHA256

        version = said.get("SignatureVersion")
        if version != "2" and not (version == "1" and self._takes_sha1):
            raise NotBelieved("signed with SHA-1: set the topic's SignatureVersion to 2, or `events_sha1: true` here")
        digest = SHA256() if version == "2" else SHA1()  # noqa: S303 -- Amazon's own, and only where it is asked for
        certificate = self._certificate(word(said.get("SigningCertURL")), host)
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise NotBelieved("the certificate is not valid at this time")
        try:
            signature = base64.b64decode(word(said.get("Signature")), validate=True)
            _key_of(certificate).verify(signature, _text(said), PKCS1v15(), digest)
        except (InvalidSignature, ValueError) as error:
            raise NotBelieved("the signature doesn't match") from error

    def _certificate(self, url: str, host: str) -> Certificate:
        if not re.fullmatch(rf"https://{re.escape(host)}/SimpleNotificationService-[a-z0-9]+\.pem", url):
            raise NotBelieved("the certificate is not where Amazon keeps those of this topic")
        if url not in self._certificates:
            self._certificates[url] = _load(self._ask(url, "the certificate can't be fetched"))
        return self._certificates[url]

    def _confirm(self, url: str, host: str) -> None:
        if not re.fullmatch(rf"https://{re.escape(host)}/\?[!-~]+", url):
            raise NotBelieved("the subscription is to be confirmed at another place than Amazon's for this topic")
        self._ask(url, "the subscription can't be confirmed")

    def _ask(self, url: str, failure: str) -> str:
        reply = self._fetch(url)
        if reply.trouble:  # SNS says it again
            raise NotBelieved(f"{failure}: {reply.trouble.reason}", 503)
        return reply.text


def _load(text: str) -> Certificate:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import load_pem_x509_certificate

    try:
        certificate = load_pem_x509_certificate(text.encode())
        _key_of(certificate)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise NotBelieved("what was found for a certificate is none", 503) from error
    return certificate


def _key_of(certificate: Certificate) -> RSAPublicKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise ValueError("SNS signs with RSA")
    return key


def _text(said: Mapping[str, Any]) -> bytes:
    """Return what was signed: the fields that are there, each name and value on a line of its own."""
    return "".join(f"{name}\n{said[name]}\n" for name in SIGNED[said["Type"]] if name in said).encode(errors="replace")


def _is_fresh(timestamp: str, now: datetime) -> bool:
    try:
        return abs(datetime.fromisoformat(timestamp) - now) <= WINDOW
    except (ValueError, TypeError, OverflowError):
        return False
