"""The page of the webhook is run: its options, its examples, and the receiver that it shows."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from ruamel.yaml import YAML

from publisher.model.call import Call, Outcome
from publisher.model.event import EventKind
from publisher.model.message import Withdrawal
from publisher.model.project import Channel
from publisher.senders.events import Incoming
from publisher.senders.registry import build
from publisher.senders.standard_webhooks import headers_for, keys_of
from publisher.senders.webhook import WebhookOptions
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_mail, sample_post

PAGE = (Path(__file__).parents[2] / "docs" / "webhook.md").read_text(encoding="utf-8")
MAIL, POST, WITHDRAWN, RESULTS, EVENTS = (
    json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
)
OPTIONS = YAML(typ="safe", pure=True).load(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0])
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

RECEIVER: dict[str, Any] = {}

exec(compile(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0], "docs/webhook.md", "exec"), RECEIVER)


@pytest.fixture
def provider():
    with FakeProvider("webhook") as running:
        yield running


def sent(provider: FakeProvider, call: Call, **options: object):
    """Send through the page's own channel; return the request and the answer."""
    said = {name: value for name, value in OPTIONS.items() if name != "sender"}
    said |= {"secret": SECRET, "base_url": provider.url, **options}
    answer = build(Channel("hook", OPTIONS["sender"]), said).send(call, MemoryJournal())
    return provider.requests[-1], answer


def shape(value: object) -> object:
    """Return which keys an object has, in depth; what stands under `headers` is the message's own."""
    if isinstance(value, dict):
        return {key: ... if key == "headers" else shape(each) for key, each in value.items()}
    return [shape(value[0])] if isinstance(value, list) else ...


def test_the_table_names_every_option_with_its_default_and_meaning():
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
    options = {name: field for name, field in WebhookOptions.model_fields.items() if name != "base_url"}
    assert rows == [
        (name, "required" if field.is_required() else f"`{field.default}`", field.description)
        for name, field in options.items()
    ]


def test_a_letter_and_a_batch_are_as_the_page_shows_them(provider):
    request, _ = sent(provider, call_to(sample_mail()), batch=1)
    assert shape(request.json) == shape(MAIL)
    request, _ = sent(provider, call_to(sample_mail(), 2))
    batch = {name: value for name, value in MAIL.items() if name != "type"}
    assert shape(request.json) == shape({"type": "mail.batch", "batch_id": "", "messages": [batch]})


def test_a_post_is_as_the_page_shows_it(provider):
    request, _ = sent(provider, call_to(sample_post()))
    assert shape(request.json) == shape(POST)


def test_a_withdrawal_is_as_the_page_shows_it(provider):
    options = {"url": "https://hooks.example/press", "secret": SECRET, "base_url": provider.url}
    posted = Withdrawal(("p812",), "https://harbor.example/posts/812", "d_40_b7Tq0sVx")
    build(Channel("hook", "webhook"), options).withdraw(call_to(posted), MemoryJournal())
    (request,) = provider.requests
    assert shape(request.json) == shape(WITHDRAWN)
    assert (request.json["type"], request.json["data"]["id"]) == (WITHDRAWN["type"], WITHDRAWN["data"]["id"])
    assert request.json["data"]["post"] == WITHDRAWN["data"]["post"]


def test_the_receiver_on_the_page_knows_what_is_ours(provider):
    request, _ = sent(provider, call_to(sample_mail()))
    headers, is_ours = dict(request.headers), RECEIVER["is_ours"]
    assert is_ours(headers, request.body, SECRET)
    assert not is_ours(headers, request.body + b" ", SECRET)
    assert not is_ours({**headers, "webhook-timestamp": str(int(time.time()) - 301)}, request.body, SECRET)


def test_the_answer_reader_by_reader_is_understood(provider):
    call = call_to(sample_mail(), 4)
    rows = zip(RESULTS["results"], call.recipients, strict=False)
    provider.fails(Fault(200, {"results": [{**row, "id": reader.reference} for row, reader in rows]}))
    _, answer = sent(provider, call)
    outcomes = [answer.of(reader).outcome for reader in call.recipients]
    assert outcomes == [Outcome.SENT, Outcome.REFUSED, Outcome.DEFERRED, Outcome.UNKNOWN]


ANSWERS = re.findall(r"^\| ((?:any 2xx|\d{3}|\d{3},).*?) \| (.+?) \|$", PAGE, re.MULTILINE)
TAKEN = {"accepted": Outcome.SENT, "not accepted": Outcome.DEFERRED, "refused": Outcome.REFUSED}
TAKEN |= {"the channel stops": Outcome.REFUSED, "doubt": Outcome.UNKNOWN}


@pytest.mark.parametrize(("answer", "said"), [(a, s) for a, s in ANSWERS if re.search(r"\d{3}", a)])
def test_each_status_on_the_page_is_taken_as_it_says(provider, answer, said):
    wanted = next(outcome for words, outcome in TAKEN.items() if said.startswith(words))
    for status in (int(number) for number in re.findall(r"\b\d{3}\b", answer)):
        provider.fails(Fault(status, {"error": "your words"}, headers={"Retry-After": "5"}))
        _, taken = sent(provider, call_to(sample_mail()), batch=1)
        assert taken.verdict.outcome is wanted
        assert (taken.verdict.scope.value == "account") == said.startswith("the channel stops")


def test_the_events_on_the_page_are_heard():
    body = json.dumps(EVENTS).encode()
    headers = headers_for(keys_of(SecretStr(SECRET)), "msg_1", int(time.time()), body)
    listener = build(Channel("hook", "webhook"), {"url": "https://hooks.example/press", "secret": SECRET})
    delivered, bounced = listener.hear(Incoming(body, headers))
    assert (delivered.kind, delivered.key, delivered.reference) == (EventKind.DELIVERED, "e1", "d_3f_Kx0fPq2c")
    assert (delivered.address, delivered.happened_at.isoformat()) == (EVENTS[0]["email"], "2026-11-24T07:00:09+00:00")
    assert (bounced.kind, bounced.words) == (EventKind.HARD_BOUNCE, "550 no such mailbox")


def test_the_page_names_every_kind_of_event():
    (row,) = re.findall(r"^\| `type` \| (.+) \|$", PAGE, re.MULTILINE)
    assert re.findall(r"`([^`]+)`", row) == [kind.value for kind in EventKind]
