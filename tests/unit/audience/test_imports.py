"""A CSV into a list: good rows taken, bad ones named, whoever left stays off."""

from __future__ import annotations

import csv
import os
import signal
import time
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.audience import erasing, imports
from publisher.audience.addresses import normalise
from publisher.audience.imports.reading import open_table
from publisher.errors import ImportFileError
from publisher.model.subscriber import SubscriptionState
from publisher.model.tokens import address_hash
from publisher.store import Store, consents, subscribers
from tests.ledger import HASH_KEY, NOW

NUMBERS = count()
ROWS = st.sampled_from(
    [b"ada@example.org,Ada\n", b'bo@example.org,"B\nO"\r\n', b"ADA@example.org\n", b'"\n', b"x,y,z\n"]
)


def bring_in(store, content: str | bytes, list_name: str = "daily", **options) -> imports.Report:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return imports.import_csv(store, path, list_name, hash_key=HASH_KEY, now=NOW, actor="test", **options)


def everyone(store) -> list[tuple[str, str, str]]:
    with store.read() as conn:
        return [(row["email"], row["name"], row["list"]) for row in subscribers.everyone(conn)]


def test_a_bad_row_is_run_by_no_spreadsheet_and_mended_says_what_it_said(store, tmp_path):
    path, bad = tmp_path / "people.csv", tmp_path / "people.rejected.csv"
    path.write_text('email,name\nada.example.org,"=HYPERLINK(""http://evil.example"")"\n')
    said = {"hash_key": HASH_KEY, "now": NOW, "actor": "test"}
    imports.import_csv(store, path, "daily", **said, options=imports.Options(rejected=bad))
    written = bad.read_text("utf-8-sig")
    assert "'=HYPERLINK" in written
    path.write_text(written.replace("ada.example.org", "ada@example.org"))
    imports.import_csv(store, path, "daily", **said)
    assert everyone(store) == [("ada@example.org", '=HYPERLINK("http://evil.example")', "daily")]


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
        (b"", "the file is empty"),
        (b"name,city\nAda,Porto\n", r"no column `email` \(found: name, city\)"),
        (b"ada@example.org\nbo@example.org\n", "people.csv:1: the first line has an address"),
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
    report = imports.import_csv(
        store, path, "daily", hash_key=HASH_KEY, now=NOW, actor="test", options=imports.Options(dry_run=True)
    )
    assert report.added == 1
    assert everyone(store) == []


def test_a_dry_run_says_what_a_run_would(store, tmp_path):
    bring_in(store, "email\nada@example.org\n")
    path, bad = tmp_path / "people.csv", tmp_path / "bad.csv"
    path.write_text("email\nada@example.org\nbo@example.org\nnobody\n")
    said = {"hash_key": HASH_KEY, "now": NOW, "actor": "test"}
    dry = imports.import_csv(store, path, "daily", **said, options=imports.Options(dry_run=True, rejected=bad))
    assert not bad.exists()
    wet = imports.import_csv(store, path, "daily", **said, options=imports.Options(rejected=bad))
    assert (dry.added, dry.already, dry.refused) == (wet.added, wet.already, wet.refused) == (1, 1, 1)


def test_bad_rows_go_to_a_file_as_they_were_and_come_in_once_they_are_mended(store, tmp_path):
    path, bad = tmp_path / "people.csv", tmp_path / "people.rejected.csv"
    path.write_text('email;city\nada at example.org;Porto\nbo@example.org;Faro\n"unclosed;x\n', encoding="utf-8")
    said = {"hash_key": HASH_KEY, "now": NOW, "actor": "test"}
    report = imports.import_csv(store, path, "daily", **said, options=imports.Options(rejected=bad))
    assert (report.added, report.refused, report.rejected) == (1, 2, bad)
    header, ada, cut = list(csv.reader(bad.read_text("utf-8-sig").splitlines(keepends=True), delimiter=";"))
    assert header == ["email", "city", "publisher: line", "publisher: reason"]
    assert (ada[:3], cut[2]) == (["ada at example.org", "Porto", "2"], "4")
    bad.write_text(bad.read_text("utf-8-sig").replace("ada at ", "ada@"), "utf-8-sig")
    imports.import_csv(store, bad, "daily", **said)
    with store.read() as conn:
        assert subscribers.find(conn, address_hash("ada@example.org", HASH_KEY)).attributes == {"city": "Porto"}


def test_what_was_known_before_is_kept_as_history(store):
    bring_in(store, "email,name,city\nada@example.org,Ada,Porto\n")
    assert bring_in(store, "email,name,city\nada@example.org,Ada L.,Porto\n").learned == 1
    assert bring_in(store, "email,name,city\nada@example.org,Ada L.,\n").learned == 0
    with store.read() as conn:
        person = subscribers.find(conn, address_hash("ada@example.org", HASH_KEY))
        (change,) = consents.history(conn, person.id)
    assert (change["what"], change["words"], change["actor"]) == ("name", "Ada", "test")


