"""kill -9 at random points and many writers at once: nothing acknowledged is lost, nothing needs repair."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from obrelease.registry.fsck import fsck
from obrelease.registry.store import Registry

ROOT: Final = Path(__file__).resolve().parents[2]
WRITER: Final = """
import sys
from pathlib import Path
from obrelease.registry.store import Registry
from tests.drafts import draft, run_files

root, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
registry = Registry(root)
print("ready", flush=True)
for number in range(first, first + count):
    print(registry.record(draft(number), run_files(number)).digest, flush=True)
"""
READER: Final = """
import sys
from pathlib import Path
from obrelease.registry.filter import Filter
from obrelease.registry.fsck import fsck
from obrelease.registry.store import Registry

registry = Registry(Path(sys.argv[1]))
for turn in range(int(sys.argv[2])):
    for entry in registry.find(Filter(scenario="baseline")):
        registry.load(entry)
    problems = fsck(registry.root).problems
    if problems:
        sys.exit(str(problems[0]))
    registry.reindex()
"""
COLLECTOR: Final = """
import sys
import time
from dataclasses import replace
from pathlib import Path
from obrelease.registry.gc import ProtectedRuns, collect, plan_gc
from obrelease.registry.store import Registry
from tests.drafts import draft, run_files

registry = Registry(Path(sys.argv[1]))
for turn in range(int(sys.argv[2])):
    for number in range(3):
        registry.record(draft(10 * turn + number, scenario="garbage"), run_files(number))
    plan = plan_gc(registry, ProtectedRuns.pins_only(), now_ns=time.time_ns() + 10**18, grace_ns=0)
    ours = tuple(candidate for candidate in plan.candidates if candidate.entry.scenario == "garbage")
    if len(collect(registry, replace(plan, candidates=ours, leftovers=()))) != 3:
        sys.exit("not all garbage was collected")
    real = plan_gc(registry, ProtectedRuns.pins_only(), now_ns=time.time_ns(), grace_ns=14 * 86_400 * 10**9)
    if real.candidates or real.leftovers:
        sys.exit(f"{real.candidates} and {real.leftovers} would be removed within the grace period")
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def killed_writer(root: Path, first: int, awaited: int, delay_ms: int) -> list[str]:
    """Start a writer and kill it `delay_ms` after it acknowledged `awaited` runs.

    Returns:
        All digests that it acknowledged.
    """
    with start(WRITER, root, first, 10_000) as writer:
        assert writer.stdout is not None
        words = [writer.stdout.readline() for _ in range(1 + awaited)]
        time.sleep(delay_ms / 1_000)
        writer.kill()
        rest, _ = writer.communicate()
    acknowledged_text = "".join(words) + rest
    return acknowledged_text[: acknowledged_text.rfind("\n") + 1].split()[1:]


def assert_nothing_is_lost(root: Path, acknowledged: set[str]) -> None:
    assert fsck(root).problems == ()
    assert acknowledged <= {entry.digest for entry in Registry(root).find()}


def survive_kills(root: Path, kills: int) -> int:
    """Returns how many runs were acknowledged in all."""
    acknowledged: set[str] = set()
    for turn in range(kills):
        digests = killed_writer(root, turn * 10_000, awaited=turn % 3, delay_ms=(7 * turn) % 40)
        assert len(digests) >= turn % 3
        acknowledged |= set(digests)
        assert_nothing_is_lost(root, acknowledged)
    return len(acknowledged)


def test_kill_at_random_points(tmp_path: Path) -> None:
    """Bar: 0 bad."""
    assert survive_kills(tmp_path / "results", 20) > 0


@pytest.mark.nightly
def test_kill_at_random_points_two_hundred_times(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Bar: 0 bad in 200."""
    acknowledged = survive_kills(tmp_path / "results", 200)
    record_property("acknowledged", acknowledged)
    assert acknowledged > 0


def record_together(root: Path, writers: int, each: int, readers: int) -> None:
    running = [start(WRITER, root, index * 10_000, each) for index in range(writers)]
    watching = [start(READER, root, 5) for _ in range(readers)]
    watching += [start(COLLECTOR, root, 8) for _ in range(min(readers, 1))]
    acknowledged: set[str] = set()
    for process in running:
        words, complaints = process.communicate()
        assert (process.returncode, complaints) == (0, "")
        acknowledged |= set(words.split()[1:])
    for process in watching:
        _, complaints = process.communicate()
        assert (process.returncode, complaints) == (0, "")
    assert len(acknowledged) == writers * each
    assert {entry.digest for entry in Registry(root).find()} == acknowledged
    report = fsck(root)
    assert (report.artefacts, report.problems, report.notes) == (writers * each, (), ())


def test_eight_writers_lose_nothing(tmp_path: Path) -> None:
    """Bar: 0 bad, no `database is locked` seen."""
    record_together(tmp_path / "results", writers=8, each=10, readers=0)


def test_writers_concurrent_with_fsck_list_and_reindex_lose_nothing(tmp_path: Path) -> None:
    """Bar: 0 bad; readers that repair the index, and a collector, disturb no writer and cause no finding."""
    record_together(tmp_path / "results", writers=4, each=10, readers=2)


@pytest.mark.nightly
def test_thirty_two_writers_lose_nothing(tmp_path: Path) -> None:
    """Bar: 32 processes x 100 with fsck, reindex and gc running, 0 bad."""
    record_together(tmp_path / "results", writers=32, each=100, readers=2)


def test_equal_runs_of_many_writers_become_one_run(tmp_path: Path) -> None:
    running = [start(WRITER, tmp_path / "results", 0, 5) for _ in range(4)]
    acknowledged = {tuple(process.communicate()[0].split()[1:]) for process in running}
    assert {process.returncode for process in running} == {0}
    (digests,) = acknowledged
    assert {entry.digest for entry in Registry(tmp_path / "results").find()} == set(digests)
    assert fsck(tmp_path / "results").problems == ()
