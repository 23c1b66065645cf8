"""Numbers to watch, as Prometheus reads them: any process that shares the ledger tells the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from math import inf
from shutil import disk_usage
from statistics import quantiles
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

import publisher
from publisher.app.alerts import TOLD
from publisher.app.at_work import at_work
from publisher.app.ledger import RESTORED
from publisher.clock import now as wall_clock
from publisher.errors import StoreError
from publisher.store import Connection, alerts, facts, gauges, marks, migrate

if TYPE_CHECKING:
    from publisher.app.core import App
    from publisher.store.journal import Journal

LOOK_BACK = timedelta(days=1)
COMPLAINED = timedelta(days=7)
QUANTILES = {"0.5": 49, "0.9": 89, "0.99": 98}  # of a hundred


def text(app: App) -> bytes:
    """Return all numbers in Prometheus's text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Numbers(app))
    return generate_latest(registry)


class _Numbers(Collector):
    def __init__(self, app: App) -> None:
        self._app = app

    def collect(self) -> Iterator[Metric]:
        yield _gauge("publisher_info", "Which version this is.", {(publisher.__version__,): 1}, "version")
        yield from self._of_disks()
        try:
            found = list(self._of_ledger())
        except StoreError:  # what it says is not known, and that is said
            found = []
        yield _gauge("publisher_ledger_up", "0 while the ledger does not answer.", {(): int(bool(found))})
        yield from found

    def _of_ledger(self) -> Iterator[Metric]:
        with self._app.store.read() as conn:
            yield from self._of_deliveries(conn)
            yield from self._of_slots(conn)
            yield from self._of_channels(conn)
            yield from self._of_complaints(conn)
            yield from self._of_alerts(conn)
            yield from self._of_upkeep(conn)
        yield _gauge("publisher_processes", "Processes at work on this ledger.", self._processes(), "command")

    def _of_alerts(self, conn: Connection) -> Iterator[Metric]:
        held, raised = facts.held(conn), alerts.open_ones(conn)
        yield _gauge("publisher_held", "1 while a person holds all sending.", {(): int(held is not None)})
        is_restored = held is not None and held.actor == RESTORED
        yield _gauge("publisher_restored", "1 while a restored ledger waits for a person.", {(): int(is_restored)})
        urgent = {
            (str(is_urgent).lower(),): sum(a["urgent"] is is_urgent for a in raised) for is_urgent in (True, False)
        }
        yield _gauge("publisher_alerts", "Alerts that are raised.", urgent, "urgent")
        kinds = {(kind,): 0 for kind in TOLD} | Counter((row["cause"].partition(":")[0],) for row in raised)
        yield _gauge("publisher_trouble", "Alerts that are raised, by what they are about.", kinds, "kind")

    def _of_upkeep(self, conn: Connection) -> Iterator[Metric]:
        made_at = marks.backed_up_at(conn)
        age = (self._app.clock() - made_at).total_seconds() if made_at else inf
        help_ = "Seconds since the newest backup; +Inf: there is none."
        yield _gauge("publisher_backup_age_seconds", help_, {(): age})
        behind = int(gauges.schema(conn) != migrate.HEAD)
        yield _gauge("publisher_schema_differs", "1 while the ledger is of another version than this.", {(): behind})

    def _of_disks(self) -> Iterator[Metric]:
        journal = self._app.store.journal
        places = {"project": self._app.folder} | ({"journal": journal.folder} if journal and journal.folder else {})
        free = {(name,): disk_usage(path).free for name, path in places.items() if path.is_dir()}
        yield _gauge("publisher_disk_free_bytes", "Bytes that are free, beside what is written.", free, "place")
        if journal is not None:
            help_ = "Seconds since the journal was written; +Inf: it is missing."
            yield _gauge("publisher_journal_age_seconds", help_, {(): self._age(journal)})

    def _age(self, journal: Journal) -> float:
        try:
            at = journal.written_at()
        except StoreError:
            return inf
        return max(0.0, (wall_clock() - at).total_seconds()) if at else inf  # whose clock made it

    def _of_complaints(self, conn: Connection) -> Iterator[Metric]:
        since = self._app.clock() - COMPLAINED
        mailed, complaints = gauges.mailed(conn, since), gauges.complaints(conn, since)
        ratios = {(name,): complaints.get(name, 0) / mailed[name] for name in mailed if mailed[name]}
        help_ = "Complaints of the last 7 days for each letter that went out in them."
        yield _gauge("publisher_complaint_ratio", help_, ratios, "channel")

    def _processes(self) -> dict[tuple[str, ...], float]:
        found: dict[tuple[str, ...], float] = {("run",): 0, ("scheduler",): 0, ("worker",): 0, ("web",): 0}
        for process in at_work(self._app.store):
            found[(process.command,)] = found.get((process.command,), 0) + 1
        return found

    def _of_deliveries(self, conn: Connection) -> Iterator[Metric]:
        counted = gauges.deliveries_by_channel(conn)
        yield _gauge("publisher_deliveries", "Deliveries of all sends.", dict(counted), "channel", "state")
        sends = {(state,): count for state, count in gauges.sends_by_state(conn).items()}
        yield _gauge("publisher_sends", "Sends.", sends, "state")
        now = self._app.store.now(conn)
        ages = {
            (channel,): max(0.0, (now - since).total_seconds()) for channel, since in gauges.waiting_since(conn).items()
        }
        idle = {(channel,): 0.0 for channel in self._app.project.channels}
        help_ = "Seconds since the oldest delivery that waits for a channel was due."
        yield _gauge("publisher_queue_age_seconds", help_, idle | ages, "channel")

    def _of_slots(self, conn: Connection) -> Iterator[Metric]:
        since = self._app.clock() - LOOK_BACK
        late = {(schedule,): seconds for schedule, seconds in gauges.lateness(conn, since).items()}
        help_ = "Seconds from the slot to the lock of a schedule's newest edition, of the last day."
        yield _gauge("publisher_slot_lateness_seconds", help_, late, "schedule")
        editions = {(state,): count for state, count in gauges.editions_by_state(conn, since).items()}
        yield _gauge("publisher_editions", "Editions due in the last day.", editions, "state")

    def _of_channels(self, conn: Connection) -> Iterator[Metric]:
        now, rows = self._app.store.now(conn), gauges.breakers(conn)
        known = {(channel,): 0.0 for channel in self._app.project.channels}
        resting = {(row["name"],): float(row["open_until"] is not None and row["open_until"] > now) for row in rows}
        stopped = {(row["name"],): float(row["paused_at"] is not None) for row in rows}
        failures = {(row["name"],): float(row["failures"] or 0) for row in rows}
        yield _gauge("publisher_channel_resting", "1 while a channel rests after failures.", known | resting, "channel")
        yield _gauge("publisher_channel_stopped", "1 while a channel waits for a person.", known | stopped, "channel")
        yield _gauge("publisher_channel_failures", "Calls in a row that reached nobody.", known | failures, "channel")
        quick = {
            (channel, quantile): value
            for channel, seconds in gauges.latencies(conn).items()
            for quantile, value in _quantiles(seconds).items()
        }
        help_ = "Seconds that the newest thousand calls took at the provider."
        yield _gauge("publisher_provider_latency_seconds", help_, quick, "channel", "quantile")


def _quantiles(seconds: list[float]) -> dict[str, float]:
    if len(seconds) == 1:
        return dict.fromkeys(QUANTILES, seconds[0])
    cuts = quantiles(seconds, n=100, method="inclusive")
    return {name: cuts[place] for name, place in QUANTILES.items()}


def _gauge(name: str, words: str, values: Mapping[Any, float], *labels: str) -> Metric:
    """Return one number for each value of its labels, which are told by a tuple."""
    family = GaugeMetricFamily(name, words, labels=labels)
    for said, value in sorted(values.items()):
        family.add_metric(list(said), value)
    return family
