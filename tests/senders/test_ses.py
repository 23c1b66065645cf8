"""What is Amazon SES's own; what every sender does is in tests/conformance."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest

from publisher.clock import now
from publisher.errors import ConfigError
from publisher.model.call import Call, Outcome, Scope
from publisher.model.message import Mail, Slot, fill
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.registry import build
from publisher.senders.ses_payload import in_html, in_text
from publisher.testing import FakeProvider, Fault, MemoryJournal, call_to, sample_mail
from publisher.testing.dialects.ses import expand_ses

GIVEN = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "ses-s3cret/+k3y", "region": "eu-west-1"}


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider("ses") as running:
        yield running


@pytest.fixture
def sender(provider: FakeProvider) -> Sender:
    return made(base_url=provider.url)


def made(**options: object) -> Sender:
    return build(Channel("letters", "ses"), {**GIVEN, **options})


def plain(text: str) -> Mail:
    return replace(sample_mail(), subject=(text,), html=(f"<p>{text}</p>",), text=(text,))


def refusal(name: str, message: str, status: int = 400) -> Fault:
    return Fault(status, {"message": message}, {"x-amzn-ErrorType": f"{name}:http://internal.amazon.com/coral/"})


def results(*rows: dict[str, str]) -> Fault:
    return Fault(200, {"BulkEmailEntryResults": list(rows)}, {"Content-Type": "application/json"})


def test_the_request_is_what_the_provider_documents(provider: FakeProvider) -> None:
    sender = made(base_url=provider.url, configuration_set="news", session_token="t0ken")
    call = call_to(sample_mail(), 2)
    answer = sender.send(call, MemoryJournal())
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/v2/email/outbound-bulk-emails")
    assert request.headers["x-amz-security-token"] == "t0ken"
    body = request.json
    assert body["FromEmailAddress"] == "Harbor Gazette <news@harbor.example>"
    assert body["ReplyToAddresses"] == ["desk@harbor.example"]
    assert body["ConfigurationSetName"] == "news"
    tracking = {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"}
    assert body["ConfigurationOverrides"] == {"Tracking": tracking}
    template = body["DefaultContent"]["Template"]
    assert template["TemplateContent"]["Subject"] == "Good morning, {{first_name_header}}: the harbour reopens"
    assert template["Headers"] == [
        {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
        {"Name": "List-Id", "Value": "Morning briefing <daily.letters.harbor.example>"},
    ]
    first = body["BulkEmailEntries"][0]
    assert first["ReplacementHeaders"] == [
        {"Name": "List-Unsubscribe", "Value": "<https://letters.harbor.example/u/1?l=daily&t=x1>"}
    ]
    assert [answer.of(reader).provider_id for reader in call.recipients] == ["ses-1-0", "ses-1-1"]


def test_what_is_not_used_is_absent_from_the_request(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(replace(sample_mail(), reply_to="", text=())), MemoryJournal())
    body = provider.requests[0].json
    assert body.keys() == {"FromEmailAddress", "DefaultContent", "BulkEmailEntries", "ConfigurationOverrides"}
    assert body["DefaultContent"]["Template"]["TemplateContent"].keys() == {"Subject", "Html"}
    assert "x-amz-security-token" not in provider.requests[0].headers


def test_our_reference_goes_with_every_recipient(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_mail(), 3), MemoryJournal())
    messages = expand_ses(provider.requests[0].json)
    assert [m["tags"] for m in messages] == [{"reference": f"d{n}-ref"} for n in (1, 2, 3)]


def test_fifty_readers_get_what_the_preview_shows(sender: Sender, provider: FakeProvider) -> None:
    mail, call = sample_mail(), call_to(sample_mail(), 50)
    answer = sender.send(call, MemoryJournal())
    assert {answer.of(reader).outcome for reader in call.recipients} == {Outcome.SENT}
    assert len(provider.requests) == 1
    for reader, message in zip(call.recipients, expand_ses(provider.requests[0].json), strict=True):
        assert message["to"] == reader.address
        assert message["subject"] == fill(mail.subject, reader.values)
        assert message["html"] == fill(mail.html, reader.values)
        assert message["text"] == fill(mail.text, reader.values)
        assert message["headers"] == {name: fill(value, reader.values) for name, value in mail.headers}


def test_nothing_of_another_reader_is_in_a_readers_mail(sender: Sender, provider: FakeProvider) -> None:
    sender.send(call_to(sample_mail(), 30), MemoryJournal())
    for message in expand_ses(provider.requests[0].json):
        own = message["to"].split("@")[0].removeprefix("reader")
        seen = repr({**message, "to": ""})
        assert not any(f"/u/{n}?" in seen for n in range(1, 31) if str(n) != own)
        assert "@example.org" not in seen


def test_one_field_with_two_defaults_goes_out_twice(sender: Sender, provider: FakeProvider) -> None:
    text = (Slot("name", "text", "reader"), " and ", Slot("name", "text", "friend"))
    sender.send(call_to(replace(sample_mail(), text=text)), MemoryJournal())
    assert expand_ses(provider.requests[0].json)[0]["text"] == "reader and friend"


@pytest.mark.parametrize("tag", ["{{first_name_html}}", "{{{x}}}", "{{#each x}}", r"\{{x}}", "{{ x", "{{{{raw}}}}"])
def test_authored_tags_reach_the_reader_as_written(sender: Sender, provider: FakeProvider, tag: str) -> None:
    sender.send(call_to(plain(f"Write {tag} here")), MemoryJournal())
    content = provider.requests[0].json["DefaultContent"]["Template"]["TemplateContent"]
    assert not any("{{" in part for part in content.values())
    assert html.unescape(content["Html"]) == f"<p>Write {tag} here</p>"
    assert content["Text"].replace("\u2060", "") == f"Write {tag} here"


@pytest.mark.parametrize("text", ["a { b } c", "}}", r"C:\news", "{", "@media print{.a{color:red}}"])
def test_a_brace_that_is_no_tag_stays(text: str) -> None:
    assert in_html(f"<p>{text}</p>") == f"<p>{text}</p>"
    assert in_text(f"({text})") == f"({text})"


def test_a_brace_beside_a_placeholder_stays_apart_from_it() -> None:
    assert [in_html(text) for text in ("set {", "} of", "path\\")] == ["set &#123;", "&#125; of", "path&#92;"]
    assert in_text("set {") == "set \u2060{\u2060"


def test_a_readers_value_that_looks_like_a_tag_is_a_value(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 2)
    sly = replace(call.recipients[0], values={**call.recipients[0].values, "first_name": "{{unsubscribe_url_text}}"})
    sender.send(replace(call, recipients=(sly, call.recipients[1])), MemoryJournal())
    assert "Dear {{unsubscribe_url_text}}\n" in expand_ses(provider.requests[0].json)[0]["text"]


def test_names_and_headers_outside_ascii_go_out_encoded(sender: Sender, provider: FakeProvider) -> None:
    title = (("List-Id", ('"Züri {{heute}}" <daily.letters.harbor.example>',)),)
    mail = replace(sample_mail(), from_name='Zürcher "Bote", Abend', headers=title, from_email="news@bücher.example")
    assert sender.send(call_to(mail), MemoryJournal()).verdict.outcome is Outcome.SENT
    body = provider.requests[0].json
    name, address = parseaddr(body["FromEmailAddress"])
    assert (str(make_header(decode_header(name))), address) == ('Zürcher "Bote", Abend', "news@xn--bcher-kva.example")
    (to,) = body["BulkEmailEntries"][0]["Destination"]["ToAddresses"]
    assert to == "=?utf-8?b?w4VzYSAmIFPDuG4=?= <reader1@example.org>"
    (header,) = body["DefaultContent"]["Template"]["Headers"]
    phrase, _, rest = header["Value"].partition(" <")
    assert (str(make_header(decode_header(phrase))), rest) == ("Züri {\u2060{heute}}", "daily.letters.harbor.example>")


def test_headers_that_ses_does_not_take_never_leave(sender: Sender, provider: FakeProvider) -> None:
    for headers in (
        (("X-Long", ("x" * 991,)),),
        tuple((f"X-{n}", ("x",)) for n in range(16)),
        (("X-Odd", ("a\tb",)),),
        (("Return-Path", ("a@example.org",)),),
    ):
        verdict = sender.send(call_to(replace(sample_mail(), headers=headers)), MemoryJournal()).verdict
        assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert provider.requests == []


def test_a_reader_whose_own_header_is_too_long_is_refused_alone(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 2)
    far = replace(call.recipients[0], values={"unsubscribe_url": "https://letters.harbor.example/u/" + "x" * 995})
    answer = sender.send(replace(call, recipients=(far, call.recipients[1])), MemoryJournal())
    assert (answer.of(far).outcome, answer.of(far).scope) == (Outcome.REFUSED, Scope.RECIPIENT)
    assert "List-Unsubscribe" in answer.of(far).reason
    assert provider.addresses() == ["reader2@example.org"]


def test_a_reader_with_too_many_values_is_refused_alone(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 2)
    heavy = replace(call.recipients[0], values={**call.recipients[0].values, "first_name": "x" * 140_000})
    answer = sender.send(replace(call, recipients=(heavy, call.recipients[1])), MemoryJournal())
    assert answer.of(heavy).outcome is Outcome.REFUSED
    assert provider.addresses() == ["reader2@example.org"]


def test_each_result_is_its_own_readers(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 6)
    provider.fails(
        results(
            {"Status": "SUCCESS", "MessageId": "m1"},
            {"Status": "FAILED", "Error": "Invalid recipient email address(es)", "MessageId": "m2"},
            {"Status": "ACCOUNT_THROTTLED"},
            {"Status": "MESSAGE_REJECTED", "Error": "virus"},
            {"Status": "INVALID_PARAMETER", "Error": "tag"},
            {"Status": "WHATEVER"},
        )
    )
    answer = sender.send(call, MemoryJournal())
    verdicts = [answer.of(reader) for reader in call.recipients]
    assert [(v.outcome, v.scope) for v in verdicts] == [
        (Outcome.SENT, Scope.RECIPIENT),
        (Outcome.REFUSED, Scope.RECIPIENT),
        (Outcome.DEFERRED, Scope.PASSING),
        (Outcome.REFUSED, Scope.MESSAGE),
        (Outcome.REFUSED, Scope.RECIPIENT),
        (Outcome.UNKNOWN, Scope.PASSING),
    ]
    assert [v.provider_id for v in verdicts] == ["m1", "", "", "", "", ""]  # an id is no sign of success
    assert "Invalid recipient" in verdicts[1].reason


@pytest.mark.parametrize(
    "status",
    ["ACCOUNT_SUSPENDED", "ACCOUNT_SENDING_PAUSED", "MAIL_FROM_DOMAIN_NOT_VERIFIED", "CONFIGURATION_SET_NOT_FOUND"],
)
def test_a_result_about_the_account_stops_it(sender: Sender, provider: FakeProvider, status: str) -> None:
    provider.fails(results({"Status": "SUCCESS", "MessageId": "m1"}, {"Status": status}))
    call = call_to(sample_mail(), 2)
    answer = sender.send(call, MemoryJournal())
    assert answer.of(call.recipients[0]).outcome is Outcome.SENT
    assert (answer.verdict.outcome, answer.verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_results_that_are_not_as_many_as_the_letters_are_unknown(
    sender: Sender, provider: FakeProvider, count: int
) -> None:
    provider.fails(results(*[{"Status": "SUCCESS", "MessageId": "m"}] * count))
    answer = sender.send(call_to(sample_mail(), 2), MemoryJournal())
    assert answer.verdict.outcome is Outcome.UNKNOWN
    assert answer.exceptions == {}


def test_readers_whom_we_refused_ourselves_do_not_shift_the_results(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(sample_mail(), 3)
    nobody = replace(call.recipients[1], values={})
    provider.fails(results({"Status": "SUCCESS", "MessageId": "m1"}, {"Status": "FAILED", "Error": "bad address"}))
    answer = sender.send(replace(call, recipients=(call.recipients[0], nobody, call.recipients[2])), MemoryJournal())
    assert answer.of(call.recipients[0]).provider_id == "m1"
    assert "unsubscribe_url" in answer.of(nobody).reason
    assert answer.of(call.recipients[2]).reason == "bad address (FAILED)"


@pytest.mark.parametrize(
    "fault",
    [
        refusal("LimitExceededException", "Daily message quota exceeded"),
        refusal("TooManyRequestsException", "Daily message quota exceeded.", 429),
        results({"Status": "ACCOUNT_DAILY_QUOTA_EXCEEDED"}),
    ],
)
def test_a_used_up_quota_waits_for_an_hour(sender: Sender, provider: FakeProvider, fault: Fault) -> None:
    provider.fails(fault)
    verdict = sender.send(call_to(sample_mail()), MemoryJournal()).verdict
    assert verdict.outcome is Outcome.DEFERRED
    assert verdict.until is not None
    assert abs(verdict.until - now() - timedelta(hours=1)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("fault", "outcome", "scope"),
    [
        (refusal("TooManyRequestsException", "Maximum sending rate exceeded.", 429), "deferred", "passing"),
        (refusal("LimitExceededException", "too many"), "deferred", "passing"),
        (refusal("AccountSuspendedException", "no"), "refused", "account"),
        (refusal("SendingPausedException", "no"), "refused", "account"),
        (refusal("MailFromDomainNotVerifiedException", "no"), "refused", "account"),
        (refusal("NotFoundException", "Configuration set <news> does not exist.", 404), "refused", "account"),
        (refusal("MessageRejected", "Email address is not verified. news@harbor.example"), "refused", "account"),
        (refusal("MessageRejected", "a virus"), "refused", "message"),
        (refusal("BadRequestException", "Html is too long"), "refused", "message"),
        (refusal("ExpiredTokenException", "The security token included in the request is expired", 403), "refused",
         "account"),
        (refusal("InternalServiceErrorException", "oops", 500), "unknown", "passing"),
    ],
)  # fmt: skip
def test_each_refusal_of_the_request_has_its_reach(
    sender: Sender, provider: FakeProvider, fault: Fault, outcome: str, scope: str
) -> None:
    provider.fails(fault)
    verdict = sender.send(call_to(sample_mail(), 2), MemoryJournal()).verdict
    assert (verdict.outcome, verdict.scope) == (outcome, scope)


def test_the_name_of_an_error_is_found_in_the_body_too(sender: Sender, provider: FakeProvider) -> None:
    provider.fails(Fault(400, {"__type": "com.amazonaws.ses#SendingPausedException", "Message": "paused"}))
    verdict = sender.send(call_to(sample_mail()), MemoryJournal()).verdict
    assert verdict.scope is Scope.ACCOUNT
    assert verdict.reason == "HTTP 400: paused (SendingPausedException)"


@pytest.mark.parametrize(
    "fault", [refusal("BadRequestException", "Illegal address"), refusal("RequestEntityTooLarge", "too large", 413)]
)
def test_a_fault_of_one_reader_among_several_asks_for_halves(
    sender: Sender, provider: FakeProvider, fault: Fault
) -> None:
    provider.fails(fault, fault)
    answer = sender.send(call_to(sample_mail(), 2), MemoryJournal())
    assert (answer.split, answer.verdict.outcome) == (True, Outcome.DEFERRED)
    alone = sender.send(call_to(sample_mail()), MemoryJournal())
    assert (alone.split, alone.verdict.outcome) == (False, Outcome.REFUSED)


def test_a_body_over_the_limit_is_split_and_one_letter_refused(sender: Sender, provider: FakeProvider) -> None:
    call = call_to(replace(sample_mail(), html=("x" * 700_000, Slot("note", "html"))), 4)
    fat = tuple(replace(r, values={**r.values, "note": "y" * 90_000}) for r in call.recipients)
    assert sender.send(replace(call, recipients=fat), MemoryJournal()).split
    alone: Call = call_to(replace(sample_mail(), html=("x" * 1_000_000,)))
    assert sender.send(alone, MemoryJournal()).verdict.outcome is Outcome.REFUSED
    assert provider.requests == []


def test_every_try_is_signed_anew(sender: Sender, provider: FakeProvider) -> None:
    moment = now() - timedelta(days=1)
    for hours in (0, 1):
        sender.http.clock = lambda at=moment + timedelta(hours=hours): at
        sender.send(call_to(sample_mail()), MemoryJournal())
    first, second = (request.headers["x-amz-date"] for request in provider.requests)
    assert first < second
    assert len(provider.accepted) == 2  # the fake checks signatures


def test_a_wrong_secret_stops_the_account(provider: FakeProvider) -> None:
    verdict = (
        made(base_url=provider.url, secret_access_key="other").send(call_to(sample_mail()), MemoryJournal()).verdict
    )
    assert (verdict.outcome, verdict.scope) == (Outcome.REFUSED, Scope.ACCOUNT)
    assert "InvalidSignatureException" in verdict.reason


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "email.eu-west-1.amazonaws.com"),
        ("us-gov-west-1", "email.us-gov-west-1.amazonaws.com"),
        ("eusc-de-east-1", "email.eusc-de-east-1.amazonaws.eu"),
    ],
)
def test_the_region_decides_the_host(region: str, host: str) -> None:
    assert vars(made(region=region))["_url"] == f"https://{host}/v2/email/outbound-bulk-emails"


@pytest.mark.parametrize(
    "options", [{"region": "eu-west-1.evil.example/"}, {"events_topic": "news"}, {"access_key_id": ""}]
)
def test_an_option_that_can_not_be_meant_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))):
        made(**options)
