"""Memory of a process while it sends to a million readers, by batches.

    python -m benchmarks.memory [--readers 1000000] [--batch 1000] [--folder DIR]

Samples the resident memory of `publisher send` twice a second and says how high it was in each tenth of the sending.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.crash.loop import small_letters
from tests.crash.sink import Temper, serving
from tests.project import WEBHOOK, ProjectDir, environment


def resident(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")]
    return int(found[0]) / 1024 if found else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=1_000)
    parser.add_argument("--folder", type=Path, help="where the project is made; then gone")
    given = parser.parse_args()
    root = Path(tempfile.mkdtemp(prefix="publisher-memory-", dir=given.folder))
    try:
        samples, seconds = _measure(root, given.readers, given.batch)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    tenths = [max(samples[i * len(samples) // 10 : (i + 1) * len(samples) // 10] or [0]) for i in range(10)]
    print(f"{'tenth of the sending':>22} {'MB at most':>12}")
    for number, high in enumerate(tenths, start=1):
        print(f"{number:>22} {high:>12.0f}")
    found = {"readers": given.readers, "batch": given.batch, "max_mb": round(max(samples)), "seconds": round(seconds)}
    print(json.dumps({"benchmark": "memory", **found, "tenths_mb": [round(high) for high in tenths]}))


def _measure(root: Path, readers: int, batch: int) -> tuple[list[float], float]:
    log = root / "sink.jsonl"
    with serving(log, Temper()) as sink:
        project = ProjectDir(root, sink, channel={**WEBHOOK, "batch": str(batch)})
        small_letters(root)
        project.subscribe(readers, timeout=3_600)
        command = [sys.executable, "-m", "publisher", "send", "morning", "--yes"]
        began, samples = time.monotonic(), []
        with subprocess.Popen(command, cwd=root, env=environment(), stdout=subprocess.DEVNULL) as process:
            while process.poll() is None:
                if log.stat().st_size:  # from the first letter on
                    samples.append(resident(process.pid))
                time.sleep(0.5)
        assert process.returncode == 0, "the send did not end well"
        return samples, time.monotonic() - began


if __name__ == "__main__":
    main()
