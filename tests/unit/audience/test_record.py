"""One person's record answers: what did you send to this address, when, and why?"""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import update

from publisher.audience import record
from publisher.model.event import Event, EventKind
from publisher.model.subscriber import SubscriptionState
from publisher.store import consents, events, subscribers, suppressions
from publisher.store.tables import calls
from tests.ledger import NOW, add_edition, add_send
from tests.unit.audience.people import choose, hash_of, join
from tests.unit.pipeline.dispatch.conftest import Bench, Told

ADA = "ada@example.org"


def test_the_record_has_consent_with_its_words_every_change_and_every_mail_with_what_came_later(store):
    person = join(store, ADA, name="Ada")
    add_send(store, add_edition(store))
    Bench(store).all(Told())
    choose(store, ADA, "daily", SubscriptionState.LEFT, at=NOW + timedelta(hours=1))
    with store.write() as conn:
        said = {"basis": "sign-up page", "now": NOW + timedelta(hours=2), "actor": "subscriber"}
        said["wording_id"] = consents.wording(conn, "Yes, send me the briefing.", "en", NOW)
        list_id = subscribers.ensure_list(conn, "daily")
        subscribers.set_subscription(conn, person.id, list_id, SubscriptionState.CONFIRMED, **said)
        arrived = Event(EventKind.DELIVERED, "1", NOW)
        events.add(conn, "letters", arrived, 1, words="250 OK", now=NOW)
        suppressions.add(conn, hash_of(ADA), "list:weekly", reason="she rang", now=NOW, actor="cli:ada")
    told = json.loads(json.dumps(record.record_of(store, person.id)))
    assert (told["email"], told["name"], told["known_since"]) == (ADA, "Ada", NOW.isoformat())
    (now,) = told["lists"]
    assert (now["list"], now["state"], now["wording"]) == ("daily", "confirmed", "Yes, send me the briefing.")
    assert [(each["what"], each["actor"]) for each in told["history"]] == [
        ("confirmed", "cli:ada"),
        ("left", "subscriber"),
    ]
    (mail,) = told["mails"]
    assert (mail["schedule"], mail["state"], mail["to"]) == ("morning", "sent", ADA)
    assert [(each["type"], each["words"]) for each in mail["events"]] == [("delivered", "250 OK")]
    assert [each["scope"] for each in told["suppressions"]] == ["list:weekly"]


def test_of_nobody_there_is_no_record(store):
    assert record.record_of(store, 1) == {}


def test_what_happened_last_stands_first_whichever_send_was_made_first(store):
    person = join(store, ADA)
    early, late = (add_send(store, add_edition(store, slot)) for slot in ("a", "b"))
    Bench(store).all(Told())
    with store.write() as conn:
        conn.execute(update(calls).where(calls.c.send_id == early).values(closed_at=NOW + timedelta(hours=1)))
    with store.read() as conn:
        assert [mail["send_id"] for mail, _ in record.mails_of(conn, person.id)] == [early, late]
