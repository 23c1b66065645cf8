"""The one place that turns silence, statuses and headers into verdicts. A sender overrides only what differs.

=====================================================  =========================================
what came                                              verdict
=====================================================  =========================================
no connection, no such host, no TLS; the body did       deferred: certainly not accepted
not leave whole
no answer, or it broke off, after the body left         unknown
429, 408, 425; 503 that says when                      deferred until then
any other 5xx; 2xx that can't be read                  unknown
401, 402, 403; a redirect                              refused by the account: the channel stops
any other 4xx                                          refused: this message
=====================================================  =========================================
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

from publisher.model.call import Answer, Outcome, Scope, Verdict

Left = Literal["nothing", "part", "slow", "all"]  # of a request's body; slow: a part, and then we gave it up

NOT_EDITED = "there is no such post any more, or it is another account's: nothing was edited"
NOT_THERE = "it was not there any more, or is another account's"
OUT_OF_TIME = "the steps before this request took too long; it was not sent"
LONGEST_WAIT = timedelta(days=1)  # a provider that asks for more is asked again after a day
EPOCH_FROM = 1_000_000_000  # a number above this is a moment (2001 and later), below it a number of seconds
PASSING = frozenset({408, 425, 429})
ACCOUNT = frozenset({401, 402, 403})


def sent(provider_id: str = "", url: str = "") -> Verdict:
    return Verdict(Outcome.SENT, provider_id=provider_id, url=url)


def refused(reason: str, scope: Scope = Scope.MESSAGE) -> Verdict:
    return Verdict(Outcome.REFUSED, scope, reason)


def taken_down(verdict: Verdict, *, is_gone: bool, is_token: bool) -> Verdict:
    """Return what became of a post that was to be taken down.

    :param verdict: what the answer would mean of any request.
    :param is_gone: there is no such post, as far as this account sees: it was taken down before, by us or by somebody.
    :param is_token: nothing goes with this token any more. Whatever else takes nothing down, lets new posts through.
    """
    if is_gone:
        return replace(sent(), reason=NOT_THERE)
    return _of_post(verdict, is_token=is_token)


def edited(verdict: Verdict, *, is_gone: bool, is_token: bool) -> Verdict:
    """Return what became of a post that was to say something else: what isn't there says nothing.

    :param verdict: what the answer would mean of any request.
    :param is_gone: there is no such post, as far as this account sees.
    :param is_token: nothing goes with this token any more. Whatever else edits nothing, lets new posts through.
    """
    if is_gone:
        return refused(f"{verdict.reason}; {NOT_EDITED}" if verdict.reason else NOT_EDITED)
    return _of_post(verdict, is_token=is_token)


def _of_post(verdict: Verdict, *, is_token: bool) -> Verdict:
    """Let a refusal reach one post and no further, unless it is the token's."""
    is_of_post = verdict.scope is Scope.ACCOUNT and not is_token
    return replace(verdict, scope=Scope.MESSAGE) if is_of_post else verdict


def deferred(reason: str, until: datetime | None = None) -> Verdict:
    return Verdict(Outcome.DEFERRED, Scope.PASSING, reason, until=until)


def unknown(reason: str) -> Verdict:
    return Verdict(Outcome.UNKNOWN, Scope.PASSING, reason)


def stop(verdict: Verdict, exceptions: Mapping[int, Verdict] | None = None, *, split: bool = False) -> Answer:
    """Answer without having spoken to anyone."""
    return Answer(verdict, exceptions or {}, split=split)


def judge_status(status: int, said: str, until: datetime | None) -> Verdict | None:
    """Return what a status means everywhere, or None for a 2xx.

    :param said: the provider's own words.
    :param until: when it may be tried again, where the answer says so.
    """
    reason = f"HTTP {status}: {said}" if said else f"HTTP {status}"
    if 200 <= status < 300:
        return None
    if status in PASSING or (status == 503 and until):
        return deferred(reason, until)
    if status in ACCOUNT:
        return refused(reason, Scope.ACCOUNT)
    if 300 <= status < 400:
        return refused(f"{reason}; it redirects, and redirects are not followed", Scope.ACCOUNT)
    if 400 <= status < 500:
        return refused(reason)
    return unknown(reason)


def judge_silence(error: Exception, host: str, left: Left) -> Verdict:
    """Return what it means that no answer came.

    :param left: how much of the body was handed to the network. Until all of it was, nothing can have been accepted.
    """
    import requests  # here: who only reads verdicts needs no HTTP

    if left == "all":
        late = isinstance(error, requests.ReadTimeout)
        return unknown(f"{host} {'gave no answer in time' if late else 'broke the connection before it answered'}")
    if left == "part":
        return deferred(f"{host} broke the connection while the request was on its way; it did not get it whole")
    if left == "slow":
        return deferred(f"{host} took the request too slowly, so it was given up; {host} did not get it whole")
    if isinstance(error, ValueError):  # an address or a header that can't be put on the wire
        return refused("the channel's address or one of its headers can't be sent", Scope.ACCOUNT)
    return deferred(f"{host} could not be reached: {_why(error)}; nothing was sent")


def _why(error: BaseException) -> str:
    """Say why there was no connection, in our words: the libraries' own hold the whole address."""
    import requests
    from urllib3.exceptions import NameResolutionError

    if isinstance(error, requests.ConnectTimeout):
        return "no connection in time"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate can't be trusted ({cause.verify_message})"
        if isinstance(cause, NameResolutionError):
            return "no such host"
        cause = cause.__cause__ or cause.__context__ or getattr(cause, "reason", None)
        cause = cause if isinstance(cause, BaseException) else None
    return "no TLS" if isinstance(error, requests.exceptions.SSLError) else "no connection"


def moment(value: str, now: datetime) -> datetime | None:
    """Read when to try again: seconds, seconds since 1970, ISO 8601 or an HTTP date; None where it is none of these.

    Never before now and never later than :data:`LONGEST_WAIT`.
    """
    read = stated(value, now)
    return None if read is None else min(max(read, now), now + LONGEST_WAIT)


def stated(value: str, now: datetime) -> datetime | None:
    """Read a moment in any of these forms as it stands there, however far off."""
    read = _number(value, now) or _date(value)
    return read.replace(tzinfo=UTC) if read is not None and read.tzinfo is None else read


def _number(value: str, now: datetime) -> datetime | None:
    try:
        number = float(value)
        return datetime.fromtimestamp(number, UTC) if number >= EPOCH_FROM else now + timedelta(seconds=number)
    except (ValueError, OverflowError, OSError):
        return None


def _date(value: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return read(value)
        except (ValueError, OverflowError):
            continue
    return None


def retry_at(headers: Mapping[str, str], names: tuple[str, ...], now: datetime) -> datetime | None:
    """Return the first moment that one of the named headers states."""
    return next((found for name in names if (found := moment(headers.get(name, "").strip(), now))), None)


def next_midnight(now: datetime) -> datetime:
    """Return when a quota of a day or a month is asked for again, where the provider doesn't say: at 0:00 UTC."""
    return (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
