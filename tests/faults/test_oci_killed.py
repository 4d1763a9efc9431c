"""Clients and servers that are killed at random points, and writers at the same time: nothing is lost.

The points are drawn by seeds; `nightly` draws a hundred for the client and thirty for the server.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from obrelease.api.shared_registry import list_remote_runs
from obrelease.errors import RemoteError
from obrelease.registry.check_folder import check_folder
from obrelease.registry.shared.catalogue import MERGED_PAGES
from obrelease.registry.store import Registry
from obrelease.storage.durable import NewFile
from tests.drafts import draft, measured, run_files
from tests.oci_registry.debian import DockerRegistry, docker_registry
from tests.oci_registry.machines import Machine, tree_bytes

CLIENT = Path(__file__).with_name("oci_client.py")
RUNS = 4
BIG = bytes(range(256)) * 2**16  # 16 MiB: chunks, so that uploads are continued


def seeds(count: int, few: int) -> list[object]:
    return [
        *range(few),
        *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(few, count)),
    ]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DockerRegistry]:
    with docker_registry(tmp_path_factory.mktemp("docker-registry")) as made:
        yield made


@pytest.fixture
def sealed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "*")


def machine_with_runs(tmp_path: Path, place: str) -> Machine:
    machine = Machine(tmp_path / "one", place)
    machine.record(*range(RUNS))
    machine.store.record(measured(draft(99)), [*run_files(), NewFile("big.bin", "application/x-big", BIG)])
    return machine


def killed_after(seconds: float, act: str, machine: Machine) -> None:
    """Start the act in a process and kill it; the time counts from when its modules are loaded."""
    process = subprocess.Popen(
        [sys.executable, str(CLIENT), act, str(machine.results), machine.place],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "NO_PROXY": "*"},
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(seconds)
    process.kill()
    process.communicate()


def visible_runs_are_whole(machine: Machine, other: Machine) -> int:
    """Everything that the registry lists can be pulled and is what was recorded; how many runs."""
    found = list_remote_runs(machine.place)
    assert found.unreadable == ()
    if digests := [run.entry.digest for run in found.listing.runs]:
        other.pull(*digests)
    assert tree_bytes(other.results).items() <= tree_bytes(machine.results).items()
    return len(digests)


@pytest.mark.parametrize("seed", seeds(100, 1))
def test_a_killed_push_leaves_whole_runs_and_the_next_one_completes_it(
    tmp_path: Path, sealed: None, server: DockerRegistry, seed: int
) -> None:
    machine = machine_with_runs(tmp_path, server.place(f"killed/client-{seed}"))
    killed_after(random.Random(seed).uniform(0.0, 1.2), "push", machine)
    before = visible_runs_are_whole(machine, Machine(tmp_path / "other", machine.place))
    report = machine.push()
    assert report.present + len(report.pushed) == RUNS + 1
    assert report.present >= before  # a request on its way may be carried out after its client was killed
    assert visible_runs_are_whole(machine, Machine(tmp_path / "third", machine.place)) == RUNS + 1
    assert all(run.listed for run in list_remote_runs(machine.place).listing.runs)


@pytest.mark.parametrize("seed", seeds(30, 0))
def test_a_killed_pull_records_whole_runs_alone(
    tmp_path: Path, sealed: None, server: DockerRegistry, seed: int
) -> None:
    machine = machine_with_runs(tmp_path, server.place(f"killed/pull-{seed}"))
    machine.push()
    other = Machine(tmp_path / "other", machine.place)
    killed_after(random.Random(seed).uniform(0.0, 0.6), "pull", other)
    assert tree_bytes(other.results).items() <= tree_bytes(machine.results).items()
    assert all(not check_folder(run.folder).problems for run in other.store.find())
    other.pull("kind=bench")
    assert tree_bytes(other.results) == tree_bytes(machine.results)


@pytest.mark.parametrize("seed", seeds(30, 0))
def test_a_killed_server_loses_no_run_that_was_reported(tmp_path: Path, sealed: None, seed: int) -> None:
    with docker_registry(tmp_path / "server") as server:
        machine = machine_with_runs(tmp_path, server.place())
        stopped = threading.Timer(random.Random(seed).uniform(0.0, 1.0), server.kill)
        stopped.start()
        with suppress(RemoteError):
            machine.push()
        stopped.join()
        server.start()
        visible_runs_are_whole(machine, Machine(tmp_path / "other", machine.place))
        machine.push()
        assert visible_runs_are_whole(machine, Machine(tmp_path / "third", machine.place)) == RUNS + 1


def test_an_upload_continues_where_a_killed_client_stopped(
    tmp_path: Path, sealed: None, server: DockerRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second command sends less than the first one had left to send."""
    from obrelease.remote.oci.blob_upload import BlobUpload
    from obrelease.remote.oci.transport import Answer, Request, Transport

    machine = Machine(tmp_path / "one", server.place("killed/continued"))
    machine.store.record(measured(draft(1)), [NewFile("big.bin", "application/x-big", BIG * 2)])

    class Killed(BaseException):
        pass

    def dies(self: BlobUpload, location: str, rest: bytes) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(BlobUpload, "_finish", dies)
        with pytest.raises(Killed):
            machine.push()
    sent: list[int] = []
    send = Transport.send

    def counted(self: Transport, request: Request) -> Answer:
        sent.append(len(request.body or b""))
        return send(self, request)

    monkeypatch.setattr(Transport, "send", counted)
    machine.push()
    assert sum(sent) < len(BIG)
    assert visible_runs_are_whole(machine, Machine(tmp_path / "other", machine.place)) == 1


