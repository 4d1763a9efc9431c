#!/usr/bin/env python3
"""How long `obrelease --help` takes, against a Typer program of two commands: interleaved, as a ratio.

Both run from compiled files, as programs that are installed do.

usage: python scripts/bench_startup.py [ROUNDS]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
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
OURS: Final = "from obrelease.cli.start import main; main()"
DEFAULT_ROUNDS: Final = 15


def wall_ns(program: str, compiled: str) -> int:
    """Wall time of one process that prints its help, with its bytecode in the folder `compiled`."""
    command = [sys.executable, "-X", f"pycache_prefix={compiled}", "-c", program, "--help"]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    begin = time.perf_counter_ns()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=kept)
    return time.perf_counter_ns() - begin


def main() -> None:
    """Run both in turn, and print medians, the best of each, and the median of the rounds' ratios."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_ROUNDS
    with tempfile.TemporaryDirectory() as compiled:
        for program in (BARE, OURS):
            wall_ns(program, compiled)
        pairs = [(wall_ns(BARE, compiled), wall_ns(OURS, compiled)) for _ in range(rounds)]
    bare, ours = zip(*pairs, strict=True)
    print(f"bare typer        median {median(bare) / 1e6:6.1f} ms   least {min(bare) / 1e6:6.1f} ms")
    print(f"obrelease --help  median {median(ours) / 1e6:6.1f} ms   least {min(ours) / 1e6:6.1f} ms")
    ratio = median(mine / theirs for theirs, mine in pairs)
    print(f"ratio             median {ratio:.2f}         of the least {min(ours) / min(bare):.2f}")


if __name__ == "__main__":
    main()
