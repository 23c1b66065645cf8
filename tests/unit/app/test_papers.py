"""Letters: a file makes an edition without articles, once for each text of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.app import App, desk
from publisher.app.plan import plan_slot
from publisher.app.slots import fire_due
from publisher.model.message import fill
from publisher.pipeline.operate import stopping
from publisher.pipeline.produce import preview_values
from publisher.store import messages
from tests.ledger import Clock
from tests.unit.app.project import EVENING, edit, found, open_app, reasons, sends_of
from tests.unit.app.test_drafts import WHEN, at, open_alerts
from tests.unit.web.ledger import add_reader

FIRST = "---\nsubject: We ask\npreheader: For once\n---\n# Dear readers\n\nPlease support us.\n"
DAY = timedelta(days=1)


def opened(folder, text: str | None = FIRST, when: str = WHEN) -> tuple[App, Clock]:
    clock = Clock(EVENING)
    app = open_app(folder, clock, when)
    edit(folder, ("pick: {from: [site], at_most: 8}", "write: letters/appeal.md"))
    app.store.close()
    app = App.open(folder, clock)
    add_reader(app, "ada@example.org")
    if text is not None:
        write(app, text)
    fire_due(app)
    return app, clock


def write(app: App, text: str) -> None:
    (app.folder / "letters").mkdir(exist_ok=True)
    (app.folder / "letters" / "appeal.md").write_text(text)


def go(app: App, clock: Clock, moment) -> list[int]:
    clock.moment = moment
    return fire_due(app)


def mail_of(app: App, edition_id: int):
    app.sending.advance()
    (send,) = sends_of(app, edition_id)
    with app.store.read() as conn:
        return messages.of_send(conn, send["id"])[1]


def test_a_file_is_a_letter_with_its_own_subject_and_no_article(tmp_path):
    app, clock = opened(tmp_path)
    plan = plan_slot(app, app.schedule("morning"))
    assert (plan.choice.picked, plan.choice.skipped) == ((), "")
    (edition_id,) = go(app, clock, at(7, 0))
    mail = mail_of(app, edition_id)
    html = fill(mail.html, preview_values())
    assert fill(mail.subject, {}) == "We ask"
    assert "For once" in html
    assert "Please support us." in html
    assert "Story" not in html


def test_what_stands_in_the_file_at_the_slot_goes_out(tmp_path):
    app, clock = opened(tmp_path)
    go(app, clock, at(6, 15))
    assert found(app) == [("2026-11-24T07:00", "draft")]
    assert desk.page(app, 1).note.actor == "file"
    write(app, "# Dear readers\n\nThank you.\n")
    go(app, clock, at(6, 30))
    assert "Thank you." in desk.page(app, 1).note.text
    write(app, "# Dear readers\n\nThank you all.\n")
    go(app, clock, at(7, 0))
    assert "Thank you all." in fill(mail_of(app, 1).text, preview_values())


def test_the_same_text_does_not_go_out_twice_whatever_came_between(tmp_path):
    app, clock = opened(tmp_path)
    go(app, clock, at(7, 0))
    go(app, clock, at(7, 0) + DAY)
    write(app, "# Another\n\nLetter.\n")
    go(app, clock, at(7, 0) + 2 * DAY)
    write(app, FIRST)
    go(app, clock, at(7, 0) + 3 * DAY)
    assert [state for _, state in found(app)] == ["locked", "skipped", "locked", "skipped"]
    why = "letters/appeal.md says what edition 1 said. Write the next letter into it"
    assert reasons(app) == ["", why, "", why]


@pytest.mark.parametrize("got", [0, 1])
def test_a_letter_that_was_stopped_goes_out_again_only_where_nobody_has_it(tmp_path, got):
    app, clock = opened(tmp_path)
    (edition_id,) = go(app, clock, at(7, 0))
    app.sending.advance()
    with app.store.write() as conn:
        conn.exec_driver_sql(f"UPDATE deliveries SET state = '{'sent' if got else 'pending'}'")
        conn.exec_driver_sql(f"UPDATE sends SET pending = {1 - got}, sent = {got}")
    stopping.cancel_edition(app.store, edition_id, reason="stopped", now=clock.moment)
    go(app, clock, at(7, 0) + DAY)
    assert [state for _, state in found(app)] == ["cancelled", "skipped" if got else "locked"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "letters/appeal.md: there is no such file. Write it"),
        (" \n", "letters/appeal.md: it says nothing. Write it, as UTF-8 text"),
        ("\0\1", "letters/appeal.md: it is no text. Write it, as UTF-8 text"),
    ],
)
def test_without_a_letter_the_draft_alerts_and_the_slot_is_skipped_with_the_reason(tmp_path, text, why):
    app, clock = opened(tmp_path, text)
    go(app, clock, at(6, 15))
    assert open_alerts(app) == [f"morning has no letter: {why}"]
    go(app, clock, at(7, 0))
    assert (found(app), reasons(app)) == ([("2026-11-24T07:00", "skipped")], [why])
    assert open_alerts(app) == []


def test_a_letter_that_comes_in_time_ends_the_alert(tmp_path):
    app, clock = opened(tmp_path, None)
    go(app, clock, at(6, 15))
    write(app, FIRST)
    go(app, clock, at(6, 30))
    assert (found(app), open_alerts(app)) == ([("2026-11-24T07:00", "draft")], [])


def test_a_file_that_is_taken_away_takes_its_letter_along(tmp_path):
    app, clock = opened(tmp_path)
    go(app, clock, at(6, 15))
    (tmp_path / "letters" / "appeal.md").unlink()
    go(app, clock, at(6, 30))
    assert open_alerts(app) == ["morning has no letter: letters/appeal.md: there is no such file. Write it"]
    go(app, clock, at(7, 0))
    assert found(app) == [("2026-11-24T07:00", "skipped")]


def test_a_note_that_people_write_goes_first_and_the_file_next(tmp_path):
    app, clock = opened(tmp_path)
    desk.write_note(app, app.schedule("morning"), "# By hand\n\nWords.")
    go(app, clock, at(7, 0))
    go(app, clock, at(7, 0) + DAY)
    assert [fill(mail_of(app, each).subject, {}) for each in (1, 2)] == ["By hand", "We ask"]


def test_a_plan_writes_nothing_of_a_letter_down(tmp_path):
    app, _ = opened(tmp_path, when='at: "07:00"')
    assert plan_slot(app, app.schedule("morning")).choice.note.text == FIRST.strip()
    assert desk.draft_of(app, app.schedule("morning")) is None
    with app.store.read() as conn:
        from publisher.store import desk as ledger

        assert ledger.waiting_note(conn, "morning") is None


def test_what_mails_can_not_show_is_said_of_the_letter_with_its_line(tmp_path):
    app, _ = opened(tmp_path, f"{FIRST}\n<iframe src='https://x.example'></iframe>\n")
    (product,) = plan_slot(app, app.schedule("morning")).products
    assert "the letter, line 9: <iframe> is left out" in [finding.what for finding in product.findings]
