"""Garbage collection: what is protected, what is removed, and what happens in between."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from obrelease.errors import InvalidInput
from obrelease.registry import gc as collector
from obrelease.registry.entry import Entry
from obrelease.registry.fsck import fsck
from obrelease.registry.gc import GcPlan, ProtectedRuns, collect, plan_gc
from obrelease.registry.store import Registry
from tests.drafts import draft, run_files

DAY_NS = 86_400 * 10**9


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    made = Registry(tmp_path / "results")
    for number in range(4):
        made.record(draft(number), run_files(number))
    return made


def plan(registry: Registry, *, days: int = 0, grace: int = 14, **roots: list[str]) -> GcPlan:
    """The plan so many days from now."""
    now_ns = time.time_ns() + days * DAY_NS + 10**9
    return plan_gc(
        registry, ProtectedRuns(reasons=roots, tracked=frozenset()), now_ns=now_ns, grace_ns=grace * DAY_NS
    )


class TestPlan:
    def test_runs_within_the_grace_period_are_no_candidates(self, registry: Registry) -> None:
        """The period starts with the arrival in this folder: these runs were created in 2023."""
        assert plan(registry, days=13).candidates == ()
        assert len(plan(registry, days=13).within_grace) == 4
        assert len(plan(registry, days=15).candidates) == 4
        assert len(plan(registry, grace=0).candidates) == 4

    def test_releases_tracked_runs_and_pins_protect_with_reasons(self, registry: Registry) -> None:
        newest, other, *_ = registry.find()
        registry.pin("best", newest)
        made = plan(registry, days=15, **{newest.digest: ["release v1"], other.digest: ["tag v2"]})
        reasons = {run.entry: run.reasons for run in made.protected}
        assert reasons == {newest: ("release v1", "pin best"), other: ("tag v2",)}
        assert len(made.candidates) == 2

    def test_a_damaged_pin_stops_garbage_collection(self, registry: Registry) -> None:
        (registry.root / ".pins").mkdir()
        (registry.root / ".pins" / "best").write_text("no digest\n")
        with pytest.raises(InvalidInput):
            plan(registry, days=100)

    def test_a_tracked_run_is_protected_in_every_folder_with_its_digest(self, registry: Registry) -> None:
        tracked = registry.find()[0]
        protected = ProtectedRuns(reasons={}, tracked={tracked.location, "bench/baseline/0123456789ab"})
        made = plan_gc(registry, protected, now_ns=time.time_ns() + 15 * DAY_NS, grace_ns=14 * DAY_NS)
        assert [(run.entry, run.reasons) for run in made.protected] == [(tracked, ("tracked by git",))]
        assert len(made.candidates) == 3

    def test_neither_source_of_protection_can_be_left_out(self) -> None:
        for given in ({}, {"reasons": {}}, {"tracked": frozenset[str]()}):
            with pytest.raises(TypeError, match="required keyword-only argument"):
                ProtectedRuns(**given)

    def test_planning_changes_nothing(self, registry: Registry) -> None:
        registry.find()
        before = {
            path: path.lstat().st_mtime_ns for path in registry.root.rglob("*") if ".index" not in path.name
        }
        plan(registry, days=15)
        after = {
            path: path.lstat().st_mtime_ns for path in registry.root.rglob("*") if ".index" not in path.name
        }
        assert after == before


def bytes_on_disk(root: Path) -> int:
    return sum(path.lstat().st_blocks * 512 for path in root.rglob("*") if ".index" not in path.name)


class TestCollect:
    def test_the_reported_space_is_freed(self, registry: Registry) -> None:
        kept = registry.find()[0]
        registry.pin("best", kept)
        made = plan(registry, days=15)
        before = bytes_on_disk(registry.root)
        gone = collect(registry, made)
        freed = sum(candidate.bytes_on_disk for candidate in gone)
        assert freed > 0
        assert before - bytes_on_disk(registry.root) >= freed
        assert registry.find() == (kept,)
        report = fsck(registry.root)
        assert (report.artefacts, report.problems, report.notes) == (1, (), ())

    def test_a_file_with_a_second_hard_link_frees_nothing(self, registry: Registry, tmp_path: Path) -> None:
        entry = registry.find()[0]
        before = {
            candidate.entry: candidate.bytes_on_disk for candidate in plan(registry, days=15).candidates
        }[entry]
        os.link(entry.folder / "summary.csv", tmp_path / "elsewhere.csv")
        after = {
            candidate.entry: candidate.bytes_on_disk for candidate in plan(registry, days=15).candidates
        }[entry]
        assert after < before

    def test_a_pin_between_plan_and_removal_keeps_the_run(self, registry: Registry) -> None:
        made = plan(registry, days=15)
        late = registry.find()[1]
        registry.pin("late", late)
        assert len(collect(registry, made)) == 3
        assert registry.find() == (late,)

    def test_a_run_recorded_again_between_plan_and_removal_stays(self, registry: Registry) -> None:
        made = plan(registry, days=15)
        again = registry.record(draft(1), run_files(1))
        assert len(collect(registry, made)) == 3
        assert registry.find() == (again,)

    def test_a_run_recorded_again_during_removal_stays(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The writer's folder goes into the free place; nothing that was acknowledged is deleted."""
        made = plan(registry, days=15)
        real = collector._move_to_staging

        def take(root: Path, entry: Entry) -> Path | None:
            taken = real(root, entry)
            assert registry.record(draft(2), run_files(2))
            return taken

        monkeypatch.setattr(collector, "_move_to_staging", take)
        collect(registry, made)
        (kept,) = registry.find()
        assert kept.created_ns == int(draft(2).created_ns)
        assert fsck(registry.root).problems == ()

    def test_leftovers_of_killed_writers_go_after_the_grace_period(self, registry: Registry) -> None:
        leftover = registry.root / ".staging" / "1-abc"
        leftover.mkdir()
        (leftover / "part.csv").write_bytes(b"x" * 5_000)
        assert plan(registry, days=13).leftovers == ()
        made = plan(registry, days=15)
        ((path, size),) = made.leftovers
        assert path == leftover
        assert size >= 5_000
        collect(registry, made)
        assert not leftover.exists()

    def test_the_work_of_a_killed_collector_is_finished(self, registry: Registry) -> None:
        taken, removed_run, *_ = registry.find()
        staging = registry.root / ".staging"
        taken.folder.rename(staging / "~".join(("gc", *taken.location.split("/"))))
        removed_run.folder.rename(staging / "doomed~ab")
        assert len(fsck(registry.root).notes) == 2
        assert collect(registry, plan(registry, days=0)) == ()
        assert taken in registry.find()
        assert removed_run not in registry.find()
        assert fsck(registry.root).notes == ()

    @pytest.mark.parametrize("name", ["gc~..~..~{0}", "gc~.~.~{0}", "gc~a~b~c~{0}", "gc~~~{0}", "gc~bench~x"])
    def test_a_staging_name_with_a_path_outside_moves_nothing(self, registry: Registry, name: str) -> None:
        planted = registry.root / ".staging" / name.format("ab" * 6)
        planted.mkdir()
        made = plan(registry, days=0)
        around = sorted(registry.root.parent.rglob("*"))
        assert collect(registry, made) == ()
        assert sorted(registry.root.parent.rglob("*")) == around

    def test_a_run_is_moved_back_if_its_scenario_folder_was_removed(self, registry: Registry) -> None:
        moved = registry.record(draft(9, scenario="alone"), run_files())
        moved.folder.rename(registry.root / ".staging" / "~".join(("gc", *moved.location.split("/"))))
        moved.folder.parent.rmdir()
        collect(registry, plan(registry, days=0))
        assert moved in registry.find()

    def test_writers_that_finish_meanwhile_cause_no_error(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = collector._items
        gone = registry.root / ".staging" / "1-gone"
        monkeypatch.setattr(collector, "_items", lambda folder: [*real(folder), gone])
        assert plan(registry, days=15).leftovers == ()

    def test_a_running_writer_is_left_alone_without_any_grace_period(self, registry: Registry) -> None:
        (registry.root / ".staging" / "1-abc").mkdir()
        assert plan(registry, days=0, grace=0).leftovers == ()

    def test_two_collectors_at_once_lose_no_protected_run(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The second takes the first for one that was killed, and puts back what it holds."""
        made = plan(registry, days=15)
        before = registry.find()
        real = collector._move_to_staging

        def take(root: Path, entry: Entry) -> Path | None:
            taken = real(root, entry)
            collector._finish_interrupted(root)
            return taken

        monkeypatch.setattr(collector, "_move_to_staging", take)
        assert collect(registry, made) == ()
        assert registry.find() == before
