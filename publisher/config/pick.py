"""``pick:``: which articles an edition takes."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from publisher.config.shape import Shape, key
from publisher.config.values import Names, PositiveDuration, Texts, wrong
from publisher.model.project import Pick


class PickShape(Shape):
    """Which articles, how many, in which order."""

    sources: Names = key((), "Sources; without it, all", alias="from")
    categories: Texts = key((), "Only articles in any of these categories")
    not_categories: Texts = key((), "No articles in any of these categories")
    at_most: int = key(10, "The largest number of articles in an edition", ge=1)
    at_least: int = key(1, "With fewer there is no edition", ge=1)
    newer_than: PositiveDuration | None = key(None, "No articles published longer ago than this")
    order: Literal["newest", "oldest"] = key("newest", "Which come first")
    rest: Literal["next", "drop"] = key("next", "What becomes of articles beyond `at_most`")
    not_in: Names = key(
        (), "No articles that an edition of these schedules carries; `breaking`: that went out as breaking news"
    )

    @model_validator(mode="after")
    def _has_room(self) -> PickShape:
        if self.at_least > self.at_most:
            raise wrong(f"has at_least {self.at_least}, more than at_most {self.at_most}", "Correct one of them")
        return self

    def record(self) -> Pick:
        return Pick(
            sources=self.sources,
            categories=self.categories,
            not_categories=self.not_categories,
            at_most=self.at_most,
            at_least=self.at_least,
            newer_than=self.newer_than,
            order=self.order,
            rest=self.rest,
            not_in=self.not_in,
        )
