"""Times a Python function in a forked process, so that each run has a process of its own."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from time import monotonic
from traceback import format_exception_only
from typing import Final

from obrelease.errors import MeasurementFailed, UsageError
from obrelease.measurement.parent_death import end_with_parent
from obrelease.storage.operating_system import refuse_windows
from obrelease.storage.system_errors import storage_errors

RUN_SECONDS: Final = 0.5
"""How long the samples of one run take together, if their number is not given."""

MIN_SAMPLE_SECONDS: Final = 0.001
"""A sample is the mean of as many calls as last this long: far above the resolution of the clock."""

MAX_CHOSEN_SAMPLES: Final = 200
_FAILED: Final = 1


@dataclass(frozen=True, slots=True)
class FunctionTiming:
    """The samples of one run.

    Attributes:
        seconds: the mean time of one call, a value per sample.
        calls: in each sample.
        preemptions: involuntary context switches of the process.
    """

    seconds: tuple[float, ...]
    calls: int
    preemptions: int


def time_function(function: Callable[[], object], *, samples: int | None) -> FunctionTiming:
    """Fork a process and time the function in it; it is called before, until caches are warm.

    Args:
        samples: to take; None for as many as take `RUN_SECONDS`.

    Raises:
        UsageError: this process has more than one thread, or the system cannot fork.
        MeasurementFailed: the function raised, or its process ended.
    """
    if sys.platform == "win32":
        refuse_windows("a measurement")
    if threading.active_count() > 1:
        raise UsageError(
            "a function is measured in a forked process, and a process with several threads cannot fork",
            hint="measure before threads start, or measure a command: measure([sys.executable, 'bench.py'])",
        )
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError, OSError):
            stream.flush()
    with storage_errors(Path("process"), "cannot be started"):
        answer, write_answer = (FileIO(end, mode) for end, mode in zip(os.pipe(), "rw", strict=True))
        pid = os.fork()
    if pid == 0:
        answer.close()
        _measure_and_exit(function, samples, write_answer)
    with answer:
        write_answer.close()
        ended = False
        try:
            lines = answer.readall().decode("utf-8", "replace").splitlines()
            _, status, usage = os.wait4(pid, 0)
            ended = True
        finally:
            if not ended:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == _FAILED and lines:
        raise MeasurementFailed(f"the function failed: {lines[0][:300]}")
    if code != 0 or len(lines) < 2:
        raise MeasurementFailed(f"the process of the function ended with {code}")
    calls, *seconds = lines
    return FunctionTiming(tuple(map(float, seconds)), int(calls), usage.ru_nivcsw)


def _measure_and_exit(function: Callable[[], object], samples: int | None, answer: FileIO) -> None:
    """Measure in the forked process and end it, without what this program would do at its end."""
    code = _FAILED
    end_with_parent()
    try:
        calls, seconds = _measure(function, samples)
        lines = [str(calls), *map(repr, seconds)]
        code = 0
    except BaseException as error:
        lines = ["".join(format_exception_only(error)).strip().replace("\n", " ")]
    with suppress(BaseException):
        remaining = "\n".join(lines).encode("utf-8", "replace")
        while remaining:
            remaining = remaining[answer.write(remaining) :]
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _measure(function: Callable[[], object], samples: int | None) -> tuple[int, list[float]]:
    calls = 1
    while (seconds := _time_calls(function, calls)) < MIN_SAMPLE_SECONDS:
        calls = max(2 * calls, min(1000 * calls, int(calls * MIN_SAMPLE_SECONDS / max(seconds, 1e-9))))
    number = samples or max(1, min(MAX_CHOSEN_SAMPLES, int(RUN_SECONDS / seconds)))
    return calls, [_time_calls(function, calls) / calls for _ in range(number)]


def _time_calls(function: Callable[[], object], calls: int) -> float:
    repeated = range(calls)
    start = monotonic()
    for _ in repeated:
        function()
    return monotonic() - start
