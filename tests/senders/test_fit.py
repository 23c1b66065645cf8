"""What a provider can be handed: heads in ASCII, no header of its own, nothing too long."""

from __future__ import annotations

from dataclasses import replace
from email import charset
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.call import Answer, Call, Outcome, Scope
from publisher.model.project import Channel
from publisher.senders.fit import address_in_ascii, encoded, fit, header_in_ascii, mailbox_in_ascii
from publisher.senders.mail import Readers
from publisher.senders.registry import build
from publisher.testing import call_to, sample_mail


def fitted(call: Call, values_cap: int = 0) -> Readers | Answer:
    sender = build(Channel("x", "mailgun"), {"domain": "mg.example", "api_key": "k3y"})
    return fit(call, sender, frozenset({"subject"}), values_cap)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ('"Morning" <daily.x.example>', '"Morning" <daily.x.example>'),
        ('"Züri heute" <daily.x.example>', "=?utf-8?q?Z=C3=BCri_heute?= <daily.x.example>"),
        ("<https://x.example/u/ä?t=1&l=%20>", "<https://x.example/u/%C3%A4?t=1&l=%20>"),
        ("all of Île and Évora, today", "all of =?utf-8?q?=C3=8Ele?= and =?utf-8?b?w4l2b3Jh?=, today"),
    ],
)
def test_a_header_is_written_in_ascii_and_its_address_stays_one(value: str, written: str) -> None:
    assert header_in_ascii(value) == written


@settings(max_examples=50)
@given(st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters='<>"=?,'), min_size=1, max_size=300))
def test_any_words_are_read_back_as_they_were_meant(words: str) -> None:
    written = header_in_ascii(words)
    assert written.isascii()
    assert "\n" not in written
    assert str(make_header(decode_header(written))) == words
    assert words.isascii() or all(len(word) <= 75 for word in written.split())  # RFC 2047


@pytest.mark.parametrize("name", ["", "Ana", 'Dr. "Bo" Li', "Åsa, Søn", '"Ö" \\ <b>', "李雷" * 40])
def test_a_mailbox_is_read_back_as_it_was_meant(name: str) -> None:
    written = mailbox_in_ascii(name, "ana@example.org")
    assert written.isascii()
    found, address = parseaddr(written)
    assert (str(make_header(decode_header(found))), address) == (name, "ana@example.org")


def test_an_international_domain_is_written_as_mail_servers_know_it() -> None:
    assert address_in_ascii("ana@bücher.example") == "ana@xn--bcher-kva.example"
    assert address_in_ascii("ana@example.org") == "ana@example.org"
    mail = replace(sample_mail(), from_email="news@bücher.example", reply_to="desk@bücher.example")
    call = call_to(mail, 2)
    abroad = replace(call.recipients[0], address="ana@bücher.example")
    readers = fitted(replace(call, recipients=(abroad, call.recipients[1])))
    assert isinstance(readers, Readers)
    assert (readers.mail.from_email, readers.mail.reply_to) == (
        "news@xn--bcher-kva.example",
        "desk@xn--bcher-kva.example",
    )
    assert [r.address for r in readers.ready] == ["ana@xn--bcher-kva.example", call.recipients[1].address]


@pytest.mark.parametrize("address", ["björn@example.org", "ana@bü cher.example", "ana@@bücher.example"])
def test_an_address_that_cannot_be_written_in_ascii_is_refused_alone(address: str) -> None:
    call = call_to(sample_mail(), 2)
    bad = replace(call.recipients[0], address=address)
    readers = fitted(replace(call, recipients=(bad, call.recipients[1])))
    assert isinstance(readers, Readers)
    assert [r.delivery_id for r in readers.ready] == [2]
    assert readers.refused[1].scope is Scope.RECIPIENT
    assert readers.refused[1].reason.startswith(repr(address))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"from_email": "björn@example.org"}, "'björn@example.org' has letters before the @"),
        ({"headers": (("Subject", ("x",)),)}, "a header can't be called 'Subject'"),
        ({"headers": (("X Long", ("x",)),)}, "a header can't be called 'X Long'"),
        ({"headers": (("Größe", ("x",)),)}, "a header can't be called 'Größe'"),
    ],
)
def test_a_head_that_nobody_would_take_refuses_the_message(change: dict[str, object], said: str) -> None:
    answer = fitted(call_to(replace(sample_mail(), **change), 2))
    assert isinstance(answer, Answer)
    assert (answer.verdict.outcome, answer.verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert answer.verdict.reason.startswith(said)


def test_a_reader_whose_values_are_too_long_is_refused_alone() -> None:
    leave = sample_mail().headers[0][1]
    call = call_to(replace(sample_mail(), headers=tuple((f"X-{n}", leave) for n in range(3))), 3)
    long_head, long_values, fine = call.recipients
    long_head = replace(long_head, values={**long_head.values, "unsubscribe_url": "https://x.example/" + "u" * 6_000})
    long_values = replace(long_values, values={**long_values.values, "first_name": "å" * 1_500})
    readers = fitted(replace(call, recipients=(long_head, long_values, fine)), 10_000)
    assert isinstance(readers, Readers)
    assert readers.ready == (fine,)
    assert "the reader's headers" in readers.refused[1].reason
    assert "the reader's values" in readers.refused[2].reason


def test_when_nobody_fits_nothing_is_to_be_sent() -> None:
    call = call_to(sample_mail())
    answer = fitted(replace(call, recipients=(replace(call.recipients[0], address="björn@example.org"),)))
    assert isinstance(answer, Answer)
    assert answer.of(call.recipients[0]).outcome is Outcome.REFUSED


def test_what_a_library_sets_for_everybody_changes_no_header(monkeypatch: pytest.MonkeyPatch) -> None:
    before = encoded("Évora")
    monkeypatch.setitem(charset.CHARSETS, "utf-8", (charset.QP, charset.QP, "utf-8"))
    assert encoded("Évora") == before
