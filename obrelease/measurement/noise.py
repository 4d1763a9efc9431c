"""What disturbed a measurement, as far as the system reports it: load, frequency, throttling, stolen time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Final

_CPUS: Final = Path("/sys/devices/system/cpu")
_STAT: Final = Path("/proc/stat")
_STEAL_COLUMN: Final = 8
"""Of the line `cpu` in proc_stat(5), counted from its name."""

BUSY_LOAD_PER_CPU: Final = 0.5
"""A load average above this share of the processors disturbs a measurement."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Facts about one run; None for what the system does not report.

    Attributes:
        load_1m: the load average when the run began.
        cpu_khz: the mean frequency of all processors when the run ended.
        throttle_events: how often the processors were slowed down for heat.
        steal_ms: time in which the hypervisor ran somebody else, summed over all processors.
        preemptions: involuntary context switches of the measured processes; None if another tool measured.
    """

    load_1m: float | None
    cpu_khz: int | None
    throttle_events: int | None
    steal_ms: int | None
    preemptions: int | None = None


class NoiseProbe:
    """Reads the counters when it is made, and what was added when it is asked."""

    def __init__(self) -> None:
        self._load = _load()
        self._throttled = _throttle_events()
        self._stolen_ms = _steal_ms()

    def noise(self, preemptions: int | None = None) -> Noise:
        """The facts since the probe was made."""
        return Noise(
            load_1m=self._load,
            cpu_khz=_cpu_khz(),
            throttle_events=_added(self._throttled, _throttle_events()),
            steal_ms=_added(self._stolen_ms, _steal_ms()),
            preemptions=preemptions,
        )


def noise_remarks(noises: Sequence[Noise], cpu_count: int) -> Iterator[str]:
    """What a reader of the results must know about what disturbed some runs.

    Args:
        cpu_count: the number of processors.
    """
    load = max((noise.load_1m for noise in noises if noise.load_1m is not None), default=0.0)
    if load > BUSY_LOAD_PER_CPU * cpu_count:
        yield f"noise: the load average was up to {load:.1f} on {cpu_count} processors"
    if events := sum(noise.throttle_events or 0 for noise in noises):
        yield f"noise: the processors were slowed down for heat {events} times"
    if stolen_ms := sum(noise.steal_ms or 0 for noise in noises):
        yield f"noise: the hypervisor ran somebody else for {stolen_ms} ms"


def _added(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else max(0, after - before)


def _load() -> float | None:
    if sys.platform == "win32":
        return None
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def _cpu_khz() -> int | None:
    """From the frequency driver, else from /proc/cpuinfo."""
    found = [_number(path) for path in _CPUS.glob("cpu[0-9]*/cpufreq/scaling_cur_freq")]
    known = [khz for khz in found if khz is not None]
    if not known:
        lines = _text(Path("/proc/cpuinfo")).splitlines()
        known = [round(float(line.partition(":")[2]) * 1000) for line in lines if line.startswith("cpu MHz")]
    return round(fmean(known)) if known else None


def _throttle_events() -> int | None:
    """The kernel counts them per core; cores that share a counter are counted once each."""
    found = [_number(path) for path in _CPUS.glob("cpu[0-9]*/thermal_throttle/core_throttle_count")]
    known = [count for count in found if count is not None]
    return sum(known) if known else None


def _steal_ms() -> int | None:
    columns = _text(_STAT).partition("\n")[0].split()
    if sys.platform == "win32" or len(columns) <= _STEAL_COLUMN or columns[0] != "cpu":
        return None
    return round(int(columns[_STEAL_COLUMN]) * 1000 / os.sysconf("SC_CLK_TCK"))


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdecimal() else None


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return ""
