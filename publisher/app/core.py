"""One project, opened: its file, its ledger, its keys, and the verbs wired to them."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import datetime, timedelta
from difflib import get_close_matches
from functools import cached_property, partial
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from publisher.app import alerts, following, intake, papers, photos, pictures, versions
from publisher.app.channel_senders import ChannelSenders
from publisher.app.guessing import Strangers
from publisher.app.hearing import Hearing
from publisher.app.ledger import DATABASE, open_ledger
from publisher.app.mending import changed_channels, lift_stops
from publisher.app.naming import edition_named
from publisher.app.sending import Sending
from publisher.app.templates import FOLDER as TEMPLATES
from publisher.app.templates import Bench, Laid, Proposal
from publisher.clock import Clock, steady
from publisher.clock import now as wall_clock
from publisher.config.keys import KeyRing
from publisher.config.reading import FILE
from publisher.config.settings import Settings
from publisher.errors import ConfigError, MissingError, UsageError
from publisher.model.project import Project, Schedule, Source
from publisher.model.tokens import address_hash, read_wire_id, wire_id
from publisher.pipeline.collect import Collected
from publisher.pipeline.operate import holding
from publisher.runtime.clockwatch import ClockWatch
from publisher.runtime.sidebyside import SideBySide
from publisher.store import Store, permission
from publisher.store.owner import refuse_stranger
from publisher.store.staff import Line

# Rendering and senders are imported where they are used: most commands need neither, and they take half a second.
if TYPE_CHECKING:
    from publisher.pipeline.produce import Studio

log = structlog.get_logger()

ALONE = "the parts of Publisher share a ledger on PostgreSQL, and this one is a file"


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
        self.trouble = ""  # why schedules.yaml can't be used as it is now; empty: it can
        self.strangers = Strangers()  # names that nobody has, by which somebody tried to come in
        self.set_up_code = ""  # whoever has it may make the first of the staff, in the browser; empty: nobody may
        self.process_id = 0  # set while at work
        self.version_id: int | None = None  # of the accepted schedules.yaml; see `versions.accepted`
        self.templates = Laid(folder / TEMPLATES)
        self.bench = Bench()
        self.follows = False  # goes by the version that holds, its templates too, and not by the files beside it
        self.watch = ClockWatch(steady if clock is wall_clock else None)
        self.doubted = False  # the clock was not believed at the last look
        self.asked_for: dict[str, str] = {}  # schedule: the slot for whose draft its sources were asked
        self.asked_again: dict[str, frozenset[int]] = {}  # schedule: rested articles whose sources were asked again
        self.asked_to_approve: dict[
            int, tuple[object, datetime]
        ] = {}  # edition: how it stood at the last look, and when
        self.firing = RLock()  # a wake-up that finds another at work has nothing to add
        self.settings = settings
        _ = settings.min_free  # what can't be meant is refused at the start, not at the first slot
        self.intake = intake.Intake()
        self.senders = ChannelSenders(self)
        self.sending = Sending(self)
        self.hearing = Hearing(self)

    @classmethod
    def open(cls, folder: Path, clock: Clock = wall_clock, *, go_on: bool = False) -> App:
        """Open a project directory; every error says where and what to do.

        :param go_on: a schedules.yaml that is refused is no reason to stop: the version that held goes on.
        """
        project, refused = versions.load(folder, go_on=go_on)
        refuse_stranger(folder / DATABASE)  # before .env and the keys, which a stranger can't read either
        settings = Settings.load(folder)
        keys = KeyRing.load(folder / "keys.json")
        store = open_ledger(folder, settings, clock)
        app = cls(folder, project or following.held(store, refused), store, keys, settings, clock)
        app.trouble = str(refused or "")
        if refused and app.is_shared and not (folder / FILE).exists():
            app.follows = True
            following.follow(app)
        return app

    @classmethod
    def open_following(cls, folder: Path, clock: Clock = wall_clock) -> App:
        """Open a project by the version that holds, whatever the file in the directory says, or where there is none.

        :raises ConfigError: no version holds yet.
        :raises UsageError: the ledger is a file, and not shared.
        """
        settings = Settings.load(folder)
        if not settings.database_url:
            raise UsageError(ALONE, remedy="Use `publisher run`; or name a database: DATABASE_URL in .env")
        keys = KeyRing.load(folder / "keys.json")
        store = open_ledger(folder, settings, clock)
        nothing = ConfigError("no version of schedules.yaml holds yet", remedy="Start `publisher scheduler` first")
        app = cls(folder, following.held(store, nothing), store, keys, settings, clock)
        app.follows = True
        following.follow(app)
        return app

    def take(
        self,
        project: Project,
        settings: Settings,
        actor: str = "",
        *,
        line: Line | None = None,
        proposed: Proposal | None = None,
    ) -> None:
        """Let another version of the project's files hold from now on, between two looks at the slots.

        :param actor: who wrote it; empty: whoever is at the keyboard.
        :param line: of the audit, in the same transaction.
        :param proposed: templates that go with it; None: those that do already.
        :raises ConfigError: it can't be accepted; the version that held goes on.
        """
        with self.firing:
            version_id = versions.accept(self, project, actor, line=line, proposed=proposed)
            if proposed is not None and self.follows:
                self.templates = Laid(self.bench.lay_out(proposed.texts), proposed.names)
            changed = changed_channels((self.project, self.settings), (project, settings))
            self.project, self.settings = project, settings
            self.version_id = version_id  # after it: whoever finds the version finds its project
            self.trouble = ""
            self.senders.forget()
            self.__dict__.pop("studio", None)
            for name in changed:  # whoever changed it has mended it; if not, it stops again at its first call
                holding.release_channel(self.store, name, now=self.clock(), usable=project.channels)
            lift_stops(self)

    def follow(self, version_id: int, project: Project, settings: Settings, templates: Laid) -> None:
        """Go by a version that another process accepted, between two looks at the slots."""
        with self.firing:
            self.project, self.settings, self.templates = project, settings, templates
            self.version_id = version_id
            self.senders.forget()
            self.__dict__.pop("studio", None)

    @property
    def is_shared(self) -> bool:
        """Whether other machines may work on this ledger too."""
        return bool(self.settings.database_url)

    @property
    def is_practice(self) -> bool:
        return self.project.practice

    @cached_property
    def studio(self) -> Studio:
        from publisher.pipeline.produce import Doors, Shelf, Studio
        from publisher.render import Renderer
        from publisher.render.engine import default_theme
        from publisher.senders.registry import sender_class

        folders = [self.templates.folder, default_theme()]
        doors = Doors(lambda: self.public_url, self.wire_name)
        fetch = partial(photos.fetch, self)
        shelf = Shelf(partial(pictures.called, self), partial(papers.text_of, self))
        return Studio(Renderer(folders), sender_class, practice=self.is_practice, fetch=fetch, doors=doors, shelf=shelf)

    @property
    def public_url(self) -> str:
        """Where links in mails lead: the public address, in practice this machine's own page."""
        return (self.inbox if self.is_practice else self.project.publication.public_url).rstrip("/")

    def hash_of(self, email: str) -> str:
        return address_hash(email, self.keys.current("suppression")[1])

    def link_key(self, key_id: str) -> bytes | None:
        """Return the key that made a link, retired ones too."""
        return self.keys.by_id("link", key_id)

    def wire_name(self, kind: str, number: int) -> str:
        """Return the name by which the world knows a row of ours: nobody can make one up."""
        return wire_id(kind, number, self.keys.current("wire")[1])

    def number_of(self, kind: str, name: str) -> int | None:
        """Return which row a name is of; None for any text that is no name of that kind."""
        return read_wire_id(kind, name, self.keys.all_of("wire"))

    def link_id(self, name: str) -> int | None:
        """Return which counted link a name is of; None for any other text."""
        found = self.followed(name)
        return found[0] if found else None

    def followed(self, name: str) -> tuple[int, str] | None:
        """Return which counted link a name is of, and in which variant of its mail; None for any other text."""
        from publisher.pipeline.produce import LINKS

        found = ((self.number_of(kind, name), variant) for kind, variant in LINKS.items())
        return next(((number, variant) for number, variant in found if number is not None), None)

    @property
    def actor(self) -> str:
        """Who decides: whoever is signed in and asks, else whoever is at the keyboard; written beside what they do."""
        member = permission.who()
        return member.actor if member else f"cli:{getpass.getuser()}"

    def list_named(self, name: str) -> str:
        """Return the list's name.

        :raises UsageError: schedules.yaml has no such list.
        """
        if name not in self.project.lists:
            known = ", ".join(self.project.lists) or "none"
            raise MissingError(f"there is no list {name!r}", remedy=f"Lists in schedules.yaml: {known}")
        return name

    def edition(self, said: str) -> int:
        """Return the id of an edition: a number, `morning` (its latest), `morning@2026-11-24`, `morning@2026-11-24/pt`.

        :raises UsageError: there is none, or there are several.
        """
        with self.store.read() as conn:
            return edition_named(conn, said, self.zone, self.project.schedules)

    def alert(
        self, cause: str, *, what: str, affected: str, command: str, urgent: bool = True, channel: str = ""
    ) -> bool:
        """Tell people once that something is wrong, for as long as it is; say whether it is new. Never raises.

        :param cause: the same text for the same trouble: ``schedules-refused``.
        :param command: what to type next.
        :param urgent: False: it can wait till morning.
        :param channel: the channel that failed, which is never the only way this is told.
        """
        words = {"what": what, "affected": affected, "command": command}
        return alerts.begin(self.store, self.clock, cause, **words, urgent=urgent, channel=channel)

    def open_causes(self) -> set[str]:
        """Return the causes of the alerts that are open now."""
        return alerts.open_causes(self.store)

    def all_clear(self, cause: str) -> None:
        """Say that the trouble is over, if it was ever said. Never raises."""
        alerts.end(self.store, self.clock, cause)

    # --- articles -----------------------------------------------------------------------------------------------------

    def poll(self, source: Source) -> Collected:
        """Look at one source and write down what is there; trouble is written down too and never raised."""
        versions.accepted(self)  # first: a schedule sees what is first seen after it was added
        return intake.poll(self, source)

    def poll_all(self, wanted: Sequence[str] = (), *, patience: timedelta | None = None) -> list[Collected]:
        """Poll the sources side by side, also those whose turn has not come: one that is slow or dead delays no other.

        :param patience: how long a source is waited for; what it says later is written down later.
        """
        chosen = [source for name, source in self.project.sources.items() if not wanted or name in wanted]
        return intake.poll_now(self, [source for source in chosen if source.kind != "push"], patience)

    @cached_property
    def polling(self) -> SideBySide[Collected]:
        """The threads that look at sources."""
        return SideBySide(lambda name: self.poll(self.project.sources[name]))

    # --- slots --------------------------------------------------------------------------------------------------------

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.project.publication.timezone)

    def schedule(self, name: str) -> Schedule:
        """Return the schedule with this name.

        :raises UsageError: there is none; the nearest name, and all there are.
        """
        if name not in self.project.schedules:
            near = get_close_matches(name, self.project.schedules, 1)
            hint = f"Did you mean {near[0]}? " if near else ""
            known = ", ".join(self.project.schedules) or "none"
            raise MissingError(f"there is no schedule {name!r}", remedy=f"{hint}Schedules: {known}")
        return self.project.schedules[name]

    def editions_of(self, said: str) -> tuple[Schedule, ...]:
        """Return a schedule as each of its languages' editions has it, or as one: `morning`, `morning/pt`.

        :raises UsageError: there is none.
        """
        name, _, language = said.partition("/")
        found = self.schedule(name).by_language
        if not language:
            return found
        mine = tuple(each for each in found if each.languages.only.casefold() == language.casefold())
        if not mine:
            known = ", ".join(each.label for each in found)
            raise MissingError(f"{name} has no edition in {language!r}", remedy=f"There is: {known}")
        return mine

    def schedule_or_edition(self, said: str) -> Schedule:
        """Return a whole schedule, or as one of its languages' editions has it: `morning`, `morning/pt`.

        :raises UsageError: there is none.
        """
        return self.editions_of(said)[0] if "/" in said else self.schedule(said)

    def edition_to_come(self, said: str) -> Schedule:
        """Return a schedule as its one edition has it; of several languages' one has to be named.

        :raises UsageError: there is none, or there are several.
        """
        found = self.editions_of(said)
        if len(found) > 1:
            named = ", ".join(each.label for each in found)
            raise UsageError(f"{said} has an edition in each of its languages", remedy=f"Say which: {named}")
        return found[0]
