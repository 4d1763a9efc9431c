"""`reindex` lists every scenario folder once, and notices runs that come and go while it reads."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from obrelease.models.artefact import ENVELOPE_NAME
from obrelease.registry.filter import Filter
from obrelease.registry.fsck import fsck
from obrelease.registry.index import changes, directory_stamps, query, rebuild
from obrelease.registry.index.directory_stamps import run_folder_names
from obrelease.registry.store import Registry
from tests.drafts import draft, run_files


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """Four runs in two scenario folders, and an index that stores stamps at once."""
    made = Registry(tmp_path / "results")
    for number in range(4):
        made.record(draft(number, scenario=f"s{number % 2}"), run_files(number))
    monkeypatch.setattr(directory_stamps, "SETTLE_NS", -(10**18))
    return made


def after_listing(monkeypatch: pytest.MonkeyPatch, folder: str, act: Callable[[], object]) -> list[str]:
    """Act once, after `reindex` has listed a folder; returns the folders that are listed, in order."""
    seen: list[str] = []

    def names(root: Path, location: str) -> set[str]:
        found = run_folder_names(root, location)
        seen.append(location)
        if location == folder and seen.count(folder) == 1:
            act()
        return found

    for module in (rebuild, changes):
        monkeypatch.setattr(module, "run_folder_names", names)
    return seen


def test_every_scenario_folder_is_listed_once(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = after_listing(monkeypatch, "none", lambda: None)
    assert registry.reindex() == 4
    assert len(registry.find()) == 4
    assert seen == ["bench/s0", "bench/s1"]
    assert query.read_index(registry.root).current_folders == {"bench/s0", "bench/s1"}


def test_a_run_recorded_meanwhile_is_indexed(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = after_listing(
        monkeypatch, "bench/s1", lambda: registry.record(draft(9, scenario="s1"), run_files())
    )
    assert registry.reindex() == 5
    assert seen == ["bench/s0", "bench/s1", "bench/s1"]
    assert fsck(registry.root).problems == ()


def test_a_run_removed_meanwhile_is_not_indexed(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = registry.find(Filter(scenario="s0"))[0]
    after_listing(monkeypatch, "bench/s0", lambda: shutil.rmtree(lost.folder))
    assert registry.reindex() == 3
    assert fsck(registry.root).problems == ()
    assert lost not in registry.find()


def test_an_unreadable_folder_is_listed_as_such(registry: Registry) -> None:
    """It is read again by each query, although its scenario folder is not listed again."""
    entry = registry.find()[0]
    data = (entry.folder / ENVELOPE_NAME).read_bytes()
    (entry.folder / ENVELOPE_NAME).write_bytes(b"{}")
    assert registry.reindex() == 3
    assert registry.unreadable() == (entry.folder,)
    (entry.folder / ENVELOPE_NAME).write_bytes(data)
    assert entry in registry.find()
    assert registry.unreadable() == ()


def test_recently_changed_scenario_folders_get_no_stamp(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(directory_stamps, "SETTLE_NS", 10**18)
    assert registry.reindex() == 4
    assert query.read_index(registry.root).current_folders == frozenset()
