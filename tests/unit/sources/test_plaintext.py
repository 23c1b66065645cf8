"""Notes somebody wrote, and pages that were saved as text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.sources.labels import labels_in
from publisher.sources.plaintext import read_plain

SAVED = """NewsOpinion & Analysis

The quay is ours: why the fishermen stay

Photo: Nets drying on the Old Quay. Credit: Ana Reis / Gazette

By Ann Lee and Bob Day

November 22, 2026

On Monday the boats stayed in. Nobody had told them to.

“We will wait,” said one of them.

They waited.

Share this:

Facebook
Twitter

Related Articles

Who owns the quay?

Harbor wall to be rebuilt

Previous article

Back to top button"""


def test_a_saved_page_gives_its_parts_and_leaves_its_furniture() -> None:
    page = read_plain(SAVED)
    assert page.categories == ("News", "Opinion & Analysis")
    assert page.headline == "The quay is ours: why the fishermen stay"
    assert page.caption == "Nets drying on the Old Quay"
    assert page.credit == "Ana Reis / Gazette"
    assert page.authors == ("Ann Lee", "Bob Day")
    assert page.date == "2026-11-22T00:00:00+00:00"
    assert page.paragraphs == (
        "On Monday the boats stayed in. Nobody had told them to.",
        "“We will wait,” said one of them.",
        "They waited.",
    )


def test_the_line_ends_of_other_systems_are_line_ends() -> None:
    assert read_plain(SAVED.replace("\n", "\r\n")) == read_plain(SAVED)


def test_a_note_with_headline_and_paragraphs() -> None:
    page = read_plain("Bridge opens\n\nThe bridge opened on Monday.\n\nIt rained.")
    assert (page.headline, page.paragraphs) == ("Bridge opens", ("The bridge opened on Monday.", "It rained."))


def test_a_headline_right_above_its_text() -> None:
    page = read_plain("Bridge opens\nThe bridge opened on Monday.\n\nIt rained.")
    assert (page.headline, page.paragraphs) == ("Bridge opens", ("The bridge opened on Monday.", "It rained."))


def test_a_note_of_paragraphs_alone_has_no_headline() -> None:
    first = (
        "Harbor’s council voted for the plan that had been\nfought over for weeks. The mayor says that she will\nsign."
    )
    page = read_plain(f"{first}\n\nIt rained.")
    assert page.headline == ""
    assert page.paragraphs[0].endswith("fought over for weeks. The mayor says that she will sign.")
    assert len(page.paragraphs) == 2


def test_one_line_to_a_paragraph_without_empty_lines() -> None:
    long = (
        "The council voted on Tuesday for the plan that had been fought over for weeks, and the mayor will sign it. "
        * 2
    )
    long = long.strip()
    page = read_plain(f"Council votes\n{long}\n{long}")
    assert (page.headline, page.paragraphs) == ("Council votes", (long, long))


@pytest.mark.parametrize(
    "last",
    [
        *(
            "It was over.",
            "He left.",
            "Read more books.",
            "Subscribe or don’t: the choice is yours.",
            "More is to come.",
        ),
        *(
            "Share the road, she said.",
            "The next boat sails at noon.",
            "“Home?”",
            "Comments were few.",
            "Follow the money.",
            "No.",
        ),
    ],
)
def test_a_short_last_paragraph_stays(last: str) -> None:
    page = read_plain(f"Bridge opens\n\nThe bridge opened on Monday.\n\n{last}\n\nShare\n\nBack to top")
    assert page.paragraphs[-1] == last


@pytest.mark.parametrize(
    "line",
    [
        *(
            "Related Articles",
            "Back to top button",
            "Share this",
            "Read more",
            "Subscribe",
            "Subscribe to our newsletter",
        ),
        *(
            "Read more: Harbor wall to be rebuilt",
            "« Previous post",
            "Next: Harbor wall »",
            "Leave a comment",
            "3 comments",
        ),
        *(
            "© 2026 Harbor Gazette. All rights reserved.",
            "Share on Facebook",
            "Click to share on X",
            "Tags: Quay, Boats",
        ),
        *("You may also like\n\nHarbor wall to be rebuilt\n\nWho owns the quay?", "Advertisement", "* * *"),
    ],
)
def test_furniture_at_the_end_goes(line: str) -> None:
    page = read_plain(f"Bridge opens\n\nThe bridge opened on Monday.\n\nIt rained.\n\n{line}")
    assert page.paragraphs == ("The bridge opened on Monday.", "It rained.")
    assert page.left_out


def test_readers_comments_go_with_their_heading() -> None:
    page = read_plain(
        "Bridge opens\n\nThe bridge opened.\n\nIt rained.\n\n2 comments\n\nJohn says: lovely.\n\nI agree."
    )
    assert page.paragraphs == ("The bridge opened.", "It rained.")


def test_prose_after_a_list_of_other_articles_keeps_everything() -> None:
    page = read_plain("Bridge opens\n\nThe bridge opened.\n\nRelated Articles\n\nThe vote is on Monday.")
    assert page.paragraphs[-1] == "The vote is on Monday."


@pytest.mark.parametrize(
    ("line", "labels"),
    [
        ("AnalysisFeatures", ("Analysis", "Features")),
        ("NewsOpinion & Analysis", ("News", "Opinion & Analysis")),
        ("UKPolitics", ("UK", "Politics")),
        ("News | Opinion", ("News", "Opinion")),
        ("News", ("News",)),
        ("NotíciasCultura", ("Notícias", "Cultura")),
    ],
)
def test_sections_glued_together_are_labels(line: str, labels: tuple[str, ...]) -> None:
    assert labels_in(line) == labels


@pytest.mark.parametrize(
    "line",
    [
        *("YouTube", "YouTube to open a studio", "PayPal and eBay part ways", "iPhone sales fall", "McDonald’s closes"),
        *(
            "NewsGuild strikes",
            "Apple Unveils New MacBook Pro",
            "Politics is local",
            "World Cup: Harbor win",
            "News!",
            "",
        ),
        *("LinkedIn", "The GitHub Story", "Sport for all", "WordPress News", "Business as Usual"),
    ],
)
def test_a_headline_is_never_taken_for_labels(line: str) -> None:
    assert labels_in(line) == ()


def test_labels_without_a_headline_below_are_the_headline() -> None:
    page = read_plain("Culture\n\nThe choir sings again. It was moving, said those who came.\n\nMore came later.")
    assert (page.headline, page.categories) == ("Culture", ())


def test_unknown_labels_are_believed_above_a_headline_that_is_certain() -> None:
    page = read_plain("NewsHarbor Life\n\nFerry returns\n\nBy Ann Lee\n\nThe ferry is back.\n\nIt sails at noon.")
    assert (page.categories, page.headline) == (("News", "Harbor Life"), "Ferry returns")


@pytest.mark.parametrize(
    ("line", "caption", "credit"),
    [
        ("Photo: The quay. Credit: Rui", "The quay", "Rui"),
        ("Photo: The quay at dawn.", "The quay at dawn", ""),
        ("Image: The quay (Photo by Rui Sá)", "The quay", "Rui Sá"),
        ("Photo credit: Rui", "", "Rui"),
        ("Photo by Rui", "", "Rui"),
    ],
)
def test_captions_and_credits_are_told_apart(line: str, caption: str, credit: str) -> None:
    page = read_plain(f"Quay wins prize\n\n{line}\n\nThe quay won a prize.\n\nIt rained.")
    assert (page.caption, page.credit) == (caption, credit)
    assert page.paragraphs == ("The quay won a prize.", "It rained.")


def test_a_list_stays_a_list() -> None:
    page = read_plain("Bring this\n\nWhat you need:\n\n- a rope\n- a lamp\n\nSee you there.")
    assert page.paragraphs == ("What you need:", "- a rope\n- a lamp", "See you there.")


@settings(max_examples=100, deadline=1_000)
@given(
    st.lists(
        st.sampled_from(["", "News", "By X", "Photo: a", "Related", "Share", "It rained.", "• a", "—", "Title"]),
        max_size=12,
    )
)
def test_any_text_is_read_without_complaint(lines: list[str]) -> None:
    page = read_plain("\n".join(lines))
    assert all(page.paragraphs)
