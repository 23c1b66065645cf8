"""Bells that ring on every machine: a job of procrastinate is a wake-up for a channel, and says only its name.

It is put beside what it announces, in the same transaction: heard if that commits, and not before. Whoever is rung
looks into the ledger, as they do each half second anyway, so that a job that is lost, late or doubled costs half a
second or one look in vain.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import Connection

from publisher.clock import now

log = structlog.get_logger()

TASK = "publisher.look"
ALL = "wake-ups"
# A repeated job tells nobody (the trigger is on INSERT alone), so that it is also looked for.
FETCH_EACH = 0.5  # seconds
SEEN_EACH = 1.0  # seconds between two signs of life of a listener
DEAD_AFTER = 5.0  # seconds without one
SWEEP_EACH = 2.0  # seconds
SILENT_FOR = 60.0  # seconds without an answer: a connection that is half open, and a listener that begins anew
BEGIN_AGAIN = 1.0  # seconds after a listener broke off
STOP_PATIENCE = 5.0  # seconds


class Bells:
    """The bells of one process: it rings for all machines, and is rung.

    :param url: of the ledger's database, as libpq knows addresses.
    :param rung: what to do for a channel; must be quick.
    """

    def __init__(self, url: str, rung: Callable[[str], None]) -> None:
        self._url = url
        self._rung = rung
        self._stop = Event()
        self._heard_at = time.monotonic()
        self._thread = Thread(target=self._listen_forever, name="bells", daemon=True)
        self._deferring = _app_of(url, rung)  # never opened: it only says what a job is

    def ring(self, conn: Connection, channel: str) -> None:
        """Put a wake-up into the transaction; one that waits already is enough."""
        driver = conn.connection.driver_connection
        task = self._deferring.configure_task(TASK, queue=ALL, queueing_lock=channel, connection=driver)
        with suppress(AlreadyEnqueued), conn.begin_nested():  # else the refusal would end the transaction
            task.defer(channel=channel)

    def start(self) -> None:
        """Begin to listen; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(STOP_PATIENCE)

    def _listen_forever(self) -> None:
        while not self._stop.is_set():
            try:
                asyncio.run(self._listen())
            except Exception as error:  # noqa: BLE001 -- whatever it is: the ledger is looked into all the same
                log.warning("bells_broke_off", error=str(error).partition("\n")[0])
            self._stop.wait(BEGIN_AGAIN)

    async def _listen(self) -> None:
        """Listen until we end, or nothing was heard of the database for too long."""
        app = _app_of(self._url, self._rung)
        self._heard_at = time.monotonic()
        async with app.open_async():
            listening = asyncio.create_task(
                app.run_worker_async(
                    queues=[ALL],
                    concurrency=1,
                    fetch_job_polling_interval=FETCH_EACH,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    update_heartbeat_interval=SEEN_EACH,
                    stalled_worker_timeout=DEAD_AFTER,
                )
            )
            sweeping = asyncio.create_task(self._sweep(app))
            ending = asyncio.create_task(self._until_over())
            done, left = await asyncio.wait([listening, sweeping, ending], return_when=asyncio.FIRST_COMPLETED)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            for task in done:
                task.result()  # why it broke off, if it did

    async def _until_over(self) -> None:
        while not self._stop.is_set() and time.monotonic() - self._heard_at < SILENT_FOR:
            await asyncio.sleep(0.1)
        if not self._stop.is_set():
            log.warning("bells_silent", seconds=SILENT_FOR)

    async def _sweep(self, app: App) -> None:
        """Ring again what a dead listener had taken: nothing else brings its job back."""
        while True:
            manager = app.job_manager
            stalled = await manager.get_stalled_jobs(queue=ALL, seconds_since_heartbeat=DEAD_AFTER)
            for job_id in [job.id for job in stalled if job.id is not None]:
                with suppress(AlreadyEnqueued):  # somebody rang the same meanwhile
                    await manager.retry_job_by_id_async(job_id=job_id, retry_at=now())
            self._heard_at = time.monotonic()
            await asyncio.sleep(SWEEP_EACH)


def _app_of(url: str, rung: Callable[[str], None]) -> App:
    app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=4, timeout=10.0))

    @app.task(name=TASK, queue=ALL)
    async def look(channel: str) -> None:
        rung(channel)

    return app
