from __future__ import annotations

from pathlib import Path

import pytest

from publisher.errors import TemplateError
from publisher.render.conventions import Conventions
from publisher.render.engine import Engine, default_theme

ENGLISH = Conventions("en", "Europe/Lisbon")
ARTICLE = {"title": "A & B", "url": "", "published_at": "2026-11-24T23:30:00+00:00"}


def render(folder: Path, source: str, name: str = "email/page.html", conventions: Conventions = ENGLISH) -> str:
    path = folder / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)
    context = {"article": ARTICLE, "articles": [ARTICLE, ARTICLE], "empty": ""}
    return Engine([folder / "templates"]).render(name, context, conventions)


def error_of(folder: Path, source: str) -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        render(folder, source)
    return caught.value


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ ''['__class__'] }}",
        "{{ article.__class__ }}",
        "{{ article | attr('__class__') }}",
        "{{ ['a'] | map(attribute='__class__') | join }}",
        "{{ self.__init__.__globals__ }}",
        "{{ range.__globals__ }}",
        "{{ '{0.__class__}'.format('x') }}",
        "{{ article.update({'title': 'x'}) }}",
        "{{ articles.append(1) }}",
        "{{ articles.clear() }}",
        "{% include '/etc/passwd' %}",
        "{% include '../../../../etc/passwd' %}",
        "{% include '..\\\\secret.txt' %}",
        "{% import 'os' as os %}",
        "{{ config }}",
        "{{ lipsum() }}",
        "{{ cycler.__init__ }}",
        "{{ 'a' * 10**9 }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ range(10**9) | list }}",
        "{% for a in range(90000) %}{% for b in range(90000) %}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}{% endfor %}",
        "{% include 'email/page.html' %}",
        "{{ article | tojson }}",
        "{{ '<b>' | safe }}",
        "{{ 1 / 0 }}",
        "{{ articles[7].title }}",
        "{{ '{:99999999}'.format(1) }}",
        "{{ '{:{}}'.format(1, 99999999) }}",
        "{{ '%99999999d' % 1 }}",
        "{{ 'a'.ljust(10**8) }}",
        "{{ 'a'.encode() }}",
        "{{ ('a' * 900000).replace('a', 'b' * 1000) }}",
        "{{ ('a' * 900000) | replace('a', 'b' * 1000) }}",
        "{{ range(10000) | join('x' * 10000) }}",
        "{{ ('x' * 10000).join(range(10000) | map('string') | list) }}",
        "{{ 'a b c' | wrap(1, 'x' * 900000) }}",
        "{{ [1] | batch(10**9, 1) | list }}",
        "{% set n = namespace(a='aa') %}{% for i in range(60) %}{% set n.a = n.a ~ n.a %}{% endfor %}",
        "{% set n = namespace(a='aa') %}{% for i in range(60) %}{% set n.a = n.a + n.a %}{% endfor %}",
        "{% set n = namespace(a=3) %}{% for i in range(60) %}{% set n.a = n.a * n.a %}{% endfor %}",
        "{% set n = namespace(a=1) %}{% for i in range(60) %}{% set n.a = [n.a, n.a] %}{% endfor %}",
        "{% set n = namespace(a=1) %}{% for i in range(60) %}{% set n.a = (n.a, n.a) %}{% endfor %}",
        "{% set n = namespace(a=1) %}{% for i in range(60) %}{% set n.a = {1: n.a, 2: n.a} %}{% endfor %}",
        "{% set n = namespace(a=1) %}{% for i in range(60) %}{% set n.a = dict(a=n.a, b=n.a) %}{% endfor %}",
        "{{ articles }}",
        "{{ dict.__subclasses__() }}",
        "{{ dict.fromkeys(articles) }}",
        "{{ namespace.__init__.__globals__ }}",
        "{% set n = namespace() %}{% set n.__class__ = 1 %}{{ n.__class__ }}",
        "{{ cycler('a') }}",
        "{{ joiner() }}",
        "{{ [article] | map('attr', '__class__') | list }}",
        "{{ [article] | groupby('__class__') }}",
        "{{ [article] | sort(attribute='__class__') | list }}",
        "{{ '{0[title].__class__}'.format(article) }}",
        "{{ ('{0.__cl' ~ 'ass__}').format(1) }}",
        "{{ '{}'.format.__self__ }}",
        "{{ '{}'.format_map(article) }}",
        "{% macro m() %}{% endmacro %}{{ m._func.__globals__ }}",
        "{% macro m() %}{{ caller.__class__ }}{% endmacro %}{% call m() %}{% endcall %}",
        "{% for x in [1] %}{{ loop._iterator }}{% endfor %}",
        "{{ self._TemplateReference__context }}",
        "{{ environ }}",
        "{{ __import__('os') }}",
        "{{ open('/etc/passwd') }}",
        "{% include 'http://127.0.0.1/x' %}",
        "{% include 'file:///etc/passwd' %}",
        "{% include ['/etc/passwd', '/etc/hostname'] %}",
        "{% extends '/etc/passwd' %}",
        "{% extends 'email/page.html' %}",
        "{% import 'email/page.html' as me %}",
        "{% block a %}{{ self.a() }}{% endblock %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f() %}{% call f() %}{% endcall %}{% endmacro %}{{ f() }}",
        "{% autoescape false %}{{ '<b>' }}{% endautoescape %}",
        "{% debug %}",
        "{{ 1e400 | int }}",
        "{% if 1 %}" * 150 + "{% endif %}" * 150,
        "{% for a in [1] %}" * 30 + "{% endfor %}" * 30,
        "{{ " + "(" * 300 + "1" + ")" * 300 + " }}",
        "{{ 'a' | shrinks(0) }}",
        "{{ 'a' | drops(-1) }}",
        "{{ ('#' * 900000) | hashtags }}",
        "{{ ('a' * 1000000).join(range(99999) | map('string')) }}",
        "{{ ('a' * 1000).join('b' * 999999) }}",
        "{{ (['a' * 999999] * 9000) | join }}",
        "{{ ''.join(['a' * 999999] * 9000) }}",
        "{{ ([[1] * 1000] * 900) | sum(start=[]) }}",
        "{{ ('{0}' * 99999).format('a' * 999999) }}",
        "{{ ('{a}' * 99999).format(a='a' * 999999) }}",
        "{{ '{}'.format(articles) }}",
        "{{ ('a' * 999999) in ['b' * 999999] * 900000 }}",
        "{% set n = namespace(a='aa') %}{% for i in range(40) %}"
        "{% set n.a %}{{ n.a }}{{ n.a }}{% endset %}{% endfor %}",
        "{% set x %}{% for i in range(9999) %}{{ 'a' * 999999 }}{% endfor %}{% endset %}",
        "{% macro m() %}{% for i in range(9999) %}{{ 'a' * 999999 }}{% endfor %}{% endmacro %}{{ m() }}",
        "{% set x %}{% for i in range(99999) %}" + "y" * 9999 + "{% endfor %}{% endset %}",
        "{% filter upper %}{% for i in range(99999) %}" + "y" * 9999 + "{% endfor %}{% endfilter %}",
    ],
    ids=lambda source: source[:60],
)
def test_a_hostile_template_gets_an_error_and_nothing_else(tmp_path: Path, hostile: str) -> None:
    error = error_of(tmp_path, hostile)
    assert error.where.startswith(("templates/email/page.html", "email/page.html"))
    assert "root:" not in str(error)


