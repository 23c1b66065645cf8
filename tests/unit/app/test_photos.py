"""The picture that goes up with a post: fetched once as its article's source is, kept, and handed to the sender."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO

import pytest
import requests
from PIL import Image as Drawn
from sqlalchemy import func, select
from typer.testing import CliRunner

from publisher.app import App, composing, photos
from publisher.app.duties import standing_duties
from publisher.app.plan import plan_slot
from publisher.cli.commands import cli
from publisher.errors import SourceError
from publisher.model.article import Article, Image
from publisher.model.message import Post
from publisher.pipeline import produce
from publisher.store import channels, log, media, messages, processes, sends
from publisher.store.tables import media as rows
from publisher.store.tables import messages as kept_messages
from publisher.testing import FakeProvider, Fault
from publisher.testing.dialects.slack import SlackDialect
from publisher.web import message_views
from publisher.web.pages import environment
from publisher.web.places import Served
from tests.ledger import Clock
from tests.project import MAILGUN, WEBHOOK, ProjectDir
from tests.site import serving
from tests.unit.web.ledger import served

NOW = datetime(2026, 11, 24, 7, tzinfo=UTC)
LINKEDIN = {"sender": "linkedin", "token": "${LINKEDIN_TOKEN}", "author": "urn:li:person:h4rbor"}
MASTODON = {"sender": "mastodon", "instance": "https://news.example", "token": "${LINKEDIN_TOKEN}"}
SECRETS = "LINKEDIN_TOKEN=linkedin-t0ken\nWEBHOOK_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\nMAILGUN_API_KEY=k\n"
ATTACH = "{via: letters, picture: attach}"
FEED = """<?xml version="1.0"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel>
<title>Harbor Gazette</title><link>https://harbor.example</link>
<item><title>Ferry resumes</title><link>https://harbor.example/1</link><guid>1</guid>
<description>Two boats from Monday.</description>
<media:content url="{url}" medium="image"><media:description type="plain">{alt}</media:description></media:content>
</item></channel></rss>"""


@pytest.fixture
def site():
    with serving() as site:
        yield site


def jpeg(size=(800, 450)) -> bytes:
    out = BytesIO()
    Drawn.new("RGB", size, "#0b3f70").save(out, "JPEG")
    return out.getvalue()


def open_app(
    folder, *lines: str, channel=LINKEDIN, base_url="http://127.0.0.1:9", private=True, more="", spare=""
) -> App:
    ProjectDir(folder, base_url, channel=channel, secrets=SECRETS)
    path = folder / "schedules.yaml"
    text = path.read_text().replace("      - {via: letters, to: daily}\n", "".join(f"      - {x}\n" for x in lines))
    text = text.replace("    every: 1m\n", f"    every: 1m\n    allow_private: {str(private).lower()}\n")
    path.write_text(more + text.replace("schedules:\n", f"{spare}schedules:\n"))
    return App.open(folder, Clock(NOW))


def sent(app: App, url: str, alt: str = "A ferry"):
    """Publish a story with a picture, and make its edition; return its sends and what the first one says."""
    (app.folder / "feed.xml").write_text(FEED.format(url=url, alt=alt))
    app.poll_all()
    composing.compose(app, app.schedule("morning"), composing.manual_slot(app), actor="test")
    app.sending._produce(1)
    with app.store.read() as conn:
        made = sends.of_edition(conn, 1)
        found = messages.of_send(conn, made[0]["id"])
    return made, found[1] if found else None


def dispatch_all(app: App, *through: str) -> None:
    with processes.at_work(app.store, "test", NOW) as app.process_id:
        app.sending.advance()
        for channel in through or ("letters",):
            while app.sending.duties().dispatch(channel):
                pass


def reasons(send) -> list[str]:
    return [f"{reason['what']}. {reason['remedy']}" for reason in send["reasons"]]


def kept(app: App) -> int:
    with app.store.read() as conn:
        return conn.execute(select(func.count()).select_from(rows)).scalar_one()


def test_the_picture_of_a_card_is_fetched_kept_and_named_by_its_content(tmp_path, site):
    content = jpeg()
    app = open_app(tmp_path, "{via: letters}")
    (send,), post = sent(app, site.put("/ferry.jpg", content, "image/jpeg"))
    assert (send["state"], send["reasons"]) == ("ready", [])
    assert post.upload.digest == sha256(content).hexdigest()
    assert (post.upload.alt, post.upload.width, post.upload.height) == ("A ferry", 800, 450)
    assert (post.upload.in_card, post.upload.is_needed) == (True, False)
    with app.store.read() as conn:
        assert media.get(conn, post.upload.digest) == media.Kept("image/jpeg", content)
    (asked,) = site.asked
    assert asked[1]["User-Agent"].startswith("Publisher (Harbor Gazette")


def test_a_picture_that_several_posts_show_is_asked_for_once_and_kept_once(tmp_path, site):
    app = open_app(tmp_path, "{via: letters}", ATTACH, "{via: letters, picture: attach, without_picture: hold}")
    made, _ = sent(app, site.put("/ferry.jpg", jpeg(), "image/jpeg"))
    assert [send["state"] for send in made] == ["ready"] * 3
    assert (len(site.asked), kept(app)) == (1, 1)


def test_a_post_goes_up_with_the_very_bytes_that_were_kept(tmp_path, site):
    content = jpeg()
    with FakeProvider("linkedin") as provider:
        app = open_app(tmp_path, ATTACH, base_url=provider.url)
        sent(app, site.put("/ferry.jpg", content, "image/jpeg"))
        dispatch_all(app)
        (shown,) = provider.dialect.shown.values()
    assert (shown.content, shown.alt, shown.in_card) == (content, "A ferry", False)


def test_an_uploaded_picture_is_forgotten_a_month_after_its_post_and_a_card_never(tmp_path, site):
    with FakeProvider("linkedin") as provider:
        app = open_app(tmp_path, ATTACH, base_url=provider.url)
        sent(app, site.put("/ferry.jpg", jpeg(), "image/jpeg"))
        uploads = next(duty for duty in standing_duties(app, lambda: True) if duty.name == "uploads")
        app.clock.advance(timedelta(days=31))
        uploads.run_once()
        assert kept(app) == 1  # its post waits still
        app.clock.advance(-timedelta(days=31))
        dispatch_all(app)
        app.sending.advance()  # closes its books
    with app.store.write() as conn:
        media.keep(conn, media.Kept("image/png", b"a card"), now=NOW)
    app.clock.advance(timedelta(days=29))
    uploads.run_once()
    assert kept(app) == 2
    app.clock.advance(timedelta(days=2))
    uploads.run_once()
    assert kept(app) == 1


def test_a_picture_that_the_network_refuses_is_left_out_and_the_log_says_so(tmp_path, site):
    with FakeProvider("linkedin") as provider:
        provider.dialect.refuses_pictures = True
        app = open_app(tmp_path, "{via: letters}", base_url=provider.url)
        sent(app, site.put("/ferry.jpg", jpeg(), "image/jpeg"))
        dispatch_all(app)
    with app.store.read() as conn:
        (row,) = log.find(conn, log.Filter(edition_id=1))
    assert row["state"] == "sent"
    assert row["reason"] == "sent without its picture: HTTP 400: The picture can't be read"


SPARE = '  spare: {sender: slack, token: "${LINKEDIN_TOKEN}", channel: C0HARBOR, base_url: "http://127.0.0.1:9"}\n'


@pytest.mark.parametrize(
    ("entry", "goes"),
    [(ATTACH, "goes without"), ("{via: letters, picture: attach, without_picture: hold}", "is refused there")],
)
def test_a_fallback_that_takes_no_pictures_is_named_before_it_is_needed(tmp_path, entry, goes):
    app = open_app(tmp_path, entry, channel={**LINKEDIN, "fallback": "spare"}, spare=SPARE)
    (finding,) = product_of(app, STORY).findings
    assert (finding.check, finding.blocks) == ("post-picture", False)
    what = f"spare (slack) carries on where letters fails, and takes no pictures: the post {goes}"
    assert f"{finding.what}. {finding.remedy}" == f"{what}. Name a fallback of the same network"


def test_a_card_that_the_fallbacks_network_makes_itself_is_missed_by_nobody(tmp_path):
    app = open_app(tmp_path, "{via: letters}", channel={**LINKEDIN, "fallback": "spare"}, spare=SPARE)
    assert product_of(app, STORY).findings == ()


@pytest.mark.parametrize(
    ("entry", "said"),
    [(ATTACH, "sent without its picture: slack shows none of ours"), ("{via: letters}", "")],
    ids=["attached", "in the card, which Slack makes itself"],
)
def test_a_picture_that_a_fallback_does_not_show_is_missed_in_the_log(tmp_path, site, entry, said):
    with FakeProvider(SlackDialect("linkedin-t0ken")) as provider:
        spare = SPARE.replace("http://127.0.0.1:9", provider.url)
        app = open_app(tmp_path, entry, channel={**LINKEDIN, "fallback": "spare"}, spare=spare)
        sent(app, site.put("/ferry.jpg", jpeg(), "image/jpeg"))
        with app.store.write() as conn:
            channels.stop(conn, "letters", reason="HTTP 401", now=NOW)
        dispatch_all(app, "letters", "spare")
        assert len(provider.accepted) == 1
    with app.store.read() as conn:
        (row,) = log.find(conn, log.Filter(edition_id=1))
    assert (row["state"], row["reason"]) == ("sent", said)


def test_what_went_up_for_a_post_that_was_put_off_is_shown_by_its_next_call(tmp_path, site):
    with FakeProvider("linkedin") as provider:
        app = open_app(tmp_path, ATTACH, base_url=provider.url)
        sent(app, site.put("/ferry.jpg", jpeg(), "image/jpeg"))
        provider.uploads_fail(Fault.dropped_after())
        provider.fails(Fault.too_many())  # without a time, which would be by the clock on the wall
        for _ in range(3):  # its upload is put off, then the post, then all is well
            dispatch_all(app)
            app.clock.advance(timedelta(minutes=1))
        assert [request.method for request in provider.uploading()] == ["POST", "POST", "PUT"]
        assert len(provider.accepted) == len(provider.dialect.shown) == 1
    with app.store.read() as conn:
        (row,) = log.find(conn, log.Filter(edition_id=1))
    assert (row["state"], row["attempts"]) == ("sent", 3)


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("/gone.jpg", None, "is not there (404)"),
        ("/page.jpg", b"<html>", "it is broken, or no picture of a known kind"),
        ("/small.jpg", jpeg((16, 16)), "16 × 16 pixels: an icon"),
        ("/large.jpg", bytes(20_000_001), "is larger than 20,000,000 bytes"),
    ],
)
def test_what_can_not_go_up_is_left_out_with_a_note_or_holds_the_post(tmp_path, site, path, body, why):
    if body is not None:
        site.put(path, body, "image/jpeg")
    app = open_app(tmp_path, "{via: letters}", ATTACH, "{via: letters, picture: attach, without_picture: hold}")
    made, post = sent(app, site.url(path))
    assert [send["state"] for send in made] == ["ready", "ready", "held"]
    assert post.upload is None
    assert [len(send["reasons"]) for send in made] == [1, 1, 1]
    for send in made:
        assert reasons(send)[0].startswith("no picture goes up with the post: ")
        assert why in reasons(send)[0]
    assert reasons(made[2])[0].endswith("or let posts go without one: `without_picture: go`")
    assert (len(site.asked), kept(app)) == (1, 0)


def test_a_held_post_goes_when_its_picture_is_there(tmp_path, site):
    app = open_app(tmp_path, "{via: letters, picture: attach, without_picture: hold}")
    (send,), _ = sent(app, site.url("/ferry.jpg"))
    assert send["state"] == "held"
    site.put("/ferry.jpg", jpeg(), "image/jpeg")
    assert app.sending.remake(1) == 1
    with app.store.read() as conn:
        assert sends.get(conn, send["id"])["state"] == "ready"
        assert messages.of_send(conn, send["id"])[1].upload.is_needed
    assert kept(app) == 1


def test_nothing_is_fetched_from_the_own_network_unless_the_source_says_so(tmp_path, site):
    app = open_app(tmp_path, "{via: letters}", private=False)
    (send,), post = sent(app, site.put("/ferry.jpg", jpeg(), "image/jpeg"))
    assert post.upload is None
    assert "is inside this machine's own network" in reasons(send)[0]
    assert site.asked == []


def sent_from_folder(app: App, picture: str = ""):
    """Publish a story that lies in a folder, as :func:`sent` does."""
    path = app.folder / "schedules.yaml"
    path.write_text(path.read_text().replace("feed: feed.xml", "folder: stories"))
    app = App.open(app.folder, Clock(NOW))
    image = f"image: {picture}\nimage_alt: A ferry\n" if picture else ""
    story = app.folder / "stories" / "ferry.md"
    story.write_text(f"---\ntitle: Ferry resumes\nurl: https://harbor.example/1\n{image}---\nTwo boats.")
    os.utime(story, (0, 0))  # it is written to no more
    app.poll_all()
    composing.compose(app, app.schedule("morning"), composing.manual_slot(app), actor="test")
    app.sending._produce(1)
    with app.store.read() as conn:
        made = sends.of_edition(conn, 1)
        return made, [messages.of_send(conn, send["id"])[1] for send in made]


def test_a_picture_that_lies_beside_its_article_goes_up_with_the_post(tmp_path):
    app = open_app(tmp_path, "{via: letters}", ATTACH)
    (tmp_path / "stories").mkdir()
    (tmp_path / "stories" / "ferry.jpg").write_bytes(jpeg())
    made, posts = sent_from_folder(app)
    assert [reason["check"] for send in made for reason in send["reasons"]] == ["missing-alt"] * 2
    assert [post.upload.digest for post in posts] == [sha256(jpeg()).hexdigest()] * 2
    assert [post.upload.in_card for post in posts] == [True, False]


def test_no_path_of_this_machine_is_frozen_with_a_picture_that_goes_up(tmp_path):
    app = open_app(tmp_path, "{via: letters}", ATTACH)
    (tmp_path / "stories").mkdir()
    (tmp_path / "stories" / "ferry.jpg").write_bytes(jpeg())
    _, posts = sent_from_folder(app)
    names = [post.card.image.url for post in posts]
    assert names == [f"/media/{sha256(jpeg()).hexdigest()}.png"] * 2
    assert Served().picture(names[0]) == names[0]  # the console shows it all the same
    with app.store.read() as conn:
        contents = conn.execute(select(kept_messages.c.content)).scalars().all()
    assert str(tmp_path) not in str(contents)


def test_a_picture_in_a_folder_below_has_its_words_with_it(tmp_path):
    app = open_app(tmp_path, "{via: letters}", ATTACH)
    (tmp_path / "stories" / "images").mkdir(parents=True)
    (tmp_path / "stories" / "images" / "quay.jpg").write_bytes(jpeg())
    _, posts = sent_from_folder(app, "images/quay.jpg")
    assert [post.upload.alt for post in posts] == ["A ferry"] * 2


OUTSIDE = "its file is gone, is no picture, or lies outside the folder of its source"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("stories/ferry.jpg", ""),
        ("stories/gone.jpg", OUTSIDE),
        ("elsewhere.jpg", OUTSIDE),
        ("stories/../elsewhere.jpg", OUTSIDE),
        ("stories/%2e%2e/elsewhere.jpg", OUTSIDE),
        ("stories/link.jpg", OUTSIDE),
        ("stories/linked/elsewhere.jpg", OUTSIDE),
        ("stories/notes.txt", OUTSIDE),
        ("stories", OUTSIDE),
        ("stories/large.jpg", "is larger than 20,000,000 bytes"),
    ],
)
def test_only_pictures_below_the_folder_of_their_source_are_read(tmp_path, url, why):
    app = open_app(tmp_path, ATTACH)
    path = tmp_path / "schedules.yaml"
    path.write_text(path.read_text().replace("feed: feed.xml", "folder: stories"))
    app = App.open(tmp_path, Clock(NOW))
    (tmp_path / "stories").mkdir()
    for name in ("stories/ferry.jpg", "stories/notes.txt", "elsewhere.jpg"):
        (tmp_path / name).write_bytes(b"picture")
    (tmp_path / "stories" / "large.jpg").write_bytes(bytes(20_000_001))
    (tmp_path / "stories" / "link.jpg").symlink_to(tmp_path / "elsewhere.jpg")
    (tmp_path / "stories" / "linked").symlink_to(tmp_path)
    address = f"file://{tmp_path}/{url}"
    if not why:
        assert photos.fetch(app, "site", address) == b"picture"
        return
    for source in ("site", "nobody"):
        with pytest.raises(SourceError, match=why if source == "site" else OUTSIDE):
            photos.fetch(app, source, address)


def test_a_source_on_the_web_names_no_file_of_this_machine(tmp_path, site):
    open_app(tmp_path, ATTACH)
    (tmp_path / "ferry.jpg").write_bytes(jpeg())
    path = tmp_path / "schedules.yaml"
    path.write_text(path.read_text().replace("feed: feed.xml", f"feed: {site.url('/feed.xml')}"))
    with pytest.raises(SourceError, match=OUTSIDE):
        photos.fetch(App.open(tmp_path, Clock(NOW)), "site", f"file://{tmp_path}/ferry.jpg")


def test_a_card_whose_file_can_not_be_had_is_drawn(tmp_path, site):
    app = open_app(tmp_path, "{via: letters}")
    article = Article("Ferry resumes", url="https://harbor.example/1", image=Image(f"file://{tmp_path}/gone.jpg"))
    schedule = app.schedule("morning")
    uploads = app.studio.uploads("site")
    what = {"slot": "2026-11-24T07:00", "due_at": NOW, "chosen": [article], "uploads": uploads}
    product = produce.produce_entry(app.studio, app.project, schedule, schedule.send[0], **what)
    assert product.card is not None
    assert product.upload is not None
    assert not any(finding.check == "post-picture" for finding in product.findings)


def test_an_article_without_a_picture_gets_the_drawn_card_but_nothing_attached(tmp_path):
    app = open_app(tmp_path, "{via: letters}", ATTACH)
    ProjectDir.publish_in(tmp_path, 1)
    composing.compose(app, app.schedule("morning"), composing.manual_slot(app), actor="test")
    app.sending._produce(1)
    with app.store.read() as conn:
        cards, attached = sends.of_edition(conn, 1)
        post = messages.of_send(conn, cards["id"])[1]
        drawn = media.get(conn, post.upload.digest)
    assert (drawn.type, post.upload.width, post.upload.height) == ("image/png", 1200, 630)
    assert cards["reasons"] == []
    assert "the article has none that can be shown" in reasons(attached)[0]


def test_a_picture_that_is_not_at_its_address_is_said_with_the_address_and_the_answer(tmp_path, site):
    open_app(tmp_path, ATTACH).store.close()
    gone = site.status("/gone.jpg", 404)
    feed = site.put("/feed.xml", FEED.format(url=gone, alt="A ferry"))
    path = tmp_path / "schedules.yaml"
    path.write_text(path.read_text().replace("feed: feed.xml", f"feed: {feed}"))
    app = App.open(tmp_path, Clock(NOW))
    app.poll_all()
    composing.compose(app, app.schedule("morning"), composing.manual_slot(app), actor="test")
    app.sending._produce(1)
    with app.store.read() as conn:
        (attached,) = sends.of_edition(conn, 1)
    why = f"its picture was dropped: {gone} is not there (404). Open it in a browser and correct the address"
    assert reasons(attached)[0].startswith(f"no picture goes up with the post: {why}. Give")


def product_of(app: App, article: Article, number: int = 0) -> produce.Produced:
    schedule = app.schedule("morning")
    what = {"slot": "2026-11-24T07:00", "due_at": NOW, "chosen": [article]}
    return produce.produce_entry(app.studio, app.project, schedule, schedule.send[number], **what)


STORY = Article("Ferry resumes", url="https://harbor.example/1", image=Image("http://127.0.0.1:9/a.jpg", alt="A ferry"))


def notes_of(product: produce.Produced) -> list[tuple[str, bool, str]]:
    return [(each.check, each.blocks, each.what) for each in product.findings]


def test_who_only_looks_fetches_nothing_and_is_told_what_can_be_told(tmp_path):
    app = open_app(tmp_path, ATTACH, "{via: letters, picture: attach, without_picture: hold}")
    product = product_of(app, STORY)
    assert isinstance(product.message, Post)
    assert (product.message.upload, product.upload, product.findings) == (None, None, ())
    without = replace(STORY, image=None)
    missing = "no picture goes up with the post: the article has none that can be shown"
    assert notes_of(product_of(app, without)) == [("post-picture", False, missing)]
    assert notes_of(product_of(app, without, 1)) == [("post-picture", True, missing)]


def test_a_card_that_needs_a_picture_needs_a_page(tmp_path):
    app = open_app(tmp_path, "{via: letters}", "{via: letters, without_picture: hold}")
    without = replace(STORY, url=None)
    assert [product_of(app, without, number).is_held for number in range(2)] == [False, True]


def test_a_post_whose_picture_takes_the_cards_place_has_its_link_in_the_words(tmp_path):
    app = open_app(tmp_path, "{via: letters}", ATTACH, "{via: letters, picture: attach, template: social/mine.txt}")
    (tmp_path / "templates" / "social").mkdir(parents=True)
    (tmp_path / "templates" / "social" / "mine.txt").write_text("{{ lead.title }}")
    texts = [product_of(app, STORY, number).message.text for number in range(3)]
    assert [STORY.url in text for text in texts] == [False, True, False]
    assert [check for check, _, _ in notes_of(product_of(app, STORY, 2))] == ["link-in-card"]


def test_practice_and_a_plan_fetch_nothing(tmp_path, site):
    url = site.put("/ferry.jpg", jpeg(), "image/jpeg")
    app = open_app(tmp_path, "{via: letters}", more="practice: true\n")
    (send,), post = sent(app, url)
    assert (send["state"], post.upload, post.card.image.url) == ("ready", None, url)
    (tmp_path / "real").mkdir()
    plan = plan_slot(open_app(tmp_path / "real", "{via: letters}"), app.schedule("morning"), NOW)
    assert plan.products[0].message.upload is None
    assert site.asked == []


def test_a_description_is_cut_at_a_word_to_what_the_network_takes(tmp_path):
    app = open_app(tmp_path, ATTACH)
    long = replace(STORY, image=replace(STORY.image, alt="A ferry leaves. " * 400))
    assert notes_of(product_of(app, long)) == [
        (
            "alt-cut",
            False,
            "the picture's description is cut to what linkedin takes: 4,000 of 6,399 signs",
        )
    ]
    silent = replace(STORY, image=replace(STORY.image, alt=" "))
    assert [check for check, _, _ in notes_of(product_of(app, silent))] == ["missing-alt"]
    captioned = replace(STORY, image=replace(STORY.image, alt="", caption="At the quay"))
    assert product_of(app, captioned).message.card.image.alt == "At the quay"


@pytest.mark.parametrize(
    ("channel", "line", "what"),
    [
        (WEBHOOK, ATTACH, "letters (webhook) takes no pictures from us"),
        (
            MASTODON,
            "{via: letters, without_picture: hold}",
            "letters (mastodon) gives the link a card of its own: nobody here knows whether it has a picture",
        ),
    ],
)
def test_what_a_network_can_not_do_with_pictures_is_refused_and_holds(tmp_path, channel, line, what):
    from publisher.app.checkup import wrong_channels

    app = open_app(tmp_path, line, channel=channel)
    assert [said for said in wrong_channels(app) if what in said]
    product = product_of(app, STORY)
    assert product.message is None
    assert product.findings[0].what.endswith(what)


def test_a_post_is_fitted_to_what_its_network_shows_under_a_picture(tmp_path):
    telegram = {"sender": "telegram", "token": "${LINKEDIN_TOKEN}", "chat": "'@harbor_gazette'"}
    app = open_app(tmp_path, "{via: letters}", ATTACH, channel=telegram)
    long = replace(STORY, summary="The ferry sails again. " * 300)
    plain, attached = (product_of(app, long, number) for number in range(2))
    assert 1_024 < len(plain.message.text) <= 4_096
    assert len(attached.message.text) <= 1_024
    assert message_views.post_view(app, "letters", attached.message, is_beside_picture=True).limit == 1_024
    assert "of 1024 utf16" in next(each.what for each in attached.findings if each.check == "post-fitted")


def test_an_attached_picture_is_shown_as_one_with_its_words_and_not_as_a_card(tmp_path, site):
    app = open_app(tmp_path, ATTACH, "{via: letters}")
    sent(app, site.put("/ferry.jpg", jpeg(), "image/jpeg"))
    with served(app, tmp_path) as console:
        page = requests.get(f"{console.url}/editions/1", timeout=10).text
        attached = re.search(r'<figure class="attached">\n<img src="([^"]+)" alt="A ferry">', page)
        assert attached
        picture = requests.get(console.url + attached[1], timeout=10)
    assert (picture.headers["Content-Type"], picture.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert page.count('<figcaption class="soft" lang="en">A ferry</figcaption>') == 1
    assert page.count('<div class="link-card"') == 1  # of the entry that attaches none


@pytest.mark.parametrize("more", ["", "practice: true\n"])
def test_so_it_is_before_anything_is_fetched(tmp_path, site, more):
    app = open_app(tmp_path, ATTACH, more=more)
    url = site.put("/ferry.jpg", jpeg(), "image/jpeg")
    (tmp_path / "feed.xml").write_text(FEED.format(url=url, alt="A ferry"))
    said = CliRunner().invoke(cli, ["preview", "morning", "--project", str(tmp_path), "--out", str(tmp_path / "out")])
    assert f"  picture: A ferry ({url})\n" in said.stdout
    figure = f'<figure class="attached">\n<img src="{url}" alt="A ferry">'
    page = (tmp_path / "out" / "index.html").read_text()
    assert (figure in page, "link-card" in page) == (True, False)
    if more:
        sent(app, url)
        with served(app, tmp_path) as console:
            assert figure in requests.get(f"{console.url}/editions/1", timeout=10).text


def test_that_nobody_described_it_is_shown(tmp_path):
    app = open_app(tmp_path, ATTACH)
    ProjectDir.publish_in(tmp_path, 1)
    bare = replace(STORY, image=replace(STORY.image, alt=""))
    post = replace(message_views.post_view(app, "letters", Post(("Words",))), attached=product_of(app, bare).attached)
    html = environment().from_string('{% import "_parts.html" as parts %}{{ parts.card(post, "Gazette", to) }}')
    assert "Nobody has described this picture." in html.render(post=post, to=Served())


def test_a_network_without_descriptions_is_not_said_to_lack_one(tmp_path):
    app = open_app(tmp_path, ATTACH, channel={"sender": "telegram", "token": "7001:t0ken", "chat": "-1001"})
    ProjectDir.publish_in(tmp_path, 1)
    post = replace(message_views.post_view(app, "letters", Post(("Words",))), attached=replace(STORY.image, alt=""))
    html = environment().from_string('{% import "_parts.html" as parts %}{{ parts.card(post, "Gazette", to) }}')
    page = html.render(post=post, to=Served())
    assert "Nobody has described this picture." not in page
    assert "Telegram shows no descriptions of pictures." in page


def test_mail_has_nothing_to_do_with_it(tmp_path):
    app = open_app(tmp_path, "{via: letters, to: daily}", channel=MAILGUN)
    assert product_of(app, STORY).upload is None


def test_the_draft_of_a_post_that_would_be_held_for_its_picture_says_so_beforehand(tmp_path, site):
    from publisher.app import drafts
    from publisher.store import alerts

    app = open_app(tmp_path, "{via: letters, picture: attach, without_picture: hold}")
    (app.folder / "feed.xml").write_text(FEED.format(url=site.url("/gone.jpg"), alt=""))
    app.poll_all()
    composing.compose(app, app.schedule("morning"), composing.manual_slot(app), actor="test")
    drafts._check(app, app.schedule("morning"), 1)
    with app.store.read() as conn:
        (alert,) = alerts.open_ones(conn)
    assert "no picture goes up with the post" in alert["what"]
