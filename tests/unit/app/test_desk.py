"""The editors' desk: what people change in a draft holds until it is locked, whatever joins; a note is used once."""

from __future__ import annotations

from datetime import timedelta
from operator import methodcaller

import pytest

from publisher.app import App, composing, desk
from publisher.app.plan import plan_slot
from publisher.app.slots import fire_due
from publisher.app.status import status_of
from publisher.errors import UsageError
from publisher.model.desk import Words
from publisher.model.message import fill
from publisher.pipeline.operate import editing, stopping
from publisher.store import desk as ledger
from publisher.store import messages, trail
from tests.ledger import Clock
from tests.project import ProjectDir
from tests.unit.app.project import EVENING, edit, found, open_app, sends_of
from tests.unit.app.test_drafts import WHEN, at
from tests.unit.web.ledger import add_reader


def opened(folder, when: str = WHEN, **options) -> tuple[App, Clock]:
    clock = Clock(EVENING)
    app = open_app(folder, clock, when, **options)
    fire_due(app)
    clock.moment = at(6, 15)
    fire_due(app)
    return app, clock


def morning(app: App):
    return app.schedule("morning")


def change(app: App, name: str, *values, seen: int | None = None) -> None:
    desk.change(app, desk.open_draft(app, morning(app)), methodcaller(name, *values), name, seen)


def in_order(app: App, edition_id: int = 1) -> list[int]:
    return [story.article.id for story in desk.page(app, edition_id).stories if story.position]


def mail_of(app: App, edition_id: int = 1):
    (send,) = sends_of(app, edition_id)
    with app.store.read() as conn:
        return messages.of_send(conn, send["id"])[1]


def test_what_people_change_in_a_draft_is_what_goes_out(tmp_path):
    app, clock = opened(tmp_path)
    change(app, "drop", 2, "anna")
    change(app, "arrange", (1,))
    change(app, "word", "letters:daily", Words(subject="Two boats: {{ lead.title }}"))
    ProjectDir.publish_in(tmp_path, 4)
    clock.moment = at(7, 0)
    assert fire_due(app) == [1]
    assert in_order(app) == [1, 4, 3]  # the fourth joined
    app.sending.advance()
    assert fill(mail_of(app).subject, {}) == "Two boats: Story 1: quay & harbour"


def test_a_dropped_story_never_comes_back_and_one_left_for_later_does(tmp_path):
    app, clock = opened(tmp_path)
    change(app, "drop", 2, "anna")
    change(app, "put_off", 3, "anna")
    clock.moment = at(7, 0)
    fire_due(app)
    clock.moment = at(7, 0) + timedelta(days=1)
    fire_due(app)
    assert (in_order(app, 1), in_order(app, 2)) == ([1], [3])


def test_a_dropped_story_is_in_no_edition_that_somebody_sends_by_hand_and_can_be_had_back(tmp_path):
    app, clock = opened(tmp_path)
    change(app, "drop", 2, "anna")
    change(app, "word", "letters:daily", Words(subject="Two boats"))
    sent = composing.compose(app, morning(app), composing.manual_slot(app), actor="ben").edition_id
    assert in_order(app, sent) == [3, 1]
    assert "dropped by anna" in [story.reason for story in desk.page(app, sent).stories]
    change(app, "put_back", 2)
    clock.moment = at(7, 0)
    fire_due(app)
    assert in_order(app, 1) == [2]


def test_a_story_that_went_out_before_can_be_added_again(tmp_path):
    app, clock = opened(tmp_path)
    clock.moment = at(7, 0)
    fire_due(app)
    ProjectDir.publish_in(tmp_path, 4)
    clock.moment = at(7, 0) + timedelta(days=1) - timedelta(minutes=30)
    fire_due(app)
    change(app, "add", 2, "anna")
    clock.moment = at(7, 0) + timedelta(days=1)
    fire_due(app)
    assert in_order(app, 2) == [4, 2]


def test_an_edition_of_which_nothing_is_there_yet_can_be_opened_and_filled(tmp_path):
    app, clock = opened(tmp_path, backfill=0)
    assert found(app) == []
    change(app, "add", 1, "anna")
    assert found(app) == [("2026-11-24T07:00", "draft")]
    clock.moment = at(7, 0)
    fire_due(app)
    assert (found(app), in_order(app)) == ([("2026-11-24T07:00", "locked")], [1])


def test_an_opened_draft_with_nothing_in_it_is_skipped_at_its_slot(tmp_path):
    app, clock = opened(tmp_path, backfill=0)
    desk.open_draft(app, morning(app))
    clock.moment = at(7, 0)
    fire_due(app)
    assert found(app) == [("2026-11-24T07:00", "skipped")]


def test_who_saw_another_version_is_told_what_changed_and_changes_nothing(tmp_path):
    app, _ = opened(tmp_path)
    change(app, "drop", 2, "anna")
    with pytest.raises(UsageError, match=r"changed since version 0: cli:\w+ drop\..*--seen 1"):
        change(app, "drop", 3, "ben", seen=0)
    assert in_order(app) == [3, 1]
    change(app, "drop", 3, "ben", seen=1)
    assert in_order(app) == [1]


def test_nothing_is_changed_in_an_edition_that_is_locked(tmp_path):
    app, clock = opened(tmp_path)
    clock.moment = at(7, 0)
    fire_due(app)
    with pytest.raises(UsageError, match="no draft any more"):
        editing.change(app.store, 1, methodcaller("drop", 2, "anna"), what="x", actor="anna", now=clock())


