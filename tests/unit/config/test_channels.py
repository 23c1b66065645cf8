"""Channels as they are read: what warms up."""

from __future__ import annotations

from datetime import timedelta

import pytest

from publisher.config.schedules import parse_project
from tests.unit.config.project_text import with_line


@pytest.mark.parametrize(
    ("sender", "practice", "sends_as"),
    [
        ("mailjet", False, "mailjet:harbor.example"),
        ("mailgun, domain: news.harbor.example", False, "mailgun:news.harbor.example"),
        ("mailgun, domain: news.harbor.example", True, "practice"),
    ],
)
def test_a_warm_up_is_of_a_sender_and_a_domain_and_practice_warms_up_neither(sender, practice, sends_as):
    text = with_line("sender: mailpit", f"sender: {sender}, warm_up: 14d")
    letters = parse_project("practice: true\n" * practice + text).channels["letters"]
    assert letters.warm_up == timedelta(days=14)
    assert letters.sends_as == sends_as
