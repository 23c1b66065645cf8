"""What can stand where somebody types: the text is half written then."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.config.completion import suggestions

TEXT = """\
version: 1
publication:
  name: X
  th
sources:
  site: {feed: x}
  press:
    fe
lists:
  daily: {title: M}
  weekly: {}
channels:
  letters: {sender: mailpit}
  posts:
    sender: mast
schedules:
  morning:
    when: {at: "07:00"}
    pick: {from: [site, ], not_in: e}
    send:
      - {via: letters, to: daily}
      - {via: po}
      - via: letters
        to: we
        pic
  evening:
    when:
      at: "18"
      da
    pick:
      from:
        - pr
    on_up
    measure: c
    never_twice: t
    send:
    - via: le
# via: le
"""
NAMES = {"senders": ("mailgun", "mastodon"), "templates": ("week.html",)}


def at(after: str, text: str = TEXT) -> list[str]:
    """Return what is suggested right after the first place of these words."""
    word, found = suggestions(text, text.index(after) + len(after), NAMES)
    assert after.endswith(word)
    return [each.text for each in found]


@pytest.mark.parametrize(
    ("after", "found"),
    [
        ("  th", ["theme: "]),
        ("    fe", ["feed: "]),
        ("sender: mast", ["mastodon"]),
        ("[site, ", ["site", "press"]),
        ("not_in: e", ["evening"]),
        ("{via: po", ["posts"]),
        ("to: we", ["weekly"]),
        ("        pic", ["picture: "]),
        ("      da", ["days: "]),
        ("        - pr", ["press"]),
        ("    on_up", ["on_update: "]),
        ("measure: c", ["clicks"]),
        ("never_twice: t", ["true"]),
        ("    - via: le", ["letters"]),
        ("# via: le", []),
        ('"07:0', []),
    ],
)
def test_it_is_what_can_stand_there(after, found):
    assert at(after) == found


def test_keys_say_what_they_mean_and_those_that_stand_there_are_left_out():
    _, found = suggestions(TEXT, TEXT.index("{via: letters, to") + len("{via: letters, "), NAMES)
    words = {each.text: each.about for each in found}
    assert "Subject of a mail" in words["subject: "]
    assert "via: " not in words
    assert "picture: " in words
    assert "via: " not in at("to: we\n        ", TEXT)


def test_in_an_empty_file_the_sections_are_offered():
    assert [each.text for each in suggestions("", 0, {})[1]][:3] == ["version: ", "practice: ", "publication: "]


@settings(max_examples=150, deadline=None)
@given(cut=st.integers(0, len(TEXT)), noise=st.text(alphabet="{}[]:-#, \n\t\"'aß\x00\u2028", max_size=12))
def test_whatever_is_typed_it_answers(cut, noise):
    text = TEXT[:cut] + noise + TEXT[cut:]
    word, found = suggestions(text, cut + len(noise), NAMES)
    assert text[: cut + len(noise)].endswith(word)
    assert len(found) <= 40
