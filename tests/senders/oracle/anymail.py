"""django-anymail as a second opinion: how another sender of mail speaks to a provider, and what it understands.

It is pointed at a server of ours that captures what comes, and says the same mail as our sender does; and it is given
the same events. Django is configured here, once for all oracles.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import django
from anymail.exceptions import AnymailInsecureWebhookWarning, AnymailNotSupportedWarning
from anymail.message import AnymailMessage, AnymailRecipientStatus
from anymail.signals import AnymailTrackingEvent
from django.conf import settings
from django.test import RequestFactory

from publisher.model.call import Call, Outcome, Recipient
from publisher.model.event import EventKind
from publisher.model.message import Mail, Slot, fill, translate
from publisher.senders.mail import mailbox, merge_values, name_slots

if not settings.configured:
    settings.configure(INSTALLED_APPS=["anymail"], ALLOWED_HOSTS=["*"], DEFAULT_CHARSET="utf-8", USE_TZ=True)
    django.setup()

# What anymail calls what we call …; a provider's own difference is named in its test.
OUTCOMES: Mapping[Outcome, frozenset[str]] = {
    Outcome.SENT: frozenset({"sent", "queued"}),
    Outcome.REFUSED: frozenset({"rejected", "failed", "invalid"}),
    Outcome.DEFERRED: frozenset({"failed"}),
    Outcome.UNKNOWN: frozenset({"unknown"}),
}
KINDS: Mapping[EventKind, frozenset[str]] = {
    EventKind.DELIVERED: frozenset({"delivered"}),
    EventKind.DELAYED: frozenset({"deferred"}),
    EventKind.SOFT_BOUNCE: frozenset({"bounced"}),
    EventKind.HARD_BOUNCE: frozenset({"bounced"}),
    EventKind.DROPPED: frozenset({"rejected", "failed"}),
    EventKind.COMPLAINED: frozenset({"complained"}),
    EventKind.UNSUBSCRIBED: frozenset({"unsubscribed"}),
}


def merged(call: Call, placeholder: Callable[[str], str]) -> AnymailMessage:
    """Return anymail's equivalent of a mail that goes to all readers of a call at once, with their values beside it.

    :param placeholder: prints the name of a variable as the provider's placeholder.
    """
    assert isinstance(call.message, Mail)
    mail, names = call.message, name_slots(call.message)

    def named(slot: Slot) -> str:
        return placeholder(names[slot])

    texts = {part: translate(getattr(mail, part), named, str) for part in ("subject", "text", "html")}
    message = _message(mail, call.recipients, **texts)
    message.merge_data = {r.address: merge_values(names, r) for r in call.recipients}
    return message


def rendered(call: Call, reader: Recipient) -> AnymailMessage:
    """Return anymail's equivalent of the complete mail to one reader."""
    assert isinstance(call.message, Mail)
    mail = call.message
    texts = {part: fill(getattr(mail, part), reader.values) for part in ("subject", "text", "html")}
    return _message(mail, (reader,), **texts)


def say(provider: str, message: AnymailMessage, api_url: str, **options: Any) -> Mapping[str, AnymailRecipientStatus]:
    """Send through anymail's backend, and return what it made of the answer: by address, status and message_id.

    :param provider: the module's name among ``anymail.backends``.
    :param options: of the backend: ``api_key=…``.
    :raises AnymailAPIError: anymail takes the answer as a refusal of everything.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AnymailNotSupportedWarning)
        backend = import_module(f"anymail.backends.{provider}").EmailBackend(api_url=api_url, **options)
    backend.send_messages([message])
    recipients: Mapping[str, AnymailRecipientStatus] = message.anymail_status.recipients
    return recipients


def hear(
    provider: str, view: str, body: bytes, headers: Mapping[str, str] | None = None, **options: Any
) -> list[AnymailTrackingEvent]:
    """Hand an event to anymail's view as the web would, and return what it reads there.

    :param view: the class's name in ``anymail.webhooks.PROVIDER``.
    :param options: of the view: ``webhook_secret="user:password"``.
    :raises AnymailWebhookValidationFailure: it doesn't believe it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AnymailNotSupportedWarning)
        warnings.simplefilter("ignore", AnymailInsecureWebhookWarning)
        listener = getattr(import_module(f"anymail.webhooks.{provider}"), view)(**options)
    request = RequestFactory().post("/", body, content_type="application/json", headers=dict(headers or {}))
    listener.run_validators(request)
    events: list[AnymailTrackingEvent] = listener.parse_events(request)
    return events


def _message(mail: Mail, readers: tuple[Recipient, ...], *, subject: str, text: str, html: str) -> AnymailMessage:
    message = AnymailMessage(
        subject,
        text,
        mailbox(mail.from_name, mail.from_email),
        [mailbox(r.name, r.address) for r in readers],
        reply_to=[mail.reply_to] if mail.reply_to else None,
    )
    message.attach_alternative(html, "text/html")
    message.merge_headers = {r.address: {n: fill(v, r.values) for n, v in mail.headers} for r in readers}
    message.merge_metadata = {r.address: {"reference": r.reference} for r in readers}
    message.track_opens = message.track_clicks = False
    return message
