"""YAML into values with their places; YAML's own errors in our words."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.config.reading import parse_document, read_text
from publisher.errors import ConfigError


def test_every_value_and_key_knows_its_line_and_column():
    document = parse_document("a:\n  b: 1\n  c: [x, {d: y}]\n")
    assert document.where(("a", "b")) == "schedules.yaml:2:6"
    assert document.where_key(("a", "b")) == "schedules.yaml:2:3"
    assert document.where(("a", "c", 0)) == "schedules.yaml:3:7"
    assert document.where(("a", "c", 1, "d")) == "schedules.yaml:3:14"


def test_a_place_that_is_not_in_the_file_falls_back_to_what_is_around_it():
    assert parse_document("a:\n  b: 1\n").where(("a", "missing", 3)) == "schedules.yaml:2:3"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("07:00", "07:00"),
        ("2026-12-25", "2026-12-25"),
        ("2026-12-24T07:00:00Z", "2026-12-24T07:00:00Z"),
        ("off", "off"),
        ("no", "no"),
        ("true", True),
        ("12", 12),
        ("007", "007"),
        ("1.10", "1.10"),
        ("1.5", 1.5),
        ("0x10", "0x10"),
        ("1e3", "1e3"),
        ('"12"', "12"),
        ("~", None),
        ("", None),
    ],
)
def test_values_keep_the_words_of_the_editor(written, value):
    assert parse_document(f"a: {written}\n").data == {"a": value}


def test_yaml_1_1_is_no_way_to_turn_a_time_into_a_number():
    assert parse_document("%YAML 1.1\n---\nat: 07:00\n").data == {"at": "07:00"}


def test_an_alias_repeats_its_value():
    assert parse_document("a: &x {b: 1}\nc: *x\n").data == {"a": {"b": 1}, "c": {"b": 1}}


def test_aliases_that_multiply_are_refused():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ConfigError, match="more than 50,000 values"):
        parse_document("\n".join(lines))


def test_a_text_that_a_hash_seems_to_have_cut_is_remembered():
    document = parse_document("a: Issue #5\nb: x # a comment\nc: 'y #z'\nd: #tag\n")
    assert document.cut == (("a",), ("d",))


ERRORS = [
    ("s: {{ lead.title }}", '1:4: `{{` needs quotes around the whole text. Write `s: "{{ … }}"`'),
    ("s: {{ lead.title }} and more", '1:4: `{{` needs quotes around the whole text. Write `s: "{{ … }}"`'),
    ("a: {s: {{ x }}, b: 1}", '1:8: `{{` needs quotes around the whole text. Write `s: "{{ … }}"`'),
    (
        "c: {sender: x, api_key: ${KEY}}",
        "1:25: `${NAME}` can't stand inside `{ }` without quotes. "
        'Write `api_key: "${NAME}"`, or one key per line without the `{ }`',
    ),
    ("a:\n\tb: 1", "2:1: there is a tab where only spaces may stand. Replace it by two spaces"),
    ("about: News: the day", '1:12: `: ` in a text makes YAML take it for a key. Write `about: "… : …"`'),
    (
        "a: {about: News: the day}",
        '1:16: `: ` in a text makes YAML take it for a key. Write `about: "… : …"`',
    ),
    (
        "a: 1\n  b: 2",
        "2:4: this line doesn't fit the one before it. "
        "A key is followed by `: ` with a space, and keys that belong together begin in the same column",
    ),
    ("a: 1\nb: 2\na: 3", "3:1: `a:` stands here twice, first in line 1. Keep one of them"),
    (
        "a: [News, #politics]\nb: 1",
        '1:4: `[` is not closed: `#` makes the rest of the line a comment. Put quotes around it: `"#…"`',
    ),
    ("a: [News\nb: 1", "1:4: `[` is not closed, or a comma is missing. Write the `,` or `]` that is missing"),
    ("a: 'x\nb: 1", "1:4: a quotation mark is opened and never closed. Write the closing one at the end of the text"),
    ('a: "\\q"', r"1:4: `\` has a meaning of its own inside double quotes. Write `\\`, or use single quotes"),
    ('a: "x" y', "1:8: there is text after the end of a value. Put the whole text in one pair of quotes"),
    ("a: @desk", '1:4: a text that begins with @ needs quotes. Write `a: "@…"`'),
    ("a: *bold* text", '1:4: a text that begins with `*` needs quotes. Write `a: "*…"`'),
    ("a: !important text", '1:4: a text that begins with `!` needs quotes. Write `"!…"`'),
    ("a: - b", "1:4: a list begins on the line of its key. Put each `- ` on a line of its own, below the key"),
    ("a: 1\n---\nb: 2", "2:1: `---` begins a second document. Keep one publication in one file: take the line out"),
    ("a: &x [*x]", "1:4: a value can't contain itself. Write it out in place of the `*`"),
    ("a: &a {b: 1}\nc:\n  <<: *a", "3:3: `<<:` is not supported. Write the keys out"),
    (
        "{days: mon, wed}",
        '1:13: the comma ends the value of `days:`. Write `days: "…, …"` for one text, `days: […, …]` for a list',
    ),
    ("? a", "1:3: a word stands here without a value. Write `key: value`"),
    ("- a\n- b", "1:1: the file should begin with keys. Write `publication:` on a line of its own"),
]


@pytest.mark.parametrize(("text", "line"), ERRORS, ids=[text for text, _ in ERRORS])
def test_an_error_of_yaml_says_where_and_what_to_write_instead(text, line):
    with pytest.raises(ConfigError) as caught:
        parse_document(text)
    assert caught.value.problems == (f"schedules.yaml:{line}",)


def test_all_keys_that_stand_twice_are_said_at_once():
    with pytest.raises(ConfigError) as caught:
        parse_document("a: 1\na: 2\nb: 1\nb: 2\n")
    assert len(caught.value.problems) == 2
    assert str(caught.value).endswith("(and 1 more)")


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", "---\n", "~"])
def test_an_empty_file_says_how_to_get_one(text):
    with pytest.raises(
        ConfigError, match=r"schedules\.yaml: the file is empty\. `publisher init` writes a working one"
    ):
        parse_document(text)


def test_a_control_character_is_named_with_its_line():
    with pytest.raises(ConfigError, match=r"schedules\.yaml:2: there is a character"):
        parse_document("a: 1\nb: \x00\n")


def test_an_escape_beyond_unicode_is_refused():
    with pytest.raises(ConfigError, match="the file is not YAML"):
        parse_document('a: "\\U0011FFFF"')


def test_an_anchor_that_is_used_again_means_the_latest(recwarn):
    assert parse_document("a: &x 1\nb: &x 2\nc: *x\n").data["c"] == 2
    assert not recwarn.list


def test_a_file_nested_without_end_is_refused():
    with pytest.raises(ConfigError, match="nested too deeply"):
        parse_document("a: " + "[" * 5000)


def test_an_error_of_yaml_never_repeats_a_secret():
    for text in ("api_key: @hunter2", "api_key: hunter2: x", "api_key: 'hunter2", "a: {k: hunter2: x}"):
        with pytest.raises(ConfigError) as caught:
            parse_document(text)
        assert "hunter2" not in str(caught.value)


def test_a_missing_file_says_how_to_get_one(tmp_path):
    with pytest.raises(ConfigError, match=r"^schedules\.yaml: there is no such file\. `publisher init .*` writes"):
        read_text(tmp_path / "schedules.yaml")


def test_a_directory_in_the_place_of_the_file_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="the file can't be read: Is a directory"):
        read_text(tmp_path)


def test_a_file_in_another_encoding_names_the_line(tmp_path):
    path = Path(tmp_path / "schedules.yaml")
    path.write_bytes("a: 1\nname: Caf\xe9\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"schedules\.yaml:2: the file is not UTF-8\. Save it as UTF-8"):
        read_text(path)


def test_a_byte_order_mark_does_no_harm(tmp_path):
    path = tmp_path / "schedules.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert parse_document(read_text(path)).data == {"a": 1}


def test_a_file_that_is_far_too_large_is_refused(tmp_path):
    path = tmp_path / "schedules.yaml"
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(ConfigError, match="more than the 1,000,000 allowed"):
        read_text(path)


YAMLISH = st.text(alphabet="ab: \n-[]{}#&*!|>'\"%@`,?~$\t0.<\\\x85\u2028\ufeff", max_size=40)


@given(YAMLISH | st.text(max_size=60))
def test_any_text_is_read_or_refused_in_our_words(text):
    try:
        document = parse_document(text)
    except ConfigError as error:
        assert str(error).startswith("schedules.yaml")
    else:
        assert isinstance(document.data, dict)
