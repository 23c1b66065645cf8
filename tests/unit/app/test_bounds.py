"""Who may change what in schedules.yaml, as a table: key by role."""

from __future__ import annotations

import pytest

from publisher.app import bounds
from publisher.config.reading import parse_document
from publisher.config.schedules import parse_project
from publisher.errors import ConfigError, NotAllowedError
from publisher.model.staff import LEAST, May, Member, Role
from publisher.store import permission
from tests.ledger import NOW

FILE = """\
version: 1
practice: true
publication:
  name: Harbor Gazette
  url: https://harbor.example
  from: news@harbor.example
  theme: {accent: "#0b4f8a"}
sources:
  site: {feed: feed.xml}
lists:
  daily: {title: Morning}
  weekly: {title: Week}
channels:
  letters: {sender: mailpit}
segments:
  porto: city == "Porto"
inserts:
  bank: {file: inserts/bank.md, label: Sponsored}
alerts: {to: [desk@harbor.example]}
schedules:
  morning:
    when: {at: "07:00"}
    pick: {from: [site]}
    send:
      - {via: letters, to: daily, from: desk@harbor.example}
  week:
    when: {at: "09:00", days: sat}
    approve: {by: 2}
    send:
      - {via: letters, to: weekly, template: week.html}
"""
WEEK = FILE[FILE.index("  week:") :]
MORNING = FILE[FILE.index("  morning:") : FILE.index("  week:")]

# what is changed: old words, new words, what it takes
TABLE = [
    ("version: 1", "version: 1  # a comment alone", None),
    ("  morning:\n", "  # one more\n  morning:\n\n", None),
    ('{at: "07:00"}', '{at: "08:00"}', May.EDIT),
    ('{at: "07:00"}', "{cron: 0 7 * * *}", May.EDIT),
    ("{from: [site]}", "{from: [site], at_most: 3}", May.EDIT),
    ("    pick: {from: [site]}\n", "    backfill: 2\n    never_twice: true\n    pace: {every: 1h}\n", May.EDIT),
    ("to: daily", "to: [daily]", May.EDIT),
    ("to: daily", "subject: A word, to: daily", May.EDIT),
    ("to: daily", "segment: porto, to: daily", May.EDIT),
    (
        "      - {via: letters, to: daily",
        "      - {via: letters, to: daily, subject: x}\n      - {via: letters, to: daily",
        May.EDIT,
    ),
    (MORNING, "", May.EDIT),
    ("  morning:", "  dawn:\n    was: morning\n  dusk:".replace("  dusk:", ""), May.EDIT),
    ("label: Sponsored", "label: Advertisement", May.EDIT),
    ("  bank: {file: inserts/bank.md, label: Sponsored}", "  {}", May.EDIT),
    ("label: Sponsored", "label: Sponsored, until: 2026-12-01", May.EDIT),
    ('"#0b4f8a"', '"#0b4f8b"', May.EDIT),
    ('  theme: {accent: "#0b4f8a"}\n', "", May.EDIT),
    # to take approval away, or to go round it
    ("    approve: {by: 2}\n", "", May.APPROVE),
    ("approve: {by: 2}", "approve: {by: 1}", May.APPROVE),
    ("approve: {by: 2}", "approve: {by: 2, otherwise: send}", May.APPROVE),
    ("to: daily", "to: [daily, weekly]", May.APPROVE),
    (WEEK, WEEK.replace("  week:", "  saturday:").replace("    approve: {by: 2}\n", ""), May.APPROVE),
    (WEEK, WEEK.replace("  week:", "  saturday:\n    was: week").replace("    approve: {by: 2}\n", ""), May.APPROVE),
    (WEEK, WEEK.replace("  week:", "  saturday:\n    was: week"), May.EDIT),
    # who is asked can agree
    ("approve: {by: 2}", "approve: {by: 2, ask: [a@x.example, b@x.example]}", May.OPERATE),
    ('when: {at: "07:00"}', 'when: {at: "07:00"}\n    approve: {by: 1}', May.EDIT),
    ('when: {at: "07:00"}', 'when: {at: "07:00"}\n    approve: {ask: [a@x.example]}', May.OPERATE),
    # in whose name, and what readers were promised
    ("from: desk@", "from: boss@", May.OPERATE),
    (", from: desk@harbor.example", "", May.OPERATE),
    ("to: daily", "reply_to: me@x.example, to: daily", May.OPERATE),
    ("pick: {from: [site]}", "measure: clicks", May.OPERATE),
    ("pick: {from: [site]}", "on_unknown: resend", May.OPERATE),
    # files
    ("to: daily", "template: week.html, to: daily", May.EDIT),
    ("to: daily", "template: other.html, to: daily", May.OPERATE),
    (", template: week.html", "", May.EDIT),
    ("inserts/bank.md", "inserts/other.md", May.OPERATE),
    ("    pick: {from: [site]}\n", "    write: README.md\n", May.OPERATE),
    # everything else
    ("practice: true", "practice: false", May.OPERATE),
    ("practice: true\n", "", May.OPERATE),
    ("name: Harbor Gazette", "name: Other", May.OPERATE),
    ("from: news@", "from: other@", May.OPERATE),
    ("{feed: feed.xml}", "{feed: other.xml}", May.OPERATE),
    ("  site: {feed: feed.xml}\n", "  site: {feed: feed.xml}\n  more: {feed: more.xml}\n", May.OPERATE),
    ("title: Morning", "title: Evening", May.OPERATE),
    (
        "  daily: {title: Morning}\n  weekly: {title: Week}\n",
        "  weekly: {title: Week}\n  daily: {title: Morning}\n",
        May.OPERATE,
    ),
    ("{sender: mailpit}", "{sender: mailpit, rate: 1/s}", May.OPERATE),
    ('city == "Porto"', 'city == "Lisbon"', May.OPERATE),
    ("[desk@harbor.example]}", "[other@harbor.example]}", May.OPERATE),
    ("alerts:", "retention: {events: 90d}\nalerts:", May.OPERATE),
    # ways of writing: what is parsed counts
    ("{title: Morning}", "&x {title: Morning}", None),
    ("{title: Morning}\n  weekly: {title: Week}", "&x {title: Morning}\n  weekly: *x", May.OPERATE),
    ("{sender: mailpit}", '{"sender": "mailpit"}', None),
    ("practice: true", "practice: True", None),
]


