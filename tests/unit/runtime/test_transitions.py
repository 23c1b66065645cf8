"""Slots about the days on which clocks change, against the oracle; `tests/long` does it for every zone there is."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from publisher.model.project import When
from publisher.runtime.slots import slots_between
from tests.unit.runtime import oracle
from tests.unit.runtime.differences import differences

# Half an hour at Lord Howe, months of Ramadan in Casablanca, two hours at Troll, midnight in Cairo, Beirut and Havana,
# winter below standard time in Dublin, and zones without any change.
ZONES = [
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Santiago",
    "America/Scoresbysund",
    "America/St_Johns",
    "Antarctica/Troll",
    "Asia/Almaty",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/Chisinau",
    "Europe/Dublin",
    "Europe/Lisbon",
    "Pacific/Apia",
    "Pacific/Chatham",
    "UTC",
]


@pytest.mark.parametrize("name", ZONES)
def test_no_slot_differs_from_the_oracle_about_a_change_of_clocks(name, monkeypatch):
    monkeypatch.setattr(oracle, "UNTIL", oracle.FROM + timedelta(days=366))  # one year here, seven in the long form
    _, _, found = differences(ZoneInfo(name))
    assert found == []


def test_the_oracle_has_something_to_say(monkeypatch):
    assert len(oracle.transitions(ZoneInfo("Australia/Lord_Howe"))) == 14
    monkeypatch.setattr(oracle, "UNTIL", oracle.FROM + timedelta(days=120))
    jumps, compared, _ = differences(ZoneInfo("Australia/Lord_Howe"))
    assert jumps == 1
    assert compared > 2 * 15


def test_a_cron_of_every_half_hour_loses_nothing_in_autumn_and_makes_up_nothing_in_spring():
    berlin, when = ZoneInfo("Europe/Berlin"), When(cron="*/30 * * * *")
    utc = datetime.fromisoformat
    autumn = slots_between(when, berlin, utc("2026-10-24T23:59:00+00:00"), utc("2026-10-25T02:59:00+00:00"))
    assert [slot.key for slot in autumn] == [
        "2026-10-25T00:00Z",
        "2026-10-25T00:30Z",
        "2026-10-25T01:00Z",
        "2026-10-25T01:30Z",
        "2026-10-25T02:00Z",
        "2026-10-25T02:30Z",
    ]
    spring = slots_between(when, berlin, utc("2026-03-29T00:00:00+00:00"), utc("2026-03-29T01:30:00+00:00"))
    assert [slot.key for slot in spring] == ["2026-03-29T00:30Z", "2026-03-29T01:00Z", "2026-03-29T01:30Z"]
