"""What stands outside schedules.yaml: the environment, credentials of systemd, and a ``.env`` beside the file.

The environment wins over credentials, and these over ``.env``.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cached_property
from pathlib import Path

from dotenv.parser import parse_stream
from pydantic_core import PydanticCustomError

from publisher.config.channels import is_secret
from publisher.config.serving import Serving, serving_of
from publisher.config.values import VARIABLE, duration
from publisher.errors import ConfigError
from publisher.model.project import Channel, Note, Project
from publisher.model.timing import Timing

FILE = ".env"
CREDENTIALS = "CREDENTIALS_DIRECTORY"  # where systemd puts what a unit's LoadCredential= names
OPTIONS = "PUBLISHER_"  # how the names of our own options begin: ports and spans, and no secret among them
MIN_FREE = "PUBLISHER_MIN_FREE"
_SIZE = re.compile(r"(\d{1,9}(?:\.\d{1,3})?) ?(|MB|GB|TB)", re.ASCII)
_BYTES = {"": 1, "MB": 10**6, "GB": 10**9, "TB": 10**12}
LOG_FORMATS = ("text", "json")
SPANS = tuple(span.name for span in fields(Timing))


class Settings:
    """Values by name. Neither its repr nor its errors show one.

    :ivar hidden: values that nobody is shown: all of ``.env`` and of credentials but our own options, and what the
        environment holds under a secret's name.
    """

    def __init__(self, values: Mapping[str, str], hidden: Iterable[str] = ()) -> None:
        self._values = dict(values)
        self.hidden = frozenset(hidden)

    @classmethod
    def load(cls, folder: Path, environ: Mapping[str, str] | None = None) -> Settings:
        """Read ``.env`` in a directory, where there is one, under the environment, which stays as it is.

        :raises ConfigError: for a line of ``.env`` that is no ``NAME=value``.
        """
        around = os.environ if environ is None else environ
        written = {**_read(folder / FILE), **_credentials(around.get(CREDENTIALS, ""))}
        kept = (value for name, value in written.items() if not name.startswith(OPTIONS))
        hidden = (*kept, *(value for name, value in around.items() if is_secret(name)))
        return cls({**written, **around}, hidden)

    @property
    def database_url(self) -> str:
        """Where the ledger is; empty: in a file of the project."""
        return self.get("DATABASE_URL")

    @property
    def logs_json(self) -> bool:
        """Whether each line of the log is a JSON object (``LOG_FORMAT=json``), and not for people's eyes.

        :raises ConfigError: it is to be something else.
        """
        said = self.get("LOG_FORMAT")
        if said not in ("", *LOG_FORMATS):
            raise ConfigError(
                f"LOG_FORMAT: {said!r} is no format", where=FILE, remedy=f"Say {' or '.join(LOG_FORMATS)}"
            )
        return said == "json"

    def get(self, name: str) -> str:
        """Return a value; empty where it is not set."""
        return self._values.get(name, "")

    def resolve(self, text: str, where: str = "") -> str:
        """Replace every ``${NAME}``; ConfigError names one that is not set."""
        for name in self._unset_in(text):
            raise _unset(name, where)
        return VARIABLE.sub(lambda found: self._values[found[1]], text)

    def resolve_options(self, channel: Channel) -> dict[str, object]:
        """Return a channel's options with every ``${NAME}`` replaced, in lists and groups too."""
        return {name: self._resolve(value, channel.places.get(name, "")) for name, value in channel.options.items()}

    @cached_property
    def timing(self) -> Timing:
        """Return how patient calls are: ``PUBLISHER_LEASE=3m`` and so on; ConfigError where they don't fit together."""
        said = {name: self._values.get(f"PUBLISHER_{name.upper()}", "") for name in SPANS}
        try:
            return Timing(**{name: duration(text) for name, text in said.items() if text})
        except PydanticCustomError as error:
            words = error.context or {}
            what = f"{' or '.join(f'PUBLISHER_{name.upper()}' for name in SPANS if said[name])} {words.get('what', '')}"
            raise ConfigError(what, where=FILE, remedy=words.get("remedy", "")) from None
        except ValueError as error:
            raise ConfigError(
                f"PUBLISHER_LEASE: {error}", where=FILE, remedy="Make the lease longer, or the others shorter"
            ) from None

    @cached_property
    def serving(self) -> Serving:
        """Return where this machine listens and whom it believes; ConfigError where that can't be meant."""
        return serving_of(self.get)

    @cached_property
    def min_free(self) -> int:
        """Return how many bytes must be free for slots to fire: ``PUBLISHER_MIN_FREE=500MB``; 1 GB, where it isn't set.

        :raises ConfigError: it is no size.
        """
        said = self.get(MIN_FREE).strip()
        found = _SIZE.fullmatch(said.upper() or "1GB")
        if found is None:
            remedy = "Write `1GB` or `500MB`; `0` for no floor at all"
            raise ConfigError(f"{MIN_FREE} is no size: {said[:30]!r}", where=FILE, remedy=remedy)
        return int(float(found[1]) * _BYTES[found[2] or ""])

    def missing(self, project: Project) -> list[Note]:
        """Return a note for every ``${NAME}`` in the project that is not set."""
        unset = [_unset(name, where) for text, where in _texts(project) for name in self._unset_in(text)]
        unset += [each for channel in project.channels.values() for each in self.unset(channel)]
        return list(dict.fromkeys(Note(each.where, each.what, each.remedy) for each in unset))

    def unset(self, channel: Channel) -> list[ConfigError]:
        """Return an error for every ``${NAME}`` of a channel that is not set."""
        return [
            _unset(name, where, f", or get it: publisher connect {channel.name}" if is_secret(option) else "")
            for option, text, where in _texts_of(channel)
            for name in self._unset_in(text)
        ]

    def _unset_in(self, text: str) -> list[str]:
        return [name for name in VARIABLE.findall(text) if not self._values.get(name)]

    def _resolve(self, value: object, where: str) -> object:
        if isinstance(value, str):
            return self.resolve(value, where)
        if isinstance(value, list):
            return [self._resolve(item, where) for item in value]
        if isinstance(value, dict):
            return {name: self._resolve(item, where) for name, item in value.items()}
        return value

    def __repr__(self) -> str:
        return f"Settings({len(self._values)} values)"


