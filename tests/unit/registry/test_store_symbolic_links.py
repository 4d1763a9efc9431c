"""Symbolic links in a results folder: nothing outside it is written, removed or taken for a run."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from obrelease.api import validate
from obrelease.errors import StorageError
from obrelease.registry.filter import Filter
from obrelease.registry.fsck import fsck
from obrelease.registry.gc import GcPlan, ProtectedRuns, collect, plan_gc
from obrelease.registry.index.query import query
from obrelease.registry.layout import INDEX_NAME
from obrelease.registry.store import Registry
from tests.drafts import draft, run_files

FOREVER_NS = 10**18


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    made = Registry(tmp_path / "results")
    made.record(draft(1), run_files(1))
    return made


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of somebody's, with an old file in it."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear")
    os.utime(folder / "letter.txt", (1, 1))
    return folder


def led_astray(registry: Registry, name: str, outside: Path) -> None:
    location = registry.root / name
    if location.exists():
        location.rename(registry.root.parent / f"{name}-before")
    location.symlink_to(outside)


def long_after() -> int:
    return time.time_ns() + FOREVER_NS


@pytest.mark.parametrize(
    "act",
    [
        lambda registry: registry.record(draft(2), run_files(2)),
        lambda registry: registry.pin("name", registry.find()[0]),
        lambda registry: plan_gc(registry, ProtectedRuns.pins_only(), now_ns=long_after(), grace_ns=0),
        lambda registry: collect(registry, GcPlan((), (), (), ())),
    ],
)
def test_a_staging_folder_that_is_a_link_is_refused(
    registry: Registry, outside: Path, act: Callable[[Registry], object]
) -> None:
    led_astray(registry, ".staging", outside)
    with pytest.raises(StorageError, match=r"\.staging: is a symbolic link"):
        act(registry)
    assert [path.name for path in outside.iterdir()] == ["letter.txt"]


def test_a_pins_folder_that_is_a_link_is_refused(registry: Registry, outside: Path) -> None:
    (outside / "name").write_text("ab" * 32)
    led_astray(registry, ".pins", outside)
    acts: tuple[Callable[[], object], ...] = (
        registry.pins,
        lambda: registry.unpin("name"),
        lambda: registry.pin("other", registry.find()[0]),
    )
    for act in acts:
        with pytest.raises(StorageError, match="is a symbolic link"):
            act()
    assert sorted(path.name for path in outside.iterdir()) == ["letter.txt", "name"]


@pytest.mark.parametrize("name", ["bench", "bench/baseline"])
def test_a_run_is_not_recorded_below_a_link(registry: Registry, outside: Path, name: str) -> None:
    registry.reindex()
    (location := registry.root / name).rename(registry.root.parent / "moved")
    location.symlink_to(outside)
    with pytest.raises(StorageError, match="is a symbolic link"):
        registry.record(draft(2), run_files(2))
    assert [path.name for path in outside.iterdir()] == ["letter.txt"]
    assert registry.find() == ()
    assert list((registry.root / ".staging").iterdir()) == []


@pytest.mark.parametrize("target", ["new.sqlite", "letter.txt", "other.sqlite"])
def test_an_index_that_is_a_link_is_replaced_and_its_target_unchanged(
    registry: Registry, outside: Path, target: str
) -> None:
    with closing(sqlite3.connect(outside / "other.sqlite")) as connection:
        connection.execute("CREATE TABLE precious (a)")
        connection.commit()
    before = {path: path.read_bytes() for path in outside.iterdir()}
    index = registry.root / INDEX_NAME
    index.unlink(missing_ok=True)
    index.symlink_to(outside / target)
    assert len(registry.find()) == 1
    assert not index.is_symlink()
    assert {path: path.read_bytes() for path in outside.iterdir()} == before
    assert fsck(registry.root).problems == ()


@pytest.mark.parametrize("target", ["new", "letter.txt"])
def test_a_journal_that_is_a_link_is_replaced_and_its_target_unchanged(
    registry: Registry, outside: Path, target: str
) -> None:
    """The journal stays next to the index, so an attacker could replace it by a link."""
    registry.reindex()
    before = {path: path.read_bytes() for path in outside.iterdir()}
    journal = registry.root / f"{INDEX_NAME}-journal"
    journal.unlink()
    journal.symlink_to(outside / target)
    again = registry.record(draft(2), run_files(2))
    assert again in registry.find()
    assert registry.reindex() == 2
    assert not journal.is_symlink()
    assert {path: path.read_bytes() for path in outside.iterdir()} == before
    assert fsck(registry.root).problems == ()


@pytest.mark.parametrize("name", ["bench", "bench/baseline"])
def test_a_kind_or_scenario_that_is_a_link_is_named(tmp_path: Path, name: str) -> None:
    """Reproduced before: validate, fsck and list passed over its runs without a word."""
    real = Registry(tmp_path / "real")
    real.record(draft(1), run_files(1))
    place = tmp_path / "results" / name
    place.parent.mkdir(parents=True)
    place.symlink_to(real.root / name)
    (tmp_path / "results" / "README").symlink_to(tmp_path / "absent")
    for problems in (fsck(tmp_path / "results").problems, validate(tmp_path / "results").problems):
        (problem,) = problems
        assert (problem.path, problem.rule) == (str(place), "symlink")
    found = query(tmp_path / "results", Filter())
    assert found.entries == ()
    assert found.warning == f"{place}: not read: a symbolic link"


@pytest.mark.parametrize("place", [b"\xff", b"bench/\xff\xfe"])
def test_a_name_that_is_not_text_is_named_and_stops_nothing(registry: Registry, place: bytes) -> None:
    """Reproduced before: the index refused such a name with an internal error."""
    folder = os.fsencode(registry.root) + b"/" + place
    Path(os.fsdecode(folder), "x", "a" * 12).mkdir(parents=True)
    found = query(registry.root, Filter())
    assert len(found.entries) == registry.reindex() == 1
    assert str(found.warning).endswith("not read: its name is not UTF-8")
    assert fsck(registry.root).problems != ()
    plan_gc(registry, ProtectedRuns.pins_only(), now_ns=long_after(), grace_ns=0)


def test_a_link_in_the_staging_folder_is_removed_and_not_followed(registry: Registry, outside: Path) -> None:
    for name in ("doomed~0123", "1-abc"):
        (registry.root / ".staging" / name).symlink_to(outside)
    plan = plan_gc(registry, ProtectedRuns.pins_only(), now_ns=long_after(), grace_ns=0)
    collect(registry, plan)
    assert [path.name for path in outside.iterdir()] == ["letter.txt"]
    assert list((registry.root / ".staging").iterdir()) == []