def test_who_was_erased_is_not_brought_back_and_may_come_back_by_themselves(store):
    bring_in(store, "email\nada@example.org\n")
    key = address_hash("ada@example.org", HASH_KEY)
    with store.read() as conn:
        person = subscribers.find(conn, key)
    erasing.erase(store, person.id, hash_of=lambda _: key, why="she wrote", now=NOW, actor="cli:bo")
    report = bring_in(store, "email\nADA@example.org\n")
    assert (report.added, report.refused) == (0, 1)
    assert "was erased" in report.bad[0][2]
    with store.write() as conn:  # somebody typed the address; whose it is hasn't said yes
        person_id, list_id = (
            subscribers.ensure_person(conn, "ada@example.org", key, NOW),
            subscribers.ensure_list(conn, "x"),
        )
        said = {"basis": "signed up", "now": NOW, "actor": "subscriber"}
        subscribers.set_subscription(conn, person_id, list_id, SubscriptionState.UNCONFIRMED, **said)
    assert bring_in(store, "email\nada@example.org\n").refused == 1
    with store.write() as conn:
        subscribers.set_subscription(conn, person_id, list_id, SubscriptionState.CONFIRMED, **said)
    assert bring_in(store, "email\nada@example.org\n").updated == 1


def test_who_is_erased_while_their_file_is_read_is_not_brought_in(store):
    bring_in(store, "email\nada@example.org\n", "weekly")
    key = address_hash("ada@example.org", HASH_KEY)
    with store.read() as conn:
        person = subscribers.find(conn, key)

    reading: list[int] = []

    def now_it_is_read(what: str, done: int, of: int) -> None:
        reading.append(done)
        if what == "reading" and len(reading) == 2:  # whom nobody may bring in has been looked up
            erasing.erase(store, person.id, hash_of=lambda _: key, why="she wrote", now=NOW, actor="cli:bo")

    others = "".join(f"reader{number}@example.org\n" for number in range(1000))
    report = bring_in(store, f"email\nada@example.org\n{others}", progress=now_it_is_read)
    assert (report.added, report.erased, report.refused) == (1000, 1, 0)
    with store.read() as conn:
        assert subscribers.find(conn, key) is None


def test_hostile_names_and_addresses_of_every_kind_are_text_or_refused(store):
    text = "email,name,note\n"
    text += "press@example.org,<script>alert(1)</script>,=1+1\n"
    text += '"quoted name"@example.org,x,\n' + "a" * 300 + "@example.org,x,\n"
    text += (
        "Jörg@xn--mller-kva.example,IDN,\nJÖRG@müller.example,the same,\na\0b@example.org,NUL,\nok@example.org,N\0L,\n"
    )
    report = bring_in(store, text)
    assert (report.added, report.roles) == (3, 1)
    assert [line for line, _, _ in report.bad] == [3, 4, 7, 6]
    assert "stands on line 5" in report.bad[3][2]
    assert [name for _, name, _ in everyone(store)] == ["IDN", "N\ufffdL", "<script>alert(1)</script>"]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    """One for all examples, each with a list of its own: to make a ledger takes longer than all else."""
    store = Store.create(tmp_path_factory.mktemp("any") / "publisher.db")
    yield store
    store.close()


@given(content=st.lists(st.binary(max_size=40) | ROWS, max_size=30).map(b"".join))
@settings(max_examples=30, deadline=None)
def test_any_bytes_are_refused_in_words_or_every_row_is_accounted_for(ledger, content):
    list_name = f"list{next(NUMBERS)}"
    path = Path(ledger.path).with_name("people.csv")
    path.write_bytes(b"email,name\n" + content)
    said = {"hash_key": HASH_KEY, "now": NOW, "actor": "test"}
    try:
        first = imports.import_csv(ledger, path, list_name, **said)
    except ImportFileError:
        return
    again = imports.import_csv(ledger, path, list_name, **said)
    taken = first.added + first.updated
    assert taken + first.refused == sum(1 for _ in open_table(path).rows()) - 1
    assert (again.added, again.updated, again.already) == (0, 0, taken)
    assert (again.learned, again.refused) == (0, first.refused)


def test_an_import_that_is_killed_leaves_nothing_behind_and_runs_again(target, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("email,name\n" + "".join(f"reader{n}@example.org,R\n" for n in range(2_500)) + "bad\n")
    ours, theirs = os.pipe()
    killed = os.fork()
    if killed == 0:  # writes for a while, and never commits
        store = Store.open(target)
        options = imports.Options(rejected=tmp_path / "bad.csv")

        def stop(what: str, done: int, _of: int) -> None:
            if what == "writing" and done == 2_000:
                os.write(theirs, b"x")
                time.sleep(60)

        said = {"hash_key": HASH_KEY, "now": NOW, "actor": "test", "options": options}
        imports.import_csv(store, path, "daily", **said, progress=stop)
        os._exit(1)
    assert os.read(ours, 1) == b"x"
    os.kill(killed, signal.SIGKILL)
    os.waitpid(killed, 0)
    store = Store.open(target)
    assert everyone(store) == []
    assert not (tmp_path / "bad.csv").exists()
    said = {"hash_key": HASH_KEY, "now": NOW, "actor": "test"}
    assert imports.import_csv(store, path, "daily", **said).added == 2_500
    store.close()


def test_addresses_that_can_be_are_taken_and_others_not():
    for good in ("o'brien+news@example.co.uk", "Jörg@müller.example", "a.b@sub.example.museum"):
        assert normalise(good)
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
            normalise(bad)
