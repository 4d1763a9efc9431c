"""The order of a writer's system calls, by a lint over strace's log; four seeded bugs show that it sees."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from obrelease.registry.index import query, rebuild
from obrelease.registry.index.database import connect
from obrelease.registry.layout import INDEX_NAME
from obrelease.registry.store import Registry
from obrelease.storage import durable
from tests.drafts import draft, run_files
from tests.faults.fsync_order import faults_in
from tests.faults.registry_acts import RECORD, index_settles_at_once, rehearse
from tests.faults.traced import Acknowledge, traced

Patch = pytest.MonkeyPatch


def faults_of(tmp_path: Path, action: Callable[[Registry, Acknowledge], None]) -> list[str]:
    """What the lint says of an action in a results folder that is not there yet."""
    rehearse(tmp_path / "rehearsal")
    registry = Registry(tmp_path / "new" / "results")
    (tmp_path / "new").mkdir()
    ended = traced(lambda acknowledge: action(registry, acknowledge), tmp_path / "log")
    assert ended.code == 0
    assert len(ended.acknowledged) == 2
    return faults_in(ended.log, str(registry.root))


def test_nothing_is_renamed_unsynced_or_reported_early(tmp_path: Path) -> None:
    """Bar: 0 violations."""
    assert faults_of(tmp_path, RECORD.do) == []


def test_pins_keep_the_order(tmp_path: Path) -> None:
    def pin(registry: Registry, acknowledge: Acknowledge) -> None:
        entry = registry.record(draft(1), run_files(1))
        acknowledge("recorded")
        registry.pin("named", entry)
        acknowledge("pinned")

    assert faults_of(tmp_path, pin) == []


def index_faults_in(log: tuple[str, ...]) -> list[str]:
    """What a power cut could tear in the index: an order of writes and syncs other than SQLite's.

    The journal is synced before the file is written, the file before the journal is made void, and
    both before anybody is answered.
    """
    faults: list[str] = []
    dirty: set[str] = set()
    for line in log:
        found = re.match(r"^(?:[0-9]+ +)?(pwrite64|write|fdatasync|fsync|ftruncate)\([0-9]+<([^>]*)>", line)
        if found is None:
            continue
        call, path = found[1], found[2]
        name = "journal" if path.endswith("-journal") else "file" if path.endswith(INDEX_NAME) else ""
        if path.startswith("pipe:"):
            faults += [f"answered before the {unsynced} was synced" for unsynced in sorted(dirty)]
        elif name and call in {"fsync", "fdatasync"}:
            dirty.discard(name)
        elif name:
            if call == "pwrite64" and name == "file" and "journal" in dirty:
                faults.append("the file was written before its journal was synced")
            if name == "journal" and "file" in dirty:
                faults.append("the journal was made void before the file was synced")
            dirty.add(name)
    return faults


@pytest.mark.parametrize("seed", [None, "PRAGMA synchronous=OFF"])
def test_the_index_is_written_in_order_and_its_journal_invalidated_last(
    tmp_path: Path, monkeypatch: Patch, seed: str | None
) -> None:
    """Bar: 0 violations where nothing is seeded; the journal stays, so its void header must be synced."""
    registry = Registry(tmp_path / "results")
    if seed is not None:
        monkeypatch.setattr(query, "connect", lambda path: weakened(connect(path), seed))

    def record_and_list(acknowledge: Acknowledge) -> None:
        for number in range(5):
            registry.record(draft(number), run_files(number))
            acknowledge(str(len(registry.find())))

    with index_settles_at_once():
        rehearse(tmp_path / "rehearsal")
        ended = traced(record_and_list, tmp_path / "log")
    assert ended.acknowledged == ("1", "2", "3", "4", "5")
    voids = [line for line in ended.log if "-journal>" in line and line.endswith("28, 0) = 28")]
    assert len(voids) >= 5
    assert bool(index_faults_in(ended.log)) == (seed == "PRAGMA synchronous=OFF")


def weakened(connection: sqlite3.Connection, pragma: str) -> sqlite3.Connection:
    connection.execute(pragma)
    return connection


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
    patch.setattr(Registry, "_sync_folders_above", lambda *_: None)


def index_before_folder(patch: Patch) -> None:
    """The row is written while the folder is still in the staging folder."""
    real = Registry._move_to_folder

    def move(self: Registry, *arguments: object) -> str:
        with closing(connect(self.root / INDEX_NAME)) as connection:
            rebuild.replace_rows(connection, ())
        return real(self, *arguments)  # type: ignore[arg-type]

    patch.setattr(Registry, "_move_to_folder", move)


@pytest.mark.parametrize(
    ("seed", "complaint"),
    [
        (no_file_fsync, "renamed with an unsynced file"),
        (no_folder_fsync, "renamed with an unsynced folder"),
        (early_acknowledgement, "acknowledged before an fsync"),
        (index_before_folder, "the index was touched by a writer"),
    ],
)
def test_the_checker_detects_each_seeded_bug(
    tmp_path: Path, monkeypatch: Patch, seed: Callable[[Patch], None], complaint: str
) -> None:
    seed(monkeypatch)
    found = faults_of(tmp_path, RECORD.do)
    assert any(complaint in fault for fault in found), found
