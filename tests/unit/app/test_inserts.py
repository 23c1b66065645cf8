"""Inserts at work: in the mails of their days, in the archive as sent, in no post; a missing file holds the send."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from publisher.app import App, checkup, drafts
from publisher.app.slots import fire_due
from publisher.model.article import Image
from publisher.model.message import fill
from publisher.pipeline import produce
from publisher.pipeline.produce import Shelf, preview_values
from publisher.store import messages
from tests.ledger import Clock
from tests.project import ProjectDir
from tests.unit.app.project import EVENING, edit, open_app, sends_of
from tests.unit.app.test_drafts import at, open_alerts
from tests.unit.web.ledger import add_reader

BANK = "inserts:\n  bank: {file: inserts/bank.md, after: 2, label: Sponsored, from: 2026-11-24, until: 2026-11-25}\n"
WORDS = "Four per cent on [savings](https://bank.example/boat)."


def opened(folder, when: str = 'at: "07:00"', inserts: str = BANK, words: str = WORDS) -> tuple[App, Clock]:
    clock = Clock(EVENING)
    app = open_app(folder, clock, when)
    edit(folder, ("schedules:\n", f"{inserts}schedules:\n"))
    if words:
        (folder / "inserts").mkdir()
        (folder / "inserts" / "bank.md").write_text(words)
    app.store.close()
    app = App.open(folder, clock)
    add_reader(app, "ada@example.org")
    fire_due(app)
    return app, clock


def made(app: App, clock: Clock, moment: datetime) -> tuple[dict, str]:
    """Let the slot come; return its send and its mail as a made-up reader gets it."""
    clock.moment = moment
    (edition_id,) = fire_due(app)
    app.sending.advance()
    (send,) = sends_of(app, edition_id)
    with app.store.read() as conn:
        found = messages.of_send(conn, send["id"])
    return send, fill(found[1].html, preview_values()) if found else ""


def test_a_sponsor_stands_after_the_second_story_on_its_days_and_is_gone_after_them(tmp_path):
    app, clock = opened(tmp_path)
    _, mail = made(app, clock, at(7, 0))
    places = [mail.index(words) for words in ("Story 3", "Story 2", "Sponsored</div>", "savings", "Story 1")]
    assert places == sorted(places)
    for day, shows in ((25, True), (26, False)):
        ProjectDir.publish_in(tmp_path, day - 20)
        app.poll_all()
        _, mail = made(app, clock, at(7, 0) + timedelta(days=day - 24))
        assert ("bank.example" in mail) is shows


@pytest.mark.parametrize("words", ["", "   \n", "\0\1\2"])
def test_an_insert_whose_file_is_missing_at_the_slot_holds_the_send_and_goes_out_when_it_is_there(tmp_path, words):
    app, clock = opened(tmp_path, words=words)
    send, mail = made(app, clock, at(7, 0))
    assert send["state"] == "held"
    (reason,) = [each for each in send["reasons"] if each["blocks"]]
    assert reason["check"] == "insert-missing"
    assert reason["remedy"] == "Write inserts/bank.md, or take the insert out (schedules.yaml:24:3)"
    assert "Story 3" in mail  # it is made all the same, to be looked at
    (tmp_path / "inserts").mkdir(exist_ok=True)
    (tmp_path / "inserts" / "bank.md").write_text(WORDS)
    schedule = app.schedule("morning")
    assert produce.remake(app.store, app.studio, app.project, schedule, send["edition_id"], now=clock()) == 1
    (send,) = sends_of(app, send["edition_id"])
    assert send["state"] == "ready"


def test_a_missing_insert_is_said_when_the_draft_is_made(tmp_path):
    app, clock = opened(tmp_path, 'at: "07:00", prepare: 45m', words="")
    clock.moment = at(6, 15)
    fire_due(app)
    (said,) = open_alerts(app)
    assert said.startswith("the draft of morning would be held: letters: the insert bank can't be shown")
    clock.moment = at(7, 0)
    fire_due(app)
    assert drafts.cause_of(1) not in open_alerts(app)


def test_a_link_out_of_the_project_is_followed_nowhere(tmp_path):
    (tmp_path / "secret.md").write_text("secret")
    folder = tmp_path / "project"
    (folder / "inserts").mkdir(parents=True)
    (folder / "inserts" / "bank.md").symlink_to(tmp_path / "secret.md")
    app, clock = opened(folder, words="")
    send, mail = made(app, clock, at(7, 0))
    assert (send["state"], "secret" in mail) == ("held", False)
    assert "lies outside the project" in send["reasons"][0]["what"]


def test_a_script_in_an_insert_is_left_out_and_said_and_a_broken_picture_holds_the_send(tmp_path):
    app, clock = opened(tmp_path, words=f"{WORDS} <script>x</script>")
    send, mail = made(app, clock, at(7, 0))
    assert send["state"] != "held"
    assert [each["check"] for each in send["reasons"]] == ["left-out"]
    assert "<script" not in mail
    (tmp_path / "inserts" / "bank.md").write_text("![x](pic.png)")
    ProjectDir.publish_in(tmp_path, 4)
    send, _ = made(app, clock, at(7, 0) + timedelta(days=1))
    assert (send["state"], send["reasons"][0]["check"]) == ("held", "unusable-text")
    assert send["reasons"][0]["what"] == (
        "the insert bank (inserts/bank.md), line 1: the picture pic.png is never found"
    )


def test_no_post_carries_an_insert(tmp_path):
    app, _ = opened(tmp_path)
    schedule = app.schedule("morning")
    post = replace(schedule.send[0], to=())
    assert Shelf().blocks(app.project, schedule, post, datetime(2026, 11, 24, tzinfo=UTC)) == ((), ())


def test_the_day_of_an_insert_is_the_publications(tmp_path):
    app, _ = opened(tmp_path)
    edit(tmp_path, ("timezone: Europe/Lisbon", "timezone: Pacific/Auckland"))
    app.store.close()
    app = App.open(tmp_path, Clock(EVENING))
    schedule, entry = app.schedule("morning"), app.schedule("morning").send[0]
    evening = datetime(2026, 11, 23, 20, tzinfo=UTC)  # there it is the 24th
    assert len(app.studio.shelf.blocks(app.project, schedule, entry, evening)[0]) == 1
    assert len(app.studio.shelf.blocks(app.project, schedule, entry, evening + timedelta(days=2))[0]) == 0


def test_a_picture_that_is_removed_while_the_mail_is_made_holds_the_send(tmp_path):
    app, clock = opened(tmp_path, words="![](media:bank.png) words")
    gone = Image(f"https://letters.harbor.example/media/{'f' * 64}.png", width=1200, height=300)
    shelf = replace(app.studio.shelf, picture=lambda name: gone)
    clock.moment = at(7, 0)
    (edition_id,) = fire_due(app)
    schedule, studio = app.schedule("morning"), replace(app.studio, shelf=shelf)
    produce.record(app.store, studio, app.project, schedule, edition_id, now=clock())
    (send,) = sends_of(app, edition_id)
    assert (send["state"], send["reasons"][0]["check"]) == ("held", "picture-gone")


def test_check_names_an_insert_whose_file_is_not_there_and_one_that_shows_no_more(tmp_path):
    old = "  old: {file: inserts/old.md, label: Sponsored, until: 2026-11-01}\n"
    app, _ = opened(tmp_path, inserts=BANK + old, words="")
    assert checkup.notes_of_papers(app) == [
        "schedules.yaml:24:3: bank: inserts/bank.md: there is no such file: each mail with it is held. Write it",
        "schedules.yaml:25:3: old: `until: 2026-11-01` is past, and it shows no more."
        " Write a day to come, or take the insert out",
    ]