def needed(text: str) -> May | None:
    before, after = parse_document(FILE).data, parse_document(text).data
    found = [*bounds.touched(before, after), *bounds.goes_round(parse_project(FILE), parse_project(text))]
    ranks = list(LEAST)
    return max((each.may for each in found), key=ranks.index, default=None)


@pytest.mark.parametrize(("old", "new", "may"), TABLE, ids=[f"{number}" for number in range(len(TABLE))])
def test_what_a_change_takes(old, new, may):
    assert old in FILE
    assert needed(FILE.replace(old, new, 1)) == may


def test_a_key_that_nobody_knows_yet_is_an_operators():
    before = parse_document(FILE).data
    for path in (("novel",), ("schedules", "morning", "novel"), ("publication", "novel")):
        after = parse_document(FILE).data
        inner = after
        for part in path[:-1]:
            inner = inner[part]
        inner[path[-1]] = {"x": 1}
        assert {each.may for each in bounds.touched(before, after)} == {May.OPERATE}
    assert {each.may for each in bounds.touched(before, {**before, "schedules": []})} == {May.OPERATE}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("old", "new", "may"), [TABLE[2], TABLE[17], TABLE[27]], ids=["edit", "approve", "operate"])
def test_each_role_reaches_as_far_as_it_does(role, old, new, may):
    found = bounds.touched(parse_document(FILE).data, parse_document(FILE.replace(old, new, 1)).data)
    with permission.asking(Member(1, "anna", role, NOW)):
        if list(Role).index(role) >= list(Role).index(LEAST[may]):
            bounds.require(found)
        else:
            with pytest.raises(
                NotAllowedError, match=f"not yours to change as {role.value}: schedules.* \\({LEAST[may].value}"
            ):
                bounds.require(found)
    bounds.require(found)  # nobody asks at the terminal


@pytest.mark.parametrize(
    "trick",
    [
        FILE.replace("schedules:\n", "schedules:\n  <<: {morning: {}}\n"),
        FILE + "practice: false\n",
        FILE + "---\npractice: false\n",
        FILE.replace("practice: true", "practice: !!python/name:os.system x"),
        FILE + "z: &a [*a]\n",
        FILE
        + "z: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"{name}: &{name} [{', '.join([f'*{was}'] * 9)}]\n" for was, name in zip("abcdef", "bcdefg", strict=True)
        ),
    ],
)
def test_tricks_of_yaml_are_refused_before_anything_is_compared(trick):
    with pytest.raises(ConfigError):
        parse_project(trick)
