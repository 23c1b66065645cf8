"""Tell who took a picture from what it shows, where its caption says both."""

from __future__ import annotations

import re

_MOST_WORDS = 12  # of a credit
# At the beginning, after a sentence or a bar, or in a bracket: "the winning photo: Jane Doe" is no credit.
_LABEL = re.compile(
    r"(?:^\s*|(?<=[.!?…”\"»),;])\s+|\s+[–—|·/-]\s*|\s*(?P<bracket>[(\[])\s*)"
    r"(?:(?:(?:(?:photo|image|picture|foto|bild)[\s-]?)?credits?|cr[ée]dits?(?:\s+(?:photos?|images?))?|photo(?:graph|grapher)?s?|"
    r"fotos?|fotograf(?:in|a|o)?|photographe|pictures?|images?|imagen|bild(?:er|nachweis|quelle)?|illustration|copyright|"
    r"quelle|source|fuente|fonte)\s*:\s*(?:©\s*)?|"
    r"(?:photo(?:graph)?s?|pictures?|images?)\s+by\s+|(?:(?:photo|picture|image)s?\s+)?courtesy\s+of\s+|"
    r"(?:copyright\s+)?(?:©|\(c\))\s*)",
    re.I,
)
# Small letters that stand in names, and agencies that write themselves small.
_SMALL = {
    *("a", "al", "and", "bin", "by", "da", "das", "de", "del", "della", "den", "der", "des", "di", "do", "dos", "du"),
    *("e", "el", "et", "for", "für", "ibn", "la", "le", "of", "the", "und", "van", "via", "von", "y"),
    *("afp", "alliance", "dpa", "epa", "imago", "picture"),
}
_OPENING = "([\"'“„‘«@#"


def split_credit(caption: str) -> tuple[str, str]:
    """Return a caption without its credit, and the credit without its label; the caption whole where it has none."""
    for label in _LABEL.finditer(caption):
        name = _inside(caption[label.end() :].strip(), bracket=label["bracket"])
        if name and _is_name(name):
            return caption[: label.start()].rstrip(" –—-|·/,;"), name
    return caption, ""


def _inside(rest: str, bracket: str | None) -> str:
    """Return what a credit's bracket holds, which has to end where the caption ends."""
    rest = rest.rstrip(" .")
    if bracket:
        return rest[:-1].rstrip(" .") if rest.endswith((")", "]")) else ""
    return rest


def _is_name(text: str) -> bool:
    """Say whether words are those of people and agencies: behind a stroke may stand whatever they call themselves."""
    words = text.partition("/")[0].split()
    if not words or len(text.split()) > _MOST_WORDS:
        return False
    return len(text.split()) == 1 or all(map(_is_part_of_name, words))


def _is_part_of_name(word: str) -> bool:
    bare = word.lstrip(_OPENING)
    is_address = re.search(r"\w[.@]\w", word) is not None
    return not bare[:1].islower() or is_address or bare.strip(".,;:)") in _SMALL
