"""Times a command itself: wall, user and system time and peak memory of fresh processes.

The care is hyperfine's: the start-up of the shell is measured and subtracted, a warm-up comes first, outliers
are reported, and a command that fails is refused.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from obrelease.errors import MeasurementFailed, ProcessKilled, UsageError
from obrelease.measurement.benchmark import Benchmark, command_words, shown_command
from obrelease.measurement.process import Command, Execution, run_once
from obrelease.storage.operating_system import refuse_windows

RUN_SECONDS: Final = 0.5
"""How long the executions of one run take together, if their number is not given."""

MAX_CHOSEN_EXECUTIONS: Final = 20
_SHELL_EXECUTIONS: Final = 15
_MIN_RELIABLE_S: Final = 0.005
"""As hyperfine: below this the start-up of the shell is too large a part of the time."""

_FLOOR_MARGIN: Final = 1.05
_MAX_ERROR_BYTES: Final = 8192
_MAX_ERROR_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class Overhead:
    """What a measurement adds to the command.

    Attributes:
        shell: median start-up of the shell, which is subtracted; None without a shell.
        peak_floor_bytes: peak memory of a command that needs none; smaller values cannot be measured.
    """

    shell: Execution | None
    peak_floor_bytes: int


@dataclass(frozen=True, slots=True)
class Timing:
    """The executions of one run, in order, without the start-up of the shell."""

    executions: tuple[Execution, ...]
    overhead: Overhead

    @property
    def wall_s(self) -> tuple[float, ...]:
        """Wall times in seconds."""
        return tuple(each.wall_s for each in self.executions)

    @property
    def peak_bytes(self) -> tuple[int, ...] | None:
        """Peak memory; None if it is too small to be measured."""
        peaks = tuple(each.peak_bytes for each in self.executions)
        return peaks if min(peaks) > self.overhead.peak_floor_bytes * _FLOOR_MARGIN else None


def measure_overhead(benchmark: Benchmark, folder: Path) -> Overhead:
    """Measure the start-up of the shell and the smallest peak memory, with nothing to do.

    Raises:
        NotFound: there is no such shell.
        MeasurementFailed: the shell fails.
    """
    nothing = Command((benchmark.shell, "-c", ""), folder, benchmark.environment)
    executions = [run_once(nothing) for _ in range(_SHELL_EXECUTIONS if benchmark.has_shell else 2)]
    if any(each.code != 0 for each in executions):
        raise MeasurementFailed(
            f"the shell {benchmark.shell} fails with nothing to do", hint="--shell names another"
        )
    floor = min(each.peak_bytes for each in executions)
    if not benchmark.has_shell:
        return Overhead(None, floor)
    shell = Execution(
        code=0,
        wall_s=median(each.wall_s for each in executions),
        user_s=median(each.user_s for each in executions),
        system_s=median(each.system_s for each in executions),
        peak_bytes=floor,
        preemptions=0,
    )
    return Overhead(shell, floor)


def warm_up(benchmark: Benchmark, folder: Path) -> Execution:
    """Execute the command once, so that caches are filled; raises as `time_run`."""
    return _execute(benchmark, folder)


def choose_executions(benchmark: Benchmark, warm_ups: Sequence[Execution]) -> int:
    """How often the command is executed in each run: as given, or by the slower side's warm-up."""
    if benchmark.executions is not None:
        return benchmark.executions
    slowest = max(each.wall_s for each in warm_ups)
    return max(1, min(MAX_CHOSEN_EXECUTIONS, int(RUN_SECONDS / max(slowest, 1e-6))))


def time_run(benchmark: Benchmark, folder: Path, overhead: Overhead, executions: int) -> Timing:
    """Execute the command several times in fresh processes.

    Raises:
        MeasurementFailed: the command failed, and failures are not ignored.
        UsageError: the command takes no longer than the start-up of the shell.
        NotFound, StorageError: the command cannot be started.
    """
    found = [_execute(benchmark, folder) for _ in range(executions)]
    if overhead.shell is not None:
        found = [_without_shell(each, overhead.shell) for each in found]
        if min(each.wall_s for each in found) <= 0:
            raise UsageError(
                f"{shown_command(benchmark.run)} takes no longer than the start-up of the shell"
                f" ({overhead.shell.wall_s * 1e3:.2f} ms)",
                hint="run it without a shell: -N, or `run` in the settings as a list of words",
            )
    return Timing(tuple(found), overhead)


def timing_remarks(timing: Timing) -> Iterator[str]:
    """What a reader must know about the times of one run."""
    if timing.overhead.shell is not None and median(timing.wall_s) < _MIN_RELIABLE_S:
        yield "the command took less than 5 ms, and the start-up of the shell was subtracted: use -N"
    if timing.peak_bytes is None:
        floor = timing.overhead.peak_floor_bytes / 2**20
        yield f"its peak memory is left out: it is below the {floor:.1f} MiB that can be measured"
    if any(each.code != 0 for each in timing.executions):
        yield "the command failed, and was measured all the same (--ignore-failure)"


def _execute(benchmark: Benchmark, folder: Path) -> Execution:
    command = Command(command_words(benchmark.run, benchmark.shell), folder, benchmark.environment)
    if sys.platform == "win32":
        refuse_windows("a measurement")
    with tempfile.TemporaryFile() as errors:
        done = run_once(command, stderr=errors)
        if done.code != 0 and not benchmark.ignore_failure:
            raise command_failed(benchmark, done.code, read_tail(errors.fileno()))
    return done


def command_failed(benchmark: Benchmark, code: int, errors: str) -> MeasurementFailed:
    """The error of a command that failed, with the last line that it printed."""
    if sys.platform != "win32" and code == -signal.SIGKILL:
        return ProcessKilled(f"{shown_command(benchmark.run)} was killed", hint="measure again")
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    reason = f": {errors}" if errors else ""
    return MeasurementFailed(
        f"{shown_command(benchmark.run)} {how}{reason}", hint="--ignore-failure measures it all the same"
    )


def read_tail(descriptor: int) -> str:
    """The last line of a file that a command wrote, without control characters."""
    if sys.platform == "win32":
        refuse_windows("a measurement")
    start = max(0, os.fstat(descriptor).st_size - _MAX_ERROR_BYTES)
    return last_line(os.pread(descriptor, _MAX_ERROR_BYTES, start).decode("utf-8", "replace"))


def last_line(text: str) -> str:
    """The last line with content, shortened, without control characters."""
    lines = [line for line in text.splitlines() if line.strip()]
    last = lines[-1][-_MAX_ERROR_CHARACTERS:] if lines else ""
    return "".join(char for char in last if char.isprintable()).strip()


def _without_shell(execution: Execution, shell: Execution) -> Execution:
    return Execution(
        code=execution.code,
        wall_s=execution.wall_s - shell.wall_s,
        user_s=max(0.0, execution.user_s - shell.user_s),
        system_s=max(0.0, execution.system_s - shell.system_s),
        peak_bytes=execution.peak_bytes,
        preemptions=execution.preemptions,
    )
