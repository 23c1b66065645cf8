"""What a backup costs a running send: `publisher backup`, again and again, while a million readers are sent to.

    python -m benchmarks.backing_up [--readers 1000000] [--window 4] [--folder DIR]

The send goes through the Mailgun sender to a local sink, a thousand readers a request, as fast as it can. Within the
one send, windows without a backup and whole backups take turns, so that what the machine does meanwhile falls upon
both; the sink counts. At the end the books of the send must balance, and those of the last backup, restored, too.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.hearing import SETTLES, _rate_in, _readers, _wait
from benchmarks.sending import make_project, sink_and_root
from tests.project import ProjectDir, environment

AS_A_RULE = 5  # minutes that a backup may take


def rates_of(project: ProjectDir, sink: Connection, readers: int, window: float, backups: Path) -> list[dict]:
    """Send an edition; return the rates of each window without a backup and of the one with, and what it took."""
    found = []
    sending = _start(project, "send", "morning", "--yes")
    try:
        _wait(sink, lambda told: told["readers"] > 0)
        while True:
            time.sleep(SETTLES)
            alone = _rate_in(sink, window)
            backup = backups / f"{len(found)}.tar.gz"
            began, before = time.perf_counter(), _readers(sink)
            _start(project, "backup", str(backup)).wait(60 * AS_A_RULE)
            took, at_end = time.perf_counter() - began, _readers(sink)
            if at_end >= readers:
                break  # the send ended beside this one
            found.append({"alone": alone, "beside": (at_end - before) / took, "s": took, "mb": _mb(backup)})
        if sending.wait(900):
            raise SystemExit((project.folder / "send.log").read_text())
    finally:
        sending.kill()
    return found


def _start(project: ProjectDir, *words: str) -> subprocess.Popen:
    with (project.folder / f"{words[0]}.log").open("w") as out:
        command = [sys.executable, "-m", "publisher", *words, "--project", str(project.folder)]
        return subprocess.Popen(command, stdout=out, stderr=out, env=environment())


def _mb(backup: Path) -> float:
    return round(backup.stat().st_size / 1_000_000, 1)


def verified(folder: Path) -> str:
    words = [sys.executable, "-m", "publisher", "verify", "--project", str(folder)]
    ran = subprocess.run(words, capture_output=True, text=True, env=environment(), check=True, timeout=900)
    return ran.stdout.strip().splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readers", type=int, default=1_000_000)
    parser.add_argument("--window", type=float, default=4.0, help="seconds without a backup, before each")
    parser.add_argument("--folder", type=Path, help="where the ledger is made; then gone")
    given = parser.parse_args()
    with sink_and_root("backing-up", given.folder) as (sink, url, root):
        _compare(given, root, url, sink)


def _compare(given: argparse.Namespace, root: Path, url: str, sink: Connection) -> None:
    for name in ("backups", "project"):
        (root / name).mkdir()
    project = make_project(root / "project", "mailgun", url, given.readers, 8)
    project.publish(9)
    found = rates_of(project, sink, given.readers, given.window, root / "backups")
    for each in found:
        ratio = each["beside"] / each["alone"]
        print(f"{each['alone']:>10,.0f}/s alone {each['beside']:>10,.0f}/s beside a backup   ratio {ratio:.2f}"
              f"   {each['s']:.1f} s, {each['mb']} MB")  # fmt: skip
    print(verified(project.folder))
    words = [sys.executable, "-m", "publisher", "restore", str(root / "backups" / f"{len(found) - 1}.tar.gz")]
    subprocess.run([*words, "--project", str(root / "restored")], env=environment(), check=True, timeout=900)
    print("restored:", verified(root / "restored"))
    alone, beside, took = (statistics.mean(each[name] for each in found) for name in ("alone", "beside", "s"))
    said = {"benchmark": "backing_up", "readers": given.readers, "backups": len(found)}
    said |= {"alone": round(alone), "beside": round(beside), "s": round(took, 1)}
    print(json.dumps(said | {"ratio": round(beside / alone, 3)}))


if __name__ == "__main__":
    main()
