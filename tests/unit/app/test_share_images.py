"""The picture of a post: its article's own, else a card of ours that is kept with the message and served."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from sqlalchemy import func, select

from publisher.app import App, composing
from publisher.model.article import Article, Image
from publisher.model.message import Post
from publisher.pipeline import produce
from publisher.pipeline.produce import Produced
from publisher.render import share
from publisher.store import media, messages, sends
from publisher.store.tables import media as rows
from tests.ledger import Clock
from tests.project import MAILGUN, WEBHOOK, ProjectDir

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
FERRY = Article("Ferry resumes after two years", url="https://harbor.example/1", summary="Two boats from Monday.")
PHOTO = Image("https://harbor.example/ferry.jpg", alt="A ferry", width=1200, height=800)
LOCAL = Image("file:///srv/ferry.jpg", alt="A ferry")
POST_ONLY = ("- {via: letters, to: daily}", "- {via: letters}")


def open_app(folder, *changes: tuple[str, str], channel=WEBHOOK) -> App:
    ProjectDir(folder, "http://127.0.0.1:9", channel=channel)
    path = folder / "schedules.yaml"
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return App.open(folder, Clock(NOW))


def produced(app: App, article: Article) -> Produced:
    schedule = app.schedule("morning")
    what = {"slot": "2026-11-24T07:00", "due_at": NOW, "chosen": [article]}
    return produce.produce_entry(app.studio, app.project, schedule, schedule.send[0], **what)


def picture_of(product: Produced) -> Image | None:
    assert isinstance(product.message, Post)
    assert product.message.card is not None
    return product.message.card.image


def notes(product: Produced) -> list[str]:
    return [f"{finding.what}. {finding.remedy}" for finding in product.findings if finding.check == "share-image"]


def test_an_article_without_a_picture_gives_a_card_with_its_headline(tmp_path):
    product = produced(open_app(tmp_path, POST_ONLY), FERRY)
    assert product.card is not None
    assert product.card.content == share.draw_card(FERRY.title, "Harbor Gazette", "en")
    url = f"https://letters.harbor.example/media/{sha256(product.card.content).hexdigest()}.png"
    assert picture_of(product) == Image(url, alt=FERRY.title, width=1200, height=630)
    assert product.findings == ()


def test_a_card_has_the_accent_of_the_theme(tmp_path):
    themed = ("  timezone: Europe/Lisbon\n", '  timezone: Europe/Lisbon\n  theme: {accent: "#b3122e"}\n')
    product = produced(open_app(tmp_path, POST_ONLY, themed), FERRY)
    assert product.card.content == share.draw_card(FERRY.title, "Harbor Gazette", "en", "#b3122e")


def test_an_articles_own_picture_comes_first(tmp_path):
    product = produced(open_app(tmp_path, POST_ONLY), replace(FERRY, image=PHOTO))
    assert (picture_of(product), product.card) == (PHOTO, None)


@pytest.mark.parametrize("image", [replace(PHOTO, width=16, height=16), replace(PHOTO, url="data:x"), LOCAL])
def test_a_picture_that_a_network_cannot_show_is_replaced(tmp_path, image):
    product = produced(open_app(tmp_path, POST_ONLY), replace(FERRY, image=image))
    assert product.card is not None


def test_in_practice_a_local_picture_is_shown_and_a_card_needs_no_public_address(tmp_path):
    public = "  public_url: https://letters.harbor.example\n"
    app = open_app(tmp_path, POST_ONLY, (public, ""), ("version: 1", "version: 1\npractice: true"))
    assert picture_of(produced(app, replace(FERRY, image=LOCAL))) == LOCAL
    product = produced(app, FERRY)
    shown = picture_of(product)
    assert shown is not None
    assert shown.url.startswith("/media/")
    assert notes(product) == [
        "the post's card is seen in practice only: networks could not fetch it from here. "
        "Set publication.public_url to the https address at which readers reach Publisher"
    ]


def test_what_nobody_could_fetch_is_left_out_with_a_note(tmp_path):
    app = open_app(tmp_path, POST_ONLY, ("https://letters.harbor.example", "http://localhost:8025"))
    product = produced(app, replace(FERRY, image=LOCAL))
    assert (picture_of(product), product.card, product.is_held) == (None, None, False)
    assert "Set publication.public_url" in notes(product)[0]


def test_a_headline_that_no_font_has_gives_a_post_without_a_picture_and_a_note(tmp_path):
    product = produced(open_app(tmp_path, POST_ONLY), replace(FERRY, title="港が再び開く"))
    assert (picture_of(product), product.is_held) == (None, False)
    assert notes(product) == [
        "the post has no picture: no font for “港が再び開く”. Give the article a picture where it is written"
    ]


def test_a_fault_of_ours_while_drawing_costs_only_the_picture(tmp_path, monkeypatch):
    def breaks(*_):
        raise MemoryError

    monkeypatch.setattr(share, "draw_card", breaks)
    product = produced(open_app(tmp_path, POST_ONLY), FERRY)
    assert (picture_of(product), product.is_held) == (None, False)
    assert "MemoryError" in notes(product)[0]


def test_nothing_is_drawn_for_mail_nor_where_the_network_looks_at_the_page_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(share, "draw_card", None)
    mastodon = {"sender": "mastodon", "instance": "https://news.example", "token": "${WEBHOOK_SECRET}"}
    for name, channel, changes in (("mail", MAILGUN, ()), ("post", mastodon, (POST_ONLY,))):
        (tmp_path / name).mkdir()
        product = produced(open_app(tmp_path / name, *changes, channel=channel), FERRY)
        assert (product.card, notes(product)) == (None, [])


def test_an_article_without_a_page_has_no_card(tmp_path):
    product = produced(open_app(tmp_path, POST_ONLY), replace(FERRY, url=None))
    assert isinstance(product.message, Post)
    assert (product.message.card, product.card) == (None, None)


def test_a_card_is_kept_with_its_message_once_however_often_it_is_made(tmp_path):
    app = open_app(
        tmp_path, POST_ONLY, ("    send:\n", "    send:\n      - {via: letters, template: social/digest.txt}\n")
    )
    composing.compose(app, app.schedule("morning"), composing.manual_slot(app), actor="test")
    app.sending._produce(1)
    with app.store.read() as conn:
        found = [messages.of_send(conn, send["id"]) for send in sends.of_edition(conn, 1)]
        posts = [message for _, message in filter(None, found)]
        assert len(posts) == 2
        (url,) = {post.card.image.url for post in posts}
        kept = media.get(conn, url.rpartition("/")[2].removesuffix(".png"))
        assert conn.execute(select(func.count()).select_from(rows)).scalar_one() == 1
    assert kept is not None
    assert kept.type == "image/png"
    assert url.endswith(f"/{sha256(kept.content).hexdigest()}.png")


def test_a_plan_keeps_nothing(tmp_path):
    from publisher.app.plan import plan_slot

    app = open_app(tmp_path, POST_ONLY)
    (product,) = plan_slot(app, app.schedule("morning"), NOW).products
    assert product.card is not None
    with app.store.read() as conn:
        assert conn.execute(select(func.count()).select_from(rows)).scalar_one() == 0
