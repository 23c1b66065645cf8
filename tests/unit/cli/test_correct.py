"""Correcting, as a person types it, with networks that are strict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import typer
from sqlalchemy import delete, update

from publisher.cli.correct import correct
from publisher.errors import UsageError
from publisher.store import keeping, seals, sends, tables
from publisher.store.seals import Sealer
from publisher.testing import FakeProvider, Fault
from tests.ledger import NOW
from tests.project import ProjectDir
from tests.unit.app.project import edit
from tests.unit.cli.test_withdraw import CHANNELS, House

SEND = """\
      - {via: letters, to: daily}
      - {via: mastodon}
      - {via: hook}
"""


class Newsroom(House):
    """A house that puts its words right."""

    def correct(self, edition: str = "morning", code: int = 0, **options: object) -> None:
        if code == 0:
            correct(edition, yes=True, project=self.folder.folder, **options)
            return
        with pytest.raises(typer.Exit) as ended:
            correct(edition, yes=True, project=self.folder.folder, **options)
        assert ended.value.exit_code == code

    def mend(self, old: str = "Story 3", new: str = "Story three") -> None:
        """Put an article right at its source."""
        path = self.folder.folder / "feed.xml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    def words(self) -> list[str]:
        return list(self.networks["mastodon"].dialect.words().values())

    def mails(self) -> list[tuple[str, str, str]]:
        """Return what each reader got, in order: the address, the subject and the text part."""
        found = self.networks["mailgun"].accepted
        forms = [(each.to, dict(each.request.form)) for each in found]
        return [(to, form["subject"], form["text"]) for to, form in forms]

    def note(self, text: str) -> Path:
        path = self.folder.folder / "note.md"
        path.write_text(text)
        return path


@pytest.fixture
def house(tmp_path) -> Iterator[Newsroom]:
    with ExitStack() as stack:
        networks = {
            name: stack.enter_context(FakeProvider(name)) for name in ("mastodon", "telegram", "slack", "mailgun")
        }
        folder = ProjectDir(tmp_path, networks["mailgun"].url)
        urls = {name: networks[name].url for name in ("mastodon", "telegram", "slack")}
        edit(
            tmp_path,
            ("schedules:\n", CHANNELS.format(**urls)),
            ("      - {via: letters, to: daily}\n", SEND),
        )
        folder.subscribe(2)
        yield Newsroom(folder, networks)


def test_what_was_mended_at_the_source_reaches_posts_and_the_others_are_named(house, capsys):
    house.sent()
    house.mend()
    capsys.readouterr()
    house.correct(code=1, why="a wrong number")
    said = capsys.readouterr()
    assert said.err.endswith(": corrected\n")
    (first,) = [each.id for each in house.networks["mastodon"].accepted if each.request.method == "POST"]
    assert said.out.splitlines() == [
        "letters to daily:",
        "  - Subject: Story 3: quay & harbour",
        "  - Story 3: quay & harbour",
        "  + Subject: Story three: quay & harbour",
        "  + Story three: quay & harbour",
        "mastodon to its account:",
        "  - Story 3: quay & harbour",
        "  + Story three: quay & harbour",
        "hook to its account:",
        "  - Story 3: quay & harbour",
        "  + Story three: quay & harbour",
        "hook keeps its words: a webhook of Slack's isn't told which post it made; edit it by hand",
        f"mastodon: edited (https://news.example/@gazette/{first})",
        "hook: keeps its words: a webhook of Slack's isn't told which post it made; edit it by hand",
        "letters to daily: 2 have the old words",
        "To mail the right words to who has the old ones: publisher correct 1 --mail",
    ]
    assert ["Story three" in words for words in house.words()] == [True]
    assert len(house.mails()) == 2
    assert "the books balance" in house.folder.publisher("verify")
    assert house.states()["mastodon", "correction"] == "done"


def test_where_nothing_differs_nothing_is_written_and_what_to_do_is_said(house, capsys):
    house.sent()
    capsys.readouterr()
    house.correct(code=1)
    said = capsys.readouterr()
    assert "nothing differs from what it says; nothing was changed" in said.err
    assert said.out.splitlines()[-1].endswith("publisher correct 1; or say what was wrong: --note FILE")
    assert {kind for _, kind in house.states()} == {"regular"}


def test_who_has_the_old_words_is_mailed_once_and_only_when_that_is_wanted(house, capsys):
    house.sent()
    note = house.note("The quay is **open**.<script>alert(1)</script>")
    house.correct(note=note, mail=True)
    old, new = house.mails()[:2], house.mails()[2:]
    assert {subject for _, subject, _ in old} == {"Story 3: quay & harbour"}
    assert {subject for _, subject, _ in new} == {"Correction: Story 3: quay & harbour"}
    assert [to for to, _, _ in new] == [to for to, _, _ in old]
    assert all("Correction: The quay is open." in text and "alert" not in text for _, _, text in new)
    house.correct(code=1, mail=True)
    assert len(house.mails()) == 4
    capsys.readouterr()
    assert house.folder.json("editions")[0]["sent"] == 4  # as before: two letters and two posts
    line = house.folder.publisher("log", "--edition", "1").splitlines()
    assert sum(", correction" in each for each in line) == 2
    assert "the books balance" in house.folder.publisher("verify")


def test_who_has_the_old_words_is_promised_no_mail_once_it_is_not_kept_who_that_is(house, capsys):
    house.sent()
    with house.store.write() as conn:  # years later
        send_id = next(row["id"] for row in sends.of_edition(conn, 1) if row["audience"])
        batch = keeping.DELIVERIES.next_of(conn, send_id, 500)
        for message_id, total in batch.totals.items():
            seals.add(conn, Sealer((b"s" * 32,)), send_id, message_id, **total, now=NOW)
        gone = tables.deliveries.c.id.in_(batch.ids)
        conn.execute(delete(tables.outcomes).where(tables.outcomes.c.delivery_id.in_(batch.ids)))
        conn.execute(delete(tables.deliveries).where(gone))
        conn.execute(update(tables.articles).values(html="", html_gone_at=NOW))
    capsys.readouterr()
    house.correct(note=house.note("The quay is open."), mail=True)
    said = capsys.readouterr().out
    assert "no mail to 2 readers of the old words: who they are is not kept as long as that" in said
    assert "without html, which is not kept as long as that" in said
    assert "letters to daily: 2 have the old words, of 2 it is not kept any more who they are" in said
    assert "To mail the right words" not in said and "have the new ones" not in said
    assert len(house.mails()) == 2


def test_a_note_holds_until_another_takes_its_place_and_posts_have_none_of_it(house):
    house.sent()
    house.correct(note=house.note("The first word."))
    house.mend()
    house.correct(code=1, mail=True)
    assert all("Correction: The first word." in text for _, _, text in house.mails()[2:])
    assert all("first word" not in words for words in house.words())
    house.correct(code=1, no_note=True, mail=True)
    assert all("first word" not in text for _, _, text in house.mails()[4:])


def test_a_note_of_which_nothing_can_be_shown_is_refused(house):
    house.sent()
    with pytest.raises(UsageError, match="nothing of it can be shown"):
        house.correct(note=house.note("<script>alert(1)</script>"))
    with pytest.raises(UsageError, match="say different things"):
        house.correct(note=house.note("The quay."), no_note=True)


def test_a_note_with_a_broken_picture_reaches_nobody_and_a_script_is_named(house, capsys):
    house.sent()
    with pytest.raises(UsageError, match=r"note\.md:3: no picture is called quay\.png\. Add it"):
        house.correct(note=house.note("The quay.\n\n![](media:quay.png)"))
    house.correct(note=house.note("The quay.\n\n<script>alert(1)</script>"))
    assert "note.md:3: <script> is left out" in capsys.readouterr().err


def test_of_two_corrections_the_newest_words_win(house):
    house.sent()
    house.mend()
    house.correct(code=1)
    house.mend("Story three", "Story four")
    house.correct(code=1)
    assert ["Story four" in words for words in house.words()] == [True]
    with house.store.read() as conn:
        made = [(row["channel"], row["number"]) for row in sends.of_edition(conn, 1) if row["kind"] == "correction"]
    assert made == [("mastodon", 1), ("mastodon", 2)]


def test_a_corrected_post_is_taken_down_once(house):
    house.sent()
    house.mend()
    house.correct(code=1)
    house.withdraw(code=1)
    assert house.standing("mastodon") == []
    with pytest.raises(UsageError, match="was withdrawn by"):
        house.correct()
    assert house.states()["mastodon", "withdrawal"] == "done"


def test_a_source_that_does_not_answer_is_named_and_its_last_words_hold(house, capsys):
    house.sent()
    (house.folder.folder / "feed.xml").unlink()
    house.correct(note=house.note("The quay is open."))
    assert "what it said last holds" in capsys.readouterr().err


def test_in_practice_nothing_real_is_corrected(house):
    house.sent()
    edit(house.folder.folder, ("version: 1\n", "version: 1\npractice: true\n"))
    with pytest.raises(UsageError, match="in practice nothing real can be corrected"):
        house.correct()


def test_a_refused_edit_is_tried_again_by_the_same_command(house, capsys):
    house.sent()
    house.mend()
    house.networks["mastodon"].fails(Fault(422, {"error": "no"}))
    house.correct(code=1)
    assert ["Story 3" in words for words in house.words()] == [True]
    said = capsys.readouterr().out
    assert "mastodon: refused: " in said and "To try again what was not edited: publisher correct 1" in said
    house.correct(code=1)
    assert ["Story three" in words for words in house.words()] == [True]


def test_a_program_reads_what_changed_and_what_became_of_it(house, capsys):
    house.sent()
    house.mend()
    capsys.readouterr()
    house.correct(code=1, as_json=True)
    said = json.loads(capsys.readouterr().out)
    assert [(each["channel"], each["became"]) for each in said["posts"]] == [
        ("mastodon", "edited"),
        ("hook", "keeps its words"),
    ]
    assert [change["channel"] for change in said["changes"]] == ["letters", "mastodon", "hook"]
    assert said["mails"][0]["old"] == 2
