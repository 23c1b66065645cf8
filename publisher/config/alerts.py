"""``alerts:``: who is told when something is wrong, and what tells a watchdog elsewhere that all is well."""

from __future__ import annotations

from datetime import timedelta

from publisher.config.shape import Shape, key
from publisher.config.values import BaseAddress, PositiveDuration, WaysOut
from publisher.model.project import Alerts


class AlertsShape(Shape):
    """Who is told when something is wrong."""

    to: WaysOut = key((), "E-mail addresses, or channels that carry posts", example="[desk@harbor.example]")
    heartbeat: BaseAddress | None = key(
        None, "Address that is called while the scheduler is alive, for a watchdog elsewhere; may hold `${NAME}`"
    )
    every: PositiveDuration = key(timedelta(minutes=1), "How often the heartbeat is called")

    def record(self, where: str) -> Alerts:
        return Alerts(self.to, self.heartbeat or "", self.every, where)
