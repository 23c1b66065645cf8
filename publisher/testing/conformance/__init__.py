"""The suite that every sender passes. Subclass it, say how to make the sender, and pytest does the rest.

::

    class TestMine(SenderConformance):
        dialect = MyDialect                      # how the real one answers
        secrets = ("t0ken-of-the-channel",)

        def make(self, base_url):
            return build(Channel("mine", "mine"), {"token": self.secrets[0], "base_url": base_url}, self.settings)

    class TestMineHears(HearConformance):        # where the provider says afterwards what became of letters
        dialect = MyDialect                      # how the real one says it, and signs

        def make(self, *secrets):
            options = {"token": "t0ken", **({"events_secret": " ".join(secrets)} if secrets else {})}
            return build(Channel("mine", "mine"), options)

A sender that carries mail and posts is tested once for each: override ``message``.
"""

import pytest

# Before they are imported: an assert that fails in here shows its values, as one in a test file does.
PARTS = (
    "base",
    "answers",
    "posts",
    "pictures",
    "counting",
    "refusals",
    "troubles",
    "withdrawals",
    "corrections",
    "hearing",
)
pytest.register_assert_rewrite(*(f"{__name__}.{part}" for part in PARTS))

from publisher.testing.conformance.answers import Answers  # noqa: E402
from publisher.testing.conformance.base import does_not_apply  # noqa: E402
from publisher.testing.conformance.corrections import Corrections  # noqa: E402
from publisher.testing.conformance.counting import Counts  # noqa: E402
from publisher.testing.conformance.hearing import HearConformance  # noqa: E402
from publisher.testing.conformance.pictures import Pictures  # noqa: E402
from publisher.testing.conformance.posts import Posts  # noqa: E402
from publisher.testing.conformance.refusals import Refusals  # noqa: E402
from publisher.testing.conformance.troubles import Troubles  # noqa: E402
from publisher.testing.conformance.withdrawals import Withdrawals  # noqa: E402


class SenderConformance(Answers, Posts, Pictures, Counts, Refusals, Troubles, Withdrawals, Corrections):
    """What the dispatcher relies on, whoever the provider is."""


__all__ = ["HearConformance", "SenderConformance", "does_not_apply"]
