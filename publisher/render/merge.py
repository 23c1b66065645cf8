"""Merge fields: objects that print an opaque token, and the cutting of finished text at those tokens.

A token is letters and digits only, so that premailer and lxml leave it alone in text, attributes and URLs. It carries
its own field and default: the same template always prints the same token.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NoReturn

import jinja2
import regex
from markupsafe import Markup

from publisher.errors import TemplateError
from publisher.model.message import Context, Slot, Text

# "0" and "8" and "9" are outside of the base 32 alphabet, so that a token ends where it should, whatever follows.
MARKER = "0mergefield8"
_TOKEN = re.compile(MARKER + "([a-z2-7]+)9")
_LETTER = regex.compile(f"{MARKER}[a-z2-7]+9|\\X")
_IMITATION = re.compile(MARKER, re.IGNORECASE)
_USUAL = 12  # characters of a reader's value
LEAVING = ("unsubscribe_url", "preferences_url")  # what every mail to a list has
_RESERVED = (*LEAVING, "confirm_url", "access_url", "move_url")  # everything else is an attribute of `recipient`
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
REMEDY = (
    'Print it as it is, give it a default ({{ recipient.first_name | default("reader") }}), '
    "or send other words to a segment of the list"
)


class MergeMisuse(jinja2.TemplateRuntimeError):
    """A merge field was used for something that can't be done before the reader is known."""

    def __init__(self, label: str, deed: str) -> None:
        super().__init__(f"{label} differs from reader to reader and can't be {deed} in a template")


class Field:
    """A value that each reader's own takes the place of. It prints its token and refuses everything else."""

    __slots__ = ("default", "label", "name")

    def __init__(self, name: str, default: str | None = None) -> None:
        self.name = name
        self.label = name if name in _RESERVED else f"recipient.{name}"
        self.default = default

    def __str__(self) -> str:
        return token_of(self.name, self.default)

    def __html__(self) -> Markup:
        return Markup(str(self))  # noqa: S704  # letters and digits only

    def __repr__(self) -> str:
        return f"<merge field {self.label}>"


class Reader:
    """What templates know as ``recipient``: every attribute of it is a merge field."""

    __slots__ = ()

    def field(self, name: object) -> Field:
        """Return the field of that name; names are letters, digits and underscores."""
        if not isinstance(name, str) or not _FIELD_NAME.match(name) or name.startswith("__"):
            raise MergeMisuse(f"recipient[{name!r}]", "named so, a field's name is letters, digits and _: it")
        return Field(name)


_REFUSALS = {
    "tested or compared": "bool eq ne lt le gt ge contains hash",
    "calculated with": "add radd sub rsub mul rmul truediv rtruediv floordiv rfloordiv mod rmod pow rpow pos neg "
    "int float index",
    "cut, counted or looped over": "len iter getitem",
    "called or formatted": "call format",
}


def _refuse_on(kind: type, label: str | None = None) -> None:
    """Make every operator of a class raise MergeMisuse."""
    for deed, names in _REFUSALS.items():

        def refuse(self: Any, *_: object, deed: str = deed, **__: object) -> NoReturn:
            raise MergeMisuse(label or self.label, deed)

        for name in names.split():
            setattr(kind, f"__{name}__", refuse)


def _refuse_print(self: Reader) -> NoReturn:
    raise MergeMisuse("recipient", "printed as a whole")


_refuse_on(Field)
_refuse_on(Reader, "recipient")
for _name in ("__str__", "__html__"):
    setattr(Reader, _name, _refuse_print)


def token_of(name: str, default: str | None) -> str:
    """Print a field as its token."""
    payload = name if default is None else f"{name}\0{default}"
    return f"{MARKER}{base64.b32encode(payload.encode()).decode().rstrip('=').lower()}9"


def carries_token(value: object) -> bool:
    """Say whether a value is a field, or a string that one was printed into, whole or mangled."""
    return isinstance(value, Field) or (isinstance(value, str) and MARKER in value.lower())


def defuse(text: str) -> str:
    """Make authored text that imitates a token harmless: its zero becomes a letter, and nothing rejoins that."""
    return _IMITATION.sub("O" + MARKER[1:], text)


def count_tokens(text: str) -> int:
    return len(_TOKEN.findall(text))


def shown_length(text: str) -> int:
    """Count characters as a reader sees them: a field is as long as its default, or as a short name."""
    return len(_TOKEN.sub(lambda match: _field(match).default or "x" * _USUAL, text))


def letters_of(word: str) -> list[str]:
    """Divide a word into what a reader sees as letters; a field is one."""
    return list(_LETTER.findall(word))


def merge_names(links: Sequence[str] = LEAVING) -> dict[str, Field | Reader]:
    """Return the names that stand for a reader's values in a mail's templates.

    :param links: those of the reserved fields that the mail has.
    """
    return {"recipient": Reader(), **{name: Field(name) for name in links}}