@pytest.mark.parametrize(
    "endless",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(99999) %}{{ (range(99999) | sum) and '' }}{% endfor %}",
        "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(50) }}",
        "{% for a in [1] recursive %}{{ loop([1, 1]) if loop.depth < 90 }}{% endfor %}",
        "{{ (['a b ' * 250] * 80000) | map('wrap') | list | length }}",
        "{{ range(99999) | select('in', range(99999) | list) | list | length }}",
        "{{ (['ab'] * 99999) | map('join', '-') | list | length }}",
    ],
)
def test_a_template_that_would_compute_for_ever_is_stopped(endless: str) -> None:
    with pytest.raises(TemplateError, match="computes for too long"):
        Engine([], seconds=0.2).render_string(endless, {}, ENGLISH, where="here")


def test_an_included_file_is_counted_each_time_that_it_is_printed(tmp_path: Path) -> None:
    (tmp_path / "big.txt").write_text("y" * 99_999)
    source = "{% set x %}{% for i in range(99999) %}{% include 'big.txt' %}{% endfor %}{% endset %}"
    with pytest.raises(TemplateError, match="prints more than"):
        Engine([tmp_path]).render_string(source, {}, ENGLISH, where="here")


def test_a_loop_knows_its_length_and_its_neighbours(tmp_path: Path) -> None:
    words = (
        "{% for a in articles %}{{ loop.index }}/{{ loop.length }}{{ ',' if not loop.last }}{% else %}none{% endfor %}"
    )
    assert render(tmp_path, words) == "1/2,2/2"
    assert render(tmp_path, "{% for a in [] %}x{% else %}none{% endfor %}") == "none"


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret words")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "link.txt").symlink_to(tmp_path / "secret.txt")
    error = error_of(tmp_path, "{% include 'link.txt' %}")
    assert "link.txt" in error.what
    assert "secret words" not in str(error)


