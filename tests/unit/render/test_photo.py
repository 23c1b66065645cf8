"""A picture as a network takes it: upright, small enough, of its type, and silent about who made it where."""

from __future__ import annotations

import random
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from publisher.errors import UnusablePictureError
from publisher.model.message import PictureRules
from publisher.render.photo import MOST_PIXELS, fitted, for_mail, size_of

RULES = PictureRules(most_bytes=300_000, most_alt=0, most_side=1_000)
RED, BLUE = (200, 20, 20), (20, 20, 200)


def flag(size=(400, 200)):
    """Return a picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    return image


def noise(size):
    return Image.frombytes("RGB", size, random.Random(7).randbytes(size[0] * size[1] * 3))


def written(image, kind="JPEG", **options):
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def seen(photo):
    return Image.open(BytesIO(photo.content))


def about(pixel, colour):
    return all(abs(a - b) < 12 for a, b in zip(pixel, colour, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_a_network_takes_as_it_is_stays_as_it_is(kind):
    content = written(flag(), kind)
    photo = fitted(content, RULES)
    assert (photo.content, photo.type) == (content, f"image/{kind.lower()}")
    assert (photo.width, photo.height) == (400, 200)


@pytest.mark.parametrize(("kind", "type_"), [("WEBP", "image/jpeg"), ("AVIF", "image/jpeg"), ("GIF", "image/png")])
def test_another_type_becomes_one_that_the_network_takes(kind, type_):
    photo = fitted(written(flag(), kind), RULES)
    assert (photo.type, seen(photo).get_format_mimetype()) == (type_, type_)
    assert about(seen(photo).convert("RGB").getpixel((50, 100)), RED)
    only_jpeg = PictureRules(300_000, 0, types=("image/jpeg",))
    assert fitted(written(flag(), kind), only_jpeg).type == "image/jpeg"


def test_what_a_camera_wrote_is_taken_out_and_the_picture_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned to the right
    exif[0x010F] = "Harbor Camera"
    exif.get_ifd(0x8825)[2] = (38.0, 42.0, 0.0)  # where it was taken
    content = written(flag(), exif=exif)
    photo = fitted(content, RULES)
    assert b"Harbor Camera" in content
    assert b"Harbor Camera" not in photo.content
    assert dict(seen(photo).getexif()) == {}
    assert (photo.width, photo.height) == (200, 400)
    assert about(seen(photo).getpixel((100, 50)), RED)
    assert about(seen(photo).getpixel((100, 350)), BLUE)


def test_words_in_a_png_and_comments_are_taken_out():
    said = PngImagePlugin.PngInfo()
    said.add_text("Author", "Ann of the desk")
    for content in (written(flag(), "PNG", pnginfo=said), written(flag(), comment=b"Ann of the desk")):
        assert b"Ann" in content
        assert b"Ann" not in fitted(content, RULES).content


def test_a_large_picture_is_made_smaller_until_it_fits():
    photo = fitted(written(noise((1_500, 1_200)), quality=95), RULES)
    assert len(photo.content) <= RULES.most_bytes
    assert seen(photo).size == (photo.width, photo.height)
    assert max(photo.width, photo.height) <= RULES.most_side
    assert abs(photo.width / photo.height - 1_500 / 1_200) < 0.02


def test_only_its_size_in_bytes_makes_a_picture_smaller_than_the_longest_side():
    photo = fitted(written(flag((3_000, 1_500))), RULES)
    assert (photo.width, photo.height) == (1_000, 500)


def test_what_can_be_seen_through_stays_so_or_stands_on_white():
    clear = Image.new("RGBA", (200, 100), (0, 0, 0, 0))
    assert seen(fitted(written(clear, "WEBP"), RULES)).getpixel((5, 5))[3] == 0
    flat = fitted(written(clear, "PNG"), PictureRules(300_000, 0, types=("image/jpeg",)))
    assert about(seen(flat).getpixel((5, 5)), (255, 255, 255))


@pytest.mark.parametrize("mode", ["L", "CMYK", "P", "1", "LA"])
def test_every_kind_of_colours_is_read(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    assert fitted(written(flag().convert("L" if mode == "LA" else "RGB").convert(mode), kind), RULES).width == 400


def test_of_a_picture_that_moves_the_first_frame_is_shown():
    frames = [flag(), Image.new("RGB", (400, 200), BLUE)]
    for kind in ("GIF", "PNG", "WEBP"):
        photo = fitted(written(frames[0], kind, save_all=True, append_images=frames[1:]), RULES)
        assert not getattr(seen(photo), "is_animated", False)
        assert about(seen(photo).convert("RGB").getpixel((50, 100)), RED)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no picture of a known kind"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture of a known kind"),
        (written(flag(), "BMP"), "no picture of a known kind"),
        (written(flag())[:900], "it is broken"),
        (written(flag(), "PNG")[:200], "it is broken"),
        (written(Image.new("L", (59, 400)), "PNG"), "59 × 400 pixels: an icon"),
        (written(Image.new("L", (3_000, 100)), "PNG"), "3,000 × 100 pixels: a stripe"),
        (written(Image.new("1", (8_000, 8_000)), "PNG"), f"more than {MOST_PIXELS:,} pixels"),
        (written(Image.new("1", (20_000, 20_000)), "PNG"), f"more than {MOST_PIXELS:,} pixels"),
    ],
    ids=["nothing", "svg", "bmp", "cut jpeg", "cut png", "icon", "stripe", "large", "bomb"],
)
def test_what_is_hopeless_is_refused_in_words(content, why):
    with pytest.raises(UnusablePictureError, match=why) as refusal:
        fitted(content, RULES)
    assert refusal.value.remedy == "Give the article another picture where it is written"


def test_what_can_not_be_made_small_enough_is_refused():
    with pytest.raises(UnusablePictureError, match="can't be made smaller than 1,000 bytes"):
        fitted(written(noise((300, 300))), PictureRules(1_000, 0))


@given(st.binary(max_size=400), st.integers(0, 2_000))
def test_no_bytes_make_it_fail_otherwise(junk, place):
    """Broken in the middle, a file is refused or read, and nothing else is raised."""
    content = written(flag((64, 64)))
    for each in (junk, content[:place] + junk + content[place:]):
        try:
            assert fitted(each, RULES).content
        except UnusablePictureError:
            continue


MAIL = PictureRules(most_bytes=300_000, most_alt=0, least_side=16)


@pytest.mark.parametrize(
    ("size", "shown"), [((2_400, 600), (1_200, 300)), ((900, 3_600), (900, 3_600)), ((320, 50), (320, 50))]
)
def test_a_picture_for_mails_is_no_wider_than_they_need_however_tall(size, shown):
    photo = for_mail(written(flag(size)), 1_200, MAIL)
    assert (photo.width, photo.height) == size_of(photo.content) == shown


def test_a_picture_that_was_taken_on_its_side_is_measured_as_it_is_seen():
    exif = Image.Exif()
    exif[0x0112] = 6
    content = written(flag((2_400, 1_200)), exif=exif)
    assert size_of(content) == (1_200, 2_400)
    photo = for_mail(content, 600, MAIL)
    assert (photo.width, photo.height) == (600, 1_200)
    assert not seen(photo).getexif()


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg onload=alert(1)>", written(flag())[:200]])
def test_what_is_no_picture_is_refused_for_mails_too(content):
    with pytest.raises(UnusablePictureError):
        for_mail(content, 1_200, MAIL)
