"""A picture as a network takes it: of a type that it knows, small enough, upright, and without what cameras write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps

from publisher.errors import UnusablePictureError
from publisher.model.message import PictureRules

# Scaled down before anything else: each step after it makes a copy, and of 25 million pixels that is 100 MB.
SCALED_AS_READ = ("L", "LA", "RGB", "RGBA", "CMYK")
READ = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
MOST_PIXELS = 25_000_000  # of what is read at all: a small file may unpack to gigabytes
MOST_RATIO = 20  # of the longer side to the shorter one; networks take no stripes
QUALITIES = (88, 80, 70)  # of JPEG, tried before the picture is made smaller
SHRINK = 0.7  # of each side, as often as it takes
JPEG, PNG = "image/jpeg", "image/png"
# Parts of a file that say how it looks, not who made it where and with what.
_SEGMENTS = {"APP0", "APP2", "APP14"}  # JFIF, colour profile, Adobe's colours
_CHUNKS = {"dpi", "gamma", "srgb", "icc_profile", "transparency", "chromaticity", "interlace", "aspect"}
_LARGEST_PROFILE = 65_536  # bytes
_ORIENTATION, _ON_ITS_SIDE = 0x0112, (5, 6, 7, 8)  # EXIF 2.3, 4.6.4 A
_NO_PICTURE = "it is broken, or no picture of a known kind"
_TOO_MANY = f"it has more than {MOST_PIXELS:,} pixels"


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture that is ready to be uploaded."""

    content: bytes = field(repr=False)
    type: str
    width: int  # pixels
    height: int


def fitted(content: bytes, rules: PictureRules) -> Photo:
    """Return a picture as its network takes it; one that it takes as it is, and that says nothing of its maker, stays.

    :raises UnusablePictureError: it is none, broken, an icon, a stripe, or has too many pixels to be read.
    """
    try:
        return _fitted(content, rules)
    except UnusablePictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _refused(_TOO_MANY) from None
    except Exception as error:  # Pillow documents no errors of broken files, and every format has its own
        raise _refused(_NO_PICTURE) from error


def for_mail(content: bytes, width: int, rules: PictureRules) -> Photo:
    """Return a picture as mails show it, no wider than so many pixels, however tall.

    :raises UnusablePictureError: as `fitted`.
    """
    own_width, own_height = size_of(content)
    scale = min(1.0, width / own_width)
    return fitted(content, replace(rules, most_side=max(1, round(max(own_width, own_height) * scale))))


def size_of(content: bytes) -> tuple[int, int]:
    """Return a picture's width and height as it is seen, turned as its camera says.

    :raises UnusablePictureError: it is none.
    """
    try:
        with Image.open(BytesIO(content), formats=READ) as opened:
            width, height = opened.size
            return (height, width) if opened.getexif().get(_ORIENTATION) in _ON_ITS_SIDE else (width, height)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _refused(_TOO_MANY) from None
    except Exception as error:  # as in `fitted`
        raise _refused(_NO_PICTURE) from error


def is_moving(content: bytes) -> bool:
    """Say whether a picture has several frames, of which mails show the first."""
    with Image.open(BytesIO(content), formats=READ) as opened:
        return bool(getattr(opened, "is_animated", False))


def _fitted(content: bytes, rules: PictureRules) -> Photo:
    with Image.open(BytesIO(content), formats=READ) as opened:
        _look_at(*opened.size, rules.least_side)
        kind = Image.MIME.get(opened.format or "", "")
        if kind in rules.types and _fits(content, opened, rules) and _is_bare(opened):
            opened.load()  # a file that breaks off is found out here, not by readers
            return Photo(content, kind, *opened.size)
        opened.draft("RGB", (rules.most_side, rules.most_side))  # a JPEG is not unpacked larger than it is needed
        if opened.mode in SCALED_AS_READ:
            opened.thumbnail((rules.most_side, rules.most_side), Image.Resampling.LANCZOS)
        ready = _upright(opened)
    ready.thumbnail((rules.most_side, rules.most_side), Image.Resampling.LANCZOS)
    for written, type_ in _versions(ready, rules, drawn=kind in (PNG, "image/gif")):
        if len(written) <= rules.most_bytes:
            with Image.open(BytesIO(written)) as made:
                return Photo(written, type_, *made.size)
    raise _refused(f"it can't be made smaller than {rules.most_bytes:,} bytes")


def _look_at(width: int, height: int, least: int) -> None:
    """Refuse a picture by its size, before it is unpacked."""
    if width * height > MOST_PIXELS:
        raise _refused(_TOO_MANY)
    if min(width, height) < least:
        raise _refused(f"it has {width} × {height} pixels: an icon")
    if max(width, height) > MOST_RATIO * min(width, height):
        raise _refused(f"it has {width:,} × {height:,} pixels: a stripe")


def _refused(why: str) -> UnusablePictureError:
    return UnusablePictureError(why, remedy="Give the article another picture where it is written")


def _fits(content: bytes, opened: Any, rules: PictureRules) -> bool:
    return len(content) <= rules.most_bytes and max(opened.size) <= rules.most_side


def _is_bare(opened: Any) -> bool:
    """Say whether a file holds nothing but its picture: no place, camera or maker, and nothing that moves."""
    if opened.format == "JPEG":
        return opened.mode in ("RGB", "L") and {name for name, _ in opened.applist} <= _SEGMENTS
    return opened.format == "PNG" and set(opened.info) <= _CHUNKS and not getattr(opened, "is_animated", False)


def _upright(opened: Any) -> Any:
    """Return the first frame as it is to be seen, in colours that every type of file has."""
    profile = opened.info.get("icc_profile", b"") if opened.mode in ("RGB", "RGBA") else b""
    turned = ImageOps.exif_transpose(opened)
    turned = turned.convert("RGBA" if turned.has_transparency_data else "RGB")
    turned.info = {"icc_profile": profile} if 0 < len(profile) <= _LARGEST_PROFILE else {}
    return turned


def _versions(ready: Any, rules: PictureRules, *, drawn: bool) -> Iterator[tuple[bytes, str]]:
    """Yield the picture ever smaller; what is drawn, or can be seen through, as PNG first."""
    if PNG in rules.types and (drawn or ready.mode == "RGBA"):
        yield _written(ready, "PNG", optimize=True), PNG
    flat = _on_white(ready)
    while min(flat.size) >= rules.least_side:
        for quality in QUALITIES:
            yield _written(flat, "JPEG", quality=quality, optimize=True, progressive=True), JPEG
        flat = flat.resize([max(1, round(side * SHRINK)) for side in flat.size], Image.Resampling.LANCZOS)


def _on_white(ready: Any) -> Any:
    if ready.mode == "RGB":
        return ready
    flat = Image.new("RGB", ready.size, "white")
    flat.paste(ready, mask=ready.getchannel("A"))
    flat.info = ready.info
    return flat


def _written(image: Any, kind: str, **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, icc_profile=image.info.get("icc_profile"), **options)
    return out.getvalue()
