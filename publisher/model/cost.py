"""What a network charges for a post, as far as its prices are known: each part of a thread is a post."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from publisher.model.message import Post, PostRules, Prices
from publisher.model.post_size import urls_in


@dataclass(frozen=True, slots=True)
class Cost:
    """What one post, or a thread, would cost."""

    network: str
    prices: Prices
    plain: int  # posts without a link
    linked: int

    @property
    def amount(self) -> Decimal:
        return self.plain * self.prices.per_post + self.linked * self.prices.with_link

    def __str__(self) -> str:
        charged = f"{self.network.capitalize()} charges about {money(self.amount)} for this"
        unsure = f", {self.prices.unsure}" if self.prices.unsure else ""
        per_post, with_link = money(self.prices.per_post), money(self.prices.with_link)
        if self.plain + self.linked > 1:
            sums = f"{self.linked} with a link at {with_link}, {self.plain} without at {per_post}"
            return f"{charged} thread of {self.plain + self.linked} ({sums}){unsure}"
        other = f"{per_post} without a link" if self.linked else f"{with_link} with a link"
        return f"{charged} post ({other}){unsure}"


def cost_of(post: Post, rules: PostRules) -> Cost | None:
    """Return what a network charges for a post; None where it charges nothing, or nobody knows."""
    if rules.prices is None:
        return None
    linked = sum(_has_link(part) for part in post.parts)
    return Cost(rules.network, rules.prices, len(post.parts) - linked, linked)


def money(amount: Decimal) -> str:
    """Return an amount of dollars with two decimals, or as many as it has."""
    return f"${amount.quantize(Decimal('0.01')) if amount == round(amount, 2) else amount.normalize():f}"


def _has_link(text: str) -> bool:
    """Say whether a text holds what a network may take for a link: an address, or a bare domain."""
    from twitter_text import extract_urls  # here: it takes a while to import, and only X's posts cost anything

    return bool(urls_in(text) or extract_urls(text))
