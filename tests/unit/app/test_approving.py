"""Approval: what was seen is what is sent, at its slot and not before; and what becomes of what nobody approved."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from publisher.app import App, approving, desk
from publisher.app.slots import fire_due
from publisher.errors import StaleError, UsageError
from publisher.pipeline import compose
from publisher.pipeline.operate import holding, stopping
from publisher.store import approvals, editions, held, messages
from publisher.store import desk as notes
from publisher.store.desk import note_of
from tests.ledger import Clock
from tests.project import ProjectDir
from tests.unit.app.project import EVENING, compose_now, edit, found, open_app, reasons, sends_of, stories

PRACTICE = ("version: 1", "version: 1\npractice: true")
ANNA, BEN = "cli:anna", "cli:ben"


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, 24, hour, minute, second, tzinfo=UTC)


def drafted(folder, rule: str = "{by: 1}", when: str = 'at: "07:00", prepare: 45m', *changes) -> tuple[App, Clock]:
    """Return an app that has drafted its edition of seven o'clock, at a quarter past six."""
    clock = Clock(EVENING)
    open_app(folder, clock, when).store.close()
    edit(folder, ("    send:\n", f"    approve: {rule}\n    send:\n"), *changes)
    app = App.open(folder, clock)
    fire_due(app)
    clock.moment = at(6, 15)
    fire_due(app)
    assert found(app) == [("2026-11-24T07:00", "draft")]
    return app, clock


def approve(app: App, actor: str = ANNA, version: str = "", edition_id: int = 1) -> approving.Agreed:
    return approving.approve(app, edition_id, version or approving.look(app, edition_id).version, actor=actor)


def states(app: App) -> list[str]:
    return [send["state"] for send in sends_of(app, 1)]


def words(app: App) -> str:
    """Return the newest message of the edition's send, as it is kept."""
    with app.store.read() as conn:
        found = messages.of_send(conn, sends_of(app, 1)[0]["id"])
    assert found is not None
    return messages.digest_of(found[1])


def to_slot(app: App, clock: Clock, moment: datetime | None = None) -> None:
    clock.moment = moment or at(7)
    fire_due(app)
    app.sending.advance()


def checks(app: App) -> set[str]:
    return {reason["check"] for send in sends_of(app, 1) for reason in send["reasons"] if reason["blocks"]}


def test_an_approved_edition_goes_at_its_slot_with_the_words_that_were_seen(tmp_path):
    app, clock = drafted(tmp_path)
    assert approve(app).is_enough
    assert found(app) == [("2026-11-24T07:00", "locked")]
    assert states(app) == ["ready"]
    seen = words(app)
    ProjectDir.publish_in(tmp_path, 5)
    (tmp_path / "templates" / "email").mkdir(parents=True)
    (tmp_path / "templates" / "email" / "edition.html").write_text("another one")
    app.sending.advance()
    assert states(app) == ["ready"]  # nothing leaves before its slot, and its readers aren't chosen
    again = App.open(tmp_path, clock)
    to_slot(again, clock)
    assert words(again) == seen
    assert len(stories(again, 1)) == 3
    assert states(again) == ["held"] and checks(again) == {"audience"}  # nobody is on the list of this test
    assert found(again) == [("2026-11-24T07:00", "locked")]


def test_what_came_after_the_approval_is_the_next_editions(tmp_path):
    app, clock = drafted(tmp_path)
    approve(app)
    ProjectDir.publish_in(tmp_path, 5)
    to_slot(app, clock)
    clock.moment = at(7) + timedelta(days=1)
    fire_due(app)
    app.sending.advance()
    assert stories(app, 2) == [4, 5]


def test_what_came_after_the_approval_is_used_up_where_the_schedule_drops_the_rest(tmp_path):
    app, clock = drafted(tmp_path, "{by: 1}", 'at: "07:00", prepare: 45m', ("at_most: 8", "at_most: 8, rest: drop"))
    approve(app)
    ProjectDir.publish_in(tmp_path, 5)
    to_slot(app, clock)
    fire_due(app)
    assert len(stories(app, 1)) == 3
    clock.moment = at(7) + timedelta(days=1)
    fire_due(app)
    assert found(app)[1][1] == "skipped"


