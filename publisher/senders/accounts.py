"""Which account a channel speaks for, as far as its options say."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import SecretStr

from publisher.model.account import fingerprint
from publisher.senders.base import Options, Sender

OPTIONAL = ("base_url", "channel")  # they name an account where they are given
WHO = frozenset({"author", "identifier", "page", "user"})  # a network's own name of an account, whatever opens it


def account_of(sender: str, options: Options) -> dict[str, str]:
    """Return the account by its options, resolved; whose a secret is can't be seen."""
    return {name: fingerprint(value) for name, value in (("sender", sender), *_naming(options))}


def counted_as(sender: type[Sender], options: Options) -> str:
    """Return a name for the account whose requests a network counts, which can be compared and not read.

    Where no option says who it is, what opens it does: a token, a webhook's address. Empty for senders of mail, which
    have rates of their own.
    """
    if "mail" in sender.carries:
        return ""
    named = [f"{name}={value}" for name, value in _naming(options)]
    opens = [value.get_secret_value() for value in dict(options).values() if isinstance(value, SecretStr)]
    says_who = WHO & set(type(options).model_fields)
    return fingerprint("\n".join([sender.name, *named, *([] if says_who else opens)]))


def _naming(options: Options) -> Iterator[tuple[str, str]]:
    for name, field in type(options).model_fields.items():
        value = getattr(options, name)
        if (field.is_required() or name in OPTIONAL) and not isinstance(value, SecretStr):
            yield name, str(value)
