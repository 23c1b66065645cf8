"""Leaving a list by the link in a mail: the token says who and which list, and nobody else's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from publisher.model.subscriber import SubscriptionState
from publisher.model.tokens import KeyOf, read_leaving_token
from publisher.store import Store, subscribers


@dataclass(frozen=True, slots=True)
class Choice:
    """What a leaving link is about: shown on the page, the address masked."""

    subscriber_id: int
    list_id: int
    list_name: str
    masked: str
    is_on: bool


def look_up(store: Store, token: str, key_of: KeyOf) -> Choice | None:
    """Return what this token is about; None for a token that isn't ours or whose person is gone."""
    claim = read_leaving_token(token, key_of)
    if claim is None:
        return None
    subscriber_id, list_id = claim
    with store.read() as conn:
        person = subscribers.get(conn, subscriber_id)
        subscription = subscribers.subscription(conn, person.id, list_id) if person else None
        list_name = subscribers.list_name(conn, list_id)
    if person is None or subscription is None or list_name is None:
        return None
    is_on = subscription["state"] == SubscriptionState.CONFIRMED
    return Choice(person.id, list_id, list_name, mask(person.email), is_on)


def leave(store: Store, token: str, key_of: KeyOf, *, how: str, now: datetime) -> Choice | None:
    """End the subscription that the token names; saying it twice is no error. None for a token that isn't ours."""
    return _set(store, token, key_of, SubscriptionState.LEFT, basis=f"left: {how}", now=now)


def come_back(store: Store, token: str, key_of: KeyOf, *, now: datetime) -> Choice | None:
    """Take back a leave, on the word of whoever holds the link."""
    return _set(store, token, key_of, SubscriptionState.CONFIRMED, basis="came back by the link in a mail", now=now)


def _set(
    store: Store, token: str, key_of: KeyOf, state: SubscriptionState, *, basis: str, now: datetime
) -> Choice | None:
    choice = look_up(store, token, key_of)
    if choice is not None and choice.is_on != (state is SubscriptionState.CONFIRMED):
        with store.write() as conn:
            subscribers.set_subscription(
                conn, choice.subscriber_id, choice.list_id, state, basis=basis, now=now, actor="subscriber"
            )
    return choice


def mask(email: str) -> str:
    """Return an address that its owner recognises and a stranger can't use: ``a…@example.org``."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}…@{domain}"
