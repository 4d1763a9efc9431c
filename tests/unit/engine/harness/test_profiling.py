"""Profiles: what each capture sees, no place of this machine in it, and nothing left switched on."""

from __future__ import annotations

import sys
import tracemalloc
from pathlib import Path

import pytest

from obengine.api.errors import WorkloadError
from obengine.harness import counters
from obengine.harness.profiling import TOP, run_profile


def test_both_captures_see_the_whole_way() -> None:
    outcome = run_profile("baseline", seed=1, core="reference", profiler="both", messages=500)
    places = [each.place for each in outcome.functions]
    assert any("reference/book.py:" in place for place in places)
    assert any("flow/baseline.py:" in place for place in places)
    assert len(places) <= TOP
    own = [each.own_ns for each in outcome.functions]
    assert own == sorted(own, reverse=True)
    towers = {name for stack in outcome.stacks for name in stack}
    assert any(name.endswith("ReferenceBook.apply") for name in towers)
    assert sum(outcome.stacks.values()) > 0
    assert outcome.peak_bytes is not None
    assert outcome.peak_bytes >= outcome.allocations[0].held_bytes > 0
    assert all(check.passed for check in outcome.output.checks)


def test_nothing_says_where_the_program_lies() -> None:
    outcome = run_profile("baseline", seed=1, core="reference", profiler="both", messages=200)
    here = str(Path(__file__).resolve().parents[4])
    places = [each.place for each in outcome.functions] + [each.place for each in outcome.allocations]
    places += [name for stack in outcome.stacks for name in stack]
    assert not [place for place in places if here in place or place.startswith("/")]


@pytest.mark.parametrize("profiler", ["cprofile", "tracemalloc"])
def test_only_what_was_asked_for_is_captured(profiler: str) -> None:
    outcome = run_profile("x10", seed=1, core="reference", profiler=profiler, messages=200)
    timed = profiler == "cprofile"
    assert bool(outcome.functions) == bool(outcome.stacks) == timed
    assert bool(outcome.allocations) == (outcome.peak_bytes is not None) == (not timed)
    assert sys.getprofile() is None
    assert not tracemalloc.is_tracing()


@pytest.mark.parametrize(
    ("scenario", "profiler", "messages"),
    [("x7", "both", 10), ("baseline", "perf", 10), ("baseline", "both", 0)],
)
def test_what_cannot_be_profiled(scenario: str, profiler: str, messages: int) -> None:
    with pytest.raises(WorkloadError):
        run_profile(scenario, seed=1, core="reference", profiler=profiler, messages=messages)


def test_counters_of_the_processor_or_the_reason() -> None:
    done: list[int] = []
    readings = counters.count(lambda: done.append(1))
    assert done == [1]
    assert set(readings.values) | set(readings.absent) == set(counters.COUNTERS)
    assert not set(readings.values) & set(readings.absent)
    assert all(readings.absent.values())


def test_a_machine_without_counters_reports_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters.platform, "machine", lambda: "abacus")
    outcome = run_profile("baseline", seed=1, core="reference", profiler="tracemalloc", messages=50)
    assert outcome.counters.values == {}
    (check,) = [each for each in outcome.output.checks if each.name == "processor-counters"]
    assert (check.passed, check.counts) == (True, {"counters-absent": len(counters.COUNTERS)})
    assert "abacus" in check.detail


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0


def test_work_that_fails_leaves_no_counter_open() -> None:
    def fail() -> None:
        raise ValueError("not done")

    before = open_files()
    with pytest.raises(ValueError, match="not done"):
        counters.count(fail)
    assert open_files() == before


def test_a_counter_that_was_on_for_half_the_time_counts_double() -> None:
    assert counters._scaled(10, 100, 50) == 20
    assert counters._scaled(10, 100, 100) == 10
    assert counters._scaled(0, 100, 0) == 0
