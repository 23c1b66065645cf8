"""``when:``: the slots of a schedule; and those of a channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from publisher.config import cron, moments
from publisher.config.shape import REQUIRED, Shape, key
from publisher.config.values import Duration, PositiveDuration, parsed, split_names, wrong
from publisher.model.days import is_excluded, is_wanted
from publisher.model.project import MissedRule, When

KINDS = ("at", "cron", "every", "once", "new")
# Which of them a key can stand beside.
COMPANIONS = {"days": ("at",), "excluded": ("at", "cron"), "between": ("new",), "outside": ("new",)}
ROUND = date(2024, 1, 1), date(2052, 1, 1)  # after 28 years every date has fallen on every weekday
DAYS_OF_ROUND = tuple(timedelta(days=number) for number in range((ROUND[1] - ROUND[0]).days))

Several = WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": ["string", "integer"]}}]})


def _each(parse: Callable[[object], Any]) -> PlainValidator:
    """Read every entry of a list, or of a text with commas."""

    def read(value: object) -> tuple[Any, ...]:
        entries = split_names(value)
        if not isinstance(entries, list) or not entries:
            raise wrong("is not a list", "Write the entries between `[` and `]`, with commas")
        return tuple(_entry(parse, entry, alone=len(entries) == 1 and not isinstance(value, list)) for entry in entries)

    return PlainValidator(read)


def _entry(parse: Callable[[object], Any], entry: object, *, alone: bool) -> Any:
    """Read one entry; an error names it, where it isn't the whole value."""
    try:
        return parse(entry)
    except PydanticCustomError as error:
        context = error.context or {}
        if alone or "what" not in context:
            raise
        raise wrong(f"has `{entry}`, which {context['what']}", context["remedy"]) from None


def _days(parsed_days: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(parsed_days)))


Times = Annotated[tuple[time, ...], _each(moments.clock_time), Several]
Exceptions = Annotated[tuple[tuple[date | str, date | str], ...], _each(moments.exception), Several]
Days = Annotated[tuple[str, ...], _each(moments.days), AfterValidator(_days), Several]
Span = Annotated[
    tuple[time, time], *parsed(moments.span, "^[0-9]{1,2}:[0-9]{2} *[-–] *[0-9]{1,2}:[0-9]{2}$", "07:00-22:00")
]
Moment = Annotated[datetime, *parsed(moments.moment, "", "2026-12-24T07:00")]
Cron = Annotated[str, *parsed(cron.check, "", "0 7 * * mon-fri")]


class WhenShape(Shape):
    """When slots are: exactly one of at, cron, every, once and new."""

    at: Times | None = key(None, 'Time or times of day: `"07:00"`, `["07:00", "18:30"]`')
    days: Days | None = key(
        None, "With `at`: `mon-fri`, `[mon, wed]`, `first mon`, `last fri`, `[1, 15]`; without it, every day"
    )
    excluded: Exceptions | None = key(
        None, "With `at` and `cron`: no slot on these days: `2026-12-25`, `12-25`, `08-01..08-31`", alias="except"
    )
    cron: Cron | None = key(None, "Five fields of cron; 0 and 7 are Sunday: `0 7 * * mon-fri`")
    every: PositiveDuration | None = key(None, "A rhythm: `30m`, `2h`")
    once: Moment | None = key(None, "A single date and time: `2026-12-24T07:00`")
    new: Literal["article"] | None = key(None, "`article`: as soon as there is a new one, each by itself")
    between: Span | None = key(None, 'With `new`: only in this part of the day: `"07:00-22:00"`')
    outside: Literal["wait", "drop"] = key("wait", "With `between`: what becomes of articles that come at other times")
    prepare: Duration = key(timedelta(), "How long before the slot the draft is made")
    late: Duration = key(timedelta(hours=12), "How late an edition may still go out; an older one is held")
    missed: MissedRule = key("latest", "Which slots are made up for after downtime")
    hold_for: Duration = key(timedelta(), "How long a finished send can still be called back")
    jitter: Duration = key(timedelta(), "Up to how much a send is shifted, so that not everything leaves at once")

    @model_validator(mode="after")
    def _has_one_kind(self) -> WhenShape:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if not given:
            raise wrong("doesn't say when", 'Write one of `at: "07:00"`, `cron:`, `every:`, `once:`, `new: article`')
        if len(given) > 1:
            raise wrong(f"has both `{given[0]}:` and `{given[1]}:`", "Keep one of them, or make two schedules of it")
        self._check_companions(given[0])
        _check_days(cron.days(self.cron, ROUND) if self.cron else _round(self.days), self.excluded)
        return self

    def _check_companions(self, kind: str) -> None:
        for name, kinds in COMPANIONS.items():
            if name in self.model_fields_set and kind not in kinds:
                written = type(self).model_fields[name].alias or name
                belongs = " or ".join(f"`{other}:`" for other in kinds)
                raise wrong(f"has `{written}:`, which goes with {belongs}, not with `{kind}:`", _instead(name, kind))
        if "outside" in self.model_fields_set and self.between is None:
            raise wrong("has `outside:` without `between:`", 'Add `between: "07:00-22:00"`')

    def record(self, once: datetime | None) -> When:
        """Return the record.

        :param once: the moment of ``once:`` in the publication's zone.
        """
        return When(
            at=self.at or (),
            days=self.days or (),
            cron=self.cron or "",
            every=self.every,
            once=once,
            new=self.new or "",
            excluded=self.excluded or (),
            between=self.between,
            outside=self.outside,
            prepare=self.prepare,
            late=self.late,
            missed=self.missed,
            hold_for=self.hold_for,
            jitter=self.jitter,
        )


class ChannelSlotsShape(Shape):
    """Slots of a channel's own: one of the posts that wait leaves at each."""

    at: Times = key(REQUIRED, 'Time or times of day: `"09:00"`, `["09:00", "13:00"]`', example='"09:00"')
    days: Days | None = key(None, "`mon-fri`, `[mon, wed]`, `first mon`, `last fri`, `[1, 15]`; without it, every day")
    excluded: Exceptions | None = key(
        None, "No slot on these days: `2026-12-25`, `12-25`, `08-01..08-31`", alias="except"
    )

    @model_validator(mode="after")
    def _has_days(self) -> ChannelSlotsShape:
        _check_days(_round(self.days), self.excluded)
        return self

    def record(self) -> When:
        return When(at=self.at, days=self.days or (), excluded=self.excluded or ())


def _round(wanted: tuple[str, ...] | None) -> Iterator[date]:
    """Yield the days of one whole round of the calendar that `days:` means."""
    yield from (day for day in map(ROUND[0].__add__, DAYS_OF_ROUND) if is_wanted(day, wanted or ()))


def _check_days(days: Iterator[date], excluded: tuple[tuple[date | str, date | str], ...] | None) -> None:
    if excluded and all(is_excluded(day, excluded) for day in days):
        raise wrong("can never fire: `except:` takes out every day", "Take out fewer days")


def _instead(name: str, kind: str) -> str:
    if name == "days" and kind == "cron":
        return "Write the days into its fifth field: `0 7 * * mon-fri`"
    if kind == "every":
        return "Write it as cron: `*/30 7-21 * * mon-fri`"
    return "Take the line out"
