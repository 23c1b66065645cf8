"""Brevo as we speak it and as django-anymail does. What may differ is taken away by name; the rest is equal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from anymail.exceptions import AnymailAPIError, AnymailWebhookValidationFailure
from anymail.utils import UNSET

from publisher.model.call import Call, Outcome
from publisher.senders.events import NotBelieved
from publisher.testing import FakeProvider, Fault, MemoryJournal
from tests.senders.oracle import anymail
from tests.senders.test_brevo import made, says, to_simple_readers
from tests.senders.test_brevo_events import EPOCH, incoming
from tests.senders.test_brevo_events import made as listening


def theirs(provider: FakeProvider, call: Call) -> Mapping[str, Any]:
    message = anymail.merged(call, lambda name: "{{params." + name + "}}")
    message.track_opens = message.track_clicks = UNSET  # only the account can switch tracking off
    return anymail.say("brevo", message, f"{provider.url}/v3/", api_key="xkeysib-0123456789")


def test_the_same_mail_has_the_same_payload() -> None:
    call = to_simple_readers(7)
    with FakeProvider("brevo") as provider:
        made(base_url=provider.url).send(call, MemoryJournal())
        with pytest.raises(AnymailAPIError, match="idempotencyKey"):  # which it doesn't know, and our fake asks for
            theirs(provider, call)
        us, them = (request.json for request in provider.requests)
        assert [r.path for r in provider.requests] == ["/v3/smtp/email"] * 2
        assert len({r.headers["api-key"] for r in provider.requests}) == 1
    assert us.pop("headers").keys() == {"idempotencyKey"}
    assert us.pop("tags") == [call.key]  # by which we ask; anymail never does
    for reader, mine, other in zip(call.recipients, us["messageVersions"], them["messageVersions"], strict=True):
        # Our reference is the whole of it; anymail would put JSON there.
        assert mine["headers"].pop("X-Mailin-custom") == reader.reference
        assert reader.reference in other["headers"].pop("X-Mailin-custom")
        # It sends values that only headers have; those are written out.
        assert other["params"].pop("unsubscribe_url_header")
    assert us == them


@pytest.mark.parametrize(
    "fault", [None, says(400, "invalid_parameter", "no"), says(401, "unauthorized", "no"), Fault(500)]
)
def test_the_same_answer_has_the_same_verdict(fault: Fault | None) -> None:
    call = to_simple_readers(2)
    fault = fault or Fault(201, {"messageIds": ["<a>", "<b>"]})
    with FakeProvider("brevo") as provider:
        provider.fails(fault, fault)
        answer = made(base_url=provider.url).send(call, MemoryJournal())
        if fault.status != 201:
            with pytest.raises(AnymailAPIError):
                theirs(provider, call)
            assert answer.verdict.outcome in (Outcome.REFUSED, Outcome.UNKNOWN)  # a 500 may have been accepted
            return
        status = theirs(provider, call)
    for reader in call.recipients:
        assert status[reader.address].status in anymail.OUTCOMES[answer.of(reader).outcome]
        assert status[reader.address].message_id == answer.of(reader).provider_id


@pytest.mark.parametrize(
    "word",
    ["delivered", "deferred", "soft_bounce", "hard_bounce", "invalid_email", "blocked", "error", "spam", "unsubscribe"],
)
def test_the_same_word_is_understood_alike(word: str) -> None:
    said = {"event": word, "email": "Ana@example.org", "message-id": "<1@relay>", "ts_epoch": EPOCH, "id": 42}
    request = incoming(said)
    (us,), (them,) = listening().hear(request), heard(request)
    assert them.event_type in anymail.KINDS[us.kind]
    assert (us.address, us.provider_id, us.happened_at) == (them.recipient, them.message_id, them.timestamp)


def test_a_forged_word_is_believed_by_neither() -> None:
    forged = incoming({"event": "hard_bounce"}, "other")
    with pytest.raises(NotBelieved):
        listening().hear(forged)
    with pytest.raises(AnymailWebhookValidationFailure):
        heard(forged)


def heard(request: Any) -> list[Any]:
    view = "BrevoTrackingWebhookView"
    return anymail.hear("brevo", view, request.body, request.headers, webhook_secret="brevo:new")
