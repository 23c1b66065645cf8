"""Letters to one person: by which channel, with which link, and what keeps them from going."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from publisher.app import App, joining, letters, links
from publisher.app.forthcoming import expect
from publisher.errors import ConfigError
from publisher.model.message import Welcome, fill, slots_of
from publisher.model.subscriber import LetterKind, Subscriber, SubscriptionState
from publisher.pipeline import dispatch
from publisher.store import messages, processes, schedules, sends, subscribers, suppressions
from tests.ledger import Clock
from tests.unit.app.project import EVENING, edit, open_app
from tests.unit.pipeline.dispatch.conftest import Told


@pytest.fixture
def app(tmp_path) -> App:
    return open_app(tmp_path, Clock(EVENING))


def person(app: App, email: str = "ada@example.org", **more: object) -> Subscriber:
    with app.store.write() as conn:
        row = {"email": email, "address_hash": app.hash_of(email), "name": "", "attributes": {}, "made_at": EVENING}
        domain_id = subscribers.ensure_domain(conn, "example.org")
        subscribers.add_many(conn, [{**row, **more, "domain_id": domain_id}])
        found = subscribers.find(conn, app.hash_of(email))
        assert found is not None
        asked = {"basis": "the form", "now": EVENING, "actor": "subscriber"}
        list_id = subscribers.ensure_list(conn, "daily")
        subscribers.set_subscription(conn, found.id, list_id, SubscriptionState.UNCONFIRMED, **asked)
    return found


def sent(app: App, channel: str = "letters") -> list[dict[str, str]]:
    """Dispatch what is due; return the values of each reader's letter."""
    sender = Told()
    with processes.at_work(app.store, "test", EVENING) as app.process_id:
        while dispatch.dispatch_next(app.store, app.sending.desk, channel, lambda: sender):
            pass
    return [dict(each.values) for call in sender.calls for each in call.recipients]


def test_the_link_of_a_confirm_letter_names_person_and_list_and_ends_after_a_week(app):
    ada = person(app)
    assert letters.confirm(app, ada, "daily", actor="subscriber")
    (values,) = sent(app)
    start, _, token = values["confirm_url"].rpartition("/")
    assert start == "https://letters.harbor.example/c"
    claim = links.read(app, LetterKind.CONFIRM, token)
    assert claim is not None
    with app.store.read() as conn:
        assert (claim.subscriber_id, subscribers.list_name(conn, claim.about)) == (ada.id, "daily")
    assert links.read(app, LetterKind.ACCESS, token) is None
    app.clock.advance(timedelta(days=7))
    assert links.read(app, LetterKind.CONFIRM, token) is None


def test_a_move_is_asked_at_the_new_address_and_says_who_moves(app):
    ada, new = person(app), person(app, "ada@elsewhere.example")
    assert letters.move(app, ada, new, actor="subscriber")
    assert letters.access(app, ada, actor="subscriber")
    asked, own = sent(app)
    assert asked["email"] == "ada@elsewhere.example"
    claim = links.read(app, LetterKind.MOVE, asked["move_url"].rpartition("/")[2])
    assert claim is not None
    assert (claim.subscriber_id, claim.about) == (new.id, ada.id)
    assert own["email"] == "ada@example.org"
    assert "/a/" in own["access_url"]


def test_a_letter_speaks_the_language_that_its_reader_chose(app):
    letters.confirm(app, person(app, language="pt"), "daily", actor="subscriber")
    with app.store.read() as conn:
        (send,) = sends.in_state(conn, "addressed")
    assert send["entry"] == "confirm:daily:pt"


def test_nothing_is_asked_whose_answer_could_not_reach_us(app):
    edit(app.folder, ("public_url: https://letters.harbor.example", "public_url: http://localhost:8025"))
    again = App.open(app.folder, app.clock)
    with pytest.raises(ConfigError, match="could not follow the links"):
        letters.confirm(again, person(again), "daily", actor="subscriber")


# --- what a new reader may expect


def welcome_to(app: App, name: str, list_name: str = "daily") -> str:
    """Write a welcome letter to somebody new; return the text that all who share it get."""
    assert letters.welcome(app, person(app, f"{name}@example.org"), list_name, actor="subscriber")
    with app.store.read() as conn:
        newest = max(row["id"] for row in sends.in_state(conn, "addressed"))
        found = messages.of_send(conn, newest)
    assert found is not None
    return fill(found[1].text, {slot.field: "x" for slot in slots_of(found[1])})


