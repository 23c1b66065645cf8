"""What pages show of messages."""

from __future__ import annotations

import pytest

from publisher.model.message import Card, Post
from publisher.web.message_views import post_view

URL = "https://harbor.example/2"


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        (("Ferry resumes.",), 1),
        (("Ferry resumes.", f"Bridge opens. {URL}", "Fog."), 2),
        (("Bridge opens, read it here.", "Fog. https://harbor.example/3"), 1),
    ],
    ids=["one post", "the part that leads to it", "no part does"],
)
def test_a_threads_card_stands_under_the_part_that_leads_to_its_page(parts, place):
    post = Post(parts, "en", Card(URL, "Bridge opens", "From Monday."))
    assert post_view(None, "toots", post).card_at == place


def test_a_post_without_a_card_has_no_place_for_one_but_the_first():
    assert post_view(None, "toots", Post(("Words.",))).card_at == 1