def test_after_a_draft_is_cancelled_the_desk_has_the_next_slot(tmp_path):
    app, _ = opened(tmp_path)
    stopping.cancel_edition(app.store, 1, reason="no", now=app.clock())
    later = "2026-11-25T07:00"
    assert plan_slot(app, morning(app)).slot.key == later
    assert status_of(app.store, app.project, app.clock()).slots[0].due_at == at(7, 0) + timedelta(days=1)
    change(app, "drop", 2, "anna")
    assert desk.page(app, 2).slot.key == later


def test_changes_move_with_a_draft_to_its_new_slot(tmp_path):
    app, clock = opened(tmp_path)
    change(app, "drop", 2, "anna")
    edit(tmp_path, ('"07:00"', '"07:30"'))
    app = App.open(tmp_path, clock)
    fire_due(app)
    clock.moment = at(7, 30)
    assert fire_due(app) == [1]
    assert in_order(app) == [3, 1]


def test_a_note_stands_on_top_of_the_next_edition_and_of_no_other(tmp_path):
    app, clock = opened(tmp_path)
    add_reader(app, "ada@example.org")
    desk.write_note(app, morning(app), "# Good morning\n\nIt *rains*. <script>alert(1)</script>")
    clock.moment = at(7, 0)
    fire_due(app)
    app.sending.advance()
    mail = mail_of(app)
    html = fill(mail.html, {"unsubscribe_url": "https://x.example", "email": "a@b.example"})
    assert "<em>rains</em>" in html.replace(' style=""', "")
    assert "alert(1)" not in html
    assert "It rains." in fill(mail.text, {"unsubscribe_url": "https://x.example"})
    ProjectDir.publish_in(tmp_path, 4)
    clock.moment = at(7, 0) + timedelta(days=1)
    fire_due(app)
    app.sending.advance()
    assert "rains" not in fill(mail_of(app, 2).text, {"unsubscribe_url": "https://x.example"})


def test_a_note_alone_is_a_letter_to_the_readers_and_nobody_posts_it(tmp_path):
    app, clock = opened(tmp_path, backfill=0)
    add_reader(app, "ada@example.org")
    post = "      - {via: letters, to: daily}\n      - {via: posts}\n"
    edit(tmp_path, ("      - {via: letters, to: daily}\n", post), ("schedules:\n", f"{POSTS}schedules:\n"))
    app = App.open(tmp_path, clock)
    desk.write_note(app, morning(app), "# An appeal\n\nSupport us.")
    clock.moment = at(7, 0)
    assert fire_due(app) == [1]
    app.sending.advance()
    mail = mail_of(app)  # the only send
    assert fill(mail.subject, {}) == "An appeal"
    assert "Support us." in fill(mail.text, {"unsubscribe_url": "https://x.example"})
    assert sends_of(app, 1)[0]["state"] == "addressed"


POSTS = "  posts:\n    sender: mastodon\n    instance: https://news.example\n    token: abc\n"


def test_a_note_that_is_written_while_an_edition_is_chosen_is_in_it_or_waits(tmp_path, monkeypatch):
    app, clock = opened(tmp_path)
    clock.moment = at(7, 0)
    real, done = composing.verb.decide, []

    def decide(*said, **named):
        if not done:  # after the first look, before the first writing
            done.append(desk.write_note(app, morning(app), "Just in time"))
        return real(*said, **named)

    monkeypatch.setattr(composing.verb, "decide", decide)
    fire_due(app)
    with app.store.read() as conn:
        assert ledger.note_of(conn, 1).text == "Just in time"
        assert ledger.waiting_note(conn, "morning") is None


def test_schedules_without_drafts_or_mails_have_no_room_for_a_note(tmp_path):
    app, _ = opened(tmp_path, "new: article")
    with pytest.raises(UsageError, match="no room for a note"):
        desk.write_note(app, morning(app), "Dear readers")
    edit(tmp_path, ("new: article", 'at: "07:00"'), ("{via: letters, to: daily}", "{via: posts}"))
    edit(tmp_path, ("schedules:\n", f"{POSTS}schedules:\n"))
    app = App.open(tmp_path, Clock(EVENING))
    with pytest.raises(UsageError, match="sends no mail"):
        desk.write_note(app, morning(app), "Dear readers")


def test_what_must_not_be_sent_can_not_be_added(tmp_path):
    app, _ = opened(tmp_path)
    for said in ("77", "x"):
        with pytest.raises(UsageError, match="there is no article"):
            desk.article(app, said)
    assert desk.article(app, "2").id == 2


def test_every_change_to_a_draft_leaves_a_line_in_the_audit(tmp_path):
    app, _ = opened(tmp_path)
    change(app, "drop", 2, "anna")
    change(app, "add", 2, "anna")
    change(app, "arrange", (1,))
    change(app, "word", "letters:daily", Words(subject="Two boats"))
    desk.write_note(app, morning(app), "A word to ada@harbor.example.")
    with app.store.read() as conn:
        found, _ = trail.find(conn, trail.Wanted())
    mine = [(deed.actor, deed.what, deed.about) for deed in found]
    on_draft = [(app.actor, name, "edition:1") for name in ("word", "arrange", "add", "drop")]
    assert set(mine[:5]) == {*on_draft, (app.actor, "wrote a note for morning", "schedule:morning")}  # at one moment
    assert not any("@" in deed.what for deed in found)
