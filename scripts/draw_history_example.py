#!/usr/bin/env python3
"""Draws the example of a history in the README: made-up values with one step, through the real commands.

usage: draw_history_example.py FILE

The values are those of 80 commits, one run each: log-normal noise of 1.2 % (one sigma) from a fixed seed, and a step
of 8 % at the 53rd commit. They are imported from a file of github-action-benchmark, and FILE is what
`obrelease history parse --plot FILE` draws.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from hashlib import sha1
from pathlib import Path
from random import Random
from typing import Final

from obrelease.cli.app import execute

COMMITS: Final = 80
STEP_AT: Final = 52
STEP: Final = 1.08
NOISE: Final = 0.012
LEVEL_MS: Final = 41.0
FIRST_DAY_S: Final = 1_767_225_600
"""2026-01-01, in seconds since 1970."""


def history_document() -> str:
    """The data.js of github-action-benchmark."""
    noise = Random(7)
    entries = []
    for number in range(COMMITS):
        level = LEVEL_MS * (STEP if number >= STEP_AT else 1.0)
        person = {"username": "example"}
        commit = {
            "id": sha1(f"commit {number}".encode(), usedforsecurity=False).hexdigest(),
            "message": f"commit {number}",
            "timestamp": "2026-01-01T00:00:00Z",
            "url": "https://example.org/commit",
            "author": person,
            "committer": person,
        }
        bench = {"name": "parse", "value": round(level * noise.lognormvariate(0, NOISE), 3), "unit": "ms"}
        day_ms = (FIRST_DAY_S + number * 86_400) * 1000
        entries.append(
            {"commit": commit, "date": day_ms, "tool": "customSmallerIsBetter", "benches": [bench]}
        )
    document = {
        "lastUpdate": FIRST_DAY_S * 1000,
        "repoUrl": "https://example.org",
        "entries": {"parser": entries},
    }
    return f"window.BENCHMARK_DATA = {json.dumps(document)}"


def main() -> int:
    """Import the values into a temporary registry and draw their history."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help="the picture, .svg or .png")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "data.js"
        source.write_text(history_document(), "utf-8")
        registry = ["--results", str(Path(folder) / "results"), "--quiet"]
        imported = execute(["import", str(source), "--host", "example-host", *registry])
        return imported or execute(["history", "parse", "--plot", str(options.file), *registry])


if __name__ == "__main__":
    sys.exit(main())
