"""What a delivery costs, end to end with HTTP, as the ledger grows.

    python -m benchmarks.cost_per_delivery [--rows 10000 1000000 10000000] [--rounds 5] [--readers 2000] [--folder DIR]

For each size a project of its own, whose ledger is filled with settled deliveries and their calls; then every project
sends in turns, one letter per call, so that a busy machine is equally unfair to all. The time is taken from the
provider's log: from the first letter of a round to the last.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.crash.loop import small_letters
from tests.crash.sink import Temper, serving
from tests.project import WEBHOOK, ProjectDir

# Everything that is not counted is copied from the first send, which was a real one.
SENDS = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :sends)
INSERT INTO sends ({columns}) SELECT {values} FROM sends s, n WHERE s.id = 1
"""
DELIVERIES = """
INSERT INTO deliveries (send_id, recipient_id, message_id, list_id, domain_id, state, due_at, call_id, attempts)
SELECT s.id, d.recipient_id, d.message_id, d.list_id, d.domain_id, 'sent', d.due_at,
       (SELECT max(id) FROM calls) + (s.id - 2) * :readers + d.id, 1
FROM sends s, deliveries d WHERE s.id > 1 AND d.send_id = 1 ORDER BY s.id, d.id
"""
CALLS = """
INSERT INTO calls (id, send_id, message_id, channel, "key", state, process_id, lease_until, size, opened_at, spoke_at,
                   closed_at, tries, outcome, status, provider_id)
SELECT d.call_id, d.send_id, d.message_id, 'letters', lower(hex(randomblob(16))), 'answered', 1, 0, 1, 0, 0, 0, 1,
       'sent', 200, 'x' FROM deliveries d WHERE d.send_id > 1
"""


class Paper:
    """A project with so many settled deliveries in its ledger."""

    def __init__(self, folder: Path, sink: str, log: Path, rows: int, readers: int) -> None:
        self.rows, self.readers, self.log, self.stories = rows, readers, log, 3
        self.project = ProjectDir(folder, sink, channel=WEBHOOK)
        small_letters(folder)
        self.project.subscribe(readers, timeout=600)
        self.project.publisher("send", "morning", "--yes", timeout=900)
        self._fill(folder / "publisher.db", max(0, rows - readers) // readers)
        self.costs: list[float] = []

    def _fill(self, database: Path, sends: int) -> None:
        conn = sqlite3.connect(database, isolation_level=None)
        conn.execute("PRAGMA synchronous = OFF")
        names = [row[1] for row in conn.execute("PRAGMA table_info(sends)") if row[1] != "id"]
        values = ", ".join("n.i + 1000" if name == "number" else f"s.{name}" for name in names)
        conn.execute("BEGIN")
        if sends:
            conn.execute(SENDS.format(columns=", ".join(names), values=values), {"sends": sends})
            conn.execute(DELIVERIES, {"readers": self.readers})
            conn.execute(CALLS)
        conn.execute("COMMIT")
        conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        conn.close()

    def send(self) -> float:
        """Send one edition; return milliseconds per delivery."""
        before = self.log.stat().st_size
        self.stories += 1
        self.project.publish(self.stories)
        self.project.publisher("send", "morning", "--yes", timeout=900)
        with self.log.open("rb") as lines:
            lines.seek(before)
            times = [json.loads(line)["at"] for line in lines]
        assert len(times) == self.readers, len(times)
        cost = 1000 * (max(times) - min(times)) / (len(times) - 1)
        self.costs.append(cost)
        return cost


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 1_000_000, 10_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--readers", type=int, default=2_000)
    parser.add_argument(
        "--folder", type=Path, help="where the ledgers are made (10,000,000 rows: some 5 GB); then gone"
    )
    given = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="publisher-cost-", dir=given.folder))
    try:
        with ExitStack() as stack:
            papers = [_paper(stack, root / str(rows), rows, given.readers) for rows in given.rows]
            for round_ in range(given.rounds):
                # The order turns round, so that none always follows the largest.
                for paper in papers if round_ % 2 else reversed(papers):
                    paper.send()
    finally:
        shutil.rmtree(root, ignore_errors=True)
    _report(papers)


def _paper(stack: ExitStack, folder: Path, rows: int, readers: int) -> Paper:
    folder.mkdir()
    log = folder / "sink.jsonl"
    return Paper(folder, stack.enter_context(serving(log, Temper())), log, rows, readers)


def _report(papers: list[Paper]) -> None:
    # The ratio within each round, and of those the median: what the machine did meanwhile falls out.
    base = papers[0].costs
    print(f"{'rows':>12} {'ms per delivery':>16} {'to the smallest':>16}")
    found = []
    for paper in papers:
        ratio = statistics.median(cost / first for cost, first in zip(paper.costs, base, strict=True))
        median = statistics.median(paper.costs)
        found.append({"rows": paper.rows, "ms": round(median, 2), "ratio": round(ratio, 3)})
        print(f"{paper.rows:>12,} {median:>16.2f} {ratio:>16.3f}")
    print(json.dumps({"benchmark": "cost_per_delivery", "rounds": len(base), "results": found}))


if __name__ == "__main__":
    main()
