"""A send whose two subjects are tried, made by the product's own functions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import insert, select

from publisher.model.states import SendState
from publisher.model.trial import FIRST, SECOND, Trial
from publisher.pipeline import address
from publisher.store import Store, messages, sends, subscribers, trials
from publisher.store.tables import deliveries, subscriptions
from publisher.store.tables import messages as written
from publisher.store.tables import subscribers as people
from tests.ledger import MAIL, NOW

A, B = replace(MAIL, subject=("The ferry is back",)), replace(MAIL, subject=("What the ferry costs",))
HALF = Trial(share=50, wait=timedelta(hours=1))
ENOUGH = 800  # readers, for halves that measure something


def fill(store: Store, list_name: str = "daily", count: int = ENOUGH) -> None:
    """Put so many readers on a list: straight into the tables, as an import takes its time for looking at each."""
    with store.write() as conn:
        list_id, domain_id = subscribers.ensure_list(conn, list_name), subscribers.ensure_domain(conn, "example.org")
        names = [f"{list_name}{number}" for number in range(count)]
        rows = [
            {"email": f"{n}@example.org", "address_hash": n, "domain_id": domain_id, "name": "", "attributes": {}}
            for n in names
        ]
        made = conn.execute(insert(people).returning(people.c.id), [{**row, "made_at": NOW} for row in rows]).scalars()
        on_it = {"list_id": list_id, "state": "confirmed", "basis": "test", "since": NOW, "actor": "test"}
        conn.execute(insert(subscriptions), [{**on_it, "subscriber_id": each} for each in made.all()])


def add_trial(
    store: Store, edition_id: int, trial: Trial = HALF, *, channel: str = "letters", lists: tuple[str, ...] = ("daily",)
) -> int:
    """Write down a send with two subjects and freeze its audience."""
    with store.write() as conn:
        send_id = sends.add(
            conn,
            edition_id=edition_id,
            entry=f"{channel}:{','.join(lists)}",
            kind="regular",
            number=1,
            channel=channel,
            audience=list(lists),
            priority=2,
            state=SendState.READY,
            reasons=[],
            made_at=NOW,
            give_up_after=timedelta(hours=6) // timedelta(microseconds=1),
            actor="test",
        )
        trials.keep(conn, send_id, trial)
        for variant, mail in ((FIRST, A), (SECOND, B)):
            messages.add(conn, send_id, mail, NOW, variant=variant)
    address.record(store, send_id, now=NOW)
    return send_id


def trial_of(store: Store, send_id: int) -> Trial:
    with store.read() as conn:
        found = trials.of(sends.get(conn, send_id))
    assert found is not None
    return found


def click(store: Store, send_id: int, **counts: int) -> None:
    """Follow links of each variant so many times."""
    with store.write() as conn:
        for variant, count in counts.items():
            for _ in range(count):
                trials.count_click(conn, send_id, variant)


def who_gets(store: Store, send_id: int) -> dict[int, str]:
    """Return by delivery which variant it brings: of those that wait for the decision none."""
    query = select(deliveries.c.id, written.c.variant, deliveries.c.due_at).join(
        written, written.c.id == deliveries.c.message_id
    )
    with store.read() as conn:
        rows = conn.execute(query.where(deliveries.c.send_id == send_id).order_by(deliveries.c.id)).all()
    return {row.id: "" if row.due_at >= trials.UNDECIDED else row.variant for row in rows}
