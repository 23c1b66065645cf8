"""A newsroom's week: what every reader got and every network was told is what the editors meant."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.acceptance.newsroom import Newsroom

MONDAY = datetime(2026, 11, 23, tzinfo=ZoneInfo("Europe/Lisbon"))
PROJECT = """\
version: 1
publication:
  name: Harbor Gazette
  url: https://harbor.example
  public_url: https://letters.harbor.example
  from: Harbor Gazette <news@harbor.example>
  address: 1 Quay Street, Harbor
  timezone: Europe/Lisbon
  language: en
alerts: {{to: [chief@harbor.example]}}
sources:
  site: {{feed: feed.xml, every: 5m}}
lists:
  daily: {{title: Morning briefing, archive: public}}
  evening: {{title: The evening edition}}
  breaking: {{title: Breaking news}}
  jornal: {{title: O jornal, language: pt}}
channels:
  letters: {{sender: mailgun, base_url: "{mailgun}", domain: mg.harbor.example, api_key: key-0123456789, rate: 1/min}}
  toots: {{sender: mastodon, instance: "{mastodon}", token: mastodon-t0ken}}
schedules:
  morning:
    when: {{at: "07:00", days: mon-fri, prepare: 45m}}
    pick: {{from: site, categories: News, at_most: 4, not_in: breaking}}
    send:
      - {{via: letters, to: daily}}
  as-it-happens:
    when: {{new: article, between: "08:00-22:00"}}
    pick: {{from: site, not_in: [morning, breaking]}}
    pace: {{every: 1h}}
    send:
      - {{via: toots}}
  evening:
    when: {{at: "18:00", days: tue-thu, prepare: 2h}}
    pick: {{from: site, categories: Analysis}}
    approve: {{by: 1, otherwise: hold, ask: [chief@harbor.example]}}
    send:
      - {{via: letters, to: evening}}
  weekend:
    when: {{at: "09:00", days: fri}}
    pick: {{from: site, categories: Culture}}
    languages: [en, pt]
    send:
      - {{via: letters, to: [daily, jornal]}}
inserts:
  bank: {{file: inserts/bank.md, in: morning, after: 1, label: Sponsored, from: 2026-11-23, until: 2026-11-25}}
