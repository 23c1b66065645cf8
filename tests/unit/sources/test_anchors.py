"""Which of a listing's links are articles."""

from __future__ import annotations

from publisher.sources.address import Place
from publisher.sources.anchors import fitting, links_of, of_site


def test_a_listing_whose_host_has_letters_of_its_own_knows_its_links() -> None:
    listing = "https://bücher.example/news/"
    found = of_site(links_of('<a href="1">x</a> <a href="https://bücher.example/news/">y</a>', Place(listing)), listing)
    assert found == ("https://xn--bcher-kva.example/news/1",)
    assert fitting(found, ["https://bücher.example/news/*"]) == found