def test_a_welcome_says_how_often_mail_comes_and_when_the_next_one_does(app):
    text = " ".join(welcome_to(app, "ada").split())
    assert "About 7 mails a week. The next issue comes on Tuesday, November 24, 2026 at 7:00 AM." in text


def test_who_joins_after_that_issue_is_told_of_the_one_after_it(app):
    first = welcome_to(app, "ada")
    app.clock.advance(timedelta(hours=10))  # 06:00
    assert welcome_to(app, "bob") == first
    app.clock.advance(timedelta(hours=2))
    later = welcome_to(app, "eve")
    assert "November 25" in later and welcome_to(app, "dan") == later
    with app.store.read() as conn:
        assert len(sends.in_state(conn, "addressed")) == 2


@pytest.mark.parametrize(
    ("change", "per_week", "next_at"),
    [
        (('at: "07:00"', "new: article"), 0, None),
        (('at: "07:00"', 'at: "07:00", days: [mon]'), 1, datetime(2026, 11, 30, 7, tzinfo=UTC)),
        (('at: "07:00"', 'cron: "0 9 1 * *"'), 0, datetime(2026, 12, 1, 9, tzinfo=UTC)),
        (('at: "07:00"', "every: 1m"), 0, EVENING + timedelta(minutes=1)),
        (("to: daily", 'to: daily, segment: some}\nsegments: {some: city == "Porto"'), 0, None),
    ],
)
def test_only_what_everybody_on_the_list_gets_for_certain_is_promised(app, change, per_week, next_at):
    edit(app.folder, change)
    again = App.open(app.folder, app.clock)
    assert expect(again, "daily")[0] == Welcome(per_week, next_at)


def test_a_schedule_that_is_paused_promises_nothing(app):
    with app.store.write() as conn:
        schedules.begin(conn, "morning", EVENING, "test")
        schedules.pause(conn, "morning", reason="holidays", actor="test", now=EVENING)
    said, since = expect(app, "daily")
    assert (said, since) == (Welcome(), EVENING)


# --- coming back


def keep_off(app: App, scope: str, reason: str) -> None:
    with app.store.write() as conn:
        blocked = {"reason": reason, "now": EVENING, "actor": "cli:ada"}
        suppressions.add(conn, app.hash_of("ada@example.org"), scope, **blocked)


def test_who_wanted_a_list_no_more_is_asked_when_they_sign_up_again_and_a_yes_brings_it_back(app):
    ada = person(app)
    keep_off(app, "list:daily", "she rang")
    assert letters.confirm(app, ada, "daily", actor="subscriber")
    (values,) = sent(app)
    claim = links.read(app, LetterKind.CONFIRM, values["confirm_url"].rpartition("/")[2])
    assert claim is not None
    with app.store.read() as conn:
        assert subscribers.count(conn, ["daily"]) == 0
    assert joining.confirm(app, claim).is_new
    with app.store.read() as conn:
        assert subscribers.count(conn, ["daily"]) == 1
        assert not [row for row in suppressions.of(conn, app.hash_of(ada.email)) if suppressions.holds(row)]


@pytest.mark.parametrize(
    ("scope", "reason"), [("all", "hard bounce: gone"), ("all", "a lawyer's letter"), ("list:daily", "complained")]
)
def test_a_mailbox_that_is_closed_to_us_is_not_asked(app, scope, reason):
    ada = person(app)
    keep_off(app, scope, reason)
    letters.confirm(app, ada, "daily", actor="subscriber")
    assert sent(app) == []
    with app.store.read() as conn:
        send = sends.get(conn, 1)
    assert (send["suppressed"], send["pending"]) == (1, 0)


def test_a_welcome_goes_to_nobody_who_is_kept_off_the_list(app):
    ada = person(app)
    with app.store.write() as conn:
        said = {"basis": "test", "now": EVENING, "actor": "test"}
        on, list_id = SubscriptionState.CONFIRMED, subscribers.ensure_list(conn, "daily")
        subscribers.set_subscription(conn, ada.id, list_id, on, **said)
    keep_off(app, "list:daily", "she rang")
    letters.welcome(app, ada, "daily", actor="subscriber")
    assert sent(app) == []