def test_a_stale_version_is_refused_with_what_has_changed(tmp_path):
    app, _ = drafted(tmp_path)
    seen = approving.look(app, 1).version
    desk.change(app, 1, lambda changes: changes.drop(2, BEN), "dropped 2")
    with pytest.raises(
        StaleError, match=r"dropped 2. Look at it again, then: publisher approve 1 --version [0-9a-f]{10}$"
    ):
        approve(app, version=seen)
    assert found(app) == [("2026-11-24T07:00", "draft")]
    assert approve(app).is_enough
    with pytest.raises(UsageError, match="it is approved already, by cli:anna"):
        approving.approve(app, 1, seen, actor=BEN)


def test_of_a_stale_version_only_what_its_approver_has_not_seen_is_named(tmp_path):
    app, _ = drafted(tmp_path)
    desk.change(app, 1, lambda changes: changes.drop(1, BEN), "dropped 1")
    seen = approving.look(app, 1).version
    desk.change(app, 1, lambda changes: changes.drop(2, BEN), "dropped 2")
    with pytest.raises(StaleError, match=r"is not what it is now: cli:\w+ dropped 2\. Look") as known:
        approving.approve(app, 1, seen, actor=ANNA, seen=1)
    assert "dropped 1" not in str(known.value)
    with pytest.raises(StaleError, match="last, as you may know: cli:"):
        approving.approve(app, 1, seen, actor=ANNA)


def test_two_must_agree_and_one_counts_once(tmp_path):
    app, clock = drafted(tmp_path, "{by: 2}")
    assert str(approve(app)) == "1 of 2 agreed: cli:anna"
    assert states(app) == ["waiting"]
    assert not approve(app).is_new
    assert states(app) == ["waiting"]
    assert approve(app, BEN).who == (ANNA, BEN)
    assert states(app) == ["ready"]
    to_slot(app, clock)
    assert checks(app) == {"audience"}


def test_nobody_approves_what_would_be_held_all_the_same(tmp_path):
    app, _ = drafted(tmp_path, "{by: 1}", 'at: "07:00", prepare: 45m', ("  address: 1 Quay Street, Harbor\n", ""))
    seen = approving.look(app, 1)
    assert seen.blocking
    with pytest.raises(UsageError, match="would be held all the same"):
        approve(app)
    assert found(app) == [("2026-11-24T07:00", "draft")]


def test_what_nobody_approved_is_held_at_its_slot_and_goes_as_it_was_made_when_somebody_does(tmp_path):
    app, clock = drafted(tmp_path)
    to_slot(app, clock)
    assert states(app) == ["held"] and checks(app) == {"approval"}
    made = words(app)
    clock.moment = at(7, 20)
    holding.release_edition(app.store, 1, now=clock())
    app.sending.remake(1)
    assert states(app) == ["held"]  # no release stands in for an approval, and nothing is rendered again
    assert approve(app).is_enough
    assert states(app) == ["ready"]
    assert words(app) == made


def test_what_is_approved_later_than_late_needs_a_release_once(tmp_path):
    app, clock = drafted(tmp_path, "{by: 1}", 'at: "07:00", prepare: 45m, late: 1h')
    to_slot(app, clock)
    clock.moment = at(8, 30)
    approve(app)
    assert states(app) == ["held"] and checks(app) == {"late"}
    made = words(app)
    app.sending.remake(1)  # as a release does
    assert states(app) == ["ready"]
    assert words(app) == made
    app.sending.advance()
    assert checks(app) == {"audience"}


def test_an_approved_edition_that_nobody_carried_out_in_time_is_held_as_late_once(tmp_path):
    app, clock = drafted(tmp_path, "{by: 1}", 'at: "07:00", prepare: 45m, late: 1h')
    approve(app)
    clock.moment = at(9)
    app.sending.advance()
    assert states(app) == ["held"] and checks(app) == {"late"}
    app.sending.remake(1)
    app.sending.advance()
    assert checks(app) == {"audience"}


@pytest.mark.parametrize(
    ("rule", "agreed", "edition", "send", "why"),
    [
        ("{otherwise: send}", 0, "locked", "held", ""),  # held for want of readers
        ("{by: 2, otherwise: send}", 1, "locked", "held", ""),
        ("{otherwise: skip}", 0, "skipped", "", "not approved by 07:00 (approve: otherwise: skip)"),
        (
            "{by: 2, otherwise: skip}",
            1,
            "cancelled",
            "cancelled",
            "not approved by 07:00 (approve: otherwise: skip): 1",
        ),
        ("{by: 2}", 1, "locked", "held", ""),
    ],
)
def test_each_rule_decides_at_the_slot(tmp_path, rule, agreed, edition, send, why):
    app, clock = drafted(tmp_path, rule)
    for actor in [ANNA][:agreed]:
        approve(app, actor)
    to_slot(app, clock)
    assert found(app)[0][1] == edition
    assert reasons(app)[0].startswith(why)
    assert states(app) == ([send] if send else [])
    assert ("audience" in checks(app)) is ("send" in rule)
    free = compose.candidates_of(app.store, app.schedule("morning"), now=clock()).found
    assert len(free) == (3 if "skip" in rule else 0)


