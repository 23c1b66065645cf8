"""The schema for editors and the table of all keys are those of the shapes."""

from pathlib import Path

from publisher.config.catalogue import keys_of
from publisher.config.schedules import ProjectShape, load_project
from publisher.config.schema import PAGE, SCHEMA_FILE, json_schema, schema_text, with_table

ROOT = Path(__file__).parents[3]
REMEDY = "run `python -m publisher.config.schema`"


def test_the_schema_that_is_kept_is_the_one_of_the_shapes():
    assert (ROOT / SCHEMA_FILE).read_text(encoding="utf-8") == schema_text(), REMEDY


def test_the_table_of_all_keys_is_complete():
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    assert with_table(page) == page, REMEDY
    for key in keys_of(ProjectShape):
        assert f"| `{key.place}` |" in page


def test_every_key_says_what_it_is_for():
    assert [key.place for key in keys_of(ProjectShape) if not key.about] == []


def test_the_schema_knows_no_key_that_the_shapes_refuse():
    schema = json_schema()
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["ChannelShape"]["additionalProperties"] is True
    assert schema["$defs"]["SourceShape"]["properties"]["every"]["default"] == "5m"
    assert "null" not in schema_text()


def test_the_example_that_a_newcomer_edits_is_valid():
    project = load_project(ROOT)
    assert project.practice
    assert list(project.schedules) == ["morning", "as-it-happens"]
    assert [str(note) for note in project.notes] == []
    assert project.text.startswith(f"# yaml-language-server: $schema={SCHEMA_FILE}\n")
