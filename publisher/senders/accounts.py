"""Which account a channel speaks for, as far as its options say."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import SecretStr

from publisher.model.account import fingerprint
from publisher.senders.base import Options

OPTIONAL = ("base_url", "channel")  # they name an account where they are given


def account_of(sender: str, options: Options) -> dict[str, str]:
    """Return the account by its options, resolved; whose a secret is can't be seen."""
    return {name: fingerprint(value) for name, value in (("sender", sender), *_naming(options))}


def _naming(options: Options) -> Iterator[tuple[str, str]]:
    for name, field in type(options).model_fields.items():
        value = getattr(options, name)
        if (field.is_required() or name in OPTIONAL) and not isinstance(value, SecretStr):
            yield name, str(value)
