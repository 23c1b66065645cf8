"""Delivery to call: claim, commit, speak, commit.

What was claimed is frozen in the call and committed before a byte leaves; what came of it is committed after. A crash
in between leaves a call that says so, and never a reader who might silently be skipped or written to twice.
"""

from publisher.pipeline.dispatch.act import dispatch_next, speak
from publisher.pipeline.dispatch.answer import record_answer
from publisher.pipeline.dispatch.beginning import begin
from publisher.pipeline.dispatch.desk import Claimed, Desk, StoreJournal
from publisher.pipeline.dispatch.landing import Landing, land
from publisher.pipeline.dispatch.orphans import hasten, take_over
from publisher.pipeline.dispatch.together import Together
from publisher.pipeline.dispatch.turn import claim

__all__ = [
    "Claimed",
    "Desk",
    "Landing",
    "StoreJournal",
    "Together",
    "begin",
    "claim",
    "dispatch_next",
    "hasten",
    "land",
    "record_answer",
    "speak",
    "take_over",
]
