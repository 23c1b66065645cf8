"""A page is read as what it is, whatever its server, its head and its own bytes say of its letters."""

from __future__ import annotations

import codecs

import pytest

from publisher.sources.fetch import Fetcher
from publisher.sources.page import PageReader
from publisher.sources.xmltext import decode
from tests.unit.sources.conftest import Site

WESTERN = "Café „Zoë“ opens – at last"  # each of whose bytes is something in windows-1252 too
RUSSIAN = "Мост открыт для всех"
CHINESE = "大桥今天通车"
JAPANESE = "橋がついに開通①"
TEXT = "<p>It opened on Monday, and everybody who had waited for it crossed it in the rain, {0}.</p>" * 4


def page(title: str, meta: str = "", declared: str = "") -> str:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    head = f'<meta charset="{meta}">' if meta else ""
    body = f"<article><h1>{title}</h1>{TEXT.format(title)}</article>"
    return f"{declaration}<!DOCTYPE html><html><head>{head}<title>{title}</title></head><body>{body}</body></html>"


def read(site: Site, fetcher: Fetcher, data: bytes, header: str = "") -> tuple[str, bool]:
    """Return the headline, and whether the text has its words too."""
    url = site.put("/bridge", data, f"text/html; charset={header}" if header else "text/html")
    (article,) = PageReader(url, fetcher).read().articles
    assert article.notes == ()
    return article.title, article.text.count(article.title) == 4


@pytest.mark.parametrize(
    ("title", "encoding", "header", "meta", "declared"),
    [
        # What is valid UTF-8 is UTF-8, whatever is said of it.
        (WESTERN, "utf-8", "iso-8859-1", "windows-1252", ""),
        (WESTERN, "utf-8", "", "utf-16", ""),
        (RUSSIAN, "utf-8", "windows-1251", "", "koi8-r"),
        # Else the server's word counts before the page's, and what can't be meant before nothing.
        (RUSSIAN, "windows-1251", "windows-1251", "utf-8", ""),
        (RUSSIAN, "windows-1251", "utf-8", "windows-1251", ""),
        (RUSSIAN, "koi8-r", "", "", "koi8-r"),
        (RUSSIAN, "windows-1251", "no-such-charset", "windows-1251", ""),
        (WESTERN, "windows-1252", "utf-8", "utf-8", ""),
        (WESTERN, "windows-1252", "", "", ""),
        # A page that can be read so far cannot be UTF-16, and labels are taken as browsers take them.
        (WESTERN, "windows-1252", "", "utf-16", ""),
        (WESTERN, "windows-1252", "utf-16le", "", ""),
        (WESTERN, "windows-1252", "iso8859-1", "", ""),
        (WESTERN, "windows-1252", "l1", "", ""),
        ("Şu köprü “açıldı”", "windows-1254", "iso-8859-9", "", ""),
        (CHINESE + "镕", "gb18030", "", "gb2312", ""),
        (JAPANESE, "cp932", "shift_jis", "", ""),
        # What calls itself so is not so often: its bytes say what it is.
        (WESTERN, "utf-8-sig", "iso-8859-1", "windows-1251", ""),
        (RUSSIAN, "utf-16", "utf-8", "utf-8", ""),
        (RUSSIAN, "utf-16-le", "", "utf-16", ""),
        (RUSSIAN, "utf-16-be", "utf-16", "", ""),
    ],
)
def test_of_several_charsets_the_right_one_is_taken(site, fetcher, title, encoding, header, meta, declared):
    data = page(title, meta, declared).encode(encoding)
    assert read(site, fetcher, data, header) == (title, True)


@pytest.mark.parametrize("header", ["", "utf-8", "iso-8859-1"])
@pytest.mark.parametrize("wrong", [b"\x93quoted\x94", b"caf\xe9", b"\xff\xfe", b"\xc3"])
def test_a_few_wrong_bytes_spoil_only_themselves(site, fetcher, header, wrong):
    data = page(WESTERN, "utf-8").encode().replace(b"</body>", b"<footer>" + wrong + b"</footer></body>")
    assert read(site, fetcher, data, header) == (WESTERN, True)


def test_wrong_bytes_are_read_as_what_they_mostly_are():
    assert decode("Café, Zoë, Île, Öl: ".encode() + "“naïve”".encode("cp1252")) == "Café, Zoë, Île, Öl: “naïve”"
    assert decode(b"caf\xe9 \x81 \x93x\x94") == "café \ufffd “x”"


def test_a_page_that_breaks_off_within_a_letter_is_read_to_there(site, fetcher):
    data = page(WESTERN).encode() + "é".encode()[:1]
    assert read(site, fetcher, data, "utf-8") == (WESTERN, True)


@pytest.mark.parametrize("label", ["idna", "punycode", "unicode_escape", "base64", "rot13", "undefined", "x" * 50, "é"])
def test_a_label_that_is_no_charset_of_the_web_is_passed_over(label):
    assert decode("Café".encode("cp1252"), f"text/html; charset={label}") == "Café"


@pytest.mark.parametrize("bom", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF8, codecs.BOM_UTF32_LE])
def test_a_document_of_nothing_but_a_mark_of_order_is_empty(bom):
    assert decode(bom, "text/html; charset=utf-16") == ""


def test_letters_that_were_written_as_two_halves_are_one():
    assert decode(b"<h1>&#55357;&#56842; &#xD83D;&#xde4a; &#55357; &#56842;&#55357;</h1>") == (
        "<h1>😊 🙊 &#55357; &#56842;&#55357;</h1>"
    )
