"""Share cards, judged by their pixels."""

from __future__ import annotations

import time
from io import BytesIO

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageColor

from publisher.errors import UndrawableError
from publisher.render import glyphs, share
from publisher.render.colour import contrast
from publisher.render.conventions import Direction
from publisher.render.glyphs import Run
from publisher.render.share import HEIGHT, MARGIN, USUAL, WIDTH, draw_card, inks_on

PAPER = "Harbor Gazette"
LONG = "Council votes to bring back the night ferry after eleven years of argument and two lawsuits " * 4
ENDLESS = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverkäuferinnenverband"
ARABIC = "مدرسة الميناء تفتح أبوابها من جديد"
HEADLINES = {
    "short": "Ferry resumes",
    "long": LONG,
    "arabic": ARABIC,
    "endless": ENDLESS,
    "emoji": "Party at the quay 🎉👨‍👩‍👧‍👦 tonight ☀️ 🇵🇹",
    "hindi": "बंदरगाह दो साल बाद फिर से खुला",
    "thai": "ท่าเรือเปิดให้บริการอีกครั้งหลังการซ่อมแซม",
    "wide": "W" * 400,
    "uneven": "i" * 200 + "W" * 200,
    "accents": "i\u0301\u0302" * 900,
    "ligature": "The \ufdfd sign",
    "marks": "Z" + "\u0351" * 500 + "algo",
}


def picture(headline: str, language: str = "en", publication: str = PAPER) -> Image.Image:
    return Image.open(BytesIO(draw_card(headline, publication, language)))


def ink(image: Image.Image) -> tuple[int, int, int, int]:
    """Return the box of all that is not ground."""
    return Image.eval(_difference(image), lambda value: 255 if value > 8 else 0).getbbox() or (0, 0, 0, 0)


def _difference(image: Image.Image) -> Image.Image:
    return ImageChops.difference(image, Image.new("RGB", image.size, USUAL.ground)).convert("L")


def lines_of(headline: str, language: str = "en") -> tuple[list[str], int]:
    direction = glyphs.direction_of(headline, "rtl" if language in ("ar", "he") else "ltr")
    fitted = share._fit(share._words(headline), share._Pen(direction))
    return fitted.lines, fitted.size


@pytest.mark.parametrize("headline", HEADLINES.values(), ids=HEADLINES)
def test_a_card_is_a_small_png_with_its_margins_free(headline: str) -> None:
    content = draw_card(headline, PAPER, "en")
    image = Image.open(BytesIO(content))
    assert (image.format, image.size) == ("PNG", (WIDTH, HEIGHT))
    assert len(content) < 300_000
    left, top, right, bottom = ink(image)
    assert left >= MARGIN - 4  # the side of a round letter, the point of an italic
    assert right <= WIDTH - MARGIN + 4
    assert top >= MARGIN
    assert bottom <= HEIGHT - MARGIN + 4


@pytest.mark.parametrize("headline", HEADLINES.values(), ids=HEADLINES)
def test_the_headline_has_at_most_five_lines_of_40_to_76_pixels(headline: str) -> None:
    lines, size = lines_of(headline)
    assert 1 <= len(lines) <= 5
    assert 40 <= size <= 76


def test_a_short_headline_is_set_large_and_a_longer_one_smaller() -> None:
    sizes = [lines_of(" ".join(["harbour"] * count))[1] for count in (1, 8, 18, 25)]
    assert sizes[0] == 76
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) > 2


def test_a_line_ends_only_between_words() -> None:
    lines, _ = lines_of(LONG)
    words = LONG.split()
    assert " ".join(lines).removesuffix("…").split() == words[: len(" ".join(lines).split())]
    assert lines[-1].endswith("…")


def test_what_fits_is_kept_whole_and_no_word_is_left_alone() -> None:
    headline = "Why the tide gauge at Pier 4 reads high: a scientist answers five questions"
    lines, _ = lines_of(headline)
    assert " ".join(lines) == headline
    assert min(map(len, lines)) > 0.6 * max(map(len, lines))


def test_a_word_that_is_too_long_for_a_line_is_divided_and_others_are_not() -> None:
    lines, _ = lines_of(f"The {ENDLESS} meets")
    assert "".join(lines).replace(" ", "") == f"The{ENDLESS}meets"
    assert lines[-1].endswith("meets")


def test_a_long_word_is_divided_between_characters_only() -> None:
    """Marks stay on their letter, also where no more of a headline is looked at."""
    lines, _ = lines_of(HEADLINES["accents"])
    assert set(regex.findall(r"\X", "".join(lines))) == {"i\u0301\u0302", "…"}


def test_a_character_that_is_wider_than_a_line_gives_no_card() -> None:
    with pytest.raises(UndrawableError, match="wider than a card"):
        draw_card("Ferry " + "\u200d".join("👨" * 60), PAPER, "en")


def test_a_card_of_a_language_written_from_the_right_begins_there() -> None:
    left, _, right, _ = ink(picture(ARABIC, "ar"))
    assert right > WIDTH - MARGIN - 4
    assert left > MARGIN + 100
    left, _, right, _ = ink(picture("Ferry resumes", "en"))
    assert left < MARGIN + 4
    assert right < WIDTH - MARGIN - 100


def test_letters_are_joined_and_not_only_reversed() -> None:
    """Joined, the word is narrower than its letters one by one."""
    fonts = glyphs.Fonts()
    joined = fonts.width(glyphs.runs_of("مدرسة", "rtl"), 76)
    assert joined < sum(fonts.width(glyphs.runs_of(letter, "rtl"), 76) for letter in "مدرسة") * 0.95


