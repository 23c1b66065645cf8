"""When a schedule fires, in words: ``07:00 and 18:30, Monday to Friday, not on 2026-12-25``. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from publisher.model.days import WEEKDAYS
from publisher.model.project import When
from publisher.speech.phrases import _, joined, ngettext, weekday

EVERY_DAY = _("every day")
_CALLED = {day: weekday(date(2024, 1, number)) for number, day in enumerate(WEEKDAYS, start=1)}  # it began on a Monday
_ORDINALS = {"first": _("first"), "second": _("second"), "third": _("third"), "fourth": _("fourth"), "last": _("last")}
_EACH = {
    timedelta(days=1): EVERY_DAY,
    timedelta(hours=1): _("every hour"),
    timedelta(minutes=1): _("every minute"),
    timedelta(seconds=1): _("every second"),
}


def in_words(when: When) -> str:
    """Say when slots are; cron stays as it is written, since whoever wrote it reads it."""
    if when.new:
        hours = _from_to(*(f"{at:%H:%M}" for at in when.between)) if when.between else ""
        return joined([_("on every new article"), hours], ", ")
    if when.once is not None:
        return _("once")
    if when.every is not None:
        return _every(when.every)
    said = f"cron {when.cron}" if when.cron else joined([_all(f"{at:%H:%M}" for at in when.at), _days(when.days)], ", ")
    if not when.excluded:
        return said
    return _("%(when)s, not on %(days)s", when=said, days=_all(map(_exception, when.excluded)))


def _days(days: Sequence[str]) -> str:
    if not days or set(days) >= set(WEEKDAYS):
        return EVERY_DAY
    plain = [each for each in WEEKDAYS if each in days]
    others = [_rare(each) for each in days if each not in WEEKDAYS]
    return _all([*_runs(plain), *others])


def _runs(days: Sequence[str]) -> list[str]:
    """Return weekdays in words, three or more in a row as one."""
    runs: list[list[str]] = []
    for each in days:
        if runs and WEEKDAYS.index(runs[-1][-1]) + 1 == WEEKDAYS.index(each):
            runs[-1].append(each)
        else:
            runs.append([each])
    found: list[str] = []
    for run in runs:
        found += [_from_to(_CALLED[run[0]], _CALLED[run[-1]])] if len(run) > 2 else [_CALLED[day] for day in run]
    return found


def _rare(day: str) -> str:
    """Say ``first mon`` and ``15``."""
    if day.isdigit():
        return _("day %(day)s of the month", day=day)
    ordinal, weekday = day.split()
    return _("the %(ordinal)s %(weekday)s of the month", ordinal=_ORDINALS[ordinal], weekday=_CALLED[weekday])


def _exception(span: tuple[date | str, date | str]) -> str:
    first, last = map(str, span)
    return first if first == last else _from_to(first, last)


def _from_to(first: str, last: str) -> str:
    return _("%(first)s to %(last)s", first=first, last=last)


def _every(span: timedelta) -> str:
    """Say a rhythm: ``every hour``, ``every 15 minutes``."""
    left = int(span.total_seconds())
    parts = []
    for size, said_of in _UNITS:
        count, left = divmod(left, size)
        parts += [said_of(count)] if count else []
    return _EACH.get(span) or _("every %(span)s", span=_all(parts))


def _days_of(count: int) -> str:
    return ngettext("%(count)s day", "%(count)s days", count)


def _hours_of(count: int) -> str:
    return ngettext("%(count)s hour", "%(count)s hours", count)


def _minutes_of(count: int) -> str:
    return ngettext("%(count)s minute", "%(count)s minutes", count)


def _seconds_of(count: int) -> str:
    return ngettext("%(count)s second", "%(count)s seconds", count)


def _all(words: Iterable[str]) -> str:
    *first, last = words
    return _("%(first)s and %(last)s", first=joined(first, ", "), last=last) if first else last


_UNITS = ((86_400, _days_of), (3_600, _hours_of), (60, _minutes_of), (1, _seconds_of))
