"""Work in bulk gives what work one by one gives, in the same order, by threads and by processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Final

import pytest

from obrelease.registry.fsck import fsck
from obrelease.registry.index import query
from obrelease.registry.store import Registry
from obrelease.storage import workers
from obrelease.storage.workers import map_in_chunks, map_in_order
from tests.drafts import draft, run_files

ROOT: Final = Path(__file__).resolve().parents[3]

FORKED: Final = """
import os, threading
from itertools import chain
from obrelease.storage.workers import MIN_ITEMS_FOR_PROCESSES, map_in_chunks

def squares(numbers):
    return [(number * number, os.getpid()) for number in numbers]

def fail(numbers):
    raise ValueError(numbers[0])

assert threading.active_count() == 1
numbers = range(5 * MIN_ITEMS_FOR_PROCESSES)
with map_in_chunks(squares, numbers) as chunks:
    found = list(chain.from_iterable(chunks))
assert [square for square, _ in found] == [number * number for number in numbers]
try:
    with map_in_chunks(fail, numbers) as chunks:
        list(chunks)
except ValueError as error:
    print(error, len({pid for _, pid in found} - {os.getpid()}))
"""


def squares(numbers: Sequence[int]) -> list[int]:
    return [number * number for number in numbers]


def test_threads_keep_the_order() -> None:
    def slow_first(number: int) -> int:
        time.sleep(0.002 if number % 7 == 0 else 0)
        return number

    assert list(map_in_order(slow_first, range(300), workers=4)) == list(range(300))


def test_processes_keep_the_order_and_their_errors_arrive() -> None:
    """In a process of its own: with more threads, as a test runner may have, nothing is forked."""
    ran = subprocess.run(
        [sys.executable, "-c", FORKED], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.stderr == ""
    error, processes = ran.stdout.split()
    assert error == "0"
    assert int(processes) >= (workers.processor_count() > 1)


def test_a_process_with_threads_does_not_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.threading, "active_count", lambda: 2)
    monkeypatch.setattr(workers, "forked_map", None)
    numbers = range(2 * workers.MIN_ITEMS_FOR_PROCESSES)
    with map_in_chunks(squares, numbers) as chunks:
        assert list(chain.from_iterable(chunks)) == squares(numbers)


def test_reindex_in_chunks_is_reindex(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry(tmp_path / "results")
    for number in range(6):
        registry.record(draft(number, scenario=f"s{number % 2}"), run_files(number))
    registry.reindex()
    alone = query.read_index(registry.root).rows
    monkeypatch.setattr(workers, "MIN_ITEMS_FOR_PROCESSES", 1)
    monkeypatch.setattr(workers, "_ITEMS_PER_CHUNK", 2)
    monkeypatch.setattr(workers.threading, "active_count", lambda: 2)
    assert registry.reindex() == 6
    assert query.read_index(registry.root).rows == alone


@pytest.mark.parametrize("workers", [1, 3])
def test_fsck_does_not_depend_on_the_number_of_threads(tmp_path: Path, workers: int) -> None:
    registry = Registry(tmp_path / "results")
    entries = [registry.record(draft(number), run_files(number)) for number in range(5)]
    (entries[3].folder / "summary.csv").write_bytes(b"run,9\n")
    report = fsck(registry.root, workers=workers)
    assert report.artefacts == 5
    assert [problem.path for problem in report.problems] == [str(entries[3].folder / "summary.csv")]


def test_work_that_fails_is_given_up_before_its_threads_are_waited_for() -> None:
    given_up = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            raise ValueError
        assert given_up.wait(30)
        return number

    with pytest.raises(ValueError):
        list(map_in_order(work, range(3), workers=3, give_up=given_up.set))
    assert given_up.is_set()


def test_work_that_is_done_is_not_given_up() -> None:
    given_up: list[None] = []
    assert list(map_in_order(abs, [-1, 2], give_up=lambda: given_up.append(None))) == [1, 2]
    assert given_up == []


def test_processes_end_without_a_word_where_sigterm_is_handled(capfd: pytest.CaptureFixture[str]) -> None:
    code = (
        "import signal, sys\n"
        "from obrelease.cli.console.signals import raise_on_interrupt\n"
        "from obrelease.storage.workers import map_in_chunks\n"
        "raise_on_interrupt()\n"
        "for _ in range(3):\n"
        "    with map_in_chunks(sum, range(4_000)) as sums:\n"
        "        print(next(sums))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == 0
    assert capfd.readouterr() == (f"{sum(range(500))}\n" * 3, "")


@pytest.mark.parametrize("runs", [2, 5])
def test_fsck_in_processes_is_fsck_in_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: int
) -> None:
    registry = Registry(tmp_path)
    entries = [registry.record(draft(number), []) for number in range(runs)]
    (entries[0].folder / "stray").write_text("x")
    expected = fsck(tmp_path, workers=1)
    monkeypatch.setattr("obrelease.registry.fsck.MIN_ITEMS_FOR_PROCESSES", 1)
    monkeypatch.setattr("obrelease.storage.workers.MIN_ITEMS_FOR_PROCESSES", 1)
    assert fsck(tmp_path) == expected
    assert [problem.rule for problem in expected.problems] == ["extra"]
    assert expected.artefacts == runs
