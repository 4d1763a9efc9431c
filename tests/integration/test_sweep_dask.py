"""A sweep on a real Dask cluster over TCP: a scheduler and worker processes, one of which is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from obrelease.api.project import Project
from obrelease.api.sweep_planning import plan_sweep
from obrelease.errors import ExitCode
from obrelease.measurement.sweeps.outcomes import settled_keys
from obrelease.measurement.sweeps.plan import read_plan
from obrelease.measurement.sweeps.sweep_folder import SweepFolder
from tests.program import environment, run_program, start_program
from tests.sweep_files import recorded, write_sweep

WORKER = """\
import asyncio, os, sys
from distributed import LocalCluster, Scheduler, Worker

async def main(kind, address):
    if kind == "cluster":
        async with LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, protocol="tcp", host="127.0.0.1",
            dashboard_address=None, asynchronous=True, local_directory=os.environ["TMPDIR"],
        ) as cluster:
            print(cluster.scheduler_address, flush=True)
            await cluster.scheduler.finished()
    elif kind == "scheduler":
        async with Scheduler(host="127.0.0.1", port=0, dashboard=False, allowed_failures=3) as node:
            print(node.address, flush=True)
            await node.finished()
    else:
        async with Worker(address, nthreads=2, dashboard=False, local_directory=os.environ["TMPDIR"]) as node:
            print(node.address, flush=True)
            await node.finished()

asyncio.run(main(*sys.argv[1:]))
"""


@dataclass
class Cluster:
    """Processes of a cluster on the loopback interface."""

    env: dict[str, str]
    nodes: list[subprocess.Popen[str]] = field(default_factory=list)
    address: str = ""

    def start(self, kind: str) -> subprocess.Popen[str]:
        node = subprocess.Popen(
            [sys.executable, "-c", WORKER, kind, self.address],
            env=self.env,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.nodes.append(node)
        assert node.stdout is not None
        address = node.stdout.readline().strip()
        self.address = self.address or address
        return node


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    (tmp_path / "temporary").mkdir()
    env = environment(
        TMPDIR=str(tmp_path / "temporary"),
        HOME=str(tmp_path),
        DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT="10s",
    )
    made = Cluster(env)
    yield made
    for node in reversed(made.nodes):
        with suppress(ProcessLookupError):
            node.kill()
        node.communicate()


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
    return {cell.key for cell in read_plan(SweepFolder(root / "results", "small"))[0].cells}


def survive(cluster: Cluster, root: Path, *, kills: int, between: int) -> None:
    """Run a sweep; kill the oldest worker after every few cells, and let another one come in its place."""
    workers = [cluster.start("worker"), cluster.start("worker")]
    head = start_program("sweep", "run", "--dask", cluster.address, "--quiet", cwd=root, env=cluster.env)
    folder, target = SweepFolder(root / "results", "small"), between
    while head.poll() is None:
        if kills and len(settled_keys(folder)) >= target:
            os.kill(workers.pop(0).pid, signal.SIGKILL)
            workers.append(cluster.start("worker"))
            kills, target = kills - 1, target + between
        time.sleep(0.02)
    assert head.returncode == 0, head.communicate()
    head.communicate()
    assert kills == 0


def check(root: Path, keys: set[str]) -> None:
    found = recorded(root / "results")
    assert found.failed == {}, "a command that does not run alone fails"
    assert found.done.keys() == found.runs.keys() == keys
    assert set(found.runs.values()) == {1}
    assert found.leftovers == ()


def test_a_cluster_measures_each_cell_once(cluster: Cluster, tmp_path: Path) -> None:
    keys = plan(tmp_path / "project", cells=8)
    cluster.start("cluster")
    assert cluster.address.startswith("tcp://127.0.0.1:")
    done = run_program("sweep", "run", "--dask", cluster.address, cwd=tmp_path / "project", env=cluster.env)
    assert (done.returncode, done.stdout) == (0, "8 of 8 cells recorded\n"), done.stderr
    check(tmp_path / "project", keys)


@pytest.mark.nightly
@pytest.mark.timeout(1200)
def test_two_hundred_cells_and_twenty_workers_that_die(cluster: Cluster, tmp_path: Path) -> None:
    """As a worker dies, another one comes: nothing is lost, and nothing is recorded twice."""
    cluster.start("scheduler")
    keys = plan(tmp_path / "project", cells=200)
    survive(cluster, tmp_path / "project", kills=20, between=9)
    check(tmp_path / "project", keys)


def test_a_scheduler_that_does_not_answer_is_named(tmp_path: Path) -> None:
    plan(tmp_path / "project", cells=2)
    done = run_program(
        "sweep",
        "run",
        "--dask",
        "tcp://127.0.0.1:9",
        cwd=tmp_path / "project",
        env=environment(HOME=str(tmp_path)),
    )
    assert done.returncode == ExitCode.REMOTE
    assert done.stderr.splitlines()[-2:] == [
        "error: tcp://127.0.0.1:9: no Dask scheduler answers",
        "hint: start one: dask scheduler --host HOST",
    ]