def test_an_edition_whose_slot_its_schedule_has_no_more_is_decided_at_its_own_time(tmp_path):
    app, clock = drafted(tmp_path, "{by: 2}")
    approve(app)
    edit(tmp_path, ('"07:00"', '"07:30"'))
    app = App.open(tmp_path, clock)
    clock.moment = at(6, 59)
    fire_due(app)
    assert states(app) == ["waiting"]
    to_slot(app, clock)
    assert states(app) == ["held"] and checks(app) == {"approval"}


def test_a_note_waits_again_when_its_edition_is_skipped_or_opened_again(tmp_path):
    app, clock = drafted(tmp_path, "{by: 2, otherwise: skip}")
    desk.write_note(app, app.schedule("morning"), "Good morning")
    approve(app)
    with app.store.read() as conn:
        assert note_of(conn, 1) is not None
    approving.reopen(app, 1, actor=BEN)
    with app.store.read() as conn:
        assert notes.waiting_note(conn, "morning") is not None
    approve(app)
    to_slot(app, clock)
    with app.store.read() as conn:
        assert notes.waiting_note(conn, "morning") is not None


def test_a_note_waits_again_when_its_edition_is_cancelled_before_anybody_has_it(tmp_path):
    app, _ = drafted(tmp_path)
    desk.write_note(app, app.schedule("morning"), "Good morning")
    approve(app)
    stopping.cancel_edition(app.store, 1, reason="cancelled by anna", now=at(6, 20))
    with app.store.read() as conn:
        waits = notes.waiting_note(conn, "morning")
    assert waits is not None and waits.text == "Good morning"


def test_an_edition_opened_again_is_a_draft_whose_next_approval_has_new_words(tmp_path):
    app, clock = drafted(tmp_path)
    approve(app)
    first = words(app)
    assert approving.reopen(app, 1, actor=BEN) == 1
    assert found(app) == [("2026-11-24T07:00", "draft")] and states(app) == ["made"]
    app.sending.advance()
    assert states(app) == ["made"]
    desk.change(app, 1, lambda changes: changes.drop(2, BEN), "dropped 2")
    approve(app, BEN)
    assert states(app) == ["ready"] and words(app) != first
    with app.store.read() as conn:
        assert [row["actor"] for row in approvals.of_edition(conn, 1)] == [BEN]
        assert messages.newest_revision(conn, sends_of(app, 1)[0]["id"]) == 2
    to_slot(app, clock)
    with pytest.raises(UsageError, match="its slot has come"):
        approving.reopen(app, 1, actor=BEN)


def test_an_edition_opened_again_and_not_approved_is_made_at_its_slot(tmp_path):
    app, clock = drafted(tmp_path)
    approve(app)
    approving.reopen(app, 1, actor=BEN)
    to_slot(app, clock)
    assert states(app) == ["held"] and checks(app) == {"approval"}
    approve(app)
    assert states(app) == ["ready"]


def test_an_edition_opened_again_that_is_skipped_leaves_no_send_open(tmp_path):
    app, clock = drafted(tmp_path, "{otherwise: skip}")
    approve(app)
    approving.reopen(app, 1, actor=BEN)
    to_slot(app, clock)
    assert found(app)[0][1] == "skipped" and states(app) == ["cancelled"]


def test_a_person_who_holds_an_approved_edition_keeps_it_and_a_release_lets_it_go(tmp_path):
    app, _ = drafted(tmp_path, "{by: 2}")
    approve(app)
    holding.hold_edition(app.store, 1, actor=BEN, why="", now=at(6, 20))
    assert approve(app, BEN).is_enough
    assert states(app) == ["held"] and checks(app) == {"person"}
    holding.release_edition(app.store, 1, now=at(6, 30))
    assert states(app) == ["ready"]


