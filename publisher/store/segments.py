"""Segments in SQL: a condition becomes an expression of bound values over a list's subscriptions, on both engines."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Float,
    Integer,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)

from publisher.model import condition as asked
from publisher.model.condition import Comparison, Condition, IsOn, OneOf, Value
from publisher.model.condition_parser import parse
from publisher.model.segment import Selection
from publisher.model.subscriber import SubscriptionState
from publisher.store.sql import among, text_of_key
from publisher.store.tables import Text, domains, lists, subscribers, subscriptions

_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_DIGITS = "0123456789"
_MOST_DIGITS = 15  # which a float keeps exactly


def meant(selection: Selection, now: datetime) -> ColumnElement[bool]:
    """Return which of the subscriptions in a query, joined with their subscribers, a selection means.

    :param now: from which ages are counted.
    """
    if not selection.condition:
        return true()
    return _Clauses(ZoneInfo(selection.zone), _languages(selection), now).of(parse(selection.condition))


def chosen(selection: Selection, now: datetime, *, is_quiet: bool = False) -> ColumnElement[bool]:
    """Return which of the subscriptions that a selection means are written to now.

    :param is_quiet: instead those whose reader asked for quiet.
    """
    quiet = func.coalesce(subscribers.c.paused_until > now, false())
    return and_(meant(selection, now), quiet if is_quiet else ~quiet)


def _languages(selection: Selection) -> ColumnElement[str]:
    """Return the language of readers who chose none: that of the subscription's list."""
    mine = {name: language for name, language in selection.languages.items() if language}
    if not mine:
        return literal("", Text)
    name = select(lists.c.name).where(lists.c.id == subscriptions.c.list_id).correlate(subscriptions).scalar_subquery()
    return case(mine, value=name, else_="")


@dataclass(frozen=True, slots=True)
class _Clauses:
    """Makes clauses, which are true or false of every reader and never NULL."""

    zone: ZoneInfo
    list_language: ColumnElement[str]
    now: datetime

    def of(self, condition: Condition) -> ColumnElement[bool]:
        match condition:
            case asked.Every(parts):
                return and_(*map(self.of, parts))
            case asked.Any(parts):
                return or_(*map(self.of, parts))
            case asked.Not(part):
                return not_(self.of(part))
            case IsOn(list_name):
                return _is_on(list_name)
            case OneOf(subject, values):
                return self._one_of(subject, values)
            case Comparison(subject, sign, value):
                return self._comparison(subject, sign, value)

    def _comparison(self, subject: asked.Subject, sign: str, value: Value) -> ColumnElement[bool]:
        if subject.kind == "joined":
            return self._joined(sign, value)
        if subject.kind == "attribute" and not isinstance(value, str):
            found = _as_number(subject.name) if isinstance(value, float) else _as_day(subject.name)
            told = value if isinstance(value, float) else _number_of(value)
            return func.coalesce(_SIGNS[sign](found, told), false())
        clause = self._one_of(subject, (value,))
        return clause if sign == "==" else not_(clause)

    def _one_of(self, subject: asked.Subject, values: Sequence[Any]) -> ColumnElement[bool]:
        if subject.kind == "joined":
            return or_(*(self._joined("==", value) for value in values))
        if subject.kind == "language":
            return or_(*(self._speaks(value) for value in values))
        if subject.kind == "domain":
            named = select(domains.c.id).where(among(domains.c.name, [value.casefold() for value in values]))
            return func.coalesce(subscribers.c.domain_id.in_(named), false())
        if not isinstance(values[0], str):
            return or_(*(self._comparison(subject, "==", value) for value in values))
        return func.coalesce(_text(subject.name), "").in_([literal(value, Text) for value in values])

    def _speaks(self, language: str) -> ColumnElement[bool]:
        """``pt`` means every Portuguese, ``pt-BR`` that of Brazil."""
        own = func.coalesce(subscribers.c.language, self.list_language)
        return or_(own == language, own.startswith(f"{language}-", autoescape=True))

    def _joined(self, sign: str, value: Value) -> ColumnElement[bool]:
        since = subscriptions.c.since
        if isinstance(value, timedelta):  # an age: the longer it is, the earlier they came
            return _SIGNS[sign](self.now - value, since)  # type: ignore[no-any-return]
        assert isinstance(value, date)  # noqa: S101 -- the parser lets nothing else through
        begins, ends = self._midnight(value), self._midnight(value + timedelta(days=1))
        clauses: dict[str, ColumnElement[bool]] = {
            "==": and_(since >= begins, since < ends),
            "!=": or_(since < begins, since >= ends),
            "<": since < begins,
            "<=": since < ends,
            ">": since >= ends,
            ">=": since >= begins,
        }
        return clauses[sign]

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)


