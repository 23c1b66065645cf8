"""What `publisher check` and `plan` say about segments."""

from __future__ import annotations

from publisher.app import App
from publisher.app.audiences import Audience
from publisher.app.plan import plan_slot
from publisher.app.segments import unmet_attributes
from publisher.cli.plan import audience_words
from tests.project import ProjectDir

SEGMENTS = 'segments:\n  porto: city == "Porto"\n  odd: citty == "Porto" and on("daily")\n'


def test_an_attribute_that_nobody_has_is_noted_with_the_one_that_was_meant(tmp_path):
    app = segmented(tmp_path)
    assert unmet_attributes(app) == [
        "schedules.yaml:1:1: segment odd: no subscriber has an attribute `citty`. Did you mean `city`?".replace(
            "schedules.yaml:1:1", app.project.segments["odd"].where
        )
    ]


def test_a_plan_counts_the_segment_and_those_who_asked_for_quiet(tmp_path):
    app = segmented(tmp_path)
    plan = plan_slot(app, app.project.schedules["morning"])
    assert plan.audiences == (Audience(1, quiet=1),)
    entry = plan.products[0].entry
    assert (
        audience_words(entry, plan.audiences[0]) == "1 person on daily, in the segment porto (1 more asked for quiet)"
    )


def segmented(folder) -> App:
    """Make a project whose morning goes to readers in Porto: one, and one who asked for quiet, of three."""
    project = ProjectDir(folder, "http://127.0.0.1:9")
    project.publish(1)
    path = project.folder / "schedules.yaml"
    path.write_text(path.read_text().replace("to: daily", "to: daily, segment: porto") + SEGMENTS)
    people = folder / "people.csv"
    people.write_text("email,city\na@example.org,Porto\nb@example.org,Porto\nc@example.org,Lisbon\n")
    project.publisher("subscribers", "import", str(people), "--list", "daily")
    app = App.open(project.folder)
    with app.store.write() as conn:
        conn.exec_driver_sql("UPDATE subscribers SET paused_until = 99999999999999999 WHERE email = 'b@example.org'")
    return app
