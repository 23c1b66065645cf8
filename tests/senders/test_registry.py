"""Finding senders and reading what an editor wrote under a channel."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from publisher.errors import ChannelError, ConfigError
from publisher.model.project import Channel
from publisher.senders.registry import build, option_problems, sender_class, sender_names

CHANNEL = Channel(
    "letters",
    "mailgun",
    where="schedules.yaml:20:3",
    places={"domain": "schedules.yaml:22:13", "apikey": "schedules.yaml:23:13", "region": "schedules.yaml:24:13"},
)
GOOD = {"domain": "mg.harbor.example", "api_key": "key-0123456789"}


def refusal(options: dict[str, object], channel: Channel = CHANNEL) -> str:
    with pytest.raises(ConfigError) as refused:
        build(channel, options)
    return str(refused.value)


def test_the_four_senders_are_found() -> None:
    assert {"mailgun", "mailpit", "mastodon", "webhook"} <= set(sender_names())
    assert all(sender_class(name).name == name for name in ("mailgun", "mailpit", "mastodon", "webhook"))


def test_an_unknown_sender_is_named_with_the_nearest() -> None:
    with pytest.raises(ChannelError) as refused:
        sender_class("mailgum", "schedules.yaml:21:13")
    assert str(refused.value) == "schedules.yaml:21:13: no sender is called `mailgum`. Did you mean `mailgun`?"


def test_an_unknown_sender_far_from_all_gets_the_list() -> None:
    with pytest.raises(ChannelError, match=r"There are: .*mailpit"):
        sender_class("zzz")


def test_a_missing_option_is_named_with_its_meaning() -> None:
    assert refusal({"domain": "mg.harbor.example"}) == (
        "schedules.yaml:20:3: channel `letters` needs `api_key`: an API key, best the domain's own sending key. "
        "Write `api_key: ${LETTERS_API_KEY}` under it, and `LETTERS_API_KEY=…` into .env."
    )
    assert refusal({"api_key": "key"}).endswith("Write `domain: …` under it.")


def test_an_unknown_option_is_named_at_its_place_with_the_nearest() -> None:
    said = refusal({**GOOD, "apikey": "x"})
    assert said == "schedules.yaml:23:13: the sender mailgun has no option `apikey`. Did you mean `api_key`?"


def test_a_bad_choice_is_named_with_the_choices() -> None:
    said = refusal({**GOOD, "region": "asia"})
    assert said.startswith("schedules.yaml:24:13: `region` must be 'us' or 'eu'")


@pytest.mark.parametrize(
    ("sender", "options", "said"),
    [
        ("mastodon", {"limit": "many"}, "`limit` must be a whole number"),
        ("mastodon", {"limit": 0}, "`limit` must be 1 or more"),
        ("mastodon", {"honours_keys": "perhaps"}, "`honours_keys` must be true or false"),
        ("mastodon", {"instance": "news.example"}, "`instance` must be a whole address"),
        ("mastodon", {"instance": 7}, "`instance` must be text"),
        ("mastodon", {"base_url": "https://user:pw@news.example"}, "`base_url` must not hold a user"),
        ("webhook", {"batch": 9_999}, "`batch` must be 1000 or less"),
    ],
)
def test_a_bad_value_is_said_in_our_words(sender: str, options: dict[str, object], said: str) -> None:
    assert said in "\n".join(map(str, option_problems(Channel("x", sender), options)))


def test_every_problem_is_found_at_once() -> None:
    assert len(option_problems(CHANNEL, {"region": "asia", "color": "x"})) == 4


def test_a_misspelt_name_is_one_problem_and_what_it_stands_for_is_not_missing_too() -> None:
    (problem,) = option_problems(CHANNEL, {"domain": "mg.harbor.example", "apikey": "x"})
    assert problem.remedy == "Did you mean `api_key`?"


KEYS = ("api_key", "api_secret", "access_token", "access_secret")


@pytest.mark.parametrize(
    ("sender", "options", "unset", "says"),
    [
        ("x", {}, KEYS, []),
        ("x", {}, KEYS[:2], ["needs `access_token`, `access_secret` besides what is there"]),
        ("x", {"limit": 0}, KEYS[:3], ["`limit` must be 1 or more", "needs `access_secret` besides what is there"]),
        ("x", {"token": "t0ken"}, KEYS, ["needs `api_key`, `api_secret`, `access_token` and `access_secret`, or"]),
        ("x", {"client_id": "4711"}, ("refresh_token", "client_secret"), []),
        ("x", {}, ("apikey", *KEYS[1:]), ["no option `apikey`. Did you mean `api_key`?"]),
        ("slack", {}, ("webhook",), []),
        ("slack", {"token": None}, ("webhook",), []),
        ("slack", {"channel": "c"}, ("webhook",), ["`channel` can't be read", "leave `channel` out"]),
        ("discord", {"thread": "7", "channel": "8"}, ("token",), ["leave `thread` out"]),
        ("mailgun", {}, ("api_key",), ["needs `domain`"]),
        ("mailgun", {"domain": "mg.harbor.example"}, ("api_key",), []),
        ("mailgun", {"domain": "mg.harbor.example"}, ("api_key", "color"), ["no option `color`. It takes"]),
    ],
)
def test_what_is_not_set_yet_is_there_and_all_else_is_said_at_once(sender, options, unset, says) -> None:
    found = option_problems(Channel("x", sender), options, unset=set(unset))
    assert len(found) == len(says)
    for problem, words in zip(found, says, strict=True):
        assert words in str(problem)


@pytest.mark.parametrize("secret", ["", " padded ", "two\nlines", "schlüssel", "nul\0"])
def test_a_secret_that_can_be_no_key_is_refused_and_not_shown(secret: str) -> None:
    said = refusal({**GOOD, "api_key": secret})
    assert "`api_key` is empty, or holds" in said
    assert not secret.strip() or secret.strip() not in said


def test_a_secret_that_is_an_address_is_one_by_its_path_too() -> None:
    address = "https://discord.com/api/webhooks/4711/t0ken"
    http = build(Channel("discord", "discord"), {"webhook": address}).http
    said = f"{address} /api/webhooks/4711/t0ken /api/v10/webhooks/4711/t0ken?wait=true"
    assert http.redact(said) == "*** /*** /api/v10/webhooks/4711/***?wait=true"


def test_the_channels_base_url_is_handed_on() -> None:
    sender = build(Channel("letters", "mailgun", base_url="http://127.0.0.1:9/"), GOOD)
    assert vars(sender)["_url"] == "http://127.0.0.1:9/v3/mg.harbor.example"


def test_a_sender_of_another_package_is_found_and_one_for_another_major_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pigeon_post.py").write_text(
        "from publisher.senders.mailpit import Mailpit\n"
        "class Pigeon(Mailpit):\n    name = 'pigeon'\n"
        "class Owl(Mailpit):\n    api = 2\n"
        "class Stone: pass\n"
    )
    info = tmp_path / "pigeon_post-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pigeon-post\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[publisher.senders]\npigeon = pigeon_post:Pigeon\nowl = pigeon_post:Owl\n"
        "stone = pigeon_post:Stone\nlost = pigeon_gone:Pigeon\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    try:
        assert sender_class("pigeon").name == "pigeon"
        with pytest.raises(ChannelError, match="speaks sender API 2, not 1"):
            sender_class("owl")
        with pytest.raises(ChannelError, match="is not a sender"):
            sender_class("stone")
        with pytest.raises(ChannelError, match="can't be loaded from pigeon_gone:Pigeon"):
            sender_class("lost")
    finally:
        sys.modules.pop("pigeon_post", None)
