"""``retention:``: how long things are kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, model_validator

from publisher.config.shape import Shape, key
from publisher.config.values import Duration, duration_text, wrong
from publisher.model.retention import Retention

SHORTEST = timedelta(days=7)  # providers speak of a letter for days
DEFAULT = Retention()


def _long_enough(span: timedelta) -> timedelta:
    if span < SHORTEST:
        raise wrong(
            "is too short: providers still speak of letters days later", f"Write {duration_text(SHORTEST)} or more"
        )
    return span


Span = Annotated[Duration, AfterValidator(_long_enough)]


class RetentionShape(Shape):
    """How long things are kept; suppressions and who left are kept for ever."""

    events: Span = key(DEFAULT.events, "What providers said later, word for word; who bounced stays with the delivery")
    attempts: Span = key(DEFAULT.attempts, "Calls, and what each said of whom; those of posts stay")
    deliveries: Span = key(DEFAULT.deliveries, "Who got what; its sealed totals stay, and posts do")
    articles: Span = key(DEFAULT.articles, "The html of articles; title, summary and text stay")

    @model_validator(mode="after")
    def _deliveries_outlast_attempts(self) -> RetentionShape:
        if self.deliveries < self.attempts:
            what = "keeps `attempts` longer than `deliveries`, whose attempts they are"
            raise wrong(what, f"Write `deliveries: {duration_text(self.attempts)}` or more")
        return self

    def record(self) -> Retention:
        return Retention(self.events, self.attempts, self.deliveries, self.articles)
