"""A person, found by the address that somebody types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from publisher.cli.output import local
from publisher.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from publisher.app.operator import Operator
    from publisher.model.subscriber import Subscriber
    from publisher.store import RowMapping


class NobodyError(UsageError):
    """The answer is no, and the command was called rightly."""

    exit_code = 1


def person_at(operator: Operator, email: str) -> tuple[Subscriber, Sequence[RowMapping]]:
    """Return who has an address, and the suppressions of it.

    :raises NobodyError: nobody has; what is known of the address all the same.
    """
    from publisher.app.people import address_of
    from publisher.store import subscribers, suppressions

    address_hash = operator.hash_of(address_of(email))
    with operator.store.read() as conn:
        person, blocks = subscribers.find(conn, address_hash), suppressions.of(conn, address_hash)
    if person is None:
        raise _nobody(operator, email, blocks)
    return person, blocks


def _nobody(operator: Operator, email: str, blocks: Sequence[RowMapping]) -> NobodyError:
    still = f", but {block_line(blocks[-1], operator.zone)}" if blocks else ""
    return NobodyError(f"nobody has the address {email}{still}", remedy="See them all: publisher subscribers export")


def block_line(row: RowMapping, zone: ZoneInfo) -> str:
    """Return what a suppression says, for people."""
    from publisher.audience.record import block_words

    return f"{block_words(row)}, {local(row['made_at'], zone)}, by {row['actor']}: {row['reason']}"
