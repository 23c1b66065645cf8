"""A site is written, edited, moved, broken and cut off in any order; a plain model of its posts watches the editions.

The model knows nothing of aliases and windows: it remembers which posts there are, and what was seen of them.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from publisher.errors import SourceError
from publisher.model.article import LedgerArticle, Standing
from publisher.model.project import Pick, Schedule, Source, When
from publisher.pipeline import collect, compose
from publisher.pipeline.operate import intake, stopping
from publisher.sources.address import Place
from publisher.sources.feed import read_feed
from publisher.store import Store, articles, candidates, edition_lists, editions, project_versions
from publisher.store import schedules as known_schedules
from tests.ledger import NOW, Clock
from tests.simulation.site import Post, Site

STEPS: Counter[str] = Counter()  # taken, over all runs of this process
SOURCES = {"site": Source("site", "feed", "x"), "culture": Source("culture", "feed", "x")}
MORNING = Schedule("morning", When(), Pick(at_most=3), ())
AGAIN = Schedule("again", When(), Pick(at_most=50), (), on_update="repost")
ADDRESS = Place("https://harbor.example/feed")


class SiteMachine(RuleBasedStateMachine):
    """`open_store` is set by the test: it gives an empty ledger."""

    open_store = staticmethod(lambda: None)

    @initialize(old=st.integers(0, 9))
    def begin(self, old: int) -> None:
        self.store: Store = self.open_store()
        self.site_clock = Clock(NOW)
        self.skew = timedelta()
        self.sites = {"site": Site(), "culture": Site(category="culture:", window=4)}
        self.posts: list[Post] = []
        self.seen: set[int] = set()  # posts that a good document had while they were new
        self.there: dict[str, set[int]] = {}  # posts in the last good document of each source
        self.slots = 0
        for _ in range(old):
            self._publish(timedelta(hours=-len(self.posts) - 1), dated=True, long=True)
        self.old = {each for site in self.sites.values() for each in numbers_in(site.shown(self.posts, NOW))}
        with self.store.write() as conn:
            for schedule in (MORNING, AGAIN):
                known_schedules.begin(conn, schedule.name, self.now - timedelta(days=3), "test")
            self.version = project_versions.accept(conn, "digest", "text", self.now, "test")
        self.poll()

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.slot()
            self.store.close()

    @property
    def now(self) -> datetime:
        """What our clock says."""
        return self.site_clock() + self.skew

    # --- what the newsroom does ---------------------------------------------------------------------------------------

    @rule(
        count=st.integers(1, 3),
        late=st.sampled_from([0, 0, 0, 2, 5]),
        kind=st.sampled_from([(True, False), (True, False), (True, True), (False, True), (False, False)]),
        seen=st.booleans(),
    )
    def publish(self, count: int, late: int, kind: tuple[bool, bool], seen: bool) -> None:
        dated, long = kind
        for _ in range(count):
            self._publish(timedelta(hours=-late if dated else 0), dated=dated, long=long)
        if seen:
            self.poll()

    def _publish(self, shift: timedelta, *, dated: bool, long: bool) -> None:
        STEPS["taken"] += 1
        at = (self.site_clock() + shift).replace(microsecond=0) + timedelta(seconds=len(self.posts))
        self.posts.append(Post(len(self.posts) + 1, min(at, self.site_clock()), dated, long))
        self.site_clock.advance(timedelta(seconds=1))

    @precondition(lambda self: self.posts)
    @rule(data=st.data())
    def edit(self, data: st.DataObject) -> None:
        STEPS["taken"] += 1
        self._one(data).edits += 1

    @precondition(lambda self: self.posts)
    @rule(data=st.data(), before_slot=st.booleans())
    def unpublish(self, data: st.DataObject, before_slot: bool) -> None:
        STEPS["taken"] += 1
        if before_slot:
            self.poll()
        self._one(data).is_public = False
        if before_slot:
            self.slot_comes(source_answers=True)

    @precondition(lambda self: self.posts)
    @rule(data=st.data())
    def publish_again(self, data: st.DataObject) -> None:
        STEPS["taken"] += 1
        self._one(data).is_public = True

    @precondition(lambda self: self.posts)
    @rule(data=st.data(), hours=st.integers(1, 30))
    def reschedule(self, data: st.DataObject, hours: int) -> None:
        STEPS["taken"] += 1
        post = self._one(data)
        if post.number not in self.old:
            post.at = self.site_clock() + timedelta(hours=hours)

    def _one(self, data: st.DataObject) -> Post:
        return data.draw(st.sampled_from(self.posts[-4:] * 2 + self.posts[-12:]))

    # --- what becomes of the site -------------------------------------------------------------------------------------

    @rule()
    def change_all_ids(self) -> None:
        STEPS["taken"] += 1
        for site in self.sites.values():
            site.system += 1

    @rule(between_slots=st.booleans())
    def move_to_another_system(self, between_slots: bool) -> None:
        """Ids and addresses change together: what is known then is known by its date or by its words."""
        STEPS["taken"] += 1
        self.poll()  # an edit of the same minute would leave nothing to know it by
        if between_slots:
            self.slot()
        kept = {post.number for site in self.sites.values() for post in site.shown(self.posts, self.site_clock())}
        for post in self.posts:  # what nothing tells from a new one stays behind
            post.is_lost |= post.number not in kept or not (post.dated or post.long)
        for site in self.sites.values():
            site.system += 1
            site.address += 1
        self.poll()
        if between_slots:
            self.slot()

    @rule(window=st.integers(3, 9))
    def change_window(self, window: int) -> None:
        STEPS["taken"] += 1
        self.sites["site"].window = window

    # --- time, and what we see ----------------------------------------------------------------------------------------

    @rule(hours=st.sampled_from([1, 6, 24, 60]))
    def time_passes(self, hours: int) -> None:
        STEPS["taken"] += 1
        self.site_clock.advance(timedelta(hours=hours))

    @rule(hours=st.sampled_from([-20, -1, 0, 1, 20]))
    def our_clock_is_off(self, hours: int) -> None:
        STEPS["taken"] += 1
        self.skew = timedelta(hours=hours)

    @rule()
    def poll(self) -> None:
        STEPS["taken"] += 1
        for name, site in self.sites.items():
            self._read(name, site.feed(self.posts, self.site_clock()))

    @rule(part=st.floats(0.05, 0.95))
    def poll_gets_half_a_feed(self, part: float) -> None:
        STEPS["taken"] += 1
        whole = self.sites["site"].feed(self.posts, self.site_clock())
        self._read("site", whole[: int(len(whole) * part)])

    @rule()
    def poll_fails(self) -> None:
        STEPS["taken"] += 1
        collect.record_failure(self.store, SOURCES["site"], SourceError("the server said 502"), self.now)

    def _read(self, name: str, body: bytes) -> None:
        try:
            reading = read_feed(body, ADDRESS)
        except SourceError as error:
            collect.record_failure(self.store, SOURCES[name], error, self.now)
            return
        found = {number_of(article.title) for article in reading.articles}
        # What half a feed has is there; what it does not have may be.
        self.there[name] = found | (self.there[name] if reading.is_broken else set())
        collect.record(self.store, SOURCES[name], reading, self.now)
        self.seen |= found - self.old

    # --- people and slots ---------------------------------------------------------------------------------------------

    @rule(word=st.sampled_from(["released", "discarded"]))
    def decide_on_held(self, word: str) -> None:
        STEPS["taken"] += 1
        intake.decide(self.store, word, [], actor="test", why="", now=self.now)

    @rule()
    def cancel_the_last_edition(self) -> None:
        STEPS["taken"] += 1
        with self.store.read() as conn:
            last = edition_lists.latest_id(conn, "morning")
            is_open = last is not None and editions.get(conn, last)["state"] == "locked"
        if is_open:
            stopping.cancel_edition(self.store, last, reason="a mistake", now=self.now)

    @rule(source_answers=st.sampled_from([True, True, False]))
    def slot_comes(self, source_answers: bool) -> None:
        STEPS["taken"] += 1
        if source_answers:
            self.poll()
        self.slot()

    def slot(self) -> None:
        self.slots += 1
        STEPS["slots"] += 1
        for schedule in (MORNING, AGAIN):
            there = compose.candidates_of(self.store, schedule, now=self.now)
            self._check_look(schedule, there)
            choice = compose.decide(
                schedule, there.found, elsewhere=there.elsewhere, now=self.now, updates=there.updates
            )
            compose.record(
                self.store,
                schedule,
                choice,
                slot=f"{self.slots}",
                language="en",
                due_at=self.now,
                now=self.now,
                version_id=self.version,
                actor="test",
                look=replace(there.look, is_worth_it=True),
            )
            self._check_choice(choice)
        self._check_ledger()

    # --- what must hold -----------------------------------------------------------------------------------------------

    def _check_look(self, schedule: Schedule, there: compose.Candidates) -> None:
        """What the last look remembers finds the same as looking at everything."""
        with self.store.read() as conn:
            whole, _ = candidates.unused(conn, schedule.name, (), since=there.look.since, wanted="everything")
        assert [each.id for each in there.found] == [each.id for each in whole]

    def _check_choice(self, choice: compose.Choice) -> None:
        for article, reason in choice.picked:
            number = number_of(article.article.title)
            assert reason
            if not article.reason.startswith("released"):  # by a person, who knows what it is
                assert number not in self.old, f"{article} was there before us"
            dates = [self.posts[each - 1].at for each in self.there[article.source] if self.posts[each - 1].dated]
            date = article.article.published_at
            if date is not None and dates and date > min(dates):
                assert number in self.there[article.source], f"{number} is gone from {article.source} and goes out"
        assert all(reason for _, reason in choice.left)

    def _check_ledger(self) -> None:
        with self.store.read() as conn:
            rows = articles.latest(conn, limit=100_000)
            history = articles.history(conn, [row.id for row in rows])
            places = articles.places_of(conn, [row.id for row in rows])
        assert {number_of(row.article.title) for row in rows} >= self.seen, "a post was seen and is not in the ledger"
        carried: dict[str, Counter[int]] = {"morning": Counter(), "again": Counter()}
        stories: defaultdict[int, list] = defaultdict(list)
        for row in rows:
            stories[row.story_id or row.id] += places[row.id]
        for row in rows:
            assert row.reason
            assert history[row.id], f"{row.id} has no history"
            live = [p for p in places[row.id] if p["position"] is not None and p["state"] in ("locked", "closed")]
            for place in live:
                carried[place["schedule"]][number_of(row.article.title)] += 1
            if row.standing is Standing.NEW and not self._is_old(row):
                self._check_found(row, stories[row.story_id or row.id])
        assert not [number for number, times in carried["morning"].items() if times > 1], "an article went out twice"
        for number, times in carried["again"].items():
            assert times <= 1 + min(3, self.posts[number - 1].edits), "an article went out again without an edit"

    def _is_old(self, row: LedgerArticle) -> bool:
        return row.first_seen_at < self.now - timedelta(days=29)

    def _check_found(self, row: LedgerArticle, places: list) -> None:
        """Every article that may go out has gone out, or the last edition says why not: it, or its twin.

        :param places: of all the articles that are its story.
        """
        mine = [place for place in places if place["schedule"] == "morning"]
        has_place = any(place["slot"] == f"{self.slots}" for place in mine)
        went = any(place["position"] is not None and place["state"] == "locked" for place in mine)
        assert has_place or went, f"{row} is lost: {places}"


def numbers_in(posts: list[Post]) -> list[int]:
    return [post.number for post in posts]


def number_of(title: str) -> int:
    found = re.match(r"Story (\d+)", title)
    assert found, title
    return int(found[1])
