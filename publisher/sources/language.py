"""Tell the language of a text by its commonest words, where its source doesn't say."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

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
    shares: dict[str, float] = {}
    for tag, common in _common_words():
        share = sum(word in common for word in words) / len(words)
        shares[tag] = max(share, shares.get(tag, 0.0))
    first, second = sorted(shares, key=lambda tag: -shares[tag])[:2]
    return first if shares[first] >= _SHARE and shares[first] - shares[second] >= _LEAD else None


@functools.cache
def _common_words() -> tuple[tuple[str, frozenset[str]], ...]:
    import justext  # here: only where a source doesn't say

    return tuple((tag, frozenset(justext.get_stoplist(name))) for name, tag in _NAMES.items())
