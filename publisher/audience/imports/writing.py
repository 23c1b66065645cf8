"""What was sorted is written: all of it in one transaction, or nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from publisher.audience.imports.sorting import Person
from publisher.audience.imports.systems import Standing
from publisher.model.subscriber import SubscriptionState
from publisher.store import Connection, newcomers, subscribers, suppressions
from publisher.store.newcomers import Known

DOMAINS_KEPT = 10_000  # that are remembered from batch to batch
COUNTED_AS: dict[str, str] = {Standing.LEFT: "left_there", Standing.ASKED: "asked"}
OWN_WORD = "subscriber"  # the actor of what people chose themselves


@dataclass
class Writer:
    """Puts people on a list, a batch at a time, and counts what became of them.

    :param source: where they come from, in words: ``imported from Mailchimp on 2026-11-30``.
    :param erased: hashes of people who are not brought in: somebody may be erased while their file is read.
    """

    conn: Connection
    list_id: int
    source: str
    now: datetime
    actor: str
    erased: Collection[str] = frozenset()
    counts: Counter[str] = field(default_factory=Counter)
    domains: dict[str, int] = field(default_factory=dict)  # ids of mail domains

    def write(self, people: Sequence[Person]) -> None:
        """Write a batch."""
        read, people = len(people), [person for person in people if person.hash not in self.erased]
        self.counts["erased"] += read - len(people)
        blocked = [person for person in people if person.standing == Standing.BLOCKED]
        wanted = [person for person in people if person.standing != Standing.BLOCKED]
        known = newcomers.known(self.conn, self.list_id, [person.hash for person in wanted])
        new = [person for person in wanted if person.hash not in known]
        self._add(new)
        off_list = [person for person in wanted if person.hash not in known or known[person.hash].state is None]
        chosen = [(person.hash, person.standing, self.basis(person)) for person in off_list]
        newcomers.subscribe(self.conn, self.list_id, chosen, now=self.now, actor=self.actor)
        self._count(off_list, known)
        for person in wanted:
            if person.hash in known:
                self._meet_again(person, known[person.hash])
        for person in blocked:
            self._block(person)

    def basis(self, person: Person) -> str:
        """Return how we know, in words: where from, and what they had said there."""
        at = person.said_at[:10]
        if person.standing == Standing.LEFT:
            return f"{self.source}, where they had left{f' on {at}' if at else ''}"
        return f"{self.source}, where they had {person.why} on {at}" if at else self.source

    def _add(self, people: Sequence[Person]) -> None:
        named = [person.email.rpartition("@")[2] for person in people]
        if len(self.domains) > DOMAINS_KEPT:
            self.domains.clear()
        self.domains |= newcomers.domain_ids(self.conn, sorted(set(named) - self.domains.keys()))
        rows = [(*each[1:5], self.domains[domain]) for each, domain in zip(people, named, strict=True)]
        newcomers.add(self.conn, rows, self.now)

    def _count(self, off_list: Sequence[Person], known: dict[str, Known]) -> None:
        for person in off_list:
            fresh = "updated" if person.hash in known else "added"
            self.counts[COUNTED_AS.get(person.standing, fresh)] += 1

    def _meet_again(self, person: Person, known: Known) -> None:
        attributes = json.loads(person.attributes)
        self.counts["learned"] += newcomers.learn_of(
            self.conn, known, person.name, attributes, now=self.now, actor=self.actor
        )
        if known.state is None:
            return
        if self._has_left_since(person, known):
            left, basis = SubscriptionState.LEFT, self.basis(person)
            subscribers.set_subscription(
                self.conn, known.id, self.list_id, left, basis=basis, now=self.now, actor=self.actor
            )
            self.counts["left_there"] += 1
        else:
            self.counts["left" if known.state == SubscriptionState.LEFT else "already"] += 1

    def _has_left_since(self, person: Person, known: Known) -> bool:
        """Say whether a person left there after what holds here; of what they chose here themselves the newer holds."""
        if person.standing != Standing.LEFT or known.state == SubscriptionState.LEFT:
            return False
        left_at = datetime.fromisoformat(person.said_at) if person.said_at else None
        return known.actor != OWN_WORD or bool(left_at and known.since and left_at > known.since)

    def _block(self, person: Person) -> None:
        reason = f"{person.why}: {self.source}"
        suppressions.add(self.conn, person.hash, "all", reason=reason, now=self.now, actor=self.actor)
        self.counts["suppressed"] += 1
