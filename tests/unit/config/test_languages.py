"""`languages:` of a schedule: which line of `send:` is in which language's edition, and what is said of the others."""

from publisher.config.schedules import parse_project
from publisher.model.languages import Languages
from tests.unit.config.project_text import BASE, problems_of, schedule

LISTS = "  daily: {title: Morning briefing}\n  weekly: {}\n"
BILINGUAL = BASE.replace(LISTS, f"{LISTS}  diario: {{title: Diário, language: pt}}\n  jornal: {{language: pt-BR}}\n")


def morning(send: str, languages: str = "[en, pt]", text: str = BILINGUAL):
    head, _ = text.split("schedules:\n")
    body = f'schedules:\n  morning:\n    when: {{at: "07:00"}}\n    languages: {languages}\n    send: {send}\n'
    return head + body


def editions_of(text: str) -> dict[str, list[str]]:
    """Return the keys of the entries by the language of their edition."""
    views = parse_project(text).schedules["morning"].by_language
    return {view.languages.only: [entry.key for entry in view.send] for view in views}


def test_a_schedule_without_languages_has_one_edition_for_all():
    only = schedule()
    assert only.by_language == (only,)
    assert only.in_language("pt") is only
    assert (only.label, only.languages) == ("morning", Languages())


def test_an_entry_is_in_the_edition_of_its_lists_language():
    found = editions_of(morning("[{via: letters, to: daily}, {via: letters, to: diario}]"))
    assert found == {"en": ["letters:daily"], "pt": ["letters:diario"]}


def test_an_entrys_own_language_wins_over_its_lists():
    found = editions_of(morning("[{via: letters, to: daily}, {via: letters, to: weekly, language: pt}]"))
    assert found == {"en": ["letters:daily"], "pt": ["letters:weekly"]}


def test_a_post_is_in_its_own_language_or_the_publications():
    found = editions_of(morning("[{via: letters, to: diario}, {via: mastodon}, {via: mastodon, language: pt}]"))
    assert found == {"en": ["mastodon"], "pt": ["letters:diario", "mastodon#2"]}


def test_lists_of_several_languages_are_parted_each_into_its_own_edition():
    text = morning('[{via: letters, to: [daily, diario, weekly, jornal], subject: "News"}]')
    assert editions_of(text) == {"en": ["letters:daily+weekly"], "pt": ["letters:diario", "letters:jornal"]}
    parted = parse_project(text).schedules["morning"].send
    assert {entry.subject for entry in parted} == {"News"}
    assert len({entry.where for entry in parted}) == 1


def test_a_variety_has_an_edition_of_its_own_where_it_is_named():
    text = morning("[{via: letters, to: [daily, diario, jornal]}]", "en, pt, pt-BR")
    assert editions_of(text) == {"en": ["letters:daily"], "pt": ["letters:diario"], "pt-BR": ["letters:jornal"]}


def test_a_language_that_no_line_is_in_is_an_error():
    (problem,) = problems_of(morning("[{via: letters, to: daily}]", "[en, pt]"))
    assert problem == (
        "19:5: `languages:` has `pt`, and no line of `send:` is in it."
        " Write a line to a list with `language: pt`, or take it out"
    )


def test_a_line_that_no_edition_would_have_is_an_error():
    send = "[{via: letters, to: [daily, diario]}, {via: mastodon, language: de}]"
    assert [line.partition(" ")[2].partition(". Add")[0] for line in problems_of(morning(send, "en"))] == [
        "the list diario is in `pt`, which `languages:` doesn't have (en)",
        "this line is in `de`, which `languages:` doesn't have (en)",
    ]


def test_a_list_of_another_language_needs_no_languages():
    assert problems_of(BILINGUAL.replace("to: daily", "to: [daily, diario]")) == ()


def test_what_is_no_language_is_said_with_its_place():
    (problem,) = problems_of(morning("[{via: letters, to: daily}]", "[en, Portuguese]"))
    assert "Write `pt`" in problem