@pytest.mark.parametrize(("change", "practice"), [(PRACTICE, "now"), (PRACTICE[::-1], None)], ids=["begun", "over"])
def test_an_approval_is_for_readers_or_practice_as_the_file_is_when_it_is_given(tmp_path, change, practice):
    begins = () if practice else (PRACTICE,)
    app, clock = drafted(tmp_path, "{by: 1}", 'at: "07:00", prepare: 45m', *begins)
    edit(tmp_path, change)
    app = App.open(tmp_path, clock)
    approve(app)
    with app.store.read() as conn:
        assert editions.get(conn, 1)["practice"] == practice


def test_an_approval_of_a_draft_that_changes_at_the_same_moment_locks_nothing(tmp_path):
    app, _ = drafted(tmp_path)
    from publisher.pipeline import produce

    schedule = app.schedule("morning")
    seen = produce.render(app.store, app.studio, app.project, schedule, 1)
    desk.change(app, 1, lambda changes: changes.drop(2, BEN), "dropped 2")
    how = {"actor": ANNA, "what": "approved", "version_id": app.version_id, "now": at(6, 20)}
    assert not produce.agree(app.store, app.project, schedule, seen, **how)
    seen = produce.render(app.store, app.studio, app.project, schedule, 1)
    with app.store.write() as conn:
        discarded = held.discard(conn, [1], "wrong", at(6, 20))
    assert not produce.agree(app.store, app.project, schedule, seen, **how)
    with app.store.write() as conn:
        held.release(conn, discarded, "right", at(6, 20), as_new=True)
    assert produce.agree(app.store, app.project, schedule, seen, **how)
    assert not produce.agree(app.store, app.project, schedule, seen, **how)


def test_what_another_edition_took_meanwhile_is_approved_in_none(tmp_path):
    app, _ = drafted(tmp_path)
    seen = approving.look(app, 1).version
    compose_now(app)  # somebody sends now: the draft's articles go with that
    with pytest.raises((StaleError, UsageError)):
        approve(app, version=seen)
    assert found(app)[0] == ("2026-11-24T07:00", "draft")


def test_an_article_that_changes_or_goes_after_the_approval_changes_nothing_of_what_was_seen(tmp_path):
    app, clock = drafted(tmp_path)
    approve(app)
    seen = words(app)
    ProjectDir.publish_in(tmp_path, 3, since=2)
    feed = tmp_path / "feed.xml"
    feed.write_text(feed.read_text().replace("Story 3", "Story three"))
    app.poll_all()
    to_slot(app, clock)
    assert words(app) == seen and stories(app, 1) == [1, 2, 3]


def test_there_is_nothing_to_approve_in_an_edition_that_waits_for_nobody(tmp_path):
    app, clock = drafted(tmp_path, "{otherwise: send}")
    to_slot(app, clock)
    with pytest.raises(UsageError, match="it waits for nobody's approval"):
        approving.approve(app, 1, "0123456789", actor=ANNA)
    with app.store.read() as conn:
        assert editions.get(conn, 1)["state"] == "locked"


@pytest.mark.parametrize("seed", range(3))
def test_whatever_people_do_in_whatever_order_nothing_goes_that_was_not_approved(tmp_path, seed):
    dice = random.Random(seed)
    app, clock = drafted(tmp_path, f"{{by: {1 + seed % 2}}}")
    yes: dict[str, set[str]] = {}  # who agreed to which words since it was opened last, as they are kept
    for _ in range(10):
        step, actor = (
            dice.choice(["approve", "approve", "reopen", "edit", "look", "hold", "release"]),
            dice.choice([ANNA, BEN]),
        )
        with suppress(UsageError):
            if step == "approve":
                approve(app, actor)
                yes.setdefault(words(app), set()).add(actor)
            elif step == "reopen":
                approving.reopen(app, 1, actor=actor)
                yes.clear()
            elif step == "edit":
                desk.change(app, 1, lambda changes: changes.arrange((dice.randint(1, 3),)), "put one first")
            elif step == "hold":
                holding.hold_edition(app.store, 1, actor=actor, why="", now=clock())
            elif step == "release":
                holding.release_edition(app.store, 1, now=clock())
                app.sending.remake(1)
        app.sending.advance()
        _require_approved(app, yes, 1 + seed % 2)
    to_slot(app, clock)
    _require_approved(app, yes, 1 + seed % 2)


def _require_approved(app: App, yes: dict[str, set[str]], by: int) -> None:
    for send in sends_of(app, 1):
        if send["state"] not in ("made", "waiting") and "approval" not in checks(app):
            assert len(yes.get(words(app), ())) >= by, send["state"]
