"""What every mail sender refuses before it speaks, and how it names people and values."""

from __future__ import annotations

from dataclasses import replace
from email.headerregistry import Address
from email.utils import parseaddr

import pytest

from publisher.model.call import Answer, Call, Outcome, Scope
from publisher.model.message import Mail, Slot
from publisher.model.project import Channel
from publisher.senders.base import Sender
from publisher.senders.mail import Readers, mailbox, merge_values, name_slots, readers_of
from publisher.senders.registry import build
from publisher.testing import call_to, sample_mail


def sorted_out(call: Call) -> Readers | Answer:
    return readers_of(call, made())


def made() -> Sender:
    return build(Channel("x", "mailgun"), {"domain": "mg.example", "api_key": "k3y"})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"from_name": "News\r\nBcc: x@example.org"}, "the sender's name"),
        ({"from_email": "a@example.org\n"}, "the sender's address"),
        ({"reply_to": "a@example.org\r"}, "the reply-to address"),
        ({"subject": ("Hello", "\nBcc: x@example.org")}, "the subject"),
        ({"headers": (("X-A\r\nBcc", ("x",)),)}, "the header 'X-A\\r\\nBcc'"),
        ({"headers": (("List-Id", ("x\n y",)),)}, "the header 'List-Id'"),
    ],
)
def test_a_line_break_is_refused_with_its_place(change: dict[str, object], named: str) -> None:
    answer = sorted_out(call_to(replace(sample_mail(), **change), 2))
    assert isinstance(answer, Answer)
    assert (answer.verdict.outcome, answer.verdict.scope) == (Outcome.REFUSED, Scope.MESSAGE)
    assert answer.verdict.reason.startswith(named)


def test_a_value_that_would_break_a_header_is_refused_with_its_reader() -> None:
    mail = replace(sample_mail(), headers=(("X-Town", (Slot("town", "text", ""),)),))
    call = call_to(mail, 2)
    bad = replace(call.recipients[0], values={**call.recipients[0].values, "town": "Porto\r\nBcc: x@example.org"})
    other = replace(call.recipients[1], values={**call.recipients[1].values, "town": "Porto"})
    readers = sorted_out(replace(call, recipients=(bad, other)))
    assert isinstance(readers, Readers)
    assert [reader.delivery_id for reader in readers.ready] == [2]
    assert readers.refused[1].reason == "the reader's value for 'town' puts a line break into a header"


def test_a_header_of_twenty_kilobytes_is_refused_with_its_place() -> None:
    answer = sorted_out(call_to(replace(sample_mail(), headers=(("X-Long", ("x" * 20_000,)),)), 2))
    assert isinstance(answer, Answer)
    assert answer.verdict.reason.startswith("the header 'X-Long' has 20,006 characters")


def test_a_value_that_makes_a_header_too_long_is_refused_with_its_reader() -> None:
    call = call_to(sample_mail(), 2)
    long = replace(call.recipients[0], values={"unsubscribe_url": "https://example.org/" + "x" * 20_000})
    readers = sorted_out(replace(call, recipients=(long, call.recipients[1])))
    assert isinstance(readers, Readers)
    assert [reader.delivery_id for reader in readers.ready] == [2]
    assert readers.refused[1].reason == "the reader's value for 'unsubscribe_url' is longer than a header may be"


def test_when_nobody_is_left_nothing_is_to_be_sent() -> None:
    call = call_to(sample_mail(), 2)
    answer = sorted_out(replace(call, recipients=tuple(replace(r, values={}) for r in call.recipients)))
    assert isinstance(answer, Answer)
    assert {answer.of(reader).outcome for reader in call.recipients} == {Outcome.REFUSED}
    assert isinstance(sorted_out(replace(call, recipients=())), Answer)


@pytest.mark.parametrize(
    "name",
    ["", "Ana", "Ana de la Cruz", "Li, Wei", 'Dr. "Bo" Li', "back\\slash", "Åsa", "李雷", "a@b", "x <y@z>", "O'B"],
)
def test_a_mailbox_is_read_back_as_it_was_meant(name: str) -> None:
    assert parseaddr(mailbox(name, "reader@example.org")) == (name, "reader@example.org")


def test_a_mailbox_agrees_with_the_standard_library() -> None:
    for name in ("Ana", "Li, Wei", 'Dr. "Bo" Li'):
        assert mailbox(name, "a@example.org") == str(Address(name, addr_spec="a@example.org"))


def test_every_slot_has_a_variable_of_its_own() -> None:
    slots = (
        Slot("name", "html", "reader"),
        Slot("name", "html", "friend"),
        Slot("name", "text", "reader"),
        Slot("home town", "html", ""),
        Slot("home.town", "html", ""),
    )
    mail: Mail = replace(sample_mail(), subject=("x",), html=slots, text=("x",), headers=())
    names = name_slots(mail)
    assert len(set(names.values())) == len(slots)
    assert all(name.isidentifier() for name in names.values())
    reader = replace(call_to(mail).recipients[0], values={"name": "", "home town": "<Porto>", "home.town": "Faro"})
    assert list(merge_values(names, reader).values()) == ["reader", "friend", "reader", "&lt;Porto&gt;", "Faro"]
