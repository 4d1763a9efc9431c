"""When a scenario folder is listed again: after every change, and never without one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from obrelease.models.artefact import ENVELOPE_NAME
from obrelease.registry.index import changes, directory_stamps, query
from obrelease.registry.index.directory_stamps import (
    SETTLE_NS,
    DirectoryStamp,
    file_system_time_ns,
    read_directory_stamps,
    run_folder_names,
)
from obrelease.registry.store import Registry
from tests.drafts import draft, run_files

SCENARIO_FOLDER = "bench/baseline"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Three runs, and an index that knows them whole."""
    made = Registry(tmp_path / "results")
    for number in range(3):
        made.record(draft(number), run_files(number))
    monkeypatch.setattr(directory_stamps, "SETTLE_NS", -(10**18))
    assert len(made.find()) == 3
    assert query.read_index(made.root).current_folders == {SCENARIO_FOLDER}
    return made


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The scenario folders that were listed, in order."""
    seen: list[str] = []

    def names(root: Path, folder: str) -> set[str]:
        seen.append(folder)
        return run_folder_names(root, folder)

    monkeypatch.setattr(changes, "run_folder_names", names)
    return seen


def test_an_unchanged_scenario_folder_is_not_listed(registry: Registry, listed: list[str]) -> None:
    assert len(registry.find()) == 3
    registry.resolve("latest")
    assert listed == []


def test_only_the_changed_scenario_folder_is_listed(registry: Registry, listed: list[str]) -> None:
    other = registry.record(draft(7, scenario="x10"), run_files())
    assert other in registry.find()
    assert listed == ["bench/x10"]


@pytest.mark.parametrize("settle_ns", [-(10**18), SETTLE_NS])
def test_a_copy_with_old_times_is_detected(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settle_ns: int
) -> None:
    """As `rsync -a` does: the modification time of the scenario folder is set back to the indexed one."""
    monkeypatch.setattr(directory_stamps, "SETTLE_NS", settle_ns)
    guest = Registry(tmp_path / "other").record(draft(8), run_files())
    before = (registry.root / SCENARIO_FOLDER).stat()
    shutil.copytree(guest.folder, registry.root / guest.location)
    os.utime(registry.root / SCENARIO_FOLDER, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert registry.resolve(guest.digest).location == guest.location
    shutil.rmtree(registry.root / guest.location)
    os.utime(registry.root / SCENARIO_FOLDER, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert len(registry.find()) == 3


def test_a_replaced_run_is_detected(registry: Registry, tmp_path: Path) -> None:
    """The number of folders stays the same."""
    guest = Registry(tmp_path / "other").record(draft(8), run_files())
    shutil.rmtree(registry.find()[0].folder)
    shutil.copytree(guest.folder, registry.root / guest.location)
    assert guest.digest in {entry.digest for entry in registry.find()}
    assert len(registry.find()) == 3


def test_a_removed_scenario_folder_is_detected(registry: Registry) -> None:
    shutil.rmtree(registry.root / SCENARIO_FOLDER)
    assert registry.find() == ()
    assert query.read_index(registry.root).rows == {}


def test_a_replaced_scenario_folder_is_detected(registry: Registry, tmp_path: Path) -> None:
    other = Registry(tmp_path / "other")
    kept = [other.record(draft(20 + number), run_files()).digest for number in range(3)]
    (registry.root / SCENARIO_FOLDER).rename(tmp_path / "away")
    (other.root / SCENARIO_FOLDER).rename(registry.root / SCENARIO_FOLDER)
    assert sorted(entry.digest for entry in registry.find()) == sorted(kept)


def test_a_folder_that_gets_its_envelope_later_is_detected(registry: Registry, tmp_path: Path) -> None:
    """A copy in progress: the envelope comes later, and the scenario folder does not change then."""
    guest = Registry(tmp_path / "other").record(draft(8), run_files())
    target = registry.root / guest.location
    target.mkdir()
    assert registry.unreadable() == (target,)
    assert query.read_index(registry.root).current_folders == {SCENARIO_FOLDER}
    shutil.copytree(guest.folder, target, dirs_exist_ok=True)
    assert registry.resolve(guest.digest).folder == target
    assert registry.unreadable() == ()


def test_a_symbolic_link_is_not_a_run(registry: Registry) -> None:
    entry = registry.find()[0]
    away = registry.root.parent / "away"
    entry.folder.rename(away)
    entry.folder.symlink_to(away)
    assert entry not in registry.find()


def test_an_envelope_repaired_in_place_is_detected(registry: Registry) -> None:
    entry = registry.find()[0]
    data = (entry.folder / ENVELOPE_NAME).read_bytes()
    (entry.folder / ENVELOPE_NAME).write_bytes(b"{}")
    registry.reindex()
    assert registry.unreadable() == (entry.folder,)
    (entry.folder / ENVELOPE_NAME).write_bytes(data)
    assert entry in registry.find()


class TestSettledStamps:
    def test_a_change_just_before_the_listing_is_not_settled(self) -> None:
        stamp = DirectoryStamp("1.2.3.4", 10**18)
        assert not stamp.settled(None)
        assert not stamp.settled(10**18)
        assert not stamp.settled(10**18 + SETTLE_NS)
        assert stamp.settled(10**18 + SETTLE_NS + 1)

    def test_an_unsettled_scenario_folder_is_listed_by_each_query(
        self, registry: Registry, listed: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(directory_stamps, "SETTLE_NS", 10**18)
        registry.record(draft(9), run_files())
        for _ in range(3):
            assert len(registry.find()) == 4
        assert listed == [SCENARIO_FOLDER] * 3

    def test_the_clock_is_that_of_the_file_system(self, tmp_path: Path) -> None:
        assert file_system_time_ns(tmp_path / "absent") is None
        (tmp_path / "file").touch()
        now_ns = file_system_time_ns(tmp_path / "file")
        assert now_ns is not None
        (tmp_path / "kind" / "scenario").mkdir(parents=True)
        assert read_directory_stamps(tmp_path)["kind/scenario"].changed_ns >= now_ns - 10**9
