"""Forked workers: one that is killed is noticed, none outlives the block, whatever interrupts it."""

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

CUT: Final = """
from obrelease.storage import forked_workers

whole = forked_workers._answer
forked_workers._answer = lambda work, chunk: whole(work, chunk)[: 10_000 if chunk == 1 else None]
with forked_map(lambda number: b"x" * 100_000, range(2), 2) as results:
    print(len(next(results)))
    try:
        next(results)
    except StorageError as error:
        print(error.message)
"""

CANNOT_BE_BUILT: Final = """
class TwoArguments(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")

def work(number):
    raise TwoArguments(number, 2)

try:
    with forked_map(work, [1], 1) as results:
        next(results)
except RuntimeError as error:
    print(error)
"""

CHILDREN_IGNORED: Final = """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
with forked_map(lambda number: number, range(4), 2) as results:
    print(list(results))
"""

NO_PROCESS: Final = """
import errno

forks = []
fork = os.fork

def second_fails():
    if forks:
        raise OSError(errno.EAGAIN, "no more processes")
    forks.append(fork())
    return forks[0]

os.fork = second_fails
open_files = len(os.listdir("/dev/fd"))
try:
    with forked_map(lambda number: number, range(4), 2):
        pass
except StorageError as error:
    print(error.message, bool(error.hint))
try:
    os.kill(forks[0], 0)
except ProcessLookupError:
    print("ended")
print(len(os.listdir("/dev/fd")) - open_files)
"""

INTERRUPTED: Final = """
fork, wait = os.fork, os.waitpid
pids = []

def interrupted_fork():
    pids.append(fork())
    if pids[-1] and starting:
        os.kill(os.getpid(), signal.SIGINT)
    return pids[-1]

def interrupted_wait(pid, options):
    os.kill(os.getpid(), signal.SIGINT)
    return wait(pid, options)

for starting in (True, False):
    pids.clear()
    os.fork = interrupted_fork
    os.waitpid = wait if starting else interrupted_wait
    try:
        with forked_map(lambda number: number, range(4), 2) as results:
            print(list(results))
    except KeyboardInterrupt:
        print("interrupted")
    for pid in pids:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            print("ended")
    print(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
"""


PROGRAMS: Final = {
    "killed": (KILLED, "[0, 1, 2] a worker process ended before its work was done\n"),
    "errors": (ERRORS, "gone look\nTrue\n"),
    "abandoned": (ABANDONED, "ended\nended\n2\n"),
    "cut": (CUT, "100000\na worker process ended before its work was done\n"),
    "cannot be built": (CANNOT_BE_BUILT, "TwoArguments('1 and 2')\n"),
    "children ignored": (CHILDREN_IGNORED, "[0, 1, 2, 3]\n"),
    "no process": (NO_PROCESS, "a worker process cannot be started: no more processes True\nended\n0\n"),
    "interrupted": (
        INTERRUPTED,
        "interrupted\nended\nended\nset()\n[0, 1, 2, 3]\ninterrupted\nended\nended\nset()\n",
    ),
}


@pytest.mark.parametrize(("program", "printed"), PROGRAMS.values(), ids=PROGRAMS.keys())
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
