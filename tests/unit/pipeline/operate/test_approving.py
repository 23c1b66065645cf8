"""Approvals of an edition that is locked before its slot, on each engine: several people at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from publisher.errors import StaleError, UsageError
from publisher.model.project import Approve
from publisher.model.states import EditionState, SendState
from publisher.pipeline import address
from publisher.pipeline.operate import approving, correcting
from publisher.store import Store, approvals, editions, messages, project_versions, sends
from tests.ledger import MAIL, NOW

SLOT = NOW + timedelta(hours=1)
LATE = timedelta(hours=12)
ENTRY = "letters:daily"
DIGEST = "0" * 64
VERSION = approvals.version_of([(ENTRY, DIGEST)])


@pytest.fixture
def early(store) -> int:
    """An edition that one of two has approved an hour before its slot."""
    with store.write() as conn:
        version_id = project_versions.accept(conn, "digest", "text", NOW, "test")
        what = {"schedule": "morning", "slot": "2026-11-24T08:00", "language": "en", "due_at": SLOT, "now": NOW}
        what |= {"reason": "", "version_id": version_id, "actor": "test", "places": []}
        edition_id = editions.add(conn, state=EditionState.LOCKED, **what)
        approvals.add(conn, edition_id, VERSION, "anna", NOW)
        reason = approvals.reason(edition_id, 2, ["anna"], DIGEST)
        send = {"entry": ENTRY, "kind": sends.REGULAR, "number": 1, "channel": "letters", "audience": ["daily"]}
        send |= {"priority": 2, "state": SendState.WAITING, "reasons": [reason], "made_at": NOW, "actor": "test"}
        send_id = sends.add(conn, edition_id=edition_id, give_up_after=3_600_000_000, **send)
        messages.add(conn, send_id, MAIL, NOW)
    return int(edition_id)


def agree(store: Store, edition_id: int, actor: str, version: str = VERSION, by: int = 2):
    how = {"actor": actor, "what": "approved", "now": NOW}
    return approving.agree(store, edition_id, version, Approve(by), LATE, **how)


def now(store: Store, edition_id: int) -> tuple[str, str, tuple[str, ...]]:
    """Return how the edition and its send stand, and who agreed."""
    with store.read() as conn:
        edition = editions.get(conn, edition_id)
        [send] = sends.of_edition(conn, edition_id)
        return edition["state"], send["state"], tuple(row["actor"] for row in approvals.of_edition(conn, edition_id))


def at_once(*works: Callable[[], object]) -> list[object]:
    """Do all of it at the same moment; return what each returned, or was refused with."""
    start = Barrier(len(works))

    def one(work: Callable[[], object]) -> object:
        start.wait()
        try:
            return work()
        except UsageError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def test_the_same_person_counts_once_and_a_version_that_is_not_there_not_at_all(store, early):
    assert not agree(store, early, "anna").is_enough
    with pytest.raises(StaleError, match=f"it is version {VERSION} now"):
        agree(store, early, "ben", "0123456789")
    assert now(store, early) == ("locked", "waiting", ("anna",))


def test_of_many_who_agree_at_once_each_counts_once(store, early):
    done = at_once(*(lambda name=name: agree(store, early, name, by=4) for name in ("ben", "cleo", "ben", "dora")))
    assert max(len(each.who) for each in done if isinstance(each, approving.Agreed)) == 4
    assert sum(each.is_new for each in done if isinstance(each, approving.Agreed)) == 3
    edition, send, who = now(store, early)
    assert (edition, send, sorted(who)) == ("locked", "ready", ["anna", "ben", "cleo", "dora"])


def test_of_an_approval_and_an_opening_at_once_either_is_whole(store, early):
    at_once(
        lambda: agree(store, early, "ben"),
        lambda: approving.open_again(store, early, actor="cleo", now=NOW),
    )
    assert now(store, early) == ("draft", "made", ())


def test_of_an_approval_and_the_slot_at_once_either_is_whole(store, early):
    done = at_once(
        lambda: agree(store, early, "ben"),
        lambda: approving.decide(store, early, Approve(2, "skip"), missed="08:00", now=SLOT),
    )
    assert done[1] in ("approved", "skip")
    states = {"approved": ("locked", "ready"), "skip": ("cancelled", "cancelled")}
    assert now(store, early)[:2] == states[str(done[1])]


def test_its_readers_are_chosen_at_its_slot_and_not_before(store, early):
    agree(store, early, "ben")
    [send] = [each["id"] for each in _sends(store, early)]
    assert not address.record(store, send, now=SLOT - timedelta(seconds=1))
    assert now(store, early)[1] == "ready"
    assert address.record(store, send, now=SLOT)
    with pytest.raises(UsageError, match="its readers are chosen already"):
        approving.open_again(store, early, actor="cleo", now=NOW)


def test_no_correction_puts_other_words_in_the_place_of_approved_ones(store, early):
    wanted, means = object(), object()  # refused before either is looked at
    how = {"actor": "cleo", "why": "", "now": NOW}
    with pytest.raises(UsageError, match="publisher reopen"):
        correcting.correct_edition(store, early, wanted, means, **how)
    approving.decide(store, early, Approve(2), missed="08:00", now=SLOT)
    with pytest.raises(UsageError, match="it waits for approval"):
        correcting.correct_edition(store, early, wanted, means, **(how | {"now": SLOT}))


def test_the_slot_decides_once_and_a_later_approval_stands(store, early):
    held = Approve(2)
    assert approving.decide(store, early, held, missed="08:00", now=SLOT) == "hold"
    assert [r["what"] for r in _sends(store, early)[0]["reasons"]] == ["it was not approved by 08:00: 1 of 2 agreed"]
    agree(store, early, "ben")
    assert approving.decide(store, early, held, missed="08:00", now=SLOT) == "approved"
    assert now(store, early)[1] == "ready"


def _sends(store: Store, edition_id: int):
    with store.read() as conn:
        return sends.of_edition(conn, edition_id)
