"""The words of the console, for those who say them in other languages: ``python -m publisher.web.words``.

It reads them out of the pages and out of what Python says (`speech/phrases.py`), and brings ``publisher/speech/*.po``
up to date: new words come in empty, those that nobody says any more go, and what is said already stays.
``console.pot`` there is what a further language begins with, such as by ``python -m publisher.web.words da``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from io import BytesIO
from itertools import chain
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from publisher.app.status import HEADLINES
from publisher.model.article import Standing
from publisher.model.hook import MEANING, MessageState
from publisher.model.staff import Role
from publisher.model.states import CallState, DeliveryState, EditionState, SendState
from publisher.model.subscriber import SubscriptionState
from publisher.pipeline.collect.act import EVENTS
from publisher.store.sends import FOLLOWING
from publisher.web import server, sign_in
from publisher.web.console.new_article import LABELS
from publisher.web.message_views import UNITS
from publisher.web.pages import WORDS

HERE = Path(__file__).parent
ROOT = HERE.parent
SPEECH = ROOT / "speech"
TEMPLATE = SPEECH / "console.pot"
OF_PAGES = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}
KEYWORDS: dict[str, tuple[int, int] | None] = {"_": None, "gettext": None, "ngettext": (1, 2)}

# How channels, sources and webhooks stand, what became of an article, what keeps an address from mail: no enumerations.
STANDS = (
    "well",
    "failing",
    "resting",
    "stopped",
    "unusable",
    "in part",
    "never asked",
    "nothing yet",
    "open",
    "paused",
    "ended",
)
BECAME = (*EVENTS.values(), "back", "completed", "revised", "gone")
BLOCKS = ("suppressed everywhere", "was suppressed", "erased")
SIZES = ("bytes",)
KINDS = ("added", "removed", "renamed", "changed")  # of a change of schedules.yaml: see app/diff.py
STATES = (EditionState, SendState, CallState, DeliveryState, SubscriptionState, MessageState, Standing, Role)

Words = str | tuple[str, str]  # of one form, or of those for one and for many


def of_pages() -> set[Words]:
    """Return what pages say in their own text, and what is marked in Python with ``_``."""
    pages = (("jinja2.ext:babel_extract", path, OF_PAGES) for path in sorted(HERE.joinpath("pages").glob("*.html")))
    modules: Iterable[tuple[str, Path, dict[str, str]]] = (("python", path, {}) for path in sorted(ROOT.rglob("*.py")))
    found: set[Words] = set()
    for method, path, options in chain(pages, modules):
        said = extract_from_file(method, path, keywords=KEYWORDS, options=options)
        found |= {words if isinstance(words, str) else (words[0], words[1]) for _line, words, *_rest in said}
    return found


def of_python() -> set[Words]:
    """Return the fixed words that Python gives to pages, which say them through ``spoken`` or ``state_words``."""
    states = (str(state.value) for each in STATES for state in each)
    shown = chain(
        WORDS.values(),
        states,
        STANDS,
        BECAME,
        BLOCKS,
        SIZES,
        KINDS,
        HEADLINES,
        FOLLOWING,
        MEANING.values(),
        UNITS.values(),
        LABELS.values(),
    )
    return {*shown, *server.TITLES.values(), *server.SAID, sign_in.WRONG, sign_in.DEAD}


def template() -> Catalog:
    """Return every word of the console, none of them said in another language yet."""
    return _filled(Catalog(fuzzy=False), None)


def renewed(catalog: Catalog) -> Catalog:
    """Return a language's catalogue with exactly the words that the console says now."""
    return _filled(Catalog(locale=catalog.locale, fuzzy=False), catalog)


def _filled(made: Catalog, said: Catalog | None) -> Catalog:
    one, many = _parted(of_pages() | of_python())
    for words in sorted(one | many.keys()):
        whole = (words, many[words]) if words in many else words
        old = said.get(words) if said else None
        is_kept = old is not None and old.id == whole
        made.add(whole, old.string if old is not None and is_kept else "")
    return made


def _parted(found: Iterable[Words]) -> tuple[set[str], dict[str, str]]:
    """Return words of one form, and those of many by their first; what stands in both has its many."""
    many = {words[0]: words[1] for words in found if isinstance(words, tuple)}
    return {words for words in found if isinstance(words, str)} - many.keys(), many


def written(catalog: Catalog) -> bytes:
    """Return a catalogue as its file: sorted, without dates and line numbers, so that only words change in it."""
    lines = ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    if catalog.locale:
        lines = [f"Language: {catalog.locale}", f"Plural-Forms: {catalog.plural_forms}", *lines]
    head = "\n".join(['msgid ""', 'msgstr ""', *(f'"{line}\\n"' for line in lines)])
    body = BytesIO()
    write_po(body, catalog, width=0, no_location=True, omit_header=True, sort_output=True)
    return f"{head}\n\n".encode() + body.getvalue().strip() + b"\n"


def read(path: Path) -> Catalog:
    """Return the catalogue of a language from its file."""
    return read_po(BytesIO(path.read_bytes()), locale=path.stem)


def main(new: Iterable[str]) -> None:
    """Bring every file up to date.

    :param new: languages to begin.
    """
    TEMPLATE.write_bytes(written(template()))
    for language in new:
        SPEECH.joinpath(f"{language}.po").touch()
    for path in sorted(SPEECH.glob("*.po")):
        path.write_bytes(written(renewed(read(path))))


if __name__ == "__main__":
    main(sys.argv[1:])
