"""Joining: what is written down when somebody asks, answers, or never does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from publisher.audience import erasing, signup
from publisher.audience.signup import Wanted, Wish
from publisher.model.subscriber import Errand, LetterKind, SubscriptionState
from publisher.model.tokens import address_hash
from publisher.pipeline import letters
from publisher.store import consents, signups, subscribers, suppressions
from tests.ledger import HASH_KEY, MAIL, NOW

WEEK = timedelta(days=7)
ADA = "ada@example.org"
WORDS = "Morning briefing: the day's news at seven"


def wish(email: str = ADA, *, ask: bool = True, lists: tuple[str, ...] = ("daily",), **more) -> Wish:
    wanted = [Wanted(name, ask, WORDS, "en") for name in lists]
    return Wish(email, address_hash(email, HASH_KEY), "sign-up page", wanted, **more)


def ask(store, now=NOW, **more):
    (answer,) = signup.sign_up(store, wish(**more), now)
    return answer


def say_yes(store, answer, made_at=NOW, now=NOW):
    return signup.confirm(store, answer.person.id, list_id(store, answer.list_name), made_at, now)


def list_id(store, name: str = "daily") -> int:
    with store.write() as conn:
        return subscribers.ensure_list(conn, name)


def set_state(store, state: SubscriptionState, email: str = ADA, now=NOW) -> int:
    person = ask(store, email=email).person
    with store.write() as conn:
        said = {"basis": "test", "now": now, "actor": "test"}
        subscribers.set_subscription(conn, person.id, subscribers.ensure_list(conn, "daily"), state, **said)
    return person.id


def hash_of(email: str) -> str:
    return address_hash(email, HASH_KEY)


def record(store, person, errand: Errand, now) -> None:
    """Write somebody a letter."""
    said = {"channel": "letters", "now": now, "actor": "test"}
    assert letters.record(store, lambda: MAIL, person, errand, **said)


def choice(store, person_id: int, name: str = "daily"):
    with store.read() as conn:
        return {row["list"]: row for row in consents.present(conn, person_id)}.get(name)


def test_a_sign_up_keeps_the_words_that_were_shown_and_counts_after_a_yes(store):
    answer = ask(store, name="Ada", language="pt")
    assert answer.to_ask
    row = choice(store, answer.person.id)
    assert (row["state"], row["basis"], row["wording"]) == ("unconfirmed", "signed up: sign-up page", WORDS)
    said = say_yes(store, answer, now=NOW + timedelta(hours=1))
    assert said.is_new
    row = choice(store, answer.person.id)
    assert (row["state"], row["wording"], row["since"]) == ("confirmed", WORDS, NOW + timedelta(hours=1))
    assert row["basis"] == "confirmed by the link in a mail; signed up: sign-up page"
    assert (answer.person.name, answer.person.language) == ("Ada", "pt")
    with store.read() as conn:
        (before,) = consents.history(conn, answer.person.id)
    assert (before["what"], before["since"]) == ("unconfirmed", NOW)


def test_a_list_may_ask_nobody_by_mail_and_says_so_in_what_is_kept(store):
    answer = ask(store, ask=False)
    assert (answer.to_ask, answer.is_new) == (False, True)
    row = choice(store, answer.person.id)
    assert row["state"] == "confirmed"
    assert "asks for no confirmation" in row["basis"]


def test_whoever_is_on_the_list_stays_as_they_are_whatever_a_stranger_types(store):
    person_id = set_state(store, SubscriptionState.CONFIRMED)
    before = choice(store, person_id)
    answer = ask(store, name="Somebody Else", language="de")
    assert (answer.to_ask, answer.is_new) == (False, False)
    assert choice(store, person_id) == before
    with store.read() as conn:
        assert subscribers.get(conn, person_id).name == ""


@pytest.mark.parametrize("double_opt_in", [True, False])
def test_whoever_left_is_asked_by_mail_even_where_the_list_asks_nobody(store, double_opt_in):
    person_id = set_state(store, SubscriptionState.LEFT)
    assert ask(store, ask=double_opt_in, now=NOW + WEEK).to_ask
    assert choice(store, person_id)["state"] == "unconfirmed"


def test_a_second_sign_up_leaves_the_first_ones_link_good(store):
    first = ask(store)
    again = ask(store, now=NOW + timedelta(hours=3))
    assert again.to_ask
    assert say_yes(store, first, made_at=NOW, now=NOW + timedelta(hours=4)).is_new


def test_a_sign_up_after_a_day_begins_anew_and_an_older_link_does_not_answer_it(store):
    first = ask(store)
    later = NOW + timedelta(days=2)
    ask(store, now=later)
    assert choice(store, first.person.id)["since"] == later
    said = say_yes(store, first, made_at=NOW, now=later)
    assert (said.is_open, said.is_new) == (False, False)
    assert choice(store, first.person.id)["state"] == "unconfirmed"
    assert say_yes(store, first, made_at=later, now=later).is_new


@pytest.mark.parametrize("state", [SubscriptionState.LEFT, SubscriptionState.CONFIRMED])
def test_a_yes_to_a_question_that_is_not_open_changes_nothing(store, state):
    answer = ask(store)
    set_state(store, state)
    before = choice(store, answer.person.id)
    said = say_yes(store, answer)
    assert (said.state, said.is_new) == (state, False)
    assert choice(store, answer.person.id) == before


def test_parallel_yeses_are_one(store):
    answer = ask(store)
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda _: say_yes(store, answer), range(8)))
    assert [each.is_new for each in said].count(True) == 1
    assert {each.state for each in said} == {SubscriptionState.CONFIRMED}


def test_parallel_sign_ups_of_one_address_are_one_person(store):
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask(store), range(8)))
    assert len({answer.person.id for answer in answers}) == 1


def erase(store, person_id: int, email: str = ADA) -> None:
    hashed = address_hash(email, HASH_KEY)
    erasing.erase(store, person_id, hash_of=lambda _: hashed, why="asked", now=NOW, actor="test")


def scopes(store, email: str = ADA) -> list[str]:
    with store.read() as conn:
        return [row["scope"].partition(" 2")[0] for row in suppressions.of(conn, address_hash(email, HASH_KEY))]


def test_whoever_was_erased_comes_back_as_somebody_new_and_only_by_a_yes_of_theirs(store):
    first = set_state(store, SubscriptionState.CONFIRMED)
    erase(store, first)
    answer = ask(store, ask=False)
    assert answer.to_ask
    assert answer.person.id != first
    assert scopes(store) == ["erased"]
    say_yes(store, answer)
    assert scopes(store) == ["lifted: erased"]


def test_a_yes_ends_a_leave_that_came_with_an_import_and_no_complaint(store):
    answer = ask(store)
    for email, reason in ((ADA, "left at the old provider"), ("bo@example.org", "complained: spam")):
        with store.write() as conn:
            hashed = address_hash(email, HASH_KEY)
            suppressions.add(conn, hashed, "list:daily", reason=reason, now=NOW, actor="import")
    say_yes(store, answer)
    say_yes(store, ask(store, email="bo@example.org"))
    assert scopes(store) == ["lifted: list:daily"]
    assert scopes(store, "bo@example.org") == ["list:daily"]


def test_whoever_is_on_a_list_and_kept_off_it_is_asked_and_loses_nothing_by_silence(store):
    person_id = set_state(store, SubscriptionState.CONFIRMED, now=NOW - WEEK)
    before = dict(choice(store, person_id))
    with store.write() as conn:
        suppressions.add(conn, hash_of(ADA), "list:daily", reason="she rang", now=NOW, actor="cli:bo")
    assert ask(store, now=NOW).to_ask  # whoever typed it
    signup.forget_unconfirmed(store, NOW + timedelta(days=3), NOW + WEEK)
    assert dict(choice(store, person_id)) == before
    say_yes(store, ask(store, now=NOW + WEEK), NOW + WEEK, NOW + WEEK)
    assert (choice(store, person_id)["state"], scopes(store)) == ("confirmed", ["lifted: list:daily"])


def test_what_nobody_confirms_vanishes_with_the_person_who_has_nothing_else(store):
    answer = ask(store, name="Ada")
    assert signup.forget_unconfirmed(store, NOW - timedelta(minutes=1), NOW) == 0
    assert signup.forget_unconfirmed(store, NOW + timedelta(minutes=1), NOW + WEEK) == 1
    assert choice(store, answer.person.id) is None
    with store.read() as conn:
        assert subscribers.get(conn, answer.person.id) is None
        row = subscribers.row_of(conn, answer.person.id)
        assert (row["email"], row["name"], row["address_hash"]) == ("", "", f"erased:{answer.person.id}")
    assert say_yes(store, answer) is None
    assert scopes(store) == []
    assert ask(store).person.id != answer.person.id


def test_whoever_had_left_before_has_left_again_when_they_never_confirm(store):
    person_id = set_state(store, SubscriptionState.LEFT, now=NOW - WEEK)
    before = dict(choice(store, person_id))
    ask(store, now=NOW)
    ask(store, now=NOW + timedelta(days=2))
    signup.forget_unconfirmed(store, NOW + timedelta(days=3), NOW + WEEK)
    assert dict(choice(store, person_id)) == before


def test_a_reader_keeps_all_else_when_one_sign_up_is_forgotten(store):
    person_id = set_state(store, SubscriptionState.CONFIRMED)
    signup.sign_up(store, wish(lists=("daily", "weekly")), NOW)
    assert signup.forget_unconfirmed(store, NOW + timedelta(minutes=1), NOW + WEEK) == 0
    assert choice(store, person_id, "weekly") is None
    assert choice(store, person_id)["state"] == "confirmed"


def test_who_left_everything_or_has_a_question_open_is_never_forgotten_as_somebody_on_no_list(store):
    long_ago = NOW - 10 * WEEK
    gone = ask(store, now=long_ago).person.id
    with store.write() as conn:
        said = {"basis": "left: by the link", "now": NOW, "actor": "subscriber"}
        daily = subscribers.ensure_list(conn, "daily")
        subscribers.set_subscription(conn, gone, daily, SubscriptionState.LEFT, **said)
        signups.enter(conn, "bo@example.org", hash_of("bo@example.org"), now=long_ago)
    open_one = ask(store, email="bo@example.org", now=NOW)
    for days in (1, 6):
        now = NOW + timedelta(days=days)
        assert signup.forget_unconfirmed(store, now - WEEK, now) == 0
    assert choice(store, gone)["state"] == "left"
    assert say_yes(store, open_one).is_new


def test_an_address_that_was_just_asked_whether_it_is_theirs_is_kept_until_that_link_ends(store):
    """Asked a second time: it is known for longer than its first link was good."""
    with store.write() as conn:
        new = signups.enter(conn, "new@example.org", hash_of("new@example.org"), now=NOW - 2 * WEEK)
    record(store, new, Errand(LetterKind.MOVE, "1", "en"), NOW)
    assert signup.forget_unconfirmed(store, NOW - WEEK, NOW) == 0
    assert signup.forget_unconfirmed(store, NOW + timedelta(minutes=1), NOW + WEEK) == 1
    with store.read() as conn:
        assert subscribers.get(conn, new.id) is None
