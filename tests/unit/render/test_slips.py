"""Every slip in a template is told in words that no programmer need translate."""

from __future__ import annotations

import pytest

from publisher.errors import TemplateError
from publisher.render.conventions import Conventions
from publisher.render.engine import Engine, default_theme

SLIPS = {
    "{{ lead.title | uper }}": "there is no filter 'uper'. Nearest: upper",
    "{% if lead.title is evn %}{% endif %}": "there is no test 'evn'. Nearest: even",
    "{{ leed.title }}": "'leed' is not defined. Nearest: lead",
    "{{ lead.titel }}": "there is no 'titel'. Nearest: title",
    "{% include 'partials/foter.html' %}": "there is no template partials/foter.html. Nearest: partials/footer.html",
    "{{ lead.published_at.strftime('%d') }}": "there is no 'strftime' in ''. Dates are printed by filters",
    "{{ lead.authors[0] }}": "there is no 0 in '[]'. It is empty here: ask first",
    "{{ edition.slot }}": "a mail about a subscription has no 'edition'. Ask first: {% if edition is defined %}",
    "{{ lead.categories[9] }}": "there is no 9 in a list of 1: it counts from 0",
    "{{ lead.categories }}": "a list can't be printed as a whole: join it, or print one thing of it. Write {{ …",
    "{{ lead.title | shorten }}": "shorten is not given what it takes. docs/templates.md",
    "{{ lead.title | shorten(9, 9, 9) }}": "shorten is not given what it takes",
    "{{ lead.title | shorten(most=9, end='') }}": "shorten is not given what it takes",
    "{{ lead.title.upper(3) }}": "upper is not given what it takes",
    "{{ range(1, 2, 3, 4) }}": "range is not given what it takes",
    "{{ lead.title + 1 }}": "+ adds numbers, and not all of this is one. Join texts with ~",
    "{{ 1 + lead.title }}": "+ adds numbers",
    "{{ lead.title - 1 }}": "this reckons with something that is no number",
    "{{ 'a' < 1 }}": "this reckons with something that is no number",
    "{{ 1 / 0 }}": "this divides by zero",
    "{{ 1 % 0 }}": "this divides by zero",
    "{{ lead.title | date }}": "'Ferry' is no date",
    "{{ lead.title | shrinks('a') }}": "'a' is no number",
    "{% for each in 3 %}{% endfor %}": "a loop needs a list, and this is none",
    "{{ lead() }}": "( ) stands behind something that can't be called",
    "{{ lead.title": "a {{ is never closed. Close it with }}",
    "{% if lead": "a {% is never closed. Close it with %}",
    "{# lead": "a comment {# is never closed. Close it with #}",
    "{% if lead %}": "{% if %} is never closed. Write {% endif %} where it ends",
    "{% if lead %}{% for a in b %}{% endif %}": "{% endif %} stands where {% for %} is still open. Close {% for %}",
    "{% endfor %}": "{% endfor %} belongs to nothing that is open",
    "{% foo %}": "there is no tag {% foo %}",
    "{{ lead title }}": "'title' stands where }} should",
    "{% if lead = 3 %}{% endif %}": "= stands where a question is asked. Two things are compared by ==",
    "{{ lead.title | }}": "the name of a filter is missing after |",
    "{% for a of b %}{% endfor %}": "'of' stands where 'in' should",
    "{{ }}": "nothing stands there that could be printed or asked",
    "{{ 'lead }}": "' is out of place, or a text in quotes is never closed",
    "{{ (lead }}": "} stands where ) should",
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Engine:
    return Engine([tmp_path_factory.mktemp("templates"), default_theme()])


@pytest.mark.parametrize("source", SLIPS)
def test_a_slip_is_told_in_words_of_the_field(engine: Engine, source: str) -> None:
    lead = {"title": "Ferry", "published_at": "", "authors": [], "categories": ["Port"]}
    with pytest.raises(TemplateError) as caught:
        engine.render_string(source, {"lead": lead}, Conventions("en", "UTC"), where="schedules.yaml:9")
    assert str(caught.value).startswith(f"schedules.yaml:9: {SLIPS[source]}")


def test_a_file_that_is_not_utf_8_is_to_be_saved_as_that(tmp_path) -> None:
    (tmp_path / "page.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(TemplateError, match=r"it isn't UTF-8 text. Save the file as UTF-8"):
        Engine([tmp_path]).render("page.txt", {}, Conventions("en", "UTC"))
