"""Who took a picture is told from what it shows; a caption that only speaks of photographs stays whole."""

from __future__ import annotations

import pytest

from publisher.sources.credits import split_credit


@pytest.mark.parametrize(
    ("caption", "words", "credit"),
    [
        ("The bridge at night. Photo: Jane Doe / Agency", "The bridge at night.", "Jane Doe / Agency"),
        ("The bridge at night (Foto: Jane Doe)", "The bridge at night", "Jane Doe"),
        ("The bridge at night. [Photo: Jane Doe.]", "The bridge at night.", "Jane Doe"),
        ("The bridge at night © Jane Doe", "The bridge at night © Jane Doe", ""),
        ("The bridge at night. © Jane Doe", "The bridge at night.", "Jane Doe"),
        ("The bridge at night – © Jane Doe – pictures.example", "The bridge at night", "Jane Doe – pictures.example"),
        ("The bridge | Credit: Jane Doe/AP", "The bridge", "Jane Doe/AP"),
        ("Le pont. Crédit photo : Zoé Îlot", "Le pont.", "Zoé Îlot"),
        (
            "Die Brücke. – Bild: Jörg van der Aa, Lizenz CC BY-SA 4.0",
            "Die Brücke.",
            "Jörg van der Aa, Lizenz CC BY-SA 4.0",
        ),
        ("Die Brücke. Foto: picture alliance/dpa", "Die Brücke.", "picture alliance/dpa"),
        ("Die Brücke. Foto: pixabay", "Die Brücke.", "pixabay"),
        ("Die Brücke. Foto: Getty Images/otto klein", "Die Brücke.", "Getty Images/otto klein"),
        ("Die Brücke (Foto: Bilder.example / otto_k)", "Die Brücke", "Bilder.example / otto_k"),
        ("Die Brücke (Foto: Instagram / @otto)", "Die Brücke", "Instagram / @otto"),
        ("Die Brücke. Foto: © Otto Klein", "Die Brücke.", "Otto Klein"),
        ("Who crossed it, and when. (Picture by Jane Doe.)", "Who crossed it, and when.", "Jane Doe"),
        ("The hall, photo courtesy of the Museum of Art", "The hall", "the Museum of Art"),
        ("El puente. Fuente: EFE", "El puente.", "EFE"),
        ("Мост ночью. Foto: Анна Иванова", "Мост ночью.", "Анна Иванова"),
        ("Photo: Jane Doe", "", "Jane Doe"),
        ("© Jane Doe. All Rights Reserved.", "", "Jane Doe. All Rights Reserved"),
        ("Photographer: Jane Doe, CC-BY-SA", "", "Jane Doe, CC-BY-SA"),
    ],
)
def test_a_credit_is_told_from_the_caption(caption, words, credit):
    assert split_credit(caption) == (words, credit)


@pytest.mark.parametrize(
    "caption",
    [
        "",
        "The bridge at night",
        "A photo of Jane Doe on the bridge",
        "Jane Doe shows her winning photo: Bridge at Night",
        "Photo: The bridge at night, seen from the old harbour",
        "Foto: Blick auf den Hafen",
        "Bild: Otto Klein (auf der Brücke, 2022)",
        "Symbolbild / Otto Klein",
        "He works at Courtesy Garage Ltd, where the cars are charged.",
        "Jane Doe (photo: left) and her brother",
        "The bridge (Photo: Jane Doe) was opened on Monday.",
        "The Bridge (Photo: Jane Doe) by Night",
        "The picture by the door is the oldest one in town. It was hung in 1790",
        "The source: a spring in the hills above the town",
        "Photo: " + "Jane Doe, " * 20,
    ],
)
def test_a_caption_that_only_speaks_of_a_photograph_stays_whole(caption):
    assert split_credit(caption) == (caption, "")
