"""A sweep as a job array of a real Slurm: the controller and a node of Debian on the loopback interface."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from obrelease.api.project import Project
from obrelease.api.sweep_planning import plan_sweep
from obrelease.measurement.sweeps.outcomes import settled_keys
from obrelease.measurement.sweeps.plan import read_plan
from obrelease.measurement.sweeps.sweep_folder import SweepFolder
from tests.program import environment, run_program
from tests.slurm_cluster import SlurmCluster
from tests.sweep_files import recorded, write_sweep


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[SlurmCluster]:
    (tmp_path / "temporary").mkdir()
    env = environment(TMPDIR=str(tmp_path / "temporary"), HOME=str(tmp_path))
    made = SlurmCluster(tmp_path / "slurm", env)
    made.start("slurmctld")
    made.start("slurmd")
    try:
        made.wait_until_idle()
        yield made
    finally:
        made.stop()


def plan(root: Path, *, cells: int) -> set[str]:
    root.mkdir()
    text = f"""
        [bench]
        scenarios = ["baseline"]
        cores = ["native"]
        seeds = {list(range(cells // 2))}
        messages = [100]
        passes = 1

        [command.alone]
        run = ["flock", "--no-fork", "-n", "{root}/alone", "sleep", "0.0{{n}}"]
        executions = 1
        parameters.n = {list(range(10, 10 + cells // 2))}
    """
    plan_sweep(write_sweep(root, text), project=Project.at(root))
    return {cell.key for cell in read_plan(folder_of(root))[0].cells}


def folder_of(root: Path) -> SweepFolder:
    return SweepFolder(root / "results", "small")


def submit(cluster: SlurmCluster, root: Path, *, tasks: int) -> str:
    done = run_program("sweep", "submit", "--slurm", "--tasks", str(tasks), cwd=root, env=cluster.env)
    assert done.returncode == 0, done.stderr
    (job,) = re.findall(r"\Ajob ([0-9]+)\n\Z", done.stdout)
    return str(job)


def check(cluster: SlurmCluster, root: Path, keys: set[str]) -> None:
    logs = {path.name: path.read_text() for path in folder_of(root).logs.iterdir()}
    found = recorded(root / "results")
    assert found.failed == {}, "a command that does not run alone fails"
    assert found.done.keys() == found.runs.keys() == keys, (logs, cluster.logs())
    assert set(found.runs.values()) == {1}
    assert found.leftovers == ()


def test_an_array_measures_each_cell_once(cluster: SlurmCluster, tmp_path: Path) -> None:
    keys = plan(tmp_path / "project", cells=8)
    job = submit(cluster, tmp_path / "project", tasks=2)
    cluster.wait_for_no_jobs(120)
    check(cluster, tmp_path / "project", keys)
    logs = {path.name for path in folder_of(tmp_path / "project").logs.iterdir()}
    assert logs == {f"{job}_1.txt", f"{job}_2.txt"}, "both tasks have run"


def test_a_dry_run_shows_the_script_and_submits_nothing(tmp_path: Path) -> None:
    root = tmp_path / "project"
    plan(root, cells=2)
    done = run_program(
        *("sweep", "submit", "--slurm", "--dry-run", "--tasks", "3", "--option=--comment=two words"),
        cwd=root,
        env=environment(HOME=str(tmp_path)),
    )
    lines = done.stdout.splitlines()
    assert lines[0] == "#!/bin/sh"
    assert lines[1:-1] == [
        "#SBATCH --job-name=sweep-small",
        "#SBATCH --array=1-3",
        f"#SBATCH --chdir={root}",
        f"#SBATCH --output={folder_of(root).logs}/%A_%a.txt",
        "#SBATCH --requeue",
        '#SBATCH --comment="two words"',
    ]
    assert lines[-1].endswith(f" sweep run {root}/sweep.toml --results {root}/results --quiet")
    subprocess.run(["sh", "-n"], input=done.stdout, text=True, check=True)


@pytest.mark.nightly
@pytest.mark.timeout(1200)
def test_a_node_that_dies_and_comes_back(cluster: SlurmCluster, tmp_path: Path) -> None:
    """Everything of the node is killed at once, five times, while 200 cells are measured."""
    root = tmp_path / "project"
    keys = plan(root, cells=200)
    submit(cluster, root, tasks=3)
    folder = folder_of(root)
    for target in (20, 50, 80, 110, 140):
        while len(settled_keys(folder)) < target:
            time.sleep(0.05)
        cluster.kill("slurmd")
        for pid in processes_of_the_node(root):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        cluster.start("slurmd")
        cluster.wait_until_idle(60)
        if cluster.ask("squeue", "-h") == "":
            submit(cluster, root, tasks=3)  # what a user does: the sweep goes on with the same command
    deadline = time.monotonic() + 300
    while len(settled_keys(folder)) < len(keys) and time.monotonic() < deadline:
        if cluster.ask("squeue", "-h") == "":
            submit(cluster, root, tasks=3)
        time.sleep(0.5)
    cluster.wait_for_no_jobs(120)
    check(cluster, root, keys)


def processes_of_the_node(root: Path) -> list[int]:
    """Steps and tasks: what runs with the temporary folder of the test and is not the controller."""
    mark, found = b"SLURM_JOB_ID=", []
    for path in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            number, facts = int(path.name), (path / "environ").read_bytes()
            if mark in facts and str(root.parent).encode() in facts:
                found.append(number)
    return found
