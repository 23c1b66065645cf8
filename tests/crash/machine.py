"""T4: two processes, a provider and people do anything in any order; a plain model of the promises watches the ledger.

The model knows nothing of tables: it remembers what the provider accepted, who left or was erased, and what was held or
cancelled.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Event

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select, text

from publisher.audience import erasing
from publisher.model.call import Answer, Call, Outcome, Scope, Verdict
from publisher.model.states import CallState
from publisher.model.subscriber import SubscriptionState
from publisher.model.timing import Timing
from publisher.model.tokens import address_hash
from publisher.pipeline import dispatch
from publisher.pipeline.operate import again, holding, stopping
from publisher.runtime.distributed import Distributed
from publisher.runtime.embedded import Embedded
from publisher.runtime.engine import Duties
from publisher.senders.http import Http
from publisher.store import Store, log, subscribers
from publisher.store.postgresql import PostgresqlStore
from publisher.store.tables import calls, deliveries
from tests.ledger import HASH_KEY, NOW, Clock, add_edition, add_send, books, desk, subscribe

READERS = 7
TIMING = Timing()
SAYS = ("accepted", "dropped after", "dropped before", "put off", "refused", "one refused", "split")
NOW_AND_THEN = st.sampled_from([False, False, False, False, True])
WAITING = text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
STEPS: Counter[str] = Counter()  # taken, over all runs of this process


class Provider:
    """Accepts, or not; honours keys or knows none; never lies about what it did."""

    def __init__(self, keys: bool) -> None:
        self.idempotent_for = timedelta(days=1) if keys else None
        self.asked_for = None
        self.http = Http()
        self.name, self.max_recipients, self.counted_as = "model", 3, ""
        self.says = "accepted"  # what befalls the next request
        self.accepted: Counter[int] = Counter()  # by delivery
        self.answers: dict[str, Answer] = {}  # of accepted keys
        self.spoken: list[Call] = []

    def send(self, call: Call, journal: object) -> Answer:
        self.spoken.append(call)
        if self.idempotent_for and call.key in self.answers:
            answer = self.answers[call.key]
        else:
            answer = self._first(call)
        return _unknown("no answer") if self.says.startswith("dropped") else answer

    def _first(self, call: Call) -> Answer:
        refused = Verdict(Outcome.REFUSED, Scope.RECIPIENT, "no such mailbox")
        put_off = Verdict(Outcome.DEFERRED, Scope.PASSING, "later")
        if self.says == "dropped before":
            return _unknown("no answer")
        if self.says == "put off":
            return Answer(put_off, status=429)
        if self.says == "refused":
            return Answer(refused, status=400)
        if self.says == "split" and len(call.recipients) > 1:
            return Answer(put_off, status=400, split=True)
        bad = call.recipients[:1] if self.says == "one refused" else ()
        for recipient in call.recipients[len(bad) :]:
            self.accepted[recipient.delivery_id] += 1
        exceptions = {recipient.delivery_id: refused for recipient in bad}
        self.answers[call.key] = Answer(Verdict(Outcome.SENT, provider_id="m"), exceptions, 200)
        return self.answers[call.key]


def hash_of(number: int) -> str:
    return address_hash(f"reader{number}@example.org", HASH_KEY)


def engine_on(store: Store) -> Embedded:
    """Return the engine that goes with a ledger; it is never started."""

    def nothing(*_: object) -> None:
        return None

    duties = Duties(nothing, dict, bool, nothing, nothing, Clock(NOW), Event())
    return Distributed(duties, "") if isinstance(store, PostgresqlStore) else Embedded(duties)


def _unknown(why: str) -> Answer:
    return Answer(Verdict(Outcome.UNKNOWN, Scope.PASSING, why))


@dataclass(slots=True)
class InHand:
    """A call that a process has claimed, with how far it is."""

    desk: dispatch.Desk
    claimed: dispatch.Claimed
    answer: Answer | None = None  # the provider has spoken


class LedgerMachine(RuleBasedStateMachine):
    """`open_store` is set by the test: it gives an empty ledger."""

    open_store = staticmethod(lambda: None)

    @initialize(keys=st.booleans())
    def begin_with(self, keys: bool) -> None:
        self.store: Store = self.open_store()
        self.clock = Clock(NOW)
        subscribe(self.store, READERS)
        self.edition = add_edition(self.store)
        self.send = add_send(self.store, self.edition)
        self.provider = Provider(keys)
        self.desks = [self._desk(), self._desk()]
        self.hands: list[InHand] = []
        self.dead: set[int] = set()
        self.reader_of = self._readers()
        self.gone: set[int] = set()  # readers who left or were erased
        self.erased: set[int] = set()
        self.is_held = self.is_cancelled = False
        self.engine = engine_on(self.store)
        self.is_rung = False  # a channel was, in a transaction that was kept

    def _readers(self) -> dict[int, int]:
        """Return the number of the reader whose each delivery is: an erased one has no address to be known by."""
        with self.store.read() as conn:
            rows = log.find(conn, log.Filter(send_id=self.send))
        return {row["id"]: int(row["to"].removeprefix("reader").partition("@")[0]) for row in rows}

    def _whom(self, call: Call) -> set[int]:
        return {self.reader_of[recipient.delivery_id] for recipient in call.recipients}

    def _desk(self) -> dispatch.Desk:
        return replace(desk(self.store, self.clock), timing=TIMING)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()

    # --- what processes do --------------------------------------------------------------------------------------------

    @rule(which=st.integers(0, 1))
    def claim(self, which: int) -> None:
        one = self.desks[which]
        claimed = dispatch.claim(self.store, one, "letters", self.provider.max_recipients)
        if claimed is None:
            return
        assert not self.is_held, "a call was claimed while the edition is held"
        assert not self.is_cancelled, "a call was claimed after the edition was cancelled"
        assert not self._whom(claimed.call) & self.gone, "a reader who left or was erased was claimed"
        if claimed.call.recipients:
            self.hands.append(InHand(one, claimed))

    @precondition(lambda self: any(hand.answer is None for hand in self.hands))
    @rule(says=st.sampled_from(SAYS), data=st.data())
    def speak(self, says: str, data: st.DataObject) -> None:
        hand = data.draw(st.sampled_from([hand for hand in self.hands if hand.answer is None]))
        self.provider.says = says
        if not dispatch.begin(self.store, hand.desk, hand.claimed):
            self.hands.remove(hand)
            return
        assert not self.is_held and not self.is_cancelled, "a call began though it was held or cancelled"
        hand.answer = dispatch.speak(self.store, self.provider, hand.claimed)

    @precondition(lambda self: any(hand.answer is not None for hand in self.hands))
    @rule(data=st.data())
    def write_down(self, data: st.DataObject) -> None:
        """An answer comes, perhaps after the call was taken over."""
        hand = data.draw(st.sampled_from([hand for hand in self.hands if hand.answer is not None]))
        assert hand.answer is not None
        dispatch.record_answer(
            self.store,
            hand.desk,
            hand.claimed,
            hand.answer,
            put_back=hand.answer.split,
            can_be_settled=self.provider.idempotent_for is not None,
        )
        self.hands.remove(hand)
        hand.desk.under_way.discard(hand.claimed.call.id)

    @rule(which=st.integers(0, 1), says=st.sampled_from(SAYS))
    def whole_act(self, which: int, says: str) -> None:
        """Claim, speak and write down in one go; or look again at a call in doubt."""
        self.provider.says = says
        before = len(self.provider.spoken)
        self.desks[which].looked.clear()  # a look holds for a second of real time: no run would be like another
        dispatch.dispatch_next(self.store, self.desks[which], "letters", lambda: self.provider)
        for call in self.provider.spoken[before:]:
            assert not self.is_held, "a call was said while the edition is held"
            assert not self.is_cancelled, "a call was said after the edition was cancelled"
            assert not self._whom(call) & self.gone, "a reader who left or was erased was written to"

    @rule(which=st.integers(0, 1), is_seen=st.booleans())
    def crash(self, which: int, is_seen: bool) -> None:
        gone = self.desks[which]
        self.hands = [hand for hand in self.hands if hand.desk is not gone]
        self.dead.add(gone.process_id)
        self.desks[which] = self._desk()
        if is_seen:
            self.take_over(1 - which)

    @rule(which=st.integers(0, 1))
    def take_over(self, which: int) -> None:
        mine = self.desks[which]

        def is_at_it(call) -> bool:
            if call["process_id"] == mine.process_id:
                return call["id"] in mine.under_way
            return call["lease_until"] > self.clock() and call["process_id"] not in self.dead

        retry = TIMING.unknown_retry
        dispatch.take_over(self.store, is_at_it, now=self.clock(), retry=retry)

    @rule(is_kept=st.booleans())
    def wake(self, is_kept: bool) -> None:
        """A channel is said to have work, in a transaction that is kept or taken back; nobody needs to hear it."""
        with (self.store.write if is_kept else self.store.rehearsal)() as conn:
            self.engine.enqueue(conn, "letters")
        self.is_rung = self.is_rung or is_kept

    # --- time and people ----------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([-600, -5, 1, 31, 31, 200, 200, 3_600, 3_600, 100_000]))
    def clock_moves(self, seconds: int) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    # People step in now and then; were it as often as processes act, little would be sent.
    @precondition(lambda self: not self.is_held)
    @rule(sure=NOW_AND_THEN)
    def hold(self, sure: bool) -> None:
        if not sure:
            return
        held = holding.hold_edition(self.store, self.edition, actor="test", why="wrong picture", now=self.clock())
        self.is_held = self.is_held or bool(held)

    @precondition(lambda self: self.is_held)
    @rule()
    def release(self) -> None:
        holding.release_edition(self.store, self.edition, now=self.clock())
        self.is_held = False

    @precondition(lambda self: not self.is_cancelled)
    @rule(sure=NOW_AND_THEN, very_sure=NOW_AND_THEN)
    def cancel(self, sure: bool, very_sure: bool) -> None:
        if sure and very_sure and self.counts("done") == 0:
            stopping.cancel_edition(self.store, self.edition, reason="withdrawn", now=self.clock())
            self.is_cancelled = True

    @rule()
    def resend(self) -> None:
        if not self.is_held and not self.is_cancelled:
            again.resend_failed(self.store, self.edition, now=self.clock())

    @rule(number=st.integers(1, READERS), sure=NOW_AND_THEN)
    def leave(self, number: int, sure: bool) -> None:
        if not sure or number in self.erased:
            return
        with self.store.write() as conn:
            person = subscribers.find(conn, hash_of(number))
            list_id = subscribers.ensure_list(conn, "daily")
            left = SubscriptionState.LEFT
            subscribers.set_subscription(conn, person.id, list_id, left, basis="left", now=self.clock(), actor="reader")
        self.gone.add(number)

    @rule(number=st.integers(1, READERS), sure=NOW_AND_THEN)
    def erase(self, number: int, sure: bool) -> None:
        if not sure or number in self.erased:
            return
        with self.store.read() as conn:
            person = subscribers.find(conn, hash_of(number))
        done = {"hash_of": lambda _: hash_of(number), "why": "asked", "now": self.clock(), "actor": "reader"}
        assert erasing.erase(self.store, person.id, **done)
        self.gone.add(number)
        self.erased.add(number)

    # --- the promises -------------------------------------------------------------------------------------------------

    def counts(self, state: str) -> int:
        from publisher.store import sends

        with self.store.read() as conn:
            return int(sends.get(conn, self.send)["state"] == state)

    @invariant()
    def the_promises_hold(self) -> None:
        STEPS["taken"] += 1
        found = books(self.store, self.send)  # counters and rows agree, or it fails
        assert sum(found.values()) == READERS
        with self.store.read() as conn:
            if isinstance(self.engine, Distributed):
                assert conn.execute(WAITING).scalar_one() == int(self.is_rung), "wake-ups aren't what was committed"
            rows = conn.execute(
                select(deliveries.c.id, deliveries.c.state, calls.c.state.label("call"), calls.c.reason)
                .outerjoin(calls, calls.c.id == deliveries.c.call_id)
                .order_by(deliveries.c.id)
            ).all()
        for row in rows:
            self._judge(row, self.provider.accepted[row.id])

    def _judge(self, row, times: int) -> None:
        assert times <= 1, f"delivery {row.id} was accepted {times} times"
        if row.state == "sent":
            assert times == 1, f"delivery {row.id} says sent, and the provider never had it"
        if row.state in ("pending", "failed", "suppressed", "excluded", "cancelled"):
            assert times == 0, f"delivery {row.id} is {row.state}, and the provider has it"
        if row.state == "taken":
            assert row.call in (CallState.CLAIMED, CallState.SENDING), f"delivery {row.id} is taken by nobody"
        if row.state == "unknown":
            assert row.call == CallState.UNKNOWN and row.reason, f"nobody says why delivery {row.id} is unknown"
