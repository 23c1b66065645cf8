"""``approve:``: who has to agree before an edition goes out."""

from __future__ import annotations

from pydantic import model_validator

from publisher.config.shape import Shape, key
from publisher.config.values import Mailboxes, wrong
from publisher.model.project import Approve, OtherwiseRule


class ApproveShape(Shape):
    """Who has to agree before an edition goes out."""

    by: int = key(1, "How many people must agree", ge=1)
    otherwise: OtherwiseRule = key("hold", "What happens at the slot without them")
    ask: Mailboxes = key(
        (),
        "Addresses that get the message with the link; without it, those of `alerts: to:`",
        example="[anna@example.org]",
    )

    @model_validator(mode="after")
    def _asks_enough(self) -> ApproveShape:
        there = len(set(self.ask))
        if there and self.by > there:
            what = f"has `by: {self.by}`, more than the {there} whom it asks"
            raise wrong(what, f"Write `by: {there}`, or further addresses under `ask:`")
        return self

    def record(self) -> Approve:
        return Approve(self.by, self.otherwise, tuple(dict.fromkeys(self.ask)))
