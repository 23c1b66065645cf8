"""Items that were met before are not made again, and what is remembered is bounded."""

from __future__ import annotations

from pathlib import Path

from publisher.model.article import Article
from publisher.sources.address import Place
from publisher.sources.item import Item
from publisher.sources.memory import Memory

SITE = Place("https://harbor.example/")


class Maker:
    """Makes articles of 100 characters, and counts."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, item: Item, place: Place, language: str | None = None) -> Article | None:
        self.made.append(item.title)
        return Article(item.title, text="x" * 100) if item.title else None


def test_the_same_words_are_made_once_and_other_words_anew():
    maker = Maker()
    memory = Memory(maker)
    first = memory.article_of(Item(title="One"), SITE)
    assert memory.article_of(Item(title="One"), SITE) is first
    memory.article_of(Item(title="One", summary="corrected"), SITE)
    memory.article_of(Item(title="One"), Place("https://elsewhere.example/"))
    memory.article_of(Item(title="One"), SITE, "pt")
    assert maker.made == ["One"] * 4


def test_what_stands_in_a_folder_is_made_each_time_for_its_pictures_come_and_go():
    maker = Maker()
    memory = Memory(maker)
    for _ in range(2):
        memory.article_of(Item(title="One"), Place(folder=Path("articles")))
    assert len(maker.made) == 2


def test_the_longest_unused_is_forgotten_first():
    maker = Maker()
    memory = Memory(maker, most=250)
    for title in ("One", "Two", "One", "Three", "One", "Two"):
        memory.article_of(Item(title=title), SITE)
    assert maker.made == ["One", "Two", "Three", "Two"]


def test_an_item_that_says_nothing_is_not_remembered():
    memory = Memory(Maker())
    assert memory.article_of(Item(), SITE) is None
    assert memory.article_of(Item(), SITE) is None
