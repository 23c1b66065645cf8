"""Which channels a changed file, or changed secrets, may have mended."""

from __future__ import annotations

from publisher.config.settings import Settings
from publisher.errors import ConfigError
from publisher.model.project import Channel, Project


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
