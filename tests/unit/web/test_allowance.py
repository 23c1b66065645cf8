"""How often something may be asked, by everybody and by each."""

from __future__ import annotations

from publisher.web.allowance import Allowances


def test_each_has_their_own_and_the_first_are_forgotten_when_there_are_too_many():
    each = Allowances(2, most=2)
    assert [each.of("a").take() > 0 for _ in range(3)] == [False, False, True]
    assert each.of("b").take() == 0
    assert each.of("c").take() == 0  # a is forgotten
    assert each.of("a").take() == 0
