"""Tell the language of a text by its commonest words, where its source doesn't say."""

from __future__ import annotations

import functools
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from heapq import nlargest

_LEAST = 120  # characters; a shorter text says too little
_WORDS = 500
_SHARE = 0.2  # of the words must be among the commonest of the language
_LEAD = 0.06  # by which it must be ahead of the next: where two are close, none is named

# justext's names of the languages that are told apart; those that it can't tell apart share a tag.
_NAMES: Mapping[str, str] = {
    "Afrikaans": "af",
    "Albanian": "sq",
    "Arabic": "ar",
    "Basque": "eu",
    "Bosnian": "hr",
    "Bulgarian": "bg",
    "Catalan": "ca",
    "Croatian": "hr",
    "Czech": "cs",
    "Danish": "da",
    "Dutch": "nl",
    "English": "en",
    "Estonian": "et",
    "Finnish": "fi",
    "French": "fr",
    "Galician": "gl",
    "German": "de",
    "Greek": "el",
    "Hebrew": "he",
    "Hindi": "hi",
    "Hungarian": "hu",
    "Icelandic": "is",
    "Indonesian": "id",
    "Irish": "ga",
    "Italian": "it",
    "Korean": "ko",
    "Latvian": "lv",
    "Lithuanian": "lt",
    "Malay": "id",
    "Norwegian_Bokmal": "no",
    "Norwegian_Nynorsk": "no",
    "Persian": "fa",
    "Polish": "pl",
    "Portuguese": "pt",
    "Romanian": "ro",
    "Russian": "ru",
    "Serbian": "sr",
    "Slovak": "sk",
    "Slovenian": "sl",
    "Spanish": "es",
    "Swahili": "sw",
    "Swedish": "sv",
    "Turkish": "tr",
    "Ukrainian": "uk",
    "Urdu": "ur",
    "Vietnamese": "vi",
    "Welsh": "cy",
}
# Writing without blanks has no words to count; its letters tell it.
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
)


def language_of(text: str) -> str | None:
    """Return the language of a text as BCP 47 writes it, or None where it can't be told."""
    for tag, letters in _SCRIPTS:
        if len(letters.findall(text[:2_000])) >= 40:
            return tag
    words = re.findall(r"[^\W\d_]+", text.casefold())[:_WORDS]
    if len(text) < _LEAST or not words:
        return None
    hits: Counter[str] = Counter()  # by justext's name
    for word, times in Counter(words).items():
        for name in _languages_of().get(word, ()):
            hits[name] += times
    shares = {"": 0.0, "-": 0.0}  # so that there are always two to compare
    for name, number in hits.items():
        shares[_NAMES[name]] = max(number / len(words), shares.get(_NAMES[name], 0.0))
    (first, share), (_, next_share) = nlargest(2, shares.items(), key=lambda each: each[1])
    return first if share >= _SHARE and share - next_share >= _LEAD else None


@functools.cache
def _languages_of() -> Mapping[str, tuple[str, ...]]:
    """Return in which languages each common word is common."""
    import justext  # here: only where a source doesn't say

    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in _NAMES:
        for word in justext.get_stoplist(name):
            found[word].append(name)
    return {word: tuple(names) for word, names in found.items()}