def test_an_undefined_name_is_told_with_its_line_and_the_nearest_names(tmp_path: Path) -> None:
    error = error_of(tmp_path, "<p>\n{{ artcle }}\n</p>")
    assert error.where == "templates/email/page.html:2"
    assert "'artcle'" in error.what
    assert "article" in error.remedy


def test_a_missing_attribute_is_told_with_the_nearest_ones(tmp_path: Path) -> None:
    error = error_of(tmp_path, "{% for story in articles %}\n\n{{ story.titel }}{% endfor %}")
    assert error.where == "templates/email/page.html:3"
    assert "'titel'" in error.what
    assert "title" in error.remedy


def test_a_broken_template_is_told_with_its_line(tmp_path: Path) -> None:
    error = error_of(tmp_path, "one\n{% if article %}\nthree")
    assert error.where == "templates/email/page.html:3"
    assert "endif" in error.remedy


def test_an_unknown_filter_is_told_with_those_there_are(tmp_path: Path) -> None:
    error = error_of(tmp_path, "\n{{ article.title | uppr }}")
    assert error.where == "templates/email/page.html:2"
    assert "upper" in error.remedy


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("{{ article.title.upper }}", "a function"),
        ("{{ articles | map(attribute='title') }}", "a generator"),
        ("{{ article.get('subtitle') }}", "what is not there"),
        ("{% macro line() %}x{% endmacro %}{{ line }}", "a macro"),
        ("{{ 'by {}'.format(article.get('author')) }}", "what is not there"),
        ("{{ article.keys() }}", "dict_keys"),
    ],
)
def test_what_is_no_text_is_not_printed_to_anybody(tmp_path: Path, source: str, kind: str) -> None:
    assert f"{kind} can't be printed" in error_of(tmp_path, source).what
    good = "{{ 1 }} {{ 2.5 }} {{ true }} {{ 'a' ~ 1 }} {{ '{} {}'.format(1, empty) }}"
    assert render(tmp_path, good) == "1 2.5 True a1 1 "


def test_an_expression_that_is_nested_too_deep_says_so(tmp_path: Path) -> None:
    assert "nested too deep" in error_of(tmp_path, "{{ " + "not " * 3_000 + "1 }}").what


def test_a_missing_template_says_which(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"there is no template email/none\.html"):
        Engine([tmp_path]).render("email/none.html", {}, ENGLISH)
    (tmp_path / "page.html").write_text("{% include 'partials/foter.html' %}")
    with pytest.raises(TemplateError, match="there is no template partials/foter") as caught:
        Engine([tmp_path, default_theme()]).render("page.html", {}, ENGLISH)
    assert caught.value.remedy == "Nearest: partials/footer.html"


def test_a_template_that_is_not_utf_8_says_so(tmp_path: Path) -> None:
    (tmp_path / "latin.txt").write_bytes("Café".encode("latin-1"))
    with pytest.raises(TemplateError, match="UTF-8"):
        Engine([tmp_path]).render("latin.txt", {}, ENGLISH)


def test_the_first_folder_that_has_a_file_wins_file_by_file(tmp_path: Path) -> None:
    for name, files in {"own": ["a.txt"], "theme": ["a.txt", "b.txt", "c.txt"]}.items():
        (tmp_path / name).mkdir()
        for file in files:
            (tmp_path / name / file).write_text(f"{name} {file}")
    (tmp_path / "theme" / "c.txt").write_text("{% include 'a.txt' %}")
    engine = Engine([tmp_path / "own", tmp_path / "theme", tmp_path / "not there"])
    assert [engine.render(name, {}, ENGLISH) for name in ("a.txt", "b.txt", "c.txt")] == [
        "own a.txt",
        "theme b.txt",
        "own a.txt",
    ]


def test_a_saved_template_is_used_at_once(tmp_path: Path) -> None:
    engine = Engine([tmp_path])
    (tmp_path / "a.txt").write_text("one")
    assert engine.render("a.txt", {}, ENGLISH) == "one"
    (tmp_path / "a.txt").write_text("two!")
    assert engine.render("a.txt", {}, ENGLISH) == "two!"


