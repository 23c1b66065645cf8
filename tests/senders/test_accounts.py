"""Which channels share what a network counts: those of one account, whichever else of their options differ."""

from __future__ import annotations

import pytest

from publisher.model.project import Channel
from publisher.senders.registry import build, counted_named

HOOK = "https://discord.com/api/webhooks/4711/{}"
MASTODON = {"instance": "https://news.example", "token": "mastodon-t0ken"}
BLUESKY = {"identifier": "gazette.example", "password": "app-p4ss-w0rd"}


def counted(sender: str, **options: object) -> str:
    named = counted_named(Channel(sender, sender), options)
    assert build(Channel("another-name", sender), options).counted_as == named
    return named


@pytest.mark.parametrize(
    ("sender", "one", "other"),
    [
        ("mastodon", MASTODON, {**MASTODON, "visibility": "unlisted", "limit": 5_000}),
        ("bluesky", BLUESKY, {**BLUESKY, "password": "an0ther-app-p4ss"}),  # it says who it is
        ("discord", {"webhook": HOOK.format("s3cret")}, {"webhook": HOOK.format("s3cret"), "silent": True}),
    ],
)
def test_channels_of_one_account_are_counted_together(sender, one, other) -> None:
    assert counted(sender, **one) == counted(sender, **other)


@pytest.mark.parametrize(
    ("sender", "one", "other"),
    [
        ("mastodon", MASTODON, {**MASTODON, "token": "an0ther"}),
        ("mastodon", MASTODON, {**MASTODON, "instance": "https://other.example"}),
        ("bluesky", BLUESKY, {**BLUESKY, "identifier": "harbor.example"}),
        ("discord", {"webhook": HOOK.format("s3cret")}, {"webhook": HOOK.format("an0ther")}),
        ("discord", {"token": "b0t", "channel": "1"}, {"token": "b0t", "channel": "2"}),  # each has limits of its own
    ],
)
def test_other_accounts_are_not(sender, one, other) -> None:
    assert counted(sender, **one) != counted(sender, **other)


def test_the_name_of_an_account_can_not_be_read() -> None:
    name = counted("discord", webhook=HOOK.format("s3cret"))
    assert len(name) == 16
    assert int(name, 16) >= 0


def test_mail_is_not_counted() -> None:
    assert counted("mailgun", domain="mg.harbor.example", api_key="key-0123456789") == ""
