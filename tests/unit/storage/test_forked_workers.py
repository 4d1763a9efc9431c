"""Forked workers: a worker that is killed is noticed, and none outlives the block."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[3]

START: Final = """
import os, signal, sys
from obrelease.errors import NotFound, StorageError
from obrelease.storage.forked_workers import forked_map
"""

KILLED: Final = """
def work(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number

found = []
try:
    with forked_map(work, range(6), 2) as results:
        found.extend(results)
except StorageError as error:
    print(found, error.message)
"""

ERRORS: Final = """
def work(number):
    if number == 1:
        raise NotFound("gone", hint="look")
    raise ValueError(lambda: number)

for number in (1, 2):
    try:
        with forked_map(work, [number], 1) as results:
            next(results)
    except NotFound as error:
        print(error.message, error.hint)
    except RuntimeError as error:
        print("lambda" in str(error))
"""

ABANDONED: Final = """
def work(number):
    return os.getpid(), b"x" * 1_000_000

with forked_map(work, range(40), 2) as results:
    pids = [next(results)[0] for _ in range(2)]
for pid in pids:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        print("ended")
print(len(set(pids)))
"""


@pytest.mark.parametrize(
    ("program", "printed"),
    [
        (KILLED, "[0, 1, 2] a worker process ended before its work was done\n"),
        (ERRORS, "gone look\nTrue\n"),
        (ABANDONED, "ended\nended\n2\n"),
    ],
    ids=["killed", "errors", "abandoned"],
)
def test_forked_workers(program: str, printed: str) -> None:
    """In a process of its own, because a test runner may have threads."""
    done = subprocess.run(
        [sys.executable, "-c", START + program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == (printed, "")
