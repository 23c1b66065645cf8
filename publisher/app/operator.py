"""What an operator's command works with: the ledger, and the file as it is or, where that is broken, as it was."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from publisher.app import following, versions
from publisher.app.ledger import DATABASE, open_ledger
from publisher.app.naming import Meant, edition_named
from publisher.clock import Clock
from publisher.clock import now as wall_clock
from publisher.config.keys import KeyRing
from publisher.config.settings import Settings
from publisher.model.project import Project
from publisher.model.tokens import address_hash
from publisher.store import Store
from publisher.store.owner import refuse_stranger


@dataclass
class Operator:
    """A project opened without templates, senders and sources: what holds, cancels and looks needs none of them."""

    folder: Path
    store: Store
    project: Project
    trouble: str  # why schedules.yaml can't be used as it is now; empty: it can
    clock: Clock = wall_clock
    settings: Settings | None = None  # None: nobody has read them

    @classmethod
    def open(cls, folder: Path, clock: Clock = wall_clock) -> Operator:
        """Open a project directory. A broken file doesn't keep anyone from stopping what runs: the last good one holds.
        Nor does it go by a file that is older than what holds, on a ledger that machines share.

        :raises ConfigError: there is no good file, and never was one.
        """
        refuse_stranger(folder / DATABASE)
        settings = Settings.load(folder)
        # Without a ledger nothing runs that could be stopped.
        is_there = bool(settings.database_url) or (folder / DATABASE).exists()
        project, refused = versions.load(folder, go_on=is_there)
        store = open_ledger(folder, settings, clock)
        held_to = project or following.held(store, refused)
        if project and settings.database_url:
            held_to = following.newer_than(store, folder, project, clock()) or project
        return cls(folder, store, held_to, str(refused or ""), clock, settings)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.project.publication.timezone)

    @property
    def actor(self) -> str:
        """Who is at the keyboard: written beside everything that a person does."""
        return f"cli:{getpass.getuser()}"

    @cached_property
    def keys(self) -> KeyRing:
        return KeyRing.load(self.folder / "keys.json")

    def hash_of(self, email: str) -> str:
        return address_hash(email, self.keys.current("suppression")[1])

    def now(self) -> datetime:
        return self.clock()

    def edition(self, said: str, meant: Meant = Meant.LATEST) -> int:
        """Return the id of an edition: a number, `morning` (its latest), `morning@2026-11-24`, `morning@2026-11-24/pt`.

        :param meant: which one a schedule's name means, where it has one of this kind.
        :raises UsageError: there is none, or there are several of the kind; what there is.
        """
        with self.store.read() as conn:
            return edition_named(conn, said, self.zone, self.project.schedules, meant)
