"""Exports of other systems: known by their columns, and everybody stands here as they stood there."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from publisher.audience import imports
from publisher.model.subscriber import SubscriptionState
from publisher.store import subscribers, suppressions
from tests.ledger import HASH_KEY, NOW
from tests.unit.audience.people import choose, find, hash_of, join, states

LISTMONK = """\
uuid,email,name,attributes,status,created_at,updated_at
1,ada@example.org,Ada,"{""city"": ""Porto"", ""age"": 36, ""likes"": [""tea""]}",enabled,2024-03-02 08:00:00 +0000 UTC,x
2,bo@example.org,Bo,{},disabled,2024-03-02T08:00:00Z,2025-01-05T10:00:00Z
3,cy@example.org,Cy,not JSON,blocklisted,2024-03-02T08:00:00Z,2025-01-05T10:00:00Z
"""
MAILCHIMP = """\
"Email Address","First Name","Last Name",City,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,CONFIRM_IP,LEID,EUID,TAGS{}
ada@example.org,Ada,Lovelace,Porto,4,,"2024-03-02 08:00:00",192.0.2.7,1,a,"""
GHOST = """\
id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers
1,ada@example.org,Ada,,true,false,,2024-03-02T08:00:00.000Z,,"vip,porto",
2,bo@example.org,Bo,,false,false,,2024-03-02T08:00:00.000Z,,,
"""
SUBSTACK = """\
email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at
ada@example.org,false,,other,false,2024-03-02T08:00:00.000Z,
bo@example.org,true,,yearly,true,2024-03-02T08:00:00.000Z,
"""
ON = f"on {NOW.date().isoformat()}"


def bring_in(store, tmp_path, text: str, name: str = "people.csv", **options):
    path = tmp_path / name
    path.write_text(text)
    said = {"hash_key": HASH_KEY, "now": NOW, "actor": "cli:ada", "options": imports.Options(**options)}
    return imports.import_csv(store, path, "daily", **said)


def basis(store, email: str) -> str:
    with store.read() as conn:
        return next(row["basis"] for row in subscribers.everyone(conn) if row["email"] == email)


def blocks(store, email: str) -> list[tuple[str, str]]:
    with store.read() as conn:
        return [(row["scope"], row["reason"]) for row in suppressions.of(conn, hash_of(email))]


def test_listmonk(store, tmp_path):
    report = bring_in(store, tmp_path, LISTMONK)
    assert (report.system, report.added, report.left_there, report.suppressed) == ("listmonk", 1, 1, 1)
    assert basis(store, "ada@example.org") == f"imported from listmonk {ON}, where they had joined on 2024-03-02"
    assert find(store, "ada@example.org").attributes == {"city": "Porto", "age": "36", "likes": '["tea"]'}
    assert states(store, "bo@example.org") == {"daily": "left"}
    assert basis(store, "bo@example.org") == f"imported from listmonk {ON}, where they had left on 2025-01-05"
    assert blocks(store, "cy@example.org") == [("all", f"blocklisted: imported from listmonk {ON}")]


def test_mailchimp_a_file_for_each_status(store, tmp_path):
    members = bring_in(store, tmp_path, MAILCHIMP.format("") + '"""vip"",""porto"""\nno@example.org,,,,,,,,2,b,\n')
    assert (members.system, members.added, members.refused) == ("Mailchimp", 1, 1)
    assert "never confirmed" in members.bad[0][2]
    ada = find(store, "ada@example.org")
    assert (ada.name, ada.attributes) == ("Ada Lovelace", {"city": "Porto", "tags": '"vip","porto"'})
    assert basis(store, ada.email) == f"imported from Mailchimp {ON}, where they had confirmed on 2024-03-02"
    bring_in(store, tmp_path, MAILCHIMP.format(",UNSUB_TIME,UNSUB_REASON") + ',"2025-01-05 10:00:00",no longer\n')
    assert states(store, "ada@example.org") == {"daily": "left"}
    complained = MAILCHIMP.replace("ada@", "bo@").format(",UNSUB_TIME,UNSUB_REASON") + ",2025-01-05,spam complaint\n"
    bring_in(store, tmp_path, complained)
    assert blocks(store, "bo@example.org") == [("all", f"complained: imported from Mailchimp {ON}")]
    bring_in(store, tmp_path, MAILCHIMP.replace("ada@", "cy@").format(",CLEAN_TIME") + ",2025-01-05 10:00:00\n")
    assert blocks(store, "cy@example.org") == [("all", f"bounced: imported from Mailchimp {ON}")]
    with store.read() as conn:
        assert subscribers.find(conn, hash_of("cy@example.org")) is None


@pytest.mark.parametrize(
    ("name", "left", "suppressed", "refused"),
    [("unsubscribed_1.csv", 1, 0, 0), ("cleaned_1.csv", 0, 1, 0), ("nonsubscribed_1.csv", 0, 0, 1)],
)
def test_a_file_of_mailchimps_that_is_called_by_its_status_has_it(store, tmp_path, name, left, suppressed, refused):
    report = bring_in(store, tmp_path, MAILCHIMP.format("") + "\n", name)
    assert (report.left_there, report.suppressed, report.refused, report.added) == (left, suppressed, refused, 0)


@pytest.mark.parametrize(("text", "name"), [(GHOST, "Ghost"), (SUBSTACK, "Substack")])
def test_ghost_and_substack(store, tmp_path, text, name):
    report = bring_in(store, tmp_path, text)
    assert (report.system, report.added, report.left_there) == (name, 1, 1)
    assert basis(store, "ada@example.org") == f"imported from {name} {ON}, where they had joined on 2024-03-02"
    assert states(store, "bo@example.org") == {"daily": "left"}


def test_labels_and_plans_are_attributes_and_what_is_about_the_system_is_not(store, tmp_path):
    bring_in(store, tmp_path, GHOST)
    assert find(store, "ada@example.org").attributes == {"labels": "vip,porto", "complimentary_plan": "false"}


@pytest.mark.parametrize(("day", "holds"), [(1, "left"), (28, "confirmed")])
def test_who_left_there_has_left_unless_they_themselves_joined_here_since(store, tmp_path, day, holds):
    join(store, "ada@example.org")
    joined_at = datetime(2025, 1, day, tzinfo=UTC)
    choose(store, "ada@example.org", "daily", SubscriptionState.CONFIRMED, at=joined_at)
    text = MAILCHIMP.format(",UNSUB_TIME") + ',"2025-01-05 10:00:00"\n'
    assert bring_in(store, tmp_path, text).left_there == (holds == "left")
    assert states(store, "ada@example.org") == {"daily": holds}
    assert bring_in(store, tmp_path, text).left_there == 0


def test_with_ask_who_never_confirmed_is_put_down_to_be_asked(store, tmp_path):
    report = bring_in(store, tmp_path, MAILCHIMP.format("") + "\nno@example.org,,,,,,,,2,b,\n", ask=True)
    assert (report.added, report.asked) == (1, 1)
    assert states(store, "no@example.org") == {"daily": "unconfirmed"}


def test_our_own_export_comes_back_as_it_was(store, tmp_path):
    text = "email,name,list,state,since,basis,suppressed\n"
    text += "ada@example.org,'=1+1,daily,confirmed,2024-03-02T08:00:00+00:00,form,\n"
    text += "ada@example.org,'=1+1,weekly,left,2024-03-02T08:00:00+00:00,form,\n"
    text += "bo@example.org,,daily,left,2024-03-02T08:00:00+00:00,form,\n"
    text += "cy@example.org,,daily,confirmed,2024-03-02T08:00:00+00:00,form,hard bounce\n"
    report = bring_in(store, tmp_path, text)
    assert (report.added, report.left_there, report.suppressed, report.refused) == (1, 1, 1, 1)
    assert report.bad == [(3, "ada@example.org", "is about the list weekly")]
    assert find(store, "ada@example.org").name == "=1+1"
