"""Timing of a command: the shell's start-up, failures, memory, and how often it is executed."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from obrelease.errors import MeasurementFailed, NotFound, UsageError
from obrelease.measurement.benchmark import Benchmark
from obrelease.measurement.process import Execution
from obrelease.measurement.timing import (
    MAX_CHOSEN_EXECUTIONS,
    Overhead,
    Timing,
    choose_executions,
    last_line,
    measure_overhead,
    time_run,
    timing_remarks,
    warm_up,
)

SMALL = Execution(0, 0.004, 0.003, 0.001, 2 * 2**20, 0)
BIG = replace(SMALL, wall_s=2.0, peak_bytes=90 * 2**20)


def test_the_start_up_of_the_shell_is_subtracted(tmp_path: Path) -> None:
    benchmark = Benchmark("sleep", "sleep 0.1", executions=2)
    overhead = measure_overhead(benchmark, tmp_path)
    assert overhead.shell is not None
    assert overhead.shell.wall_s > 0
    shell = replace(overhead.shell, wall_s=0.02, user_s=10.0)
    timing = time_run(benchmark, tmp_path, replace(overhead, shell=shell), 2)
    plain = time_run(Benchmark("sleep", ("sleep", "0.1")), tmp_path, Overhead(None, 0), 1)
    assert len(timing.wall_s) == 2
    assert min(timing.wall_s) >= 0.08
    assert plain.wall_s[0] >= 0.1
    assert {each.user_s for each in timing.executions} == {0.0}


def test_a_command_as_short_as_the_shell_is_refused(tmp_path: Path) -> None:
    overhead = Overhead(replace(SMALL, wall_s=5.0), 0)
    with pytest.raises(UsageError, match="no longer than the start-up of the shell") as refused:
        time_run(Benchmark("true", "true"), tmp_path, overhead, 1)
    assert refused.value.hint == "run it without a shell: -N, or `run` in the settings as a list of words"


@pytest.mark.parametrize(
    ("script", "how"),
    [
        ("echo first >&2; echo the reason >&2; exit 7", "exit code 7: the reason"),
        ("kill -KILL $$", "was killed"),
        ("kill -TERM $$", "ended by signal 15"),
    ],
)
def test_a_command_that_fails_is_refused_unless_failures_are_ignored(
    script: str, how: str, tmp_path: Path
) -> None:
    benchmark = Benchmark("fails", ("sh", "-c", script))
    with pytest.raises(MeasurementFailed, match=how):
        warm_up(benchmark, tmp_path)
    ignoring = replace(benchmark, ignore_failure=True)
    timing = time_run(ignoring, tmp_path, Overhead(None, 0), 1)
    assert any("--ignore-failure" in remark for remark in timing_remarks(timing))


def test_a_shell_that_is_missing_or_fails_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no-such-shell"):
        measure_overhead(Benchmark("x", "true", shell="no-such-shell"), tmp_path)
    with pytest.raises(MeasurementFailed, match="the shell false"):
        measure_overhead(Benchmark("x", "true", shell="false"), tmp_path)


@pytest.mark.parametrize(
    ("given", "warm_ups", "expected"),
    [
        (7, [BIG], 7),
        (None, [BIG], 1),
        (None, [SMALL, BIG], 1),
        (None, [replace(SMALL, wall_s=0.1)], 5),
        (None, [SMALL], MAX_CHOSEN_EXECUTIONS),
        (None, [replace(SMALL, wall_s=0.0)], MAX_CHOSEN_EXECUTIONS),
    ],
)
def test_the_number_of_executions_is_that_of_the_slower_side(
    given: int | None, warm_ups: list[Execution], expected: int
) -> None:
    assert choose_executions(Benchmark("x", "true", executions=given), warm_ups) == expected


def test_memory_below_what_can_be_measured_is_left_out() -> None:
    overhead = Overhead(SMALL, 8 * 2**20)
    assert Timing((BIG, BIG), overhead).peak_bytes == (BIG.peak_bytes, BIG.peak_bytes)
    small = Timing((BIG, SMALL), overhead)
    assert small.peak_bytes is None
    assert any("8.0 MiB" in remark for remark in timing_remarks(small))
    assert not list(timing_remarks(Timing((BIG,), Overhead(None, 0))))


def test_the_memory_of_a_python_program_is_measured(tmp_path: Path) -> None:
    benchmark = Benchmark("x", (sys.executable, "-S", "-c", "memory = bytearray(50 * 2**20)"))
    overhead = measure_overhead(benchmark, tmp_path)
    peaks = time_run(benchmark, tmp_path, overhead, 1).peak_bytes
    assert peaks is not None
    assert 50 * 2**20 < peaks[0] < 100 * 2**20


def test_the_last_line_is_shown_without_control_characters() -> None:
    assert last_line("first\n\x1b[31mlast\x1b[0m\n\n") == "[31mlast[0m"
    assert last_line("") == ""
    assert len(last_line("x" * 5000)) == 300