def test_a_template_laid_over_the_theme_is_used_at_once_and_the_themes_again_when_it_is_taken_away(
    tmp_path: Path,
) -> None:
    own, theme = tmp_path / "own", tmp_path / "theme"
    theme.mkdir()
    (theme / "part.txt").write_text("the theme's")
    (theme / "page.txt").write_text("{% include 'part.txt' %}")
    engine = Engine([own, theme])
    assert engine.render("page.txt", {}, ENGLISH) == "the theme's"
    own.mkdir()
    (own / "part.txt").write_text("our own")
    assert engine.render("page.txt", {}, ENGLISH) == "our own"
    (own / "part.txt").unlink()
    assert engine.render("page.txt", {}, ENGLISH) == "the theme's"


def test_html_is_escaped_and_text_is_not(tmp_path: Path) -> None:
    assert render(tmp_path, "{{ article.title }}") == "A &amp; B"
    assert render(tmp_path, "{{ article.title }}", "email/page.txt") == "A & B"


def test_what_is_not_escaped_by_itself_is_not_set_on_a_page(tmp_path: Path) -> None:
    for name in ("partials/line.txt", "partials/line.jinja"):
        render(tmp_path, "{{ article.title }}", name)
        for way in ("include", "extends"):
            error = error_of(tmp_path, f"<p>\n{{% {way} '{name}' %}}")
            assert error.where.startswith("templates/email/page.html")
            assert f"{name} is not escaped" in error.what
    render(tmp_path, "{{ article.title }}", "partials/line.html")
    assert render(tmp_path, "{% include 'partials/line.html' %}") == "A &amp; B"
    assert render(tmp_path, "{% include 'partials/line.txt' %}", "email/page.txt") == "A & B"


@pytest.mark.parametrize(
    ("form", "language", "written"),
    [
        ("date", "en", "November 24, 2026"),
        ("date('day')", "en-GB", "24 November"),
        ("date('full')", "de", "Dienstag, 24. November 2026"),
        ("date('d.M.')", "de", "24.11."),
        ("date", "pt", "24 de novembro de 2026"),
        ("time", "de", "23:30"),
        ("date", "xx-unknown", "November 24, 2026"),
    ],
)
def test_dates_are_written_in_the_publications_language_and_zone(
    tmp_path: Path, form: str, language: str, written: str
) -> None:
    conventions = Conventions(language, "Europe/Lisbon")
    assert render(tmp_path, f"{{{{ article.published_at | {form} }}}}", conventions=conventions) == written


def test_a_date_is_right_in_an_imported_macro_too_and_across_midnight(tmp_path: Path) -> None:
    source = "{% macro day(a) %}{{ a.published_at | date }}{% endmacro %}"
    render(tmp_path, source, "partials/macros.html")
    page = "{% from 'partials/macros.html' import day %}{{ day(article) }}"
    assert render(tmp_path, page, conventions=Conventions("en", "Asia/Tokyo")) == "November 25, 2026"


@pytest.mark.parametrize(
    ("moment", "zone", "written"),
    [
        ("9999-12-31T23:30:00+00:00", "Asia/Tokyo", "December 31, 9999"),
        ("0001-01-01T00:00:00+00:00", "America/Los_Angeles", "January 1, 1"),
    ],
)
def test_the_last_day_of_the_calendar_is_a_date_in_every_zone(moment: str, zone: str, written: str) -> None:
    assert Conventions("en", zone).date(moment) == written


def test_no_date_prints_nothing(tmp_path: Path) -> None:
    assert render(tmp_path, "[{{ empty | date }}{{ empty | time }}]") == "[]"


def test_an_unknown_time_zone_is_told(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="Atlantis"):
        render(tmp_path, "{{ article.published_at | date }}", conventions=Conventions("en", "Atlantis"))


def test_the_default_theme_is_there() -> None:
    assert (default_theme() / "email" / "digest.html").is_file()


def test_what_the_engine_says_ends_in_one_full_stop(tmp_path: Path) -> None:
    assert "there is no filter 'shrten'. Nearest" in str(error_of(tmp_path, "{{ lead | shrten }}"))
    assert not error_of(tmp_path, "{{ lead | shrten }}").what.endswith(".")
    assert not error_of(tmp_path, "{{ article.__class__ }}").what.endswith(".")
