"""Source to article: what a source says is matched with the ledger, and each article gets its reason.

`match` says which articles the ledger knows, `judge` what becomes of the others, `window` which are gone; all three are
pure. `act` writes it down in one transaction.
"""

from publisher.pipeline.collect.act import (
    Collected,
    Sighting,
    note_gone,
    record,
    record_failure,
    record_gone,
    record_in,
)
from publisher.pipeline.collect.judge import Situation, decide
from publisher.pipeline.collect.match import Decision, Known, match

__all__ = [
    "Collected",
    "Decision",
    "Known",
    "Sighting",
    "Situation",
    "decide",
    "match",
    "note_gone",
    "record",
    "record_failure",
    "record_gone",
    "record_in",
]
