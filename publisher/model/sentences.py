"""Where a text may be cut so that what is left is whole sentences, and how long it takes to read."""

from __future__ import annotations

import math
import re

_END = re.compile(r"[.!?…][\"'”’»)\]]*(?=\s+[\"'“‘«(\[¿¡]*[^\W_a-z])|[。！？]")
_ABBREVIATED = re.compile(
    r"(?:^|[\s(\"“])(?:[^\W\d_]|[^\W\d_]\.[^\W\d_]|Mr|Mrs|Ms|Dr|St|Sr|Jr|Prof|Gen|Sen|Rep|Gov|Lt|Col|No|vs|Inc|Ltd|Co|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.$"
)
_LETTERS_AS_WORDS = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
WORDS_A_MINUTE = 230  # what adults read silently (Brysbaert 2019: 238 in English)
LETTERS_A_MINUTE = 500  # Chinese and Japanese


def whole_sentences(line: str, limit: int) -> str:
    """Return as many whole sentences from the beginning of a line as fit, or nothing where not even a quarter does."""
    if len(line) <= limit:
        return line
    ends = [end.end() for end in _END.finditer(line[: limit + 40]) if end.end() <= limit]
    fitting = [end for end in ends if end >= limit // 4 and not _ABBREVIATED.search(line[:end])]
    return line[: fitting[-1]] if fitting else ""


def reading_minutes(text: str) -> int:
    """Return how many minutes a text takes to read, at least one; 0 where there is none."""
    letters = len(_LETTERS_AS_WORDS.findall(text))
    words = len(_LETTERS_AS_WORDS.sub(" ", text).split())
    return math.ceil(words / WORDS_A_MINUTE + letters / LETTERS_A_MINUTE) if words or letters else 0
