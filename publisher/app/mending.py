"""Which stopped channels are mended: by a changed file or secret, or because what was wrong with them is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from publisher.config.settings import Settings
from publisher.errors import ConfigError
from publisher.model.project import Channel, Project
from publisher.pipeline.operate import holding
from publisher.store import RowMapping, channels

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()


def changed_channels(before: tuple[Project, Settings], after: tuple[Project, Settings]) -> list[str]:
    """Return the channels whose sender, address, options or secrets differ."""
    former, project = before[0].channels, after[0].channels
    return [
        name
        for name, spec in project.items()
        if name in former and _account(former[name], before[1]) != _account(spec, after[1])
    ]


def _account(spec: Channel, settings: Settings) -> tuple[object, ...] | None:
    """Return all that the channel speaks with; None where a secret is missing."""
    try:
        return spec.sender, settings.resolve(spec.base_url), settings.resolve_options(spec)
    except ConfigError:
        return None


def lift_stops(app: App) -> None:
    """Let channels go on whose set-up was wrong and no longer is, and what was paused because of it.

    An account that the provider refused stays for a person.
    """
    with app.store.read() as conn:
        stopped = channels.stopped(conn)
    for row in stopped:
        if _is_over(app, row):
            holding.release_channel(app.store, row["name"], now=app.clock(), usable=app.project.channels)
            log.info("channel_stop_lifted", channel=row["name"], was=row["reason"])


def _is_over(app: App, row: RowMapping) -> bool:
    spec = app.project.channels.get(row["name"])
    if spec is None:  # nobody can mend it; what waits for it is told that it is gone
        return True
    return bool(row["unusable"]) and (app.is_practice or app.senders.trouble_of(spec) is None)
