"""Breaking news: at once, before what waits, known again, and said before it goes a second time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from publisher.app import App, breaking, composing, errata, made_under, versions
from publisher.app.articles import fire_in_hours
from publisher.app.named import article_meant
from publisher.audience import imports
from publisher.errors import SourceError, UsageError
from publisher.model.project import Entry
from publisher.pipeline.operate import holding
from publisher.store import articles, edition_lists, editions, held, processes, sends
from publisher.testing import FakeProvider
from tests.ledger import Clock, books
from tests.project import ProjectDir
from tests.site import serving
from tests.unit.app.project import edit, sends_of

AFTERNOON = datetime.fromisoformat("2026-11-24T15:20:00+00:00")
MINUTE = timedelta(minutes=1)
CHANNELS = """\
  telegram:
    sender: telegram
    base_url: {telegram}
    token: "7001:telegram-t0ken"
    chat: "@harbor_gazette"
schedules:
  posts:
    when: {{new: article}}
    pace: {{every: 30m}}
    pick: {{not_in: [breaking]}}
    send:
      - {{via: telegram}}
"""
PAGE = """<html><head><title>Harbour closed | Harbor Gazette</title><link rel="canonical" href="{url}">
</head><body><article><h1>Harbour closed</h1>{text}</article></body></html>"""
PROSE = "<p>The harbour was closed at half past three, and every ferry that had left it turned round at sea.</p>" * 6


class Newsroom:
    """A list with readers, a channel of posts that are paced, and a clock in the afternoon."""

    def __init__(self, folder, networks, target="", readers=3):
        self.networks, self.clock = networks, Clock(AFTERNOON)
        self.folder = ProjectDir(folder, networks["mailgun"].url, backfill=0)
        if str(target).startswith("postgres"):
            with (folder / ".env").open("a") as env:
                env.write(f"DATABASE_URL={target}\nJOURNAL=publisher.journal\n")
        edit(folder, ("schedules:\n", CHANNELS.format(telegram=networks["telegram"].url)), ("at_most: 8", "at_most: 9"))
        self.app = self.opened()
        for number in range(readers):
            self.subscribe(f"reader{number}@example.org")
        self.app.poll_all()
        self.process = processes.at_work(self.app.store, "test", self.clock())
        self.app.process_id = self.process.__enter__()

    def opened(self) -> App:
        app = App.open(self.folder.folder, self.clock)
        versions.accepted(app)
        return app

    def subscribe(self, email: str) -> None:
        key = self.app.keys.current("suppression")[1]
        imports.add_one(self.app.store, email, "daily", name="", hash_key=key, now=AFTERNOON, actor="test")

    def publish(self, count: int) -> None:
        self.folder.publish(count)
        self.app.poll_all()

    def send(self, said: str, to=("daily",), via=("letters", "telegram"), **how) -> int:
        app = self.app
        news = breaking.foresee(app, article_meant(app, said, **how), breaking.schedule_said(app, to, via))
        assert news.why_held is None
        return breaking.send(app, news)

    def carry_on(self) -> None:
        """Do what there is to do at this moment."""
        duties = self.app.sending.duties()
        for _ in range(3):
            duties.advance()
            for channel in ("letters", "telegram"):
                while duties.dispatch(channel):
                    pass

    def posts(self) -> list[str]:
        return [text.splitlines()[0] for text in self.networks["telegram"].dialect.words().values()]

    def close(self) -> None:
        self.process.__exit__(None, None, None)
        self.app.store.close()


@pytest.fixture
def networks() -> Iterator[dict[str, FakeProvider]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(FakeProvider(name)) for name in ("mailgun", "telegram")}


@pytest.fixture
def room(tmp_path, networks) -> Iterator[Newsroom]:
    """A newsroom on a clock that is moved: PostgreSQL has its own."""
    made = Newsroom(tmp_path, networks)
    yield made
    made.close()


@pytest.fixture
def each_room(tmp_path, target, networks) -> Iterator[Newsroom]:
    """A newsroom on each engine."""
    made = Newsroom(tmp_path, networks, target)
    yield made
    made.close()


def test_breaking_news_goes_between_two_queued_posts_which_stay_where_they_are(room):
    room.publish(5)
    room.clock.advance(10 * MINUTE)  # they rest no more
    fire_in_hours(room.app, room.app.schedule("posts"))  # 15:30, and a half hour later
    room.carry_on()
    room.publish(6)
    room.clock.advance(10 * MINUTE)
    edition = room.send("6")  # 15:40: it came a moment ago, and rests
    room.carry_on()
    assert room.posts() == ["Story 4: quay & harbour", "Story 6: quay & harbour"]
    assert sorted(room.networks["mailgun"].addresses()) == [f"reader{number}@example.org" for number in range(3)]
    room.clock.advance(20 * MINUTE)
    fire_in_hours(room.app, room.app.schedule("posts"))
    room.carry_on()
    assert [each.split(":")[0] for each in room.posts()] == ["Story 4", "Story 6", "Story 5"]
    assert [send["state"] for send in sends_of(room.app, edition)] == ["done", "done"]
    room.clock.advance(timedelta(hours=3))
    fire_in_hours(room.app, room.app.schedule("posts"))
    room.carry_on()
    assert len(room.posts()) == 3, "not_in: [breaking]"


def test_it_goes_before_regular_mail_on_its_channel_and_through_quiet_hours(tmp_path, networks):
    room = Newsroom(tmp_path, networks)
    edit(tmp_path, ("    domain: mg", "    quiet: 15:00-16:00\n    domain: mg"))
    room.app.take(room.opened().project, room.app.settings)
    room.publish(5)
    composing.compose(room.app, room.app.schedule("morning"), composing.manual_slot(room.app), actor="test")
    room.carry_on()
    assert room.networks["mailgun"].addresses() == []
    meant, schedule = article_meant(room.app, "3"), breaking.schedule_said(room.app, ["daily"], [])
    news = breaking.foresee(room.app, meant, schedule)
    assert news.notes == ("it is quiet hours of letters: breaking news goes all the same",)
    assert [each.words(room.app.zone) for each in news.ends] == [""]
    breaking.send(room.app, news)
    room.carry_on()
    assert len(room.networks["mailgun"].accepted) == 3
    room.clock.advance(timedelta(hours=1))
    room.carry_on()
    assert len(room.networks["mailgun"].accepted) == 6
    with room.app.store.read() as conn:
        rows = [row for edition in (1, 2) for row in sends.of_edition(conn, edition)]
        assert [row["priority"] for row in rows] == [sends.BY_SCHEDULE, sends.BREAKING_FIRST]
    assert [books(room.app.store, row["id"]) for row in rows] == [{"sent": 3}, {"sent": 3}]
    room.close()


def test_a_day_that_is_used_up_holds_for_it_too_and_is_said(tmp_path, networks):
    room = Newsroom(tmp_path, networks)
    edit(tmp_path, ("    domain: mg", "    per_day: 2\n    domain: mg"))
    room.app.take(room.opened().project, room.app.settings)
    news = breaking.foresee(
        room.app, article_meant(room.app, "3"), breaking.schedule_said(room.app, ["daily"], ["letters"])
    )
    (end,) = news.ends
    assert end.words(room.app.zone).startswith("ends on Wednesday 25 November about 00:00 (2 on Tuesday")
    breaking.send(room.app, news)
    room.carry_on()
    assert len(room.networks["mailgun"].accepted) == 2
    room.close()


def test_what_went_out_an_hour_ago_is_named_and_goes_again_under_another_slot(room):
    first = room.send("3")
    room.carry_on()
    room.clock.advance(timedelta(hours=1))
    meant, schedule = article_meant(room.app, "3"), breaking.schedule_said(room.app, ["daily"], ["letters"])
    news = breaking.foresee(room.app, meant, schedule)
    assert news.is_told
    (told,) = news.told
    assert told.words == (
        f"edition {first} (breaking article 3): letters to daily: 3 of 3 since 2026-11-24 15:20; "
        "telegram: since 2026-11-24 15:20"
    )
    second = breaking.send(room.app, news)
    with room.app.store.read() as conn:
        assert [editions.get(conn, each)["slot"] for each in (first, second)] == ["breaking:3", "breaking:3:2"]
    with pytest.raises(UsageError, match="somebody else has sent article 3 as breaking news meanwhile"):
        breaking.send(room.app, news)
    with pytest.raises(UsageError, match=f"is under way as breaking news, edition {second}"):
        breaking.foresee(room.app, meant, schedule)


def test_a_draft_that_leaves_it_out_is_only_named(room):
    edit(room.folder.folder, ("pick: {from: [site], at_most: 9}", "pick: {from: [site], not_in: [breaking]}"))
    room.app.take(room.opened().project, room.app.settings)
    room.publish(4)
    app = room.app
    slot = composing.manual_slot(app)
    composing.compose_known(app, app.schedule("morning"), slot, actor="test", as_draft=True)
    news = breaking.foresee(app, article_meant(app, "4"), breaking.schedule_said(app, ["daily"], ["letters"]))
    assert [(each.is_harmless, "leaves it out" in each.words) for each in news.told] == [(True, True)]
    assert not news.is_told
    breaking.send(app, news)
    done = composing.compose_known(app, app.schedule("morning"), slot, actor="test")
    assert [why for article, why in done.choice.left if article.id == 4] == ["in an edition of breaking (not_in)"]


def test_a_page_is_read_kept_and_one_story_with_the_feeds_later_copy(each_room):
    room = each_room
    with serving() as site:
        url = site.put("/closed", PAGE.format(url="https://harbor.example/4", text=PROSE), "text/html")
        edition = room.send(url, allow_private=True)
    room.carry_on()
    assert room.posts() == ["Harbour closed"]
    room.publish(4)  # the feed has it now, at the same address
    with room.app.store.read() as conn:
        (by_hand,) = [found for _, found in articles.of_edition(conn, edition)]
        (copy,) = articles.latest(conn, limit=1, source="site")
        assert (by_hand.source, copy.story_id) == ("by hand", by_hand.id)
    room.clock.advance(10 * MINUTE)
    fire_in_hours(room.app, room.app.schedule("posts"))
    room.carry_on()
    assert room.posts() == ["Harbour closed"], "not_in: [breaking] means the story"
    assert article_meant(room.app, "https://www.harbor.example/4?utm_source=x").article.id == by_hand.id


def test_a_page_that_cannot_be_read_may_be_written_by_hand(room):
    with serving() as site:
        gone = site.url("/nothing")
        with pytest.raises(SourceError, match=r"Or write it yourself: --title, --summary"):
            article_meant(room.app, gone, allow_private=True)
    edition = room.send(gone, headline="Harbour closed", summary="Every ferry turned round.")
    room.carry_on()
    assert room.posts() == ["Harbour closed"]
    assert "Every ferry turned round." in next(iter(room.networks["telegram"].dialect.words().values()))
    with room.app.store.read() as conn:
        ((_, kept),) = articles.of_edition(conn, edition)
    with pytest.raises(UsageError, match=f"article {kept.id} is this page: it has its headline"):
        article_meant(room.app, gone, headline="Another")


def test_what_is_no_article_is_refused(room):
    with pytest.raises(UsageError, match="there is no article 77"):
        article_meant(room.app, "77")
    with pytest.raises(UsageError, match="'Harbour' is neither the number of an article nor a web address"):
        article_meant(room.app, "Harbour")


def test_what_a_person_discarded_goes_nowhere_even_in_the_last_moment(room):
    meant, schedule = article_meant(room.app, "3"), breaking.schedule_said(room.app, ["daily"], ["letters"])
    news = breaking.foresee(room.app, meant, schedule)
    with room.app.store.write() as conn:
        held.discard(conn, [3], "no story", room.clock())
    with pytest.raises(UsageError, match="somebody has discarded article 3 meanwhile"):
        breaking.send(room.app, news)
    with pytest.raises(UsageError, match="article 3 is discarded: no edition may carry it"):
        article_meant(room.app, "https://harbor.example/3")
    with room.app.store.read() as conn:
        assert edition_lists.latest(conn, limit=1) == []


def test_a_held_one_is_made_again_and_released_though_the_file_has_no_such_schedule(room):
    edition = room.send("3")
    with room.app.store.write() as conn:
        holding.hold_practice(conn, room.clock())
    room.carry_on()
    assert room.networks["mailgun"].accepted == []
    with room.app.store.read() as conn:
        project, schedule = made_under.schedule_of(room.app, editions.get(conn, edition))
    assert schedule.send == (Entry("letters:daily", "letters", ("daily",)), Entry("telegram", "telegram"))
    assert project.version == room.app.project.version
    holding.release_edition(room.app.store, edition, now=room.clock(), usable=room.app.project.channels)
    assert room.app.sending.remake(edition) == 2
    room.carry_on()
    assert [send["state"] for send in sends_of(room.app, edition)] == ["done", "done"]
    assert len(room.networks["mailgun"].accepted) == 3


# --- to whom ----------------------------------------------------------------------------------------------------------


OWN = """\
  breaking:
    when: {every: 1d}
    pick: {at_most: 1}
    send:
      - {via: letters, to: daily, subject: "Just in: {{ articles[0].title }}"}
      - {via: telegram, after: 15m}
