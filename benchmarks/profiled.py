"""Run the command with a profile of all its threads: ``python -m benchmarks.profiled FILE WORDS``; needs yappi."""

import sys

import yappi

from publisher.cli import main

if __name__ == "__main__":
    target, sys.argv[1:] = sys.argv[1], sys.argv[2:]
    yappi.set_clock_type("cpu")
    yappi.start()
    try:
        main()
    finally:
        yappi.stop()
        yappi.get_func_stats().save(target, type="pstat")
