"""How channels stand, and what a person does about one: stops it, or lets it go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from publisher.app.accounts import Rest, rest_of, resting
from publisher.app.warming import Warming, warming
from publisher.config.settings import Settings
from publisher.errors import PublisherError, StaleError
from publisher.model.hours import day_of
from publisher.model.project import Channel, Project
from publisher.model.staff import May
from publisher.pipeline.operate import holding
from publisher.pipeline.operate.holding import Released
from publisher.store import Connection, RowMapping, Store, channel_calls, channels, concerns, credentials, limits, staff
from publisher.store.permission import allowed
from publisher.store.staff import Line

if TYPE_CHECKING:
    from publisher.app.core import App

CALLS = 20  # that are looked back on


@dataclass(frozen=True, slots=True)
class ChannelNow:
    """One channel as it stands.

    :ivar state: well, failing, resting, stopped; unusable where it can't even be built.
    :ivar until: the end of its rest.
    :ivar rules: its limits; in practice none holds.
    :ivar most: recipients that it may have today; None: as many as there are.
    :ivar tokens: what it was given for a while: ``name``, ``changed_at``, ``ends_at``.
    :ivar seconds: how long its last calls took from the first byte to the answer, in the middle; None: nobody knows.
    """

    name: str
    sender: str
    carries: tuple[str, ...]
    state: str
    why: str
    until: datetime | None
    failures: int
    rules: Channel
    used: int
    most: int | None
    readers: int  # that wait for it
    sends: int
    warming: Warming | None
    tokens: tuple[RowMapping, ...]
    calls: tuple[RowMapping, ...]
    seconds: float | None


def standing(app: App) -> list[ChannelNow]:
    """Return every channel of the project, in the order of the file."""
    now = app.clock()
    with app.store.read() as conn:
        rests = resting(conn, app.project, app.settings, now)
        warms = {each.channel: each for each in warming(conn, app.project, now)}
        return [_now(conn, app, spec, rests.get(name), warms.get(name)) for name, spec in app.project.channels.items()]


def _now(
    conn: Connection, app: App, spec: Channel, account_rests: datetime | None, warms: Warming | None
) -> ChannelNow:
    carries, trouble = _built(spec)
    state, why, until, failures = _state(channels.get(conn, spec.name), account_rests, app.clock())
    if trouble and state == "well":
        state, why = "unusable", trouble
    rules = app.project.rules_of(spec.name)
    today = day_of(app.clock(), app.zone)
    readers, waiting = concerns.waiting_behind(conn, spec.name)
    calls = channel_calls.latest(conn, spec.name, CALLS)
    took = [(call["closed_at"] - call["spoke_at"]).total_seconds() for call in calls if _has_answer(call)]
    return ChannelNow(
        name=spec.name,
        sender=spec.sender,
        carries=carries,
        state=state,
        why=why,
        until=until,
        failures=failures,
        rules=rules,
        used=limits.used_on(conn, limits.daily(spec.name), today, lock=False),
        most=limits.number_of(conn, rules, today),
        readers=readers,
        sends=waiting,
        warming=warms,
        tokens=tuple(credentials.known(conn, spec.name)),
        calls=tuple(calls),
        seconds=median(took) if took else None,
    )


def _has_answer(call: RowMapping) -> bool:
    return call["spoke_at"] is not None and call["closed_at"] is not None


def _built(spec: Channel) -> tuple[tuple[str, ...], str]:
    """Return what a channel carries; or why there is no such sender."""
    from publisher.senders.registry import sender_class

    try:
        return tuple(sorted(sender_class(spec.sender, spec.where).carries)), ""
    except PublisherError as error:
        return (), str(error)


def _state(
    row: RowMapping | None, account_rests: datetime | None, now: datetime
) -> tuple[str, str, datetime | None, int]:
    """Return how a channel stands, why, until when, and how many calls in a row failed."""
    failures, why = (row["failures"] or 0, row["reason"] or "") if row else (0, "")
    open_until = row["open_until"] if row else None
    if row and row["paused_at"] is not None:
        return "stopped", why, None, failures
    if open_until and open_until > now:
        return "resting", why, open_until, failures
    if account_rests:
        return "resting", "its network takes no more requests for now", account_rests, failures
    return ("failing", why, None, failures) if failures else ("well", "", None, 0)


@allowed(May.OPERATE)
def stop(app: App, name: str, why: str) -> None:
    """Let a channel carry nothing until a person lets it go on; what waits goes by its fallback, or waits.

    :raises StaleError: it is stopped already.
    """
    now, said = app.clock(), f"stopped by {app.actor}: {why}"
    with app.store.write() as conn:
        if channels.is_stopped(conn, name):
            raise StaleError(f"the channel {name} is stopped already")
        channels.stop(conn, name, reason=said, now=now)
        staff.write_down(conn, app.actor, f"stopped the channel {name}: {why}", about=f"channel:{name}", now=now)


@allowed(May.OPERATE)
def release(
    store: Store, project: Project, settings: Settings | None, name: str, *, actor: str, now: datetime
) -> tuple[Released, Rest | None]:
    """Let a channel go on that was stopped and is mended, or that rests; return what goes on, and whose rest ends."""
    with store.read() as conn:
        rest = rest_of(conn, project, settings, name, now) if settings else None
    account, sharing = (rest.account, rest.channels) if rest else ("", ())
    line = Line(actor, f"let the channel {name} go on", now, f"channel:{name}")
    done = holding.release_channel(
        store, name, now=now, usable=project.channels, account=account, sharing=sharing, line=line
    )
    return done, rest


def rest_words(name: str, rest: Rest, zone: ZoneInfo) -> str:
    """Say what becomes of an account that was to rest."""
    shared = f", which {', '.join(rest.channels)} share," if len(rest.channels) > 1 else ""
    until = f"{rest.until.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"
    return (
        f"{name}'s account{shared} was to rest until {until}, as its network said. It is asked again at once; if it "
        "still takes no requests it says so, nothing is lost, and the account rests anew"
    )
