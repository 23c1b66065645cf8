"""Pigeon passes the suite of all senders, and does what is Pigeon Post's own."""

import pytest
from publisher_sender_pigeon.dialect import TOKEN, PigeonDialect

from publisher.model.call import Outcome
from publisher.model.project import Channel
from publisher.senders.registry import build
from publisher.testing import FakeProvider, MemoryJournal, call_to, sample_mail
from publisher.testing.conformance import HearConformance, SenderConformance


def made(**options):
    return build(Channel("letters", "pigeon"), {"token": TOKEN, **options})


class TestPigeon(SenderConformance):
    dialect = PigeonDialect
    secrets = (TOKEN,)

    def make(self, base_url):
        return made(base_url=base_url)


class TestPigeonHears(HearConformance):
    dialect = PigeonDialect

    def make(self, *secrets):
        return made(events_secret=" ".join(secrets)) if secrets else made()


@pytest.fixture
def provider():
    with FakeProvider(PigeonDialect()) as running:
        yield running


def test_a_letter_holds_everything_about_its_reader(provider):
    call = call_to(sample_mail(), 2)
    made(base_url=provider.url, breed="racing").send(call, MemoryJournal())
    body = provider.requests[0].json
    assert body["breed"] == "racing"
    assert body["from"] == {
        "name": "Harbor Gazette",
        "address": "news@harbor.example",
        "reply_to": "desk@harbor.example",
    }
    for letter, reader in zip(body["letters"], call.recipients, strict=True):
        leave = reader.values["unsubscribe_url"]
        assert (letter["to"], letter["name"], letter["reference"]) == (reader.address, reader.name, reader.reference)
        assert letter["headers"]["List-Unsubscribe"] == f"<{leave}>"
        assert f"Leave: {leave}" in letter["text"]


def test_a_letter_that_is_refused_is_its_readers_alone(provider):
    provider.dialect.rejects.add("reader2@example.org")
    call = call_to(sample_mail(), 3)
    answer = made(base_url=provider.url).send(call, MemoryJournal())
    verdicts = [answer.of(reader) for reader in call.recipients]
    assert [verdict.outcome for verdict in verdicts] == [Outcome.SENT, Outcome.REFUSED, Outcome.SENT]
    assert verdicts[0].provider_id == "p1-0"
    assert verdicts[1].reason == "no roof to land on"
