"""Sentences of Python in the languages of pages: whole, with their plurals, and English for everybody else."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from publisher.app.diff import SourceChange
from publisher.speech.phrases import Phrase, _, at, day_of_year, joined, ngettext, weekday
from publisher.web.acts import Done
from publisher.web.pages import spoken

MOMENT = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)


def test_a_phrase_is_its_english_words_and_knows_the_others():
    said = _("Schedule %(name)s is paused.", name="morning")
    assert (said, json.dumps(said)) == ("Schedule morning is paused.", '"Schedule morning is paused."')
    assert spoken("de", said) == "Plan morning pausiert."
    assert spoken("en", said) == said


def test_places_are_said_in_the_same_language_and_never_a_pattern():
    edition = _(
        "Edition %(id)s (%(schedule)s, %(moment)s)", id="7", schedule="100 %(x)s", moment=at(MOMENT, ZoneInfo("UTC"))
    )
    said = _("%(edition)s: cancelled.", edition=edition)
    assert said == "Edition 7 (100 %(x)s, Tue 24 Nov 2026, 07:00 UTC): cancelled."
    assert spoken("fr", said) == "Édition 7 (100 %(x)s, mar. 24 nov. 2026, 07:00 UTC) : annulée."


def test_numbers_choose_their_form_and_phrases_are_joined():
    one, many = (
        ngettext("%(count)s delivery stopped.", "%(count)s deliveries stopped.", number) for number in (1, 1200)
    )
    assert (one, many) == ("1 delivery stopped.", "1,200 deliveries stopped.")
    both = joined([one, "", "as typed"])
    assert isinstance(both, Phrase) and both == "1 delivery stopped. as typed"
    assert spoken("de", both) == "1 Zustellung gestoppt. as typed"


def test_what_is_done_keeps_its_phrase_and_is_english_for_programs():
    done = Done(said=_("Sending goes on."))
    assert spoken("es", done.said) == "El envío continúa."
    assert json.loads(done.model_dump_json())["said"] == "Sending goes on."
    assert Done.model_json_schema()["properties"]["said"]["type"] == "string"


def test_days_are_named_in_each_language():
    said = joined([_("%(count)s on %(weekday)s", count=1200, weekday=weekday(MOMENT)), day_of_year(MOMENT)], "; ")
    assert said == "1,200 on Tuesday; Tuesday 24 November"
    assert spoken("de", said) == "1,200 am Dienstag; Dienstag, 24. November"


def test_a_copy_of_a_record_keeps_its_phrases():
    change = SourceChange("added", "site", (_("takes articles from the first one on"),))
    (line,) = asdict(change)["lines"]
    assert spoken("de", line) == "nimmt Artikel vom ersten an" and line == "takes articles from the first one on"