def _is_on(list_name: str) -> ColumnElement[bool]:
    other = subscriptions.alias()
    list_id = select(lists.c.id).where(lists.c.name == list_name).scalar_subquery()
    mine = (other.c.list_id == list_id, other.c.subscriber_id == subscribers.c.id)
    return exists(select(1).where(*mine, other.c.state == SubscriptionState.CONFIRMED).correlate(subscribers))


def _text(name: str) -> ColumnElement[str]:
    return text_of_key(subscribers.c.attributes, name)


def _as_number(name: str) -> ColumnElement[float]:
    """Return an attribute as a number; NULL where it is none: ``12``, ``-3.5``, at most 15 digits."""
    text = _said(name)
    bare = case((func.substr(text, 1, 1) == "-", func.substr(text, 2)), else_=text)
    rest = func.ltrim(bare, _DIGITS)  # the point and what follows it
    is_whole = and_(bare != "", rest == "")
    after_point = func.substr(rest, 2)
    is_broken = and_(rest != bare, func.substr(rest, 1, 1) == ".", after_point != "", _are_digits(after_point))
    is_number = and_(func.length(bare) <= _MOST_DIGITS, or_(is_whole, is_broken))
    return select(case((is_number, cast(text, Float)))).scalar_subquery()


def _as_day(name: str) -> ColumnElement[int]:
    """Return an attribute that is written like a date as the number of its digits; NULL where it isn't."""
    text = _said(name)
    digits = func.substr(text, 1, 4).concat(func.substr(text, 6, 2)).concat(func.substr(text, 9, 2))
    marks = func.substr(text, 5, 1).concat(func.substr(text, 8, 1))
    is_day = and_(func.length(text) == len("2026-11-24"), marks == "--", _are_digits(digits))
    return select(case((is_day, cast(digits, Integer)))).scalar_subquery()


def _said(name: str) -> ColumnElement[str]:
    """Return an attribute's text as the one column of a query of its own: it is looked up once, and asked much."""
    return select(_text(name).label("said")).correlate(subscribers).subquery().c.said


def _are_digits(text: Any) -> ColumnElement[bool]:
    return func.ltrim(text, _DIGITS) == ""


def _number_of(day: Any) -> int:
    return int(f"{day:%Y%m%d}")


def means(conn: Connection, subscriber_id: int, list_names: Sequence[str], selection: Selection, now: datetime) -> bool:
    """Say whether a selection means a person on one of these lists."""
    query = select(1).select_from(subscriptions.join(lists).join(subscribers))
    mine = (subscribers.c.id == subscriber_id, among(lists.c.name, list_names), meant(selection, now))
    return conn.execute(query.where(*mine).limit(1)).first() is not None


def unmet(conn: Connection, names: Sequence[str]) -> list[str]:
    """Return which of these attributes no subscriber has."""
    has = {name: exists(select(1).select_from(subscribers).where(_text(name).is_not(None))) for name in names}
    return [name for name, clause in has.items() if not conn.execute(select(clause)).scalar_one()]


def attributes_met(conn: Connection, newest: int) -> set[str]:
    """Return the names of the attributes that the newest subscribers have."""
    query = select(subscribers.c.attributes).order_by(subscribers.c.id.desc()).limit(newest)
    return {name for attributes in conn.execute(query).scalars() for name in attributes}
