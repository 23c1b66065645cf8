"""A scheduler with a thousand schedules on PostgreSQL, of which a hundred are due in the same minute.

    python -m benchmarks.schedules [--schedules 1000] [--due 100] [--idle 30]

Says what an idle scheduler costs, as a share of one core, and how long after its minute the last edition is locked.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from benchmarks.workers import at_work
from tests.project import WEBHOOK, ProjectDir
from tests.stores import PostgreSQL

ZONE = ZoneInfo("Europe/Lisbon")  # of the project
ONE = """\
  {name}:
    when: {{at: "{at}"}}
    pick: {{from: [site], at_most: 8}}
    send:
      - {{via: letters, to: daily}}
"""
PATIENCE = 120.0  # seconds after the minute


def write_schedules(project: ProjectDir, many: int, due: int, minute: datetime) -> None:
    """Let so many schedules be due at the minute, and the rest at any other of the day."""
    path = project.folder / "schedules.yaml"
    head = path.read_text().partition("schedules:\n")[0]
    lines = []
    for number in range(many):
        at = minute if number < due else minute - timedelta(minutes=60 + number % 1_200)
        lines.append(ONE.format(name=f"s{number}", at=f"{at.astimezone(ZONE):%H:%M}"))
    path.write_text(f"{head}schedules:\n{''.join(lines)}")


def idle_share(pid: int, seconds: float) -> float:
    """Return how much of a core a process takes."""
    before, began = _processor(pid), time.monotonic()
    time.sleep(seconds)
    return (_processor(pid) - before) / (time.monotonic() - began)


def _processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def locked(url: str, minute: datetime, due: int) -> list[float]:
    """Return how many seconds after the minute each edition was locked, once all are."""
    end = minute + timedelta(seconds=PATIENCE)
    while datetime.now(UTC) < end:
        with psycopg.connect(url) as conn:
            rows = conn.execute("SELECT locked_at FROM editions WHERE locked_at IS NOT NULL ORDER BY 1").fetchall()
        if len(rows) >= due:
            return [row[0] / 1_000_000 - minute.timestamp() for row in rows]
        time.sleep(0.5)
    raise SystemExit(f"{len(rows)} of {due} editions are locked {PATIENCE:.0f} s after their minute")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schedules", type=int, default=1_000)
    parser.add_argument("--due", type=int, default=100)
    parser.add_argument("--idle", type=float, default=30.0, help="seconds that an idle scheduler is watched")
    given = parser.parse_args()
    root, server = Path(tempfile.mkdtemp(prefix="publisher-schedules-")), PostgreSQL(durable=True)
    try:
        url = server.create("schedules")
        project = ProjectDir(root, "http://127.0.0.1:9", channel=WEBHOOK)
        with (root / ".env").open("a") as env:
            env.write(f"DATABASE_URL={url}\nJOURNAL={root / 'publisher.journal'}\n")
        project.subscribe(10)
        start = datetime.now(UTC) + timedelta(seconds=60 + given.idle)
        minute = start.replace(second=0, microsecond=0) + timedelta(minutes=1)
        write_schedules(project, given.schedules, given.due, minute)
        with at_work(root, "scheduler", "slots are fired from here") as pid:
            time.sleep(10)
            share = idle_share(pid, given.idle)
            took = locked(url, minute, given.due)
        found = {"benchmark": "schedules", "schedules": given.schedules, "due": given.due}
        print(json.dumps(found | {"idle_share": round(share, 4), "last_locked_after": round(took[-1], 2)}))
    finally:
        server.stop()
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
