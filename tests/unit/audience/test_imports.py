"""A CSV into a list: good rows taken, bad ones named, whoever left stays off."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from publisher.audience import imports
from publisher.errors import ImportFileError
from publisher.model.subscriber import SubscriptionState
from publisher.model.tokens import address_hash
from publisher.store import subscribers
from tests.ledger import HASH_KEY, NOW


def bring_in(store, content: str | bytes, list_name: str = "daily") -> imports.Report:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return imports.import_csv(store, path, list_name, hash_key=HASH_KEY, now=NOW, actor="test")


def everyone(store) -> list[tuple[str, str, str]]:
    with store.read() as conn:
        return [(row["email"], row["name"], row["list"]) for row in subscribers.everyone(conn)]


def test_good_rows_are_taken_and_bad_ones_named_with_their_line(store):
    report = bring_in(store, "email,name\nada@example.org,Ada\nno-address,Nobody\nADA@example.org,Ada again\n,\n")
    assert report.added == 1
    assert [(line, said) for line, said, _ in report.bad] == [(3, "no-address"), (4, "ADA@example.org")]
    assert report.bad[1][2] == "the same address stands on line 2"
    assert everyone(store) == [("ada@example.org", "Ada", "daily")]


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_the_usual_delimiters_a_byte_order_mark_and_windows_lines_are_understood(store, sign):
    lines = [sign.join(("Name", "E-Mail", "City")), sign.join(("Ada", "ada@example.org", "Porto"))]
    assert bring_in(store, "\ufeff" + "\r\n".join(lines) + "\r\n").added == 1
    with store.read() as conn:
        person = subscribers.find(conn, address_hash("ada@example.org", HASH_KEY))
    assert (person.name, person.attributes) == ("Ada", {"city": "Porto"})


def test_importing_twice_adds_nobody_and_learns_what_is_new(store):
    bring_in(store, "email,name,city\nada@example.org,Ada,Porto\n")
    report = bring_in(store, "email,job\nada@example.org,Editor\n")
    assert (report.added, report.already) == (0, 1)
    with store.read() as conn:
        person = subscribers.find(conn, address_hash("ada@example.org", HASH_KEY))
    assert (person.name, person.attributes) == ("Ada", {"city": "Porto", "job": "Editor"})


def test_whoever_left_is_not_subscribed_again(store):
    bring_in(store, "email\nada@example.org\n")
    with store.write() as conn:
        person = subscribers.find(conn, address_hash("ada@example.org", HASH_KEY))
        list_id = subscribers.ensure_list(conn, "daily")
        left = SubscriptionState.LEFT
        subscribers.set_subscription(conn, person.id, list_id, left, basis="left", now=NOW, actor="subscriber")
    assert bring_in(store, "email\nada@example.org\n").left == 1
    with store.read() as conn:
        assert subscribers.count(conn, ["daily"]) == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no column `email`"),
        (b"name,city\nAda,Porto\n", r"no column `email` \(found: name, city\)"),
        (b"email\n\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_one_is_refused_in_a_line(store, content, said):
    with pytest.raises(ImportFileError, match=said):
        bring_in(store, content)


def test_a_file_that_is_not_there_is_named(store, tmp_path):
    with pytest.raises(ImportFileError, match=r"nobody\.csv: the file can't be read"):
        imports.import_csv(store, tmp_path / "nobody.csv", "daily", hash_key=HASH_KEY, now=NOW, actor="test")


def test_a_dry_run_writes_nothing(store, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("email\nada@example.org\n")
    report = imports.import_csv(store, path, "daily", hash_key=HASH_KEY, now=NOW, actor="test", dry_run=True)
    assert report.added == 1
    assert everyone(store) == []


def test_addresses_that_can_be_are_taken_and_others_not():
    for good in ("o'brien+news@example.co.uk", "Jörg@müller.example", "a.b@sub.example.museum"):
        assert imports.normalise(good)
    for bad in (
        "",
        "a@b",
        "a b@example.org",
        "a@example..org",
        "@example.org",
        "a" * 65 + "@example.org",
        "a@[1.2.3.4]",
    ):
        with pytest.raises(ValueError, match=r"\w"):
            imports.normalise(bad)
