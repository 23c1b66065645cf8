"""What a network says of itself otherwise than the options of its channel do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing that an editor may put right.

    :param what: what the network says, and what the channel does; one line.
    :param remedy: what to write, or to do; one line.
    :param is_needed: as it is, posts may be refused or stand twice.
    """

    what: str
    remedy: str
    is_needed: bool = False
