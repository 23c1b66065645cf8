"""How long it takes to compose an edition where the ledger has many articles, all of one month.

    python benchmarks/composing.py [FOLDER-OR-DATABASE_URL] [--articles 100000]

The schedule has used up all of them but the newest fifty, as a long month leaves them. Measured is the whole of
compose: finding the candidates, choosing, and writing the edition down. `changed` is the first look after a source was
added that has one article in twenty, `released` the first after a person released some. `cold` is a schedule that
remembers nothing of all this: its `newer_than:` reaches further back than before.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import text, update

from publisher.model.article import Standing
from publisher.model.project import Pick, Schedule, When
from publisher.pipeline import compose
from publisher.store import Store, held, project_versions, schedules, sources
from publisher.store.sql import count_anew
from publisher.store.tables import articles, edition_articles

NOW = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
MORNING = Schedule("morning", When(), Pick(sources=("site",), at_most=10), ())
WITH_AGENCY = replace(MORNING, pick=replace(MORNING.pick, sources=("agency", "site")))
FRESH = 50
PER_EDITION = 10
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < :most) "
ARTICLES = """
    INSERT INTO articles (id, source_id, title, url, summary, html, text, authors, categories, published_at, notes,
                          first_seen_at, revision, standing, reason, fingerprint)
    {numbers} SELECT i, CASE WHEN i % 20 = 0 THEN 2 ELSE 1 END,
        'Story ' || i, 'https://harbor.example/' || i, 'What happened.', '<p>What happened.</p>', 'What happened.',
        '[]', '["News"]', :since + i * :step, '[]', :since + i * :step, 1, 'new', 'new',
        CAST(i AS TEXT)
    FROM n
"""
EDITIONS = """
    INSERT INTO editions (id, schedule, slot, language, due_at, state, reason, made_at, project_version_id, revision,
                          actor)
    {numbers} SELECT i, 'morning', CAST(i AS TEXT), 'en', :since + i * :step, 'closed', '', :since, 1, 1, 'b' FROM n
"""
PLACES = """
    INSERT INTO edition_articles (edition_id, article_id, position, revision, reason)
    {numbers} SELECT (i - 1) / :per + 1, i, 1 + (i - 1) % :per, 1, 'new' FROM n
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="?", default="")
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        target = options.target if "://" in options.target else Path(options.target or folder) / "composing.db"
        store = Store.open(target)
        prepare(store, options.articles)
        cold = compose_one(store, MORNING)
        later = [compose_one(store, MORNING) for _ in range(options.turns)]
        changed = compose_one(store, WITH_AGENCY)
        released = after_release(store, options.articles)
        figures = {"median": median(later), "worst": max(later), "changed": changed, "released": released, "cold": cold}
        said = "   ".join(f"{name} {figure:.1f} ms" for name, figure in figures.items())
        sys.stdout.write(f"{options.articles:,} articles: {said}\n")
        store.close()


def prepare(store: Store, count: int) -> None:
    since = int((NOW - timedelta(days=29)).timestamp() * 1e6)
    used = count - FRESH
    step = int(timedelta(days=29) / timedelta(microseconds=1)) // count
    with store.write() as conn:
        for name in ("site", "agency"):
            sources.ensure(conn, name)
        project_versions.accept(conn, "digest", "text", NOW, "benchmark")
        schedules.begin(conn, "morning", NOW - timedelta(days=365), "benchmark")
        made = {"since": since, "step": step}
        conn.execute(text(ARTICLES.format(numbers=NUMBERS)), {"most": count, **made})
        conn.execute(text(EDITIONS.format(numbers=NUMBERS)), {"most": -(-used // PER_EDITION), **made})
        conn.execute(text(PLACES.format(numbers=NUMBERS)), {"most": used, "per": PER_EDITION})
        if conn.dialect.name == "postgresql":
            for table in ("articles", "editions"):
                conn.execute(text(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"))
        count_anew(conn, articles, edition_articles)


def after_release(store: Store, count: int) -> float:
    """Compose after the first articles, which the schedule has used up, were held and released."""
    some = range(1, min(count // 2, 200))
    with store.write() as conn:
        conn.execute(update(articles).where(articles.c.id.in_(some)).values(standing=Standing.HELD.value))
        held.release(conn, some, "released", NOW)
    return compose_one(store, WITH_AGENCY)


def compose_one(store: Store, schedule: Schedule) -> float:
    """Compose an edition and return how many milliseconds it took; then take it back, so that each finds the same."""
    began = time.perf_counter()
    there = compose.candidates_of(store, schedule, now=NOW)
    choice = compose.decide(schedule, there.found, elsewhere=there.elsewhere, now=NOW)
    composed = compose.record(
        store,
        schedule,
        choice,
        slot="turn",
        language="en",
        due_at=NOW,
        now=NOW,
        version_id=1,
        actor="benchmark",
        look=there.look,
    )
    took = (time.perf_counter() - began) * 1_000
    fresh = FRESH if schedule is WITH_AGENCY else FRESH - FRESH // 20 - 1  # the newest is of the agency
    if len(choice.picked) != PER_EDITION or len(choice.left) != fresh - PER_EDITION:
        raise AssertionError(f"{len(choice.picked)} picked, {len(choice.left)} left")
    with store.write() as conn:
        conn.execute(text("DELETE FROM edition_articles WHERE edition_id = :id"), {"id": composed.edition_id})
        conn.execute(text("DELETE FROM editions WHERE id = :id"), {"id": composed.edition_id})
    return took


if __name__ == "__main__":
    main()