def writers(count: int, each: int, tmp_path: Path, place: str) -> list[Machine]:
    machines = [Machine(tmp_path / f"writer-{number}", place) for number in range(count)]
    for number, machine in enumerate(machines):
        machine.record(*range(each * number, each * number + each))
    return machines


@pytest.mark.parametrize(("count", "each"), [(4, 2), pytest.param(32, 8, marks=pytest.mark.nightly)])
def test_writers_at_the_same_time_lose_nothing(
    tmp_path: Path, sealed: None, server: DockerRegistry, count: int, each: int
) -> None:
    """Each pushes its runs one by one, so that pages are also merged while others write."""
    machines = writers(count, each, tmp_path, server.place(f"writers/{count}"))

    def push_all(machine: Machine) -> None:
        for entry in machine.store.find():
            machine.push(entry.digest)

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(push_all, machines))
    found = list_remote_runs(machines[0].place)
    recorded = {entry.digest for machine in machines for entry in machine.store.find()}
    assert {run.entry.digest for run in found.listing.runs} == recorded
    assert len(recorded) == count * each
    assert all(run.listed for run in found.listing.runs)
    assert (count * each > MERGED_PAGES) == (count > 4)
    last = Machine(tmp_path / "last", machines[0].place)
    last.sync()
    assert tree_bytes(last.results) == {
        path: data for machine in machines for path, data in tree_bytes(machine.results).items()
    }


@pytest.mark.parametrize("untagged", [pytest.param(False, marks=pytest.mark.nightly), True])
def test_the_registry_s_own_garbage_collection_keeps_what_tags_hold(
    tmp_path: Path, sealed: None, untagged: bool
) -> None:
    with docker_registry(tmp_path / "server") as server:
        machine = machine_with_runs(tmp_path, server.place())
        machine.push()
        server.kill()
        server.collect_garbage(untagged=untagged)
        server.start()
        other = Machine(tmp_path / "other", machine.place)
        assert visible_runs_are_whole(machine, other) == RUNS + 1
        assert Registry(other.results).find()
        assert all(run.listed for run in list_remote_runs(machine.place).listing.runs)
        assert machine.push().present == RUNS + 1
