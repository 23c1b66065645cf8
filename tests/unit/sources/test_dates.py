"""Dates as feeds write them."""

from __future__ import annotations

import pytest

from publisher.sources.dates import parse_date, parse_written_date


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Mon, 16 Oct 2017 15:10:00 +0000", "2017-10-16T15:10:00+00:00"),
        ("Mon, 2 Nov 2026 09:00 EST", "2026-11-02T14:00:00+00:00"),
        ("2 Nov 26 09:00:00 GMT", "2026-11-02T09:00:00+00:00"),
        ("Mon, 02 Nov 2026 10:00:00 CET", "2026-11-02T09:00:00+00:00"),
        ("Sun, 22 Nov 2026 10:00:00 +0000 (UTC)", "2026-11-22T10:00:00+00:00"),
        ("Sun,  22 Nov 2026\n10:00:00 Z", "2026-11-22T10:00:00+00:00"),
        ("2026-11-22", "2026-11-22T00:00:00+00:00"),
        ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00+00:00"),
        ("2026-11-22T10:00-08:00", "2026-11-22T18:00:00+00:00"),
        ("2026-11-22 10:00:00.5+0100", "2026-11-22T09:00:00.500000+00:00"),
        ("2026-11-22T10:00:00", "2026-11-22T10:00:00+00:00"),
    ],
)
def test_a_date_is_read_into_utc(text: str, moment: str) -> None:
    found = parse_date(text)
    assert found is not None
    assert found.isoformat() == moment


@pytest.mark.parametrize(
    "text",
    [
        *("", "lundi, 02 nov. 2026", "32 Foo", "1518478934", "Tue, 31 Feb 2026 10:00:00 GMT", "2026-11-22T25:00:00Z"),
        *("0001-01-01T00:00:00Z", "Thu, 01 Jan 1970 00:00:00 GMT", "Mon, 02 Nov 2026 10:00:00 XYZ", "9" * 500),
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "text", ["November 22, 2026", "22 November 2026", "Nov 22, 2026", "Sunday, 22 Nov 2026", "2026-11-22"]
)
def test_a_written_day_is_read(text: str) -> None:
    found = parse_written_date(text)
    assert found is not None
    assert found.isoformat() == "2026-11-22T00:00:00+00:00"


def test_a_sentence_with_a_day_in_it_is_no_date() -> None:
    assert parse_written_date("On November 22, 2026 it rained") is None
