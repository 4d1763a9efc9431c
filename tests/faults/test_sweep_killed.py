"""Sweeps whose workers, measured commands and heads are killed at random: each cell is recorded exactly once.

Every measured command holds a lock of its own, so two that run at once fail, and a failed cell is seen.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from obrelease.api.project import Project
from obrelease.api.sweep_planning import plan_sweep
from obrelease.measurement.sweeps.outcomes import settled_keys
from obrelease.measurement.sweeps.plan import read_plan
from obrelease.measurement.sweeps.sweep_folder import SweepFolder
from tests.program import environment, start_program
from tests.sweep_files import recorded, write_sweep

MARK = "OBRELEASE_TEST_SWEEP"
"""A variable that every process of a sweep inherits, by which orphans are found."""


@dataclass(frozen=True)
class Sweep:
    root: Path
    env: dict[str, str]
    mark: str

    @property
    def folder(self) -> SweepFolder:
        return SweepFolder(self.root / "results", "small")

    def start(self, workers: int) -> subprocess.Popen[str]:
        return start_program(
            "sweep", "run", "--workers", str(workers), "--quiet", cwd=self.root, env=self.env
        )

    def settled(self) -> int:
        return len(settled_keys(self.folder))

    def processes(self) -> list[int]:
        """Every process of this sweep that has not ended, whoever its parent is."""
        numbers = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
        return [pid for pid in numbers if self._is_mine(pid)]

    def _is_mine(self, pid: int) -> bool:
        with suppress(OSError):
            return self.mark.encode() in Path(f"/proc/{pid}/environ").read_bytes()
        return False


@pytest.fixture
def sweep(tmp_path: Path) -> Iterator[Sweep]:
    root = tmp_path / "project"
    root.mkdir()
    (tmp_path / "temporary").mkdir()
    mark = f"{MARK}={tmp_path}"
    env = environment(TMPDIR=str(tmp_path / "temporary"), HOME=str(tmp_path)) | dict([mark.split("=", 1)])
    made = Sweep(root, env, mark)
    yield made
    for pid in made.processes():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def plan(sweep: Sweep, *, cells: int) -> set[str]:
    """Half of the cells run the engine in the worker, half a command; returns their keys."""
    text = f"""
        [bench]
        scenarios = ["baseline"]
        cores = ["native"]
        seeds = {list(range(cells // 4))}
        messages = [100]
        passes = 1

        [command.alone]
        run = ["flock", "--no-fork", "-n", "{sweep.root}/alone", "sleep", "0.0{{n}}"]
        executions = 1
        parameters.n = {list(range(10, 10 + cells // 4))}
    """
    file = write_sweep(sweep.root, text, repeats=2, order="random")
    plan_sweep(file, project=Project.at(sweep.root))
    return {cell.key for cell in read_plan(sweep.folder)[0].cells}


def survive(sweep: Sweep, *, kills: int, between: int, seed: int) -> int:
    """Run the sweep to its end, killing a random process of it after every few cells; returns the kills."""
    draw, done, target = random.Random(seed), 0, between
    head = sweep.start(2)
    while True:
        if head.poll() is not None:
            if head.returncode == 0:
                break
            assert head.returncode == -signal.SIGKILL, head.communicate()
            head.communicate()
            head = sweep.start(2)
        if done < kills and sweep.settled() >= target:
            time.sleep(draw.uniform(0, 0.05))
            with suppress(ProcessLookupError, IndexError):
                os.kill(draw.choice(sweep.processes()), signal.SIGKILL)
                done, target = done + 1, sweep.settled() + between
        time.sleep(0.01)
    head.communicate()
    return done


def check(sweep: Sweep, keys: set[str]) -> None:
    deadline = time.monotonic() + 10
    while sweep.processes() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sweep.processes() == [], "orphans"
    found = recorded(sweep.root / "results")
    assert found.failed == {}, "a command that does not run alone fails"
    assert found.done.keys() == keys, "lost"
    assert found.runs.keys() == keys
    assert set(found.runs.values()) == {1}, "twice"
    assert found.leftovers == ()


def test_each_cell_is_recorded_once_whoever_is_killed(sweep: Sweep) -> None:
    keys = plan(sweep, cells=24)
    assert survive(sweep, kills=4, between=5, seed=1) == 4
    check(sweep, keys)


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_a_thousand_cells_and_fifty_kills(sweep: Sweep) -> None:
    keys = plan(sweep, cells=1000)
    assert survive(sweep, kills=50, between=18, seed=2) == 50
    check(sweep, keys)
