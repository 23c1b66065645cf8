"""A CSV as it comes: whatever encoding and signs, broken in places, and never a row that swallows the others."""

from __future__ import annotations

import pytest

from publisher.audience.imports.reading import LONGEST, UNCLOSED, open_table
from publisher.errors import ImportFileError

ROWS = [["email", "name"], ["jörg@example.org", "Jörg “J.” Øst"], ["ada@example.org", "Ada"]]
LINES = "email;name\njörg@example.org;Jörg “J.” Øst\nada@example.org;Ada\n"


def read(tmp_path, content: str | bytes, encoding: str = "") -> list[tuple[int, list[str], str]]:
    path = tmp_path / "people.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [(row.line, list(row.cells), row.wrong) for row in open_table(path, encoding).rows()]


def cells(tmp_path, content: str | bytes, encoding: str = "") -> list[list[str]]:
    return [row for _, row, _ in read(tmp_path, content, encoding)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_the_usual_encodings_are_found_out(tmp_path, encoding):
    assert cells(tmp_path, LINES.encode(encoding)) == ROWS
    table = open_table(tmp_path / "people.csv")
    assert table.is_guessed == (encoding in ("cp1252", "utf-16-le", "utf-16-be"))


def test_an_encoding_that_is_said_holds(tmp_path):
    assert cells(tmp_path, "email,name\nada@example.org,€\n".encode("iso-8859-15"), "iso-8859-15")[1][1] == "€"
    assert cells(tmp_path, b"email,name\nada@example.org,\x81\n")[1][1] == "\x81"  # no Windows-1252, so Latin-1


@pytest.mark.parametrize(("encoding", "said"), [("utf-8", "is not in utf-8"), ("klingon", "no encoding 'klingon'")])
def test_an_encoding_that_is_wrong_or_unknown_is_refused(tmp_path, encoding, said):
    with pytest.raises(ImportFileError, match=said):
        read(tmp_path, b"email\n\xff@example.org\n", encoding)


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_sign_between_cells_is_found_out_also_beside_quoted_others(tmp_path, sign):
    assert cells(tmp_path, sign.join(['"a,b;c|d,e;f|g\t\t"', "email", "x"]) + "\n")[0][1:] == ["email", "x"]


def test_excel_says_the_sign_above_the_header(tmp_path):
    assert read(tmp_path, "sep=;\nemail;a,b,c\nada@example.org;1\n")[0] == (2, ["email", "a,b,c"], "")


def test_quoted_cells_may_have_lines_of_their_own_and_lines_are_counted_as_an_editor_does(tmp_path):
    text = 'email,note\r\nada@example.org,"one\r\ntwo ""quoted""\r\n\r\nfive"\r\n\r\nbo@example.org,x\r\n'
    assert [(line, row) for line, row, _ in read(tmp_path, text)] == [
        (1, ["email", "note"]),
        (2, ["ada@example.org", 'one\r\ntwo "quoted"\r\n\r\nfive']),
        (7, ["bo@example.org", "x"]),
    ]


@pytest.mark.parametrize("after", [1, 700])
def test_a_quote_that_is_never_closed_costs_its_own_row_and_no_other(tmp_path, after):
    text = 'email,name\nada@example.org,"Ada\n' + "".join(f"r{n}@example.org,R\n" for n in range(after))
    rows = read(tmp_path, text)
    assert len(rows) == after + 2
    assert [line for line, _, wrong in rows if wrong == UNCLOSED] == [2]


def test_a_file_that_was_cut_within_a_row_loses_that_row_alone(tmp_path):
    rows = read(tmp_path, "email,name\nada@example.org,Ada\nbo@exam")
    assert [row for _, row, _ in rows] == [["email", "name"], ["ada@example.org", "Ada"], ["bo@exam"]]


def test_quotes_that_are_only_signs_for_inches_are_let_be(tmp_path):
    text = 'email,pipe\nada@example.org,5" wide\nbo@example.org,6\n'
    assert cells(tmp_path, text) == [["email", "pipe"], ["ada@example.org", '5" wide'], ["bo@example.org", "6"]]


def test_nul_bytes_many_columns_and_endless_lines_are_read_and_named(tmp_path):
    assert cells(tmp_path, b"email,name\nada@example.org,A\0da\n")[1] == ["ada@example.org", "A\0da"]
    assert len(cells(tmp_path, "email," + ",".join(f"c{n}" for n in range(4_999)) + "\n")[0]) == 5_000
    long = read(tmp_path, "email\n" + "x" * (LONGEST + 10) + "\nada@example.org\n")
    assert "no row of a table" in long[1][2]
    assert long[-1][1] == ["ada@example.org"]


def test_the_progress_goes_to_the_end(tmp_path):
    path, seen = tmp_path / "people.csv", []
    path.write_text("email\n" + "".join(f"reader{n}@example.org\n" for n in range(2_500)))
    assert sum(1 for _ in open_table(path).rows(lambda done, of: seen.append(done / of))) == 2_501
    assert seen == sorted(seen)
    assert len(seen) == 3
