from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from publisher.errors import TemplateError
from publisher.model.message import Mail, Slot, Text, fill, slots_of
from publisher.render.conventions import Conventions
from publisher.render.engine import Engine
from publisher.render.merge import MARKER, merge_names, split_html, split_text
from tests.unit.render.samples import READER

PLAIN = Conventions("en", "UTC")


def rendered(tmp_path: Path, source: str, name: str = "letter.html", **context: Any) -> str:
    (tmp_path / name).write_text(source)
    return Engine([tmp_path]).render(name, {**merge_names(), **context}, PLAIN)


def html_of(tmp_path: Path, source: str) -> Text:
    return split_html(rendered(tmp_path, source), where="letter.html")


def slots(text: Text) -> list[Slot]:
    return [part for part in text if isinstance(part, Slot)]


@pytest.mark.parametrize(
    ("source", "slot"),
    [
        ("<p>{{ recipient.name }}</p>", Slot("name", "html")),
        ("<p>{{ recipient.city }}</p>", Slot("city", "html")),
        ("<p>{{ recipient['city'] }}</p>", Slot("city", "html")),
        ('<p title="For {{ recipient.name }}">x</p>', Slot("name", "html")),
        ('<a href="{{ unsubscribe_url }}">x</a>', Slot("unsubscribe_url", "url")),
        ("<a href='{{ preferences_url }}'>x</a>", Slot("preferences_url", "url")),
        ('<a href="https://a.example/?n={{ recipient.name }}">x</a>', Slot("name", "url-part")),
        ('<a href="mailto:{{ recipient.email }}">x</a>', Slot("email", "url-part")),
        ("<title>For {{ recipient.name }}</title>", Slot("name", "html")),
        ("<!--[if mso]><p>{{ recipient.name }}</p><![endif]-->", Slot("name", "html")),
        ('<!--[if mso]><a href="{{ unsubscribe_url }}">x</a><![endif]-->', Slot("unsubscribe_url", "url")),
        ("<!--[if !mso]><!--><p>{{ recipient.name }}</p><!--<![endif]-->", Slot("name", "html")),
        (
            '<p>{{ recipient.first_name | default("reader & friend") }}</p>',
            Slot("first_name", "html", "reader & friend"),
        ),
        ("<p>{{ recipient.first_name | d('x') }}</p>", Slot("first_name", "html", "x")),
    ],
)
def test_a_field_becomes_a_slot_that_knows_its_context(tmp_path: Path, source: str, slot: Slot) -> None:
    assert slots(html_of(tmp_path, source)) == [slot]


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'Dear ' ~ recipient.name ~ '!' }}",
        "{{ ['Dear', recipient.name ~ '!'] | join(' ') }}",
        "{% macro hello(who) %}Dear {{ who }}!{% endmacro %}{{ hello(recipient.name) }}",
        "{% set who = recipient.name %}Dear {{ who }}!",
        "{{ 'Dear %s!' % 'x' if false else 'Dear ' ~ recipient.name ~ '!' }}",
    ],
)
def test_a_field_may_be_printed_joined_and_passed_to_macros(tmp_path: Path, source: str) -> None:
    assert fill(html_of(tmp_path, f"<p>{source}</p>"), {"name": "<Ada>"}) == "<p>Dear &lt;Ada&gt;!</p>"


@pytest.mark.parametrize(
    "misuse",
    [
        "{{ recipient.name | upper }}",
        "{{ recipient.name | e }}",
        "{{ recipient.name | default('x') | title }}",
        "{{ recipient.name | default(recipient.email) }}",
        "{% if recipient.name %}x{% endif %}",
        "{% if not recipient.name %}x{% endif %}",
        "{% if recipient.city == 'Porto' %}x{% endif %}",
        "{% if 'Porto' != recipient.city %}x{% endif %}",
        "{% if recipient.city in ['Porto'] %}x{% endif %}",
        "{% if 'P' in recipient.city %}x{% endif %}",
        "{% if recipient.city is defined %}x{% endif %}",
        "{% if recipient.city is none %}x{% endif %}",
        "{% if recipient.age > 18 %}x{% endif %}",
        "{{ recipient.age + 1 }}",
        "{{ 'a' * recipient.age }}",
        "{{ 'Dear %s' % recipient.name }}",
        "{{ 'Dear {}'.format(recipient.name) }}",
        "{{ -recipient.age }}",
        "{{ recipient.name[0] }}",
        "{{ recipient.name[:3] }}",
        "{{ recipient.name.upper() }}",
        "{{ recipient.name() }}",
        "{{ recipient.name or 'reader' }}",
        "{% for letter in recipient.name %}{{ letter }}{% endfor %}",
        "{{ recipient.name | length }}",
        "{{ [recipient.name, 'b'] | sort }}",
        "{{ (recipient.name ~ '!') | upper }}",
        "{% if (recipient.name ~ '!') is string %}x{% endif %}",
        "{% macro hello() %}{{ recipient.name }}{% endmacro %}{{ hello() | trim }}",
        "{{ recipient }}",
        "{% if recipient %}x{% endif %}",
        "{{ recipient['first name'] }}",
        "{{ recipient.name.__class__ }}",
        "{{ unsubscribe_url | replace('http', 'https') }}",
        "{{ {recipient.name: 1} }}",
    ],
)
def test_anything_else_done_to_a_field_is_an_error_with_its_line_and_the_remedy(tmp_path: Path, misuse: str) -> None:
    with pytest.raises(TemplateError) as caught:
        rendered(tmp_path, f"<p>one</p>\n<p>two</p>\n{misuse}\n")
    assert caught.value.where.endswith("letter.html:3")
    assert caught.value.remedy


