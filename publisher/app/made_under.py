"""The schedules that editions were made under, whatever schedules.yaml calls them today."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import RowMapping

from publisher.app.following import project_of
from publisher.errors import ConfigError
from publisher.model import breaking
from publisher.model.project import Project, Schedule
from publisher.store import schedules, sends

if TYPE_CHECKING:
    from publisher.app.core import App


def schedule_of(app: App, edition: RowMapping) -> tuple[Project, Schedule]:
    """Return the file that an edition was composed under, and its schedule there, whatever it is called today.

    Of breaking news the schedule is what its sends say.

    :raises ConfigError: no file has it.
    """
    with app.store.read() as conn:
        names = [edition["schedule"], *schedules.former_names(conn, edition["schedule"])]
        made = [send for send in sends.of_edition(conn, edition["id"]) if send["kind"] == sends.REGULAR]
    for project in (project_of(app, edition["project_version_id"]), app.project):
        found = _in_file(project, edition, names, made) if project is not None else None
        if project is not None and found is not None:
            return project, found
    belongs = f"belongs to the schedule {names[0]}"
    if edition["slot"].startswith(breaking.SLOT):
        belongs = f"goes by {', '.join(row['entry'] for row in made)}"
    what = f"edition {edition['id']} {belongs}, which no schedules.yaml has"
    raise ConfigError(what, remedy=f"Put it back, or `publisher cancel {edition['id']}`")


def schedule_now(app: App, edition: RowMapping) -> Schedule | None:
    """Return an edition's schedule in the file as it is now; None where that has it no more."""
    with app.store.read() as conn:
        made = [send for send in sends.of_edition(conn, edition["id"]) if send["kind"] == sends.REGULAR]
    return _in_file(app.project, edition, [edition["schedule"]], made)


def what_is_gone(app: App, edition: RowMapping) -> str:
    """Return what the file has no more, and an edition's words are made by: its schedule; of breaking news a channel,
    or a list.
    """
    with app.store.read() as conn:
        made = [send for send in sends.of_edition(conn, edition["id"]) if send["kind"] == sends.REGULAR]
    if not edition["slot"].startswith(breaking.SLOT):
        return f"there is no schedule {edition['schedule']} any more"
    gone = [f"channel {send['channel']}" for send in made if send["channel"] not in app.project.channels]
    gone += [f"list {name}" for send in made for name in send["audience"] if name not in app.project.lists]
    return f"there is no {' and no '.join(dict.fromkeys(gone))} any more"


def _in_file(
    project: Project, edition: RowMapping, names: Sequence[str], made: Sequence[RowMapping]
) -> Schedule | None:
    if not (made and edition["slot"].startswith(breaking.SLOT)):
        return next((project.schedules[name] for name in names if name in project.schedules), None)
    schedule = breaking.as_sent(breaking.base_of(project), made)
    is_there = all(entry.via in project.channels and set(entry.to) <= project.lists.keys() for entry in schedule.send)
    return schedule if is_there else None
