"""Amazon SES as we speak it, before Amazon's own library, django-anymail, and a server that does as SES does."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any
from urllib.parse import quote

import pytest
import requests

from publisher.model.call import Call, Outcome, Recipient
from publisher.model.message import Mail, fill, slots_of
from publisher.senders.mail import mailbox, merge_values, name_slots
from publisher.senders.sigv4 import Credentials, signed
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_mail
from publisher.testing.dialects.ses import expand_ses
from tests.judges import tools
from tests.senders.oracle import amazon as oracle
from tests.senders.oracle import anymail
from tests.senders.test_ses import GIVEN, made, results
from tests.senders.test_ses_events import bounce, complaint, notified, word
from tests.senders.test_ses_events import made as listening

pytestmark = pytest.mark.web

SIGNS = "abcXYZ019-_.~ /+=&%ä€{}"


@pytest.fixture(scope="module")
def amazon() -> Iterator[oracle.Amazon]:
    if words := oracle.missing():
        pytest.skip(words)
    with oracle.Amazon() as asked:
        yield asked


@pytest.fixture(scope="module")
def local() -> Iterator[str]:
    """aws-ses-v2-local, on a port of its own choice. It stops with the tests."""
    if words := tools.package("aws-ses-v2-local"):
        pytest.skip(words)
    cli = tools.MODULES / "aws-ses-v2-local" / "dist" / "cli.js"
    command = [tools.node(), str(cli), "--host", "127.0.0.1", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as server:
        assert server.stdout
        port = next(found[1] for line in server.stdout if (found := re.search(r"running at http://\S+:(\d+)", line)))
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, signal.SIGTERM)  # the program that we start starts Node itself


def a_request(luck: random.Random) -> dict[str, Any]:
    """Return any request that could be signed; its address percent-encoded, as it goes out."""

    def some(most: int) -> str:
        return "".join(luck.choices(SIGNS, k=luck.randint(1, most)))

    # A step of nothing or of dots would be taken away by Amazon's library; our addresses have none.
    path = "/".join(quote("x" + some(8), safe="") for _ in range(luck.randint(1, 4)))
    query = "&".join(f"{quote(some(6), safe='')}={quote(some(6), safe='')}" for _ in range(luck.randint(0, 3)))
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=luck.randrange(100_000_000))
    return {
        "method": luck.choice(["POST", "GET", "PUT"]),
        "url": f"{luck.choice(['https', 'http'])}://email.x.example{luck.choice(['', ':443', ':8005'])}/{path}"
        + (f"?{query}" if query else ""),
        "body": base64.b64encode(some(300).encode()).decode(),
        "key_id": f"AKID{luck.randrange(1_000_000)}",
        "secret": some(40),
        "token": luck.choice(["", "t0ken/+="]),
        "region": luck.choice(["eu-west-1", "us-gov-west-1"]),
        "service": luck.choice(["ses", "sns"]),
        "at": at.isoformat(),
    }


def test_amazons_own_library_signs_any_request_as_we_do(amazon: oracle.Amazon) -> None:
    luck = random.Random(4)
    for _ in range(300):
        case = a_request(luck)
        credentials = Credentials(case["key_id"], case["secret"], case["region"], case["service"], case["token"])
        at = datetime.fromisoformat(case["at"])
        ours = signed(base64.b64decode(case["body"]), case["url"], credentials, at, case["method"])
        assert ours["Authorization"] == amazon.ask("sign", case), case


@pytest.mark.parametrize("options", [{}, {"configuration_set": "news"}])
def test_amazons_own_library_finds_no_fault_with_our_request(amazon: oracle.Amazon, options: dict[str, str]) -> None:
    with FakeProvider("ses") as provider:
        made(base_url=provider.url, **options).send(call_to(sample_mail(), 50), MemoryJournal())
    body = provider.requests[0].json
    assert amazon.ask("validate", body) == ""
    spoiled = {**body, "BulkEmailEntries": [{**body["BulkEmailEntries"][0], "Destination": ["a@example.org"]}]}
    assert "Invalid type for parameter BulkEmailEntries[0].Destination" in amazon.ask("validate", spoiled)
    assert "Unknown parameter" in amazon.ask("validate", {**body, "Subject": "x"})


def theirs(amazon: oracle.Amazon, provider: FakeProvider, call: Call) -> dict[str, Any]:
    """Say the same mail through anymail, as far as it can: it knows only templates that are kept at SES."""
    assert isinstance(call.message, Mail)
    mail, names = call.message, name_slots(call.message)
    case = {
        "url": provider.url,
        "key_id": GIVEN["access_key_id"],
        "secret": GIVEN["secret_access_key"],
        "from": mailbox(mail.from_name, mail.from_email),
        "to": [mailbox(r.name, r.address) for r in call.recipients],
        "reply_to": [mail.reply_to],
        "values": {r.address: merge_values(names, r) for r in call.recipients},
        "headers": {r.address: {n: fill(v, r.values) for n, v in mail.headers} for r in call.recipients},
        "configuration_set": "news",
    }
    answer: dict[str, Any] = amazon.ask("send", case)
    return answer


def test_the_same_mail_has_the_same_payload(amazon: oracle.Amazon) -> None:
    call = call_to(replace(sample_mail(), from_name="Zürcher Bote"), 7)
    with FakeProvider("ses") as provider:
        made(base_url=provider.url, configuration_set="news").send(call, MemoryJournal())
        theirs(amazon, provider, call)
        us, them = provider.requests
    assert us.path == them.path
    assert them.headers["authorization"].split("Signature=")[0].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    ours, others = us.json, them.json
    assert ours.pop("ConfigurationOverrides")  # anymail leaves tracking to the account
    common = ours.pop("DefaultContent")["Template"]["Headers"]  # and repeats what all letters have in common
    assert others.pop("DefaultContent") == {"Template": {"TemplateName": "any"}}
    for mine, other in zip(ours["BulkEmailEntries"], others["BulkEmailEntries"], strict=True):
        assert mine.pop("ReplacementTags")  # our reference; anymail would put it into a header
        mine["ReplacementHeaders"] = sorted(mine["ReplacementHeaders"] + common, key=str)
        other["ReplacementHeaders"].sort(key=str)
        for entry in (mine, other):  # the same words, encoded by two libraries
            content = entry["ReplacementEmailContent"]["ReplacementTemplate"]
            content["ReplacementTemplateData"] = json.loads(content["ReplacementTemplateData"])
            entry["Destination"]["ToAddresses"] = [decoded(to) for to in entry["Destination"]["ToAddresses"]]
    for body in (ours, others):
        body["FromEmailAddress"] = decoded(body["FromEmailAddress"])
    assert ours == others


def decoded(written: str) -> tuple[str, str]:
    name, address = parseaddr(written)
    return str(make_header(decode_header(name))), address


@pytest.mark.parametrize(
    "second",
    [
        {"Status": "SUCCESS", "MessageId": "m2"},
        {"Status": "FAILED", "Error": "Invalid recipient email address(es)", "MessageId": "m2"},
        {"Status": "MESSAGE_REJECTED", "Error": "virus"},
        {"Status": "ACCOUNT_THROTTLED", "Error": "too fast"},
    ],
)
def test_the_same_answer_has_the_same_verdict(amazon: oracle.Amazon, second: dict[str, str]) -> None:
    call = call_to(sample_mail(), 2)
    with FakeProvider("ses") as provider:
        provider.fails(*[results({"Status": "SUCCESS", "MessageId": "m1"}, second)] * 2)
        answer = made(base_url=provider.url).send(call, MemoryJournal())
        status = theirs(amazon, provider, call)["status"]
    for reader in call.recipients:
        verdict, (said, found) = answer.of(reader), status[reader.address]
        assert said in anymail.OUTCOMES[verdict.outcome]
        if verdict.outcome is Outcome.SENT:  # anymail keeps the id of a letter that failed, too
            assert verdict.provider_id == found


@pytest.mark.parametrize(
    "fault",
    [
        results({"Status": "ACCOUNT_SUSPENDED"}, {"Status": "ACCOUNT_SUSPENDED"}),
        results({"Status": "SUCCESS", "MessageId": "m1"}),
        Fault(403, {"message": "no"}, {"x-amzn-ErrorType": "AccessDeniedException"}),
        Fault(500, {"message": "oops"}),
    ],
)
def test_what_is_no_answer_to_single_letters_is_none_for_either(amazon: oracle.Amazon, fault: Fault) -> None:
    call = call_to(sample_mail(), 2)
    with FakeProvider("ses") as provider:
        provider.fails(fault, fault)
        assert made(base_url=provider.url).send(call, MemoryJournal()).verdict.outcome is not Outcome.SENT
        assert "error" in theirs(amazon, provider, call)


@pytest.mark.parametrize(
    "message",
    [
        word("Delivery", delivery={"recipients": ["Ana@example.org"], "smtpResponse": "250 ok"}),
        bounce("Permanent"),
        bounce("Transient"),
        complaint(complaintFeedbackType="abuse"),
        word("Reject", reject={"reason": "Bad content"}, mail={"messageId": "m1", "destination": ["a@example.org"]}),
        word(
            "Rendering Failure", failure={"errorMessage": "x"}, mail={"messageId": "m", "destination": ["a@b.example"]}
        ),
    ],
)
def test_the_same_word_is_understood_alike(amazon: oracle.Amazon, message: dict[str, Any]) -> None:
    request = notified(message)
    (us,) = listening().hear(request)
    headers = {**request.headers, "x-amz-sns-message-id": "sns-1"}
    ((kind, recipient, found, key),) = amazon.ask("hear", {"body": request.body.decode(), "headers": headers})
    assert kind in anymail.KINDS[us.kind]
    assert (us.address, us.provider_id, us.key) == (recipient, found, key)


def test_fifty_readers_each_get_their_own_letter_and_nothing_of_another(local: str) -> None:
    mail, call = sample_mail(), nameless(call_to(sample_mail(), 50))
    answer = made(base_url=local).send(call, MemoryJournal())
    assert {answer.of(reader).outcome for reader in call.recipients} == {Outcome.SENT}
    letters = stored(local)
    assert len(letters) == 50
    for reader in call.recipients:
        letter = letters[answer.of(reader).provider_id]
        assert letter["destination"] == {"to": [reader.address], "cc": [], "bcc": []}
        headers = {row["name"]: row["value"] for row in letter["headers"]}
        assert headers == {name: fill(value, reader.values) for name, value in mail.headers}
        assert letter["subject"] == fill(mail.subject, reader.values)
        assert (letter["body"]["html"], letter["body"]["text"]) == (
            fill(mail.html, reader.values),
            fill(mail.text, reader.values),
        )
        seen = json.dumps(letter)
        assert not any(f"/u/{n}?" in seen for n in range(1, 51) if n != reader.delivery_id)
        assert not any(other.address in seen for other in call.recipients if other is not reader)


TRICKY = ("{{first_name_html}}", "{{{x}}}", "{{#each x}}", r"\{{x}}", "{{!x}}", "{{{{raw}}}}", "{", "}", "\\", "{{")


@pytest.mark.parametrize("before", TRICKY)
def test_authored_braces_around_a_slot_survive_the_template(local: str, before: str) -> None:
    slot = next(slot for slot in slots_of(sample_mail()) if slot.context == "text")
    mail = replace(sample_mail(), text=(before, slot, before, slot, before))
    call = nameless(call_to(mail))
    sender = made(base_url=local)
    answer = sender.send(call, MemoryJournal())
    (reader,) = call.recipients
    letter = stored(local)[answer.of(reader).provider_id]
    assert letter["body"]["text"].replace("\u2060", "") == fill(mail.text, reader.values)


def test_our_fake_puts_values_in_as_the_emulator_does(local: str) -> None:
    call = nameless(call_to(sample_mail(), 7))
    with FakeProvider("ses") as provider:
        made(base_url=provider.url).send(call, MemoryJournal())
    answer = made(base_url=local).send(call, MemoryJournal())
    letters = stored(local)
    for reader, message in zip(call.recipients, expand_ses(provider.requests[0].json), strict=True):
        letter = letters[answer.of(reader).provider_id]
        assert (letter["subject"], letter["body"]["html"]) == (message["subject"], message["html"])


def nameless(call: Call) -> Call:
    """Take the readers' names away: in a bulk request the emulator takes bare addresses only, unlike SES."""
    return replace(call, recipients=tuple(_nameless(reader) for reader in call.recipients))


def _nameless(reader: Recipient) -> Recipient:
    return replace(reader, name="")


def stored(local: str) -> dict[str, Any]:
    """Return the letters that the emulator has sent since it was last asked, by id."""
    letters = {row["messageId"]: row for row in requests.get(f"{local}/store", timeout=10).json()["emails"]}
    requests.post(f"{local}/clear-store", timeout=10)
    return letters