@pytest.mark.parametrize(
    ("text", "direction", "seen"),
    [
        ("abc 12", "ltr", ["abc 12"]),
        ("שלום abc 12 עולם", "rtl", ["עולם", " ", "abc 12", " ", "שלום"]),
        ("say שלום עולם!", "ltr", ["say ", "עולם", " ", "שלום", "!"]),
        ("ב-2026", "rtl", ["2026", "-", "ב"]),
        ("שלום 31:28.", "rtl", [".", "31:28", " ", "שלום"]),
    ],
)
def test_runs_stand_in_the_order_in_which_they_are_seen(text: str, direction: Direction, seen: list[str]) -> None:
    runs = glyphs.runs_of(text, direction)
    assert [run.text for run in _by_word(runs)] == seen


def _by_word(runs: list[Run]) -> list[Run]:
    """Take space and letters of one Hebrew font apart, so that what stands where can be read."""
    out: list[Run] = []
    for run in runs:
        is_split = run.direction == "rtl" and " " in run.text.strip()
        words = reversed(run.text.partition(" ")) if is_split else [run.text]
        out += [Run(word, run.font, run.direction) for word in words]
    return out


def test_a_headline_is_written_as_its_letters_are() -> None:
    assert glyphs.direction_of("Ferry", "rtl") == "ltr"
    assert glyphs.direction_of("OpenAI تعلن", "rtl") == "rtl"
    assert glyphs.direction_of("مدرسة reopens", "ltr") == "ltr"
    assert glyphs.direction_of("مدرسة", "ltr") == "rtl"
    assert glyphs.direction_of("2026", "rtl") == "ltr"


def test_an_emoji_of_several_signs_is_drawn_as_one() -> None:
    fonts = glyphs.Fonts()
    family, one = (fonts.width(glyphs.runs_of(text, "ltr"), 76) for text in ("👨‍👩‍👧‍👦", "👨"))
    assert family < 1.5 * one


def test_signs_that_no_font_has_are_left_out() -> None:
    assert glyphs.drawable("Party \U0001fadfX\ue000 now") == "Party X now"


@pytest.mark.parametrize("headline", ["港が再び開く", "The word 港", "부산항", "", "\u200b \u2060", "\U0001fadf"])
def test_a_script_that_no_font_has_and_an_empty_headline_give_no_card(headline: str) -> None:
    with pytest.raises(UndrawableError):
        draw_card(headline, PAPER, "en")


def test_the_letters_that_are_missing_are_named() -> None:
    with pytest.raises(UndrawableError, match="no font for “港”"):
        draw_card("The word 港", PAPER, "en")


def test_without_shaping_what_needs_it_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    glyphs._names.cache_clear()
    glyphs._font_for.cache_clear()
    monkeypatch.setattr(glyphs, "can_shape", lambda: False)
    try:
        with pytest.raises(UndrawableError, match="can't be drawn without FriBiDi"):
            glyphs.drawable(ARABIC)
        with pytest.raises(UndrawableError, match="no font for “港”"):
            glyphs.drawable("港")
        assert glyphs.drawable("Ferry Ελλάδα Київ") == "Ferry Ελλάδα Київ"
    finally:
        monkeypatch.undo()
        glyphs._names.cache_clear()
        glyphs._font_for.cache_clear()


def test_a_publication_that_cannot_be_drawn_is_left_out_and_a_long_one_ends_in_dots() -> None:
    assert ink(picture("Ferry", publication="港新聞"))[3] < 300
    assert ink(picture("Ferry", publication="The Harbor Gazette and " * 20))[2] <= WIDTH - MARGIN + 4


@given(st.just("") | st.integers(0, 0xFFFFFF).map("#{:06x}".format))
def test_all_that_is_drawn_has_a_contrast_of_at_least_four_and_a_half(accent: str) -> None:
    inks = inks_on(accent)
    assert all(contrast(ink, inks.ground) >= 4.5 for ink in (inks.headline, inks.name, inks.bar))


@pytest.mark.parametrize("accent", ["", "#b3122e", "#ffe14d", "#777777"])
def test_a_card_has_the_colours_that_were_reckoned(accent: str) -> None:
    image = Image.open(BytesIO(draw_card("Ferry resumes", PAPER, "en", accent)))
    inks = inks_on(accent)
    assert image.getpixel((2, 2)) == ImageColor.getrgb(inks.ground)
    places = {inks.headline: (120, 220), inks.name: (500, 560), inks.bar: (80, 88)}
    for ink, (top, bottom) in places.items():
        found = image.crop((MARGIN, top, WIDTH - MARGIN, bottom)).getcolors(100_000)
        commonest = max((count, colour) for count, colour in found if colour != image.getpixel((2, 2)))[1]
        assert commonest == ImageColor.getrgb(ink)


def test_the_same_words_give_the_same_bytes() -> None:
    draw_card.cache_clear()
    before = draw_card(ARABIC, PAPER, "ar")
    draw_card.cache_clear()
    assert draw_card(ARABIC, PAPER, "ar") == before
    assert draw_card("Ferry", PAPER, "en") != draw_card("Ferry", "Quay Times", "en")


@settings(max_examples=60, deadline=None)
@given(headline=st.text(max_size=1_500), publication=st.text(max_size=60))
def test_any_unicode_is_drawn_within_the_margins_or_refused_in_words(headline: str, publication: str) -> None:
    try:
        content = draw_card(headline, publication, "en")
    except UndrawableError as error:
        assert str(error)
    else:
        assert len(content) < 300_000


def test_a_headline_or_a_name_of_a_million_characters_is_drawn_at_once() -> None:
    begun = time.monotonic()
    for headline in ("i " * 500_000, "i" * 1_000_000, "Z" + "\u0351" * 1_000_000):
        draw_card(headline, PAPER, "en")
        draw_card("Ferry", headline, "en")
    assert time.monotonic() - begun < 10
