"""Segments: a condition in SQL means the very readers that it means in plain words, on both engines."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from publisher.model import condition as asked
from publisher.model.condition import ConditionError
from publisher.model.condition_parser import parse
from publisher.model.segment import Selection
from publisher.store import Store, segments, subscribers
from publisher.store.tables import subscribers as people
from publisher.store.tables import subscriptions
from tests.ledger import NOW

ZONE = ZoneInfo("Europe/Lisbon")
HOSTILE = (
    "'; DROP TABLE subscribers; --",
    "' OR 1=1 --",
    "\\",
    "%",
    "_",
    ":name",
    "%(name)s",
    "{}",
    "$.city",
    "a\0b",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "“Porto”",
)
KEYS = ("city", "Straße", "a'b", "$.x", "a\\u0041", "x]y", "[0]", "#-1")
TEXTS = (
    "",
    "Porto",
    "porto",
    "Lisbon",
    "12",
    "12.0",
    "-3.5",
    "1e3",
    "٣",
    "12.",
    ".5",
    "1" * 16,
    "2026-02-03",
    "2026-2-3",
)


class Person:
    """A reader as the oracle knows them."""

    def __init__(self, attributes, since, language, domain, lists) -> None:
        self.attributes, self.since, self.language, self.domain = attributes, since, language, domain
        self.lists = lists


def means(condition: asked.Condition, person: Person, own_language: str = "pt-PT") -> bool:
    """Say what a condition means, in plain Python: the oracle."""
    match condition:
        case asked.Every(parts):
            return all(means(part, person, own_language) for part in parts)
        case asked.Any(parts):
            return any(means(part, person, own_language) for part in parts)
        case asked.Not(part):
            return not means(part, person, own_language)
        case asked.IsOn(name):
            return name in person.lists
        case asked.OneOf(subject, values):
            return any(means(asked.Comparison(subject, "==", value), person, own_language) for value in values)
    subject, sign, value = condition.subject, condition.operator, condition.value
    if subject.kind == "joined":
        return _joined(person.since, sign, value)
    if subject.kind == "language":
        own = person.language or own_language
        is_so = own == value or own.startswith(f"{value}-")
        return is_so if sign == "==" else not is_so
    if subject.kind == "domain":
        return (person.domain == value.casefold()) == (sign == "==")
    said = person.attributes.get(subject.name.replace("\0", "\ufffd"), "")
    if isinstance(value, str):
        return (said == value.replace("\0", "\ufffd")) == (sign == "==")
    if isinstance(value, date):
        return bool(re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", said)) and _compare(said, sign, value.isoformat())
    is_number = re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", said) and len(said.removeprefix("-")) <= 15
    return bool(is_number) and _compare(float(said), sign, value)


def _joined(since, sign, value) -> bool:
    if isinstance(value, timedelta):
        return _compare(NOW - since, sign, value)
    return _compare(since.astimezone(ZONE).date(), sign, value)


def _compare(left, sign, right) -> bool:
    return {"==": left == right, "!=": left != right}[sign] if sign in ("==", "!=") else {
        "<": left < right,
        "<=": left <= right,
        ">": left > right,
        ">=": left >= right,
    }[sign]  # fmt: skip


# --- conditions and readers, at random


texts = st.sampled_from([*TEXTS, *HOSTILE])
signs = st.sampled_from(["<", "<=", ">", ">="])
attributes = st.sampled_from(KEYS)
days = st.sampled_from([date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30), date(2026, 11, 24)])  # few, to meet


def attribute(name: str) -> str:
    return name if name.isidentifier() else f'attribute("{name}")'


def quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


equal = st.sampled_from(["==", "!="])
said = st.builds(lambda name, sign, text: f"{attribute(name)} {sign} {quoted(text)}", attributes, equal, texts).filter(
    lambda each: each.count("'") != 1 or '"' in each
)
numbers = st.sampled_from(["12", "-3.5", "0", "1000", "3"])
ordered = st.one_of(signs, equal)
compared = st.builds(lambda name, sign, number: f"{attribute(name)} {sign} {number}", attributes, ordered, numbers)
dated = st.builds(lambda name, sign, day: f"{attribute(name)} {sign} {day}", attributes, ordered, days)
joined_on = st.builds(lambda sign, day: f"joined {sign} {day}", ordered, days)
aged = st.builds(
    lambda sign, number, unit: f"joined {sign} {number}{unit}", signs, st.integers(0, 2), st.sampled_from("hdw")
)
listed = st.builds(
    lambda name, sign, some: f"{attribute(name)} {sign} ({', '.join(map(quoted, some))})",
    attributes,
    st.sampled_from(["in", "not in"]),
    st.lists(texts, min_size=1, max_size=3),
)
languages = st.builds(
    lambda sign, code: f'language {sign} "{code}"', equal, st.sampled_from(["pt", "pt-PT", "pt-BR", "en"])
)
on_list = st.sampled_from(['on("daily")', 'on("weekly")', 'on("nobody")'])
domains = st.builds(
    lambda sign, name: f'domain {sign} "{name}"', equal, st.sampled_from(["example.org", "Example.NET"])
)
simple = st.one_of(said, compared, dated, joined_on, aged, listed, languages, on_list, domains)
conditions = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not {}".format, inner),
    ),
    max_leaves=5,
)
persons = st.builds(
    Person,
    st.dictionaries(attributes, texts.map(lambda text: text.replace("\0", "\ufffd")), max_size=3),
    st.one_of(
        st.integers(0, 330 * 86_400).map(lambda n: NOW - timedelta(seconds=n)),
        days.map(lambda day: datetime.combine(day, time(), ZONE).astimezone(UTC)),  # midnight itself
        st.integers(0, 2).map(lambda n: NOW - timedelta(days=n)),
    ),
    st.sampled_from(["", "pt", "pt-BR", "en", "ptx"]),
    st.sampled_from(["example.org", "example.net"]),
    st.sampled_from([("daily",), ("daily", "weekly")]),
)


def enrol(conn, everyone: list[Person]) -> dict[int, Person]:
    """Write readers down and return them by id."""
    found = {}
    lists = {name: subscribers.ensure_list(conn, name) for name in ("daily", "weekly")}
    for number, person in enumerate(everyone, start=1):
        domain = subscribers.ensure_domain(conn, person.domain)
        row = {"email": f"r{number}@{person.domain}", "address_hash": f"h{number}", "domain_id": domain, "name": "R"}
        row |= {"attributes": person.attributes, "made_at": NOW, "language": person.language or None}
        made = conn.execute(insert(people).values(row).returning(people.c.id)).scalar_one()
        for name in person.lists:
            values = {"list_id": lists[name], "subscriber_id": made, "state": "confirmed", "basis": "b", "actor": "a"}
            conn.execute(insert(subscriptions).values(**values, since=person.since))
        found[made] = person
    return found


def chosen(conn, condition: str) -> set[int]:
    """Return whom a condition means among the readers of the daily list."""
    selection = Selection("s", condition, "Europe/Lisbon", {"daily": "pt-PT"})
    whom = segments.meant(selection, NOW)
    list_id = subscribers.ensure_list(conn, "daily")
    return set(conn.execute(select(subscribers.of_list(list_id, whom).subquery().c.id)).scalars())


@given(st.lists(persons, min_size=1, max_size=6), st.lists(conditions, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_condition_means_whom_the_oracle_means(store: Store, everyone, some):
    with store.rehearsal() as conn:
        known = enrol(conn, everyone)
        for text in some:
            condition = parse(text)
            assert chosen(conn, text) == {number for number, each in known.items() if means(condition, each)}, text


@given(st.text(max_size=60) | conditions.flatmap(lambda text: st.integers(0, len(text)).map(lambda at: text[:at])))
@settings(max_examples=300, deadline=None)
def test_whatever_is_written_is_a_condition_or_an_error_with_its_place(text):
    try:
        parse(text)
    except ConditionError as error:
        assert 0 <= error.at <= len(text)
        assert error.what


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text(store: Store, text):
    person = Person({"city": text.replace("\0", "\ufffd")}, NOW, "", "example.org", ("daily",))
    with store.write() as conn:
        enrol(conn, [person])
        sign = "'" if '"' in text else '"'
        if sign not in text:
            assert chosen(conn, f"city == {sign}{text}{sign}") == {1}
            assert chosen(conn, f"attribute({sign}{text}{sign}) != {sign}{sign}") == set()
        assert conn.execute(select(people.c.id)).scalars().all() == [1]


def test_attributes_that_nobody_has_are_named(store: Store):
    with store.write() as conn:
        enrol(conn, [Person({"city": "Porto"}, NOW, "", "example.org", ("daily",))])
        assert segments.unmet(conn, ["city", "citty"]) == ["citty"]
        assert segments.attributes_met(conn, 10) == {"city"}


# A day ends in the publication's zone; on 29 March 2026 Lisbon's has 23 hours. An age is met to the microsecond.
MIDNIGHT = datetime(2026, 3, 29, tzinfo=ZONE)
NEXT = datetime(2026, 3, 30, tzinfo=ZONE)
MOMENT = timedelta(microseconds=1)
EDGES = {
    "joined == 2026-03-29": (MIDNIGHT, NEXT - MOMENT),
    "joined != 2026-03-29": (MIDNIGHT - MOMENT, NEXT),
    "joined < 2026-03-29": (MIDNIGHT - MOMENT,),
    "joined <= 2026-03-29": (MIDNIGHT - MOMENT, MIDNIGHT, NEXT - MOMENT),
    "joined > 2026-03-29": (NEXT,),
    "joined >= 2026-03-29": (MIDNIGHT, NEXT - MOMENT, NEXT),
}


def test_the_edges_of_a_day_and_of_an_age_are_exact(store: Store):
    moments = (MIDNIGHT - MOMENT, MIDNIGHT, NEXT - MOMENT, NEXT)
    ages = {NOW - timedelta(days=2) + MOMENT: "<", NOW - timedelta(days=2): "", NOW - timedelta(days=2) - MOMENT: ">"}
    with store.write() as conn:
        known = enrol(conn, [Person({}, since.astimezone(UTC), "", "a.example", ("daily",)) for since in moments])
        for text, meant in EDGES.items():
            assert {known[each].since for each in chosen(conn, text)} == set(meant), text
        of_age = {since: chosen_age(conn, since) for since in ages}
    assert of_age == {since: {sign, f"{sign}="} if sign else {"<=", ">="} for since, sign in ages.items()}


def chosen_age(conn, since: datetime) -> set[str]:
    """Return by which comparisons with two days a reader who joined then is meant."""
    conn.execute(subscriptions.update().values(since=since))
    return {sign for sign in ("<", "<=", ">", ">=") if chosen(conn, f"joined {sign} 2d")}


NUMBERS = {
    "12": True,
    "-3.5": True,
    "012": True,
    "9" * 15: True,
    "9" * 16: False,
    "1e3": False,
    "12.": False,
    "": False,
}


@pytest.mark.parametrize("said", NUMBERS)
def test_a_value_that_is_no_number_meets_no_comparison_with_one(store: Store, said):
    with store.write() as conn:
        enrol(conn, [Person({"age": said}, NOW, "", "a.example", ("daily",))])
        assert bool(chosen(conn, "age >= 5 or age < 5")) is NUMBERS[said]
        assert bool(chosen(conn, "age != 5")) is NUMBERS[said]
        assert chosen(conn, "not (age >= 5 or age < 5)") == (set() if NUMBERS[said] else {1})
