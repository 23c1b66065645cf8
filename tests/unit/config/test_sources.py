"""Keys of sources: which belong to which kind, and what is said of those that don't fit."""

import pytest

from publisher.config.schedules import parse_project
from tests.unit.config.project_text import problems_of, with_line


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{feed: x.xml, links: /a/*}", "has `links:`, which only a `page:` source has. Take it out"),
        ("{feed: x.xml, token: x}", "has `token:`, which only a `push:` source has. Take it out"),
        ("{push: true, every: 5m}", "has `every:`, but where articles are pushed nothing is looked at. Take it out"),
        ("{wordpress: 'https://h.example', user: ann}", "has `user:` without `password:`. Add `password: ${WORD"),
        ("{wordpress: 'https://h.example', status: draft}", "has `status:`, but only a user sees posts that are not"),
        ("{wordpress: 'https://h.example', status: drafts}", "is no state of a post. Did you mean `draft`?"),
        ("{wordpress: h.example}", "is not a web address. Write it whole, with `https://`"),
        ("{page: ftp://h.example}", "is not a web address. Write it whole, with `https://`"),
        ("{page: 'https://h.example', links: '^/news/.*$'}", "is a regular expression. Write a path in which `*`"),
        ("{page: 'https://h.example', links: 'news/*'}", "is no pattern of addresses. Write `/news/*`"),
        ("{page: 'https://h.example', per_poll: 0}", "is too small. Write 1 or more"),
    ],
)
def test_a_key_that_does_not_fit_says_what_to_write(source, words):
    (said,) = problems_of(with_line("{feed: https://harbor.example/feed}", source))
    assert words in said


def test_a_token_in_clear_is_worth_a_word_and_never_shown():
    project = parse_project(
        with_line("{feed: https://harbor.example/feed}", "{push: true, token: s3cr3t-s3cr3t-s3cr3t}")
    )
    (note,) = project.notes
    assert "`token:` is written in clear. Write `${SITE_TOKEN}` here" in str(note)
    assert "s3cr3t" not in f"{note} {project.sources['site']!r}"


def test_a_source_of_each_kind_says_all_that_its_reader_needs():
    text = with_line(
        "{feed: https://harbor.example/feed}",
        "{page: [https://h.example/a, https://h.example/b], links: [/a/*, 'https://h.example/b/*'], per_poll: 5}",
    )
    source = parse_project(text).sources["site"]
    assert (source.kind, source.location) == ("page", "https://h.example/a https://h.example/b")
    assert (source.links, source.per_poll) == (("/a/*", "https://h.example/b/*"), 5)
