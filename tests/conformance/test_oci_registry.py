"""What a shared registry must do, on Debian's docker-registry and on a stub of the specification."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from obrelease.api.shared_connection import connected
from obrelease.api.shared_registry import list_remote_runs, push_runs
from obrelease.errors import NotFound, UsageError
from obrelease.registry.shared import catalogue, push_run
from obrelease.registry.shared.catalogue import read_tags
from obrelease.remote.oci import blob_upload
from obrelease.storage.durable import NewFile
from obrelease.storage.progress import Advance
from obrelease.storage.reporter import SilentReporter
from tests.drafts import draft, measured, record_version_1, run_files, version_1_draft
from tests.oci_registry.machines import Machine, tree_bytes

_NUMBERS = count()


@pytest.fixture(params=["debian", pytest.param("stub", marks=pytest.mark.nightly)])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty repository; the home of the machine is empty as well."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_PROXY", "*")
    server: Any = request.getfixturevalue(request.param)
    return str(server.place(f"team/results-{next(_NUMBERS)}"))


@pytest.fixture
def one(tmp_path: Path, place: str) -> Machine:
    return Machine(tmp_path / "one", place)


@pytest.fixture
def other(tmp_path: Path, place: str) -> Machine:
    return Machine(tmp_path / "other", place)


def test_what_one_machine_pushes_another_pulls_byte_by_byte(one: Machine, other: Machine) -> None:
    entries = one.record(1, 2, 3)
    report = one.push()
    assert {entry.digest for entry in report.pushed} == {entry.digest for entry in entries}
    pulled = other.pull(*(entry.digest for entry in entries))
    assert len(pulled.pulled) == 3
    assert pulled.received_bytes == sum(entry.size_bytes for entry in entries)
    assert tree_bytes(one.results) == tree_bytes(other.results)


def test_a_second_push_costs_one_request_a_run_and_no_bytes(one: Machine) -> None:
    one.record(*range(6))
    one.push()
    again = one.push()
    assert (again.pushed, again.present, again.sent_bytes) == ((), 6, 0)
    assert again.requests == 6 + 1  # and the list of tags


def test_progress_counts_every_byte_of_every_run_once(one: Machine) -> None:
    first, *_ = entries = one.record(1, 2, 3)
    one.push(first.digest)
    counted: list[int] = []

    class Counting(SilentReporter):
        @contextmanager
        def progress(self, _label: str, _total: int | None, /) -> Iterator[Advance]:
            yield counted.append if _label.startswith("pushing") else lambda _: None

    push_runs(one.results, one.place, reporter=Counting())
    assert sum(counted) == sum(entry.size_bytes for entry in entries)
    assert min(counted) >= 0


def test_a_pull_needs_nothing_but_the_digest(one: Machine, other: Machine) -> None:
    (entry,) = one.record(1)
    one.push()
    report = other.pull(entry.digest)
    assert report.requests == 1 + len(run_files())
    assert other.pull(entry.digest).present == 1


def test_prefixes_and_filters_choose_runs(one: Machine, other: Machine) -> None:
    entries = one.record(*range(5))
    one.push(entries[0].digest[:12], entries[1].digest)
    one.push("kind=bench")
    assert len(other.pull(entries[2].digest[:12]).pulled) == 1
    assert len(other.pull(f"digest={entries[3].digest[:12]}").pulled) == 1
    assert len(other.pull("kind=bench", "scenario=baseline").pulled) == 3


@pytest.mark.parametrize("name", ["0" * 64, "0000", "kind=stress"])
def test_what_is_not_there_is_named(one: Machine, other: Machine, name: str) -> None:
    one.record(1)
    one.push()
    with pytest.raises(NotFound, match=name.replace("0" * 64, "run 0000")):
        other.pull(name)
    assert tree_bytes(other.results) == {}


def test_an_empty_repository_has_no_runs(other: Machine) -> None:
    assert list_remote_runs(other.place).listing.runs == ()
    assert other.sync().present == 0


def test_a_list_needs_no_run_and_agrees_with_the_runs(one: Machine) -> None:
    entries = one.record(1, 2)
    one.push()
    found = list_remote_runs(one.place)
    assert [run.entry.digest for run in found.listing.runs] == [
        entry.digest for entry in one.store.find() if entry in entries
    ]
    assert all(run.listed is not None and run.listed.headline for run in found.listing.runs)
    assert found.unreadable == ()
    wanted = entries[0].digest
    assert [run.entry.digest for run in list_remote_runs(one.place, f"digest={wanted}").listing.runs] == [
        wanted
    ]


def test_a_filter_about_labels_opens_envelopes(one: Machine) -> None:
    one.record(1, 2)
    one.push()
    assert len(list_remote_runs(one.place, "title=base*").listing.runs) == 2
    assert list_remote_runs(one.place, "label.compiler=clang").listing.runs == ()


def test_sync_brings_both_sides_to_the_same_runs(one: Machine, other: Machine) -> None:
    one.record(1, 2, 3)
    other.record(3, 4)
    one.sync()
    report = other.sync()
    assert (len(report.pushed), len(report.pulled)) == (1, 2)
    assert len(one.sync().pulled) == 1
    assert tree_bytes(one.results) == tree_bytes(other.results)
    assert len(tree_bytes(one.results)) == 4 * 3


def test_writers_one_after_the_other_merge_their_pages(
    one: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(catalogue, "MERGED_PAGES", 3)
    for number in range(7):
        (entry,) = one.record(number)
        one.push(entry.digest)
    with connected(one.place, None, writes=False) as client:
        pages = read_tags(client).pages
    assert [len(held) for held in pages.values()] == [
        7 + 3
    ]  # every third push finds two live pages, and merges
    monkeypatch.setenv("HOME", str(tmp_path / "another-home"))
    found = list_remote_runs(one.place)
    assert len(found.listing.runs) == 7
    assert all(run.listed for run in found.listing.runs)


def test_a_blob_of_several_chunks_and_an_empty_file_arrive(
    one: Machine, other: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blob_upload, "CHUNK_BYTES", 64 * 1024)
    monkeypatch.setattr(push_run, "CHUNK_BYTES", 64 * 1024)
    big = bytes(range(256)) * 700  # three chunks
    files = [NewFile("big.bin", "application/octet-stream", big), NewFile("empty.txt", "text/plain", b"")]
    entry = one.store.record(measured(draft(7)), files)
    one.push()
    other.pull(entry.digest)
    assert tree_bytes(one.results) == tree_bytes(other.results)


def test_a_run_of_the_first_version_keeps_its_bytes(one: Machine, other: Machine) -> None:
    record_version_1(one.results, version_1_draft(1), run_files(1))
    (entry,) = one.store.find()
    one.push()
    other.pull(entry.digest)
    assert tree_bytes(one.results) == tree_bytes(other.results)


def test_skopeo_reads_what_was_pushed(one: Machine, place: str, tmp_path: Path) -> None:
    skopeo = shutil.which("skopeo")
    if skopeo is None:
        raise FileNotFoundError("skopeo is missing: apt-get install skopeo")
    (entry,) = one.record(1)
    one.push()
    address = f"docker://{place.removeprefix('oci://')}"
    copied = tmp_path / "copied"
    policy = ["--insecure-policy", "copy", "--src-tls-verify=false"]
    subprocess.run([skopeo, *policy, f"{address}:{entry.digest}", f"dir:{copied}"], check=True)
    for path, data in tree_bytes(one.results).items():
        assert any(file.read_bytes() == data for file in copied.iterdir()), path
    manifest = json.loads((copied / "manifest.json").read_bytes())
    assert manifest["config"]["digest"] == f"sha256:{entry.digest}"
    listed = subprocess.run(
        [skopeo, "list-tags", "--tls-verify=false", address], check=True, capture_output=True
    )
    assert entry.digest in json.loads(listed.stdout)["Tags"]


@pytest.mark.parametrize(
    "place",
    [
        "ghcr.io/owner",
        "oci://",
        "oci://host",
        "oci://user:secret@host/x",
        "oci://host/UPPER",
        "team",
        "oci://h/a?b",
    ],
)
def test_what_is_no_place_is_refused_without_its_password(tmp_path: Path, place: str) -> None:
    with pytest.raises(UsageError) as caught:
        list_remote_runs(place)
    assert "secret" not in caught.value.message
