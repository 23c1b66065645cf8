"""Whether schedules.yaml holds a secret in clear: then its whole text is for those who may see secrets anyway."""

from __future__ import annotations

import re

from publisher.config.channels import is_secret
from publisher.config.notes import secrets_in
from publisher.config.problems import line_and_column
from publisher.config.reading import FILE, parse_document
from publisher.errors import ConfigError, NotAllowedError
from publisher.model.staff import May
from publisher.store import permission

_MOST = 300  # characters around a key that are looked at: a line may be the whole file
_VALUE = re.compile(rf"""(?<![\w-])([\w-]+)["']?[ \t]*:[ \t]*["']?(?=([^\s"',{{}}\[\]#][^\r\n,}}]{{0,{_MOST}}}))""")
_IN_ADDRESS = re.compile(r"://[^/\s:@]+:(?!\$\{)[^/\s@]+@")
_ENDS = re.compile(r"\r\n|\r|\n")
_COMMENT = re.compile(r"(?:^|[ \t])#.*")
_BEFORE_A_KEY = re.compile(r"""(?:#[\s#?-]*|\{[ \t]*|\{.*,[ \t]*)["']?$""")  # in a comment
_PROSE = re.compile(r"[^\W\d]+,?[ \t]+[^\W\d]")
_PASSPHRASE = re.compile(r"pass", re.IGNORECASE)  # its value may be words with blanks between them
# A long word of letters and digits, or a very long one; no file's name.
_RANDOM = re.compile(
    r"(?<!\S)(?!\S*\.(?:md|html?|ya?ml|txt|env)\b)(?:(?=\D*\d)(?=\S*[a-zA-Z])[\w+/=.~:-]{8,}|[\w+=~-]{24,})"
)


def may_see(*texts: str) -> bool:
    """Say whether these texts may be shown to whoever asks."""
    member = permission.who()
    is_theirs = member is not None and member.may(May.OPERATE)
    return not permission.is_asked() or is_theirs or not any(map(holds_secret, texts))


def require_sight(text: str) -> None:
    """Refuse to show a text that holds a secret.

    :raises NotAllowedError: it does, and whoever asks is no operator.
    """
    if may_see(text):
        return
    line = line_of_secret(text)
    if broken := _broken_at(text):
        what = f"{FILE} is broken at line {broken}, and nothing of it can be edited until an operator mends it"
        remedy = f"Its text is shown to operators alone, for line {line} holds a password or token in clear"
        raise NotAllowedError(what, remedy=remedy)
    what = f"{FILE} holds a password or token in clear in line {line}, so its whole text is shown to operators alone"
    raise NotAllowedError(what, remedy="A schedule’s own lines can be edited; the secret belongs into .env")


def holds_secret(text: str) -> bool:
    """Say whether a text holds a secret, be it in a comment or in a file that is broken."""
    return line_of_secret(text) > 0


def line_of_secret(text: str) -> int:
    """Return the first line, from 1, that holds a secret, be it in a comment or in a file that is broken; 0: none."""
    for number, line in enumerate(_ENDS.split(text), 1):
        if _IN_ADDRESS.search(line) or any(map(_is_secret, _VALUE.finditer(line))):
            return number
    try:
        return next((line_and_column(note.where)[0] for note in secrets_in(parse_document(text))), 0)
    except ConfigError:
        return 0


def _is_secret(said: re.Match[str]) -> bool:
    """Say whether `key: value` gives a secret; amid a comment's sentence only what looks like one does."""
    key, value, before = said[1], _COMMENT.sub("", said[2]), said.string[max(0, said.start() - _MOST) : said.start()]
    if not is_secret(key) or "${" in value:
        return False
    is_prose = _PROSE.match(value) and not _PASSPHRASE.search(key)
    is_sentence = _COMMENT.search(before) and (is_prose or not _BEFORE_A_KEY.search(before))
    return not is_sentence or bool(_RANDOM.search(value))


def _broken_at(text: str) -> int:
    """Return the line at which a text is no YAML; 0: it is."""
    try:
        parse_document(text)
    except ConfigError as error:
        return line_and_column(error.where)[0]
    return 0