def split_text(text: str, context: Literal["text", "header"], *, where: str) -> Text:
    """Cut plain text at its tokens; TemplateError names a mangled one."""
    return _cut(text, [(match, context) for match in _TOKEN.finditer(text)], where)


def split_html(html: str, *, where: str) -> Text:
    """Cut html at its tokens; each slot's context follows from where it stands.

    Raises TemplateError for a field in a style, a script, a comment, a tag or an attribute name, in an attribute
    without quotes, or at the beginning of a longer URL.
    """
    try:
        return _cut(html, list(_places(html, 0, len(html))), where)
    except MergeMisuse as error:
        raise TemplateError(error.message or "", where=where, remedy=REMEDY) from error


def _cut(text: str, places: list[tuple[re.Match[str], Context]], where: str) -> Text:
    parts: list[str | Slot] = []
    end = 0
    for match, context in places:
        parts += [text[end : match.start()], _slot(match, context)]
        end = match.end()
    parts.append(text[end:])
    _refuse_mangled(parts, where)
    return tuple(part for part in parts if part != "")


def _slot(match: re.Match[str], context: Context) -> Slot:
    field = _field(match)
    return Slot(field.name, context, field.default)


def _field(match: re.Match[str]) -> Field:
    code = match[1].upper()
    name, separator, default = base64.b32decode(code + "=" * (-len(code) % 8)).decode().partition("\0")
    return Field(name, default if separator else None)


def _refuse_mangled(parts: list[str | Slot], where: str) -> None:
    for part in parts:
        if isinstance(part, str) and MARKER in part.lower():
            raise TemplateError("a merge field was changed on its way to the page", where=where, remedy=REMEDY)


# One piece of markup: a comment, a style or script with what is in it, or a tag. What lies between is text.
_MARKUP = re.compile(
    r"<!--(?P<comment>.*?)-->"
    r"|<(?P<raw>style|script)\b.*?</(?P=raw)\s*>"
    r"""|</?[a-z](?:"[^"]*"|'[^']*'|[^'">])*>""",
    re.IGNORECASE | re.DOTALL,
)
_CONDITIONAL = re.compile(r"\[if [^\]]*\]>(?P<inside>.*)<!\[endif\]\Z", re.IGNORECASE | re.DOTALL)
_ATTRIBUTE = re.compile(r"""(?P<name>[^\s"'<>/=]+)\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')""")
_URL_ATTRIBUTES = frozenset({"href", "src", "action", "background", "cite", "formaction", "poster"})
_CODE_ATTRIBUTES = frozenset({"style", "srcdoc", "srcset"})


def _places(html: str, start: int, end: int) -> Iterator[tuple[re.Match[str], Context]]:
    """Find every token between two positions, with its context."""
    for piece in _MARKUP.finditer(html, start, end):
        yield from _text_places(html, start, piece.start())
        if MARKER in piece[0]:
            yield from _markup_places(html, piece)
        start = piece.end()
    yield from _text_places(html, start, end)


def _text_places(html: str, start: int, end: int) -> Iterator[tuple[re.Match[str], Context]]:
    for match in _TOKEN.finditer(html, start, end):
        yield match, "html"


def _markup_places(html: str, piece: re.Match[str]) -> Iterator[tuple[re.Match[str], Context]]:
    first = _TOKEN.search(html, piece.start(), piece.end())
    label = _field(first).label if first else "a merge field"
    if piece["comment"] is not None:
        conditional = _CONDITIONAL.match(html, piece.start("comment"), piece.end("comment"))
        if conditional is None:
            raise MergeMisuse(label, "put into a comment")
        yield from _places(html, conditional.start("inside"), conditional.end("inside"))
    elif piece["raw"]:
        raise MergeMisuse(label, f"put into a {piece['raw'].lower()}")
    else:
        yield from _tag_places(html, piece, label)


def _tag_places(html: str, tag: re.Match[str], label: str) -> Iterator[tuple[re.Match[str], Context]]:
    found = 0
    for attribute in _ATTRIBUTE.finditer(html, tag.start(), tag.end()):
        group = "double" if attribute["double"] is not None else "single"
        start, end = attribute.span(group)
        for match in _TOKEN.finditer(html, start, end):
            found += 1
            yield match, _attribute_context(attribute["name"].lower(), html[start:end], match[0], label)
    if found != count_tokens(tag[0]):
        raise MergeMisuse(label, "put into a tag outside of a quoted attribute")


def _attribute_context(name: str, value: str, token: str, label: str) -> Context:
    if name in _CODE_ATTRIBUTES or name.startswith("on"):
        raise MergeMisuse(label, f"put into the attribute {name}")
    if name not in _URL_ATTRIBUTES:
        return "html"
    if value == token:
        return "url"
    if value.startswith(token):
        raise MergeMisuse(label, f"the beginning of a longer {name}")
    return "url-part"
