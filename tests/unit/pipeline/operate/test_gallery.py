"""Pictures that people add: each under one name, and gone only where nothing shows it. On both engines."""

from __future__ import annotations

import pytest

from publisher.errors import UsageError
from publisher.model.message import Mail
from publisher.pipeline.operate import gallery
from publisher.store import desk, media, messages
from tests.ledger import NOW, add_edition, add_send
from tests.unit.web.ledger import png


def add(store, name: str = "bank.png", alt: str = "A bank", content: bytes = b"one") -> media.Added:
    return gallery.add(store, media.Kept("image/png", content), name=name, alt=alt, actor="cli:anna", now=NOW)


def names(store) -> list[str]:
    with store.read() as conn:
        return [each.name for each in media.added(conn)]


def test_a_picture_is_kept_under_its_name_with_its_words_and_who_added_it(store):
    found = add(store, content=png())
    assert (found.name, found.alt, found.type, found.size) == ("bank.png", "A bank", "image/png", len(png()))
    assert (found.actor, found.made_at, found.digest) == ("cli:anna", NOW, media.digest_of(png()))


def test_the_same_picture_again_takes_the_new_words(store):
    add(store)
    assert add(store, alt="Harbor Bank").alt == "Harbor Bank"
    assert names(store) == ["bank.png"]


def test_a_picture_has_one_name_and_a_name_one_picture(store):
    add(store)
    with pytest.raises(UsageError, match="another picture has that name"):
        add(store, content=b"two")
    with pytest.raises(UsageError, match=r"this picture is there already: media:bank\.png"):
        add(store, name="other.png")
    assert names(store) == ["bank.png"]


def test_a_card_that_we_drew_can_be_added_and_an_upload_stays_then(store):
    with store.write() as conn:
        media.keep(conn, media.Kept("image/png", b"one"), now=NOW, only_uploaded=True)
    add(store)
    with store.write() as conn:
        assert media.forget_uploads(conn, NOW.replace(year=2030)) == 0
    assert names(store) == ["bank.png"]


def test_a_picture_that_nothing_shows_can_be_removed(store):
    found = add(store)
    add(store, name="other.png", content=b"two")
    assert gallery.remove(store, "bank.png") == found
    with store.read() as conn:
        assert media.get(conn, found.digest) is None
    assert names(store) == ["other.png"]


def test_a_picture_that_is_not_there_can_not_be_removed(store):
    with pytest.raises(UsageError, match="there is no such picture"):
        gallery.remove(store, "bank.png")


def test_a_picture_in_a_message_stays(store):
    digest = add(store).digest
    edition_id = add_edition(store)
    send_id = add_send(store, edition_id)
    html = (f'<img src="https://letters.harbor.example/media/{digest}.png">',)
    with store.write() as conn:
        messages.add(conn, send_id, Mail(("S",), html, ("T",), (), "Harbor", "n@h.example"), NOW, revision=9)
    with pytest.raises(UsageError, match=f"a mail of edition {edition_id} shows it"):
        gallery.remove(store, "bank.png")
    assert names(store) == ["bank.png"]


def test_a_picture_in_a_note_that_waits_stays_until_the_note_is_taken_back(store):
    add(store)
    with store.write() as conn:
        desk.write_note(conn, "morning", "Hi ![](media:Bank.png)", actor="cli:anna", now=NOW)
    with pytest.raises(UsageError, match="the note that waits for morning names it"):
        gallery.remove(store, "bank.png")
    with store.write() as conn:
        desk.take_back_note(conn, "morning", now=NOW)
    gallery.remove(store, "bank.png")