"""


@pytest.fixture
def own(tmp_path, networks) -> Iterator[Newsroom]:
    """A newsroom whose file has a schedule for breaking news."""
    room = Newsroom(tmp_path, networks, readers=1)
    path = tmp_path / "schedules.yaml"
    path.write_text(path.read_text() + OWN)
    room.app.take(room.opened().project, room.app.settings)
    yield room
    room.close()


def keys(app: App, to=(), via=()) -> list[str]:
    return [entry.key for entry in breaking.schedule_said(app, to, via).send]


def test_the_files_own_schedule_says_to_whom_and_how_it_looks(own):
    assert keys(own.app) == ["letters:daily", "telegram"]
    assert keys(own.app, via=["letters"]) == ["letters:daily"]
    assert keys(own.app, to=["daily"]) == ["letters:daily"]
    edition = own.send("3", (), ())
    own.carry_on()
    assert [send["state"] for send in sends_of(own.app, edition)] == ["done", "done"], "after: waits for nothing"
    with own.app.store.read() as conn:
        _, schedule = made_under.schedule_of(own.app, editions.get(conn, edition))
    assert schedule.send[0].subject == "Just in: {{ articles[0].title }}"
    assert schedule.send == breaking.schedule_said(own.app, (), ()).send


REFUSED = {
    ((), ()): "it isn't said to whom. Give --to LIST and --via CHANNEL",
    ((), ("letters",)): "letters sends mail, and it isn't said to which list. Give --to LIST",
    (("daily",), ("telegram",)): "--to is for mail, and telegram carries none",
    (("dayly",), ()): "there is no list 'dayly'",
    (("daily",), ("pigeon",)): "there is no channel 'pigeon'. Channels in schedules.yaml: letters, telegram",
}


def test_what_cannot_be_meant_is_refused(room):
    for (to, via), words in REFUSED.items():
        with pytest.raises(UsageError) as said:
            breaking.schedule_said(room.app, to, via)
        assert words in str(said.value)


HOOK = '  hook: {sender: webhook, url: "http://127.0.0.1:9", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}\n'


def test_a_channel_for_mail_and_posts_does_what_the_file_has_it_for(room):
    posts = ("      - {via: telegram}\n", "      - {via: telegram}\n      - {via: hook}\n")
    edit(room.folder.folder, ("  telegram:\n", f"{HOOK}  telegram:\n"), posts)
    room.app.take(room.opened().project, room.app.settings)
    assert keys(room.app, ["daily"], ["letters", "hook"]) == ["letters:daily", "hook"]
    edit(room.folder.folder, (posts[1], posts[0]))  # nothing in the file says what it is for
    room.app.take(room.opened().project, room.app.settings)
    assert keys(room.app, ["daily"], ["hook"]) == ["hook:daily"]
    with pytest.raises(UsageError, match=r"letters and hook would both carry mail to daily.*Choose one of them"):
        breaking.schedule_said(room.app, ["daily"], ["letters", "hook"])


def test_a_list_without_a_reader_is_said_beforehand(tmp_path, networks):
    room = Newsroom(tmp_path, networks, readers=0)
    news = breaking.foresee(room.app, article_meant(room.app, "3"), breaking.schedule_said(room.app, ["daily"], []))
    assert news.why_held is not None
    assert news.why_held.what == "nobody is subscribed to daily"
    room.close()


def test_breaking_news_is_corrected_though_the_file_has_no_schedule_of_that_name(room):
    room.publish(5)
    edition = room.send("5")
    room.carry_on()
    prepared = errata.prepare(room.app, edition, note="The harbour is open.", subject="The harbour is open", mail=True)
    assert [(each.channel, each.to) for each in prepared.differences] == [("letters", ("daily",))]
    assert prepared.behind == 3


def test_breaking_news_whose_channel_is_gone_says_so_and_blames_no_schedule(room):
    edition = room.send("3", via=("letters",))
    project = room.app.project
    room.app.project = replace(project, channels={"telegram": project.channels["telegram"]})
    with pytest.raises(UsageError, match=r"there is no channel letters any more, by which its words are made\. Put it"):
        errata.prepare(room.app, edition, note="Mended.", subject=None, mail=False)
