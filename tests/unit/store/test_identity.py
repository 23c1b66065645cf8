"""By what articles are known again."""

from __future__ import annotations

from publisher.model.article import Article, Standing
from publisher.store import articles, identity, sources
from tests.ledger import NOW
from tests.stores import overheard

WORDS = "Zoë’s “ferry”: 10 % off\n2026-11-24T07:00:00+00:00"


def add(conn, source: str = "site") -> tuple[int, int]:
    source_id = sources.ensure(conn, source)["id"]
    (article_id,) = articles.add(conn, source_id, [articles.NewArticle(Article("Ferry"), Standing.NEW, "new")], NOW)
    return source_id, article_id


def test_many_names_are_written_in_one_statement(store):
    with store.write() as conn:
        source_id, article_id = add(conn)
        with overheard(conn) as asked:
            identity.add_aliases(conn, source_id, [(article_id, ("guid", f"{number}")) for number in range(20_000)])
        assert len(asked) == 1
        assert (
            len(identity.find_by_aliases(conn, source_id, [("guid", f"{number}") for number in range(30_000)]))
            == 20_000
        )


def test_names_are_kept_letter_by_letter(store):
    names = [("title+date", WORDS), ("link", "//h.example/1?a=1&b='2'"), ("guid", "007")]
    with store.write() as conn:
        source_id, article_id = add(conn)
        identity.add_aliases(conn, source_id, [(article_id, name) for name in names])
        assert identity.find_by_aliases(conn, source_id, names) == dict.fromkeys(names, article_id)


def test_a_name_stays_with_the_article_that_has_it(store):
    with store.write() as conn:
        source_id, first = add(conn)
        _, second = add(conn)
        identity.add_aliases(conn, source_id, [(first, ("guid", "1")), (second, ("guid", "1"))])
        identity.add_aliases(conn, source_id, [(second, ("guid", "1")), (second, ("guid", "2"))])
        identity.add_aliases(conn, source_id, [])
        assert identity.guids_of(conn, [first, second]) == {first: ("1",), second: ("2",)}


def test_names_belong_to_their_source(store):
    with store.write() as conn:
        source_id, article_id = add(conn)
        other, _ = add(conn, "culture")
        identity.add_aliases(conn, source_id, [(article_id, ("guid", "1"))])
        assert identity.find_by_aliases(conn, other, [("guid", "1")]) == {}
