"""What people write: what mails can't show of it is found and said with its line, and nothing does harm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.model.article import Image
from publisher.sources import tidy, written

BANK = Image("https://letters.harbor.example/media/aa.png", alt="A bank", width=1200, height=300)
SHOWN = '<img src="https://letters.harbor.example/media/aa.png" alt="{}" width="1200" height="300">'


def read(text: str) -> written.Written:
    return written.read(text, lambda name: BANK if name == "bank.png" else None)


def faults(text: str) -> list[tuple[str, int, bool]]:
    return [(fault.what, fault.line, fault.is_grave) for fault in read(text).faults]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Hello <script>alert(1)</script>", "<script> is left out"),
        ("Hello <iframe src='https://a.example'></iframe>", "<iframe> is left out"),
        ("Hello <b onclick='x()'>you</b>", "onclick= of <b> is left out"),
        ("Hello <b style='color: red'>you</b>", "style= of <b> is left out"),
        ("Hello <video src='https://a.example/v.mp4'></video>", "<video> is left out"),
        ("[words](javascript:alert(1))", "the link javascript:alert(1) leads nowhere: its words stay"),
        ("[words](page.html)", "the link page.html leads nowhere: its words stay"),
        ("[words]()", "the link without an address leads nowhere: its words stay"),
        (
            'x <img src="https://a.example/dot.gif" width="1" height="1">',
            "the picture https://a.example/dot.gif is left out: it counts readers",
        ),
    ],
)
def test_what_mails_can_not_show_is_left_out_and_said(text, what):
    found = read(f"First.\n\n{text}\n")
    ((said, line, is_grave),) = faults(f"First.\n\n{text}\n")
    assert (said, is_grave) == (what, False)
    assert line in (3, 0)
    assert not any(bad in found.html for bad in ("script", "iframe", "onclick", "style", "video", "dot.gif", "href"))


def test_a_form_goes_with_what_is_in_it():
    assert [what for what, _, _ in faults("Hi\n\n<form><input></form>")] == [
        "<form> is left out",
        "<input> is left out",
    ]


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("pic.png", "the picture pic.png is never found"),
        ("/pic.png", "the picture /pic.png is never found"),
        ("file:///etc/passwd", "the picture file:///etc/passwd is never found"),
        ("media:no.png", "no picture is called no.png"),
        ("http://", "the picture http:// has no usable address"),
        ("data:image/png;base64,AAAA", "a picture lies in the text itself"),
    ],
)
def test_a_broken_picture_must_not_go_out(address, what):
    assert faults(f"Hello\n\n![x]({address})") == [(what, 3, True)]


def test_a_picture_that_people_added_stands_with_its_address_its_size_and_their_words():
    assert read("![](media:bank.png)").html == f"<p>{SHOWN.format('A bank')}</p>"
    assert read("![Ours](media:Bank.PNG)").html == f"<p>{SHOWN.format('Ours')}</p>"
    assert faults("![](media:bank.png)") == []


def test_pictures_elsewhere_are_named_with_their_lines():
    assert read("a\n\n![x](https://a.example/p.jpg)").fetched == (("https://a.example/p.jpg", 3),)


def test_code_that_shows_a_script_is_text():
    assert faults("Write `<script>`\n\n    <iframe>") == []


def test_front_matter_gives_subject_and_preheader():
    found = read("---\nsubject: We ask\npreheader: For the first time\n---\n# Dear readers\n\nPlease.")
    assert (found.subject, found.preheader, found.title) == ("We ask", "For the first time", "Dear readers")
    assert found.html == "<h2>Dear readers</h2>\n<p>Please.</p>"


def test_front_matter_that_can_not_be_read_must_not_go_out():
    ((what, _, is_grave),) = faults("---\nsubject: [\n---\nx")
    assert what.startswith("line 2 of its front matter can't be read")
    assert is_grave


def test_a_text_of_which_nothing_is_left_must_not_go_out():
    assert ("nothing of it can be shown", 0, True) in faults("<script>x</script>")


@given(st.text(alphabet="<>!()[]`*_#:/-\n \"'aimgsrcdtjonlk=.&;x\0\u202e", max_size=200))
def test_whatever_people_write_is_read_and_does_no_harm(text):
    html = read(text).html
    assert not any(f"<{name}" in html for name in ("script", "iframe", "form", "svg"))
    links = tidy.parsed(html).xpath("//a/@href") if html else []
    assert all(link.startswith(("https://", "http://", "mailto:", "tel:")) for link in links)
