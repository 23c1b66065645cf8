"""A preview is the send: the same words, for one reader, and nothing written."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest

from publisher.app import App
from publisher.app.audiences import Audience
from publisher.app.plan import look, moment_said, plan_slot
from publisher.app.preview import as_saved, files_as_saved, preview
from publisher.audience import imports
from publisher.errors import ConfigError, UsageError
from publisher.model.message import Mail, fill
from publisher.model.states import SendState
from publisher.model.subscriber import SubscriptionState
from publisher.store import edition_lists, messages, schedules, sends, subscribers, suppressions
from tests.ledger import Clock
from tests.unit.app.project import EVENING, MORNING, add_schedule, compose_now, edit, open_app, write_feed

ADA = "ada@example.org"


@pytest.fixture
def app(tmp_path):
    app = open_app(tmp_path, Clock(EVENING))
    yield app
    app.store.close()


def shown(app: App, **options):
    return preview(app, app.schedule("morning"), **options)


def mail_of(made) -> Mail:
    message = made.products[0].message
    assert isinstance(message, Mail)
    return message


def add(app: App, email: str = ADA, to: str = "daily", name: str = "Ada Lovelace") -> int:
    key = app.keys.current("suppression")[1]
    imports.add_one(app.store, email, to, name=name, hash_key=key, now=EVENING, actor="test")
    with app.store.read() as conn:
        person = subscribers.find(conn, app.hash_of(email))
    assert person is not None
    return person.id


def dump(app: App) -> list[str]:
    with sqlite3.connect(app.folder / "publisher.db") as conn:
        return list(conn.iterdump())


def test_it_is_the_mail_that_is_sent(app):
    made = shown(app, at=moment_said("2026-11-24T07:00", app.zone))
    app.clock.moment = MORNING
    compose_now(app)
    app.sending.advance()
    with app.store.read() as conn:
        (edition,) = edition_lists.latest(conn, limit=1)
        (send,) = sends.of_edition(conn, edition["id"])
        _, sent = messages.of_send(conn, send["id"])
    assert send["state"] == SendState.HELD  # nobody is on the list
    assert mail_of(made).html == sent.html
    assert (mail_of(made).text, mail_of(made).headers) == (sent.text, sent.headers)


def test_an_audience_of_nobody_holds_it_as_it_holds_the_send(app):
    assert [finding.what for finding in shown(app).products[0].findings] == ["nobody is subscribed to daily"]
    add(app)
    assert not shown(app).is_held


def test_it_says_who_has_the_article_already_and_that_holds_nothing(app):
    edit(app.folder, ('at: "07:00"', "new: article"), ("at_most: 8}", "at_most: 8}\n    never_twice: true"))
    write_feed(app.folder / "feed.xml", ferry="The ferry is back")
    ada = add(app)
    add_schedule(app.folder, "flash", more="    pick: {from: [site]}\n")
    app = App.open(app.folder, app.clock)
    compose_now(app, "flash")
    app.sending.advance()
    made = shown(app, email=ADA)
    assert ada and made.audiences == (Audience(0, have_it=1),)
    assert made.plan.audiences == made.audiences
    assert made.audiences[0].left_out == "1 more has the article"
    assert made.left_out(made.products[0]) == "gets this article by flash"
    assert made.products[0].findings == ()


def test_a_channel_that_can_not_be_used_is_a_note(app):
    add(app)
    (app.folder / ".env").write_text("")
    (product,) = shown(App.open(app.folder, app.clock)).products
    assert [(each.check, each.blocks) for each in product.findings] == [("channel", False)]


def test_it_writes_nothing(app):
    add(app)
    before = dump(app)
    assert shown(app, email=ADA).plan.choice.picked
    assert dump(app) == before


def test_the_slot_of_that_very_moment_is_meant_and_otherwise_the_next_one(app):
    for said in ("2026-11-25T07:00", "2026-11-24T12:00", "2026-11-25T08:00+01:00"):
        assert shown(app, at=moment_said(said, app.zone)).plan.slot.key == "2026-11-25T07:00"


@pytest.mark.parametrize("said", ["tomorrow", "", "2026-13-01T07:00", "9999-12-31T23:59", "0001-01-01T00:00+14:00"])
def test_what_is_no_time_is_refused_with_an_example(app, said):
    with pytest.raises(UsageError, match=r"is no time\. Write it like 2026-11-24T07:00"):
        moment_said(said, app.zone)


def test_a_time_that_is_past_is_refused_with_where_to_look(app):
    with pytest.raises(UsageError, match=r"2026-11-23 19:59 is past.*publisher editions morning"):
        shown(app, at=EVENING - timedelta(minutes=1))


def test_where_nothing_would_go_the_newest_articles_show_how_it_would_look(app):
    compose_now(app)
    made = shown(app)
    assert made.plan.choice.skipped.startswith("nothing new")
    assert made.is_example
    assert [each.article.title for each in made.instead] == [f"Story {n}: quay & harbour" for n in (3, 2, 1)]
    assert "Story 3" in fill(mail_of(made).subject, made.reader.values)


def test_without_any_article_made_up_ones_show_how_it_would_look(app):
    (app.folder / "feed.xml").unlink()
    made = shown(app)
    assert "feed.xml" in made.plan.problems[0]
    assert (made.is_example, made.instead) == (True, ())
    assert "A headline to try the template on" in fill(mail_of(made).text, made.reader.values)


def test_what_the_sources_said_a_moment_ago_spares_asking_them(app):
    looked = look(app, [app.schedule("morning")])
    (app.folder / "feed.xml").unlink()
    assert len(shown(app, looked=looked).plan.choice.picked) == 3


def test_a_paused_schedule_says_why(app):
    assert shown(app).plan.paused == ""
    app.poll_all()
    with app.store.write() as conn:
        schedules.pause(conn, "morning", reason="holidays", actor="test", now=EVENING)
    assert shown(app).plan.paused == "holidays"


# --- a subscriber's own -----------------------------------------------------------------------------------------------


def test_a_subscriber_sees_their_own_values_and_not_the_key_to_leave(app):
    templates = app.folder / "templates" / "partials"
    templates.mkdir(parents=True)
    (templates / "header.html").write_text(
        "<tr><td><h1>Hello {{ recipient.first_name | default('you') }}</h1></td></tr>"
    )
    add(app)
    made = shown(app, email=ADA.upper())
    html = fill(mail_of(made).html, made.reader.values)
    assert "Hello Ada<" in html
    assert made.left_out(made.products[0]) == ""
    assert "/u/" not in html + fill(dict(mail_of(made).headers)["List-Unsubscribe"], made.reader.values)


def test_nobody_by_that_address_is_said_with_where_to_look(app):
    with pytest.raises(UsageError, match=r"nobody has the address nobody@example\.org\. See them all"):
        shown(app, email="nobody@example.org")


def test_why_a_subscriber_would_not_get_it_is_said_as_the_send_decides(app):
    edit(app.folder, ("lists:\n", "lists:\n  weekly: {title: Weekly}\n"))
    edit(app.folder, ("to: daily}", "to: daily}\n      - {via: letters, to: [weekly, daily]}"))
    app = as_saved(app)

    def said() -> list[str]:
        made = shown(app, email=ADA)
        return [made.left_out(product) for product in made.products]

    person = add(app, to="weekly")
    assert said() == ["is not on daily", ""]
    add(app)
    assert said() == ["", "gets this edition by another list"]
    with app.store.write() as conn:
        daily = subscribers.ensure_list(conn, "daily")
        about = {"basis": "test", "now": EVENING, "actor": "test"}
        subscribers.set_subscription(conn, person, daily, SubscriptionState.LEFT, **about)
    assert said() == ["has left daily", ""]
    with app.store.write() as conn:
        suppressions.add(conn, app.hash_of(ADA), "list:weekly", reason="bounced", now=EVENING, actor="test")
    assert said() == ["has left daily", "is not written to: bounced"]


def test_a_value_that_the_mail_needs_and_the_subscriber_lacks_is_said(app):
    edit(app.folder, ("to: daily}", 'to: daily, subject: "News of {{ recipient.city }}"}'))
    app = as_saved(app)
    add(app)
    made = shown(app, email=ADA)
    assert made.left_out(made.products[0]) == "has no value for city, and the template gives no default"
    assert shown(app).left_out(made.products[0]) == ""  # a made-up reader has whatever is needed


# --- following the editor ---------------------------------------------------------------------------------------------


def test_what_was_saved_is_shown_before_it_holds(app):
    assert as_saved(app) is app
    edit(app.folder, ("language: en", "language: de"))
    made = shown(as_saved(app))
    assert mail_of(made).language == "de"
    assert plan_slot(app, app.schedule("morning")).products[0].message.language == "en"
    edit(app.folder, ("language: de", "lingo: de"))
    with pytest.raises(ConfigError, match="lingo"):
        as_saved(app)


def test_the_digest_of_the_files_changes_when_one_is_saved_made_or_taken_away(app):
    seen = [files_as_saved(app)]
    part = app.folder / "templates" / "partials" / "footer.html"
    part.parent.mkdir(parents=True)
    for act in (
        lambda: part.write_text("one"),
        lambda: part.write_text("two!"),
        part.unlink,
        lambda: edit(app.folder, ("language: en", "language: fr")),
    ):
        act()
        seen.append(files_as_saved(app))
    assert seen[0] == seen[3]  # the same files are there again
    assert len(set(seen)) == 4
    assert files_as_saved(app) == seen[-1]
