"""Whether schedules.yaml holds a secret in clear: then its whole text is for those who may see secrets anyway."""

from __future__ import annotations

import re

from publisher.config.channels import is_secret
from publisher.config.notes import secrets_in
from publisher.config.reading import FILE, parse_document
from publisher.errors import ConfigError, NotAllowedError
from publisher.model.staff import May
from publisher.store import permission

_VALUE = re.compile(r"""([\w-]+)["']?[ \t]*:[ \t]*["']?([^\s"',{}\[\]#][^\r\n,}]*)""")
_IN_ADDRESS = re.compile(r"://[^/\s:@]+:(?!\$\{)[^/\s@]+@")


def may_see(*texts: str) -> bool:
    """Say whether these texts may be shown to whoever asks."""
    member = permission.who()
    is_theirs = member is not None and member.may(May.OPERATE)
    return not permission.is_asked() or is_theirs or not any(map(holds_secret, texts))


def require_sight(*texts: str) -> None:
    """Refuse to show these texts, where one holds a secret.

    :raises NotAllowedError: it does, and whoever asks is no operator.
    """
    if not may_see(*texts):
        what = f"{FILE} holds a password or token in clear, so its whole text is shown to operators alone"
        remedy = "A schedule’s own lines can be edited; the secret belongs into .env, as `publisher check` says"
        raise NotAllowedError(what, remedy=remedy)


def holds_secret(text: str) -> bool:
    """Say whether a text holds a secret, be it in a comment or in a file that is broken."""
    if _IN_ADDRESS.search(text) or any(is_secret(key) and "${" not in value for key, value in _VALUE.findall(text)):
        return True
    try:
        return any(secrets_in(parse_document(text)))
    except ConfigError:
        return False
