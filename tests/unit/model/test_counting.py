"""Numbers in sentences."""

from __future__ import annotations

from publisher.model.counting import many


def test_one_is_one_and_the_others_are_many():
    assert [many(number, "article") for number in (0, 1, 1_200)] == ["0 articles", "1 article", "1,200 articles"]
    assert [many(number, "delivery", "deliveries") for number in (1, 2)] == ["1 delivery", "2 deliveries"]