def test_a_misuse_inside_a_partial_names_the_partial(tmp_path: Path) -> None:
    (tmp_path / "part.html").write_text("\n{{ recipient.name | lower }}")
    with pytest.raises(TemplateError) as caught:
        rendered(tmp_path, '<p>{% include "part.html" %}</p>')
    assert caught.value.where.endswith("part.html:2")
    assert "recipient.name" in caught.value.what


@pytest.mark.parametrize(
    "source",
    [
        "<style>p { color: {{ recipient.colour }} }</style>",
        "<script>var a = '{{ recipient.name }}'</script>",
        "<!-- for {{ recipient.name }} -->",
        '<p style="color: {{ recipient.colour }}">x</p>',
        '<p onclick="{{ recipient.name }}">x</p>',
        "<p {{ recipient.name }}>x</p>",
        "<p title={{ recipient.name }}>x</p>",
        "<h{{ recipient.level }}>x",
        '<a href="{{ recipient.site }}/page">x</a>',
        '<img srcset="{{ recipient.picture }} 2x">',
    ],
)
def test_a_field_where_nothing_can_be_escaped_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(TemplateError, match=r"recipient\."):
        html_of(tmp_path, source)


def test_each_context_is_escaped_in_its_own_way(tmp_path: Path) -> None:
    text = html_of(
        tmp_path,
        '<p title="{{ recipient.x }}">{{ recipient.x }}<a href="https://a.example/{{ recipient.x }}">'
        '</a><a href="{{ recipient.x }}"></a></p>',
    )
    assert fill(text, {"x": 'javascript:"<a b>"'}) == (
        '<p title="javascript:&quot;&lt;a b&gt;&quot;">javascript:&quot;&lt;a b&gt;&quot;'
        '<a href="https://a.example/javascript%3A%22%3Ca%20b%3E%22"></a><a href=""></a></p>'
    )


def test_plain_text_is_not_escaped_and_a_header_keeps_to_its_line(tmp_path: Path) -> None:
    source = rendered(tmp_path, "Dear {{ recipient.name }}", "letter.txt")
    assert fill(split_text(source, "text", where="x"), {"name": "A & <B>"}) == "Dear A & <B>"
    assert fill(split_text(source, "header", where="x"), {"name": "A\r\nBcc: b"}) == "Dear A Bcc: b"


def test_the_same_template_prints_the_same_tokens(tmp_path: Path) -> None:
    source = "{{ recipient.name }} {{ recipient.city | default('Ünder') }}"
    assert rendered(tmp_path, source) == rendered(tmp_path, source)


def test_half_a_token_is_noticed() -> None:
    with pytest.raises(TemplateError, match="was changed"):
        split_text(f"Dear {MARKER}abc", "text", where="x")
    with pytest.raises(TemplateError, match="was changed"):
        split_html(f"<p>{MARKER.upper()}ABC9</p>", where="x")


def test_two_readers_get_their_own_values_only(tmp_path: Path) -> None:
    source = html_of(tmp_path, '<p>{{ recipient.name }} {{ recipient.city }} <a href="{{ unsubscribe_url }}">x</a></p>')
    readers = [{"name": f"n{i}", "city": f"c{i}", "unsubscribe_url": f"https://u{i}.example"} for i in range(2)]
    first, second = (fill(source, reader) for reader in readers)
    assert not any(value in second for value in readers[0].values())
    assert not any(value in first for value in readers[1].values())


def test_a_reader_without_a_value_and_without_a_default_is_an_error_never_a_gap(tmp_path: Path) -> None:
    source = html_of(tmp_path, "<p>{{ recipient.name }}{{ recipient.city | default('Harbor') }}</p>")
    assert fill(source, {"name": "Ada", "city": ""}) == "<p>AdaHarbor</p>"
    with pytest.raises(KeyError, match="name"):
        fill(source, {"city": "Porto"})


def test_slots_of_a_mail_are_found() -> None:
    mail = Mail(("a", Slot("name", "header")), ("b",), (Slot("city", "text"),), (), "n", "e")
    assert [slot.field for slot in slots_of(mail)] == ["name", "city"]
    assert READER["name"]
