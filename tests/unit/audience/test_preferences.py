"""What readers choose by a link: it is written down with the words that they said yes to, and undone by a press."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.audience import preferences
from publisher.audience.preferences import Change, mask
from publisher.audience.signup import Wanted
from publisher.model.subscriber import SubscriptionState
from publisher.model.tokens import leaving_token
from publisher.store import consents
from tests.ledger import NOW
from tests.unit.audience.test_signup import ask, choice, list_id, say_yes, set_state

KEYS = {"k1": b"1" * 32}
WEEKLY = Wanted("weekly", True, "Weekly: what the week was about", "en")
HOUR = timedelta(hours=1)


@pytest.fixture
def reader(store) -> int:
    answer = ask(store)
    say_yes(store, answer)
    return answer.person.id


def token(store, person_id: int) -> str:
    return leaving_token(person_id, list_id(store), "k1", KEYS["k1"])


def change(store, person_id: int, **wish):
    return preferences.change(store, person_id, Change(**wish), how="by a link", now=NOW + HOUR)


def test_leaving_and_its_undo_are_kept_and_the_words_hold_again(store, reader):
    words = choice(store, reader)["wording"]
    for _ in range(2):
        preferences.leave(store, token(store, reader), KEYS.get, how="one-click", now=NOW + HOUR)
    assert choice(store, reader)["basis"] == "left: one-click"
    preferences.come_back(store, token(store, reader), KEYS.get, now=NOW + 2 * HOUR)
    row = choice(store, reader)
    assert (row["state"], row["wording"]) == ("confirmed", words)
    with store.read() as conn:
        assert [each["what"] for each in consents.history(conn, reader)] == ["unconfirmed", "confirmed", "left"]


def test_whoever_was_never_asked_again_leaves_a_sign_up_too(store):
    answer = ask(store)
    preferences.leave(store, token(store, answer.person.id), KEYS.get, how="page", now=NOW)
    assert choice(store, answer.person.id)["state"] == "left"


def test_another_list_is_joined_with_its_words_and_asks_by_no_mail(store, reader):
    after = change(store, reader, join=[WEEKLY], leave=["daily", "nowhere"])
    assert after.on == {"weekly"}
    row = choice(store, reader, "weekly")
    assert (row["basis"], row["wording"], row["actor"]) == ("chosen: by a link", WEEKLY.words, "subscriber")
    assert choice(store, reader)["state"] == SubscriptionState.LEFT


def test_what_holds_already_is_not_written_again(store, reader):
    before = choice(store, reader)
    change(store, reader, join=[Wanted("daily", True, "other words", "en")], leave=["weekly"])
    assert choice(store, reader) == before


def test_quiet_and_language_are_kept_with_what_was_before(store, reader):
    until = NOW + timedelta(days=7)
    assert change(store, reader, language="ar", quiet_until=until).person.paused_until == until
    after = preferences.change(store, reader, Change(language="", go_on=True), how="x", now=NOW + 3 * HOUR)
    assert (after.person.language, after.person.paused_until) == ("", None)
    with store.read() as conn:
        told = [(row["what"], row["words"], row["since"]) for row in consents.history(conn, reader)[1:]]
    assert sorted(told) == [
        ("language", "", NOW),
        ("language", "ar", NOW + HOUR),
        ("paused", "", NOW),
        ("paused", until.isoformat(), NOW + HOUR),
    ]


def test_to_go_on_without_a_pause_leaves_no_trace(store, reader):
    change(store, reader, go_on=True, language="")
    with store.read() as conn:
        assert [row["what"] for row in consents.history(conn, reader)] == ["unconfirmed"]


def test_nobody_is_changed_who_is_not_there(store):
    assert change(store, 99, join=[WEEKLY]) is None
    assert preferences.reader(store, 99) is None


def test_a_link_of_another_list_is_about_that_list_alone(store):
    person_id = set_state(store, SubscriptionState.CONFIRMED)
    other = leaving_token(person_id, list_id(store, "weekly"), "k1", KEYS["k1"])
    assert preferences.leave(store, other, KEYS.get, how="page", now=NOW) is None
    assert choice(store, person_id)["state"] == "confirmed"


@pytest.mark.parametrize(
    ("email", "shown"), [("ada@example.org", "a…@example.org"), ('"a b"@x.example', '"…@x.example')]
)
def test_a_masked_address_is_known_by_its_owner_alone(email, shown):
    assert mask(email) == shown
