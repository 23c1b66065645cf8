"""What Mailjet says afterwards."""

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
from tests.senders import test_mailjet as mailjet
from tests.senders.test_events import JSON

NOW = datetime(2026, 1, 2, 3, 4, 30, tzinfo=UTC)
KEYS = ("email", "time", "MessageID", "Message_GUID", "CustomID", "error", "hard_bounce", "comment", "smtp_reply")


def made(**options: object) -> Sender:
    given = mailjet.made(**{"events_password": "pw-new pw-old", **options})
    given.http = Http(clock=lambda: NOW)
    return given


def incoming(body: object, password: str = "pw-new") -> Incoming:
    return Incoming(json.dumps(body).encode(), {"authorization": basic("mailjet", password)})


def heard(**item: object) -> list[Event]:
    return list(made().hear(incoming(item)))


def test_who_knows_a_password_is_believed_and_nobody_else() -> None:
    for password in ("pw-new", "pw-old"):
        assert made().hear(incoming({"event": "sent"}, password))
    for request in (incoming({"event": "sent"}, "pw-new pw-old"), incoming({}, ""), Incoming(b"{}", {})):
        with pytest.raises(NotBelieved) as refusal:
            made().hear(request)
        assert refusal.value.status == 401


def test_without_a_secret_nobody_is_believed() -> None:
    with pytest.raises(NotBelieved, match="`events_password`") as refusal:
        made(events_password=None).hear(incoming({"event": "sent"}, ""))
    assert refusal.value.status == 401


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ({"event": "sent"}, EventKind.DELIVERED),
        ({"event": "bounce", "hard_bounce": True, "error": "user unknown"}, EventKind.HARD_BOUNCE),
        ({"event": "bounce", "hard_bounce": False, "error": "user unknown"}, EventKind.SOFT_BOUNCE),
        ({"event": "bounce", "error": "no mail host"}, EventKind.HARD_BOUNCE),
        ({"event": "bounce", "hard_bounce": False, "error": "quota exceeded"}, EventKind.SOFT_BOUNCE),
        ({"event": "bounce", "hard_bounce": False, "error": "greylisted"}, EventKind.DELAYED),
        ({"event": "bounce"}, EventKind.SOFT_BOUNCE),
        ({"event": "blocked", "error": "preblocked"}, EventKind.DROPPED),
        ({"event": "spam", "source": "JMRPP"}, EventKind.COMPLAINED),
        ({"event": "unsub", "mj_list_id": 1}, EventKind.UNSUBSCRIBED),
    ],
)
def test_each_word_of_the_provider_has_its_kind(item: dict[str, object], kind: EventKind) -> None:
    assert [event.kind for event in heard(**item)] == [kind]


@pytest.mark.parametrize("word", ["open", "click", "typofix", "", None])
def test_what_is_no_event_of_ours_is_left_out(word: str | None) -> None:
    assert heard(event=word) == []


def test_everything_that_the_provider_tells_is_kept() -> None:
    (event,) = heard(
        event="bounce",
        time=1_767_323_000,
        MessageID=1_152_921_500_000_001_000,
        Message_GUID="1ab23cd4-e567-8901-2345-6789f0gh1i2j",
        email="ana@example.org",
        CustomID="d7-ref",
        hard_bounce=True,
        error_related_to="recipient",
        error="user unknown",
        comment="Host or domain name not found",
    )
    assert event == Event(
        EventKind.HARD_BOUNCE,
        event.key,
        datetime(2026, 1, 2, 3, 3, 20, tzinfo=UTC),
        reference="d7-ref",
        provider_id="1152921500000001000",
        address="ana@example.org",
        words="recipient user unknown Host or domain name not found",
    )


def test_a_group_of_events_is_read_like_single_ones() -> None:
    first, last = ({"event": event, "email": f"{event}@example.org"} for event in ("sent", "spam"))
    items = [first, {"event": "open"}, last]
    assert [event.address for event in made().hear(incoming(items))] == ["sent@example.org", "spam@example.org"]


def test_the_same_word_twice_has_the_same_key() -> None:
    word = {"event": "sent", "email": "ana@example.org", "time": 1_767_323_000, "MessageID": 7}
    keys = {heard(**word)[0].key, heard(**word)[0].key}
    assert len(keys) == 1
    others = {
        heard(**{**word, name: value})[0].key for name, value in (("time", 1), ("MessageID", 8), ("event", "spam"))
    }
    assert len(others | keys) == 4


@settings(max_examples=15)
@given(JSON | st.lists(st.dictionaries(st.sampled_from(KEYS), JSON)), st.sampled_from(["bounce", "sent", ""]))
def test_nothing_that_knows_the_password_is_a_fault(value: object, event: str) -> None:
    items = [{**each, "event": event} for each in value if isinstance(each, dict)] if isinstance(value, list) else value
    for word in made().hear(incoming(items)):
        assert word.key
        assert word.happened_at <= NOW


def test_a_body_that_is_no_json_is_a_bad_request() -> None:
    with pytest.raises(NotBelieved) as refusal:
        made().hear(Incoming(b"[{", incoming({}).headers))
    assert refusal.value.status == 400
