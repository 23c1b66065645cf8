"""The pictures of an article are measured by the beginning of their files, within bounds."""

from __future__ import annotations

import struct
import time
import zlib
from dataclasses import replace

import pytest

from publisher.model.article import Article, Image
from publisher.sources.fetch import Fetcher
from publisher.sources.measure import Measure, has_pictures, size_of
from tests.unit.sources.conftest import Site

PADDING = b"\x00" * 60_000


def png(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(head)) + b"IHDR" + head + struct.pack(">I", zlib.crc32(head))


def jpeg(width: int, height: int, *parts: bytes) -> bytes:
    """Return a photograph in which some parts stand before its size."""
    before = b"".join(b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part for part in parts)
    frame = struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\x01\x22\x00\x02\x11\x01\x03\x11\x01"
    return b"\xff\xd8" + before + b"\xff\xc0" + frame + b"\xff\xda" + PADDING


def text(*images: str) -> Article:
    return Article("Bridge opens", html="".join(f"<p>{image}</p>" for image in images), text="It opened.")


def measured(fetcher: Fetcher, article: Article, seconds: float = 4) -> Article:
    return Measure(fetcher).sized(article, time.monotonic() + seconds)


def test_each_picture_of_a_text_says_how_large_it_is(site: Site, fetcher: Fetcher) -> None:
    one, two = site.put("/1.png?a=1&b=2", png(640, 480)), site.put("/2.jpg", jpeg(1600, 900))
    escaped = one.replace("&", "&amp;")
    article = text(f'<img src="{escaped}" alt="a &gt; b">', f'<img src="{two}" alt="">')
    found = measured(fetcher, article)
    assert found.html == (
        f'<p><img src="{escaped}" alt="a &gt; b" width="640" height="480"></p>'
        f'<p><img src="{two}" alt="" width="1600" height="900"></p>'
    )


@pytest.mark.parametrize(
    ("stated", "width", "height"),
    [('width="320"', 320, 240), ('height="240"', 320, 240), ('width="5000"', 5000, 3750), ("", 640, 480)],
)
def test_a_side_that_the_source_states_stands_and_the_other_keeps_the_shape(
    site: Site, fetcher: Fetcher, stated: str, width: int, height: int
) -> None:
    url = site.put("/1.png", png(640, 480))
    found = measured(fetcher, text(f'<img src="{url}" {stated}>'))
    assert f'width="{width}"' in found.html
    assert f'height="{height}"' in found.html


def test_a_file_of_this_machine_is_not_asked_for(site: Site, fetcher: Fetcher) -> None:
    article = replace(text('<img src="file:///tmp/1.png">'), image=Image("file:///tmp/1.png"))
    assert measured(fetcher, article) == article
    assert not has_pictures(article)


