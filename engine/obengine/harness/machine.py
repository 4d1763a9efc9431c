"""Facts about the host of a run: stable ones, which matter for comparisons, and volatile ones."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


@dataclass(frozen=True, slots=True)
class StableFacts:
    """Facts that do not change while the host is running.

    Attributes:
        compiler: name and version of the compiler of the native core, or None.
        libraries: version by name of each library used in a run.
    """

    system: str
    machine: str
    cpu_model: str
    cpu_count: int
    python: str
    compiler: str | None
    libraries: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VolatileFacts:
    """Facts that change over time; None if the system does not report them."""

    kernel: str | None
    load_1m_milli: int | None
    cpu_khz: int | None
    memory_available_bytes: int | None


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """Both groups of host facts."""

    stable: StableFacts
    volatile: VolatileFacts


def machine_facts(compiler: str | None = None) -> MachineFacts:
    """The current facts of this host; `compiler` is that of the running core, if it is native."""
    cpu = _first_entries(_text("/proc/cpuinfo"))
    stable = StableFacts(
        system=platform.system(),
        machine=platform.machine(),
        cpu_model=cpu.get("model name") or platform.processor() or "unknown",
        cpu_count=os.cpu_count() or 1,
        python=f"{platform.python_implementation()} {platform.python_version()}",
        compiler=compiler,
        libraries={"numpy": np.__version__},
    )
    volatile = VolatileFacts(
        kernel=platform.release() or None,
        load_1m_milli=_load_milli(),
        cpu_khz=_khz(cpu.get("cpu MHz", "")),
        memory_available_bytes=_kibibytes(_first_entries(_text("/proc/meminfo")).get("MemAvailable", "")),
    )
    return MachineFacts(stable, volatile)


def involuntary_switches() -> int:
    """The number of involuntary context switches of this process so far; 0 if unknown."""
    if sys.platform == "win32":
        return 0
    else:  # noqa: RET505 - mypy resolves imports of code that cannot be reached, not of the other platform
        from resource import RUSAGE_SELF, getrusage

        return getrusage(RUSAGE_SELF).ru_nivcsw


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _first_entries(text: str) -> dict[str, str]:
    """Parse `name : value` lines; the first line of each name counts."""
    entries: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon:
            entries.setdefault(name.strip(), value.strip())
    return entries


def _khz(megahertz: str) -> int | None:
    try:
        return round(float(megahertz) * 1000)
    except ValueError:
        return None


def _kibibytes(text: str) -> int | None:
    number = text.removesuffix("kB").strip()
    return int(number) * 1024 if number.isdecimal() else None


def _load_milli() -> int | None:
    if sys.platform == "win32":
        return None
    try:
        return round(os.getloadavg()[0] * 1000)
    except OSError:
        return None