def _texts(project: Project) -> Iterator[tuple[str, str]]:
    """Yield every text outside the channels that may hold ``${NAME}``, with its place."""
    yield project.alerts.heartbeat, project.alerts.where
    for source in project.sources.values():
        for text in (source.location, source.user, source.password, source.token):
            yield text, source.where


def _texts_of(channel: Channel) -> Iterator[tuple[str, str, str]]:
    """Yield every text of a channel that may hold ``${NAME}``, with the option's name and its place."""
    yield "base_url", channel.base_url, channel.places.get("base_url", channel.where)
    for name, value in channel.options.items():
        for text in _strings(value):
            yield name, text, channel.places.get(name, channel.where)


def _unset(name: str, where: str, other_way: str = "") -> ConfigError:
    remedy = f"Add {name}=… to .env or the environment{other_way}"
    return ConfigError(f"${{{name}}} is not set", where=where, remedy=remedy)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def _credentials(folder: str) -> dict[str, str]:
    """Return what systemd hands over: a file that ends in ``.env`` is read like ours, any other is its name's value.

    :raises ConfigError: one of them can't be read.
    """
    values: dict[str, str] = {}
    try:
        found = sorted(Path(folder).iterdir()) if folder else []
    except OSError as error:
        raise ConfigError(f"the directory can't be read: {error.strerror}", where=f"${CREDENTIALS}") from None
    for path in found:
        if path.name.endswith(FILE):
            values |= _read(path)
        elif VARIABLE.fullmatch(f"${{{path.name}}}"):
            values[path.name] = _text_of(path).rstrip("\r\n")
    return values


def _read(path: Path) -> dict[str, str]:
    """Return what ``.env`` sets; values are taken as they stand, without expansion of their own."""
    values = {}
    for binding in parse_stream(io.StringIO(_text_of(path))):
        if binding.error:
            where = f"{path.name}:{binding.original.line}"
            raise ConfigError("this line can't be read", where=where, remedy="Write NAME=value")
        if binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
    return values


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise ConfigError(f"the file can't be read: {error.strerror}", where=path.name) from None
    except UnicodeDecodeError:
        raise ConfigError("the file is not UTF-8", where=path.name, remedy="Save it as UTF-8 in your editor") from None
