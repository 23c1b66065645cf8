"""What segments ask of readers, held against what is known of them: for `publisher check`."""

from __future__ import annotations

from publisher.app.core import App
from publisher.config.problems import suggestion
from publisher.model.condition import IsOn, parts_of
from publisher.model.condition_parser import parse
from publisher.model.segment import Segment
from publisher.store import segments

MANY_ENOUGH = 10_000  # of the newest subscribers, to know by which names attributes go


def unmet_attributes(app: App) -> list[str]:
    """Return a note for each attribute that a segment asks for and no subscriber has: as a rule its name is a slip."""
    wanted = {segment: _attributes(segment) for segment in app.project.segments.values()}
    with app.store.read() as conn:
        unmet = segments.unmet(conn, sorted({name for names in wanted.values() for name in names}))
        met = segments.attributes_met(conn, newest=MANY_ENOUGH) if unmet else set()
    return [
        f"{segment.where}: segment {segment.name}: no subscriber has an attribute `{name}`. {suggestion(name, met)}"
        for segment, names in wanted.items()
        for name in names
        if name in unmet
    ]


def _attributes(segment: Segment) -> list[str]:
    parts = [part for part in parts_of(parse(segment.condition)) if not isinstance(part, IsOn)]
    return sorted({part.subject.name for part in parts if part.subject.kind == "attribute"})
