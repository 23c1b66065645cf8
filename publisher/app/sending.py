"""What a process that sends has in its hands: the verbs wired for an engine, its calls, its senders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache, cached_property, partial
from threading import Event
from typing import TYPE_CHECKING, Any

import structlog

from publisher.app import addressing, links, made_under
from publisher.app.joined import Joined
from publisher.app.mending import lift_stops
from publisher.errors import PublisherError, StoreError
from publisher.model.call import Recipient
from publisher.model.message import Content
from publisher.model.states import ENDED, EditionState, SendState
from publisher.model.subscriber import Errand
from publisher.model.tokens import leaving_token, wire_id
from publisher.pipeline import dispatch, settle, trial
from publisher.pipeline.operate import correcting, rewording, stopping, withdrawing
from publisher.runtime.engine import Duties
from publisher.steps import Step
from publisher.store import (
    Connection,
    RowMapping,
    alerts,
    edition_lists,
    editions,
    facts,
    processes,
    schedules,
    sends,
)
from publisher.store.deliveries import Member

# Rendering and senders are imported where they are used: most commands need neither, and they take half a second.
if TYPE_CHECKING:
    from publisher.app.core import App

log = structlog.get_logger()

UNMADE = "unmade:"  # cause of the alert of an edition that can't be made


class Sending:
    """The sending side of a project that is open."""

    def __init__(self, app: App) -> None:
        self.under_way: set[int] = set()  # our calls between claim and answer
        self.free_at: dict[str, datetime] = {}  # when channels that wait for a limit may go on
        self.ending = Event()  # set when this process is to end
        self.enqueue: Callable[[Connection, str], None] = lambda conn, channel: None  # the engine's, where one works
        self._app = app
        self._looked: dict[str, float] = {}  # channels at which a look still holds
        # What the threads of a channel claim, begin and answer at the same moment, they do together.
        self._turns: dispatch.Together[Any, Any] = dispatch.Together()
        self._begins: dispatch.Together[Any, bool] = dispatch.Together()
        self._answers: dispatch.Together[Any, None] = dispatch.Together()
        self._known: dict[int, Content] = {}  # messages never change: read once

    def duties(self) -> Duties:
        """Return the verbs as the engine drives them."""
        return Duties(
            advance=self.advance,
            channels=self._channels,
            dispatch=self._dispatch,
            free_at=self.free_at.get,
            recover=self.take_over,
            clock=self._app.store.now,
            ending=self.ending,
        )

    def _channels(self) -> Mapping[str, int]:
        return {name: channel.at_once for name, channel in self._app.project.channels.items()}

    def advance(self) -> None:
        """Carry on whatever waits at a door: editions without messages, sends without an audience, finished sends."""
        store = self._app.store
        with store.read() as conn:
            waiting = edition_lists.locked_without_sends(conn)
            unmade = [row["cause"] for row in alerts.open_ones(conn) if row["cause"].startswith(UNMADE)]
        for cause in unmade:
            if int(cause.removeprefix(UNMADE)) not in waiting:  # made by now, or cancelled
                self._app.all_clear(cause)
        for edition_id in waiting:
            self._guarded(partial(self._produce, edition_id))
        addressing.address_ready(self._app, self._guarded)
        self._guarded(lambda: stopping.finish_cancelling(store))
        self._guarded(self._withdraw)
        self._guarded(self._correct)
        self._guarded(lambda: settle.pause_without_channel(store, list(self._app.project.channels)))
        self._guarded(lambda: trial.go_on(store, now=store.now()))
        self._guarded(lambda: settle.settle_finished(store, now=store.now()))

    def _is_current(self, conn: Connection) -> bool:
        """Say whether the file's version that this process goes by is the one that was accepted last."""
        return schedules.accepted_version(conn) == self._app.version_id

    def _withdraw(self) -> None:
        """Go on with what is withdrawn; in practice it waits."""
        store, now, is_practice = self._app.store, self._app.store.now(), self._app.is_practice
        withdrawing.heed_practice(store, is_practice=is_practice, is_current=self._is_current, now=now)
        if not is_practice:
            withdrawing.finish_withdrawing(store, self.means, now=now)

    def _correct(self) -> None:
        """Go on with what is corrected; in practice it waits."""
        if not self._app.is_practice:
            correcting.finish_correcting(self._app.store, self.corrects, now=self._app.store.now())

    def _guarded(self, duty: Callable[[], object]) -> None:
        """Carry out one duty; whatever is wrong with it, the others go on."""
        try:
            duty()
        except PublisherError as error:
            log.error("duty_failed", error=str(error))
        except Exception:
            log.exception("duty_failed")

    def _produce(self, edition_id: int) -> None:
        """Make an edition's sends; what can't be made is told once, and tried again quietly."""
        try:
            with Step("produce", edition=edition_id) as step:
                self._make(edition_id)
                step.done()
        except StoreError:
            raise  # the ledger's own trouble, which passes
        except PublisherError as error:
            self._tell_unmade(edition_id, error.what, error.remedy)
        except Exception as error:
            if self._tell_unmade(edition_id, f"{type(error).__name__} (see the log)", ""):
                log.exception("edition_not_made", edition=edition_id)

    def _tell_unmade(self, edition_id: int, why: str, remedy: str) -> bool:
        return self._app.alert(
            f"{UNMADE}{edition_id}",
            what=f"edition {edition_id} can't be made: {why}",
            affected="everyone it is for",
            command=remedy or f"publisher cancel {edition_id}",
        )

    def _make(self, edition_id: int) -> None:
        from publisher.pipeline import produce

        lift_stops(self._app)  # another process, with other secrets, may have stopped a channel that we can use
        with self._app.store.read() as conn:
            edition = editions.get(conn, edition_id)
        if edition is None:
            return
        project, schedule = made_under.schedule_of(self._app, edition)
        now = self._app.store.now()  # by which it is due: this machine's own clock may be an hour off
        produce.record(self._app.store, self._app.studio, project, schedule, edition_id, now=now)

    def remake(self, edition_id: int) -> int:
        """Render the held sends of an edition again, with the file and templates that hold now; return how many."""
        from publisher.app import versions
        from publisher.pipeline import produce

        versions.accepted(self._app)
        with self._app.store.read() as conn:
            edition = editions.get(conn, edition_id)
        schedule = made_under.schedule_now(self._app, edition) if edition is not None else None
        if schedule is None:
            return 0
        return produce.remake(
            self._app.store, self._app.studio, self._app.project, schedule, edition_id, now=self._app.clock()
        )

    def _dispatch(self, channel: str) -> bool:
        if self._app.doubted:  # leases, limits and due times written by a wrong clock would stand for years
            return False
        return dispatch.dispatch_next(self._app.store, self.desk, channel, lambda: self._app.senders.of(channel))

    @property
    def desk(self) -> dispatch.Desk:
        """Return what this process dispatches with, under the file's present version."""
        return dispatch.Desk(
            self._app.process_id,
            self._app.store.now,
            self.introduce,
            rules_of=self._app.project.rules_of,
            timing=self._app.settings.timing,
            zone=self._app.zone,
            under_way=self.under_way,
            free_at=self.free_at,
            looked=self._looked,
            turns=self._turns,
            begins=self._begins,
            answers=self._answers,
            stop=self.ending,
            known=self._known,
        )

    @property
    def means(self) -> withdrawing.Means:
        """Return what withdrawals need to know of channels."""
        from publisher.app.withdrawals import why_it_stays

        return withdrawing.Means(partial(why_it_stays, self._app), self._reference)

    @property
    def corrects(self) -> rewording.Means:
        """Return what corrections need to know of channels."""
        from publisher.app.corrections import why_it_keeps

        return rewording.Means(partial(why_it_keeps, self._app), self._reference)

    def _reference(self, delivery_id: int) -> str:
        """Return our opaque id of a delivery, as its network knows it."""
        return wire_id("d", delivery_id, self._wire_key)

    def introduce(self, member: Member, errand: Errand | None = None, language: str = "") -> Recipient:
        """Return a reader as the sender sees them: an opaque reference, values, links of their own.

        :param errand: of a letter that they asked for, which brings another link.
        :param language: of a mail that says since when and how they are on the list; empty: it doesn't.
        """
        reference = wire_id("d", member.delivery_id, self._wire_key)
        if member.subscriber_id is None:
            return Recipient(member.delivery_id, reference, member.address)
        key_id, key = self._link_key
        link = f"{self._app.public_url}/u/{leaving_token(member.subscriber_id, member.list_id, key_id, key)}"
        values = own_values(member.address, member.name, member.attributes, link)
        if errand is not None:
            values |= links.values_of(self._app, member, errand)
        if language and member.since:
            values |= self._joined.values(member.since, member.basis, language)
        return Recipient(member.delivery_id, reference, member.address, member.name, values)

    def joined(self, since: datetime, basis: str, language: str) -> dict[str, str]:
        """Return since when and how a reader is on a list, as a mail in this language says it."""
        return self._joined.values(int(since.timestamp()) * 1_000_000, basis, language)

    @cached_property
    def _joined(self) -> Joined:
        return Joined(self._app.zone)

    @cached_property
    def _wire_key(self) -> bytes:
        return self._app.keys.current("wire")[1]

    @cached_property
    def _link_key(self) -> tuple[str, bytes]:
        return self._app.keys.current("link")

    def take_over(self) -> tuple[int, int]:
        """Close the calls that nobody carries on; return how many deliveries were given back and are unknown."""
        now = self._app.store.now()
        mine = self._app.process_id
        alive = cache(lambda process_id: process_id == mine or processes.is_alive(self._app.store, process_id))

        def is_held(call: RowMapping) -> bool:
            if call["process_id"] == mine:
                return call["id"] in self.under_way
            return bool(call["lease_until"] > now) and alive(call["process_id"])  # dead, or standing still

        retry = self._app.settings.timing.unknown_retry
        back, unknown = dispatch.take_over(self._app.store, is_held, now=now, retry=retry)
        dispatch.hasten(self._app.store, alive, now=now, retry=retry)
        if back or unknown:
            log.warning("took_over", given_back=back, unknown=unknown)
        return back, unknown

    def is_over(self, edition_ids: Iterable[int]) -> bool:
        """Say whether these editions need nobody but, perhaps, a person."""
        waits_for_a_person = (SendState.HELD, SendState.WAITING, SendState.PAUSED)
        with self._app.store.read() as conn:
            if facts.held(conn) is not None:
                return True  # a person holds all sending
            for edition_id in edition_ids:
                edition = editions.get(conn, edition_id)
                if edition is None or edition["state"] not in (EditionState.DRAFT, EditionState.LOCKED):
                    continue
                made = sends.of_edition(conn, edition_id)
                open_sends = [send for send in made if send["state"] not in ENDED]
                if not made or any(send["state"] not in waits_for_a_person for send in open_sends):
                    return False
        return True


def own_values(address: str, name: str, attributes: Mapping[str, str], link: str) -> dict[str, str]:
    """Return the values that a reader's mails are filled with.

    :param link: where they leave a list and choose others.
    """
    own = {"email": address, "name": name, "first_name": name.partition(" ")[0]}
    return {**attributes, **own, "unsubscribe_url": link, "preferences_url": f"{link}/choices"}
