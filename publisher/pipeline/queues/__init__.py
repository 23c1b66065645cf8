"""Queues: what keeps its distance from the last of its schedule, and posts through a channel that has slots.

A send gets its moment when it is made. Until that has come it stays ready, its audience not frozen; then it has its
turn, unless what was before it has only just gone, or is still to go: so that nothing leaves in a flood after a
downtime, all that waits is given moments anew, in order, from what has really gone on.
"""

from publisher.pipeline.queues.entering import due_at, due_through, enter
from publisher.pipeline.queues.places import Place, foreseen, place_of
from publisher.pipeline.queues.turns import give_turns, in_none

__all__ = ["Place", "due_at", "due_through", "enter", "foreseen", "give_turns", "in_none", "place_of"]
