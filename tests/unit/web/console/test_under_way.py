"""What an operator does to an edition in the browser: held, let go on, stopped, sent again, doubts settled."""

from __future__ import annotations

import re

from publisher.model.staff import Role
from publisher.store import facts, sends, staff
from tests.unit.web.console.conftest import Room
from tests.unit.web.ledger import HOSTILE_WORDS

HOSTILE = "<img src=x onerror=alert(1)>"


def states(site, edition: int = 0) -> list[str]:
    with site.app.store.read() as conn:
        return [row["state"] for row in sends.of_edition(conn, edition or site.edition)]


def told(site) -> list[str]:
    """Return what was written down of the first edition as done, the last first."""
    with site.app.store.read() as conn:
        return [row["what"] for row in staff.done(conn) if row["about"] == "edition:1"]


def test_an_editor_holds_an_approver_lets_go_on_and_an_operator_cancels_after_a_look(own_site, member_of):
    editor, approver, operator = (member_of(role) for role in (Role.EDITOR, Role.APPROVER, Role.OPERATOR))
    page = editor.said("/editions/1/hold", why=HOSTILE)
    assert "is held: no call of it begins any more." in page and "<img src=x" not in page
    assert "/editions/1/release" not in page and 'href="/editions/1/cancel"' not in page
    with own_site.app.store.read() as conn:
        assert facts.held_edition(conn, 1).actor == "console:editor"
    assert "paused" in states(own_site)
    assert ": released" in approver.said("/editions/1/release")
    assert "nothing of it was held" in approver.do("/editions/1/release").text
    asked = operator.get("/editions/1/cancel").text
    assert "letters to daily: sending; 1 of 3 got it" in asked
    assert "1 reader or account that was not written to yet never will be" in asked
    assert "cancelled. 1 delivery stopped." in operator.said("/editions/1/cancel", why="storm")
    assert set(states(own_site)) == {"cancelled"}
    again = operator.do("/editions/1/cancel")
    assert (again.status_code, "nothing of it is left to cancel" in again.text) == (409, True)
    assert [what.partition(" ")[0] for what in told(own_site)] == ["cancelled", "released", "held"]
    assert told(own_site)[0].endswith(": storm")


def test_what_failed_goes_again_after_a_look_and_only_once(own_site, member_of):
    operator = member_of(Role.OPERATOR)
    asked = operator.get("/editions/1/resend").text
    assert "It goes again to one whom it failed for" in asked
    assert "1 to send again" in operator.said("/editions/1/resend")
    again = operator.do("/editions/1/resend")
    assert (again.status_code, "nothing failed" in again.text) == (409, True)


def test_what_is_in_doubt_is_listed_with_its_evidence_and_settled_by_a_word(own_site, member_of):
    operator = member_of(Role.OPERATOR)
    asked = operator.get("/editions/1/unknown").text
    assert "reader3@example.org" in asked and HOSTILE_WORDS not in asked
    delivery = re.search(r'name="deliveries" value="(\d+)"', asked)[1]
    assert "nothing of that is in doubt" in operator.said("/editions/1/unknown", word="resend", deliveries="99999")
    assert "input should be" in operator.said("/editions/1/unknown", word="<b>")
    assert "said which of them" in operator.said("/editions/1/unknown", word="treat-as-sent")
    said = operator.said("/editions/1/unknown", word="treat-as-sent", deliveries=delivery, why="looked it up")
    assert "1 treated as sent" in said and "Nothing of it is in doubt." in said
    assert told(own_site) == ["of what was in doubt 1 treated as sent: looked it up"]


def test_practice_has_nothing_to_withdraw_or_correct(own_site, member_of):
    operator = member_of(Role.OPERATOR)
    page = operator.get("/editions/1").text
    assert "/editions/1/withdraw" not in page and "/editions/1/correct" not in page
    assert "/editions/1/resend" in page and "never left the house" not in page  # one failed, and may be tried again
    for verb in ("withdraw", "correct"):
        assert "practice" in operator.do(f"/editions/1/{verb}", why="x").text


def test_an_edition_is_withdrawn_after_a_look_and_says_what_became_of_it(room: Room):
    room.lock()
    operator = room.member(Role.OPERATOR)
    assert "What is left of it is stopped" in operator.get("/editions/1/withdraw").text
    page = operator.said("/editions/1/withdraw", why="wrong")
    assert "What became of its withdrawal" in page
    assert "letters to daily: nobody is known to have the mail" in page
    assert states(room, 1) == ["cancelled"]
    assert (
        "nothing is left to take down on pigeon" in operator.do("/editions/1/withdraw/by-hand", channels="pigeon").text
    )


def test_a_correction_is_shown_before_it_is_made_and_made_as_it_was_shown(room: Room):
    room.lock()
    approver = room.member(Role.APPROVER)
    look = approver.do("/editions/1/correct/look", subject=f"Mended {HOSTILE}", note="It *was* wrong.", mail="true")
    assert look.status_code == 200 and "<img src=x" not in look.text
    assert "+ Subject: Mended &lt;img" in look.text
    fields = {"subject": f"Mended {HOSTILE}", "note": "It *was* wrong.", "mail": "true"}
    stale = approver.do("/editions/1/correct", **fields, shown="0" * 64)
    assert (stale.status_code, "other words by now than those you saw" in stale.text) == (409, True)
    shown = re.search(r'name="shown" value="(\w+)"', stale.text)[1]
    page = approver.said("/editions/1/correct", **fields, shown=shown)
    assert "corrected; letters to daily: 2 not written to yet, and get the new ones" in page
    assert "What became of its correction" in page
    again = approver.do("/editions/1/correct", **fields)
    assert (again.status_code, "nothing differs" in again.text) == (409, True)


def test_a_correction_of_a_draft_or_with_nothing_new_is_refused_and_stays_typed(room: Room):
    approver = room.member(Role.APPROVER)
    answer = approver.do("/editions/1/correct/look", note="Typed words")
    assert (answer.status_code, "it is a draft" in answer.text) == (400, True)
    assert "Typed words</textarea>" in answer.text
    room.lock()
    assert "Nothing differs from what it says" in approver.do("/editions/1/correct/look").text
    wrong = approver.do("/editions/1/correct/look", subject="{{ lead").text
    assert "What it would change" not in wrong and "a {{ is never closed. Close it with }}" in wrong
    assert 'value="{{ lead"' in wrong and "“Correction:” stands before it" in wrong
