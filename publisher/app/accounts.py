"""Channels whose account rests: until when, for whoever shows what waits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from publisher.config.settings import Settings
from publisher.errors import PublisherError
from publisher.model.project import Channel, Project
from publisher.store import Connection, limits


@dataclass(frozen=True, slots=True)
class Rest:
    """An account whose network takes no more requests for now."""

    account: str  # what it is counted as
    until: datetime
    channels: tuple[str, ...]  # that speak for it


def rest_of(conn: Connection, project: Project, settings: Settings, channel: str, now: datetime) -> Rest | None:
    """Return the rest of a channel's account; None where it doesn't rest."""
    ends = resting(conn, project, settings, now)
    if channel not in ends:
        return None
    account = _counted_as(settings, project.channels[channel])
    sharing = [name for name in ends if _counted_as(settings, project.channels[name]) == account]
    return Rest(account, ends[channel], tuple(sharing))


def resting(
    conn: Connection, project: Project, settings: Settings, now: datetime, *, is_removal: bool = False
) -> dict[str, datetime]:
    """Return until when channels wait for their accounts; only those that do.

    :param is_removal: with their withdrawals, which wait for no limit of posting.
    """
    if project.practice or not limits.resting_accounts(conn, now):
        return {}
    from publisher.pipeline.dispatch import rests  # here: it and the senders take a while to load, mostly for nothing

    found = rests.of_accounts(conn, now, is_removal=is_removal)
    accounts = {name: _counted_as(settings, spec) for name, spec in project.channels.items()}
    return {name: found[account] for name, account in accounts.items() if account in found}


def _counted_as(settings: Settings, spec: Channel) -> str:
    """Return what a channel's account is counted as; empty where that can't be told: the channel can't be used then."""
    from publisher.senders.registry import counted_named

    try:
        base_url = settings.resolve(spec.base_url, spec.places.get("base_url", spec.where))
        return counted_named(replace(spec, base_url=base_url), settings.resolve_options(spec))
    except PublisherError:
        return ""
