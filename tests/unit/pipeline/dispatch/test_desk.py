"""What a dispatcher has a sender say: a post, or other words for one that stands, to the account that posted it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from publisher.model.account import fingerprint
from publisher.model.article import Image
from publisher.model.call import Outcome
from publisher.model.message import Card, Correction
from publisher.pipeline.dispatch import desk
from publisher.testing import call_to, sample_post
from tests.unit.pipeline.dispatch.conftest import SENT, Told

HARBOR = {"chat": fingerprint("@harbor")}


class Editor(Told):
    edits = True

    def edit(self, call, journal):
        return self.send(call, journal)


@pytest.mark.parametrize(
    ("account", "said"), [(HARBOR, ""), ({"chat": fingerprint("@another")}, "speaks for another"), ({}, "isn't known")]
)
def test_a_correction_is_said_to_the_account_that_posted(account, said):
    sender = Editor(SENT)
    sender.account = HARBOR
    correction = call_to(Correction(("17",), sample_post(), account=account))
    answer = desk.say(SimpleNamespace(), sender, correction)
    assert said in answer.verdict.reason
    assert answer.verdict.outcome is (Outcome.REFUSED if said else Outcome.SENT)
    assert len(sender.calls) == (0 if said else 1)


@pytest.mark.parametrize(
    ("url", "is_practice", "stays"),
    [
        ("https://harbor.example/ferry.jpg", False, True),
        ("file:///srv/stories/ferry.jpg", False, False),
        ("FILE:///srv/stories/ferry.jpg", False, False),
        ("/media/0f.png", False, False),
        ("file:///srv/stories/ferry.jpg", True, True),
    ],
)
def test_no_address_that_only_this_machine_knows_is_handed_to_a_network(url, is_practice, stays):
    sender = Told(SENT)
    sender.is_practice = is_practice
    card = Card("https://harbor.example/1", "Ferry resumes", image=Image(url, alt="A ferry"))
    desk.say(SimpleNamespace(), sender, call_to(replace(sample_post(), card=card)))
    said = sender.calls[0].message.card
    assert said == (card if stays else replace(card, image=None))
