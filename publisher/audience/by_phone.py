"""What arrives by telephone or letter: an operator does it for a person, and says how they know."""

from __future__ import annotations

from datetime import datetime

from publisher.audience import moving
from publisher.model.staff import May
from publisher.model.subscriber import SubscriptionState
from publisher.store import RowMapping, Store, consents, staff, subscribers, suppressions
from publisher.store.permission import allowed
from publisher.store.staff import Line

ALL = "all"  # the scope of a suppression that holds for every list


@allowed(May.OPERATE)
def leave(
    store: Store, subscriber_id: int, list_name: str = "", *, why: str, now: datetime, actor: str
) -> dict[str, str]:
    """End a person's subscriptions; return what each of them was until now, by list.

    :param list_name: only this one; empty: all.
    """
    ended = {}
    with store.write() as conn:
        for row in consents.present(conn, subscriber_id):
            if list_name in ("", row["list"]) and row["state"] != SubscriptionState.LEFT:
                subscribers.set_subscription(
                    conn,
                    subscriber_id,
                    row["list_id"],
                    SubscriptionState.LEFT,
                    basis=f"left: {why}",
                    now=now,
                    actor=actor,
                )
                ended[str(row["list"])] = str(row["state"])
        if ended:
            what = f"took a subscriber off {', '.join(ended)}"
            staff.write_down(conn, actor, what, about=f"subscriber:{subscriber_id}", now=now)
    return ended


@allowed(May.OPERATE)
def suppress(
    store: Store, address_hash: str, list_name: str = "", *, why: str, now: datetime, actor: str
) -> RowMapping | None:
    """Let nobody write to an address any more, known or not; return the suppression that stood already.

    :param list_name: only by this list; empty: by none.
    """
    scope = f"list:{list_name}" if list_name else ALL
    with store.write() as conn:
        stands = [row for row in suppressions.of(conn, address_hash) if row["scope"] in (scope, ALL)]
        if stands:
            return stands[0]
        suppressions.add(conn, address_hash, scope, reason=why, now=now, actor=actor)
        person = subscribers.find(conn, address_hash)
        about = f"subscriber:{person.id}" if person else ""
        staff.write_down(conn, actor, f"suppressed an address ({scope})", about=about, now=now)
    return None


@allowed(May.OPERATE)
def move(
    store: Store, subscriber_id: int, email: str, *, address_hash: str, why: str, now: datetime, actor: str
) -> bool:
    """Give a person another address, on the operator's word; False where the person is gone.

    :param email: the new address; whoever has it already becomes one with them.
    """
    with store.write() as conn:
        if subscribers.get(conn, subscriber_id) is None:
            return False
        new_id = subscribers.ensure_person(conn, email, address_hash, now)
        is_moved = moving.make_one(conn, subscriber_id, new_id, now=now, actor=actor, why=why)
        staff.note(conn, Line(actor, "gave a subscriber another address", now, f"subscriber:{subscriber_id}"), is_moved)
    return is_moved


@allowed(May.OPERATE)
def pause(store: Store, subscriber_id: int, until: datetime | None, *, now: datetime, actor: str) -> bool:
    """Let a person have quiet until a moment; None: no more. False where they are gone."""
    with store.write() as conn:
        person = subscribers.lock(conn, subscriber_id)
        if person is None:
            return False
        subscribers.pause(conn, person, until, now=now, actor=actor)
        what = f"let a subscriber have quiet until {until:%Y-%m-%d}" if until else "ended a subscriber’s quiet"
        staff.write_down(conn, actor, what, about=f"subscriber:{person.id}", now=now)
    return True
