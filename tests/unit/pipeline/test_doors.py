"""A mail's ways to our own pages: its page in the archive, and links that are counted and lead to the same place."""

from __future__ import annotations

from dataclasses import replace

from publisher.model.message import Post, Slot
from publisher.model.project import MailingList
from publisher.pipeline.produce import Doors, uncounted
from publisher.store import clicks
from tests.ledger import MAIL, add_edition, add_send

BASE = "https://letters.harbor.example"
DOORS = Doors(lambda: BASE, lambda kind, number: f"{kind}{number}-mac", counts=True)
LEAVE = Slot("unsubscribe_url", "url")


def opened(store, html, text=(), doors=DOORS):
    """Return a mail as it is recorded, with where its links lead by their doors."""
    mail = replace(MAIL, html=html, text=text)
    send_id = add_send(store, add_edition(store))
    with store.write() as conn:
        found = doors.opened(conn, mail, send_id)
        return found, {f"{BASE}/l/l{each}-mac": url for each, url in clicks.targets(conn, send_id).items()}


def number_of(name: str) -> int | None:
    number = name.removeprefix("l").partition("-")[0]
    return int(number) if number.isdecimal() else None


def test_links_in_page_and_text_share_one_door_for_one_place(store):
    html = ('<p><a class="x" href="https://harbor.example/a?b=1&amp;utm_source=mail">A</a></p>',)
    text = ("Read: https://harbor.example/a?b=1&utm_source=mail.\n",)
    mail, doors = opened(store, html, text)
    assert list(doors.values()) == ["https://harbor.example/a?b=1&utm_source=mail"]
    (door,) = doors
    assert mail.html == (f'<p><a class="x" href="{door}">A</a></p>',)
    assert mail.text == (f"Read: {door}.\n",)


def test_what_is_no_link_to_another_page_stays(store):
    html = (
        f'<a href="mailto:desk@harbor.example">M</a><a href="{BASE}/archive/daily/this">V</a><a href="#top">T</a>'
        '<img src="https://harbor.example/p.png"><link href="https://harbor.example/s.css"><a href="',
        LEAVE,
        '">L</a><a href="https://harbor.example/?for=',
        Slot("first_name", "url-part"),
        '">P</a>',
    )
    text = ("Leave: ", Slot("unsubscribe_url", "text"), "\nhttps://harbor.example/?for=", Slot("first_name", "text"))
    mail, doors = opened(store, html, text)
    assert (mail.html, mail.text, doors) == (html, text, {})


def test_outlooks_own_buttons_lead_the_same_way(store):
    html = ('<!--[if mso]><v:roundrect href="https://harbor.example/a"></v:roundrect><![endif]-->',)
    mail, doors = opened(store, html)
    assert f'href="{next(iter(doors))}"' in mail.html[0]


def test_a_mail_made_anew_keeps_its_doors(store):
    mail = replace(MAIL, html=('<a href="https://harbor.example/a">A</a>',))
    send_id = add_send(store, add_edition(store))
    with store.write() as conn:
        assert DOORS.opened(conn, mail, send_id) == DOORS.opened(conn, mail, send_id)
        assert len(clicks.targets(conn, send_id)) == 1


def test_a_mail_is_given_back_as_it_was_written(store):
    html = ("<a href='https://harbor.example/a?b=1&amp;c=%22'>A</a><a href=\"", LEAVE, '">L</a>')
    text = ("https://harbor.example/a?b=1&c=%22 and https://other.example/l/l1-mac\n",)
    mail, doors = opened(store, html, text)
    targets = {number_of(door.rpartition("/")[2]): url for door, url in doors.items()}
    back = uncounted(mail, targets, number_of)
    assert (back.html, back.text) == (html, text)


def test_the_page_in_the_archive_gets_the_sends_own_name(store):
    place = DOORS.archive_url(MailingList("daily", "Daily", archive="public"))
    mail, doors = opened(store, (f'<a href="{place}">V</a>',), (f"View:\n{place}\n",), replace(DOORS, counts=False))
    assert mail.html == (f'<a href="{BASE}/archive/daily/a1-mac">V</a>',)
    assert mail.text == (f"View:\n{BASE}/archive/daily/a1-mac\n",)
    assert doors == {}


def test_a_list_without_an_archive_has_no_page_to_name():
    assert DOORS.archive_url(MailingList("daily", "Daily")) == ""
    assert DOORS.archive_url(None) == ""


def test_posts_stay_as_they_are(store):
    post = Post(("https://harbor.example/a",))
    with store.write() as conn:
        assert DOORS.opened(conn, post, 1) is post
