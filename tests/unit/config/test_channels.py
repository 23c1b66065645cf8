"""Channels as they are read: what warms up."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from publisher.config.schedules import parse_project
from publisher.model.project import When
from tests.unit.config.project_text import problems_of, with_line


@pytest.mark.parametrize(
    ("sender", "sends_as"),
    [
        ("mailjet", "mailjet:harbor.example"),
        ("mailgun, domain: news.harbor.example", "mailgun:news.harbor.example"),
    ],
)
def test_a_warm_up_is_of_a_sender_and_a_domain(sender, sends_as):
    text = with_line("sender: mailpit", f"sender: {sender}, warm_up: 14d")
    letters = parse_project(text).channels["letters"]
    assert letters.warm_up == timedelta(days=14)
    assert letters.sends_as == sends_as


LIMITS = "rate: 1/min, calls: 1/min, per_day: 1, quiet: '22:00-07:00', warm_up: 14d, per_domain: {gmail.com: 1/s}"


def test_in_practice_none_of_a_channels_limits_holds_and_the_file_is_kept_as_it_is():
    text = with_line("sender: mailpit", f"sender: mailpit, {LIMITS}")
    real, practice = parse_project(text), parse_project("practice: true\n" + text)
    assert real.rules_of("letters") == real.channels["letters"]
    assert replace(practice.channels["letters"], where="", places={}) == replace(
        real.channels["letters"], where="", places={}
    )
    bare = parse_project("practice: true\n" + with_line("sender: mailpit", "sender: mailpit"))
    assert replace(practice.rules_of("letters"), where="", places={}) == replace(
        bare.channels["letters"], where="", places={}
    )


def test_slots_of_a_channel_are_read_as_those_of_a_schedule():
    text = with_line(
        "{sender: mastodon}", '{sender: mastodon, slots: {at: ["13:00", 9:00], days: mon-tue, except: 12-25}}'
    )
    slots = parse_project(text).channels["mastodon"].slots
    assert slots == When(at=(time(13), time(9)), days=("mon", "tue"), excluded=(("12-25", "12-25"),))


@pytest.mark.parametrize(
    ("slots", "said"),
    [
        ('{at: "9:77"}', '13:44: `at: 9:77` is not a time of day. A day has the times `"00:00"` to `"23:59"`'),
        ('{at: "09:00", day: mon}', "13:53: `day:` is not a key here. Did you mean `days:`?"),
        ("{days: mon}", '13:32: `slots:` has no `at:`. Add `at: "09:00"`'),
        (
            '{at: "09:00", except: 01-01..12-31}',
            "13:32: `slots:` can never fire: `except:` takes out every day. Take out fewer days",
        ),
        (
            '"09:00"',
            "13:39: `slots: 09:00` should hold keys. Write each as `key: value`, indented, on a line of its own",
        ),
    ],
)
def test_what_is_wrong_with_slots_is_said_at_its_place(slots, said):
    assert problems_of(with_line("{sender: mastodon}", f"{{sender: mastodon, slots: {slots}}}")) == (said,)


def test_slots_of_a_channel_that_carries_mail_to_a_list_are_refused_with_a_remedy():
    text = with_line("{sender: mailpit}", "{sender: mailpit, slots: {at: '09:00'}}")
    what = "`via: letters` with `to:` is mail to a list, and the channel has `slots:`, which are for posts"
    remedy = "Take `slots:` out of the channel letters: mail goes at its schedule's own times"
    assert problems_of(text) == (f"19:15: {what}. {remedy}",)
