"""Files about runs and releases: by the registry's own list of referrers, and by tags where it has none."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from obrelease import api
from obrelease.api.shared_connection import connected
from obrelease.cli.app import execute
from obrelease.errors import CheckFailed, Conflict, IntegrityError, NotFound, ObreleaseError, UsageError
from obrelease.registry.shared.run_manifest import run_subject
from obrelease.remote.oci.referrers import find_referrers
from tests.oci_registry.debian import docker_registry
from tests.oci_registry.machines import Machine
from tests.oci_registry.stub import Reply, StubRegistry
from tests.unit.release.project import make_project

_NUMBERS = count()


@pytest.fixture
def without_list(stub: StubRegistry) -> StubRegistry:
    stub.native_referrers = False
    return stub


@pytest.fixture(params=["debian", "stub", pytest.param("without_list", marks=pytest.mark.nightly)])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "*")
    server: Any = request.getfixturevalue(request.param)
    return str(server.place(f"team/results-{next(_NUMBERS)}"))


def written(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


def test_what_is_attached_to_a_run_is_found_by_its_digest(tmp_path: Path, place: str) -> None:
    machine = Machine(tmp_path / "one", place)
    first, second = machine.record(1, 2)
    verdict = written(tmp_path, "verdict.json", '{"verdict": "same"}')
    with pytest.raises(NotFound, match="is not there"):
        api.attach_to_run(machine.results, place, first.digest, [verdict])
    machine.push()
    signature = written(tmp_path, "run.sig", "signed")
    api.attach_to_run(machine.results, place, first, [verdict, signature])
    api.attach_to_run(machine.results, place, first, [verdict])
    files = api.fetch_attachments(place, first.digest, tmp_path / "found")
    assert {path.name.partition("-")[2].partition("-")[2]: path.read_text() for path in files} == {
        "verdict.json": '{"verdict": "same"}',
        "run.sig": "signed",
    }
    assert api.fetch_attachments(place, second.digest, tmp_path / "none") == ()
    assert len(api.list_remote_runs(place).listing.runs) == 2


def test_writers_at_the_same_time_lose_no_attachment(tmp_path: Path, place: str) -> None:
    machine = Machine(tmp_path / "one", place)
    (entry,) = machine.record(1)
    machine.push()
    files = [written(tmp_path / f"w{number}", "verdict.json", f"{number}") for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda file: api.attach_to_run(machine.results, place, entry, [file]), files))
    found = api.fetch_attachments(place, entry.digest, tmp_path / "found")
    assert {path.read_text() for path in found} == set("012345")


@pytest.mark.parametrize("untagged", [pytest.param(False, marks=pytest.mark.nightly), True])
def test_garbage_collection_of_the_registry_keeps_attachments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, untagged: bool
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with docker_registry(tmp_path / "server") as server:
        machine = Machine(tmp_path / "one", server.place())
        (entry,) = machine.record(1)
        machine.push()
        api.attach_to_run(machine.results, machine.place, entry, [written(tmp_path, "a.sig", "signed")])
        server.kill()
        server.collect_garbage(untagged=untagged)
        server.start()
        (found,) = api.fetch_attachments(machine.place, entry.digest, tmp_path / "found")
        assert found.read_text() == "signed"


def test_referrers_of_something_else_and_absent_ones_are_left_out(
    tmp_path: Path, stub: StubRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    machine = Machine(tmp_path / "one", stub.place())
    first, second = machine.record(1, 2)
    machine.push()
    api.attach_to_run(machine.results, machine.place, first, [written(tmp_path, "a.sig", "signed")])
    subject = run_subject(machine.store.load(second), second)
    true_list: list[Reply] = []
    stub.lie(
        r"GET /v2/.*/referrers/",
        lambda reply: true_list.append(reply) or stub._referrers(stub.tagged[first.digest]),  # type: ignore[func-returns-value]
    )
    with connected(machine.place, None, writes=False) as client:
        assert find_referrers(client, subject.sha256) == ()
    assert len(true_list) == 1


@pytest.mark.parametrize("name", ["a b.sig", "-x", "\u00e4.sig"])
def test_names_that_cannot_be_kept_are_refused(
    tmp_path: Path, stub: StubRegistry, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    machine = Machine(tmp_path / "one", stub.place())
    (entry,) = machine.record(1)
    machine.push()
    with pytest.raises(UsageError, match="under this name"):
        api.attach_to_run(machine.results, machine.place, entry, [written(tmp_path, name, "x")])


@pytest.fixture
def released(tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a release."""
    project = make_project(tmp_path / "project")
    monkeypatch.chdir(project.root)
    folder = tmp_path / "released"
    assert execute(["bundle", "v1.0", "--output", str(folder)]) == 0
    return folder


def test_a_release_is_verified_from_there(released: Path, place: str, tmp_path: Path) -> None:
    pushed = api.push_release_folder(released, place)
    assert pushed.address == f"{place}:v1.0"
    assert api.push_release_folder(released, place) == pushed
    there, here = api.verify(pushed.address), api.verify(released)
    assert there.manifest_sha256 == here.manifest_sha256
    with pytest.raises(NotFound, match=r"no release v9\.0"):
        api.verify(f"{place}:v9.0")
    assert execute(["verify", pushed.address]) == 0


@pytest.mark.nightly
def test_another_release_of_the_tag_is_a_conflict(released: Path, place: str) -> None:
    api.push_release_folder(released, place)
    other = released.with_name("other")
    more = written(released.parent, "more.txt", "another file")
    assert execute(["bundle", "v1.0", "--output", str(other), "--attach", str(more)]) == 0
    with pytest.raises(Conflict, match=r"v1\.0 is there with other files"):
        api.push_release_folder(other, place)


@pytest.mark.parametrize("end", ["", ":", ":../x"])
def test_what_names_no_release_is_refused(place: str, end: str) -> None:
    with pytest.raises((UsageError, NotFound)):
        api.verify(f"{place}{end}")


@pytest.mark.nightly
def test_a_release_that_was_changed_there_is_refused(
    tmp_path: Path, stub: StubRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    project = make_project(tmp_path / "project")
    monkeypatch.chdir(project.root)
    folder = tmp_path / "released"
    assert execute(["bundle", "v1.0", "--output", str(folder)]) == 0
    pushed = api.push_release_folder(folder, stub.place())
    shutil.rmtree(folder)
    for digest, data in list(stub.blobs.items()):
        stub.blobs[digest] = data[:-1] + b"?" if len(data) > 2 else data
        with pytest.raises((IntegrityError, CheckFailed)) if len(data) > 2 else _nothing() as caught:
            api.verify(pushed.address)
        stub.blobs[digest] = data
        assert caught is None or isinstance(caught.value, ObreleaseError)
    assert api.verify(pushed.address).manifest.tag == "v1.0"


class _nothing:  # noqa: N801
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None
