"""One project, opened: its file, its ledger, its keys, and the verbs wired to them."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from publisher.app import alerts, intake, versions
from publisher.app.naming import edition_named
from publisher.clock import Clock
from publisher.clock import now as wall_clock
from publisher.config.keys import KeyRing
from publisher.config.settings import Settings
from publisher.errors import PublisherError, UsageError
from publisher.model.article import Reading
from publisher.model.call import Recipient
from publisher.model.message import Message
from publisher.model.project import Channel, Project, Schedule, Source
from publisher.model.states import EditionState, SendState
from publisher.model.tokens import address_hash, leaving_token, wire_id
from publisher.pipeline import address, collect, dispatch, settle
from publisher.pipeline.collect import Collected
from publisher.pipeline.operate import stopping
from publisher.runtime.clockwatch import ClockWatch, machine_seconds
from publisher.runtime.engine import Duties
from publisher.store import RowMapping, Store, channels, deliveries, editions, facts, processes, sends
from publisher.store.deliveries import Member
from publisher.store.owner import refuse_stranger

# Rendering and senders are imported where they are used: most commands need neither, and they take half a second.
if TYPE_CHECKING:
    from publisher.pipeline.produce import Studio
    from publisher.senders.base import Sender

log = structlog.get_logger()

DATABASE = "publisher.db"


class App:
    """One project, opened: its file, its ledger, its keys, and the verbs wired to them.

    :param folder: the project directory: ``schedules.yaml``, ``templates/``, ``publisher.db``, ``keys.json``.
    :param inbox: base address of the built-in inbox, where practice mail goes.
    """

    def __init__(
        self, folder: Path, project: Project, store: Store, keys: KeyRing, settings: Settings, clock: Clock = wall_clock
    ) -> None:
        self.folder = folder
        self.project = project
        self.store = store
        self.keys = keys
        self.clock = clock
        self.inbox = ""
        self.process_id = 0  # set while at work
        self.under_way: set[int] = set()  # our calls between claim and answer
        self.free_at: dict[str, datetime] = {}  # when channels that wait for a limit may go on
        self.known: dict[int, Message] = {}
        self.ending = Event()  # set when this process is to end
        self.version_id: int | None = None  # of the accepted schedules.yaml; see `versions.accepted`
        self.watch = ClockWatch(machine_seconds if clock is wall_clock else None)
        self.firing = Lock()  # a wake-up that finds another at work has nothing to add
        self.settings = settings
        self._senders: dict[str, Sender] = {}
        self._building = Lock()

    @classmethod
    def open(cls, folder: Path, clock: Clock = wall_clock, *, go_on: bool = False) -> App:
        """Open a project directory; every error says where and what to do.

        :param go_on: a schedules.yaml that is refused is no reason to stop: the version that held goes on.
        """
        project, refused = versions.load(folder, go_on=go_on)
        refuse_stranger(folder / DATABASE)  # before .env and the keys, which a stranger can't read either
        settings = Settings.load(folder)
        keys = KeyRing.load(folder / "keys.json")
        store = Store.open(settings.database_url or folder / DATABASE, clock)
        return cls(folder, project or versions.held(store, refused), store, keys, settings, clock)

    def take(self, project: Project, settings: Settings) -> None:
        """Let another version of the project's files hold from now on, between two looks at the slots.

        :raises ConfigError: it can't be accepted; the version that held goes on.
        """
        with self.firing:
            self.version_id = versions.accept(self, project)
            self.project, self.settings = project, settings
            with self._building:
                self._senders.clear()
            self.__dict__.pop("studio", None)

    @property
    def is_practice(self) -> bool:
        return self.project.practice

    @cached_property
    def studio(self) -> Studio:
        from publisher.pipeline.produce import Studio
        from publisher.render import Renderer
        from publisher.render.engine import default_theme
        from publisher.senders.registry import sender_class

        own = self.folder / "templates"
        folders = [own, default_theme()] if own.is_dir() else [default_theme()]
        return Studio(Renderer(folders), sender_class, practice=self.is_practice)

    @property
    def public_url(self) -> str:
        """Where links in mails lead: the public address, in practice this machine's own page."""
        return (self.inbox if self.is_practice else self.project.publication.public_url).rstrip("/")

    def hash_of(self, email: str) -> str:
        return address_hash(email, self.keys.current("suppression")[1])

    def link_key(self, key_id: str) -> bytes | None:
        """Return the key that made a link, retired ones too."""
        return self.keys.by_id("link", key_id)

    @property
    def actor(self) -> str:
        """Who is at the keyboard: written beside everything that a person does."""
        return f"cli:{getpass.getuser()}"

    def list_named(self, name: str) -> str:
        """Return the list's name.

        :raises UsageError: schedules.yaml has no such list.
        """
        if name not in self.project.lists:
            known = ", ".join(self.project.lists) or "none"
            raise UsageError(f"there is no list {name!r}", remedy=f"Lists in schedules.yaml: {known}")
        return name

    def edition(self, said: str) -> int:
        """Return the id of an edition: a number, `morning` (its latest) or `morning@2026-11-24`.

        :raises UsageError: there is none.
        """
        with self.store.read() as conn:
            return edition_named(conn, said, self.zone, self.project.schedules)

    def alert(
        self, cause: str, *, what: str, affected: str, command: str, urgent: bool = True, channel: str = ""
    ) -> None:
        """Tell people once that something is wrong, for as long as it is. Never raises.

        :param cause: the same text for the same trouble: ``schedules-refused``.
        :param command: what to type next.
        :param urgent: False: it can wait till morning.
        :param channel: the channel that failed, which is never the only way this is told.
        """
        words = {"what": what, "affected": affected, "command": command}
        alerts.begin(self.store, self.clock, cause, **words, urgent=urgent, channel=channel)

    def all_clear(self, cause: str) -> None:
        """Say that the trouble is over, if it was ever said. Never raises."""
        alerts.end(self.store, self.clock, cause)

    # --- articles -----------------------------------------------------------------------------------------------------

    def poll(self, source: Source) -> Collected:
        """Look at one source and write down what is there; trouble is written down too and never raised."""
        versions.accepted(self)  # first: a schedule sees what is first seen after it was added
        try:
            reading = self.read(source)
        except PublisherError as error:
            log.warning("source_failed", source=source.name, error=str(error))
            return collect.record_failure(self.store, source, str(error), self.clock())
        return collect.record(self.store, source, reading, self.clock())

    def poll_all(self, wanted: Sequence[str] = (), *, patience: timedelta | None = None) -> list[Collected]:
        """Poll the sources side by side: one that is slow or dead delays no other.

        :param patience: how long a source is waited for; what it says later is written down later.
        """
        chosen = [source for name, source in self.project.sources.items() if not wanted or name in wanted]
        return intake.side_by_side(self.poll, chosen, patience)

    def read(self, source: Source) -> Reading:
        """Look at one source and write nothing.

        :raises SourceError: it can't be read.
        """
        return intake.read(self, source)

    # --- slots --------------------------------------------------------------------------------------------------------

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.project.publication.timezone)

    def schedule(self, name: str) -> Schedule:
        """Return the schedule with this name.

        :raises UsageError: there is none; the names there are.
        """
        if name not in self.project.schedules:
            known = ", ".join(self.project.schedules) or "none"
            raise UsageError(f"there is no schedule {name!r}", remedy=f"Schedules: {known}")
        return self.project.schedules[name]

    # --- sending ------------------------------------------------------------------------------------------------------

    def duties(self) -> Duties:
        """Return the verbs as the engine drives them."""
        return Duties(
            advance=self.advance,
            channels=self._channels,
            dispatch=self._dispatch,
            next_due_at=self._next_due_at,
            free_at=self.free_at.get,
            recover=self.take_over,
            clock=self.store.now,
            ending=self.ending,
        )

    def _channels(self) -> Sequence[str]:
        return list(self.project.channels)

    def advance(self) -> None:
        """Carry on whatever waits at a door: editions without messages, sends without an audience, finished sends."""
        with self.store.read() as conn:
            waiting = editions.locked_without_sends(conn)
        for edition_id in waiting:
            self._guarded(self._produce, edition_id)
        with self.store.read() as conn:
            ready = [send["id"] for send in sends.in_state(conn, SendState.READY)]
        for send_id in ready:
            self._guarded(lambda ready_id: address.record(self.store, ready_id, now=self.store.now()), send_id)
        stopping.finish_cancelling(self.store)
        settle.pause_without_channel(self.store, list(self.project.channels))
        self.take_over()
        settle.settle_finished(self.store, now=self.clock())

    def _guarded(self, duty: Callable[[int], object], number: int) -> None:
        """Carry out one duty; whatever is wrong with it, the others go on."""
        try:
            duty(number)
        except Exception:
            log.exception("duty_failed", number=number)

    def _produce(self, edition_id: int) -> None:
        from publisher.pipeline import produce

        with self.store.read() as conn:
            edition = editions.get(conn, edition_id)
        if edition is None:
            return
        project, schedule = versions.schedule_of(self, edition)
        produce.record(self.store, self.studio, project, schedule, edition_id, now=self.clock())

    def remake(self, edition_id: int) -> int:
        """Render the held sends of an edition again, with the file and templates as they are now; return how many."""
        from publisher.pipeline import produce

        with self.store.read() as conn:
            edition = editions.get(conn, edition_id)
        if edition is None or edition["schedule"] not in self.project.schedules:
            return 0
        schedule = self.project.schedules[edition["schedule"]]
        return produce.remake(self.store, self.studio, self.project, schedule, edition_id, now=self.clock())

    def _dispatch(self, channel: str) -> bool:
        return dispatch.dispatch_next(self.store, self.desk, channel, lambda: self.sender(channel))

    @property
    def desk(self) -> dispatch.Desk:
        """Return what this process dispatches with, under the file's present version."""
        return dispatch.Desk(
            self.process_id,
            self.store.now,
            self.introduce,
            rules_of=self._rules_of,
            timing=self.settings.timing,
            zone=self.zone,
            under_way=self.under_way,
            free_at=self.free_at,
            stop=self.ending,
            known=self.known,
        )

    def _rules_of(self, channel: str) -> Channel:
        return self.project.channels.get(channel) or Channel(channel, "")

    def _next_due_at(self, channel: str) -> datetime | None:
        """Return when the channel has something to do that its limits allow; None where nothing waits."""
        with self.store.read() as conn:
            due_at = deliveries.next_due_at(conn, channel)
            resting = channels.get(conn, channel)
        free = [moment for moment in (self.free_at.get(channel), resting and resting["open_until"]) if moment]
        return None if due_at is None else max(due_at, *free, due_at)

    def sender(self, channel: str) -> Sender:
        """Return the channel's sender, built once; in practice one that speaks to the built-in inbox."""
        from publisher.app.practice import practice_sender

        with self._building:
            if channel not in self._senders:
                if self.is_practice:
                    self._senders[channel] = practice_sender(channel, self.inbox, self.keys.current("wire")[1])
                else:
                    self._senders[channel] = self.real_sender(self.project.channels[channel])
            return self._senders[channel]

    def real_sender(self, spec: Channel) -> Sender:
        """Build the channel's own sender, secrets resolved; whether or not this is practice."""
        from publisher.senders.http import HttpSettings
        from publisher.senders.registry import build

        base_url = self.settings.resolve(spec.base_url, spec.places.get("base_url", spec.where))
        timing = self.settings.timing
        patience = HttpSettings(timing.connect_timeout.total_seconds(), timing.read_timeout.total_seconds())
        return build(replace(spec, base_url=base_url), self.settings.resolve_options(spec), patience)

    def introduce(self, member: Member) -> Recipient:
        """Return a reader as the sender sees them: an opaque reference, values, links of their own."""
        _, key = self.keys.current("wire")
        reference = wire_id("d", member.delivery_id, key)
        if member.subscriber_id is None:
            return Recipient(member.delivery_id, reference, member.address)
        return Recipient(member.delivery_id, reference, member.address, member.name, self._values(member))

    def _values(self, member: Member) -> dict[str, str]:
        key_id, key = self.keys.current("link")
        assert member.subscriber_id is not None  # noqa: S101 -- accounts have no values
        link = f"{self.public_url}/u/{leaving_token(member.subscriber_id, member.list_id, key_id, key)}"
        own = {"email": member.address, "name": member.name, "first_name": member.name.partition(" ")[0]}
        return {**member.attributes, **own, "unsubscribe_url": link, "preferences_url": link}

    def take_over(self) -> tuple[int, int]:
        """Close the calls that nobody carries on; return how many deliveries were given back and are unknown."""
        now = self.store.now()
        alive = cache(lambda process_id: processes.is_alive(self.store, process_id))

        def is_held(call: RowMapping) -> bool:
            if call["process_id"] == self.process_id:
                return call["id"] in self.under_way
            return bool(call["lease_until"] > now) and alive(call["process_id"])  # dead, or standing still

        retry = self.settings.timing.unknown_retry
        back, unknown = dispatch.take_over(self.store, is_held, now=now, retry=retry)
        if back or unknown:
            log.warning("took_over", given_back=back, unknown=unknown)
        return back, unknown

    def is_over(self, edition_ids: Iterable[int]) -> bool:
        """Say whether these editions need nobody but, perhaps, a person."""
        waits_for_a_person = (SendState.HELD, SendState.WAITING, SendState.PAUSED)
        with self.store.read() as conn:
            if facts.held(conn) is not None:
                return True  # a person holds all sending
            for edition_id in edition_ids:
                edition = editions.get(conn, edition_id)
                if edition is None or edition["state"] not in (EditionState.DRAFT, EditionState.LOCKED):
                    continue
                made = sends.of_edition(conn, edition_id)
                open_sends = [send for send in made if send["state"] not in (SendState.DONE, SendState.CANCELLED)]
                if not made or any(send["state"] not in waits_for_a_person for send in open_sends):
                    return False
        return True
