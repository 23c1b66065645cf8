"""What a post would cost on a network that charges for posts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from publisher.model.cost import cost_of, money
from publisher.model.message import Post, PostRules, Prices

X = PostRules("x", 280, unit="weighted", prices=Prices(Decimal("0.015"), Decimal("0.20")))


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (("A story",), "X charges about $0.015 for this post ($0.20 with a link)"),
        (("A story https://harbor.example/1",), "X charges about $0.20 for this post ($0.015 without a link)"),
        (("At harbor.com/1",), "X charges about $0.20 for this post ($0.015 without a link)"),  # X makes a link of it
        (
            ("One https://harbor.example/1", "Two", "Three"),
            "X charges about $0.23 for this thread of 3 (1 with a link at $0.20, 2 without at $0.015)",
        ),
    ],
)
def test_a_cost_is_said_in_words(parts, words):
    assert str(cost_of(Post(parts), X)) == words


def test_how_far_it_is_to_be_believed_is_said_too():
    unsure = PostRules("x", 280, prices=Prices(Decimal("0.015"), Decimal("0.20"), "as reported"))
    assert str(cost_of(Post(("A story",)), unsure)).endswith("($0.20 with a link), as reported")


def test_who_charges_nothing_costs_nothing():
    assert cost_of(Post(("A story",)), PostRules("mastodon", 500)) is None


@pytest.mark.parametrize(("amount", "said"), [("0", "$0.00"), ("0.2", "$0.20"), ("0.0150", "$0.015"), ("12", "$12.00")])
def test_an_amount_has_two_decimals_or_as_many_as_it_has(amount, said):
    assert money(Decimal(amount)) == said
