"""A project's own templates: which of them nobody uses, and where in those of a mail a colour is written."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import jinja2
from jinja2.meta import find_referenced_templates

from publisher.render.legible import Text
from publisher.render.paint import cover_of, paint_of

_ENDINGS = (".html", ".htm", ".txt", ".css")
_PAGES = ("email/", "social/")  # of the theme: the rest is taken in by them, under the names that they give
_QUOTED = re.compile(r"""["']([^"'\n]+)["']""")
MOST_QUOTED = 40  # characters of a text that can't be read
_ALIKE = 0.9  # of two names, 0 to 1: one letter more, less or elsewhere
# A property, or an attribute of old, with what it is set to: a name of the theme, or a value as it is.
_SET = re.compile(
    r"""(?<![\w-])(?P<name>color|background(?:-color)?|bgcolor|opacity)\s*[:=]\s*["']?\s*"""
    r"""(?:\{\{-?\s*theme\.(?P<key>[\w.]+)\s*-?\}\}|(?P<value>[^;"'{}]+))""",
    re.IGNORECASE,
)


class Library:
    """The templates of some folders, the first that has a file wins; the last is the default theme's."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = [folder for folder in folders if folder.is_dir()]
        self._own = [folder for folder in folders[:-1] if folder.is_dir()]

    def idle(self, named: Collection[str], languages: Collection[str] = ()) -> list[tuple[str, str]]:
        """Return the project's templates that no other uses, each with the name that was meant, or nothing.

        Nothing at all is returned where a template takes in another by a computed name: that may be any.

        :param named: what is used by its name: lines of `send:`, networks.
        :param languages: of messages, for which a page may have a template of its own.
        """
        own = [name for folder in self._own for name in _names_in(folder)]
        references = [self._references(name) for name in own]
        if None in references:
            return []
        used = {name for folder in self._folders[-1:] for name in _names_in(folder)}
        pages = {*named, *(name for name in used if name.startswith(_PAGES))}
        used |= {each for name in pages for language in languages for each in in_language(name, language)}
        used = used.union(named, *(found for found in references if found is not None))
        return [(name, _meant(name, used)) for name in own if name not in used]

    def written_at(self, page: str, text: Text, theme: dict[str, Any]) -> str:
        """Return the line that colours a text, as ``templates/partials/lead.html:12``, and its name in the theme.

        The line of the colour itself before one of what it stands on. Where none of the project's own lines does
        either, the page's name and the words.

        :param page: the template that the mail was made from.
        :param theme: what templates know by that name.
        """
        found = [
            (name == "color", f"templates/{part}:{number}{f' (theme.{key})' if key else ''}")
            for part in self._parts_of(page)
            if self._is_own(part)
            for number, line in enumerate((self._source(part) or "").splitlines(), 1)
            for name, key in _said_in(line, text, theme)
        ]
        place = next((place for is_colour, place in found if is_colour), found[0][1] if found else "")
        return place or f"{page}: “{text.words[:MOST_QUOTED]}{'…' if len(text.words) > MOST_QUOTED else ''}”"

    def _parts_of(self, page: str) -> list[str]:
        """Return the templates that a page is made of, itself first; not those that it takes by a computed name."""
        found, waiting = list[str](), [page]
        while waiting:
            name = waiting.pop(0)
            if name not in found:
                found.append(name)
                waiting += sorted(self._references(name) or ())
        return found

    def _is_own(self, name: str) -> bool:
        return any((folder / name).is_file() for folder in self._own)

    def _source(self, name: str) -> str | None:
        """Return a template as it is written; None where nobody can read it, which its use says."""
        path = next((folder / name for folder in self._folders if (folder / name).is_file()), None)
        try:
            return path.read_text("utf-8") if path else None
        except (OSError, UnicodeDecodeError):
            return None

    def _references(self, name: str) -> set[str] | None:
        """Return the templates that one takes in, of a broken one all that it may; None where that is computed."""
        source = self._source(name) or ""
        try:
            found = set(find_referenced_templates(jinja2.Environment(autoescape=True).parse(source)))
        except (jinja2.TemplateError, RecursionError):
            return set(_QUOTED.findall(source))
        return None if None in found else {each for each in found if each}


def in_language(name: str, language: str) -> list[str]:
    """Return the names of a template for a language alone, the nearest first: `digest.pt-BR.html`, `digest.pt.html`."""
    stem, _, ending = name.rpartition(".")
    parts = language.split("-")
    return [f"{stem}.{'-'.join(parts[:count])}.{ending}" for count in range(len(parts), 0, -1) if stem]


def nearest(name: str, folders: Sequence[Path]) -> str:
    """Return the template whose name is most like one that there isn't; empty where none is like it."""
    return _meant(name, {each for folder in folders for each in _names_in(folder)})


def _names_in(folder: Path) -> list[str]:
    paths = (path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS and path.is_file())
    return sorted(name for path in paths if not (name := path.relative_to(folder).as_posix()).startswith("."))


def _meant(name: str, used: Collection[str]) -> str:
    """Return the name that an editor may have had in mind; empty where none is like it."""
    elsewhere = sorted(each for each in used if PurePosixPath(each).name == PurePosixPath(name).name)
    near = difflib.get_close_matches(name, sorted(used), n=1, cutoff=_ALIKE)
    return next(iter([*near, *elsewhere]), "")


def _said_in(line: str, text: Text, theme: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what in a line gives a text its colour, its paper or a veil, and the theme's key where that is one."""
    for said in _SET.finditer(line):
        key = said["key"] or ""
        value = str(_in_theme(theme, key) if key else said["value"]).lower().replace("!important", "").strip()
        if _gives(name := said["name"].lower(), value, text):
            yield name, key


def _gives(name: str, value: str, text: Text) -> bool:
    if name == "opacity":
        return text.opacity < 1 and cover_of(value) < 1
    paint = paint_of(value)
    if name == "color":
        return paint is not None and paint == paint_of(text.written)
    return paint is not None and paint.colour == text.paper


def _in_theme(theme: dict[str, Any], key: str) -> Any:
    found: Any = theme
    for name in key.split("."):
        found = found.get(name, "") if isinstance(found, dict) else ""
    return found