def test_a_picture_that_says_its_size_keeps_it_and_is_only_glanced_at(site: Site, fetcher: Fetcher) -> None:
    url = site.put("/1.png", png(640, 480))
    article = replace(text(f'<img src="{url}" width="600" height="400">'), image=Image(url, width=1200, height=800))
    assert has_pictures(article)
    assert measured(fetcher, article) == article
    assert [headers["Range"] for _, headers in site.asked] == ["bytes=0-4095"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_picture_that_says_its_size_and_is_not_there_is_dropped(site: Site, fetcher: Fetcher, status: int) -> None:
    lost = site.status("/lost.png", status)
    html = f'<figure><img src="{lost}" width="600" height="400"><figcaption>The quay</figcaption></figure><p>Words.</p>'
    found = measured(fetcher, Article("x", html=html, image=Image(lost, width=600, height=400)))
    assert (found.html, found.image) == ("<p>Words.</p>", None)
    assert found.notes[0].startswith("its picture was dropped: ")


@pytest.mark.parametrize("answer", [b"<svg>", b"\xff\xd8" + b"\xff\xe1\xff\xff" * 90_000, None])
def test_a_picture_that_says_its_size_stays_where_more_is_not_known(site: Site, fetcher: Fetcher, answer) -> None:
    url = site.put("/1.jpg", answer) if answer else site.status("/1.jpg", 503)
    stated = f'<img src="{url}" width="600" height="400">'
    article = replace(text(stated), image=Image(url, width=600, height=400))
    assert measured(fetcher, article) == article


@pytest.mark.parametrize("stated", ["", 'width="600"', 'width="600" height="400"'])
def test_a_picture_of_one_pixel_goes_with_what_stood_around_it_alone(site: Site, fetcher: Fetcher, stated: str) -> None:
    url = site.put("/seen.gif", b"GIF89a\x01\x00\x01\x00\x80\x00\x00")
    found = measured(fetcher, Article("x", html=f'<p>Words.</p><p><a href="{url}"><img src="{url}" {stated}></a></p>'))
    assert found.html == "<p>Words.</p>"


def test_where_the_articles_own_picture_is_too_small_the_first_large_one_of_the_text_stands_in(
    site: Site, fetcher: Fetcher
) -> None:
    dot, icon, large = (site.put(f"/{size}.png", png(size, size)) for size in (1, 30, 800))
    article = text(f'<img src="{icon}">', f'<img src="{large}" alt="The bridge">')
    found = measured(fetcher, Article("x", html=article.html, image=Image(dot)))
    assert found.image == Image(large, alt="The bridge", width=800, height=800)
    assert "too small (1×1)" in found.notes[0]


def test_only_the_first_pictures_of_a_text_are_measured_and_each_once(site: Site, fetcher: Fetcher) -> None:
    urls = [site.put(f"/{number}.png", png(600, 400)) for number in range(15)]
    images = [f'<img src="{url}">' for url in urls]
    found = measured(fetcher, Article("x", html=text(*images, *images).html, image=Image(urls[0])))
    assert [path for path, _ in site.asked] == [f"/{number}.png" for number in range(10)]
    assert found.image == Image(urls[0], width=600, height=400)


def test_no_more_is_read_than_the_size_needs(site: Site, fetcher: Fetcher) -> None:
    url = site.trickle("/1.png", png(640, 480) + b"\x00" * 1_000, pause=0.01)  # ten seconds of it
    begun = time.monotonic()
    assert 'width="640"' in measured(fetcher, text(f'<img src="{url}">')).html
    assert time.monotonic() - begun < 2
    assert site.asked[0][1]["Range"] == "bytes=0-262143"


def test_a_photograph_has_its_size_behind_its_colours(site: Site, fetcher: Fetcher) -> None:
    data = jpeg(1600, 900, b"Exif\x00\x00" + PADDING, PADDING)
    url = site.put("/1.jpg", data)
    assert 'width="1600"' in measured(fetcher, text(f'<img src="{url}">')).html
    assert {size_of(data[:length]) for length in range(0, len(data), 97)} == {None, (1600, 900)}


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<html>", b"\xff\xd8" + b"\xff\xe1\xff\xff" * 90_000])
def test_a_picture_that_cannot_be_read_keeps_its_place(site: Site, fetcher: Fetcher, data: bytes) -> None:
    article = text(f'<img src="{site.put("/x.png", data)}">')
    assert measured(fetcher, article).html == article.html


def test_a_server_of_pictures_that_refuses_is_left_in_peace(site: Site, fetcher: Fetcher) -> None:
    article = text(*(f'<img src="{site.status(f"/{number}.png", 403)}">' for number in range(9)))
    measure = Measure(fetcher)
    for _ in range(2):
        assert measure.sized(article, time.monotonic() + 4).html == article.html
    assert len(site.asked) == 3


def test_pictures_that_are_missing_here_and_there_stop_nothing(site: Site, fetcher: Fetcher) -> None:
    there = {number: site.put(f"/{number}.png", png(600, 400)) for number in (2, 5, 8)}
    article = text(*(f'<img src="{site.url(f"/{number}.png")}">' for number in range(9)))
    found = measured(fetcher, article)
    assert found.html.count("<img") == found.html.count("width=") == len(there)


@pytest.mark.parametrize("status", [404, 410])
def test_a_picture_that_is_not_there_is_dropped_with_its_caption(site: Site, fetcher: Fetcher, status: int) -> None:
    lost, large = site.status("/lost.png", status), site.put("/there.png", png(800, 600))
    html = f'<figure><img src="{lost}"><figcaption>The old quay</figcaption></figure><p>It opened.</p>'
    found = measured(fetcher, Article("x", html=html + f'<p><img src="{large}" alt=""></p>', image=Image(lost)))
    assert found.html == f'<p>It opened.</p><p><img src="{large}" alt="" width="800" height="600"></p>'
    assert found.image == Image(large, width=800, height=600)
    (note,) = found.notes
    assert note.startswith("its picture was dropped: ")
    assert str(status) in note


def test_of_a_gallery_only_the_picture_that_is_not_there_is_dropped(site: Site, fetcher: Fetcher) -> None:
    lost, there = site.status("/lost.png", 404), site.put("/there.png", png(800, 600))
    figure = f'<figure><img src="{lost}"><img src="{there}"><figcaption>The quays</figcaption></figure>'
    found = measured(fetcher, Article("x", html=figure))
    assert (found.html.count("<img"), "The quays" in found.html) == (1, True)
    assert found.notes[0].startswith("a picture of its text was dropped: ")


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_picture_whose_server_is_in_trouble_keeps_its_place(site: Site, fetcher: Fetcher, status: int) -> None:
    url = site.status("/1.png", status)
    found = measured(fetcher, Article("x", html=f'<p><img src="{url}"></p>', image=Image(url)))
    assert (found.html, found.image) == (f'<p><img src="{url}"></p>', Image(url))
    assert found.notes[0].startswith("the size of its picture is not known: ")


def test_slow_pictures_keep_nobody_waiting(site: Site, fetcher: Fetcher) -> None:
    for number in range(5):
        site.trickle(f"/{number}.png", b"\x89PNG" * 100)
    begun = time.monotonic()
    measured(fetcher, text(*(f'<img src="{site.url(f"/{number}.png")}">' for number in range(5))), seconds=0.3)
    assert time.monotonic() - begun < 1.5


def test_a_picture_inside_the_own_network_is_not_asked_for(site: Site) -> None:
    url = site.put("/1.png", png(640, 480))
    article = text(f'<img src="{url}">')
    assert measured(Fetcher("Publisher tests"), article) == article
    assert site.asked == []
