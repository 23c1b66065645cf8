"""What a network charges for a post, as far as its prices are known: each part of a thread is a post."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from publisher.model.message import Post, PostRules, Prices
from publisher.model.post_size import urls_in
from publisher.speech.phrases import _, joined


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
        return joined([self._charged(), self.prices.unsure], ", ")

    def _charged(self) -> str:
        per_post, with_link = money(self.prices.per_post), money(self.prices.with_link)
        named = {"network": self.network.capitalize(), "price": money(self.amount)}
        if self.plain + self.linked > 1:
            return _(
                "%(network)s charges about %(price)s for this thread of %(count)s "
                "(%(linked)s with a link at %(with_link)s, %(plain)s without at %(per_post)s)",
                **named,
                count=self.plain + self.linked,
                linked=self.linked,
                with_link=with_link,
                plain=self.plain,
                per_post=per_post,
            )
        if self.linked:
            return _(
                "%(network)s charges about %(price)s for this post (%(other)s without a link)", **named, other=per_post
            )
        return _("%(network)s charges about %(price)s for this post (%(other)s with a link)", **named, other=with_link)


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
