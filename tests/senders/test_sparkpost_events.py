"""What SparkPost says afterwards."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.model.event import Event, EventKind
from publisher.senders.base import Sender
from publisher.senders.bodies import basic
from publisher.senders.events import Incoming, NotBelieved
from publisher.senders.http import Http
from tests.senders import test_sparkpost as sparkpost
from tests.senders.test_events import JSON

NOW = datetime(2026, 1, 2, 3, 4, 30, tzinfo=UTC)
KEYS = ("event_id", "timestamp", "rcpt_meta", "raw_rcpt_to", "rcpt_to", "bounce_class", "reason", "transmission_id")


def made(**options: object) -> Sender:
    given = sparkpost.made(**{"events_password": "pw-new pw-old", **options})
    given.http = Http(clock=lambda: NOW)
    return given


def incoming(body: object, password: str = "pw-new") -> Incoming:
    return Incoming(json.dumps(body).encode(), {"authorization": basic("sparkpost", password)})


def wrapped(*items: dict[str, object], under: str = "message_event") -> list[object]:
    return [{"msys": {under: item}} for item in items]


def heard(**item: object) -> list[Event]:
    return list(made().hear(incoming(wrapped(item))))


def test_who_knows_a_password_is_believed_and_nobody_else() -> None:
    word = wrapped({"type": "delivery"})
    for password in ("pw-new", "pw-old"):
        assert made().hear(incoming(word, password))
    for request in (incoming(word, "pw-new pw-old"), incoming(word, ""), Incoming(b"[]", {})):
        with pytest.raises(NotBelieved) as refusal:
            made().hear(request)
        assert refusal.value.status == 401


def test_without_a_secret_nobody_is_believed() -> None:
    with pytest.raises(NotBelieved, match="`events_password`") as refusal:
        made(events_password=None).hear(incoming([], ""))
    assert refusal.value.status == 401


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ({"type": "delivery"}, EventKind.DELIVERED),
        ({"type": "delay", "bounce_class": "21"}, EventKind.DELAYED),
        ({"type": "bounce", "bounce_class": "10"}, EventKind.HARD_BOUNCE),
        ({"type": "bounce", "bounce_class": 30}, EventKind.HARD_BOUNCE),
        ({"type": "out_of_band", "bounce_class": "10"}, EventKind.HARD_BOUNCE),
        ({"type": "bounce", "bounce_class": "90"}, EventKind.UNSUBSCRIBED),
        ({"type": "bounce"}, EventKind.SOFT_BOUNCE),
        *(({"type": "bounce", "bounce_class": n}, EventKind.SOFT_BOUNCE) for n in ("1", "20", "22", "25", "51", "100")),
        ({"type": "policy_rejection"}, EventKind.DROPPED),
        ({"type": "generation_failure"}, EventKind.DROPPED),
        ({"type": "generation_rejection"}, EventKind.DROPPED),
        ({"type": "spam_complaint"}, EventKind.COMPLAINED),
        ({"type": "list_unsubscribe"}, EventKind.UNSUBSCRIBED),
        ({"type": "link_unsubscribe"}, EventKind.UNSUBSCRIBED),
    ],
)
def test_each_word_of_the_provider_has_its_kind(item: dict[str, object], kind: EventKind) -> None:
    assert [event.kind for event in heard(**item)] == [kind]


@pytest.mark.parametrize(
    "item",
    [
        *({"type": word} for word in ("injection", "open", "initial_open", "click", "amp_open", "", None)),
        {"type": "out_of_band", "bounce_class": "60"},
        {"type": "bounce", "bounce_class": "80"},
    ],
)
def test_what_is_no_event_of_ours_is_left_out(item: dict[str, object]) -> None:
    assert heard(**item) == []


def test_a_ping_says_nothing() -> None:
    assert made().hear(incoming([{"msys": {}}])) == []


def test_every_class_of_event_is_unwrapped() -> None:
    for under in ("message_event", "gen_event", "unsubscribe_event", "track_event"):
        assert made().hear(incoming(wrapped({"type": "list_unsubscribe"}, under=under)))


def test_everything_that_the_provider_tells_is_kept() -> None:
    (event,) = heard(
        type="bounce",
        bounce_class="10",
        event_id="92356927693813856",
        timestamp="1767323000",
        transmission_id="65832150921904138",
        message_id="000443ee14578172be22",
        rcpt_to="ana@example.org",
        raw_rcpt_to="Ana@example.org",
        rcpt_meta={"reference": "d7-ref"},
        error_code="550",
        reason="550 [internal]",
        raw_reason="550 5.1.1 no such user",
    )
    assert event == Event(
        EventKind.HARD_BOUNCE,
        "92356927693813856",
        datetime(2026, 1, 2, 3, 3, 20, tzinfo=UTC),
        reference="d7-ref",
        provider_id="65832150921904138",
        address="Ana@example.org",
        words="550 550 5.1.1 no such user",
    )


def test_the_same_word_twice_has_the_same_key() -> None:
    word = {"type": "delivery", "rcpt_to": "ana@example.org", "timestamp": "1767323000", "transmission_id": "7"}
    keys = {heard(**word)[0].key, heard(**word)[0].key}
    assert len(keys) == 1
    assert heard(**{**word, "rcpt_to": "bo@example.org"})[0].key not in keys


@settings(max_examples=15)
@given(JSON | st.lists(st.dictionaries(st.sampled_from(KEYS), JSON)), st.sampled_from(["bounce", "delivery", ""]))
def test_nothing_that_knows_the_password_is_a_fault(value: object, kind: str) -> None:
    items = [{**each, "type": kind} for each in value if isinstance(each, dict)] if isinstance(value, list) else []
    for body in (value, wrapped(*items), [{"msys": value}]):
        for word in made().hear(incoming(body)):
            assert word.key
            assert word.happened_at <= NOW


def test_a_body_that_is_no_json_is_a_bad_request() -> None:
    with pytest.raises(NotBelieved) as refusal:
        made().hear(Incoming(b"[{", incoming([]).headers))
    assert refusal.value.status == 400
