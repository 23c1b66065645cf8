"""The ways to what senders ask for: each leads to its options, in words that a person can follow."""

from __future__ import annotations

import re

import pytest

from publisher.senders.connecting import Grant, Step, Talk, Way, copied, holds_secret
from publisher.senders.http import Http
from publisher.senders.reference import OURS
from publisher.senders.registry import sender_class

EVERY = [
    pytest.param(sender_class(name), way, id=f"{name} {way.name}".strip())
    for name in OURS
    for way in sender_class(name).ways
]
WITHOUT = {"apprise", "mailpit", "webhook"}  # their options are all there is to say


def talk(sender, **options: str) -> Talk:
    return Talk("letters", sender.options, options, (), {}, Http())


def test_every_sender_of_ours_says_how_it_is_connected():
    assert {name for name in OURS if not sender_class(name).ways} == WITHOUT


@pytest.mark.parametrize(("sender", "way"), EVERY)
def test_a_way_leads_to_options_that_there_are_and_to_a_secret(sender, way):
    fields = sender.options.model_fields
    assert {*way.gives, *way.needs} <= fields.keys()
    assert any(holds_secret(fields[name].annotation) for name in way.gives)
    required = {name for name, field in fields.items() if field.is_required()}
    assert required <= {*way.gives, *way.needs}


@pytest.mark.parametrize(("sender", "way"), EVERY)
def test_several_ways_have_names_and_say_why_one_would_choose_them(sender, way):
    several = len(sender.ways) > 1
    assert bool(way.name) == bool(way.about) == several
    assert len({each.name for each in sender.ways}) == len(sender.ways)


@pytest.mark.parametrize(("sender", "way"), EVERY)
def test_the_first_words_are_sentences_and_its_page_is_safe(sender, way):
    step = way.moves[0](talk(sender))
    assert isinstance(step, Step)
    assert step.asks
    assert not any(ask.is_optional for ask in step.asks if ask.name in way.gives)
    assert all(re.fullmatch(r"[A-Z].*\.", sentence) for sentence in step.do)
    assert step.page == "" or step.page.startswith("https://")


def test_copied_asks_for_what_it_gives_and_for_what_is_lacking():
    sender = sender_class("mailgun")
    way: Way = copied(("api_key",), "Copy it.", needs=("domain",))
    known = Talk("letters", sender.options, {"domain": "mg.example", "api_key": "old"}, ("events_key",), {}, Http())
    step = way.moves[0](known)
    assert isinstance(step, Step)
    assert [(ask.name, ask.is_secret, ask.is_optional) for ask in step.asks] == [
        ("api_key", True, False),
        ("events_key", True, True),
    ]
    given = Talk("letters", sender.options, {"domain": "mg.example"}, ("events_key",), {"api_key": "new"}, Http())
    assert way.moves[1](given) == Grant({"domain": "mg.example", "api_key": "new"})
