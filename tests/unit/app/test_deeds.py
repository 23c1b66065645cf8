"""What people do and the audit's line of it stand together or not at all, whenever the power goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import pytest
from sqlalchemy import event, select

from publisher.app import App, channels, desk, forgetting, handling, noting, people, schedule_file
from publisher.app.connecting import Connecting
from publisher.audience import by_phone, imports
from publisher.model.call import Answer, Outcome, Verdict
from publisher.pipeline import dispatch
from publisher.pipeline.operate.doubt import Word
from publisher.senders.connecting import Grant
from publisher.store import Store, staff, subscribers
from publisher.store.by_hand import Doubtful
from publisher.store.tables import actions, metadata
from tests.ledger import HASH_KEY, NOW, Clock, add_edition, add_send, books
from tests.ledger import desk as place
from tests.project import ProjectDir

ADDRESS = "reader1@example.org"

NEW = "bo@harbor.example"


class PowerCutError(Exception):
    """The machine stops at this very statement."""


@contextmanager
def power_cut(store: Store, after: int = 0) -> Iterator[None]:
    """Let the audit not be written any more.

    :param after: how often it still is.
    """
    written = count(1)

    def cut(_conn, _cursor, sql, *_rest) -> None:
        if sql.startswith(("INSERT INTO actions ", "UPDATE actions ")) and next(written) > after:
            raise PowerCutError(sql)

    event.listen(store._writers, "before_cursor_execute", cut)
    try:
        yield
    finally:
        event.remove(store._writers, "before_cursor_execute", cut)


def everything(store: Store) -> dict[str, list[str]]:
    """Return all that the ledger says, but for the audit."""
    with store.read() as conn:
        tables = [table for table in metadata.sorted_tables if table is not actions]
        return {table.name: sorted(map(repr, conn.execute(select(table)).all())) for table in tables}


def audit(store: Store) -> list[tuple[str, str]]:
    """Return what the audit says: what was done, and about what, newest first."""
    with store.read() as conn:
        return [(row["what"], row["about"]) for row in staff.done(conn)]


@dataclass
class Bench:
    """A project on either engine, with an edition to four readers."""

    app: App
    edition: int = 0
    send: int = 0

    @property
    def store(self) -> Store:
        return self.app.store

    def answer(self, outcome: Outcome, limit: int = 100) -> None:
        desk_ = place(self.store, Clock(NOW))
        claimed = dispatch.claim(self.store, desk_, "letters", limit)
        dispatch.begin(self.store, desk_, claimed)
        dispatch.record_answer(self.store, desk_, claimed, Answer(Verdict(outcome, reason="no answer came")))

    def reader(self, email: str = ADDRESS) -> int:
        """Return the number of a reader; 0 where there is none."""
        with self.store.read() as conn:
            found = subscribers.find(conn, self.app.hash_of(email))
        return found.id if found else 0


@pytest.fixture
def bench(target, tmp_path):
    ProjectDir(tmp_path, "http://127.0.0.1:9")
    if isinstance(target, str):
        with (tmp_path / ".env").open("a") as file:
            file.write(f"DATABASE_URL={target}\nJOURNAL=publisher.journal\n")
    app = App.open(tmp_path, Clock(NOW))
    for number in range(1, 5):
        people.add(app, f"reader{number}@example.org", "daily")
    bench = Bench(app, add_edition(app.store, slot="2026-11-23T07:00"))
    bench.send = add_send(app.store, bench.edition)
    yield bench
    app.store.close()


def _hold(bench: Bench) -> None:
    handling.hold(bench.app, bench.edition, "a wrong name")


def _hold_all(bench: Bench) -> None:
    handling.hold_all(bench.app, "a wrong name")


def _release(bench: Bench) -> None:
    handling.release(bench.app, bench.edition, lambda _: 0)


def _release_all(bench: Bench) -> None:
    handling.release_all(bench.app)


def _cancel(bench: Bench) -> None:
    handling.cancel(bench.app, bench.edition, "a wrong name")


def _fail(bench: Bench) -> None:
    bench.answer(Outcome.REFUSED)


def _resend(bench: Bench) -> None:
    handling.resend(bench.app, bench.edition)


def _doubt(bench: Bench) -> None:
    bench.answer(Outcome.UNKNOWN)


def _settle(bench: Bench) -> None:
    handling.settle(bench.app, Doubtful(bench.edition), Word.TREAT_AS_SENT, "they rang")


def _move(bench: Bench) -> None:
    how = {"why": "she rang", "now": NOW, "actor": bench.app.actor}
    new = "ada@elsewhere.example"
    by_phone.move(bench.store, bench.reader(), new, address_hash=bench.app.hash_of(new), **how)


def _erase(bench: Bench) -> None:
    how = {"why": "a letter", "now": NOW, "actor": bench.app.actor}
    forgetting.erase_for(bench.app.folder, bench.store, bench.reader(), hash_of=bench.app.hash_of, **how)


def _add(bench: Bench) -> None:
    people.add(bench.app, NEW, "daily")


def _stop_channel(bench: Bench) -> None:
    channels.stop(bench.app, "letters", "its key has ended")


def _release_channel(bench: Bench) -> None:
    app = bench.app
    channels.release(app.store, app.project, app.settings, "letters", actor=app.actor, now=NOW)


def _write_note(bench: Bench) -> None:
    desk.write_note(bench.app, bench.app.schedule("morning"), "A word.")


def _take_back(bench: Bench) -> None:
    noting.take_back(bench.app, bench.app.schedule("morning"))


def _accept(bench: Bench) -> None:
    schedule_file.save(bench.app, _file(bench).replace("07:00", "06:00"), schedule_file.read(bench.app).digest)


def _save(bench: Bench) -> None:
    schedule_file.save(bench.app, _file(bench).replace("06:00", "08:00"), schedule_file.read(bench.app).digest)


def _file(bench: Bench) -> str:
    return (bench.app.folder / "schedules.yaml").read_text()


def _connect(bench: Bench) -> None:
    Connecting(bench.app, "letters").write(Grant({"api_key": "key-9876543210"}))


def _nothing(_: Bench) -> None:
    pass


DEEDS = {
    "hold": (_nothing, _hold, "held edition 1 (morning 2026-11-23T07:00): a wrong name", "edition:1"),
    "hold all": (_nothing, _hold_all, "held all sending: a wrong name", "sending"),
    "release": (_hold, _release, "released edition 1 (morning 2026-11-23T07:00)", "edition:1"),
    "release all": (_hold_all, _release_all, "let all sending go on", "sending"),
    "cancel": (_nothing, _cancel, "cancelled edition 1 (morning 2026-11-23T07:00): a wrong name", "edition:1"),
    "resend": (_fail, _resend, "sent edition 1 (morning 2026-11-23T07:00) again to 4 whom it failed for", "edition:1"),
    "settle": (_doubt, _settle, "of what was in doubt 4 treated as sent: they rang", "edition:1"),
    "move": (_nothing, _move, "gave a subscriber another address", "subscriber:1"),
    "erase": (_nothing, _erase, "erased a subscriber (receipt {receipt})", "subscriber:1"),
    "add": (_nothing, _add, "put a subscriber on daily", "subscriber:{new}"),
    "release a channel": (_stop_channel, _release_channel, "let the channel letters go on", "channel:letters"),
    "take a note back": (_write_note, _take_back, "took the note back", "schedule:morning"),
    "save": (_accept, _save, "saved schedules.yaml: schedules.morning.when.at", "schedules.yaml"),
    "connect": (_nothing, _connect, "connected the channel letters: wrote MAILGUN_API_KEY", "channel:letters"),
}


@pytest.mark.parametrize("name", DEEDS)
def test_a_deed_and_its_line_stand_together_or_not_at_all(bench, name):
    prepare, do, what, about = DEEDS[name]
    prepare(bench)
    before, said = everything(bench.store), audit(bench.store)
    files = [(bench.app.folder / each).read_bytes() for each in ("schedules.yaml", ".env")]
    with power_cut(bench.store), pytest.raises(PowerCutError):
        do(bench)
    assert everything(bench.store) == before
    assert [(bench.app.folder / each).read_bytes() for each in ("schedules.yaml", ".env")] == files
    do(bench)
    new = bench.reader(NEW)  # a database counts on from a number that nobody got
    receipts = everything(bench.store)["erasures"]
    what = what.format(receipt=re.match(r"\((\d+)", receipts[-1])[1] if receipts else "")
    assert audit(bench.store) == [(what, about.format(new=new)), *said]


def test_of_doubts_that_are_settled_batch_by_batch_the_line_says_how_many_were(bench):
    _doubt(bench)
    said = audit(bench.store)
    with power_cut(bench.store, after=2), pytest.raises(PowerCutError):
        handling.settle(bench.app, Doubtful(bench.edition, limit=1), Word.TREAT_AS_SENT, "they rang")
    assert books(bench.store, bench.send) == {"sent": 2, "unknown": 2}
    assert audit(bench.store) == [("of what was in doubt 2 treated as sent: they rang", "edition:1"), *said]


def test_of_sends_that_are_resent_one_by_one_the_line_says_how_many_were(bench):
    for name in ("cy", "di"):
        imports.add_one(
            bench.store, f"{name}@harbor.example", "weekly", name="", hash_key=HASH_KEY, now=NOW, actor="test"
        )
    other = add_send(bench.store, bench.edition, lists=("weekly",))
    _fail(bench)
    _fail(bench)
    said = audit(bench.store)
    with power_cut(bench.store, after=1), pytest.raises(PowerCutError):
        _resend(bench)
    assert (books(bench.store, bench.send), books(bench.store, other)) == ({"pending": 4}, {"failed": 2})
    line = "sent edition 1 (morning 2026-11-23T07:00) again to {} whom it failed for"
    assert audit(bench.store) == [(line.format(4), "edition:1"), *said]
