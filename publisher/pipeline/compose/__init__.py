"""Article to edition: which of a schedule's articles one slot carries, and why each is in or out.

`gather` looks what there is, `letter` at the file of an edition without articles, `choice` decides and is pure, `act`
writes the edition down in one transaction.
"""

from publisher.pipeline.compose.act import Composed, record
from publisher.pipeline.compose.choice import Choice, Rest, Wishes, decide, one_of_each_story
from publisher.pipeline.compose.gather import Candidates, candidates_in, candidates_of, wishes_of
from publisher.pipeline.compose.letter import Paper, is_taken_in, take_in

__all__ = [
    "Candidates",
    "Choice",
    "Composed",
    "Paper",
    "Rest",
    "Wishes",
    "candidates_in",
    "candidates_of",
    "decide",
    "is_taken_in",
    "one_of_each_story",
    "record",
    "take_in",
    "wishes_of",
]
