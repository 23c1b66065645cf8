"""Two subjects of a real schedule: made, followed, decided, and shown with the better one."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from publisher.app.waits import waits
from publisher.audience.clicks import TOO_EARLY
from publisher.cli.commands import cli
from publisher.errors import UsageError
from publisher.model.message import Mail
from publisher.pipeline import trial
from publisher.store import archive, clicks, messages, sends, trials
from publisher.store.tables import deliveries
from tests.project import ProjectDir
from tests.trials import ENOUGH, fill, trial_of
from tests.unit.web.past import MEASURED, address, paper, send_out
from tests.unit.web.test_clicks import follow

STORY = "https://harbor.example/1"
TRIED = (
    "{via: letters, to: daily}",
    '{via: letters, to: daily, subjects: ["The ferry is back", "What the {{ articles[0].title }} costs"], '
    "try: {share: 50%}}",
)


@pytest.fixture
def past(tmp_path):
    """A newspaper with one edition whose two subjects are tried; its halves have begun."""
    with paper(tmp_path, MEASURED, TRIED) as site:
        fill(site.app.store)
        site.app.sent = send_out(site.app)
        site.app.clock.advance(2 * TOO_EARLY)
        yield site


def door(site, variant: str) -> str:
    """Return where the link to the story leads in the mail with this subject."""
    with site.app.store.read() as conn:
        number = messages.by_variant(conn, site.app.sent)[variant]
        mail = messages.get(conn, number)
        link_id = next(each for each, url in clicks.targets(conn, site.app.sent).items() if url == STORY)
    assert isinstance(mail, Mail)
    name = site.app.wire_name({"a": "l", "b": "m"}[variant], link_id)
    html = "".join(part for part in mail.html if isinstance(part, str))
    assert f"https://letters.harbor.example/l/{name}" in html
    return f"/l/{name}"


def figures(site) -> dict[str, int]:
    with site.app.store.read() as conn:
        return trials.figures(conn, site.app.sent).clicks


def test_a_link_says_which_mail_it_was_in_and_nothing_of_the_reader(past):
    for number, variant in enumerate("abb"):
        answer = follow(past, door(past, variant), network=f"198.51.100.{number}")
        assert (answer.status_code, answer.headers["Location"]) == (302, STORY)
    assert figures(past) == {"a": 1, "b": 2}
    with past.app.store.read() as conn:
        assert {each.url: each.count for each in clicks.of_edition(conn, 1)}[STORY] == 3


def test_machines_count_for_neither(past):
    follow(past, door(past, "b"), method="HEAD")
    follow(past, door(past, "b"), **{"User-Agent": "curl/8.14"})
    for _ in range(10):
        follow(past, door(past, "a"), network="203.0.113.9")
    assert figures(past) == {"a": 3, "b": 0}  # as often as one network counts for a link at all


def test_the_archive_shows_the_first_until_the_better_one_is_known(past):
    assert "The ferry is back" in follow(past, address(past.app, past.app.sent)).text
    with past.app.store.write() as conn:
        trials.count_click(conn, past.app.sent, "b")
    assert trial.choose(past.app.store, past.app.sent, "b", actor="ada", now=past.app.clock())
    with past.app.store.read() as conn:
        (issue,) = archive.page(conn, "daily", limit=5)
    assert "".join(map(str, issue.subject)).startswith("What the ")
    shown = follow(past, address(past.app, past.app.sent)).text
    assert "The ferry is back" not in shown and "What the " in shown
    mail = follow(past, f"{address(past.app, past.app.sent)}/mail").text
    assert f'"{STORY}"' in mail and "/l/m" not in mail  # whoever looks at it there is not counted


def run(site, *words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, [*words, "--project", str(site.app.folder)], catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


def test_commands_show_the_trial_and_a_person_can_end_it(past):
    with past.app.store.write() as conn:
        trials.count_click(conn, past.app.sent, "a")
    code, said, _ = run(past, "clicks", "1")
    assert code == 0 and "letters:daily: subject A: The ferry is back" in said
    assert "letters:daily: tried until 2026-11-23 21:10: A 1 click of 0 mails, B 0 clicks of 0 mails" in said
    (found,) = [each for each in json.loads(run(past, "clicks", "1", "--json")[1]) if each["url"] == STORY]
    assert (found["trial"]["clicks"], found["trial"]["winner"]) == ({"a": 1, "b": 0}, None)
    with pytest.raises(UsageError, match="this would go to real people"):
        run(past, "choose", "1", "b")
    code, said, error = run(past, "choose", "1", "B", "--yes")
    assert (code, said.splitlines()[-1]) == (0, "Nobody runs the schedules: publisher run")
    assert "subject B goes to the 401 who waited" in error
    assert trial_of(past.app.store, past.app.sent).winner == "b"
    with pytest.raises(UsageError, match=r"there is nothing to choose: decided at .* subject B: chosen by cli:"):
        run(past, "choose", "1", "a", "--yes")
    said = run(past, "status")[1]
    assert "subject B: chosen by cli:" in said and "(A 1 click of 0 mails, B 0 clicks of 0 mails)" in said


def test_the_log_says_who_gets_which_and_who_waits(past):
    rows = json.loads(run(past, "log", "--edition", "1", "--limit", "1000", "--json")[1])
    assert len(rows) == ENOUGH + 2
    waiting = [row for row in rows if row["reason"] == trials.WAITS]
    assert len(waiting) == 401 and {row["due_at"] for row in waiting} == {None}
    assert {row["variant"] for row in rows if row not in waiting} == {"a", "b"}
    assert f"{past.app.clock():%Y}" in run(past, "log", "--edition", "1")[1]


def test_until_when_both_are_tried_is_said_and_then_it_is_decided(past):
    with past.app.store.write() as conn:  # the halves are out
        mine = (deliveries.c.send_id == past.app.sent, deliveries.c.due_at < trials.UNDECIDED)
        out = conn.execute(update(deliveries).where(*mine).values(state="sent")).rowcount
        sends.post_to_books(conn, past.app.sent, {"pending": -out, "sent": out})
        (wait,) = waits(conn, past.app.project, past.app.clock(), [sends.get(conn, past.app.sent)])
    assert wait.words(past.app.zone) == "waits until 2026-11-23 21:10:00 WET (its two subjects are tried)"
    past.app.clock.advance(timedelta(hours=1))
    past.app.sending.advance()
    assert trial_of(past.app.store, past.app.sent).winner == "a"
    with past.app.store.read() as conn:
        assert sends.get(conn, past.app.sent)["state"] == "sending"
        assert not trials.has_waiting(conn, past.app.sent)


def test_a_plan_says_who_would_get_which(past):
    ProjectDir.publish_in(past.app.folder, 9)
    said = run(past, "plan", "morning")[1]
    assert "subject A: The ferry is back" in said and "subject B: What the " in said
    assert "201 get subject A, 200 B; 1h later the other 401 get the one that is followed more" in said
    (plan,) = json.loads(run(past, "plan", "morning", "--json")[1])
    assert {name: plan["sends"][0]["trial"][name] for name in ("a", "b", "rest", "too_few")} == {
        "a": 201,
        "b": 200,
        "rest": 401,
        "too_few": False,
    }
    assert "subject B: What the " in run(past, "preview", "morning")[1]
    run(past, "preview", "morning", "--out", str(past.app.folder / "out"))
    page = (past.app.folder / "out" / "index.html").read_text()
    assert "Two subjects: A <q" in page and "The ferry is back</q>" in page


def test_forty_readers_are_too_few_and_the_plan_says_so_beforehand(tmp_path):
    with paper(tmp_path, MEASURED, (TRIED[0], TRIED[1].replace(", try: {share: 50%}", ""))) as site:
        fill(site.app.store, count=38)
        said = run(site, "plan", "morning")[1]
        assert "too few readers to try two subjects: twice 4, and fewer than 200 in a half are no measure" in said
        send = send_out(site.app)
        with site.app.store.read() as conn:
            row = sends.get(conn, send)
        assert "everybody gets subject A" in row["reasons"][0]["what"]
        assert row["pending"] == 40
