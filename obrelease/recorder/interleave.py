"""Two source trees measured side by side: built alike, then run in turn, each run a fresh process.

The order is A B B A A B B A ...: what drifts while the machine warms or cools hits both sides alike.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from obrelease.errors import CheckFailed

_LAUNCH: Final = """\
import sys
root = sys.argv.pop(1)
sys.path[:0] = [root, root + "/engine"]
import obengine, obrelease
for package in (obengine, obrelease):
    if not package.__file__.startswith(root):
        sys.exit("another installation came first: " + package.__file__)
from obrelease.cli.app import main
main()
"""
_TOLD: Final = 400


def turns(runs: int) -> Iterator[int]:
    """0 for the base, 1 for the head, `runs` times each, in the order of measurement."""
    for number in range(runs):
        yield from (0, 1) if number % 2 == 0 else (1, 0)


def measure_in_turn(
    sources: tuple[Path, Path], words: Sequence[str], *, runs: int, advance: Callable[[int], None]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Run `obrelease run ...` from both trees in turn.

    Args:
        sources: the base and the head.
        words: of the command, from `run` on; it must record to one results folder.
        runs: on each side.
        advance: called after each run.

    Returns:
        The artefact digests of both sides, in the order they were measured.

    Raises:
        CheckFailed: a run failed; what was recorded before stays.
    """
    digests: tuple[list[str], list[str]] = ([], [])
    for side in turns(runs):
        digests[side].append(_run(sources[side], words, ("base", "head")[side]))
        advance(1)
    return tuple(digests[0]), tuple(digests[1])


def _run(source: Path, words: Sequence[str], side: str) -> str:
    command = [sys.executable, "-I", "-c", _LAUNCH, str(source), *words, "--json", "--quiet"]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    try:
        if done.returncode == 0:
            return str(json.loads(done.stdout)["run"]["digest"])
    except (ValueError, LookupError, TypeError):
        return _refuse(side, "its answer is not the JSON that this version reads")
    return _refuse(side, _last_line(done.stderr) or f"exit code {done.returncode}")


def _refuse(side: str, reason: str) -> str:
    raise CheckFailed(
        f"the {side} could not be measured: {reason}",
        hint="the same environment serves both sides: the older one may want other options or libraries",
    )


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("hint:")]
    return lines[-1][:_TOLD] if lines else ""
