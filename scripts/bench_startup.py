#!/usr/bin/env python3
"""How long `obrelease --help` takes, against a Typer program of three lines: interleaved, as a ratio.

usage: python scripts/bench_startup.py [ROUNDS]
"""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median
from typing import Final

BARE: Final = """
import typer
app = typer.Typer(rich_markup_mode=None)
app.command("one")(lambda: None)
app.command("two")(lambda: None)
app()
"""
OURS: Final = "from obrelease.cli.app import main; main()"
DEFAULT_ROUNDS: Final = 15


def wall_ns(program: str) -> int:
    """Wall time of one process that prints its help."""
    begin = time.perf_counter_ns()
    subprocess.run([sys.executable, "-c", program, "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter_ns() - begin


def main() -> None:
    """Run both in turn, and print medians, the best of each, and the median of the rounds' ratios."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_ROUNDS
    for program in (BARE, OURS):
        wall_ns(program)
    pairs = [(wall_ns(BARE), wall_ns(OURS)) for _ in range(rounds)]
    bare, ours = zip(*pairs, strict=True)
    print(f"bare typer        median {median(bare) / 1e6:6.1f} ms   least {min(bare) / 1e6:6.1f} ms")
    print(f"obrelease --help  median {median(ours) / 1e6:6.1f} ms   least {min(ours) / 1e6:6.1f} ms")
    ratio = median(mine / theirs for theirs, mine in pairs)
    print(f"ratio             median {ratio:.2f}         of the least {min(ours) / min(bare):.2f}")


if __name__ == "__main__":
    main()
