"""What a status and a time mean, in one place for all senders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from publisher.model.call import Outcome, Scope
from publisher.senders.verdicts import judge_status, moment

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
SOON = NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("status", "outcome", "scope"),
    [
        (301, Outcome.REFUSED, Scope.ACCOUNT),
        (400, Outcome.REFUSED, Scope.MESSAGE),
        (401, Outcome.REFUSED, Scope.ACCOUNT),
        (402, Outcome.REFUSED, Scope.ACCOUNT),
        (403, Outcome.REFUSED, Scope.ACCOUNT),
        (404, Outcome.REFUSED, Scope.MESSAGE),
        (408, Outcome.DEFERRED, Scope.PASSING),
        (413, Outcome.REFUSED, Scope.MESSAGE),
        (429, Outcome.DEFERRED, Scope.PASSING),
        (500, Outcome.UNKNOWN, Scope.PASSING),
        (502, Outcome.UNKNOWN, Scope.PASSING),
        (503, Outcome.UNKNOWN, Scope.PASSING),
        (504, Outcome.UNKNOWN, Scope.PASSING),
        (599, Outcome.UNKNOWN, Scope.PASSING),
        (999, Outcome.UNKNOWN, Scope.PASSING),
    ],
)
def test_every_status_has_one_meaning(status: int, outcome: Outcome, scope: Scope) -> None:
    verdict = judge_status(status, "words", None)
    assert verdict is not None
    assert (verdict.outcome, verdict.scope) == (outcome, scope)
    assert verdict.reason.startswith(f"HTTP {status}: words")


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_success_is_left_to_the_sender(status: int) -> None:
    assert judge_status(status, "", None) is None


def test_a_503_that_says_when_was_not_accepted() -> None:
    verdict = judge_status(503, "", SOON)
    assert verdict is not None
    assert (verdict.outcome, verdict.until) == (Outcome.DEFERRED, SOON)


def test_a_500_that_says_when_is_still_unknown() -> None:
    verdict = judge_status(500, "", SOON)
    assert verdict is not None
    assert verdict.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "value",
    [
        "300",
        "300.0",
        "1795503900",
        "2026-11-24T07:05:00Z",
        "2026-11-24T07:05:00.000000Z",
        "2026-11-24T09:05:00+02:00",
        "2026-11-24T07:05:00",
        "Tue, 24 Nov 2026 07:05:00 GMT",
    ],
)
def test_a_time_is_read_in_every_form_that_is_sent(value: str) -> None:
    assert moment(value, NOW) == SOON


@pytest.mark.parametrize("value", ["", "soon", "nan", "-", "1e400", "Tue, 99 Nov 2026 07:05:00 GMT"])
def test_a_time_that_is_none_is_nothing(value: str) -> None:
    assert moment(value, NOW) is None


@pytest.mark.parametrize("value", ["-5", "0", "Mon, 23 Nov 2026 07:05:00 GMT"])
def test_a_time_that_has_passed_is_now(value: str) -> None:
    assert moment(value, NOW) == NOW


@pytest.mark.parametrize("value", ["999999999", "99999999999", "2999-01-01T00:00:00Z"])
def test_a_wait_is_never_longer_than_a_day(value: str) -> None:
    assert moment(value, NOW) == NOW + timedelta(days=1)
