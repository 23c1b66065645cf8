"""Channels as they are read: what warms up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.config.schedules import parse_project
from tests.unit.config.project_text import with_line


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
