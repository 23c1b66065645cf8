"""What our own addresses answer, asked as a mail program and a provider ask: from outside, following nothing."""

from __future__ import annotations

import errno
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import SSLError
from urllib3.exceptions import HTTPError

from publisher.app.doctor.finding import Unseen
from publisher.senders.http import HttpSettings

TIMEOUTS = (5.0, 10.0)  # seconds to connect, and to read
# What is read of an answer comes past requests, in urllib3's own errors.
BROKEN = (requests.RequestException, HTTPError, OSError, ValueError)
OURS = ("Referrer-Policy", "no-referrer")  # every answer of Publisher says it


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, or why there is none although the server was reached."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""  # "certificate" or "refused"
    words: str = ""
    text: str = ""  # its beginning, where that was asked for

    @property
    def leads_to(self) -> str:
        """The host that a redirect leads to; empty: it is none."""
        if self.status // 100 != 3:
            return ""
        return urlsplit(self.headers.get("Location", "")).hostname or "another address"

    @property
    def is_ours(self) -> bool:
        return OURS[1] in self.headers.get(OURS[0], "")


class Web:
    """Asks our own addresses.

    :param authority: file of certificates to believe; empty: those that requests believes.
    """

    def __init__(self, authority: str = "") -> None:
        self._verify: str | bool = authority or True

    def ask(
        self,
        method: str,
        url: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        most: int = 0,
    ) -> Said:
        """Ask for an address; nothing is followed and no proxy is used.

        :param most: how many bytes of the answer are read.
        :raises Unseen: it can't be told from here whether anybody is there.
        """
        said = {"User-Agent": HttpSettings().user_agent, **(headers or {})}
        try:
            with self._session() as session:
                reply = session.request(
                    method,
                    url,
                    data=form,
                    headers=said,
                    timeout=TIMEOUTS,
                    allow_redirects=False,
                    stream=True,
                    verify=self._verify,
                )
                text = reply.raw.read(most, decode_content=True).decode("utf-8", "replace") if most else ""
                reply.close()
        except SSLError as error:
            return Said(fault="certificate", words=_why(error))
        except NoConnection as error:
            if _errno(error) == errno.ECONNREFUSED:
                return Said(fault="refused")
            raise Unseen(url, "it can't be reached from here") from error
        except BROKEN as error:
            raise Unseen(url, type(error).__name__) from error
        return Said(reply.status_code, reply.headers, text=text)

    def listen(self, url: str) -> list[float]:
        """Return when each event of a stream came, in seconds of a steady clock; none where it doesn't come whole."""
        try:
            with (
                self._session() as session,
                session.get(url, timeout=TIMEOUTS, allow_redirects=False, stream=True, verify=self._verify) as reply,
            ):
                lines = reply.iter_lines(chunk_size=1)
                return [time.monotonic() for line in lines if line.startswith(b"data:")]
        except BROKEN:
            return []

    def _session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        return session


def _chain(error: BaseException | None) -> list[BaseException]:
    """Return an error with everything that it stands for."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        inner = getattr(error, "reason", None) or next(
            (each for each in error.args if isinstance(each, BaseException)), None
        )
        error = inner if isinstance(inner, BaseException) else error.__cause__ or error.__context__
    return found


def _errno(error: BaseException) -> int | None:
    return next((each.errno for each in _chain(error) if isinstance(each, OSError) and each.errno), None)


def _why(error: BaseException) -> str:
    found = (getattr(each, "verify_message", "") for each in _chain(error))
    return next((words for words in found if words), "no secure connection comes about")
