"""What `publisher run` does beside the schedules: poll, look for what is wrong, tell people, and show that it lives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from publisher.app import intake, joining, speaking
from publisher.app.alerts import Watch
from publisher.app.keeping import Nightly
from publisher.app.ledger import keep_mark, notice_restore
from publisher.app.machines import Retired
from publisher.app.speaking import Speaker
from publisher.app.telling import Teller
from publisher.audience import erasing
from publisher.pipeline.operate import holding
from publisher.runtime.duty import Duty
from publisher.runtime.heartbeat import Heartbeat
from publisher.store import credentials, media

if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()

LOOK_EVERY = timedelta(seconds=3)
POLL_EVERY = timedelta(seconds=1)  # how often it is looked whose turn it is
MARK_EVERY = timedelta(minutes=1)  # a ledger that is older than this knows that it was restored
SPEAK_EVERY = timedelta(seconds=1)  # how often it is looked for what webhooks are to be told
FORGET_EVERY = timedelta(hours=1)
KEEP_EVERY = timedelta(minutes=1)  # how often it is looked whether it is night, and nothing under way
CREDENTIALS_KEPT = timedelta(days=30)  # after their channel has gone from schedules.yaml
UPLOADS_KEPT = timedelta(days=30)  # at least; longer while their posts may still be said


def standing_duties(app: App, is_alive: Callable[[], bool]) -> list[Duty]:
    """Return the duties, each with a thread of its own: a provider slow to hear an alert delays no heartbeat.

    :param is_alive: says whether the scheduler is.
    """
    watch, teller, speaker = Watch(app.clock()), Teller(app), Speaker(app)
    heartbeat = Heartbeat(lambda: _heartbeat_address(app), is_alive)

    def look() -> None:
        watch.look(app.store, app.project, app.clock)

    return [
        Duty("sources", lambda: intake.begin_due(app), lambda: POLL_EVERY),
        Duty("holds", lambda: holding.finish_holding(app.store), lambda: LOOK_EVERY),
        Duty("watch", look, lambda: LOOK_EVERY),
        Duty("machines", Retired(app).look, lambda: KEEP_EVERY),
        Duty("alerts", teller.tell, lambda: LOOK_EVERY),
        Duty("webhooks", speaker.speak, lambda: SPEAK_EVERY),
        Duty("webhook messages", lambda: _forget_messages(app), lambda: FORGET_EVERY),
        Duty("credentials", lambda: _forget_credentials(app), lambda: FORGET_EVERY),
        Duty("uploads", lambda: _forget_uploads(app), lambda: FORGET_EVERY),
        Duty("sign-ups", lambda: joining.forget_unconfirmed(app), lambda: FORGET_EVERY),
        Duty("keeping", Nightly(app).look, lambda: KEEP_EVERY),
        Duty("erasures", lambda: erasing.finish_all(app.store), lambda: KEEP_EVERY),
        Duty("mark", lambda: _keep_mark(app), lambda: MARK_EVERY),
        Duty("heartbeat", heartbeat, lambda: app.project.alerts.every),
    ]


def _forget_credentials(app: App) -> None:
    """Drop the sessions and tokens of channels that are long gone: a name that is back by then finds its own."""
    now = app.clock()
    with app.store.write() as conn:
        credentials.notice_gone(conn, list(app.project.channels), now)
        gone = credentials.forget_gone(conn, now - CREDENTIALS_KEPT)
    for channel in gone:
        log.info("credentials_forgotten", channel=channel)


def _forget_uploads(app: App) -> None:
    """Let uploaded pictures go whose posts stand since long: the networks have them, and nobody is served ours."""
    with app.store.write() as conn:
        count = media.forget_uploads(conn, app.clock() - UPLOADS_KEPT)
    if count:
        log.info("uploads_forgotten", pictures=count)


def _keep_mark(app: App) -> None:
    """Say how far the ledger is, unless somebody restored it under us: then it is held, at once."""
    if not notice_restore(app.store, app.hash_of, app.clock):
        keep_mark(app.store, app.clock)


def _forget_messages(app: App) -> None:
    """Drop what webhooks were told long ago, and write nothing more for one that is too far behind."""
    speaking.pause_far_behind(app)
    if count := speaking.forget(app):
        log.info("webhook_messages_forgotten", messages=count)


def _heartbeat_address(app: App) -> str:
    alerts = app.project.alerts
    return app.settings.resolve(alerts.heartbeat, alerts.where)
