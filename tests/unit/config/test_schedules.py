# ruff: noqa: E501 - the tables hold whole lines as people see them
"""schedules.yaml as records; what is wrong, with its place and what to write instead."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.config.schedules import load_project, parse_project
from publisher.errors import ConfigError
from publisher.model.project import Publication
from publisher.model.theme import Palette, Theme
from tests.unit.config.project_text import BASE, problems_of, schedule, with_line


def test_the_publication_is_read():
    text = with_line(
        "  timezone: Europe/Lisbon\n", '  language: pt_pt\n  address: 1 Quay\n  theme: {accent: "#036", width: 600}\n'
    )
    assert parse_project(text).publication == Publication(
        name="Harbor Gazette",
        url="https://harbor.example",
        from_name="Harbor Gazette",
        from_email="news@harbor.example",
        address="1 Quay",
        timezone="UTC",
        language="pt-PT",
        theme=Theme(light=Palette(accent="#003366"), width=600),
    )


def test_a_bare_from_address_gets_the_name_of_the_publication():
    publication = parse_project(with_line("Harbor Gazette <news@harbor.example>", "news@harbor.example")).publication
    assert (publication.from_name, publication.from_email) == ("Harbor Gazette", "news@harbor.example")


def test_a_value_never_reaches_a_header_in_two_lines():
    text = with_line("name: Harbor Gazette\n", 'name: "Harbor\\n\\nBcc: x@y.example"\n')
    assert parse_project(text).publication.name == "Harbor Bcc: x@y.example"


def test_records_know_their_places():
    project = parse_project(BASE)
    assert project.sources["site"].where == "schedules.yaml:7:3"
    assert project.lists["daily"].where == "schedules.yaml:9:3"
    assert project.channels["letters"].where == "schedules.yaml:12:3"
    assert project.channels["letters"].places == {"sender": "schedules.yaml:12:21"}
    assert project.schedules["morning"].where == "schedules.yaml:15:3"
    assert project.schedules["morning"].send[0].where == "schedules.yaml:19:9"


def test_a_list_without_a_title_is_called_by_its_name():
    assert parse_project(BASE).lists["weekly"].title == "Weekly"


def test_a_schedule_keeps_the_order_of_the_file_and_its_own_rules():
    text = BASE + "    give_up_after: 2h\n  evening: {when: {every: 1h}, send: [{via: mastodon}]}\n"
    project = parse_project(text)
    assert list(project.schedules) == ["morning", "evening"]
    assert project.schedules["morning"].give_up_after == timedelta(hours=2)


def test_entries_that_name_the_same_people_twice_get_numbered_keys():
    send = (
        "[{via: letters, to: daily}, {via: letters, to: daily}, {via: letters, to: [daily, weekly]}, {via: mastodon}]"
    )
    keys = [entry.key for entry in schedule(send=send).send]
    assert keys == ["letters:daily", "letters:daily#2", "letters:daily+weekly", "mastodon"]


def test_an_entry_overrides_what_the_publication_says():
    entry = schedule(
        send="[{via: letters, to: daily, from: Desk <desk@harbor.example>, reply_to: a@harbor.example, language: de, "
        'subject: "{{ lead.title }}", preheader: x, template: email/digest.html}]'
    ).send[0]
    assert (entry.from_name, entry.from_email) == ("Desk", "desk@harbor.example")
    assert (entry.reply_to, entry.language, entry.subject) == ("a@harbor.example", "de", "{{ lead.title }}")


def test_an_entry_says_where_its_posts_show_pictures():
    usual, told = schedule(send="[{via: letters}, {via: letters, picture: attach, without_picture: hold}]").send
    assert (usual.picture, usual.without_picture, usual.needs_picture) == ("card", "go", False)
    assert (told.picture, told.without_picture, told.needs_picture) == ("attach", "hold", True)


def test_the_version_changes_with_the_text_alone():
    assert parse_project(BASE).version == parse_project(BASE).version
    assert parse_project(BASE).version != parse_project(BASE + "# a comment\n").version
    assert parse_project(BASE).text == BASE


WRONG = [
    (with_line("  name: Harbor Gazette\n", ""), "1:1: `publication:` has no `name:`. Add `name: Harbor Gazette`"),
    (with_line("Harbor Gazette\n", "\n"), "2:3: `name:` has no value. Write one, or take the line out"),
    (with_line("Harbor Gazette\n", "#1\n"), "2:3: `name:` has no value. A text that begins with `#` needs quotes"),
    (with_line("  name:", "  nmae: x\n  name:"), "2:3: `nmae:` is not a key here. Did you mean `name:`?"),
    (
        with_line("https://harbor.example\n", "harbor.example\n"),
        "3:8: `url: harbor.example` is not a web address. Write it whole, with `https://`",
    ),
    (
        with_line("https://harbor.example\n", 'https://harbor.example/a"b\n'),
        '3:8: `url: https://harbor.example/a"b` is not a web address. Write `%22` in the place of `"`',
    ),
    *(
        (
            with_line("  name:", f"  public_url: {address}\n  name:"),
            f"2:15: `public_url: {address}` can't be where our pages are. Write `https://letters.harbor.example`, "
            "or with a path of letters, digits, `-`, `_`, `.` and `~`",
        )
        for address in (
            "https://letters.harbor.example/it's",
            "https://letters.harbor.example/%22",
            "https://letters.harbor.example/?a=1",
            "https://letters.harbor.example/b%C3%BCcher",
            "https://letters.harbor.example//elsewhere.example",
        )
    ),
    (
        with_line("Harbor Gazette <news@harbor.example>", "news"),
        "4:9: `from: news` is not an e-mail address: An email address must have an @-sign. "
        "Write one such as `news@harbor.example`",
    ),
    (
        with_line("Europe/Lisbon", "Europe/Lisboa"),
        "5:13: `timezone: Europe/Lisboa` is not a time zone. Did you mean `Europe/Lisbon`?",
    ),
    (with_line("Europe/Lisbon", "Madrid"), "5:13: `timezone: Madrid` is not a time zone. Did you mean `Europe/Madrid`?"),
    (
        with_line("timezone: Europe/Lisbon", "language: Portuguese"),
        "5:13: `language: Portuguese` is not a language code. Write `pt`",
    ),
    ("version: 2\n" + BASE, "1:10: `version: 2` is not known. Write `1`"),
    ("practice: perhaps\n" + BASE, "1:11: `practice: perhaps` is neither true nor false. Write `true` or `false`"),
    (
        "sorces: {}\n" + BASE,
        "1:1: `sorces:` is not a key here. Did you mean `sources:`?",
    ),
    ("at_most: 5\n" + BASE, "1:1: `at_most:` is not a key here. It belongs under `pick:`"),
    (
        with_line("  site: {feed: https://harbor.example/feed}", "  site: {every: 5m}"),
        "7:3: `site:` doesn't say where articles come from. Write `feed: https://…` or `folder: articles`",
    ),
    (
        with_line("{feed: https://harbor.example/feed}", "{feed: a.xml, folder: b}"),
        "7:3: `site:` has both `feed:` and `folder:`. Make two sources of it",
    ),
    (
        with_line("https://harbor.example/feed", "ftp://me:hunter2@harbor.example/feed"),
        "7:16: `feed:` can't be fetched. Write `https://…`, or the path of a file",
    ),
    (
        with_line("https://harbor.example/feed}", "a.xml, every: 5}"),
        "7:30: `every: 5` has no unit. Write `5m` for minutes, or with `s`, `h`, `d` or `w`",
    ),
    (with_line("https://harbor.example/feed}", "a.xml, every: 0}"), "7:30: `every: 0` is no time at all. Write a duration such as `5m`"),
    (with_line("https://harbor.example/feed}", "a.xml, backfill: -1}"), "7:33: `backfill: -1` is too small. Write 0 or more"),
    (with_line("https://harbor.example/feed}", "a.xml, backfill: all}"), "7:33: `backfill: all` is not a whole number. Write digits alone"),
    (
        with_line("  daily: {title: Morning briefing}", "  daily: Morning briefing"),
        "9:10: `daily: Morning briefing` should hold keys. Write each as `key: value`, indented, on a line of its own",
    ),
    (with_line("title: Morning briefing", "title: [a, b]"), "9:18: `title:` should be text, not a list or keys. Write it on one line"),
    (with_line("title: Morning briefing", "title: true"), '9:18: `title: true` should be text. Write it in quotes: `"true"`'),
    (with_line("{title: Morning briefing}", "{archive: publik}"), "9:20: `archive: publik` is not known. Did you mean `public`?"),
    (
        with_line("  weekly: {}", "  The Week: {}"),
        "10:3: `The Week` is not a name: small letters, digits, `-` and `_`, at most 64. Write `the-week`",
    ),
    (with_line("{sender: mailpit}", "{base_url: http://x}"), "12:3: `letters:` has no `sender:`. Add `sender: mailgun`"),
    (
        with_line("{sender: mailpit}", "{sender: mailpit, rate: fast}"),
        "12:36: `rate: fast` is not a rate. Write `300/s`, `10/min`, `500/h` or `5000/day`",
    ),
    (
        with_line("{sender: mailpit}", "{sender: mailpit, fallback: leters}"),
        "12:40: there is no channel `leters`. Did you mean `letters`?",
    ),
    (
        with_line("{sender: mailpit}", "{sender: mailpit, fallback: letters}"),
        "12:40: `fallback: letters` names itself. Take it out",
    ),
    (
        with_line("{sender: mailpit}", '{sender: mailpit, api_key: "${no name}"}'),
        "12:39: `${` without a name and `}`. Write `${NAME}` with letters, digits and `_`",
    ),
    (
        with_line("to: daily}", 'to: daily, subject: "${SECRET}"}'),
        "19:44: `${NAME}` is filled in under `channels:` and `sources:` only. "
        "Write the value itself: a secret must not reach a message",
    ),
    (with_line("    when:", "    at: 7\n    when:"), "16:5: `at:` is not a key here. It belongs under `when:`"),
    (with_line("pick: {from: site}", "pick: {from: cite}"), "17:18: there is no source `cite`. Did you mean `site`?"),
    (with_line("pick: {from: site}", "pick: {not_in: [evening]}"), "17:21: there is no schedule `evening`. There are: morning"),
    (with_line("pick: {from: site}", "pick: {not_in: morning}"), "17:20: `not_in: morning` names itself. Take it out"),
    (
        with_line("pick: {from: site}", "pick: {at_least: 11}"),
        "17:5: `pick:` has at_least 11, more than at_most 10. Correct one of them",
    ),
    (with_line("pick: {from: site}", "pick: {order: newst}"), "17:19: `order: newst` is not known. Did you mean `newest`?"),
    (with_line("via: letters", "via: leters"), "19:15: there is no channel `leters`. Did you mean `letters`?"),
    (
        with_line("to: daily}", "to: daily, picture: attach}"),
        "19:9: `send:` has `picture`, which is about posts, and `to`: mails show their pictures anyway. Take `picture` out",
    ),
    (
        with_line("to: daily}", "to: daily, without_picture: hold}"),
        "19:9: `send:` has `without_picture`, which is about posts, and `to`: mails show their pictures anyway. Take `without_picture` out",
    ),
    (
        with_line("to: daily}", "picture: atach}"),
        "19:33: `picture: atach` is not known. Did you mean `attach`?",
    ),
    (with_line("to: daily", "to: [daily, dialy]"), "19:36: there is no list `dialy`. Did you mean `daily`?"),
    (with_line("to: daily", "to: people"), "19:28: there is no list `people`. There are: daily, weekly"),
    (with_line("{via: letters, to: daily}", "{to: daily}"), "19:9: `send:` has no `via:`. Add `via: letters`"),
    (with_line("send:\n      - {via: letters, to: daily}", "send: []"), "18:11: `send:` is an empty list. Write at least one entry, or take the line out"),
    (
        with_line("send:\n      - {via: letters, to: daily}", "send: {via: letters}"),
        "18:5: `send:` should be a list. Begin each entry on a line of its own with `- `",
    ),
    (
        with_line("    send:\n      - {via: letters, to: daily}\n", ""),
        "15:3: `morning:` has no `send:`. Add `send: [{via: …, to: …}]`",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line"), WRONG, ids=[line for _, line in WRONG])
def test_what_is_wrong_is_said_in_one_line(text, line):
    assert problems_of(text) == (line,)


def test_a_file_with_many_mistakes_has_them_all_said_in_its_own_order():
    text = with_line("Harbor Gazette\n", "\n").replace("via: letters", "via: x").replace("at:", "att:")
    found = problems_of(text)
    assert [line.split(":")[0] for line in found] == ["2", "16", "19"]
    with pytest.raises(ConfigError, match=r"\(and 2 more\)$"):
        parse_project(text)


def test_a_note_about_a_change_has_no_room_where_each_article_is_an_edition():
    note = BASE.replace('at: "07:00"', "new: article").replace("    send:", "    on_update: note\n    send:")
    with pytest.raises(ConfigError, match="there is no room for it") as refused:
        parse_project(note)
    assert "Write `repost` or `ignore`" in str(refused.value)


def test_breaking_news_may_be_named_without_a_schedule_for_it_and_a_schedule_for_it_may_not_name_itself():
    text = with_line("pick: {from: site}", "pick: {not_in: [breaking]}")
    assert parse_project(text).schedules["morning"].pick.not_in == ("breaking",)
    with pytest.raises(ConfigError, match=r"`not_in: breaking` names itself"):
        parse_project(text.replace("  morning:\n", "  breaking:\n"))


def test_a_circle_of_fallbacks_is_said_once():
    channels = "  a: {sender: x, fallback: b}\n  b: {sender: x, fallback: c}\n  c: {sender: x, fallback: b}\nschedules:"
    assert problems_of(with_line("schedules:", channels)) == (
        "16:28: fallbacks run in a circle: b → c → b. Take one of them out",
    )


def test_a_chain_of_fallbacks_with_an_end_is_fine():
    channels = "  a: {sender: x, fallback: b}\n  b: {sender: x, fallback: letters}\nschedules:"
    assert parse_project(with_line("schedules:", channels)).channels["a"].fallback == "b"


def test_an_error_never_shows_the_address_of_a_source_or_an_option_of_a_channel():
    for text in (
        with_line("https://harbor.example/feed", "ftp://me:hunter2@x"),
        with_line("{sender: mailpit}", "{sender: mailpit, base_url: 'x://hunter2@y', token: hunter2, rate: a}"),
    ):
        assert "hunter2" not in "".join(problems_of(text))
        assert problems_of(text)


def test_the_repr_of_a_project_shows_no_option_and_no_location():
    text = with_line("{sender: mailpit}", "{sender: mailpit, token: hunter2}").replace(
        "https://harbor.example/feed", "https://a:hunter2@x"
    )
    assert "hunter2" not in repr(parse_project(text))


def test_a_project_is_loaded_from_its_directory(tmp_path):
    (tmp_path / "schedules.yaml").write_text(BASE, encoding="utf-8")
    assert load_project(tmp_path) == parse_project(BASE)


def test_a_directory_without_a_project_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match="publisher init"):
        load_project(tmp_path / "nowhere")


WORDS = st.sampled_from(
    ["", "a", "1", "07:00", "mon-fri", "site", "daily", "letters", "[", "]", "{}", "{a: 1}", "[1, [2]]", "~", "${X}", "true",
     "1h", "2026-12-25", "* * * * *", "a@b.example", "https://x", "-1", "9" * 17, '"', "#x", "- b", "🗞", "{at: x}", "[{via: letters}]"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_change_of_a_project_is_read_or_refused_in_our_words(data):
    lines = BASE.splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    key, colon, _ = lines[number].rpartition(": ")
    lines[number] = f"{key or lines[number]}{colon or ' '}{data.draw(WORDS)}{data.draw(WORDS)}"
    try:
        parse_project("\n".join(lines))
    except ConfigError as error:
        assert str(error).startswith("schedules.yaml")


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(
    st.sampled_from(["publication", "sources", "lists", "channels", "schedules", "version", "practice", "theme", "x"]),
    st.recursive(
        st.sampled_from(['"07:00"', "a", "1", "null", "true", "1.5", '"${X}"']),
        lambda inner: st.lists(inner, max_size=2).map(lambda items: f"[{', '.join(items)}]")
        | st.dictionaries(st.sampled_from(["a", "when", "at", "send", "via", "pick", "from", "feed", "sender", "fallback"]), inner, max_size=3)
        .map(lambda group: "{" + ", ".join(f"{key}: {value}" for key, value in group.items()) + "}"),
        max_leaves=8,
    ),
))  # fmt: skip
def test_any_tree_of_values_is_read_or_refused_in_our_words(tree):
    text = "\n".join(f"{key}: {value}" for key, value in tree.items())
    try:
        parse_project(text)
    except ConfigError as error:
        assert str(error).startswith("schedules.yaml")
