"""Interleaved measurement of two source trees, each run in a fresh process.

The order is A B B A A B B A ...: a drift of the machine affects both trees equally.
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
_MAX_ERROR_CHARACTERS: Final = 400
_REVISIONS: Final = ("base", "head")


def measurement_order(runs: int) -> Iterator[int]:
    """0 for the base and 1 for the head, `runs` times each, in the order of measurement."""
    for number in range(runs):
        yield from (0, 1) if number % 2 == 0 else (1, 0)


def measure_interleaved(
    sources: tuple[Path, Path], command: Sequence[str], *, runs: int, advance: Callable[[int], None]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Run `obrelease run ...` from both trees, interleaved.

    Args:
        sources: the base and the head.
        command: the arguments from `run` on; they must name one results folder.
        runs: of each tree.
        advance: called after each run.

    Returns:
        The artefact digests of base and head, in the order they were measured.

    Raises:
        CheckFailed: a run failed; earlier runs stay recorded.
    """
    digests: tuple[list[str], list[str]] = ([], [])
    for index in measurement_order(runs):
        digests[index].append(_run(sources[index], command, _REVISIONS[index]))
        advance(1)
    return tuple(digests[0]), tuple(digests[1])


def _run(source: Path, arguments: Sequence[str], revision: str) -> str:
    command = [sys.executable, "-I", "-c", _LAUNCH, str(source), *arguments, "--json", "--quiet"]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise _failed(revision, _last_line(done.stderr) or f"exit code {done.returncode}")
    try:
        return str(json.loads(done.stdout)["run"]["digest"])
    except (ValueError, LookupError, TypeError) as error:
        raise _failed(revision, "its output is not the JSON that this version reads") from error


def _failed(revision: str, reason: str) -> CheckFailed:
    return CheckFailed(
        f"the {revision} could not be measured: {reason}",
        hint="both revisions run in the same environment: the older one may need other options or libraries",
    )


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("hint:")]
    return lines[-1][:_MAX_ERROR_CHARACTERS] if lines else ""