"""
READERS = [f"{name}@example.org" for name in ("ada", "ben", "cem", "dora")]


@pytest.fixture(scope="module")
def week(tmp_path_factory) -> Iterator[Newsroom]:
    """The whole week, lived through once."""
    with Newsroom(tmp_path_factory.mktemp("week"), PROJECT, ["mailgun", "mastodon"], MONDAY) as room:
        room.write("inserts/bank.md", "**Harbor Bank** keeps what is yours.")
        room.publish("old", "An old story")
        room.at("mon 01:00")
        room.subscribe("daily", *READERS)
        room.subscribe("evening", *READERS[:2])
        room.subscribe("breaking", "ada@example.org")
        room.subscribe("jornal", "rita@example.org")
        live_monday(room)
        live_tuesday(room)
        live_wednesday(room)
        live_thursday(room)
        live_friday(room)
        yield room


def live_monday(room: Newsroom) -> None:
    """The desk drops a story, puts another first and writes a note; in the afternoon posts wait for one another."""
    room.publish("bridge", "The bridge opens")
    room.publish("ferry", "The ferry is back")
    room.publish("budget", "The budget fails")
    room.at("mon 06:40")
    room.type("edition", "morning", "--drop", room.number("budget"), "--order", room.number("ferry"))
    room.type("note", "morning", str(room.write("note.md", "# Good morning\n\nIt rains.")))
    room.publish("late", "A late story")
    room.at("mon 15:00")
    for name in ("pier", "harvest", "school"):
        room.publish(name, f"News of the {name}")
    room.at("mon 15:40")
    room.publish("fire", "Fire at the quay")
    room.type("breaking", room.number("fire"), "--to", "breaking", "--via", "letters,toots", "--yes", waits=True)
    room.at("mon 23:00")


def live_tuesday(room: Newsroom) -> None:
    """The evening edition is approved in time; what a template and the site say later changes no byte of it."""
    room.publish("why", "Why the budget fails", category="Analysis")
    room.at("tue 16:10")
    seen = json.loads(room.type("edition", "evening", "--json"))
    room.type("approve", "evening", "--version", seen["approvable"], "--yes")
    room.write("templates/partials/header.html", "<tr><td>Another header</td></tr>\n")
    room.publish("why", "Why the budget failed", category="Analysis")
    room.publish("how", "How it came", category="Analysis")
    room.at("tue 23:00")
    (room.folder / "templates/partials/header.html").unlink()


def live_wednesday(room: Newsroom) -> None:
    """A name was wrong at seven: two readers have it by then. In the evening the chief is late."""
    room.publish("mayor", "Mayor Smit resigns", "Mayor Smit resigned on Tuesday.")
    room.at("wed 07:01")
    room.publish("mayor", "Mayor Smith resigns", "Mayor Smith resigned on Tuesday.")
    note = str(room.write("sorry.md", "The mayor is called Smith."))
    room.type("correct", "morning", "--note", note, "--mail", "--why", "a name", "--yes", waits=True)
    room.at("wed 18:20")
    held = json.loads(room.type("editions", "evening", "--json"))[0]
    version = json.loads(room.type("edition", str(held["id"]), "--json"))["approvable"]
    room.type("approve", str(held["id"]), "--version", version, "--yes")
    room.at("wed 23:00")


def live_thursday(room: Newsroom) -> None:
    """The machine is started anew; a post is taken back; the evening edition is approved by nobody."""
    room.publish("storm", "A storm is coming")
    room.publish("wind", "Why winds turn", category="Analysis")
    room.at("thu 08:30")
    room.restart()
    room.publish("wrong", "A story that is wrong")
    room.at("thu 10:00")
    posted = json.loads(room.type("editions", "as-it-happens", "--json"))[0]
    room.type("withdraw", str(posted["id"]), "--yes", "--why", "it is wrong", waits=True)
    room.type("articles", "discard", room.number("wrong"))
    room.at("thu 23:00")


def live_friday(room: Newsroom) -> None:
    """What the site tells in two languages reaches each list in its own."""
    room.publish("opera", "A night at the opera", category="Culture", language="en")
    room.publish("fado", "Uma noite de fado", category="Culture", language="pt")
    room.at("fri 12:00")


def test_the_morning_edition_is_what_the_desk_made_of_it(week):
    first = week.inboxes["dora@example.org"][0]
    assert (first.at, first.subject) == ("mon 07:03", "The ferry is back")  # the fourth, one a minute
    told = [line for line in first.text.splitlines() if line.startswith(("Good", "It rains", "The ", "A ", "An "))]
    assert told == ["Good morning", "It rains.", "The ferry is back", "A late story", "The bridge opens"]


def test_what_was_dropped_and_what_was_said_once_never_comes_again(week):
    mails = [mail for box in week.inboxes.values() for mail in box]
    assert not any("The budget fails" in mail.text for mail in mails if "Why" not in mail.text)
    assert {mail.at[:3] for mail in mails if "It rains." in mail.text} == {"mon"}


def test_posts_keep_their_distance_and_a_wrong_one_is_taken_back(week):
    toots = [(at, what.removeprefix("mastodon "), words.partition("\n")[0]) for at, what, words in week.said]
    assert [(at[:-1], *rest) for at, *rest in toots if at.startswith("mon")] == [
        ("mon 08:0", "posts", "The budget fails"),  # dropped from the letter alone
        ("mon 15:1", "posts", "News of the pier"),
        ("mon 15:4", "posts", "Fire at the quay"),
        ("mon 16:1", "posts", "News of the harvest"),
        ("mon 17:1", "posts", "News of the school"),
    ]
    wrong = [each for each in toots if each[2] == "A story that is wrong" or each[1] == "deletes"]
    assert [what for _, what, _ in wrong] == ["posts", "deletes"]


def test_breaking_news_goes_at_once_to_those_who_want_it_and_never_again(week):
    fire = {reader: [mail for mail in week.inboxes[reader] if "Fire at the quay" in mail.text] for reader in READERS}
    first = fire["ada@example.org"][0]
    assert ("mon 15:40" <= first.at <= "mon 15:45", first.subject) == (True, "Fire at the quay")
    assert sum("Fire at the quay" in words for _, _, words in week.said) == 1


def test_a_sponsor_begins_and_ends(week):
    days = {mail.at[:3] for mail in week.inboxes["ben@example.org"] if "Harbor Bank" in mail.text}
    assert days == {"mon", "tue", "wed"}
    sponsored = next(mail for mail in week.inboxes["ben@example.org"] if "Harbor Bank" in mail.text)
    assert "Sponsored" in sponsored.text
    assert sponsored.text.index("The ferry is back") < sponsored.text.index("Sponsored")
    assert sponsored.text.index("Harbor Bank") < sponsored.text.index("A late story")


def test_each_list_gets_the_stories_of_its_language(week):
    assert [subject for _, subject in week.subjects("rita@example.org")] == ["Uma noite de fado"]
    friday = [mail for mail in week.inboxes["cem@example.org"] if "opera" in mail.subject]
    assert [mail.subject for mail in friday] == ["A night at the opera"]
    assert "fado" not in friday[0].text


def test_what_was_approved_is_what_is_sent_and_what_was_not_is_not(week):
    got = {mail.at: mail for mail in week.inboxes["ada@example.org"] if "evening" in mail.text.lower()}
    first, second = got.values()
    assert (first.at, first.subject) == ("tue 18:00", "Why the budget fails")
    assert ("wed 18:20" <= second.at <= "wed 18:30", second.subject) == (True, "How it came")
    assert "Another header" not in first.html
    assert "Why winds turn" not in str([mail.text for mail in week.inboxes["ada@example.org"] if mail.at > "thu"])
    (held,) = [row for row in json.loads(week.type("editions", "evening", "--json")) if row["waiting"]]
    assert "approve" in held["waiting"][0]


def test_a_correction_reaches_everyone_in_the_way_that_is_left(week):
    words = {
        reader: [
            (mail.at, mail.subject) for mail in week.inboxes[reader] if mail.at.startswith("wed") and "Smi" in mail.text
        ]
        for reader in READERS
    }
    had = [reader for reader, mails in words.items() if ("Smit resigns" in mails[0][1])]
    assert len(had) == 2
    for reader, mails in words.items():
        subjects = [subject for _, subject in mails]
        expected = ["Mayor Smit resigns", "Correction: Mayor Smith resigns"]
        assert subjects == (expected if reader in had else ["Mayor Smith resigns"])
        told = [mail.text for mail in week.inboxes[reader] if "Smith" in mail.subject]
        assert "The mayor is called Smith." in told[-1]


def test_the_books_balance(week):
    assert "the books balance" in week.type("verify")


def test_nobody_got_anything_else(week):
    """All that left the house in the week, in order."""
    letters = {reader: [(mail.at[:3], mail.subject) for mail in box] for reader, box in week.inboxes.items()}
    daily = {"mon": "The ferry is back", "tue": "News of the pier", "thu": "A storm is coming"}
    monday, tuesday, thursday = daily.items()
    friday = ("fri", "A night at the opera")
    corrected = [("wed", "Mayor Smit resigns"), ("wed", "Correction: Mayor Smith resigns")]
    evening = [("tue", "Why the budget fails"), ("wed", "How it came")]
    ask = "Harbor Gazette: to approve by 18:00:"
    assert letters == {
        "ada@example.org": [
            *(monday, ("mon", "Fire at the quay"), tuesday, evening[0], *corrected, evening[1], thursday, friday),
        ],
        "ben@example.org": [monday, tuesday, evening[0], *corrected, evening[1], thursday, friday],
        "cem@example.org": [monday, tuesday, ("wed", "Mayor Smith resigns"), thursday, friday],
        "dora@example.org": [monday, tuesday, ("wed", "Mayor Smith resigns"), thursday, friday],
        "rita@example.org": [("fri", "Uma noite de fado")],
        "chief@harbor.example": [
            ("tue", f"{ask} Why the budget fails"),
            ("wed", f"{ask} How it came"),
            ("thu", f"{ask} Why winds turn"),
        ],
    }
    assert [(at[:3], what.split()[1], words.partition("\n")[0]) for at, what, words in week.said] == [
        ("mon", "posts", "The budget fails"),
        ("mon", "posts", "News of the pier"),
        ("mon", "posts", "Fire at the quay"),
        ("mon", "posts", "News of the harvest"),
        ("mon", "posts", "News of the school"),
        ("tue", "posts", "Why the budget fails"),
        ("tue", "posts", "How it came"),
        ("thu", "posts", "Why winds turn"),
        ("thu", "posts", "A story that is wrong"),
        ("thu", "deletes", ""),
        ("fri", "posts", "A night at the opera"),
        ("fri", "posts", "Uma noite de fado"),
    ]
