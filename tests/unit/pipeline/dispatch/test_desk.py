"""What a dispatcher has a sender say: a post, or other words for one that stands, to the account that posted it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from publisher.model.account import fingerprint
from publisher.model.call import Outcome
from publisher.model.message import Correction
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
