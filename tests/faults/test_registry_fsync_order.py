"""The order of a writer's system calls, by a lint over strace's log; four seeded bugs show that it sees."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from obrelease.registry import durable, rebuild
from obrelease.registry.index_file import connect
from obrelease.registry.layout import INDEX_NAME
from obrelease.registry.store import Registry
from tests.drafts import draft, run_files
from tests.faults.fsync_order import faults_in
from tests.faults.registry_acts import RECORD, rehearse
from tests.faults.traced import Tell, traced

Patch = pytest.MonkeyPatch


def faults_of(tmp_path: Path, action: Callable[[Registry, Tell], None]) -> list[str]:
    """What the lint says of an action in a results folder that is not there yet."""
    rehearse(tmp_path / "rehearsal")
    registry = Registry(tmp_path / "new" / "results")
    (tmp_path / "new").mkdir()
    ended = traced(lambda tell: action(registry, tell), tmp_path / "log")
    assert ended.code == 0
    assert len(ended.told) == 2
    return faults_in(ended.log, str(registry.root))


def test_nothing_is_renamed_unsynced_nor_acknowledged_early(tmp_path: Path) -> None:
    """Bar: 0 violations."""
    assert faults_of(tmp_path, RECORD.do) == []


def test_pins_keep_the_order(tmp_path: Path) -> None:
    def pin(registry: Registry, tell: Tell) -> None:
        entry = registry.record(draft(1), run_files(1))
        tell("recorded")
        registry.pin("named", entry)
        tell("pinned")

    assert faults_of(tmp_path, pin) == []


def sync_only(patch: Patch, wanted: Callable[[int], bool]) -> None:
    """Leave out the fsync of whatever `wanted` does not want, by its mode."""
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if wanted(os.fstat(descriptor).st_mode):
            real(descriptor)

    patch.setattr(durable.os, "fsync", fsync)


def no_file_fsync(patch: Patch) -> None:
    sync_only(patch, stat.S_ISDIR)


def no_folder_fsync(patch: Patch) -> None:
    sync_only(patch, stat.S_ISREG)


def early_acknowledgement(patch: Patch) -> None:
    """`record` returns before the place is synced."""
    patch.setattr(Registry, "_sync_place", lambda *_: None)


def index_before_folder(patch: Patch) -> None:
    """The row is written while the folder is still in the staging folder."""
    real = Registry._move_into_place

    def move(self: Registry, *arguments: object) -> str:
        with closing(connect(self.root / INDEX_NAME)) as connection:
            rebuild.fill(connection, ())
        return real(self, *arguments)  # type: ignore[arg-type]

    patch.setattr(Registry, "_move_into_place", move)


@pytest.mark.parametrize(
    ("seed", "complaint"),
    [
        (no_file_fsync, "renamed with an unsynced file"),
        (no_folder_fsync, "renamed with an unsynced folder"),
        (early_acknowledgement, "acknowledged before an fsync"),
        (index_before_folder, "the index was touched by a writer"),
    ],
)
def test_the_lint_catches_each_seeded_bug(
    tmp_path: Path, monkeypatch: Patch, seed: Callable[[Patch], None], complaint: str
) -> None:
    seed(monkeypatch)
    found = faults_of(tmp_path, RECORD.do)
    assert any(complaint in fault for fault in found), found
